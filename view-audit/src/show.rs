//! Entries for people.

use std::time::Duration;

use cli::{Cell, Page, Table, Tone};
use records::{AuditEntry, Verdict};

use crate::filter::{is_failed, model};

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
        "ID",
    ]);
    for shown in entries {
        table.row(row(shown));
    }
    table.show(page);
}

/// A line for an entry, which does not depend on those before and behind it.
pub(crate) fn line(shown: &Shown, page: &mut Page) {
    let (tone, verdict) = verdict(&shown.entry);
    let [time, project, issue, node, model, credential, attempts, duration, id] = texts(shown);
    let attempts =
        attempts.map(|n| if n == "1" { "1 attempt".into() } else { format!("{n} attempts") });
    let facts = [time, project, issue, node, verdict, model, credential, attempts, duration, id];
    page.wrapped(tone, facts.into_iter().flatten().collect::<Vec<_>>().join("  "));
}

/// Every entry with its critique and its blocking findings.
pub(crate) fn blocks(entries: &[Shown], page: &mut Page) {
    for shown in entries {
        line(shown, page);
        for (number, issue) in (1..).zip(&shown.entry.tier_1_issues) {
            page.field(&format!("tier 1 ({number})"), issue.trim());
        }
        let critique = shown.entry.critique.as_deref().unwrap_or_default();
        let mut paragraphs = critique.lines().filter(|line| !line.trim().is_empty());
        if let Some(first) = paragraphs.next() {
            page.field("critique", first.trim());
        }
        for paragraph in paragraphs {
            page.paragraph(4, text_of(paragraph));
        }
        page.blank();
    }
}

/// A line of somebody's text, as it is to be shown.
pub(crate) fn text_of(line: &str) -> String {
    line.trim_end().replace('\t', "    ")
}

fn row(shown: &Shown) -> [Cell; 10] {
    let (tone, word) = verdict(&shown.entry);
    let verdict = word.map_or_else(|| Cell::maybe(None::<&str>), |word| Cell::toned(tone, word));
    let [time, project, issue, node, rest @ ..] = texts(shown).map(Cell::maybe);
    let [model, credential, attempts, duration, id] = rest;
    let (attempts, duration) = (attempts.number(), duration.number());
    [time, project, issue, node, verdict, model, credential, attempts, duration, id]
}

/// How much of an id is shown: of those that begin with the time, all of it to the millisecond.
const ID: usize = 13;

/// Time, project, issue, node, model, credential, attempts, duration, and how the id begins.
fn texts(shown: &Shown) -> [Option<String>; 9] {
    let Shown { entry, project } = shown;
    let time = entry.at().map(cli::clock::local);
    let duration = entry.duration_ms.map(Duration::from_millis).map(cli::show_duration);
    [
        time.or_else(|| entry.timestamp.clone()),
        entry.project.clone().or_else(|| project.clone()),
        entry.issue_id.map(|issue| format!("#{issue}")),
        entry.node.clone(),
        model(entry).cloned(),
        entry.credential_used.clone(),
        entry.attempts.map(|attempts| attempts.to_string()),
        duration,
        entry.id.as_ref().map(|id| id.chars().take(ID).collect()),
    ]
}

/// The word as it was written, in the tone of its meaning.
pub(crate) fn verdict(entry: &AuditEntry) -> (Tone, Option<String>) {
    if is_failed(entry) {
        let class = entry.failure_class.as_deref().unwrap_or("unknown");
        return (Tone::Warn, Some(format!("failed: {class}")));
    }
    let tone = match entry.verdict() {
        Some(Verdict::Approved) => Tone::Good,
        Some(Verdict::Revise) => Tone::Warn,
        Some(Verdict::Blocked) => Tone::Bad,
        None => Tone::Plain,
    };
    (tone, entry.verdict.clone())
}
