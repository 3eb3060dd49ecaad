//! Tables that hold nothing, and rows that make no table.

use super::Found;
use crate::document::outline::Block;

/// Checks every table.
pub(super) fn check(blocks: &[Block]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut in_bars = false;
    for block in blocks {
        match block {
            Block::Table(rows) => {
                let filled = rows.iter().skip(1).flatten().any(|cell| !cell.text.is_empty());
                let line = rows.first().and_then(|row| row.first()).map_or(1, |cell| cell.line);
                if !filled {
                    found.push(Found::new(line, "table_empty", "the table has no rows"));
                }
                in_bars = false;
            }
            Block::Line(piece) if piece.text.starts_with('|') => {
                if !in_bars {
                    let message = "rows without a line of dashes under the first make no table";
                    found.push(Found::new(piece.line, "table_broken", message));
                }
                in_bars = true;
            }
            _ => in_bars = false,
        }
    }
    found
}
