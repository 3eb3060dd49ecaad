//! What stands out about a worktree, in a few words.

use cli::Tone;
use records::worktree_lane::{LaneState, LaneStatus, Merged, Operation, OperationKind};

/// The words, and how urgent the worst of them is.
pub(super) fn notes(row: &LaneStatus) -> (Tone, String) {
    let mut notes = Notes { tone: Tone::Dim, words: Vec::new() };
    for problem in &row.problems {
        let tone = if row.state == LaneState::Whole { Tone::Warn } else { Tone::Bad };
        notes.add(tone, problem.message.clone());
    }
    if let Some(owner) = &row.owner {
        notes.add(Tone::Plain, format!("claimed by {owner}"));
    }
    if let Some(conflicts @ 1..) = row.conflicted {
        notes.add(Tone::Bad, counted(conflicts, "conflict", "conflicts"));
    }
    if let Some(overlooked @ 1..) = row.overlooked {
        notes.add(Tone::Warn, format!("{overlooked} overlooked"));
    }
    for operation in row.operations.iter().flatten() {
        notes.add(Tone::Warn, under_way(operation));
    }
    match &row.locked {
        Some(why) if why.is_empty() => notes.add(Tone::Warn, "locked".into()),
        Some(why) => notes.add(Tone::Warn, format!("locked: {why}")),
        None => {}
    }
    match merged(row) {
        Some(words) => notes.add(Tone::Good, words.into()),
        None if row.pushed == Some(false) && row.ahead != Some(0) => {
            notes.add(Tone::Plain, "not pushed".into());
        }
        None => {}
    }
    if let Some(behind @ 1..) = row.upstream_behind {
        notes.add(Tone::Plain, format!("{behind} behind its upstream"));
    }
    if let Some(processes) = row.processes.as_ref().filter(|all| !all.is_empty()) {
        notes.add(Tone::Plain, counted(processes.len() as u64, "process", "processes"));
    }
    if let Some(stashes @ 1..) = row.stashes {
        notes.add(Tone::Plain, counted(stashes, "stash", "stashes"));
    }
    if let Some(saved) = row.saved.as_ref().filter(|all| !all.is_empty()) {
        notes.add(Tone::Plain, format!("{} saved", saved.len()));
    }
    (notes.tone, notes.words.join(", "))
}

/// How it got into the base.
pub(super) fn merged(row: &LaneStatus) -> Option<&'static str> {
    match row.merged? {
        Merged::Nothing => Some("no commits yet"),
        Merged::Ancestor => Some("merged"),
        Merged::Rebased => Some("merged (rebased)"),
        Merged::Squashed => Some("merged (squashed)"),
        Merged::No => None,
    }
}

/// An operation, with its step where git counts them.
pub(super) fn under_way(operation: &Operation) -> String {
    let name = match operation.kind {
        OperationKind::Rebase => "rebase",
        OperationKind::Am => "am",
        OperationKind::Merge => "merge",
        OperationKind::CherryPick => "cherry-pick",
        OperationKind::Revert => "revert",
        OperationKind::Bisect => "bisect",
        OperationKind::IndexLock => "index.lock",
    };
    match (operation.step, operation.of) {
        (Some(step), Some(of)) => format!("{name} {step}/{of}"),
        _ => name.to_owned(),
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

struct Notes {
    tone: Tone,
    words: Vec<String>,
}

impl Notes {
    fn add(&mut self, tone: Tone, words: String) {
        let weight = |tone| match tone {
            Tone::Bad => 4,
            Tone::Warn => 3,
            Tone::Plain | Tone::Strong => 2,
            Tone::Good => 1,
            Tone::Dim => 0,
        };
        if weight(tone) > weight(self.tone) {
            self.tone = tone;
        }
        self.words.push(words);
    }
}
