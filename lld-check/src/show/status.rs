//! `status` for people.

use cli::{Cell, Page, Table, Tone};
use records::lld_check::{Claimed, DocumentPlace, Proven, RowKind, Status, WaiverState};

/// One line a document.
pub(crate) fn statuses(all: &[Status], page: &mut Page) {
    let mut table = Table::new(["ISSUE", "PLACE", "CLAIMED", "EVIDENCE", "DOCUMENT", "WHY"]);
    for one in all {
        let why: Vec<&str> = one.why.iter().map(|reason| reason.code.as_str()).collect();
        table.row([
            Cell::maybe(one.issue.map(|issue| format!("#{issue}"))),
            Cell::maybe(one.place.map(place)),
            claimed_cell(one),
            one.evidence.map_or_else(
                || Cell::maybe(None::<&str>),
                |proven| {
                    let (tone, name) = proven_named(proven);
                    Cell::toned(tone, name)
                },
            ),
            Cell::maybe(one.path.as_ref()),
            Cell::new(one.error.clone().unwrap_or_else(|| {
                let waived = one.waivers.iter().any(|w| w.state == WaiverState::Holds);
                why.join(", ") + if waived { ", waived" } else { "" }
            })),
        ]);
    }
    table.show(page);
    page.blank();
    let count = |wanted| all.iter().filter(|one| one.evidence == Some(wanted)).count();
    let claims = |wanted| all.iter().filter(|one| one.claimed == Some(wanted)).count();
    page.line(
        Tone::Strong,
        format_args!(
            "{} documents: {} claim an approval, {} are proven approved",
            all.iter().filter(|one| one.path.is_some()).count(),
            claims(Claimed::Approved),
            count(Proven::Approved)
        ),
    );
}

/// One document with everything it rests on.
pub(crate) fn status(one: &Status, page: &mut Page) {
    let name = one.path.as_deref().unwrap_or("no document");
    let issue = one.issue.map_or_else(String::new, |issue| format!("#{issue} "));
    page.line(Tone::Strong, format_args!("{issue}{name}"));
    if let Some(error) = &one.error {
        page.field("error", error);
    }
    if let Some(claimed) = one.claimed {
        page.field("claimed", claimed_named(claimed).1);
    }
    if let Some(proven) = one.evidence {
        page.field("evidence", proven_named(proven).1);
    }
    if let Some(entry) = &one.entry {
        let id = entry.audit_id.as_deref().unwrap_or("without id");
        page.field("entry", format_args!("{id}, {} ({}:{})", entry.verdict, entry.log, entry.line));
    }
    super::waivers(&one.waivers, page);
    if !one.rows.is_empty() {
        page.blank();
        let mut table = Table::new(["LINE", "", "KIND", "AUTHOR", "DATE", "VERDICT"]);
        for row in &one.rows {
            table.row([
                Cell::new(row.line),
                Cell::new(if row.decides { "→" } else { "" }),
                Cell::new(kind(row.kind)),
                Cell::maybe(row.author.as_ref()),
                Cell::maybe(row.date.as_ref()),
                Cell::maybe(row.verdict.as_ref()),
            ]);
        }
        table.show(page);
    }
    if !one.why.is_empty() {
        page.blank();
        page.reasons(&one.why);
    }
}

fn claimed_cell(one: &Status) -> Cell {
    match one.claimed {
        Some(claimed) => {
            let (tone, name) = claimed_named(claimed);
            Cell::toned(tone, name)
        }
        None if one.error.is_some() => Cell::toned(Tone::Bad, "error"),
        None => Cell::maybe(None::<&str>),
    }
}

fn place(place: DocumentPlace) -> &'static str {
    match place {
        DocumentPlace::Active => "active",
        DocumentPlace::Done => "done",
    }
}

fn claimed_named(claimed: Claimed) -> (Tone, &'static str) {
    match claimed {
        Claimed::Approved => (Tone::Good, "approved"),
        Claimed::Blocked => (Tone::Bad, "blocked"),
        Claimed::Draft => (Tone::Plain, "draft"),
        Claimed::None => (Tone::Dim, "none"),
        Claimed::Conflicting => (Tone::Warn, "conflicting"),
    }
}

fn proven_named(proven: Proven) -> (Tone, &'static str) {
    match proven {
        Proven::Approved => (Tone::Good, "approved"),
        Proven::Stale => (Tone::Warn, "stale"),
        Proven::Revise => (Tone::Bad, "revise"),
        Proven::Blocked => (Tone::Bad, "blocked"),
        Proven::None => (Tone::Dim, "none"),
    }
}

fn kind(kind: RowKind) -> &'static str {
    match kind {
        RowKind::Reviewer => "reviewer",
        RowKind::Author => "author",
        RowKind::Mechanical => "mechanical",
        RowKind::Pending => "pending",
        RowKind::Placeholder => "placeholder",
        RowKind::FinalStatus => "final status",
        RowKind::StatusField => "status field",
    }
}
