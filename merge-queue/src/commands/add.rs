//! `add` and `import`: tasks that come while the queue runs, all of them or none.

use std::io::Read as _;

use cli::{Exit, Failure, Out, Page, Tone};
use records::merge_queue::{Added, Refused};
use records::{Extra, QueueEvent, Reason, TaskDefinition};

use crate::args::{AddArgs, ImportArgs};
use crate::desk::Desk;
use crate::history;
use crate::rules::added::{self, Checked};
use crate::show;

pub(super) fn add(desk: &Desk, args: AddArgs, out: &mut Out) -> Result<Exit, Failure> {
    let task = TaskDefinition {
        id: args.id,
        title: args.title,
        issue: args.issue,
        role: args.role,
        priority: args.priority,
        sequence: args.sequence,
        depends_on: args.depends_on,
        acceptance_checks: args.checks,
        paths: args.paths,
        notes: args.notes,
        extra: Extra::new(),
    };
    take_in(desk, "add", vec![(0, task)], Vec::new(), out)
}

pub(super) fn import(desk: &Desk, args: &ImportArgs, out: &mut Out) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    if args.file.as_os_str() == "-" {
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::world("cannot read stdin", error))?;
    } else {
        bytes = std::fs::read(&args.file)
            .map_err(|error| Failure::io("cannot read", &args.file, &error))?;
    }
    let (mut tasks, mut bad) = (Vec::new(), Vec::new());
    for (line, number) in bytes.split(|byte| *byte == b'\n').zip(1..) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<TaskDefinition>(line) {
            Ok(task) => tasks.push((number, task)),
            Err(error) => {
                let next = "one JSON object a line with at least \"id\" and \"title\"";
                bad.push(Reason::new("bad_line", format!("line {number}: {error}"), next));
            }
        }
    }
    take_in(desk, "import", tasks, bad, out)
}

/// Adds the tasks, which come from these lines, unless something is wrong with one of them or `bad`
/// has something already.
fn take_in(
    desk: &Desk,
    command: &str,
    tasks: Vec<(u64, TaskDefinition)>,
    bad: Vec<Reason>,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let (lines, mut tasks): (Vec<u64>, Vec<TaskDefinition>) = tasks.into_iter().unzip();
    for task in &mut tasks {
        task.title = task.title.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    // In this order: what the definitions have seen beyond `known` is looked at once more, and nothing is
    // taken for seen that they have not.
    let history = desk.history(out)?;
    let definitions = desk.sound_definitions()?;
    let known = history.events.last().map_or(0, |event| event.seq);
    let Checked { fresh, present, wrong } = added::check(&definitions, &tasks);
    let named = |(place, reason): (usize, Reason)| {
        let line = lines.get(place).filter(|line| **line > 0);
        let message = line.map_or_else(
            || reason.message.clone(),
            |line| format!("line {line}: {}", reason.message),
        );
        Reason { message, ..reason }
    };
    let damaged = !bad.is_empty();
    let reasons: Vec<Reason> = bad.into_iter().chain(wrong.into_iter().map(named)).collect();
    if !reasons.is_empty() {
        let refused = Refused { task: "all".into(), command: command.into(), reasons };
        out.print(&refused, show::refused)?;
        return Ok(if damaged { Exit::Damaged } else { Exit::No });
    }
    let ids = |places: &[usize]| -> Vec<_> {
        places.iter().filter_map(|place| tasks.get(*place)).map(|task| task.id.clone()).collect()
    };
    let mut answer = Added { added: ids(&fresh), present: ids(&present), event: None };
    if let Some(first) = answer.added.first() {
        let new = fresh.iter().filter_map(|place| tasks.get(*place)).cloned().collect();
        let blank = QueueEvent { added: new, ..desk.blank(first, "added")? };
        let appended = history::append_after(desk, history, |seq, history| {
            // What was added meanwhile was not looked at.
            let later = history.events.iter().filter(|event| event.seq > known);
            if later.into_iter().any(|event| !event.added.is_empty()) {
                return Err(Failure::later("cannot add", "others were added at this moment")
                    .hint("the same command again looks at them"));
            }
            Ok(Ok::<_, ()>(QueueEvent { seq, at: cli::clock::now(), ..blank }))
        })?;
        answer.event = appended.ok().map(|event| event.seq);
    }
    out.print(&answer, show_added)?;
    Ok(Exit::Yes)
}

fn show_added(added: &Added, page: &mut Page) {
    let list = |ids: &[records::TaskId]| -> String {
        ids.iter().map(records::TaskId::as_str).collect::<Vec<_>>().join(", ")
    };
    let tone = if added.event.is_some() { Tone::Good } else { Tone::Plain };
    page.line(tone, format_args!("{} added", added.added.len()));
    if !added.added.is_empty() {
        page.field("added", list(&added.added));
    }
    if !added.present.is_empty() {
        page.field("there already", list(&added.present));
    }
}
