//! The smallest tool: what `lib/cli` gives every tool, with nothing behind it. The tests of the
//! library drive it.

use std::io::Read as _;
use std::process::ExitCode;

use clap::Parser;
use cli::{Cell, Exit, Failure, Format, Out, OutputArgs, Page, Progress, Table, Tone};
use records::consolidate::Run;
use records::{Condition, Reason};

/// Shows the face of a tool
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    output: OutputArgs,
    /// Print this many answers
    #[arg(long, default_value_t = 1)]
    answers: u64,
    /// Fail behind the last answer, in this way
    #[arg(long, value_parser = ["usage", "damaged", "world", "later"])]
    fail: Option<String>,
    /// Refuse
    #[arg(long)]
    refuse: bool,
    /// Work until stdin ends, and say so
    #[arg(long)]
    work: bool,
}

impl cli::Arguments for Args {
    fn format(&self) -> Format {
        self.output.format
    }
}

fn main() -> ExitCode {
    cli::run("face", run)
}

fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    let Args { output: _, answers, fail, refuse, work } = args;
    if work {
        let progress = Progress::start("thinking");
        let mut input = Vec::new();
        std::io::stdin().read_to_end(&mut input).map_err(|e| Failure::world("stdin", e))?;
        drop(progress);
    }
    for shards in 0..answers {
        out.print(&Run { shards, ..Run::default() }, show)?;
    }
    if refuse {
        out.page(|page| {
            page.conditions(&[Condition::met("clean", "yes"), Condition::unmet("based", "no")]);
            page.reasons(&[Reason::new("not_based", "it is behind", "rebase it")]);
        })?;
        return Ok(Exit::No);
    }
    let why = "because of\nthis";
    match fail.as_deref() {
        Some("usage") => Err(Failure::usage("cannot go on", why).hint("try --help")),
        Some("damaged") => Err(Failure::damaged("cannot go on", why)),
        Some("world") => Err(Failure::world("cannot go on", why)),
        Some(_) => Err(Failure::later("cannot go on", why)),
        None => Ok(Exit::Yes),
    }
}

fn show(run: &Run, page: &mut Page) {
    let mut table = Table::new(["SHARDS", "STATE"]);
    table.row([Cell::new(run.shards), Cell::toned(Tone::Good, "folded")]);
    table.show(page);
}
