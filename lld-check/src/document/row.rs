//! One row of the review log, made from a review.

use jiff::civil::Date;
use records::{Stamp, Verdict, sha256_hex};

use super::review_log::LogTable;

/// The columns of the table that `record` writes (runbook 0102; 95 of 101 counted tables).
pub(crate) const COLUMNS: [&str; 4] = ["Review", "Date", "Verdict", "Key Issue"];
/// Longer sentences are cut; the audit entry has all of it.
const LONGEST_CELL: usize = 160;
/// How many characters of an audit id stand in the row.
const SHORT: usize = 12;

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// What ties the row to its audit entry.
    pub(crate) short_id: String,
    /// When the review was made.
    pub(crate) at: Stamp,
    /// What it said.
    pub(crate) verdict: Verdict,
    /// The reviewer's first sentence.
    pub(crate) key_issue: String,
    /// The model that reviewed.
    pub(crate) model: Option<String>,
}

impl Row {
    /// The row as the `number`th review of a table with these columns, without a line end.
    pub(crate) fn render<S: AsRef<str>>(&self, columns: &[S], number: usize) -> String {
        let cells = columns.iter().map(|column| self.cell(column.as_ref(), number));
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    }

    fn cell(&self, column: &str, number: usize) -> String {
        match column.to_ascii_lowercase().as_str() {
            "review" => format!("Gemini #{number} ({})", self.short_id),
            "date" => self.date(),
            "verdict" => self.verdict.to_string(),
            "model" | "reviewer" => self.model.as_deref().map_or_else(|| "-".into(), inert),
            // Key Issue, Key Issues, Key Changes, Key Findings, ….
            name if name.starts_with("key") => self.key_issue.clone(),
            _ => "-".into(),
        }
    }

    /// The day of the review in UTC.
    pub(crate) fn date(&self) -> String {
        self.at.instant().strftime("%Y-%m-%d").to_string()
    }
}

/// The end of an audit id: random in UUIDs of version 4 and 7, whose beginning may be a time.
pub(crate) fn short_id(audit_id: &str) -> String {
    let plain = audit_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let full = if plain { audit_id.to_owned() } else { sha256_hex(audit_id.as_bytes()) };
    let from = full.len().saturating_sub(SHORT);
    full.get(from..).unwrap_or(&full).to_owned()
}

/// The first sentence of a critique as the text of a cell; `None` where it says nothing.
pub(crate) fn key_issue(critique: Option<&str>) -> String {
    let words: Vec<&str> = critique.unwrap_or_default().split_whitespace().collect();
    let text = words.join(" ");
    let end = text
        .char_indices()
        .find(|(at, c)| {
            matches!(c, '.' | '!' | '?')
                && text.get(at + c.len_utf8()..).is_some_and(|rest| rest.starts_with(' '))
        })
        .map_or(text.len(), |(at, c)| at + c.len_utf8());
    let sentence = text.get(..end).unwrap_or(&text);
    let mut short: String = sentence.chars().take(LONGEST_CELL).collect();
    if short.len() < sentence.len() {
        short.push('…');
    }
    let short = inert(&short);
    if short.trim().is_empty() { "None".into() } else { short }
}

/// `text` without any meaning in Markdown or HTML, on one line.
fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '!' | '#' | '$' => {
                out.push('\\');
                out.push(c);
            }
            // Control characters, and marks that reorder what a reader sees.
            c if cli::clean(c.encode_utf8(&mut [0; 4])) != c.to_string() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Whether the newest row stands first, as the predecessor's tool wrote it: when more rows are
/// older than the row above them than newer. Otherwise the oldest is first.
pub(crate) fn newest_first(table: &LogTable, cells: &[Vec<String>]) -> bool {
    let Some(column) = table.column("Date") else { return false };
    let dates: Vec<Date> = cells.iter().filter_map(|row| row.get(column)?.parse().ok()).collect();
    let pairs = || dates.iter().zip(dates.iter().skip(1));
    let older = pairs().filter(|(above, below)| below < above).count();
    let newer = pairs().filter(|(above, below)| below > above).count();
    older > newer
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_sentence_is_the_key_issue() {
        assert_eq!(
            key_issue(Some("The limit of 64 KiB (v1.2) is not tested. More.")),
            "The limit of 64 KiB (v1.2) is not tested."
        );
        assert_eq!(key_issue(Some(" a\n b|c")), "a b\\|c");
        for nothing in [None, Some(""), Some(" \n\t")] {
            assert_eq!(key_issue(nothing), "None");
        }
        assert_eq!(key_issue(Some(&"x".repeat(500))).chars().count(), LONGEST_CELL + 1);
    }

    #[test]
    fn markup_in_a_critique_does_nothing() {
        assert_eq!(
            key_issue(Some("<script>x</script> ![i](http://e) **b** `c` {d}")),
            "&lt;script&gt;x&lt;/script&gt; \\!\\[i\\](http://e) \\*\\*b\\*\\* \\`c\\` \\{d\\}"
        );
    }

    #[test]
    fn short_ids_are_plain() {
        assert_eq!(short_id("0199aabb-ccdd-7eee-8fff-001122334455"), "001122334455");
        assert_eq!(short_id("u"), "u");
        assert_eq!(short_id("a | b").len(), SHORT);
    }

    proptest! {
        #[test]
        fn a_row_has_as_many_cells_as_the_table_has_columns(critique in "\\PC{0,80}[|\\\\\n]{0,3}\\PC{0,20}") {
            let row = Row {
                short_id: "001122334455".into(),
                at: "2026-01-24T18:30:45Z".parse().unwrap(),
                verdict: Verdict::Revise,
                key_issue: key_issue(Some(&critique)),
                model: Some("gemini".into()),
            };
            let line = row.render(&COLUMNS, 1);
            prop_assert_eq!(super::super::review_log::cells(&line).len(), COLUMNS.len(), "{}", line);
            prop_assert!(!line.contains(['\n', '\r', '<', '>']), "{}", line);
        }
    }
}
