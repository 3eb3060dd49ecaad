//! The files that hold entries which are not in the history.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use audit_log::{ACTIVE, Consumed, Fresh, Head, Inode, RETIRED, SourceName, instants};
use jiff::Timestamp;
use journal::{Damage, Lines};
use rustix::fs::OFlags;

use crate::stream::LONGEST;

/// A file of the listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub name: SourceName,
    pub path: PathBuf,
    pub inode: Inode,
}

/// What the folders of the shards hold.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// In the order of their names.
    pub sources: Vec<Source>,
    /// What is named like a shard and is no regular file.
    pub skipped: Vec<PathBuf>,
}

/// Lists `active` and `.retired`. Folders that do not exist hold nothing.
pub(crate) fn list(logs: &Path) -> io::Result<Listing> {
    let active = logs.join(ACTIVE);
    let mut listing = Listing::default();
    listing.add(&active, SourceName::active)?;
    listing.add(&active.join(RETIRED), SourceName::retired)?;
    listing.sources.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    Ok(listing)
}

impl Listing {
    fn add(&mut self, folder: &Path, name: fn(&str) -> Option<SourceName>) -> io::Result<()> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(cause),
        };
        for entry in entries {
            let entry = entry?;
            let Some(name) = name(&entry.file_name().to_string_lossy()) else { continue };
            match entry.metadata() {
                Ok(found) if found.is_file() => {
                    self.sources.push(Source { name, path: entry.path(), inode: inode(&found) });
                }
                Ok(_) => self.skipped.push(entry.path()),
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(cause) => return Err(cause),
            }
        }
        Ok(())
    }

    /// Whether every file of this listing is still there under its name in a later one. `consolidate`
    /// renames what it puts into the history.
    pub(crate) fn holds_in(&self, later: &Self) -> bool {
        self.sources.iter().all(|source| later.sources.contains(source))
    }
}

/// What a source holds behind the part that is in the history.
#[derive(Debug)]
pub(crate) enum Content {
    Lines {
        entries: Vec<Fresh>,
        damaged: Vec<Damage>,
    },
    /// It is not there any more, or another file has its name.
    Changed,
    /// It cannot be read.
    Unreadable(io::Error),
}

/// Reads `source`, the number `index` of all. `consumed` is what an intent says is in the history.
pub(crate) fn read(source: &Source, index: usize, consumed: &[Consumed]) -> Content {
    match read_bytes(source, consumed) {
        Ok(Some((from, bytes, modified))) => lines(source, index, from, &bytes, modified),
        Ok(None) => Content::Changed,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Content::Changed,
        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Content::Changed,
        Err(cause) => Content::Unreadable(cause),
    }
}

type Part = (u64, Vec<u8>, Option<Timestamp>);

fn read_bytes(source: &Source, consumed: &[Consumed]) -> io::Result<Option<Part>> {
    let file = open(&source.path)?;
    let found = file.metadata()?;
    if inode(&found) != source.inode {
        return Ok(None);
    }
    let part = consumed.iter().find(|part| part.inode == source.inode);
    let from = part.map_or(0, |part| part.to).max(source.name.consumed);
    let length = usize::try_from(found.len().saturating_sub(from)).unwrap_or(usize::MAX);
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, from)?;
    Ok(Some((from, bytes, modified(&found))))
}

fn lines(
    source: &Source,
    index: usize,
    from: u64,
    bytes: &[u8],
    modified: Option<Timestamp>,
) -> Content {
    let (mut found, mut damaged) = (Vec::new(), Vec::new());
    for line in Lines::new(&source.path, bytes, LONGEST) {
        let line = match line {
            Ok(line) => line,
            Err(error) => return Content::Unreadable(io::Error::other(error)),
        };
        match line.decode::<Head>() {
            Ok(head) => found.push((head, from + line.offset, line.bytes)),
            Err(damage) => damaged.push(moved(damage, from)),
        }
    }
    let stated: Vec<_> = found.iter().map(|(head, ..)| head.timestamp).collect();
    let otherwise = source.name.started().or(modified).unwrap_or(Timestamp::UNIX_EPOCH);
    let placed = instants(&stated, otherwise);
    let entry = |((head, offset, bytes), at): ((Head, u64, Vec<u8>), Timestamp)| Fresh {
        at,
        source: index,
        offset,
        id: head.id,
        bytes,
    };
    let entries = found.into_iter().zip(placed).map(entry).collect();
    Content::Lines { entries, damaged }
}

/// The damage at its place in the file, of which the part before `from` was not read.
fn moved(damage: Damage, from: u64) -> Damage {
    Damage {
        line: damage.line.filter(|_| from == 0),
        offset: from + damage.offset,
        end: from + damage.end,
        byte: from + damage.byte,
        ..damage
    }
}

/// The identity of a file.
pub(crate) fn inode(metadata: &Metadata) -> Inode {
    Inode { dev: metadata.dev(), ino: metadata.ino() }
}

fn modified(found: &Metadata) -> Option<Timestamp> {
    Timestamp::try_from(found.modified().ok()?).ok()
}

/// Never through a symbolic link, never waiting for the other end of a FIFO.
fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}
