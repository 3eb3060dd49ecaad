//! `evidence`: runs a command in the lane and records how it ended.

use std::io::IsTerminal as _;

use cli::{Exit, Failure, Out};
use records::merge_queue::Event;
use records::{Evidence, EvidenceResult, EvidenceSource};
use repo::{Program, shell_words};

use super::refuse;
use crate::args::EvidenceArgs;
use crate::desk::{self, Desk};
use crate::git::lane;
use crate::show;

/// How much of the output is kept, in bytes.
const TAIL: usize = 4096;

pub(super) fn run(desk: &Desk, args: &EvidenceArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.sound_definitions()?;
    let task = desk::find(&definitions, &args.task.task)?;
    let path = lane::require(desk, &definitions, task, args.lane.as_deref())?;
    let before = lane::standing(&path)?.commit;
    let wanted = match &args.commit {
        None => before.clone(),
        Some(given) => desk
            .git
            .commit(given)?
            .ok_or_else(|| Failure::usage("--commit", format_args!("'{given}' names no commit")))?,
    };
    let reasons = lane::unfit(&path, &before, &wanted)?;
    if !reasons.is_empty() {
        return refuse(task, "evidence", reasons, out);
    }

    let Some((name, words)) = args.command.split_first().filter(|(name, _)| !name.is_empty())
    else {
        return Err(Failure::usage("evidence", "no command was given"));
    };
    let started_at = cli::clock::now();
    let program = Program::new(name).args(words).dir(&path).own_group().merged_output();
    // A person sees what it says as it comes, which is a better sign of life than any other.
    let watched = std::io::stderr().is_terminal();
    let program = if watched { program.echo() } else { program };
    let ran = program.keep_last(TAIL).run()?;

    // It has run, so that whatever became of the lane is part of how it ended.
    let reason = changed(&path, &wanted).unwrap_or_else(|failure| {
        Some(format!("after the command the lane cannot be looked at: {failure}"))
    });
    let passed = ran.ok() && reason.is_none();
    let evidence = Evidence {
        command: shell_words(&args.command),
        exit_status: ran.code(),
        result: if passed { EvidenceResult::Pass } else { EvidenceResult::Fail },
        tree: Some(desk.objects.tree(&wanted)?),
        commit: wanted,
        started_at,
        duration_ms: u64::try_from(ran.took.as_millis()).unwrap_or(u64::MAX),
        output_tail: tail(&ran.stdout),
        source: EvidenceSource::Ran,
        reason,
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

/// How the command changed the lane, so that its result says nothing about the commit.
fn changed(path: &std::path::Path, commit: &str) -> Result<Option<String>, Failure> {
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
