//! Writing a review into a document's own log, and touching nothing else.

use jiff::Timestamp;
use records::{Stamp, Verdict};

use super::design;
use super::review_log::{self, FINAL_STATUS, HEADING, LogTable, ReviewLog, SUMMARY, cells};
use super::row::{COLUMNS, Row, newest_first};

/// A document with a review in its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inserted {
    /// The whole document.
    pub(crate) text: String,
    /// The row.
    pub(crate) row: String,
    /// Whether the text differs from what it was.
    pub(crate) changed: bool,
}

/// Puts `row` into the log of `text`, in the order that the log has, and states `status` as its
/// outcome. A log that has a row for the same audit entry stays as it is.
///
/// `None` when the design would no longer be the same bytes: the document ends inside a code block
/// or a comment, so that a log cannot stand at its end.
pub(crate) fn insert(text: &str, row: &Row, status: Verdict) -> Option<Inserted> {
    let log = review_log::find(text);
    if let Some(line) = log.as_ref().and_then(|log| row_of(text, log, &row.short_id)) {
        return Some(Inserted { text: text.into(), row: line, changed: false });
    }
    let eol = line_end(text, log.as_ref());
    let (text_after, line) = match &log {
        None => append_log(text, row, status, eol),
        Some(log) => match &log.table {
            Some(table) => into_table(text, log, table, row, status, eol),
            None => into_block(text, log, row, status, eol),
        },
    };
    // Found again where readers look for it, and nothing else moved.
    let found =
        review_log::find(&text_after).and_then(|log| row_of(&text_after, &log, &row.short_id));
    let intact = design::text(&text_after) == design::text(text);
    (intact && found.is_some()).then_some(Inserted { text: text_after, row: line, changed: true })
}

/// Whether a review could be recorded in `text`: asked before one is paid for.
pub(crate) fn has_place(text: &str) -> bool {
    let row = Row {
        short_id: "-".repeat(12),
        at: Stamp::new(Timestamp::UNIX_EPOCH),
        verdict: Verdict::Revise,
        key_issue: String::new(),
        model: None,
    };
    insert(text, &row, row.verdict).is_some()
}

/// The row of the log that carries `short_id`.
fn row_of(text: &str, log: &ReviewLog, short_id: &str) -> Option<String> {
    let table = log.table.as_ref()?;
    let column = table.column("Review").unwrap_or(0);
    let mark = format!("({short_id})");
    table.rows.iter().find_map(|range| {
        let line = review_log::content(text, range)?;
        cells(line).get(column)?.contains(&mark).then(|| line.trim().to_owned())
    })
}

/// Into the table that is there.
fn into_table(
    text: &str,
    log: &ReviewLog,
    table: &LogTable,
    row: &Row,
    status: Verdict,
    eol: &str,
) -> (String, String) {
    let rows = table.rows.iter().filter_map(|range| review_log::content(text, range));
    let rows: Vec<Vec<String>> = rows.map(cells).collect();
    let line = row.render(&table.columns, rows.len() + 1);
    let last = table.rows.last().unwrap_or(&table.delimiter);
    let at = if newest_first(table, &rows) { table.delimiter.end } else { last.end };
    let mut edits = vec![Edit::line(text, at, &line, eol)];
    if let Some(range) = &log.status {
        edits.push(Edit::replace_status(text, range, status));
    } else {
        edits.push(Edit::paragraph(text, last.end, &status_line(status), eol));
    }
    (apply(text, edits), line)
}

/// A table for a log that has a heading but no table.
fn into_block(
    text: &str,
    log: &ReviewLog,
    row: &Row,
    status: Verdict,
    eol: &str,
) -> (String, String) {
    let line = row.render(&COLUMNS, 1);
    let after = log.summary.as_ref().unwrap_or(&log.heading).end;
    let mut paragraph = String::new();
    if log.summary.is_none() {
        paragraph = format!("{SUMMARY}{eol}{eol}");
    }
    paragraph.push_str(&table(&line, eol));
    if log.status.is_none() {
        paragraph = format!("{paragraph}{eol}{eol}{}", status_line(status));
    }
    let mut edits = vec![Edit::paragraph(text, after, &paragraph, eol)];
    edits.extend(log.status.iter().map(|range| Edit::replace_status(text, range, status)));
    (apply(text, edits), line)
}

