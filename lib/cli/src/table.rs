//! Aligned columns. Nothing is cut: where the terminal is too narrow, the widest columns wrap, and where that
//! is not enough, each row goes on in further lines, with the columns there aligned as well.

use std::fmt::Display;

use crate::text::{clean, width, wrap};
use crate::{Page, Tone};

/// One cell.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    tone: Tone,
    is_number: bool,
}

impl Cell {
    /// A cell in the given tone.
    pub fn toned(tone: Tone, text: impl Display) -> Self {
        Self { text: clean(&text.to_string()), tone, is_number: false }
    }

    /// A plain cell.
    pub fn new(text: impl Display) -> Self {
        Self::toned(Tone::Plain, text)
    }

    /// A cell for something that may be absent; absence shows as `-`.
    pub fn maybe(text: Option<impl Display>) -> Self {
        text.map_or_else(|| Self::toned(Tone::Dim, "-"), Self::new)
    }

    /// The same, at the right of its column, as its heading is then too.
    #[must_use]
    pub fn number(self) -> Self {
        Self { is_number: true, ..self }
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

    /// How many columns of a terminal it takes when nothing is wrapped.
    pub fn width(&self) -> usize {
        let widths = self.needs();
        widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
    }

    /// Writes the table to `page`.
    pub fn show(&self, page: &mut Page) {
        let columns = self.columns(page.width());
        columns.heading(page);
        for row in &self.rows {
            columns.row(page, row);
        }
    }

    /// The columns as the rows so far need them, for rows that are shown one by one as they become
    /// known; `width` is that of the terminal.
    pub fn columns(&self, width: Option<usize>) -> Columns {
        let is_number = |column| {
            self.rows.iter().any(|row| row.get(column).is_some_and(|it: &Cell| it.is_number))
        };
        let heading = self.heading.iter().enumerate().map(|(column, heading)| {
            let cell = Cell::toned(Tone::Dim, heading);
            if is_number(column) { cell.number() } else { cell }
        });
        let lines = fold(self.needs(), width.unwrap_or(usize::MAX));
        Columns { heading: heading.collect(), lines }
    }

    /// What each column needs.
    fn needs(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0).max(self.heading.len());
        let mut widths = vec![0; columns];
        for (column, heading) in widths.iter_mut().zip(&self.heading) {
            *column = width(heading);
        }
        for row in &self.rows {
            for (column, cell) in widths.iter_mut().zip(row) {
                *column = (*column).max(width(&cell.text));
            }
        }
        widths
    }
}

/// The columns of a table, before its rows are known.
pub struct Columns {
    heading: Vec<Cell>,
    /// The widths, by the lines that a row takes.
    lines: Vec<Vec<usize>>,
}

impl Columns {
    /// Writes the heading.
    pub fn heading(&self, page: &mut Page) {
        self.row(page, &self.heading);
    }

    /// Writes one row. A cell that its column has no room for wraps.
    pub fn row(&self, page: &mut Page, row: &[Cell]) {
        let mut cells = row;
        for (number, widths) in self.lines.iter().enumerate() {
            let (now, rest) = cells.split_at(widths.len().min(cells.len()));
            show_row(page, now, widths, if number == 0 { 0 } else { INDENT });
            cells = rest;
            if cells.is_empty() {
                break;
            }
        }
    }
}

