//! A run for people.

use cli::{Page, Tone};
use records::consolidate::{Check, Hook, Run};

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

/// One line when all is well, and otherwise every reason.
pub(crate) fn check(check: &Check, page: &mut Page) {
    if check.reasons.is_empty() {
        page.line(Tone::Good, format_args!("{}: nothing to do", check.root));
    } else {
        page.line(Tone::Bad, format_args!("{}: there is something to do", check.root));
        page.reasons(&check.reasons);
    }
}

/// Where the hook is, or why it is not.
pub(crate) fn hook(hook: &Hook, page: &mut Page) {
    if !hook.reasons.is_empty() {
        page.line(Tone::Bad, format_args!("{}: nothing was changed", hook.hook));
        page.reasons(&hook.reasons);
        return;
    }
    let state = match (hook.installed, hook.changed) {
        (true, true) => "installed",
        (true, false) => "installed already",
        (false, true) => "taken out",
        (false, false) => "not installed",
    };
    page.line(Tone::Good, format_args!("{}: {state}", hook.hook));
    if let Some(chained) = hook.chained.as_ref().filter(|_| hook.installed) {
        page.line(Tone::Dim, format_args!("  it starts {chained}, which was there before"));
    }
    if hook.shared {
        let about = "other repositories may use this hook; its lines do nothing there";
        page.line(Tone::Dim, format_args!("  {about}"));
    }
}

/// `1 entry`, `2 entries`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
