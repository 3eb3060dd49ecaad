//! Plays the story and keeps the score.

use std::io::{self, IsTerminal as _, Write};
use std::time::Instant;

use crate::{Ends, Outcome, Step, World, shell, story};

/// How the play went.
pub struct Summary {
    steps: usize,
    failed: Vec<String>,
}

impl Summary {
    /// Whether every step behaved.
    pub fn all_behaved(&self) -> bool {
        self.failed.is_empty()
    }

    /// How many steps were played.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The complaints, one line each.
    pub fn failed(&self) -> &[String] {
        &self.failed
    }
}

/// Plays every step in a new throwaway directory and writes what a person would see to `out`.
/// `also` may demand more of each outcome. The play stops at the first step that does not behave,
/// because the following ones rest on it.
pub fn play(
    ends: Ends,
    out: &mut dyn Write,
    also: impl Fn(&World, &Outcome) -> Result<(), String>,
) -> io::Result<Summary> {
    let begun = Instant::now();
    let paint = Paint { on: io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() };
    let world = World::build();
    let steps = story();
    let total = steps.len();
    let mut summary = Summary { steps: 0, failed: Vec::new() };
    writeln!(out, "{}", paint.bold("From an unreviewed LLD to a landed branch"))?;
    writeln!(
        out,
        "A project with a bare origin and three issues, in a throwaway directory; reviews"
    )?;
    writeln!(out, "come from a scripted Gemini server on loopback.\n")?;
    for step in &steps {
        summary.steps += 1;
        show_heading(out, &paint, summary.steps, total, step)?;
        out.flush()?;
        let outcome = shell::run(&world, &step.command, ends)?;
        show_output(out, &outcome)?;
        let mut complaints = step.complaints(&world, &outcome);
        complaints.extend(also(&world, &outcome).err());
        if complaints.is_empty() {
            writeln!(out, "{} {}\n", paint.good("✓"), step.shows)?;
            continue;
        }
        for complaint in complaints {
            writeln!(out, "{} {complaint}", paint.bad("✗"))?;
            summary.failed.push(format!("{}: {complaint}", step.title));
        }
        break;
    }
    show_summary(out, &paint, &summary, total, begun)?;
    Ok(summary)
}

fn show_heading(
    out: &mut dyn Write,
    paint: &Paint,
    number: usize,
    total: usize,
    step: &Step,
) -> io::Result<()> {
    writeln!(out, "{}", paint.bold(&format!("[{number}/{total}] {}", step.title)))?;
    for (at, line) in step.command.lines().enumerate() {
        writeln!(out, "{}", paint.cyan(&format!("{} {line}", if at == 0 { "$" } else { ">" })))?;
    }
    Ok(())
}

fn show_output(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    for line in outcome.seen.lines() {
        writeln!(out, "    {line}")?;
    }
    match outcome.code {
        Some(0) => Ok(()),
        Some(code) => writeln!(out, "    (exit status {code})"),
        None => writeln!(out, "    (ended by a signal)"),
    }
}

fn show_summary(
    out: &mut dyn Write,
    paint: &Paint,
    summary: &Summary,
    total: usize,
    begun: Instant,
) -> io::Result<()> {
    let took = begun.elapsed().as_secs_f64();
    if summary.all_behaved() {
        let text = format!("{total} of {total} steps behaved, in {took:.1} s.");
        writeln!(out, "{}", paint.good(&text))?;
        writeln!(
            out,
            "The issue went from no LLD to landed work on origin/main, and every yes can be"
        )?;
        writeln!(out, "traced to a line of the audit log. docs/tutorial.md explains each step.")
    } else {
        let behaved = summary.steps - 1;
        let text =
            format!("{behaved} of {total} steps behaved; then one did not, after {took:.1} s:");
        writeln!(out, "{}", paint.bad(&text))?;
        summary.failed.iter().try_for_each(|line| writeln!(out, "  {line}"))
    }
}

/// Colours for the narration, when it goes to a terminal.
struct Paint {
    on: bool,
}

impl Paint {
    fn wrap(&self, code: &str, text: &str) -> String {
        if self.on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        self.wrap("1", text)
    }

    fn cyan(&self, text: &str) -> String {
        self.wrap("36", text)
    }

    fn good(&self, text: &str) -> String {
        self.wrap("32", text)
    }

    fn bad(&self, text: &str) -> String {
        self.wrap("31", text)
    }
}
