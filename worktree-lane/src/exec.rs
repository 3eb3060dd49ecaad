//! `exec`: a command in a lane, with nothing of another lane or of the main worktree in its way.
//!
//! This process becomes the command. So the terminal, signals and the exit status are the command's
//! own, and nothing of ours is left that could be killed in its place.

mod environment;
mod gate;
mod slot;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use cli::{Exit, Failure, Out};
use records::Reason;

use crate::args;
use crate::facts::link;
use crate::held::{not_for_us, unknown};
use crate::here::Here;
use crate::history::History;
use crate::ports::Ports;
use crate::registry::{self, Entry};
use crate::settings;
use crate::told;

/// Runs `exec`. It comes back only when the command was not started.
pub(crate) fn run(here: &Here, asked: &args::Exec, out: &mut Out) -> Result<Exit, Failure> {
    let ports = settings::load(here)?.section.ports;
    become_command(here, &asked.lane, asked.owner.as_deref(), &asked.command, ports, out)
}

/// Runs `command` in the lane that goes by `name`. The caller holds no lock: the command would
/// inherit it.
pub(crate) fn become_command(
    here: &Here,
    name: &str,
    owner: Option<&str>,
    command: &[OsString],
    ports: Ports,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let entries = registry::survey(here, &History::load(here)?)?;
    let entry = match registry::find(&entries, name) {
        Ok(entry) => entry,
        Err(why) => return Ok(refuse(name, &[unknown(name, &why)], out)),
    };
    let reasons = reasons(name, entry, owner)?;
    if !reasons.is_empty() {
        return Ok(refuse(name, &reasons, out));
    }
    let port = slot::port(here, entry, ports)?;
    let variables = environment::variables(here, entry, port, |name| std::env::var_os(name))?;
    if !variables.ceiling {
        out.note(
            "the path of the lane has a ':', so git cannot be kept from the folders around it: \
             if the lane's .git file goes while the command runs, git may answer for another one",
        );
    }
    out.flush()?;
    Err(start(command, entry, variables))
}

/// Every reason against running anything in the lane.
fn reasons(name: &str, entry: &Entry, owner: Option<&str>) -> Result<Vec<Reason>, Failure> {
    if let Some(reason) = not_for_us(entry) {
        return Ok(vec![reason]);
    }
    let (Some(known), Some(admin)) = (&entry.known, &entry.admin) else { return Ok(Vec::new()) };
    let path = &entry.worktree.path;
    let mut all = Vec::new();
    if let Some(why) = link::mismatch(path, admin)? {
        all.push(told::mismatch(&known.last.lane, path.display(), why));
    }
    all.extend(gate::claim(name, &crate::claim::standing(known), owner));
    Ok(all)
}

/// Stdout is the command's, so the reasons go to stderr, as those of `path` do.
fn refuse(name: &str, reasons: &[Reason], out: &Out) -> Exit {
    for reason in reasons {
        let next = reason.next.as_ref().map(|next| format!("; next: {next}")).unwrap_or_default();
        out.note(&format!("lane {name}: {}: {}{next}", reason.code, reason.message));
    }
    Exit::No
}

/// Becomes the command. What comes back is why that failed.
fn start(command: &[OsString], entry: &Entry, variables: environment::Variables) -> Failure {
    let Some((program, args)) = command.split_first() else {
        return Failure::usage("exec", "no command was given");
    };
    let mut process = Command::new(program);
    process.args(args).current_dir(&entry.worktree.path);
    for (name, value) in variables.all {
        match value {
            Some(value) => process.env(name, value),
            None => process.env_remove(name),
        };
    }
    not_started(program, &process.exec())
}

/// The status that a shell gives: 127 for a command that is not there, 126 for one that cannot be run.
fn not_started(program: &OsStr, error: &io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Exit::NotFound,
        _ => Exit::CannotRun,
    };
    Failure::new(exit, format_args!("cannot run {}", program.to_string_lossy()), error)
}