/// A whole log at the end of the document.
fn append_log(text: &str, row: &Row, status: Verdict, eol: &str) -> (String, String) {
    let line = row.render(&COLUMNS, 1);
    let table = table(&line, eol);
    let status = status_line(status);
    let log = format!("{HEADING}{eol}{eol}{SUMMARY}{eol}{eol}{table}{eol}{eol}{status}");
    (apply(text, vec![Edit::paragraph(text, text.len(), &log, eol)]), line)
}

fn table(row: &str, eol: &str) -> String {
    let heading = format!("| {} |", COLUMNS.join(" | "));
    let dashes = COLUMNS.map(|column| "-".repeat(column.len() + 2));
    format!("{heading}{eol}|{}|{eol}{row}", dashes.join("|"))
}

fn status_line(status: Verdict) -> String {
    format!("{FINAL_STATUS} {status}")
}

/// How lines end where the log is; in a document without a log, how its first line ends.
fn line_end(text: &str, log: Option<&ReviewLog>) -> &'static str {
    let near = log.map_or(text, |log| text.get(log.block.start..).unwrap_or(text));
    let near = if near.contains('\n') { near } else { text };
    let first = near.split_inclusive('\n').next().unwrap_or_default();
    if first.ends_with("\r\n") { "\r\n" } else { "\n" }
}

/// Bytes `from..to` become `with`.
struct Edit {
    from: usize,
    to: usize,
    with: String,
}

impl Edit {
    /// A line of its own at `at`, where a line begins or the text ends.
    fn line(text: &str, at: usize, line: &str, eol: &str) -> Self {
        let open = at == text.len() && !ends_line(text);
        let with = if open { format!("{eol}{line}") } else { format!("{line}{eol}") };
        Self { from: at, to: at, with }
    }

    /// A paragraph at `at`, where a line begins or the text ends, set off by blank lines on either
    /// side. A text without a line end stays without one.
    fn paragraph(text: &str, at: usize, paragraph: &str, eol: &str) -> Self {
        let before = text.get(..at).unwrap_or_default();
        let mut with = String::new();
        if !ends_line(before) {
            with.push_str(eol);
        }
        if !ends_blank(before) {
            with.push_str(eol);
        }
        with.push_str(paragraph);
        let after = text.get(at..).unwrap_or_default();
        if ends_line(before) || !after.is_empty() {
            with.push_str(eol);
        }
        let next = after.split_inclusive('\n').next().unwrap_or_default();
        if !next.trim().is_empty() {
            with.push_str(eol);
        }
        Self { from: at, to: at, with }
    }

    /// The value of the status line.
    fn replace_status(text: &str, line: &std::ops::Range<usize>, status: Verdict) -> Self {
        let shown = review_log::content(text, line).map_or(0, str::len);
        Self { from: line.start, to: line.start + shown, with: status_line(status) }
    }
}

/// Makes the edits, which do not overlap. Of two at one place the first comes first.
fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.from);
    let mut out = String::with_capacity(text.len() + 512);
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.from).unwrap_or_default());
        out.push_str(&edit.with);
        at = edit.to;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Whether a line may begin behind `text`.
fn ends_line(text: &str) -> bool {
    text.is_empty() || text.ends_with('\n')
}

