//! Aligned columns. Nothing is cut: the last column wraps under itself.

use std::fmt::Display;

use crate::text::{clean, pad, width, wrap};
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
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0).max(heading.len());
        let mut widths = vec![0; columns];
        for row in self.rows.iter().chain([&heading]) {
            for (column, cell) in widths.iter_mut().zip(row) {
                *column = (*column).max(width(&cell.text));
            }
        }
        for row in [&heading].into_iter().chain(&self.rows) {
            let mut at = 0;
            for (column, (cell, columns)) in row.iter().zip(&widths).enumerate() {
                let style = cell.tone.style();
                let last = column + 1 == row.len();
                let text = if last {
                    wrap(&cell.text, page.width(), at)
                } else {
                    pad(&cell.text, *columns)
                };
                page.push(format_args!("{style}{text}{style:#}{}", if last { "" } else { "  " }));
                at += columns + 2;
            }
            page.push(format_args!("\n"));
        }
    }
}

#[cfg(test)]
mod tests {
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
    fn a_narrow_terminal_wraps_and_loses_nothing() {
        let mut table = Table::new(["ID", "TEXT"]);
        table.row([Cell::new("1"), Cell::new("alpha beta gamma delta")]);
        let text = shown(&table, Some(16));
        assert_eq!(text, "ID  TEXT\n1   alpha beta\n    gamma delta\n");
    }
}
