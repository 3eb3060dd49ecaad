//! Which files hold entries that are not in the history.

use std::collections::{HashMap, HashSet};
use std::fs::{self, FileType};
use std::io;
use std::os::unix::fs::{DirEntryExt as _, FileTypeExt as _};
use std::path::{Path, PathBuf};

use audit_log::{ACTIVE, Inode, Log, RETIRED, SourceName, inode};
use records::consolidate::Skipped;

use crate::error::Error;

/// A file in `active` or `.retired`.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub name: SourceName,
    pub path: PathBuf,
    /// Its path below the `logs` folder, for people.
    pub shown: String,
    pub inode: Inode,
    /// Its length when it was listed.
    pub len: u64,
}

impl Source {
    /// Whether it is in `.retired`.
    pub(crate) fn is_retired(&self) -> bool {
        self.path.parent().and_then(Path::file_name).is_some_and(|dir| dir == RETIRED)
    }
}

/// What the folders hold.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Files with bytes that are not in the history, in the order of their names.
    pub pending: Vec<Source>,
    /// Retired files that are in the history to their last byte.
    pub done: Vec<Source>,
    /// What is left for a later run or for a person.
    skipped: Vec<Skipped>,
    /// How much of that is for a person: a later run will not take it either.
    stuck: Vec<Skipped>,
    /// The highest number that a shard was taken as.
    claims: HashMap<String, u64>,
}

impl Listing {
    /// Lists the folders of `log`. Folders that do not exist hold nothing.
    pub(crate) fn read(log: &Log) -> Result<Self, Error> {
        Self::read_some(log, |_| true)
    }

    /// The same without looking at files whose inode number, as their folder tells it, is not `wanted`.
    /// A folder may tell another number than the file does (overlayfs), so what is not found here may be
    /// there all the same. The numbers for what is taken next are those of all files.
    pub(crate) fn read_some(log: &Log, wanted: impl Fn(u64) -> bool) -> Result<Self, Error> {
        let mut listing = Self::default();
        for (path, file_name, ino) in entries(&log.active())? {
            if let Some(name) = SourceName::active(&file_name) {
                listing.number(&name);
                if wanted(ino) {
                    listing.add(path, format!("{ACTIVE}/{file_name}"), name)?;
                }
            }
        }
        for (path, file_name, ino) in entries(&log.retired())? {
            let shown = format!("{ACTIVE}/{RETIRED}/{file_name}");
            match SourceName::retired(&file_name) {
                Some(name) => {
                    listing.number(&name);
                    if wanted(ino) {
                        listing.add(path, shown, name)?;
                    }
                }
                None => listing.skip(shown, "its name does not say how much of it was read"),
            }
        }
        listing.pending.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
        Ok(listing)
    }

    fn add(&mut self, path: PathBuf, shown: String, name: SourceName) -> Result<(), Error> {
        let found = match fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(Error::io("read", &path)(cause)),
        };
        if let Some(kind) = other_than_regular(found.file_type()) {
            self.skip(shown, &format!("it is {kind}, not a regular file"));
            return Ok(());
        }
        if !name.has_room() {
            self.skip(shown, "its name is too long to be given another one");
            return Ok(());
        }
        let source = Source { name, path, shown, inode: inode(&found), len: found.len() };
        if source.is_retired() && source.len == source.name.consumed {
            self.done.push(source);
        } else if source.len < source.name.consumed {
            self.skip(source.shown, "it is shorter than the part of it that was read before");
        } else {
            self.pending.push(source);
        }
        Ok(())
    }

    /// Whether every one of these files is pending.
    pub(crate) fn has_all(&self, files: &HashMap<Inode, u64>) -> bool {
        let found: HashSet<Inode> = self.pending.iter().map(|source| source.inode).collect();
        files.keys().all(|file| found.contains(file))
    }

    /// Remembers the number under which a file was taken.
    fn number(&mut self, name: &SourceName) {
        if name.is_taken() {
            let highest = self.claims.entry(name.stem.clone()).or_default();
            *highest = name.claim.max(*highest);
        }
    }

    /// Leaves a shard that no run can take.
    fn skip(&mut self, shard: String, why: &str) {
        self.leave(shard, why, false);
    }

    /// Leaves a shard; `passes` when a later run may take it.
    pub(crate) fn leave(&mut self, shard: String, why: &str, passes: bool) {
        let skipped = Skipped { shard, why: why.to_owned() };
        if !passes {
            self.stuck.push(skipped.clone());
        }
        self.skipped.push(skipped);
    }

    /// What was left, in the order of its names, and the part of it that no run can take.
    pub(crate) fn into_skipped(mut self) -> (Vec<Skipped>, Vec<Skipped>) {
        self.skipped.sort_by(|a, b| a.shard.cmp(&b.shard));
        self.stuck.sort_by(|a, b| a.shard.cmp(&b.shard));
        (self.skipped, self.stuck)
    }

    /// The number for the next file that is taken of the shard.
    pub(crate) fn next_claim(&mut self, stem: &str) -> u64 {
        let highest = self.claims.entry(stem.to_owned()).or_default();
        *highest += 1;
        *highest
    }
}

fn entries(folder: &Path) -> Result<Vec<(PathBuf, String, u64)>, Error> {
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(Error::io("list", folder)(cause)),
    };
    read.map(|entry| {
        let entry = entry.map_err(Error::io("list", folder))?;
        Ok((entry.path(), entry.file_name().to_string_lossy().into_owned(), entry.ino()))
    })
    .collect()
}

fn other_than_regular(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        None
    } else if kind.is_symlink() {
        Some("a symbolic link")
    } else if kind.is_dir() {
        Some("a directory")
    } else if kind.is_fifo() {
        Some("a FIFO")
    } else {
        Some("a socket or a device")
    }
}
