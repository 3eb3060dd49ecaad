//! Aligned columns. Nothing is cut: where the terminal is too narrow, the widest columns wrap.

use std::fmt::Display;

use crate::text::{clean, width, wrap};
use crate::{Page, Tone};

/// One cell.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A cell in the given tone.
    pub fn toned(tone: Tone, text: impl Display) -> Self {
        Self { text: clean(&text.to_string()), tone }
    }

    /// A plain cell.
    pub fn new(text: impl Display) -> Self {
        Self::toned(Tone::Plain, text)
    }

    /// A cell for something that may be absent; absence shows as `-`.
    pub fn maybe(text: Option<impl Display>) -> Self {
        text.map_or_else(|| Self::toned(Tone::Dim, "-"), Self::new)
    }
}

/// Rows under a heading.
pub struct Table {
    heading: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table with the given column names.
    pub fn new<const N: usize>(heading: [&'static str; N]) -> Self {
        Self { heading: heading.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; missing cells are empty, cells beyond the heading are kept.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether no row was added.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes the table to `page`.
    pub fn show(&self, page: &mut Page) {
        let heading: Vec<Cell> = self.heading.iter().map(|h| Cell::toned(Tone::Dim, h)).collect();
        let widths = self.widths(&heading, page.width());
        for row in [&heading].into_iter().chain(&self.rows) {
            show_row(page, row, &widths);
        }
    }

    /// What each column needs; when that is too much for a terminal of `total` columns, the widest
    /// ones give way, but none below [`NARROW`].
    fn widths(&self, heading: &[Cell], total: Option<usize>) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0).max(heading.len());
        let mut widths = vec![0; columns];
        for row in self.rows.iter().map(Vec::as_slice).chain([heading]) {
            for (column, cell) in widths.iter_mut().zip(row) {
                *column = (*column).max(width(&cell.text));
            }
        }
        let room = total.unwrap_or(usize::MAX).saturating_sub(GAP * columns.saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            // Of equally wide columns the last one, where the prose usually is.
            match widths.iter_mut().max() {
                Some(widest) if *widest > NARROW => *widest -= 1,
                _ => break,
            }
        }
        widths
    }
}

/// Blanks between two columns.
const GAP: usize = 2;
/// A column is not wrapped below this width.
const NARROW: usize = 12;

fn show_row(page: &mut Page, row: &[Cell], widths: &[usize]) {
    let cells: Vec<Vec<String>> = row
        .iter()
        .zip(widths)
        .map(|(cell, wide)| wrap(&cell.text, Some(*wide), 0).lines().map(str::to_owned).collect())
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
    for line in 0..height {
        // Blanks that would stand at the end of the line are not written.
        let mut owed = 0;
        for ((cell, lines), wide) in row.iter().zip(&cells).zip(widths) {
            let text = lines.get(line).map_or("", String::as_str);
            if !text.is_empty() {
                let style = cell.tone.style();
                page.push(format_args!("{:owed$}{style}{text}{style:#}", ""));
                owed = 0;
            }
            owed += wide - width(text).min(*wide) + GAP;
        }
        page.push(format_args!("\n"));
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn shown(table: &Table, width: Option<usize>) -> String {
        let mut page = Page::new(width);
        table.show(&mut page);
        anstream::adapter::strip_str(page.text()).to_string()
    }

    #[test]
    fn columns_line_up_by_display_width() {
        let mut table = Table::new(["ID", "TITLE"]);
        table.row([Cell::new("1"), Cell::new("plain")]);
        table.row([Cell::new("漢字"), Cell::new("wide")]);
        assert_eq!(shown(&table, None), "ID    TITLE\n1     plain\n漢字  wide\n");
    }

    #[test]
    fn a_narrow_terminal_wraps_the_widest_column() {
        let mut table = Table::new(["ID", "TEXT", "END"]);
        table.row([Cell::new("1"), Cell::new("alpha beta gamma delta"), Cell::new("z")]);
        let text = shown(&table, Some(22));
        assert_eq!(text, "ID  TEXT           END\n1   alpha beta     z\n    gamma delta\n");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_wide_enough_terminals_are_not_exceeded(
            rows in vec(vec("[a-z漢]{0,30}( [a-z]{1,9}){0,3}", 3), 1..5),
            total in 50_usize..120,
        ) {
            let mut table = Table::new(["A", "B", "C"]);
            for row in &rows {
                table.row(row.iter().map(Cell::new));
            }
            let text = shown(&table, Some(total));
            prop_assert!(text.lines().all(|line| width(line) <= total), "{}", text);
            let letters = |text: &str| {
                let mut all: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
                all.sort_unstable();
                all
            };
            let given = letters(&(rows.concat().concat() + "ABC"));
            prop_assert_eq!(letters(&text), given);
        }
    }
}
