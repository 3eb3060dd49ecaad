//! The verified run: the command that says whether a merge may land, on the very tree that would land.
//!
//! It runs in a worktree of the queue's own ([`Scratch`]), with everything that it starts contained, a
//! time limit, and an environment that tells what is being verified:
//!
//! | variable | |
//! |---|---|
//! | `MERGE_QUEUE_BASE` | the commit that the base stands at |
//! | `MERGE_QUEUE_TIP` | the commit that is verified, which is checked out |
//! | `MERGE_QUEUE_TASKS` | the tasks in it, with a blank between them |
//! | `MERGE_QUEUE_CHANGED_FILES` | a file with the paths that they change, one a line, sorted; odd ones are quoted as git does |
//! | `MERGE_QUEUE_CHANGED_FILES_Z` | the same, each ended by a NUL and never quoted |

mod ended;
mod log;
mod paths;
#[cfg(test)]
mod runs;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::time::Duration;

use cli::Failure;
use records::{Stamp, TaskId};
use repo::{Error, Program, command_words, shell_words};

use crate::desk::Desk;
use crate::git::scratch::{Scratch, Stand};
use crate::rules::batch::trial::Outcome;

/// How much of the end of the output a run gives back, in bytes.
const TAIL: usize = 4096;

/// Runs the verify command on one commit after the other.
pub(crate) struct Verifier {
    scratch: Scratch,
    words: Vec<String>,
    limit: Duration,
    logs: PathBuf,
}

/// What a run is about.
pub(crate) struct Context<'a> {
    /// Where the base stands.
    pub(crate) base: &'a str,
    /// The tasks whose merges the commit has; none for the base alone.
    pub(crate) tasks: &'a [TaskId],
    /// The paths that they change. For the base alone, those of the tasks that it is compared with:
    /// a command that tests what has changed would test nothing otherwise.
    pub(crate) changed: &'a [Vec<u8>],
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// What it says about the commit.
    pub(crate) outcome: Outcome,
    /// Why, in a sentence, where it did not pass.
    pub(crate) reason: Option<String>,
    /// The end of the output.
    pub(crate) output_tail: String,
    /// The command's exit status; `None` when a signal ended it, or it was not started.
    pub(crate) exit_status: Option<i32>,
    /// When the command was started, or could not be.
    pub(crate) started_at: Stamp,
    /// How long the command took.
    pub(crate) took: Duration,
    /// The file with the whole output; `None` when the command was not started.
    pub(crate) log: Option<PathBuf>,
}

impl Verifier {
    /// With `command`, a simple command or a script, in a worktree that nobody else verifies in.
    pub(crate) fn open(desk: &Desk, command: &str, limit: Duration) -> Result<Self, Failure> {
        let words = command_words(command);
        if command.trim().is_empty() || words.first().is_none_or(String::is_empty) {
            return Err(Failure::usage("the verify command", "it is empty"));
        }
        let scratch = Scratch::take(desk)?;
        let logs = desk.place.state_dir().join("verify/logs");
        Ok(Self { scratch, words, limit, logs })
    }

    /// The command as a person would type it.
    pub(crate) fn command(&self) -> String {
        shell_words(&self.words)
    }

    /// Runs it on `commit`.
    ///
    /// # Errors
    /// When this tool was asked to stop. Everything else is an outcome.
    pub(crate) fn run(&self, commit: &str, context: &Context<'_>) -> Result<Run, Error> {
        let mut run = Run {
            outcome: Outcome::Infra,
            reason: None,
            output_tail: String::new(),
            exit_status: None,
            started_at: cli::clock::now(),
            took: Duration::ZERO,
            log: None,
        };
        let (stand, log) = match self.set_up(commit, context) {
            Err(error) => {
                let error = unless_asked_to_stop(error)?;
                run.reason = Some(format!("the commit could not be made ready: {error}"));
                return Ok(run);
            }
            Ok(set_up) => set_up,
        };
        run.log = Some(log.path().to_path_buf());
        run.started_at = cli::clock::now();
        let ran = match self.program(commit, context, &log).run() {
            Err(error) => {
                let error = unless_asked_to_stop(error)?;
                let of_base = || self.scratch.has_program(context.base, self.words.first());
                (run.outcome, run.reason) = ended::not_run(&error, of_base);
                return Ok(run);
            }
            Ok(ran) => ran,
        };
        run.exit_status = ran.code();
        run.took = ran.took;
        run.output_tail = tail(&ran.stdout);
        let unwritten = log.end(&ran.stdout);
        let is_full = || self.scratch.is_full() || unwritten.as_ref().is_some_and(is_no_space);
        (run.outcome, run.reason) = ended::by(&ran, is_full);
        if run.outcome != Outcome::Infra {
            self.look(&stand, &mut run)?;
        }
        if let Some(error) = unwritten {
            // It has ended as it has, whoever wants to read about it.
            run.note(format!("its output could not be kept: {error}"));
        }
        Ok(run)
    }

