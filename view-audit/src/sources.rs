//! The files that hold entries which are not in the history.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use audit_log::{
    ACTIVE, Consumed, Fresh, Head, Inode, LONGEST, RETIRED, SourceName, inode, instants, modified,
    open_source, placed_without_time,
};
use jiff::Timestamp;
use journal::{Damage, Lines};

use crate::head::head;

/// A file of the listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    pub name: SourceName,
    pub path: PathBuf,
    pub inode: Inode,
    /// When the file was made, where the file system knows it: another file may get its number later.
    pub born: Option<SystemTime>,
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
    listing.sources.sort();
    listing.skipped.sort();
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
                    let (inode, born) = (inode(&found), found.created().ok());
                    self.sources.push(Source { name, path: entry.path(), inode, born });
                }
                Ok(_) => self.skipped.push(entry.path()),
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(cause) => return Err(cause),
            }
        }
        Ok(())
    }

    /// Whether, going by a later listing, `consolidate` renamed nothing since this one was begun.
    ///
    /// Every file is still there under its name, and none is new but shards that a writer began. A file
    /// that is renamed while its folder is listed may be listed under neither name; it is then in the
    /// later listing alone, under a name that only `consolidate` gives.
    pub(crate) fn holds_in(&self, later: &Self) -> bool {
        let is_known = |source: &Source| self.sources.binary_search(source).is_ok();
        self.sources.iter().all(|source| later.sources.binary_search(source).is_ok())
            && later.sources.iter().all(|source| !source.name.is_taken() || is_known(source))
    }
}

/// What a source holds behind the part that is in the history.
#[derive(Debug)]
pub(crate) enum Content {
    Lines {
        entries: Vec<Fresh>,
        damaged: Vec<Damage>,
        /// How far it was read: to its end, or to a last line that is not finished.
        to: u64,
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
    let file = open_source(&source.path)?;
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
    let mut to = from + bytes.len() as u64;
    for line in Lines::starting_at(&source.path, bytes, from, LONGEST) {
        let line = match line {
            Ok(line) => line,
            Err(error) => return Content::Unreadable(io::Error::other(error)),
        };
        match head(&line) {
            Ok(head) => found.push((head, line.offset, line.bytes)),
            Err(damage) => {
                if !line.is_terminated() {
                    to = line.offset;
                }
                damaged.push(damage);
            }
        }
    }
    let stated: Vec<_> = found.iter().map(|(head, ..)| head.timestamp).collect();
    let otherwise = placed_without_time(&source.name, modified);
    let placed = instants(&stated, otherwise);
    let entry = |((head, offset, bytes), at): ((Head, u64, Vec<u8>), Timestamp)| Fresh {
        at,
        source: index,
        offset,
        id: head.id,
        bytes,
    };
    let entries = found.into_iter().zip(placed).map(entry).collect();
    Content::Lines { entries, damaged, to }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_only_later_under_a_name_that_consolidate_gives_was_missed() {
        let scratch = testkit::Scratch::new();
        let logs = scratch.path("logs");
        scratch.write("logs/active/a.jsonl", "{}\n");
        let first = list(&logs).unwrap();
        assert!(first.holds_in(&first));
        scratch.write("logs/active/b.jsonl", "{}\n");
        assert!(first.holds_in(&list(&logs).unwrap()), "a writer may begin a shard at any time");
        for taken in ["logs/active/c.claim-1.jsonl", "logs/active/.retired/c.claim-1.3"] {
            let path = scratch.write(taken, "{}\n");
            assert!(!first.holds_in(&list(&logs).unwrap()), "{taken}");
            fs::remove_file(path).unwrap();
        }
        fs::remove_file(scratch.path("logs/active/a.jsonl")).unwrap();
        assert!(!first.holds_in(&list(&logs).unwrap()));
    }
}
