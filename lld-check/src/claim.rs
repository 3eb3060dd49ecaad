//! What a document says about its own review.
//!
//! A pure function of the document's text, read as Markdown: its review log, final status, status
//! field and review sections. docs/decisions/0020-what-a-document-claims.md has the rules. A claim
//! proves nothing; what the audit log proves is another question (`gate`).

mod author;
mod date;
mod decide;
mod line;
mod log;
mod order;
pub(crate) mod section;
mod statement;
mod table;
mod vocabulary;
pub(crate) mod words;

use records::Reason;
use records::lld_check::{ClaimRow, Claimed, RowKind};

use crate::document::outline;

use log::Field;
use statement::Statement;

/// What a document claims, with everything that it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// What it claims.
    pub(crate) claimed: Claimed,
    /// What it says about its review, from top to bottom.
    pub(crate) rows: Vec<ClaimRow>,
    /// Why that comes to this claim.
    pub(crate) why: Vec<Reason>,
}

/// Reads the claim of a document.
pub(crate) fn of(text: &str) -> Claim {
    let sources = log::gather(&outline::of(text));
    let mut decision = decide::decide(&sources);
    let decides = |line: usize| decision.lines.contains(&line);
    let mut rows: Vec<ClaimRow> = Vec::new();
    rows.extend(sources.status.iter().map(|f| of_field(f, RowKind::StatusField, decides(f.line))));
    for log in &sources.logs {
        rows.extend(log.statements.iter().map(|s| of_statement(s, decides(s.line))));
        let finals = log.finals.iter();
        rows.extend(finals.map(|f| of_field(f, RowKind::FinalStatus, decides(f.line))));
    }
    rows.sort_by_key(|row| row.line);
    if let Some(line) = sources.foreign_from {
        decision.why.push(Reason::without_step(
            "foreign_text",
            format!("from line {line} on it is another document, which was not read"),
        ));
    }
    Claim { claimed: decision.claimed, rows, why: decision.why }
}

fn of_statement(statement: &Statement, decides: bool) -> ClaimRow {
    ClaimRow {
        line: statement.line as u64,
        author: some(&statement.author_text),
        kind: statement.kind,
        date: some(&statement.date_text),
        verdict: some(&statement.verdict_text),
        decides,
    }
}

fn of_field(field: &Field, kind: RowKind, decides: bool) -> ClaimRow {
    ClaimRow {
        line: field.line as u64,
        author: None,
        kind,
        date: None,
        verdict: some(&field.text),
        decides,
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
