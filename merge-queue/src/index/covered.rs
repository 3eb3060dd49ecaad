//! Comparing an index with the journal, and reading what came after it.

use std::fs::File;
use std::num::NonZero;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::{io, thread};

use audit_log::{FileState, boot, tells_changes};
use journal::{Lines, MAX_LINE, Sort};
use records::QueueEvent;

use super::header::{End, Header, Seal};
use super::packed::sum;
use super::trouble::Trouble;

/// The length of a block of the journal with a checksum of its own.
const BLOCK: u64 = 1 << 20;

/// From this size on, blocks are compared on every core.
const LARGE: u64 = 8 * BLOCK;

/// Where a line is in the journal, without what ends it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) offset: u64,
    pub(super) length: u64,
    /// The checksum of its bytes.
    pub(super) sum: u64,
}

/// What was read of the journal.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// Where it ends.
    pub(super) end: End,
    /// Remarks on what was read.
    pub(super) remarks: Vec<String>,
    /// A remark on a torn last line, which is not part of it.
    pub(super) torn: Option<String>,
}

/// Whether the part of the journal that the index describes is as it was then. `state` is the state of
/// the file now.
pub(super) fn is_same(
    header: &Header,
    file: Option<&File>,
    state: Option<&FileState>,
) -> Result<bool, Trouble> {
    let (Some(file), Some(state)) = (file, state) else { return Ok(header.end == End::default()) };
    if header.seal.is_some() && header.seal == Some(Seal::of(state)) {
        return Ok(true);
    }
    if state.len < header.end.offset {
        return Ok(false);
    }
    Ok(sums(file, 0, header.end.offset)? == header.blocks)
}

/// The checksums of the blocks from the one in which `from` is, up to `end`.
pub(super) fn sums(file: &File, from: u64, end: u64) -> io::Result<Vec<u64>> {
    let first = from / BLOCK;
    let starts: Vec<u64> = (first..end.div_ceil(BLOCK)).map(|block| block * BLOCK).collect();
    let cores = if end - first * BLOCK < LARGE {
        1
    } else {
        thread::available_parallelism().map_or(1, NonZero::get)
    };
    let share = starts.len().div_ceil(cores).max(1);
    let some = |starts: &[u64]| -> io::Result<Vec<u64>> {
        let mut bytes = vec![0; usize::try_from(BLOCK.min(end)).unwrap_or(0)];
        let each = starts.iter().map(|start| {
            let length = usize::try_from(BLOCK.min(end - start)).unwrap_or(0);
            let block = bytes.get_mut(..length).unwrap_or_default();
            file.read_exact_at(block, *start)?;
            Ok(sum(block))
        });
        each.collect()
    };
    if starts.len() <= share {
        return some(&starts);
    }
    thread::scope(|scope| {
        let shares: Vec<_> =
            starts.chunks(share).map(|starts| scope.spawn(move || some(starts))).collect();
        let mut sums = Vec::with_capacity(starts.len());
        for one in shares {
            let one = one.join().map_err(|_| io::Error::other("a thread ended early"))?;
            sums.extend(one?);
        }
        Ok(sums)
    })
}

/// The checksums of the blocks up to `end`, where those up to `before` are `known`.
pub(super) fn extend(file: &File, known: &[u64], before: u64, end: u64) -> io::Result<Vec<u64>> {
    let whole = usize::try_from(before / BLOCK).unwrap_or(0);
    let mut blocks = known.get(..whole).unwrap_or_default().to_vec();
    blocks.extend(sums(file, before, end)?);
    Ok(blocks)
}

/// Reads the whole events behind `from`.
///
/// # Errors
/// [`Trouble::Journal`] when there is anything but events numbered without gaps and the traces of appends
/// that broke off: only a reader of all of it can say what that means.
pub(super) fn read(
    path: &Path,
    file: &File,
    from: End,
    mut each: impl FnMut(Span, &QueueEvent) -> Result<(), Trouble>,
) -> Result<Read, Trouble> {
    let mut read = Read { end: from, ..Read::default() };
    let mut pending = Vec::new();
    let bytes = At { file, position: from.offset };
    for line in Lines::continuing(path, bytes, from.offset, from.lines, MAX_LINE) {
        let line = line.map_err(|_| Trouble::Journal)?;
        match (line.decode::<QueueEvent>(), line.is_terminated()) {
            (Ok(event), true) if event.seq == read.end.seq + 1 => {
                let (offset, length) = (line.content_offset(), line.bytes.len() as u64);
                each(Span { offset, length, sum: sum(&line.bytes) }, &event)?;
                let lines = line.number.ok_or(Trouble::Journal)?;
                read.end = End { offset: line.end, lines, seq: event.seq };
                read.remarks.append(&mut pending);
            }
            (Err(damage), true) if damage.sort == Sort::CutOff => {
                pending.push(format!("{damage}; nobody was told that it is stored"));
            }
            (Err(damage), false) => read.torn = Some(damage.to_string()),
            (Ok(_) | Err(_), _) => return Err(Trouble::Journal),
        }
    }
    if pending.is_empty() { Ok(read) } else { Err(Trouble::Journal) }
}

/// Reads a file from some place on without moving its shared position.
struct At<'a> {
    file: &'a File,
    position: u64,
}

impl io::Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

/// The state in which all was read, if no change can have gone unnoticed. `before` is the state before
/// reading began.
pub(super) fn seal(file: &File, before: &FileState) -> Option<Seal> {
    let same = FileState::of(&file.metadata().ok()?) == *before;
    let settled = boot() != 0 && before.is_settled(cli::clock::now().instant());
    (same && settled && tells_changes(file)).then(|| Seal::of(before))
}
