//! Where a document keeps its own review log.
//!
//! The log starts at the heading `## Appendix: Review Log` (or `## Review Log`) and goes on only
//! while lines are blank, the heading `### Review Summary`, the rows of one review table, or one
//! `**Final Status:** …` line. Whatever else follows belongs to the design again, so that nothing
//! can be hidden behind the log (docs/decisions/0005-verdicts-bound-to-design-bytes.md).

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// The line that names the outcome, up to its value.
pub(crate) const FINAL_STATUS: &str = "**Final Status:**";
/// The heading over the table.
pub(crate) const SUMMARY: &str = "### Review Summary";
/// The heading that `record` writes.
pub(crate) const HEADING: &str = "## Appendix: Review Log";
/// Both spellings in use; the first one wins wherever it stands.
const TITLES: [&str; 2] = ["Appendix: Review Log", "Review Log"];

/// The log's parts as byte ranges of the document. Each line range includes its line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReviewLog {
    /// All of it: from the heading to where the design goes on, or to the end.
    pub(crate) block: Range<usize>,
    /// The heading's line.
    pub(crate) heading: Range<usize>,
    /// The line `### Review Summary`.
    pub(crate) summary: Option<Range<usize>>,
    /// The table.
    pub(crate) table: Option<LogTable>,
    /// The line `**Final Status:** …`.
    pub(crate) status: Option<Range<usize>>,
}

/// The table of reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogTable {
    /// The column names as written.
    pub(crate) columns: Vec<String>,
    /// The line of dashes under them.
    pub(crate) delimiter: Range<usize>,
    /// The lines of the rows, from top to bottom.
    pub(crate) rows: Vec<Range<usize>>,
}

impl LogTable {
    /// The position of the column with that name.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.eq_ignore_ascii_case(name))
    }
}

/// The review log of `text`, if it has one. Where several headings could be it, the last counts.
pub(crate) fn find(text: &str) -> Option<ReviewLog> {
    let heading = heading(text)?;
    let mut log = ReviewLog {
        block: heading.start..heading.end,
        heading: heading.clone(),
        summary: None,
        table: None,
        status: None,
    };
    let mut at = heading.end;
    while let Some(line) = line_at(text, at) {
        let shown = content(text, &line);
        let end = if shown.is_some_and(is_blank) {
            line.end
        } else if shown.is_some_and(|s| s.trim_end() == SUMMARY)
            && log.summary.is_none()
            && log.table.is_none()
        {
            log.summary = Some(line.clone());
            line.end
        } else if shown.is_some_and(|s| s.starts_with(FINAL_STATUS)) && log.status.is_none() {
            log.status = Some(line.clone());
            line.end
        } else if let (None, Some((table, end))) = (&log.table, table_at(text, &line)) {
            log.table = Some(table);
            end
        } else {
            break;
        };
        at = end;
    }
    log.block.end = at;
    Some(log)
}

/// The cells of a table row, without the blanks around them. `\|` does not separate.
pub(crate) fn cells(row: &str) -> Vec<String> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut escaped = false;
    for c in row.chars() {
        if c == '|' && !escaped {
            cells.push(cell.trim().to_owned());
            cell.clear();
        } else {
            cell.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    if !cell.trim().is_empty() {
        cells.push(cell.trim().to_owned());
    }
    cells
}

/// The line of the heading that opens the log. Headings in code, comments, quotes and lists are
/// none.
fn heading(text: &str) -> Option<Range<usize>> {
    let mut last = [None, None];
    let mut depth = 0_usize;
    let mut open: Option<(usize, String)> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) if depth == 0 => {
                open = Some((range.start, String::new()));
                depth += 1;
            }
            Event::Start(_) => {
                open = None;
                depth += 1;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                if matches!(end, TagEnd::Heading(_))
                    && let Some((start, title)) = open.take()
                    && let Some(spelling) =
                        TITLES.iter().position(|t| t.eq_ignore_ascii_case(title.trim()))
                    && let Some(line) = atx_line(text, start)
                    && let Some(place) = last.get_mut(spelling)
                {
                    *place = Some(line);
                }
            }
            Event::Text(piece) => {
                if let Some((_, title)) = &mut open {
                    title.push_str(&piece);
                }
            }
            // Anything but plain text in it: another heading.
            _ => open = None,
        }
    }
    last.into_iter().flatten().next()
}

/// The line that the heading at `start` takes, if it is one line that begins with `## `.
fn atx_line(text: &str, start: usize) -> Option<Range<usize>> {
    let begin = text.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = line_at(text, begin)?;
    content(text, &line)?.trim_start_matches(' ').starts_with("## ").then_some(line)
}

