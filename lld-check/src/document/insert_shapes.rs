//! `insert` against documents built from the shapes in use: reviews as tables of every width, as fields, as
//! bullets and as sections, with what stands between heading and table in some, and every line end.

use std::fmt::Write as _;

use proptest::prelude::*;
use records::Verdict;
use records::lld_check::{Claimed, RowKind};

use super::design;
use super::insert::insert;
use super::review_log::{self, FINAL_STATUS, HEADING, SUMMARY};
use super::row::{COLUMNS, Row, key_issue};
use crate::claim;

/// Later than every date in the documents.
const NOW: &str = "2026-03-01T18:30:45Z";

/// A log as people and tools wrote it.
#[derive(Debug, Clone)]
struct Written {
    heading: &'static str,
    summary: &'static str,
    comment: bool,
    table: Table,
    verdicts: Vec<&'static str>,
    newest_first: bool,
    sections: bool,
    status: Option<&'static str>,
    after: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Table {
    None,
    Columns(&'static [&'static str]),
    Fields,
    Bullets,
}

const TABLES: [Table; 8] = [
    Table::None,
    Table::Columns(&["Review", "Date", "Verdict", "Key Issue"]),
    Table::Columns(&["Review", "Date", "Verdict", "Key Issue", "Model"]),
    Table::Columns(&["Review", "Date", "Verdict", "Key Issue", "Reviewer"]),
    Table::Columns(&["Review", "Date", "Reviewer", "Verdict", "Key Changes"]),
    Table::Columns(&["Review", "Verdict", "Key Findings"]),
    Table::Fields,
    Table::Bullets,
];

fn written() -> impl Strategy<Value = Written> {
    let pick = prop::sample::select::<&'static str>;
    let look = (
        pick(vec!["## Appendix: Review Log", "## Review Log", "", "## Appendix: Review Log ##"]),
        pick(vec!["### Review Summary", "## Review Summary", ""]),
        any::<bool>(),
        prop::sample::select(&TABLES[..]),
    );
    let words =
        vec!["APPROVED", "REVISE", "BLOCKED", "**APPROVED**", "REJECTED", "PENDING", "FEEDBACK"];
    let said = (
        prop::collection::vec(pick(words), 0..4),
        any::<bool>(),
        any::<bool>(),
        prop::option::of(pick(vec!["APPROVED", "PENDING", "APPROVED (Manually Patched)", "DRAFT"])),
        pick(vec!["", "\nAn afterword.\n", "\n## Notes\n\n- one\n\ttabbed\n"]),
    );
    (look, said).prop_map(|((heading, summary, comment, table), said)| {
        let (verdicts, newest_first, sections, status, after) = said;
        Written {
            heading,
            summary,
            comment,
            table,
            verdicts,
            newest_first,
            sections,
            status,
            after,
        }
    })
}

impl Written {
    fn text(&self, field: &str) -> String {
        let mut text = format!(
            "# 198 - Feature: T\n\n## 1. Context\n* **Issue:** #98\n* **Status:** {field}\n\n\tcode\n\n\
             | a | b |\n|---|---|\n| 1\t| 2 |\n\n"
        );
        for line in [self.heading, self.summary].into_iter().filter(|line| !line.is_empty()) {
            _ = write!(text, "{line}\n\n");
        }
        if self.comment {
            text.push_str("<!-- Note: timestamps are added\nby a tool -->\n\n");
        }
        self.rows(&mut text);
        if self.sections {
            for (at, verdict) in (1..).zip(&self.verdicts) {
                _ = write!(
                    text,
                    "### Gemini Review #{at} ({verdict})\n\n**Verdict:** {verdict}\n\n"
                );
            }
        }
        if let Some(status) = self.status {
            _ = writeln!(text, "**Final Status:** {status}");
        }
        text.push_str(self.after);
        text
    }

    /// Whether every review in it says when it was made.
    fn is_dated(&self) -> bool {
        let table = match self.table {
            Table::Columns(columns) => columns.contains(&"Date"),
            Table::None | Table::Fields | Table::Bullets => true,
        };
        self.verdicts.is_empty() || (table && !self.sections)
    }

    fn rows(&self, text: &mut String) {
        let mut rows: Vec<(usize, &str)> = (1..).zip(self.verdicts.iter().copied()).collect();
        if self.newest_first {
            rows.reverse();
        }
        match self.table {
            Table::None => return,
            Table::Columns(columns) => {
                _ = writeln!(text, "| {} |", columns.join(" | "));
                _ = writeln!(text, "|{}", "---|".repeat(columns.len()));
                for (at, verdict) in rows {
                    let cell = |column: &&str| match *column {
                        // As the predecessor's own checks sign.
                        "Review" if verdict == "FEEDBACK" => format!("Mechanical #{at}"),
                        "Review" => format!("Gemini #{at}"),
                        "Date" => format!("2026-02-{at:02}"),
                        "Verdict" => verdict.to_owned(),
                        _ => "a \\| b".to_owned(),
                    };
                    let cells: Vec<String> = columns.iter().map(cell).collect();
                    _ = writeln!(text, "| {} |", cells.join(" | "));
                }
            }
            Table::Fields => {
                text.push_str("| Field | Value |\n|---|---|\n| Reviewer | Gemini |\n");
                for (at, verdict) in rows.iter().take(1) {
                    _ = write!(text, "| Date | 2026-02-{at:02} |\n| Verdict | {verdict} |\n");
                }
            }
            Table::Bullets => {
                for (at, verdict) in rows {
                    _ = writeln!(text, "- Gemini #{at} (2026-02-{at:02}): {verdict}");
                }
            }
        }
        text.push('\n');
    }
}

