//! What a single line is: a field, a verdict, a round of a list, a doubt.

use super::words::{self, Said};

/// How a line that names a verdict begins.
pub(super) const VERDICT_LABELS: [&str; 6] =
    ["verdict", "review verdict", "decision", "result", "outcome", "recommendation"];
pub(super) const FINAL_LABELS: [&str; 7] = [
    "final status",
    "final verdict",
    "overall status",
    "overall verdict",
    "review status",
    "final decision",
    "final result",
];
pub(super) const DATE_LABELS: [&str; 7] =
    ["date", "timestamp", "reviewed", "reviewed on", "when", "review date", "time"];
pub(super) const AUTHOR_LABELS: [&str; 4] = ["reviewer", "reviewed by", "by", "model"];

/// A line `Label: value`, with the label in lower case.
pub(super) fn as_field(text: &str) -> Option<(String, &str)> {
    let (label, value) = text.split_once(':')?;
    let label = words::words(label).join(" ");
    (!label.is_empty() && label.len() <= 30 && label.split(' ').count() <= 3)
        .then_some((label, value.trim()))
}

/// Whether the text is a field that is known here.
pub(super) fn is_field(text: &str) -> bool {
    as_field(text).is_some_and(|(label, _)| is_known(&label))
}

fn is_known(label: &str) -> bool {
    [&VERDICT_LABELS[..], &FINAL_LABELS, &DATE_LABELS, &AUTHOR_LABELS]
        .iter()
        .any(|labels| labels.contains(&label))
        || label == "status"
}

/// Whether the text begins with a verdict.
pub(super) fn is_verdict(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    matches!(words::read(first), Said::Approve | Said::Revise | Said::Block)
}

/// Who and what, in a line such as `Gemini #1 (2026-02-01): REVISE - the limits`, or
/// `REVISE (2026-02-01, Gemini): the limits`.
pub(super) fn bullet(text: &str) -> Option<(String, String)> {
    const ENDS: [&str; 6] = [". ", "; ", " — ", " – ", " - ", ": "];
    if is_verdict(text)
        && let Some((verdict, rest)) = text.split_once('(')
        && super::date::read(rest).is_some()
    {
        let who = rest.split(')').next().unwrap_or_default();
        return Some((who.to_owned(), verdict.trim().to_owned()));
    }
    for mark in [": ", " — ", " – ", " - ", " → ", " -> "] {
        let Some((who, rest)) = text.split_once(mark) else { continue };
        if who.len() > 80 || !is_verdict(rest) {
            continue;
        }
        let end = ENDS.iter().filter_map(|m| rest.find(m)).min().unwrap_or(rest.len());
        let verdict = rest.get(..end)?;
        // The day may stand behind the verdict.
        let dated = super::date::read(who).is_none() && super::date::read(rest).is_some();
        let who = if dated { format!("{who}, {rest}") } else { who.to_owned() };
        return Some((who, verdict.split(',').next().unwrap_or(verdict).to_owned()));
    }
    None
}

/// Whether a line says something that an approval in it may not survive.
pub(super) fn takes_back(text: &str) -> bool {
    const DOUBTS: [&str; 30] = [
        "pending",
        "awaiting",
        "conditional",
        "conditionally",
        "if",
        "once",
        "after",
        "when",
        "until",
        "subject",
        "unless",
        "except",
        "but",
        "however",
        "required",
        "must",
        "need",
        "needs",
        "not",
        "revoked",
        "withdrawn",
        "superseded",
        "expired",
        "void",
        "stale",
        "draft",
        "revise",
        "block",
        "reject",
        "provisional",
    ];
    words::words(text).iter().any(|word| DOUBTS.contains(&word.as_str())) || text.contains('?')
}
