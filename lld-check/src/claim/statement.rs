//! One statement of a document about its review: a row, a section, a field.

use records::lld_check::RowKind;

use super::author::{self, Author, Role};
use super::date::{self, When};
use super::words::{self, Said};

/// A statement, with what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// The line, from 1.
    pub(crate) line: usize,
    /// Which table or list it belongs to; statements of one stand in an order.
    pub(crate) list: usize,
    /// Who is named.
    pub(crate) author: Author,
    /// The name as it stands there.
    pub(crate) author_text: String,
    /// When.
    pub(crate) when: Option<When>,
    /// The date as it stands there.
    pub(crate) date_text: String,
    /// The verdict as it stands there.
    pub(crate) verdict_text: String,
    /// What it says.
    pub(crate) said: Said,
    /// Who speaks.
    pub(crate) kind: RowKind,
    /// Whether it stands behind the end of the log.
    pub(crate) behind: bool,
}

/// What a row holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) line: usize,
    pub(crate) list: usize,
    /// `None` where the table has no column for it.
    pub(crate) author: Option<&'a str>,
    /// The part of the author that numbers the reviews, where it has a column of its own.
    pub(crate) numbered: Option<&'a str>,
    pub(crate) date: &'a str,
    pub(crate) verdict: &'a str,
    /// Whether a reader may see something else.
    pub(crate) doubtful: bool,
    pub(crate) behind: bool,
}

impl Statement {
    /// Reads a statement.
    pub(crate) fn of(parts: &Parts<'_>) -> Self {
        let mut named = author::read(parts.author.unwrap_or("reviewer"));
        if let Some(own) = parts.numbered.map(author::read).filter(|own| own.number.is_some()) {
            named = Author { role: named.role, ..own };
        }
        let mut said = words::read(parts.verdict);
        let placeholder = date::is_placeholder(parts.date);
        let nobody = named.role == Role::Nobody;
        let another = parts.author.is_some_and(author::names_document);
        // An approval that nobody gave, or on a day that was never filled in, is a doubtful one.
        if said == Said::Approve && (parts.doubtful || placeholder || nobody || another) {
            said = Said::Unclear;
        }
        // What was struck out may have been anything.
        if said == Said::Nothing && parts.doubtful {
            said = Said::Unclear;
        }
        let mut kind = kind(&named, &mut said);
        // A dash says that there is none. A named review with a day and an empty cell is one whose verdict is not there yet.
        let begun = named.role == Role::Reviewer && date::read(parts.date).is_some();
        if parts.verdict.trim().is_empty() && begun && kind == RowKind::Placeholder {
            kind = RowKind::Pending;
        }
        Self {
            line: parts.line,
            list: parts.list,
            when: date::read(parts.date),
            author: named,
            author_text: parts.author.unwrap_or_default().trim().to_owned(),
            date_text: parts.date.trim().to_owned(),
            verdict_text: parts.verdict.trim().to_owned(),
            said,
            kind,
            behind: parts.behind,
        }
    }

    /// Whether it is a reviewer's verdict.
    pub(crate) fn is_verdict(&self) -> bool {
        self.kind == RowKind::Reviewer
    }

    /// Whether it is a verdict that is no approval, whatever else it is.
    pub(crate) fn is_no(&self) -> bool {
        self.is_verdict() && matches!(self.said, Said::Revise | Said::Block)
    }
}

fn kind(author: &Author, said: &mut Said) -> RowKind {
    let named = author.role == Role::Reviewer && !author.name.is_empty();
    match (*said, author.role) {
        (Said::Placeholder | Said::Nothing, _) | (_, Role::Template) => RowKind::Placeholder,
        (_, Role::Program) => RowKind::Mechanical,
        (_, Role::Author) | (Said::Done, _) => RowKind::Author,
        (Said::Pending, _) => RowKind::Pending,
        // PASS and FAIL are words of programs. From a reviewer by name, a FAIL is some kind of no.
        (Said::Fail, _) if named => {
            *said = Said::Unclear;
            RowKind::Reviewer
        }
        (Said::Pass | Said::Fail, _) => RowKind::Mechanical,
        _ => RowKind::Reviewer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_use() {
        for (author, date, verdict, kind, said) in [
            ("1", "2026-02-02", "APPROVED", RowKind::Reviewer, Said::Approve),
            ("Gemini #1", "-", "REVISE", RowKind::Reviewer, Said::Revise),
            ("Gemini #1", "2025-01-XX", "APPROVED", RowKind::Reviewer, Said::Unclear),
            ("Gemini #1 (LLD-211)", "2026-02-02", "APPROVED", RowKind::Reviewer, Said::Unclear),
            ("Gemini #2", "2026-02-02", "", RowKind::Pending, Said::Nothing),
            ("Gemini #2", "-", "", RowKind::Placeholder, Said::Nothing),
            ("Gemini #1", "2025-01-XX", "REVISE", RowKind::Reviewer, Said::Revise),
            ("-", "-", "APPROVED", RowKind::Reviewer, Said::Unclear),
            ("-", "-", "-", RowKind::Placeholder, Said::Nothing),
            ("1", "(auto)", "PENDING", RowKind::Pending, Said::Pending),
            (
                "Mechanical Validation #1",
                "2026-02-02",
                "FEEDBACK",
                RowKind::Mechanical,
                Said::Revise,
            ),
            ("1", "2026-02-02", "FAILED (66.7%)", RowKind::Mechanical, Said::Fail),
            ("Gemini #2", "2026-02-02", "FAIL", RowKind::Reviewer, Said::Unclear),
            ("Self-Revision #1", "2026-02-02", "REVISED", RowKind::Author, Said::Revise),
            ("Author", "2026-02-02", "APPROVED", RowKind::Author, Said::Approve),
            ("Gemini #1", "2026-02-02", "FIXED", RowKind::Author, Said::Done),
            ("{Reviewer}", "{date}", "APPROVED", RowKind::Placeholder, Said::Unclear),
        ] {
            let parts = Parts { author: Some(author), date, verdict, ..Parts::default() };
            let statement = Statement::of(&parts);
            assert_eq!((statement.kind, statement.said), (kind, said), "{author} {verdict}");
        }
    }
}
