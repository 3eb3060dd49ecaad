//! A run for people.

use cli::{Page, Tone};
use records::consolidate::Run;

/// One line for what was done and one for every shard that was left.
pub(crate) fn run(run: &Run, page: &mut Page, dry: bool) {
    let nothing = run.shards == 0 && run.entries == 0 && run.quarantined == 0;
    if nothing {
        page.line(Tone::Dim, format_args!("{}: nothing to fold", run.root));
    } else {
        let verb = if dry { "would fold" } else { "folded" };
        page.line(
            Tone::Good,
            format_args!(
                "{}: {verb} {} from {} ({} bytes written)",
                run.root,
                count(run.entries, "entry", "entries"),
                count(run.shards, "shard", "shards"),
                run.bytes_written
            ),
        );
    }
    if run.duplicates > 0 {
        let there = count(run.duplicates, "entry", "entries");
        page.line(Tone::Dim, format_args!("  {there} already there"));
    }
    if run.quarantined > 0 {
        let lines = count(run.quarantined, "line", "lines");
        page.line(Tone::Warn, format_args!("  {lines} that nobody can read put into quarantine"));
    }
    for skipped in &run.skipped {
        page.line(Tone::Warn, format_args!("  {} left: {}", skipped.shard, skipped.why));
    }
}

/// `1 entry`, `2 entries`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