    /// The worktree at the commit, the files that the environment names, and a log to write to.
    fn set_up(&self, commit: &str, context: &Context<'_>) -> Result<(Stand, log::Log), Error> {
        let stand = self.scratch.bring(commit)?;
        paths::write(&self.changed_files(), context.changed)?;
        Ok((stand, log::Log::begin(&self.logs, commit)?))
    }

    fn changed_files(&self) -> PathBuf {
        self.scratch.beside().join("changed-files")
    }

    fn program(&self, commit: &str, context: &Context<'_>, log: &log::Log) -> Program {
        let (name, words) =
            self.words.split_first().map_or(("", &self.words[..]), |(n, w)| (n.as_str(), w));
        let tasks: Vec<&str> = context.tasks.iter().map(TaskId::as_str).collect();
        let changed = self.changed_files();
        let program = Program::new(name)
            .args(words)
            .dir(self.scratch.tree())
            .env("MERGE_QUEUE_BASE", context.base)
            .env("MERGE_QUEUE_TIP", commit)
            .env("MERGE_QUEUE_TASKS", tasks.join(" "))
            .env("MERGE_QUEUE_CHANGED_FILES_Z", paths::exact(&changed))
            .env("MERGE_QUEUE_CHANGED_FILES", changed)
            .contained()
            .merged_output()
            .end_at(self.limit)
            .keep_last(log::LAST)
            .copy_to(log.sink());
        // A person sees what it says as it comes, which is a better sign of life than any other.
        if io::stderr().is_terminal() { program.echo() } else { program }
    }

    /// Whether the worktree is still what was verified. Where it is not, the next run, and whoever needs a
    /// branch that was checked out there, must not find it so.
    fn look(&self, stand: &Stand, run: &mut Run) -> Result<(), Error> {
        let how = match self.scratch.meddled(stand) {
            Ok(None) => return Ok(()),
            Ok(Some(how)) => how,
            Err(error) => format!("it cannot be looked at: {}", unless_asked_to_stop(error)?),
        };
        run.outcome = Outcome::Failed;
        run.note(format!("after the command the worktree is not what was verified: {how}"));
        if let Err(error) = self.scratch.bring(stand.commit()) {
            // The next run tries again, and tells.
            unless_asked_to_stop(error)?;
        }
        Ok(())
    }
}

impl Run {
    fn note(&mut self, more: String) {
        self.reason = Some(match self.reason.take() {
            Some(reason) => format!("{reason}; {more}"),
            None => more,
        });
    }
}

/// A signal to this tool must not pass for something that the command did.
fn unless_asked_to_stop(error: Error) -> Result<Error, Error> {
    if matches!(error, Error::Interrupted { .. }) { Err(error) } else { Ok(error) }
}

fn is_no_space(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The end of the output as text. It may begin inside a character, which is left out.
fn tail(output: &[u8]) -> String {
    let last = output.get(output.len().saturating_sub(TAIL)..).unwrap_or_default();
    let inside = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
    let cut = if output.len() < TAIL { 0 } else { last.iter().take_while(inside).count() };
    String::from_utf8_lossy(last.get(cut..).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_that_begins_inside_a_character_begins_with_the_next() {
        let output = format!("{}x", "ü".repeat(TAIL));
        assert_eq!(tail(output.as_bytes()), format!("{}x", "ü".repeat(TAIL / 2 - 1)));
        assert_eq!(tail(b"\xff ok"), "\u{fffd} ok");
    }
}
