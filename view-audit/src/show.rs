//! Entries for people.

use cli::{Cell, Page, Table, Tone};
use records::{AuditEntry, Verdict};

use crate::filter::is_failed;

/// An entry and the project whose log it is in.
pub(crate) struct Shown {
    pub entry: AuditEntry,
    pub project: Option<String>,
}

/// A table with a row for every entry.
pub(crate) fn table(entries: &[Shown], page: &mut Page) {
    let mut table = Table::new([
        "TIME",
        "PROJECT",
        "ISSUE",
        "NODE",
        "VERDICT",
        "MODEL",
        "CREDENTIAL",
        "ATTEMPTS",
        "DURATION",
    ]);
    for shown in entries {
        table.row(row(shown));
    }
    table.show(page);
}

/// Every entry with its critique and its blocking findings.
pub(crate) fn blocks(entries: &[Shown], page: &mut Page) {
    for (index, shown) in entries.iter().enumerate() {
        if index > 0 {
            page.blank();
        }
        let mut table = Table::new([""; 0]);
        table.row(row(shown));
        table.show(page);
        for (number, issue) in (1..).zip(&shown.entry.tier_1_issues) {
            page.field(&format!("tier 1, {number}"), issue.trim());
        }
        if let Some(critique) = &shown.entry.critique {
            for line in critique.lines().filter(|line| !line.trim().is_empty()) {
                page.field("critique", line.trim());
            }
        }
    }
}

fn row(shown: &Shown) -> [Cell; 9] {
    let Shown { entry, project } = shown;
    let time = match (entry.at(), &entry.timestamp) {
        (Some(at), _) => Cell::new(cli::clock::local(at)),
        (None, text) => Cell::maybe(text.as_ref()),
    };
    let model = entry.model_verified.as_ref().or(entry.model.as_ref());
    let duration =
        entry.duration_ms.map(|ms| cli::show_duration(std::time::Duration::from_millis(ms)));
    [
        time,
        Cell::maybe(entry.project.as_ref().or(project.as_ref())),
        Cell::maybe(entry.issue_id.map(|issue| format!("#{issue}"))),
        Cell::maybe(entry.node.as_ref()),
        verdict(entry),
        Cell::maybe(model),
        Cell::maybe(entry.credential_used.as_ref()),
        Cell::maybe(entry.attempts),
        Cell::maybe(duration),
    ]
}

/// The word as it was written, in the colour of its meaning.
fn verdict(entry: &AuditEntry) -> Cell {
    if is_failed(entry) {
        let class = entry.failure_class.as_deref().unwrap_or("unknown");
        return Cell::toned(Tone::Warn, format_args!("failed: {class}"));
    }
    let tone = match entry.verdict() {
        Some(Verdict::Approved) => Tone::Good,
        Some(Verdict::Revise) => Tone::Warn,
        Some(Verdict::Blocked) => Tone::Bad,
        None => Tone::Plain,
    };
    entry.verdict.as_ref().map_or_else(|| Cell::maybe(None::<&str>), |word| Cell::toned(tone, word))
}
