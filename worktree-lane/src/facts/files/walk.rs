//! A walk through a worktree beside its index: what is as git last saw it needs no question.

use std::ffi::CStr;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, openat, statat};

use super::index::{Entry, Index, Stat};

/// What has to be asked, and what is known.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Names from the top of the worktree: tracked files that may differ, and what is not tracked.
    pub(super) ask: Vec<Vec<u8>>,
    /// When the newest tracked file was written.
    pub(super) changed: Option<SystemTime>,
}

/// Walks; `None` when something cannot be read.
pub(super) fn walk(root: &Path, index: &Index) -> Option<Walk> {
    let mut walker = Walker { index, walk: Walk::default(), buffer: Vec::with_capacity(32 << 10) };
    let top = open(CWD, root).ok()?;
    walker.folder(&top, 0..index.entries.len(), &mut Vec::new())?;
    Some(walker.walk)
}

fn open(at: impl AsFd, path: impl rustix::path::Arg) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(at, path, flags, Mode::empty())
}

struct Walker<'a> {
    index: &'a Index,
    walk: Walk,
    /// What the system lists of a folder.
    buffer: Vec<u8>,
}

/// What the index has in a folder: a file, or a folder with files.
struct Child<'a> {
    name: &'a [u8],
    entries: Range<usize>,
    is_folder: bool,
    seen: bool,
}

/// What the system lists in a folder.
struct Found {
    name: Vec<u8>,
    kind: FileType,
}

impl<'a> Walker<'a> {
    /// Looks at the folder `prefix` (empty, or ending in a slash), in which the index has `entries`.
    fn folder(&mut self, at: &OwnedFd, entries: Range<usize>, prefix: &mut Vec<u8>) -> Option<()> {
        let mut children = self.children(entries, prefix.len())?;
        let mut folders = Vec::new();
        for found in self.listed(at)? {
            let known = children.binary_search_by(|child| child.name.cmp(&found.name));
            let child = known.ok().and_then(|at| children.get_mut(at));
            match child {
                Some(child) if child.is_folder && found.kind == FileType::Directory => {
                    child.seen = true;
                    folders.push((child.name, child.entries.clone()));
                }
                Some(child) if !child.is_folder && found.kind != FileType::Directory => {
                    child.seen = true;
                    let entry = self.index.entries.get(child.entries.start)?;
                    self.file(at, entry)?;
                }
                // Neither tracked nor anything that the index has here.
                _ => self.ask(prefix, &found.name),
            }
        }
        for child in children.iter().filter(|child| !child.seen) {
            self.ask(prefix, child.name);
        }
        for (name, entries) in folders {
            let length = prefix.len();
            let below = open(at, name).ok()?;
            prefix.extend_from_slice(name);
            prefix.push(b'/');
            self.folder(&below, entries, prefix)?;
            prefix.truncate(length);
        }
        Some(())
    }

    fn ask(&mut self, prefix: &[u8], name: &[u8]) {
        self.walk.ask.push([prefix, name].concat());
    }

    /// What the index has right below, by name. Files of one folder stand together in the index.
    fn children(&self, entries: Range<usize>, prefix: usize) -> Option<Vec<Child<'a>>> {
        let mut children: Vec<Child<'a>> = Vec::new();
        for number in entries {
            let name = self.index.name(self.index.entries.get(number)?).get(prefix..)?;
            let slash = name.iter().position(|byte| *byte == b'/');
            let (name, is_folder) = match slash {
                Some(slash) => (name.get(..slash)?, true),
                None => (name, false),
            };
            match children.last_mut() {
                Some(last) if is_folder && last.is_folder && last.name == name => {
                    last.entries.end = number + 1;
                }
                _ => {
                    let entries = number..number + 1;
                    children.push(Child { name, entries, is_folder, seen: false });
                }
            }
        }
        children.sort_unstable_by(|a, b| a.name.cmp(b.name));
        // A name that is a file and a folder, or twice: git is asked.
        let is_twice = children.windows(2).any(|pair| matches!(pair, [a, b] if a.name == b.name));
        (!is_twice).then_some(children)
    }

    fn listed(&mut self, at: &OwnedFd) -> Option<Vec<Found>> {
        let mut found = Vec::new();
        let mut entries = RawDir::new(at, self.buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry.ok()?;
            let name = entry.file_name();
            // Git passes over every `.git`, too.
            if [c".", c"..", c".git"].contains(&name) {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => kind(at, name)?,
                kind => kind,
            };
            found.push(Found { name: name.to_bytes().to_vec(), kind });
        }
        Some(found)
    }

    /// Compares a tracked file with what git last saw.
    fn file(&mut self, at: &OwnedFd, entry: &Entry) -> Option<()> {
        let name = self.index.name(entry);
        let base = name.rsplit(|byte| *byte == b'/').next()?;
        let now = match statat(at, base, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(now) => now,
            Err(rustix::io::Errno::NOENT) => {
                self.walk.ask.push(name.to_vec());
                return Some(());
            }
            Err(_) => return None,
        };
        let seconds = u64::try_from(now.st_mtime).unwrap_or(0);
        let written = Duration::new(seconds, u32::try_from(now.st_mtime_nsec).unwrap_or(0));
        self.walk.changed = self.walk.changed.max(SystemTime::UNIX_EPOCH.checked_add(written));
        if !self.index.proves(entry, now.st_dev)
            || entry.stat != cut(&now)?
            || entry.mode != mode(now.st_mode)
        {
            self.walk.ask.push(name.to_vec());
        }
        Some(())
    }
}

fn kind(at: &OwnedFd, name: &CStr) -> Option<FileType> {
    let found = statat(at, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(FileType::from_raw_mode(found.st_mode))
}

/// As git cuts it. A file whose size does not fit proves nothing, and its size is never equal.
fn cut(now: &rustix::fs::Stat) -> Option<Stat> {
    let low = |value: u64| u32::try_from(value & 0xffff_ffff).ok();
    Some(Stat {
        changed: (low(now.st_ctime.cast_unsigned())?, low(now.st_ctime_nsec)?),
        written: (low(now.st_mtime.cast_unsigned())?, low(now.st_mtime_nsec)?),
        inode: low(now.st_ino)?,
        owner: now.st_uid,
        group: now.st_gid,
        size: u32::try_from(now.st_size).unwrap_or(0),
    })
}

/// The mode that git gives such a file; 0 for what it cannot track.
fn mode(mode: u32) -> u32 {
    match FileType::from_raw_mode(mode) {
        FileType::RegularFile if mode & 0o100 != 0 => 0o100_755,
        FileType::RegularFile => 0o100_644,
        FileType::Symlink => 0o120_000,
        _ => 0,
    }
}
