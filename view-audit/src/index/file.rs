//! The index as a file: its seal, its rows, its words, and the directory of its blocks.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use audit_log::{SEAL, Seal, checksum, open_source};

use super::block::{BLOCK, Block, in_order};
use super::row::{ROW, Row};
use super::words::Words;

/// Where the rows begin. The seal before them is rewritten in place.
const ROWS_AT: u64 = 4096;

/// An index that is whole. Whether it is about the history as it is now is another question: see
/// [`trust`](super::trust).
#[derive(Debug)]
pub(crate) struct Index {
    pub file: File,
    pub seal: Seal,
    /// In the order of the history, without a gap from its first byte on.
    pub blocks: Vec<Block>,
    pub words: Words,
    /// How many rows there are.
    rows: u64,
}

impl Index {
    /// Reads all but the rows; `None` when there is no index, or none that is whole.
    pub(crate) fn open(path: &Path) -> Option<Self> {
        let file = open_source(path).ok()?;
        let mut bytes = [0; SEAL];
        file.read_exact_at(&mut bytes, 0).ok()?;
        let seal = Seal::decode(&bytes)?;
        let [words_at, words_len, words_sum, blocks_at, blocks, blocks_sum, rows, _] =
            seal.contents;
        let words = part(&file, words_at, words_len, words_sum)?;
        let directory = part(&file, blocks_at, blocks.checked_mul(BLOCK as u64)?, blocks_sum)?;
        let directory = directory.as_chunks::<BLOCK>().0;
        let mut blocks = Vec::with_capacity(directory.len());
        let mut to = seal.covered;
        for bytes in directory.iter().rev() {
            let block = Block::decode(bytes, to);
            to = block.from;
            blocks.push(block);
        }
        blocks.reverse();
        Some(Self { file, seal, blocks, words: Words::read(words)?, rows })
    }

    /// Leaves out what lies behind byte `to` of the history.
    pub(crate) fn cut(&mut self, to: u64) {
        while let Some(last) = self.blocks.pop_if(|last| last.to > to) {
            self.rows = last.first;
        }
    }

    /// How many bytes of the history it is about.
    pub(crate) fn covered(&self) -> u64 {
        self.blocks.last().map_or(0, |last| last.to)
    }

    /// How many lines it is about.
    pub(crate) fn lines(&self) -> u64 {
        self.rows
    }

    /// Whether no line is earlier than one before it.
    pub(crate) fn is_in_order(&self) -> bool {
        in_order(&self.blocks)
    }

    /// The bytes of the rows of the block with this number; `None` when they are damaged.
    pub(crate) fn row_bytes(&self, number: usize) -> Option<Vec<u8>> {
        let block = self.blocks.get(number)?;
        let next = self.blocks.get(number + 1).map_or(self.rows, |next| next.first);
        let (row, length) = (ROW as u64, next.checked_sub(block.first)?);
        part(&self.file, ROWS_AT + block.first * row, length * row, block.rows)
    }

    /// The rows of the block with this number.
    pub(crate) fn rows(&self, number: usize) -> Option<Vec<Row>> {
        let bytes = self.row_bytes(number)?;
        Some(bytes.as_chunks::<ROW>().0.iter().map(Row::decode).collect())
    }
}

fn part(file: &File, at: u64, length: u64, sum: u64) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    file.read_exact_at(&mut bytes, at).ok()?;
    (checksum(&bytes) == sum).then_some(bytes)
}

/// An index that is being written.
#[derive(Debug)]
pub(crate) struct Writing {
    file: File,
    pub blocks: Vec<Block>,
    pub words: Words,
    rows: u64,
    /// Rows that are not in the file yet, and how many bytes are.
    pending: Vec<u8>,
    written: u64,
}

/// How many bytes of rows are written at once.
const AT_ONCE: usize = 256 * 1024;

impl Writing {
    /// Into `file`, which is empty.
    pub(crate) fn new(file: File, words: Words) -> Self {
        Self { file, blocks: Vec::new(), words, rows: 0, pending: Vec::new(), written: ROWS_AT }
    }

    /// How many bytes of the history it is about.
    pub(crate) fn covered(&self) -> u64 {
        self.blocks.last().map_or(0, |last| last.to)
    }

    /// Adds a block with its rows; what it says of them is set here, but for what their content is.
    pub(crate) fn add(&mut self, mut block: Block, rows: &[u8]) -> io::Result<()> {
        block.first = self.rows;
        block.rows = checksum(rows);
        self.rows += (rows.len() / ROW) as u64;
        self.blocks.push(block);
        self.write(rows)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= AT_ONCE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all_at(&self.pending, self.written)?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// Writes the rest, and the seal last; what `seal` says of the contents is set here.
    pub(crate) fn finish(mut self, seal: Seal) -> io::Result<Index> {
        let covered = self.covered();
        let words = self.words.bytes().to_vec();
        let directory: Vec<u8> = self.blocks.iter().flat_map(Block::encode).collect();
        self.flush()?;
        let words_at = self.written;
        self.write(&words)?;
        self.flush()?;
        let blocks_at = self.written;
        self.write(&directory)?;
        self.flush()?;
        let (words_len, blocks) = (words.len() as u64, self.blocks.len() as u64);
        let (words_sum, blocks_sum) = (checksum(&words), checksum(&directory));
        let contents =
            [words_at, words_len, words_sum, blocks_at, blocks, blocks_sum, self.rows, 0];
        let seal = Seal { covered, contents, ..seal };
        self.file.write_all_at(&seal.encode(), 0)?;
        let Self { file, blocks, words, rows, .. } = self;
        Ok(Index { file, seal, blocks, words, rows })
    }
}