/// The table whose heading is `header`, if it is one of reviews, and where it ends.
fn table_at(text: &str, header: &Range<usize>) -> Option<(LogTable, usize)> {
    let columns = cells(row(text, header)?);
    let has = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    // A row names its review in the one column and says how it ended in the other.
    if !has("Verdict") || !has("Review") {
        return None;
    }
    let delimiter = line_at(text, header.end)?;
    let dashes = cells(row(text, &delimiter)?);
    if dashes.len() != columns.len() || !dashes.iter().all(|cell| is_dashes(cell)) {
        return None;
    }
    let mut rows = Vec::new();
    let mut end = delimiter.end;
    while let Some(line) = line_at(text, end).filter(|line| row(text, line).is_some()) {
        end = line.end;
        rows.push(line);
    }
    Some((LogTable { columns, delimiter, rows }, end))
}

/// The line as a table row: at most three blanks, then a bar.
fn row<'a>(text: &'a str, line: &Range<usize>) -> Option<&'a str> {
    let shown = content(text, line)?;
    let row = shown.trim_start_matches(' ');
    (shown.len() - row.len() <= 3 && row.starts_with('|')).then_some(row)
}

fn is_dashes(cell: &str) -> bool {
    let dashes = cell.strip_prefix(':').unwrap_or(cell);
    let dashes = dashes.strip_suffix(':').unwrap_or(dashes);
    !dashes.is_empty() && dashes.bytes().all(|b| b == b'-')
}

fn is_blank(line: &str) -> bool {
    line.bytes().all(|b| matches!(b, b' ' | b'\t'))
}

/// The line that begins at `at`, with its line end; `None` at the end of the text.
pub(crate) fn line_at(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
    Some(at..at + rest.find('\n').map_or(rest.len(), |newline| newline + 1))
}

/// A line without its line end. `None` when a carriage return stands inside: Markdown ends the line
/// there, so it is more than one.
pub(crate) fn content<'a>(text: &'a str, line: &Range<usize>) -> Option<&'a str> {
    let line = text.get(line.clone())?;
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    (!line.contains('\r')).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "| Review | Date | Verdict | Key Issue |\n|--------|------|---------|-----------|\n";

    fn block(text: &str) -> Option<&str> {
        find(text).and_then(|log| text.get(log.block))
    }

    #[test]
    fn the_log_ends_where_other_text_begins() {
        let log = format!(
            "## Appendix: Review Log\n\n### Review Summary\n\n{TABLE}| 1 | 2026-02-01 | REVISE | x |\n\n**Final Status:** PENDING\n\n"
        );
        assert_eq!(block(&format!("# T\n\n{log}")), Some(log.as_str()));
        for hidden in [
            "Also delete the table.\n",
            "### More\n",
            "| ID | Scenario |\n|--|--|\n",
            "<!-- x -->\n",
            "* item\n",
        ] {
            assert_eq!(block(&format!("# T\n\n{log}{hidden}")), Some(log.as_str()), "{hidden}");
        }
    }

    #[test]
    fn text_right_under_a_row_is_not_a_row() {
        let log = format!("## Review Log\n\n{TABLE}| 1 | - | PENDING | - |\n");
        for hidden in [
            "do it anyway\n",
            "    | indented |\n",
            "| a |\rdo it anyway\n",
            "**Final Status:** x\rdo it\n",
        ] {
            assert_eq!(block(&format!("{log}{hidden}")), Some(log.as_str()), "{hidden:?}");
        }
    }

    #[test]
    fn a_second_table_is_design() {
        let log = format!("## Review Log\n\n{TABLE}\n");
        assert_eq!(block(&format!("{log}{TABLE}| 1 | do | it | so |\n")), Some(log.as_str()));
        let summary = "## Review Log\n\n### Review Summary\n\n";
        assert_eq!(block(&format!("{summary}### Review Summary\n")), Some(summary));
    }

    #[test]
    fn a_heading_in_code_comment_quote_or_list_is_none() {
        for text in [
            "```\n## Review Log\n```\n",
            "<!--\n## Review Log\n-->\n",
            "> ## Review Log\n",
            "* ## Review Log\n",
            "    ## Review Log\n",
            "### Review Log\n",
            "# Review Log\n",
            "Review Log\n---\n",
            "## Review Log of X\n",
            "## `Review Log`\n",
            "~~~\n## Review Log\n",
            "##Review Log\n",
            "## Review Log\rdo it\n",
        ] {
            assert_eq!(block(text), None, "{text:?}");
        }
        for text in [
            "## Review Log\n",
            "## Review Log",
            "  ## appendix: review log ##\r\n",
            "a\r\n\r\n## Review Log\r\n",
        ] {
            assert!(block(text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn the_last_heading_counts_and_the_appendix_before_all() {
        let text = "## Review Log\n\na\n\n## Review Log\n\nb\n";
        assert_eq!(find(text).map(|l| l.heading.start), text.rfind("##"));
        let text = "## Appendix: Review Log\n\na\n\n## Review Log\n\nb\n";
        assert_eq!(find(text).map(|l| l.heading.start), Some(0));
    }

    #[test]
    fn cells_split_at_bars_that_are_not_escaped() {
        assert_eq!(cells("| a | b \\| c |  | d|"), ["a", "b \\| c", "", "d"]);
        assert_eq!(cells("|a\\\\|b"), ["a\\\\", "b"]);
    }
}