/// The widths of the columns of each line of a row on a terminal of `total` columns. Where one line is not
/// enough for what they need, the widest ones give way, but none below [`NARROW`]; where
/// that is not enough either, there are several lines.
fn fold(mut widths: Vec<usize>, total: usize) -> Vec<Vec<usize>> {
    let room = total.saturating_sub(GAP * widths.len().saturating_sub(1));
    let least: usize = widths.iter().map(|needed| (*needed).min(NARROW)).sum();
    if least <= room {
        while widths.iter().sum::<usize>() > room {
            // Of equally wide columns the last one, where the prose usually is.
            match widths.iter_mut().max() {
                Some(widest) => *widest -= 1,
                None => break,
            }
        }
        return vec![widths];
    }
    let mut lines: Vec<Vec<usize>> = Vec::new();
    let mut used = 0;
    for needed in widths {
        let indent = if lines.len() > 1 { INDENT } else { 0 };
        match lines.last_mut() {
            Some(line) if indent + used + GAP + needed <= total => {
                line.push(needed);
                used += GAP + needed;
            }
            _ => {
                let indent = if lines.is_empty() { 0 } else { INDENT };
                used = needed.min(total.saturating_sub(indent)).max(1);
                lines.push(vec![used]);
            }
        }
    }
    lines
}

/// Blanks between two columns.
const GAP: usize = 2;
/// A column is not wrapped below this width: times, names and the like stay whole.
const NARROW: usize = 24;
/// Blanks before what a row goes on with.
const INDENT: usize = 4;

fn show_row(page: &mut Page, row: &[Cell], widths: &[usize], indent: usize) {
    let cells: Vec<Vec<String>> = row
        .iter()
        .zip(widths)
        .map(|(cell, wide)| {
            if width(&cell.text) <= *wide {
                return vec![cell.text.clone()];
            }
            wrap(&cell.text, Some(*wide), 0).lines().map(str::to_owned).collect()
        })
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
    for line in 0..height {
        // Blanks that would stand at the end of the line are not written.
        let mut owed = indent;
        for ((cell, lines), wide) in row.iter().zip(&cells).zip(widths) {
            let text = lines.get(line).map_or("", String::as_str);
            let blanks = wide - width(text).min(*wide);
            let before = if cell.is_number { blanks } else { 0 };
            owed += before;
            if !text.is_empty() {
                let style = cell.tone.style();
                page.push(format_args!("{:owed$}{style}{text}{style:#}", ""));
                owed = 0;
            }
            owed += blanks - before + GAP;
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
        table.row([Cell::new("1"), Cell::new("alpha beta gamma delta epsilon"), Cell::new("z")]);
        let text = shown(&table, Some(33));
        assert_eq!(
            text,
            "ID  TEXT                      END\n1   alpha beta gamma delta    z\n    epsilon\n"
        );
    }

    #[test]
    fn where_wrapping_is_not_enough_a_row_goes_on_in_further_lines() {
        let mut table = Table::new(["TIME", "N", "MODEL", "END"]);
        for (time, n) in [("18:30:45", "7"), ("18:30:46", "1234")] {
            table.row([Cell::new(time), Cell::new(n).number(), Cell::new("pro"), Cell::new("z")]);
        }
        let expected = "TIME         N\n    MODEL  END\n18:30:45     7\n    pro    z\n\
                        18:30:46  1234\n    pro    z\n";
        assert_eq!(shown(&table, Some(16)), expected);
        assert_eq!(table.width(), 26);
        assert_eq!(shown(&table, Some(26)).lines().count(), 3);
    }

    #[test]
    fn rows_that_come_later_stand_under_the_heading_that_is_there() {
        let mut expected = Table::new(["NAME", "N"]);
        expected.row([Cell::new("a name of 20 columns"), Cell::new("99").number()]);
        let columns = expected.columns(Some(40));
        let mut page = Page::new(Some(40));
        columns.heading(&mut page);
        columns.row(&mut page, &[Cell::new("a"), Cell::new("7").number()]);
        columns.row(&mut page, &[Cell::new("a longer name of 23 cols"), Cell::new("7").number()]);
        let text = anstream::adapter::strip_str(page.text()).to_string();
        assert_eq!(
            text,
            "NAME                   N\na                      7\na longer name of 23    7\ncols\n"
        );
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_wide_enough_terminals_are_not_exceeded(
            rows in vec(vec("[a-z漢]{0,30}( [a-z]{1,9}){0,3}", 3), 1..5),
            total in 16_usize..120,
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
