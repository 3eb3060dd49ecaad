//! The files that hold entries which are not in the history.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{DirEntryExt as _, FileExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use audit_log::{
    ACTIVE, Consumed, Inode, LONGEST, RETIRED, SourceName, inode, instants, modified, open_source,
    placed_without_time,
};
use jiff::Timestamp;
use journal::{Damage, Line, Lines};

use crate::first_line::{self, first_line};
use crate::head::head;
use crate::keep::{Kept, Lying};

/// A file, whatever its name: its number may be given to another file later, its birth too is not. Some
/// file systems do not know it.
pub(crate) type Identity = (Inode, Option<SystemTime>);

/// A file of the listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    pub name: SourceName,
    pub path: PathBuf,
    /// The number that its folder has for it. Some file systems have another one for the file itself.
    number: u64,
}

impl Source {
    /// The file that has its name now.
    pub(crate) fn identity(&self) -> io::Result<Identity> {
        fs::symlink_metadata(&self.path).map(|found| identity(&found))
    }
}

/// The identity of a file.
pub(crate) fn identity(found: &Metadata) -> Identity {
    (inode(found), found.created().ok())
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
            // The folder knows it, so nobody looks at each file.
            match entry.file_type() {
                Ok(found) if found.is_file() => {
                    self.sources.push(Source { name, path: entry.path(), number: entry.ino() });
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
    /// Its entries went where they are kept.
    Lines {
        damaged: Vec<Damage>,
        /// Which file it is.
        identity: Identity,
        /// How far it was read: to its end, or to a last line that is not finished.
        to: u64,
    },
    /// It is not there any more, or it is shorter than it was.
    Changed,
    /// It cannot be read.
    Unreadable(io::Error),
}

/// Reads sources, one after the other.
#[derive(Default)]
pub(crate) struct Reader {
    /// What was read last: one piece of memory for all.
    bytes: Vec<u8>,
}

impl Reader {
    /// Reads `source`, the number `index` of all. `consumed` is what an intent says is in the history.
    pub(crate) fn read(
        &mut self,
        (index, source): (usize, &Source),
        consumed: &[Consumed],
        kept: &mut Kept<'_>,
    ) -> Content {
        let part = match self.read_bytes(source, consumed) {
            Ok(part) => part,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Content::Changed,
            Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => return Content::Changed,
            Err(cause) => return Content::Unreadable(cause),
        };
        let to = part.from + part.length as u64;
        let Part { from, identity, .. } = part;
        let bytes = self.bytes.get(..part.length).unwrap_or_default();
        let placed = |lines: &[Lying<'_>]| {
            let stated: Vec<_> = lines.iter().map(|line| line.facts.at).collect();
            instants(&stated, placed_without_time(&source.name, part.modified))
        };
        if let Some(lines) = entries(bytes, from) {
            kept.add(index, &placed(&lines), lines);
            return Content::Lines { damaged: Vec::new(), identity, to };
        }
        let (lines, damaged) = match told_apart(&source.path, bytes, from) {
            Ok(lines) => lines,
            Err(error) => return Content::Unreadable(io::Error::other(error)),
        };
        let torn = damaged.last().filter(|(line, _)| !line.is_terminated());
        let to = torn.map_or(to, |(line, _)| line.offset);
        let lines: Vec<_> = lines.iter().map(|line| Lying::of(line.offset, &line.bytes)).collect();
        kept.add(index, &placed(&lines), lines);
        let damaged = damaged.into_iter().map(|(_, damage)| damage).collect();
        Content::Lines { damaged, identity, to }
    }

    fn read_bytes(&mut self, source: &Source, consumed: &[Consumed]) -> io::Result<Part> {
        let file = open_source(&source.path)?;
        let found = file.metadata()?;
        let identity = identity(&found);
        let part = consumed.iter().find(|part| part.inode == identity.0);
        let from = part.map_or(0, |part| part.to).max(source.name.consumed);
        let length = usize::try_from(found.len().saturating_sub(from)).unwrap_or(usize::MAX);
        if self.bytes.len() < length {
            self.bytes.resize(length, 0);
        }
        file.read_exact_at(self.bytes.get_mut(..length).unwrap_or_default(), from)?;
        Ok(Part { from, length, identity, modified: modified(&found) })
    }
}

/// What was read of a source.
struct Part {
    from: u64,
    length: usize,
    identity: Identity,
    modified: Option<Timestamp>,
}

/// The entries in `bytes`, which begin at `from`; `None` when a line is damaged or too long.
fn entries(bytes: &[u8], from: u64) -> Option<Vec<Lying<'_>>> {
    let mut lines = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let offset = from + at as u64;
        let (line, length) = first_line(rest, offset == 0, true)?;
        match line {
            first_line::Line::Entry(facts, bytes) => lines.push(Lying { offset, facts, bytes }),
            first_line::Line::Blank => {}
            first_line::Line::Damaged => return None,
        }
        at += length;
    }
    Some(lines)
}

type Damaged = (Line, Damage);

/// The entries and the damaged lines in `bytes`, which begin at `from`.
fn told_apart(
    path: &Path,
    bytes: &[u8],
    from: u64,
) -> Result<(Vec<Line>, Vec<Damaged>), journal::Error> {
    let (mut entries, mut damaged) = (Vec::new(), Vec::new());
    for line in Lines::starting_at(path, bytes, from, LONGEST) {
        let line = line?;
        match head(&line) {
            Ok(_) => entries.push(line),
            Err(damage) => damaged.push((line, damage)),
        }
    }
    Ok((entries, damaged))
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
