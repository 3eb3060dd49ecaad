//! The shards of one commit, and their lines when they are needed a second time.
//!
//! A line is read once to judge it and once to write it, and nothing of it is kept in between but its
//! sum. So memory does not grow with the bytes, and a line that is not what it was is noticed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use audit_log::{Head, Inode, LineSum, inode, open_source};

use crate::error::Error;
use crate::long_line::{self, PIECE, pieces};
use crate::row::Spot;

/// How much of a shard is read at once; longer lines are read in pieces.
const BLOCK: usize = 32 << 10;

/// How many shards are open at once. Sessions overlap in time, but seldom this many.
const OPEN: usize = 128;

/// The shards of one commit.
#[derive(Debug, Default)]
pub(crate) struct Shards {
    known: Vec<Shard>,
    open: Vec<Block>,
    /// Counts uses, to tell which block was used longest ago.
    clock: u64,
}

#[derive(Debug)]
struct Shard {
    path: PathBuf,
    shown: String,
    inode: Inode,
}

/// An open shard, and a part of it in memory.
#[derive(Debug)]
struct Block {
    shard: u32,
    file: File,
    from: u64,
    /// Of a buffer that is always as long as a block, so many bytes are read.
    bytes: Vec<u8>,
    filled: usize,
    used: u64,
}

impl Block {
    fn get(&self, offset: u64, len: usize) -> Option<&[u8]> {
        let start = usize::try_from(offset.checked_sub(self.from)?).ok()?;
        self.bytes.get(..self.filled)?.get(start..start.checked_add(len)?)
    }