/// Whether the last line of `text` is blank, or there is none.
fn ends_blank(text: &str) -> bool {
    let lines = text.strip_suffix('\n').unwrap_or(text);
    lines.rsplit('\n').next().unwrap_or_default().trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::row::key_issue;
    use super::*;
    use proptest::prelude::*;
    use testkit::Llds;

    const LINES: [&str; 14] = [
        "# T",
        "text",
        "",
        "  ",
        "## Review Log",
        "## Appendix: Review Log",
        "### Review Summary",
        "| Review | Date | Verdict | Key Issue |",
        "|---|---|---|---|",
        "| 1 | 2026-02-01 | REVISE | x |",
        "**Final Status:** PENDING",
        "```",
        "<!-- x",
        "| a |\rb",
    ];

    fn row(id: &str) -> Row {
        Row {
            short_id: id.into(),
            at: "2026-01-24T18:30:45Z".parse().unwrap(),
            verdict: Verdict::Approved,
            key_issue: key_issue(None),
            model: None,
        }
    }

    /// Documents of any shape: generated ones, and lines that matter in any order.
    fn document() -> impl Strategy<Value = String> {
        let generated = any::<u64>().prop_map(|seed| Llds::seeded(seed).any(98).text);
        let lines = prop::collection::vec(prop::sample::select(&LINES[..]), 0..16);
        let texts = prop_oneof![1 => generated, 3 => lines.prop_map(|lines| lines.join("\n"))];
        (texts, prop::sample::select(&["", "\n", "\n\n"][..]), any::<bool>()).prop_map(
            |(text, end, crlf)| {
                let text = format!("{text}{end}");
                if crlf { text.replace('\n', "\r\n") } else { text }
            },
        )
    }

    proptest! {

        /// Two reviews are inserted, or the document cannot take one; the design stays, and so does
        /// every byte outside what was inserted and the status's value.
        #[test]
        fn inserting_adds_and_never_takes(text in document()) {
            let Some(first) = insert(&text, &row("000000000001"), Verdict::Approved) else {
                // Only a document that is open at its end, or whose log is, has no place.
                prop_assert!(text.contains("```") || text.contains("<!--"), "{:?}", text);
                return Ok(());
            };
            prop_assert_eq!(design::text(&first.text), design::text(&text));
            let again = insert(&first.text, &row("000000000001"), Verdict::Approved).unwrap();
            prop_assert!(!again.changed && again.text == first.text);
            let second = insert(&first.text, &row("000000000002"), Verdict::Revise).unwrap();
            prop_assert_eq!(design::text(&second.text), design::text(&text));
            // What was there is still there, in its order.
            let mut rest = second.text.as_str();
            let pieces = text.split_inclusive('\n').filter(|line| !line.starts_with(FINAL_STATUS));
            for piece in pieces {
                let found = rest.find(piece);
                prop_assert!(found.is_some(), "{:?} is gone from {:?}", piece, second.text);
                rest = rest.get(found.unwrap() + piece.len()..).unwrap();
            }
        }

        /// Any edit of one byte outside the log changes the design.
        #[test]
        fn no_edit_outside_the_log_is_overlooked(text in document(), at in any::<prop::sample::Index>(), byte in 0x20_u8..0x7f, how in 0..3) {
            prop_assume!(!text.is_empty());
            let at = at.index(text.len());
            let log = review_log::find(&text).map(|log| log.block);
            let outside = log.as_ref().is_none_or(|log| !log.contains(&at));
            // Blank lines at the end of the design are no part of it.
            let tail = log.as_ref().map_or("", |log| text.get(log.end..).unwrap());
            let head = log.as_ref().map_or(text.as_str(), |log| text.get(..log.start).unwrap());
            let ends = if tail.trim().is_empty() { head.trim_end().len() } else { text.trim_end().len() };
            prop_assume!(outside && at < ends);
            let mut bytes = text.clone().into_bytes();
            match how {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                _ => bytes.insert(at, byte),
            }
            let Ok(edited) = String::from_utf8(bytes) else { return Ok(()) };
            prop_assume!(edited != text);
            prop_assert_ne!(design::text(&edited), design::text(&text), "{:?} {:?}", text, edited);
        }
    }
}
