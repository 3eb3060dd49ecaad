//! Writing a review into a document's own log, and touching nothing else.

use records::Verdict;

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
    let mut edits = Vec::new();
    if let Some(range) = &log.status {
        edits.push(Edit::replace_status(text, range, status));
    } else {
        paragraph = format!("{paragraph}{eol}{eol}{}", status_line(status));
    }
    edits.push(Edit::paragraph(text, after, &paragraph, eol));
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
