//! Reasons that several commands give, in the same words and with the same next step.

use std::fmt::Display;

use records::Reason;
use repo::shell_words;

/// The command that shows what is broken about a lane, and what `repair` would do about it.
pub(crate) fn look_at_repair(lane: &str) -> String {
    shell_words(["worktree-lane", "repair", "--dry-run", lane])
}

/// The folder and git's folder for it do not name each other.
pub(crate) fn mismatch(lane: &str, path: impl Display, why: impl Display) -> Reason {
    Reason::new("mismatch", format!("{path}: {why}"), look_at_repair(lane))
}

/// Somebody locked the lane by hand; `why` is what they said, and may be empty.
pub(crate) fn locked(lane: &str, path: impl Display, why: &str) -> Reason {
    let why = if why.is_empty() { "no reason is given" } else { why };
    let unlock = shell_words(["worktree-lane", "unlock", lane]);
    let next = format!("ask whoever locked it, then {unlock}");
    Reason::new("locked", format!("{path} is locked: {why}"), next)
}
