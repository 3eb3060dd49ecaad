//! Reading the files of a lane into git's object store, byte for byte.
//!
//! No filter and no conversion of line endings runs: what is saved is what is on the disk.

use std::ffi::OsStr;
use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use cli::Failure;
use rustix::fs::OFlags;

use crate::lane_git::LaneGit;

/// How often a file is read that is written to at the same time.
const TRIES: usize = 5;

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Taken {
    /// Its bytes are an object now.
    Blob { id: String, kind: Kind },
    /// As `Blob`, but it was being written to each time it was read.
    Unsteady { id: String, kind: Kind },
    /// It is not there.
    Gone,
    /// It is no file: a socket, a pipe, a device, or a folder.
    NoFile,
    /// It could not be read.
    Unreadable(String),
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Program,
    Link,
}

impl Kind {
    /// The mode that git has for it.
    pub(super) const fn mode(self) -> &'static str {
        match self {
            Self::Plain => "100644",
            Self::Program => "100755",
            Self::Link => "120000",
        }
    }
}

/// Reads the files with these names below `root`; the answers are in their order.
pub(super) fn files(git: &LaneGit, root: &Path, names: &[&[u8]]) -> Result<Vec<Taken>, Failure> {
    let mut taken = vec![Taken::Gone; names.len()];
    let mut waiting: Vec<usize> = (0..names.len()).collect();
    for turn in 1..=TRIES {
        let last = turn == TRIES;
        waiting = once(git, root, names, &waiting, last, &mut taken)?;
        if waiting.is_empty() {
            break;
        }
    }
    Ok(taken)
}

/// Reads some of them, and gives those that changed meanwhile.
fn once(
    git: &LaneGit,
    root: &Path,
    names: &[&[u8]],
    wanted: &[usize],
    last: bool,
    taken: &mut [Taken],
) -> Result<Vec<usize>, Failure> {
    let mut again = Vec::new();
    let mut regular = Vec::new();
    for at in wanted.iter().copied() {
        let name = names.get(at).copied().unwrap_or_default();
        let found = look(git, &root.join(OsStr::from_bytes(name)))?;
        match found {
            Look::Regular(before) => regular.push((at, name, before)),
            Look::Settled(what) => set(taken, at, what),
        }
    }
    let mut rest = regular.as_slice();
    while !rest.is_empty() {
        let input: Vec<u8> = rest.iter().flat_map(|(_, name, _)| quoted(name)).collect();
        let ids = hash(git, input)?;
        for ((at, name, before), id) in rest.iter().zip(&ids) {
            let (id, kind) = (id.clone(), before.kind());
            let after = fs::symlink_metadata(root.join(OsStr::from_bytes(name)));
            if after.is_ok_and(|after| Before::of(&after) == *before) {
                set(taken, *at, Taken::Blob { id, kind });
            } else {
                again.push(*at);
                set(taken, *at, Taken::Unsteady { id, kind });
            }
        }
        // Git stops at a file that it cannot read, as one that is cut off while it reads.
        let stopped = rest.get(ids.len());
        if let Some((at, ..)) = stopped {
            again.push(*at);
            if last {
                let why = "it changes all the time, or git cannot read it";
                set(taken, *at, Taken::Unreadable(why.into()));
            }
        }
        rest = rest.get(ids.len() + 1..).unwrap_or_default();
    }
    Ok(again)
}

fn set(taken: &mut [Taken], at: usize, what: Taken) {
    if let Some(place) = taken.get_mut(at) {
        *place = what;
    }
}

/// What of a file must be the same before and after it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Before {
    place: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    mode: u32,
}

impl Before {
    fn of(found: &Metadata) -> Self {
        Self {
            place: (found.dev(), found.ino()),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
            mode: found.mode(),
        }
    }

    const fn kind(&self) -> Kind {
        if self.mode & 0o100 == 0 { Kind::Plain } else { Kind::Program }
    }
}

enum Look {
    /// A file that git is to read.
    Regular(Before),
    /// Anything else, done with.
    Settled(Taken),
}

fn look(git: &LaneGit, path: &Path) -> Result<Look, Failure> {
    let settled = |error: &io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Look::Settled(Taken::Gone),
        _ => Look::Settled(Taken::Unreadable(error.to_string())),
    };
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) => return Ok(settled(&error)),
    };
    if found.is_symlink() {
        return match fs::read_link(path) {
            Ok(target) => {
                let id = blob(git, target.as_os_str().as_bytes().to_vec())?;
                Ok(Look::Settled(Taken::Blob { id, kind: Kind::Link }))
            }
            Err(error) => Ok(settled(&error)),
        };
    }
    if !found.is_file() {
        return Ok(Look::Settled(Taken::NoFile));
    }
    // Not waiting, in case it has become a pipe just now.
    let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
    match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(_) => Ok(Look::Regular(Before::of(&found))),
        Err(error) => Ok(settled(&error)),
    }
}

/// Writes an object with these bytes.
pub(super) fn blob(git: &LaneGit, bytes: Vec<u8>) -> Result<String, Failure> {
    let id = git.bytes_with(&["hash-object", "-w", "--stdin", "--no-filters"], bytes)?;
    Ok(String::from_utf8_lossy(&id).trim().to_owned())
}

/// The objects of the files, up to the first that cannot be read.
fn hash(git: &LaneGit, names: Vec<u8>) -> Result<Vec<String>, Failure> {
    let args = ["hash-object", "-w", "--no-filters", "--stdin-paths"];
    let ran = git.program(args).stdin(names).run()?;
    let text = String::from_utf8_lossy(&ran.stdout);
    let ids: Vec<String> = text.lines().map(str::to_owned).collect();
    if ran.ok() || read_failed(&ran.stderr) || ran.signal().is_some() {
        return Ok(ids);
    }
    Err(Failure::from(git.failure(&args, &ran)))
}

/// Whether git stopped because of the file, and not because it could not write the object.
fn read_failed(stderr: &[u8]) -> bool {
    let said = String::from_utf8_lossy(stderr);
    !["unable to write", "No space left", "insufficient permission", "Read-only", "Disk quota"]
        .iter()
        .any(|sign| said.contains(sign))
}

/// A line for `hash-object --stdin-paths`: in quotes, so that any byte may be in the name.
fn quoted(name: &[u8]) -> Vec<u8> {
    let mut line = vec![b'"'];
    for byte in name {
        match byte {
            b'\n' => line.extend_from_slice(b"\\n"),
            b'"' | b'\\' => line.extend_from_slice(&[b'\\', *byte]),
            other => line.push(*other),
        }
    }
    line.extend_from_slice(b"\"\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_every_byte() {
        assert_eq!(quoted(b"a b"), b"\"a b\"\n");
        assert_eq!(quoted(b"-\n\"\\\r\xff"), b"\"-\\n\\\"\\\\\r\xff\"\n");
    }

    #[test]
    fn a_full_disk_is_no_unreadable_file() {
        assert!(read_failed(b"fatal: could not open 'x' for reading: Permission denied"));
        assert!(!read_failed(b"error: unable to write file .git/objects/ab: No space left"));
    }
}
