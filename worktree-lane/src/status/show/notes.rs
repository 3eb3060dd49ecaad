//! What stands out about a worktree, in a few words.

use cli::Tone;
use records::worktree_lane::{LaneKind, LaneState, LaneStatus, Merged, Operation, OperationKind};

use super::Layout;

/// The words, and how urgent the worst of them is.
pub(super) fn notes(row: &LaneStatus, layout: Layout) -> (Tone, String) {
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
    if layout == Layout::Narrow {
        let files = [(row.staged, "staged"), (row.unstaged, "changed"), (row.untracked, "new")];
        for (count, what) in files {
            if let Some(count @ 1..) = count {
                notes.add(Tone::Warn, format!("{count} {what}"));
            }
        }
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
    // In the middle of a rebase `HEAD` is not the work, and the main worktree is not to be merged.
    let is_at_work = row.operations.as_ref().is_some_and(|all| !all.is_empty());
    match merged(row) {
        Some(_) if is_at_work || row.kind == LaneKind::Main => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A lane that is as the base is, with one commit that has been rebased into it.
    fn row() -> LaneStatus {
        let row = serde_json::json!({
            "kind": "lane", "state": "whole", "path": "/talos-98", "problems": [],
            "lane": "98", "branch": "98-crud", "ahead": 1, "behind": 2, "merged": "rebased",
            "staged": 0, "unstaged": 0, "untracked": 0, "operations": [],
        });
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn files_are_among_the_notes_where_they_have_no_columns() {
        let row = LaneStatus { staged: Some(1), untracked: Some(2), merged: None, ..row() };
        assert_eq!(notes(&row, Layout::Wide), (Tone::Dim, String::new()));
        assert_eq!(notes(&row, Layout::Narrow), (Tone::Warn, "1 staged, 2 new".into()));
    }

    #[test]
    fn what_is_being_rebased_is_not_said_to_be_merged() {
        let words = |row: &LaneStatus| notes(row, Layout::Wide).1;
        assert_eq!(words(&row()), "merged (rebased)");
        let rebase = Operation { kind: OperationKind::Rebase, step: Some(1), of: Some(3) };
        assert_eq!(words(&LaneStatus { operations: Some(vec![rebase]), ..row() }), "rebase 1/3");
        assert_eq!(words(&LaneStatus { kind: LaneKind::Main, ..row() }), "");
    }
}
