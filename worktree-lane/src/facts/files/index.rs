//! Git's index, as far as it is needed to tell which files are as git last saw them.
//!
//! Only what is common is read; for everything else git is asked. The layout is that of git's
//! `Documentation/gitformat-index`.

use std::ops::Range;

/// An index in which every entry is a plain one.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// In the order of the file: by name, byte by byte.
    pub(super) entries: Vec<Entry>,
    /// All names, one behind the other.
    names: Vec<u8>,
    /// The tree that a commit of the index would have, in hex, if git has noted it there.
    pub(super) tree: Option<String>,
    written: Written,
}

/// One file.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    name: Range<usize>,
    pub(super) stat: Stat,
    pub(super) mode: u32,
    /// Whether git still believes it.
    believed: bool,
}

/// When an index was written, and on which file system.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written {
    /// Seconds and nanoseconds.
    pub(super) at: (i64, i64),
    pub(super) device: u64,
}

/// What git keeps of a file's `stat`, each cut to 32 bits. The device is left out, as in git.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) changed: (u32, u32),
    pub(super) written: (u32, u32),
    pub(super) inode: u32,
    pub(super) owner: u32,
    pub(super) group: u32,
    pub(super) size: u32,
}

/// The flags of an entry: assume-unchanged, stage.
const MARKED: u16 = 0x8000 | 0x3000;
/// The object names of an empty file, SHA-1 and SHA-256.
const EMPTY: [&[u8]; 2] = [
    b"\xe6\x9d\xe2\x9b\xb2\xd1\xd6\x43\x4b\x8b\x29\xae\x77\x5a\xd8\xc2\xe4\x8c\x53\x91",
    b"\x47\x3a\x0f\x4c\x3b\xe8\xa9\x36\x81\xa2\x67\xe3\xb1\xe9\xa7\xdc\
      \xda\x11\x85\x43\x6f\xe1\x41\xf7\x74\x91\x20\xa3\x03\x72\x18\x13",
];
/// More flags follow.
const EXTENDED: u16 = 0x4000;

impl Index {
    /// Reads an index with object names of `oid` bytes. `None` means that git has to be asked: a conflict, a submodule, a file that git
    /// was told to overlook or that is only intended to be added, a split or a sparse index, a version
    /// that is not known, or damage.
    pub(super) fn parse(bytes: &[u8], oid: usize, written: Written) -> Option<Self> {
        let mut rest = Rest(bytes.get(..bytes.len().checked_sub(oid)?)?);
        if rest.take(4)? != b"DIRC" {
            return None;
        }
        let version = rest.number()?;
        if !(2..=4).contains(&version) {
            return None;
        }
        let count = rest.number()? as usize;
        // An entry takes more than 40 bytes.
        if count > bytes.len() / 40 {
            return None;
        }
        let mut index = Self { entries: Vec::with_capacity(count), written, ..Self::default() };
        for _ in 0..count {
            index.entry(&mut rest, version, oid)?;
        }
        while !rest.0.is_empty() {
            let (name, length) = (rest.take(4)?, rest.number()? as usize);
            let content = rest.take(length)?;
            if name == b"TREE" {
                index.tree = root(content, oid, count);
            } else if !name.first()?.is_ascii_uppercase() {
                // One that must be understood.
                return None;
            }
        }
        Some(index)
    }

    fn entry(&mut self, rest: &mut Rest<'_>, version: u32, oid: usize) -> Option<()> {
        let before = rest.0.len();
        let changed = (rest.number()?, rest.number()?);
        let times = (rest.number()?, rest.number()?);
        let _device = rest.number()?;
        let (inode, mode) = (rest.number()?, rest.number()?);
        let (owner, group, size) = (rest.number()?, rest.number()?, rest.number()?);
        let content = rest.take(oid)?;
        let flags = rest.short()?;
        // What is behind more flags is always special.
        if flags & (MARKED | EXTENDED) != 0 || !matches!(mode >> 12, 0o10 | 0o12) {
            return None;
        }
        let begin = self.names.len();
        if version == 4 {
            let last = self.entries.last().map_or(0..0, |last| last.name.clone());
            let kept = last.len().checked_sub(rest.varint()?)?;
            self.names.extend_from_within(last.start..last.start + kept);
        }
        let end = rest.0.iter().position(|byte| *byte == 0)?;
        self.names.extend_from_slice(rest.take(end)?);
        if version == 4 {
            rest.take(1)?;
        } else {
            // 1 to 8 zeros fill up to a multiple of 8.
            let used = before - rest.0.len();
            rest.take(8 - used % 8)?;
        }
        // Git marks a file that it no longer believes with the size 0.
        let believed = size != 0 || EMPTY.contains(&content);
        let stat = Stat { changed, written: times, inode, owner, group, size };
        self.entries.push(Entry { name: begin..self.names.len(), stat, mode, believed });
        Some(())
    }

    /// Whether the times of an entry are proof, for a file on `device`: they are none where the file
    /// may have been written after git had looked at it. What was written later has a later time than
    /// the index, if both are of one clock; else only whole seconds count, as in most builds of git.
    pub(super) fn proves(&self, entry: &Entry, device: u64) -> bool {
        let (seconds, nanoseconds) = self.written.at;
        let (at, and) = (i64::from(entry.stat.written.0), i64::from(entry.stat.written.1));
        let earlier = at == seconds && device == self.written.device && and < nanoseconds;
        entry.believed && (at < seconds || earlier)
    }

    /// The name of an entry, from the top of the worktree.
    pub(super) fn name(&self, entry: &Entry) -> &[u8] {
        self.names.get(entry.name.clone()).unwrap_or_default()
    }
}

/// The tree of the whole index from the extension `TREE`, if it is up to date.
fn root(content: &[u8], oid: usize, count: usize) -> Option<String> {
    let content = content.strip_prefix(b"\0")?;
    let line = content.iter().position(|byte| *byte == b'\n')?;
    let (counts, rest) = content.split_at(line);
    let entries = std::str::from_utf8(counts).ok()?.split_once(' ')?.0;
    if entries.parse() != Ok(count) {
        return None;
    }
    let digits = rest.get(1..=oid)?.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    Some(digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect())
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// Git's number of variable length, as in the offsets of its packs.
    fn varint(&mut self) -> Option<usize> {
        let mut byte = self.take(1)?.first().copied()?;
        let mut value = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.take(1)?.first().copied()?;
            value = value.checked_add(1)?.checked_mul(128)? + usize::from(byte & 0x7f);
        }
        Some(value)
    }
}
