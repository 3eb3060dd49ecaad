//! Which files make up the audit log, and in which order they are read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use audit_log::{ACTIVE, HISTORY, OLDER_HISTORY, RETIRED, SourceName};
use cli::Failure;
use journal::{Error, Line, Lines, MAX_LINE, Reverse};

/// How often the folder is listed until two listings agree.
const LISTINGS: usize = 8;

/// One file of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Log {
    /// Path from the root of the main worktree.
    pub(crate) name: String,
    /// Path on disk.
    pub(crate) path: PathBuf,
    /// Position in the order of the logs: histories before shards, shards by name and so by start.
    pub(crate) rank: usize,
    /// Whether it is a session shard, which is newer than the histories.
    pub(crate) live: bool,
    /// How many of its bytes are in the history, as its name says.
    pub(super) consumed: u64,
    /// What stands in the place of its end, which is half written.
    pub(super) old_end: Option<OldEnd>,
}

impl Log {
    /// Its lines from the first to the last; none when there is no such file.
    pub(super) fn lines(&self) -> Result<Box<dyn Iterator<Item = Result<Line, Error>>>, Error> {
        Ok(match self.mended()? {
            Some(mended) => Box::new(Lines::new(&self.path, mended, MAX_LINE)),
            None => Box::new(journal::read(&self.path)?),
        })
    }

    /// Its lines from the last to the first, without numbers.
    pub(super) fn reverse(&self) -> Result<Box<dyn Iterator<Item = Result<Line, Error>>>, Error> {
        Ok(match self.mended()? {
            Some(mended) => Box::new(Reverse::new(&self.path, mended, MAX_LINE)?),
            None => Box::new(journal::reverse(&self.path)?),
        })
    }

    fn mended(&self) -> Result<Option<Mended>, Error> {
        let Some(end) = self.old_end.clone() else { return Ok(None) };
        let file = File::open(&self.path).map_err(|cause| Error::Io {
            path: self.path.clone(),
            op: "open",
            cause,
        })?;
        Ok(Some(Mended { file, end, at: 0 }))
    }
}

/// The end of a history as it was before a run of `consolidate` that did not get to its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OldEnd {
    /// Where it begins.
    pub(super) from: u64,
    /// Its bytes.
    pub(super) bytes: Arc<[u8]>,
}

/// The beginning of a file, and other bytes behind that.
struct Mended {
    file: File,
    end: OldEnd,
    at: u64,
}

impl Read for Mended {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = if self.at < self.end.from {
            let left = usize::try_from(self.end.from - self.at).unwrap_or(usize::MAX);
            let size = left.min(buffer.len());
            self.file.read_at(buffer.get_mut(..size).unwrap_or_default(), self.at)?
        } else {
            let at = usize::try_from(self.at - self.end.from).unwrap_or(usize::MAX);
            self.end.bytes.get(at..).unwrap_or_default().read(buffer)?
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Mended {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let len = self.end.from + self.end.bytes.len() as u64;
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => len.checked_add_signed(by),
        };
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// The files below `logs`, **in the order in which they must be read**: the shards first. A shard
/// that `consolidate` folds in meanwhile is then found in the history, which is read after it.
pub(crate) fn list(logs: &Path) -> Result<Vec<Log>, Failure> {
    let histories = histories(logs);
    let mut all: Vec<Log> = shards(logs)?
        .into_iter()
        .enumerate()
        .map(|(at, (name, consumed))| Log {
            path: logs.join(&name),
            name: format!("logs/{name}"),
            rank: histories.len() + at,
            live: true,
            consumed,
            old_end: None,
        })
        .collect();
    all.extend(histories);
    Ok(all)
}

/// The histories, older name first: the predecessor wrote both, `consolidate` writes the second.
pub(crate) fn histories(logs: &Path) -> Vec<Log> {
    let named = |(rank, name)| Log {
        path: logs.join(name),
        name: format!("logs/{name}"),
        rank,
        live: false,
        consumed: 0,
        old_end: None,
    };
    [OLDER_HISTORY, HISTORY].into_iter().enumerate().map(named).collect()
}

/// The shards in order of their names, as paths below `logs`, and how many of their bytes are in the history. A rename during the listing can hide
/// a file from it, so two listings have to agree.
fn shards(logs: &Path) -> Result<Vec<(String, u64)>, Failure> {
    let mut names = listing(logs)?;
    for _ in 1..LISTINGS {
        let again = listing(logs)?;
        if again == names {
            break;
        }
        names = again;
    }
    Ok(names)
}

fn listing(logs: &Path) -> Result<Vec<(String, u64)>, Failure> {
    let mut shards = Vec::new();
    for name in names(&logs.join(ACTIVE))? {
        if let Some(source) = SourceName::active(&name) {
            shards.push((format!("{ACTIVE}/{name}"), source.consumed));
        }
    }
    // A writer that ignores the lock may have appended to a shard after it was folded in.
    for name in names(&logs.join(ACTIVE).join(RETIRED))? {
        let shard = format!("{ACTIVE}/{RETIRED}/{name}");
        let Some(source) = SourceName::retired(&name) else { continue };
        let found = logs.join(&shard).symlink_metadata();
        if found.is_ok_and(|found| found.len() > source.consumed) {
            shards.push((shard, source.consumed));
        }
    }
    shards.sort();
    Ok(shards)
}

fn names(dir: &Path) -> Result<Vec<String>, Failure> {
    let fail = |error: &io::Error| Failure::io("cannot list", dir, error);
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(fail(&e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|e| fail(&e))?.file_name().into_string();
        names.push(
            name.map_err(|name| {
                Failure::damaged(dir.join(name).display(), "the name is not UTF-8")
            })?,
        );
    }
    Ok(names)
}
