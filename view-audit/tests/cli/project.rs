//! A project with a log.

use std::path::Path;

use testkit::{Ran, Scratch, Tool};

pub(crate) const HISTORY: &str = "logs/governance_history.jsonl";
pub(crate) const OLDER: &str = "logs/review_history.jsonl";

/// What the tool puts in front of an entry.
pub(crate) const SCHEMA: &str = "{\"schema\":\"view-audit.entry/1\",";

/// The tool on the log of a folder.
pub(crate) fn view(root: &Path) -> Tool {
    Tool::new("view-audit").arg("--root").arg(root)
}

/// Everything that it shows as JSON, without what it put in front.
#[track_caller]
pub(crate) fn all(scratch: &Scratch) -> Vec<String> {
    entries(view(scratch.root()).arg("--all").run().code(0))
}

#[track_caller]
pub(crate) fn entries(ran: &Ran) -> Vec<String> {
    ran.out().lines().map(|line| format!("{{{}", line.strip_prefix(SCHEMA).unwrap())).collect()
}

/// An entry at this second.
pub(crate) fn entry(second: u32, id: &str) -> String {
    format!("{{\"id\":\"{id}\",\"timestamp\":\"2026-01-24T18:30:{second:02}Z\"}}")
}

/// Lines with their newlines.
pub(crate) fn text<S: AsRef<str>>(lines: &[S]) -> String {
    lines.iter().flat_map(|line| [line.as_ref(), "\n"]).collect()
}