    /// Reads at least `len` bytes from `offset` on; less when the file ends before.
    fn fill(&mut self, offset: u64, len: usize) -> io::Result<()> {
        (self.from, self.filled) = (offset, 0);
        self.bytes.resize(BLOCK, 0);
        while self.filled < len {
            let rest = self.bytes.get_mut(self.filled..).unwrap_or_default();
            match self.file.read_at(rest, offset + self.filled as u64) {
                Ok(0) => break,
                Ok(read) => self.filled += read,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
        Ok(())
    }
}

impl Shards {
    /// The number that the next shard will have.
    pub(crate) fn next(&self) -> u32 {
        u32::try_from(self.known.len()).unwrap_or(u32::MAX)
    }

    /// Adds the shard that is found at `path` and called `shown` in messages.
    pub(crate) fn add(&mut self, path: PathBuf, shown: String, inode: Inode) {
        self.known.push(Shard { path, shown, inode });
    }

    /// What a shard is called in messages.
    pub(crate) fn shown(&self, spot: Spot) -> &str {
        self.known.get(spot.shard as usize).map_or("", |shard| shard.shown.as_str())
    }

    /// Gives the bytes of `spot` in pieces of [`PIECE`] bytes, the last one shorter.
    ///
    /// An error at the end when they are not the bytes that were read before, so what was made of the
    /// pieces counts only then.
    pub(crate) fn read(
        &mut self,
        spot: Spot,
        mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let len = spot.len as usize;
        let sum = if len <= BLOCK {
            let path = self.path(spot);
            let block = self.block(spot)?;
            if block.get(spot.offset, len).is_none() {
                block.fill(spot.offset, len).map_err(Error::io("read", &path))?;
            }
            match block.get(spot.offset, len) {
                Some(bytes) => {
                    sink(bytes)?;
                    LineSum::of(bytes)
                }
                None => return Err(Error::ShardChanged { shard: path }),
            }
        } else {
            let mut sum = LineSum::default();
            self.in_pieces(spot, |piece| {
                sum.add(piece);
                sink(piece)
            })?;
            sum.finish()
        };
        if sum == spot.sum { Ok(()) } else { Err(self.changed(spot)) }
    }

    /// Whether two spots hold the same bytes.
    pub(crate) fn are_same(&mut self, one: Spot, other: Spot) -> Result<bool, Error> {
        if (one.len, one.sum) != (other.len, other.sum) {
            return Ok(false);
        }
        let path = self.path(one);
        let file = self.block(one)?.file.try_clone().map_err(Error::io("read", &path))?;
        self.holds(other, &file, one.offset, &path)
    }

    /// Whether `spot` holds what `file` does from `from` on.
    pub(crate) fn holds(
        &mut self,
        spot: Spot,
        file: &File,
        from: u64,
        path: &Path,
    ) -> Result<bool, Error> {
        let (mut same, mut at) = (true, from);
        let mut other = vec![0; PIECE.min(spot.len as usize)];
        self.in_pieces(spot, |piece| {
            let other = other.get_mut(..piece.len()).unwrap_or_default();
            file.read_exact_at(other, at).map_err(Error::io("read", path))?;
            same = same && other == piece;
            at += piece.len() as u64;
            Ok(())
        })?;
        Ok(same)
    }

    /// The `id` that `spot` states.
    pub(crate) fn id(&mut self, spot: Spot) -> Result<Option<String>, Error> {
        let path = self.path(spot);
        let file = &self.block(spot)?.file;
        let head = long_line::head(file, spot.offset, spot.end());
        let head: Result<Head, _> = head.map_err(Error::io("read", &path))?;
        Ok(head.map_err(|_| self.changed(spot))?.id)
    }

    fn in_pieces(
        &mut self,
        spot: Spot,
        mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = self.path(spot);
        let file = &self.block(spot)?.file;
        let done = pieces(file, spot.offset, spot.end(), |piece| sink(piece).map_err(Failed::Sink));
        done.map_err(|failed| match failed {
            Failed::Sink(error) => error,
            Failed::Read(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => {
                Error::ShardChanged { shard: path }
            }
            Failed::Read(cause) => Error::io("read", &path)(cause),
        })
    }

    fn path(&self, spot: Spot) -> PathBuf {
        self.known.get(spot.shard as usize).map(|shard| shard.path.clone()).unwrap_or_default()
    }

    fn changed(&self, spot: Spot) -> Error {
        Error::ShardChanged { shard: self.path(spot) }
    }

    /// The shard of `spot`, open.
    fn block(&mut self, spot: Spot) -> Result<&mut Block, Error> {
        self.clock += 1;
        let clock = self.clock;
        let known = self.open.iter().position(|block| block.shard == spot.shard);
        let index = match known {
            Some(index) => index,
            None => self.open(spot)?,
        };
        let block = self.open.get_mut(index);
        let block = block.ok_or_else(|| Error::ShardChanged { shard: PathBuf::new() })?;
        block.used = clock;
        Ok(block)
    }

    /// Opens a shard in the place of the one that was used longest ago; where it is in `open`.
    fn open(&mut self, spot: Spot) -> Result<usize, Error> {
        let Some(shard) = self.known.get(spot.shard as usize) else {
            return Err(self.changed(spot));
        };
        let file = match open_source(&shard.path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Err(self.changed(spot)),
            Err(cause) => return Err(Error::io("read", &shard.path)(cause)),
        };
        let found = file.metadata().map_err(Error::io("read", &shard.path))?;
        if inode(&found) != shard.inode {
            return Err(self.changed(spot));
        }
        let (shard, bytes) = (spot.shard, Vec::new());
        let mut fresh = Block { shard, file, from: 0, bytes, filled: 0, used: 0 };
        let oldest = self.open.iter().enumerate().min_by_key(|(_, block)| block.used);
        let oldest = oldest.map(|(index, _)| index).filter(|_| self.open.len() >= OPEN);
        if let Some(index) = oldest {
            fresh.bytes = self.open.swap_remove(index).bytes;
        }
        self.open.push(fresh);
        Ok(self.open.len() - 1)
    }
}

enum Failed {
    Read(io::Error),
    Sink(Error),
}

impl From<io::Error> for Failed {
    fn from(cause: io::Error) -> Self {
        Self::Read(cause)
    }
}
