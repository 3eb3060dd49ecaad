//! `evidence`: runs a command in the lane and records how it ended.

use std::io::IsTerminal as _;
use std::path::Path;

use cli::{Exit, Failure, Out};
use records::merge_queue::Event;
use records::{Evidence, EvidenceResult, EvidenceSource};
use repo::{Program, command_words, shell_words};

use super::refuse;
use crate::args::{Declared, EvidenceArgs};
use crate::desk::{self, Desk};
use crate::git::{gather, lane};
use crate::history;
use crate::rules::definitions::{Definitions, Task};
use crate::rules::policy;
use crate::show;

/// How much of the output is kept, in bytes.
const TAIL: usize = 4096;

pub(super) fn run(desk: &Desk, args: &EvidenceArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.sound_definitions()?;
    let task = desk::find(&definitions, &args.task.task)?;
    let command = match &args.text {
        Some(text) => command_words(text),
        None => args.command.clone(),
    };
    if command.first().is_none_or(String::is_empty) {
        return Err(Failure::usage("evidence", "no command was given"));
    }
    match args.declared {
        Some(declared) => declare(desk, &definitions, task, args, &command, declared, out),
        None => run_it(desk, &definitions, task, args, &command, out),
    }
}

/// Runs the command and records how it ended.
fn run_it(
    desk: &Desk,
    definitions: &Definitions,
    task: &Task,
    args: &EvidenceArgs,
    command: &[String],
    out: &mut Out,
) -> Result<Exit, Failure> {
    let path = lane::require(desk, definitions, task, args.lane.as_deref())?;
    let before = lane::standing(&path)?.commit;
    let wanted = match &args.commit {
        None => before.clone(),
        Some(given) => commit(desk, given)?,
    };
    let reasons = lane::unfit(&path, &before, &wanted)?;
    if !reasons.is_empty() {
        return refuse(task, "evidence", reasons, out);
    }

    // A run may take an hour, and would be for nothing where it cannot be recorded.
    history::append_all(&desk.place, |_| Ok(Vec::new()))?;
    let started_at = cli::clock::now();
    // A person sees what it says as it comes, which is a better sign of life than any other.
    let watched = std::io::stderr().is_terminal();
    let ran = program(command, &path, args, watched).run()?;

    // It has run, so that whatever became of the lane is part of how it ended.
    let stopped = ran.stopped_at.map(cli::show_duration);
    let reason = stopped.map(|limit| format!("stopped after {limit}")).or_else(|| {
        changed(&path, &wanted).unwrap_or_else(|failure| {
            Some(format!("after the command the lane cannot be looked at: {failure}"))
        })
    });
    let passed = ran.ok() && reason.is_none();
    let evidence = Evidence {
        command: shell_words(command),
        exit_status: ran.code(),
        result: if passed { EvidenceResult::Pass } else { EvidenceResult::Fail },
        tree: Some(desk.objects.tree(&wanted)?),
        commit: wanted,
        started_at,
        duration_ms: u64::try_from(ran.took.as_millis()).unwrap_or(u64::MAX),
        output_tail: tail(&ran.stdout),
        source: EvidenceSource::Ran,
        reason,
        note: None,
    };
    let event = desk.record(task, "evidence", |event| event.evidence = Some(evidence))?;
    out.print(&Event(event), |Event(event), page| {
        show::event(event, page);
        if !passed && !watched {
            show::output_tail(event, page);
        }
    })?;
    Ok(if passed { Exit::Yes } else { Exit::No })
}

fn program(command: &[String], path: &Path, args: &EvidenceArgs, watched: bool) -> Program {
    let (name, words) = command.split_first().map_or(("", command), |(n, w)| (n.as_str(), w));
    let program = Program::new(name).args(words).dir(path).contained().merged_output();
    let program = program.end_at(args.limit).keep_last(TAIL);
    if watched { program.echo() } else { program }
}

/// Records what somebody says about a run elsewhere. It needs no lane.
fn declare(
    desk: &Desk,
    definitions: &Definitions,
    task: &Task,
    args: &EvidenceArgs,
    command: &[String],
    declared: Declared,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let reference =
        || gather::reference(desk, definitions, &*desk.history_of([&task.id], out)?, task, None);
    let known = match &args.commit {
        Some(given) => Some(commit(desk, given)?),
        None => reference()?.commit,
    };
    let commit = if let Some(commit) = known {
        commit
    } else {
        let path = lane::require(desk, definitions, task, args.lane.as_deref())?;
        lane::standing(&path)?.commit
    };
    let evidence = Evidence {
        command: shell_words(command),
        exit_status: None,
        result: match declared {
            Declared::Pass => EvidenceResult::Pass,
            Declared::Fail => EvidenceResult::Fail,
        },
        tree: Some(desk.objects.tree(&commit)?),
        commit,
        started_at: cli::clock::now(),
        duration_ms: 0,
        output_tail: String::new(),
        source: EvidenceSource::Declared,
        reason: None,
        note: args.note.clone(),
    };
    let event = desk.record(task, "evidence", |event| event.evidence = Some(evidence))?;
    if declared == Declared::Pass && definitions.policy.declared == policy::Declared::Ignored {
        out.note("a declared result satisfies no check here: queue.policy.declared is 'ignored'");
    }
    out.print(&Event(event), |event, page| show::event(&event.0, page))?;
    Ok(Exit::Yes)
}

fn commit(desk: &Desk, given: &str) -> Result<String, Failure> {
    let commit = desk.git.commit(given)?;
    commit.ok_or_else(|| Failure::usage("--commit", format_args!("'{given}' names no commit")))
}

/// How the command changed the lane, so that its result says nothing about the commit.
fn changed(path: &Path, commit: &str) -> Result<Option<String>, Failure> {
    let after = lane::standing(path)?.commit;
    let reasons = lane::unfit(path, &after, commit)?;
    let messages: Vec<&str> = reasons.iter().map(|reason| reason.message.as_str()).collect();
    Ok((!messages.is_empty()).then(|| format!("after the command {}", messages.join("; "))))
}

/// The end of the output as text. It may begin inside a character, which is left out.
fn tail(output: &[u8]) -> String {
    let inside = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
    let cut = if output.len() < TAIL { 0 } else { output.iter().take_while(inside).count() };
    String::from_utf8_lossy(output.get(cut..).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_that_begins_inside_a_character_begins_with_the_next() {
        let mut output = "ü".repeat(TAIL).into_bytes();
        output.drain(..=output.len() - TAIL);
        output.push(b'x');
        assert_eq!(output.len(), TAIL);
        assert_eq!(tail(&output), format!("{}x", "ü".repeat(TAIL / 2 - 1)));
        assert_eq!(tail(b"\xff ok"), "\u{fffd} ok");
    }
}
