//! Making an index from a history, and from an older index whatever of it still holds.

use std::io;

use audit_log::{LONGEST, checksum};
use memchr::{memchr_iter, memrchr};

use super::block::Block;
use super::facts;
use super::file::{Index, Writing};
use super::row::{ROW, Row};
use super::words::Words;
use crate::history::History;

/// About how many bytes of the history are one block; few in tests, which have small histories.
const PIECE: usize = if cfg!(test) { 64 } else { 1 << 20 };

/// Adds to `index` the whole lines of `history` up to its byte `to`. Blocks of `old` are taken as they
/// are where the history still holds the same bytes at the same place.
pub(crate) fn add(
    index: &mut Writing,
    history: &History,
    old: Option<&Index>,
    to: u64,
) -> io::Result<()> {
    let mut scanned = 0;
    let mut border = true;
    let mut bytes = Vec::new();
    for (number, block) in old.iter().flat_map(|old| old.blocks.iter().enumerate()) {
        if block.to > to {
            break;
        }
        let same = is_same(block, history, &mut bytes)? && border;
        // A line that began before this block may end in it now.
        border = bytes.ends_with(b"\n");
        let rows = old.and_then(|old| old.row_bytes(number)).filter(|_| same);
        let Some(rows) = rows else { continue };
        if !scan(index, history, scanned, block.from)? {
            return Ok(());
        }
        index.add(*block, &rows)?;
        scanned = block.to;
    }
    scan(index, history, scanned, to).map(drop)
}

/// Whether the history holds what it held when the block was described; `bytes` are what it holds.
pub(crate) fn is_same(block: &Block, history: &History, bytes: &mut Vec<u8>) -> io::Result<bool> {
    bytes.resize(usize::try_from(block.to - block.from).map_err(io::Error::other)?, 0);
    history.read_exact_at(bytes, block.from)?;
    Ok(checksum(bytes) == block.content)
}

/// Adds the whole lines between two places; `false` when it stopped at a line that is too long.
fn scan(index: &mut Writing, history: &History, from: u64, to: u64) -> io::Result<bool> {
    let mut at = from;
    let mut bytes = Vec::new();
    let mut kept = 0;
    while at + (kept as u64) < to {
        let read = at + kept as u64;
        let size = usize::try_from(to - read).unwrap_or(PIECE).min(PIECE.max(kept));
        bytes.resize(kept + size, 0);
        let piece = bytes.get_mut(kept..).unwrap_or_default();
        history.read_exact_at(piece, read)?;
        let Some(end) = memrchr(b'\n', piece).map(|end| kept + end + 1) else {
            kept += size;
            if kept > LONGEST {
                return Ok(false);
            }
            continue;
        };
        let whole = bytes.get(..end).unwrap_or_default();
        if !block(index, whole, at)? {
            return Ok(false);
        }
        kept = kept + size - end;
        bytes.copy_within(end.., 0);
        at += end as u64;
    }
    Ok(true)
}

fn block(index: &mut Writing, bytes: &[u8], from: u64) -> io::Result<bool> {
    let mut block = Block {
        from,
        to: from + bytes.len() as u64,
        first: 0,
        content: checksum(bytes),
        rows: 0,
        span: None,
        ordered: true,
        odd: false,
    };
    let Some(rows) = rows(bytes, from, &mut index.words) else { return Ok(false) };
    block.describe(&rows);
    let mut encoded = Vec::with_capacity(rows.len() * ROW);
    encoded.extend(rows.iter().flat_map(Row::encode));
    index.add(block, &encoded)?;
    Ok(true)
}

/// The rows of whole lines, which begin at `from`; `None` when one is too long.
pub(crate) fn rows(bytes: &[u8], from: u64, words: &mut Words) -> Option<Vec<Row>> {
    let mut begin = 0;
    memchr_iter(b'\n', bytes)
        .map(|newline| {
            let line = bytes.get(begin..=newline).unwrap_or_default();
            let offset = from + begin as u64;
            begin = newline + 1;
            let len = u32::try_from(line.len()).ok().filter(|_| line.len() <= LONGEST)?;
            Some(facts::row(line, len, offset, words))
        })
        .collect()
}
