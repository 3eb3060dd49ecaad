//! One module a subcommand: its inputs and outputs around the rules of `document`, `audit`,
//! `issues` and `gate`.

mod archive;
mod coverage;
mod examine;
mod excuses;
mod gate;
mod lint;
mod merged;
mod new;
mod prompt;
mod record;
mod settings;
mod status;
mod waive;
mod work;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use cli::{Exit, Failure, Out};
use records::Reason;
use records::lld_check::Refused;
use repo::Place;

use crate::args::{Args, Command};
use crate::show;

/// Does what was asked.
pub(crate) fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    // The only command that needs no repository.
    if let Some(Command::Lint { files }) = &args.command {
        return lint::run(out, files);
    }
    let start = match args.repo.as_deref() {
        Some(dir) if !dir.is_dir() => {
            return Err(Failure::usage(format_args!("--repo {}", dir.display()), "no such folder"));
        }
        Some(dir) => dir,
        None => Path::new("."),
    };
    let place = Place::find(start)?;
    if args.show_config {
        return settings::show(&place, out);
    }
    let Some(command) = args.command else {
        return Err(
            Failure::usage("nothing to do", "no command was given").hint("lld-check --help")
        );
    };
    match command {
        Command::New { issue, title, slug } => {
            new::run(&place, out, issue, &title, slug.as_deref())
        }
        Command::Gate { issue, phase, trust } => {
            gate::run(&place, out, issue, phase, trust.map(Into::into))
        }
        Command::Status { of } => status::run(&place, out, &of),
        Command::Lint { files } => lint::run(out, &files),
        Command::Prompt { issue, phase } => prompt::run(&place, out, issue, phase),
        Command::Record { issue, input: _ } => record::run(&place, out, issue),
        Command::Coverage { project, input } => {
            coverage::run(&place, out, &project, input.is_some())
        }
        Command::Waive { issue, reason, by, withdraw } => {
            waive::run(&place, out, waive::Decided { issue, reason, by, withdraw })
        }
        Command::Archive { issue, dry_run } => archive::run(&place, out, issue, dry_run),
    }
}

/// Prints why a command was refused.
fn refuse(
    out: &mut Out,
    issue: records::IssueNumber,
    command: &str,
    reasons: Vec<Reason>,
) -> Result<Exit, Failure> {
    let refused = Refused { issue, command: command.into(), reasons };
    out.print(&refused, show::refused)?;
    Ok(Exit::No)
}

/// The folder of the audit log.
fn logs(place: &Place) -> Result<PathBuf, Failure> {
    place.logs_dir().map_err(|error| match error {
        repo::Error::Bare { path } => Failure::usage(
            path.display(),
            "the audit log stands in the main worktree, and a bare repository has none",
        )
        .hint("use a clone that has a checkout of its own, with its lanes beside it"),
        other => other.into(),
    })
}

/// Held by whoever writes documents, so that two writers do not both find nothing in their way.
fn lock(place: &Place) -> Result<journal::Lock, Failure> {
    let file = place.make_state_dir()?.join("lld-check.lock");
    Ok(journal::Lock::acquire(&file, journal::DEFAULT_WAIT)?)
}

/// No envelope and no list of issues is longer.
const LONGEST_INPUT: u64 = 64 << 20;

/// All of stdin.
fn stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(LONGEST_INPUT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::world("cannot read stdin", error))?;
    if bytes.len() as u64 > LONGEST_INPUT {
        let why = format!("it is longer than {LONGEST_INPUT} bytes");
        return Err(Failure::damaged("stdin", why));
    }
    Ok(bytes)
}