/// The document with other line ends, a byte order mark, and an end of any kind.
fn document() -> impl Strategy<Value = (String, bool)> {
    let field = prop::sample::select(vec!["Draft", "Approved (gemini-3-pro-preview, 2026-02-01)"]);
    let end = prop::sample::select(vec!["\n", "", "\n\n"]);
    (written(), field, any::<bool>(), any::<bool>(), end).prop_map(
        |(log, field, crlf, bom, end)| {
            let text = format!("{}{end}", log.text(field).trim_end());
            let text = if crlf { text.replace('\n', "\r\n") } else { text };
            (if bom { format!("\u{feff}{text}") } else { text }, log.is_dated())
        },
    )
}

fn row(verdict: Verdict) -> Row {
    Row {
        short_id: "001122334455".into(),
        at: NOW.parse().unwrap(),
        verdict,
        key_issue: key_issue(Some("The limit | is not tested.")),
        model: Some("gemini-3.1-pro-preview".into()),
    }
}

/// Whether `after` is `before` with nothing but what `record` tells of: the row, the lines around it, and the
/// value of the one final status.
fn only_told(before: &str, after: &str, line: &str, verdict: Verdict) -> Result<(), String> {
    let heading = format!("| {} |", COLUMNS.join(" | "));
    let dashes = format!("|{}|", COLUMNS.map(|c| "-".repeat(c.len() + 2)).join("|"));
    let status = format!("{FINAL_STATUS} {verdict}");
    let told = ["", line, HEADING, SUMMARY, heading.as_str(), dashes.as_str(), status.as_str()];
    let mut old = before.split_inclusive('\n').peekable();
    let mut replaced = 0;
    for new in after.split_inclusive('\n') {
        let content = new.trim_end_matches(['\r', '\n']);
        match old.peek() {
            Some(same) if *same == new => {}
            // The last line had no end, and something follows it now.
            Some(last) if !last.ends_with('\n') && *last == content => {}
            Some(other) if other.starts_with(FINAL_STATUS) && content == status => replaced += 1,
            _ if told.contains(&content) => continue,
            other => return Err(format!("{new:?} is new, {other:?} was there")),
        }
        old.next();
    }
    match (old.next(), replaced) {
        (None, 0 | 1) => Ok(()),
        (left, replaced) => Err(format!("{left:?} is gone, {replaced} final statuses changed")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_other_byte_stays_and_the_claim_is_the_new_verdict(
        (text, is_dated) in document(), verdict in prop::sample::select(vec![Verdict::Approved, Verdict::Revise, Verdict::Blocked]),
    ) {
        let Some(inserted) = insert(&text, &row(verdict), verdict) else {
            return Err(TestCaseError::fail(format!("no place in {text}")));
        };
        if let Err(why) = only_told(&text, &inserted.text, &inserted.row, verdict) {
            return Err(TestCaseError::fail(format!("{why}\n{text}\n=>\n{}", inserted.text)));
        }
        let crlf = text.contains("\r\n");
        prop_assert_eq!(inserted.text.matches("\r\n").count(), if crlf { inserted.text.matches('\n').count() } else { 0 });
        prop_assert_eq!(design::text(&inserted.text), design::text(&text));

        let again = insert(&inserted.text, &row(verdict), verdict).unwrap();
        prop_assert!(!again.changed && again.text == inserted.text && again.row == inserted.row);

        let claim = claim::of(&inserted.text);
        let said = format!("{:?} {:?}\n{}", claim.claimed, claim.rows, inserted.text);
        let new = |author: &Option<String>| author.as_deref().is_some_and(|a| a.contains("001122334455"));
        let ours = claim.rows.iter().find(|row| new(&row.author));
        prop_assert!(ours.is_some(), "{}", said);
        if verdict != Verdict::Approved {
            prop_assert_ne!(claim.claimed, Claimed::Approved, "{}", said);
        }
        // Among reviews without a date nobody knows which is the newest, and what the design says about reviews
        // stays: the status field, and a log that a comment or a list cuts in two.
        let rest = match review_log::find(&text) {
            Some(log) => format!("{HEADING}\n\n{}", text.get(log.block.end..).unwrap_or_default()),
            None => text.clone(),
        };
        let is_whole = claim::of(&rest).rows.iter().all(|row| row.kind == RowKind::StatusField);
        if is_dated && is_whole && !text.contains("Status:** Approved (") {
            let expected = if verdict == Verdict::Approved { Claimed::Approved } else { Claimed::Blocked };
            prop_assert_eq!(claim.claimed, expected, "{}", said);
            prop_assert!(ours.is_some_and(|row| row.decides), "{}", said);
        }
    }
}
