//! Whether an index says what the history says.

use std::io;
use std::path::Path;

use super::block::Block;
use super::build;
use super::row::{Row, Sort};
use super::trust;
use crate::history::History;

/// Where an index is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The number of the line from 1.
    pub line: u64,
    /// Where it begins in the history.
    pub offset: u64,
}

/// The first line of which the index at `path` says something else than its bytes, or the first of a block
/// of which it does; `None` when all is well, or nobody would believe the index without comparing it.
///
/// # Errors
/// When the history cannot be read.
pub(crate) fn first_wrong(path: &Path, history: &History) -> io::Result<Option<Wrong>> {
    let Some(index) = trust::believed(path, history) else { return Ok(None) };
    let mut words = index.words.clone();
    let mut bytes = Vec::new();
    for (number, block) in index.blocks.iter().enumerate() {
        // Rows that are damaged are not believed either.
        let Some(kept) = index.rows(number) else { continue };
        let same = build::is_same(block, history, &mut bytes)?;
        let read = build::rows(&bytes, block.from, &mut words).unwrap_or_default();
        let mut wrong = Wrong { line: block.first + 1, offset: block.from };
        for (kept, read) in kept.iter().zip(&read) {
            if !says(kept, read) {
                return Ok(Some(wrong));
            }
            wrong = Wrong { line: wrong.line + 1, offset: wrong.offset + u64::from(read.len) };
        }
        let mut described = Block { odd: false, span: None, ..*block };
        described.describe(&kept);
        if !same || kept.len() != read.len() || described != *block {
            return Ok(Some(Wrong { line: block.first + 1, offset: block.from }));
        }
    }
    Ok(None)
}

/// Whether a row that is kept says of its line what is read in it. One that says nothing cannot be wrong.
fn says(kept: &Row, read: &Row) -> bool {
    let bare = |row: &Row| (row.len, row.at);
    kept == read
        || (kept.sort == Sort::Opaque && read.sort != Sort::Damaged && bare(kept) == bare(read))
}
