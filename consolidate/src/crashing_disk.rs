//! A disk that stops working at a chosen step, as it does for a process that is killed there, and that
//! can then lose what was not synced, as a disk does whose power fails.
//!
//! Syncs do not reach the real disk; they end what can be lost. What can be lost:
//!
//! * of every file, the changes from some point on; but any part of what was written after it may be
//!   there all the same, because a disk writes pages in the order that suits it;
//! * every rename, creation and removal by itself, until the folders it is in are synced. A rename is
//!   atomic, as on every file system that is used for repositories.

use std::cell::{Cell, RefCell};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use audit_log::{Inode, inode};
use testkit::Rng;

use crate::disk::{Disk, RealDisk};

/// See the module.
pub(crate) struct CrashingDisk {
    left: Cell<usize>,
    /// Whether a write that is not allowed any more is half done.
    tears: bool,
    torn: Cell<bool>,
    done: Cell<usize>,
    changes: RefCell<Vec<Change>>,
    names: RefCell<Vec<(Name, Vec<PathBuf>)>>,
}

/// What a change of a file's content has overwritten or cut off.
struct Change {
    inode: Inode,
    file: File,
    len: u64,
    offset: u64,
    before: Vec<u8>,
    /// What the change wrote, to do half of it.
    wrote: Vec<u8>,
}

impl Change {
    fn take_back(&self) -> io::Result<()> {
        self.file.write_all_at(&self.before, self.offset)?;
        self.file.set_len(self.len)
    }

    /// A part of it; what is before it in the file and was never there reads as NULs.
    fn do_again(&self, part: Range<usize>) -> io::Result<()> {
        let offset = self.offset + part.start as u64;
        self.file.write_all_at(&self.wrote[part], offset)
    }
}

/// How a change of names is taken back.
enum Name {
    Renamed { from: PathBuf, to: PathBuf },
    Replaced { from: PathBuf, to: PathBuf, old: PathBuf },
    Created(PathBuf),
    Removed { path: PathBuf, old: PathBuf },
}

impl CrashingDisk {
    /// It works for `steps` steps.
    pub(crate) fn after(steps: usize, tears: bool) -> Self {
        Self {
            left: Cell::new(steps),
            tears,
            torn: Cell::new(false),
            done: Cell::new(0),
            changes: RefCell::default(),
            names: RefCell::default(),
        }
    }

    /// It works again, for `steps` steps. What was not synced can still be lost.
    pub(crate) fn revive(&self, steps: usize) {
        self.left.set(steps);
    }

    /// Whether a write was half done.
    pub(crate) fn tore(&self) -> bool {
        self.torn.get()
    }

    /// How many steps were done.
    pub(crate) fn steps(&self) -> usize {
        self.done.get()
    }

    fn step(&self, act: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(io::Error::other("crashed"));
        };
        self.left.set(left);
        act()?;
        self.done.set(self.done.get() + 1);
        Ok(())
    }

    /// Keeps what stands from `offset` to `end`.
    fn remember(&self, path: &Path, offset: u64, end: u64, wrote: &[u8]) -> io::Result<()> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let found = file.metadata()?;
        let kept = found.len().min(end).saturating_sub(offset);
        let mut before = vec![0; usize::try_from(kept).unwrap()];
        file.read_exact_at(&mut before, offset)?;
        let (inode, len, wrote) = (inode(&found), found.len(), wrote.to_vec());
        self.changes.borrow_mut().push(Change { inode, file, len, offset, before, wrote });
        Ok(())
    }

    fn named(&self, name: Name, folders: &[&Path]) {
        let folders = folders.iter().map(|path| path.parent().unwrap().to_owned()).collect();
        self.names.borrow_mut().push((name, folders));
    }

    /// A second name for a file that is about to lose its first.
    fn keep(path: &Path) -> io::Result<PathBuf> {
        let dir = path.parent().unwrap();
        let kept = (0..9).map(|n| dir.join(format!(".kept-{n}"))).find(|kept| !kept.exists());
        let kept = kept.unwrap();
        fs::hard_link(path, &kept)?;
        Ok(kept)
    }

    /// Takes back some of what was not synced.
    pub(crate) fn lose_power(&self, rng: &mut Rng) {
        let mut changes = std::mem::take(&mut *self.changes.borrow_mut());
        let mut files: Vec<Inode> = changes.iter().map(|change| change.inode).collect();
        files.sort_unstable();
        files.dedup();
        for file in files {
            let mut of_file: Vec<Change> = Vec::new();
            let mut others = Vec::new();
            for change in changes {
                if change.inode == file { of_file.push(change) } else { others.push(change) }
            }
            changes = others;
            let kept = rng.usize(..=of_file.len());
            let lost = of_file.split_off(kept);
            for change in lost.iter().rev() {
                change.take_back().unwrap();
            }
            for change in lost.iter().filter(|change| !change.wrote.is_empty()) {
                if rng.bool() {
                    let from = if rng.bool() { 0 } else { rng.usize(..change.wrote.len()) };
                    let to = if rng.bool() {
                        change.wrote.len()
                    } else {
                        rng.usize(from..=change.wrote.len())
                    };
                    change.do_again(from..to).unwrap();
                }
            }
        }
        for (name, _) in self.names.borrow_mut().drain(..).rev() {
            let back = rng.bool();
            match name {
                Name::Renamed { from, to } if back => {
                    // A later change may have taken either name.
                    if to.exists() && !from.exists() {
                        fs::rename(to, from).unwrap();
                    }
                }
                Name::Replaced { from, to, old } => {
                    if back {
                        fs::rename(&to, from).unwrap();
                        fs::rename(old, to).unwrap();
                    } else {
                        fs::remove_file(old).unwrap();
                    }
                }
                Name::Created(path) if back => RealDisk.remove(&path).unwrap(),
                Name::Removed { path, old } => {
                    if back {
                        fs::rename(old, path).unwrap();
                    } else {
                        fs::remove_file(old).unwrap();
                    }
                }
                Name::Renamed { .. } | Name::Created(_) => {}
            }
        }
    }
}

impl Drop for CrashingDisk {
    fn drop(&mut self) {
        for (name, _) in self.names.borrow_mut().drain(..) {
            if let Name::Replaced { old, .. } | Name::Removed { old, .. } = name {
                RealDisk.remove(&old).unwrap();
            }
        }
    }
}

impl Disk for CrashingDisk {
    fn make_dir(&self, path: &Path) -> io::Result<()> {
        self.step(|| RealDisk.make_dir(path))
    }

    fn create(&self, path: &Path) -> io::Result<()> {
        self.step(|| {
            RealDisk.create(path)?;
            self.named(Name::Created(path.to_owned()), &[path]);
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|| {
            RealDisk.rename(from, to)?;
            self.named(Name::Renamed { from: from.into(), to: to.into() }, &[from, to]);
            Ok(())
        })
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|| {
            let old = Self::keep(to)?;
            RealDisk.replace(from, to)?;
            self.named(Name::Replaced { from: from.into(), to: to.into(), old }, &[from, to]);
            Ok(())
        })
    }

    fn keep_access(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|| RealDisk.keep_access(from, to))
    }

    fn write_at(&self, path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if self.left.get() == 0 && self.tears && !self.torn.replace(true) {
            self.remember(path, offset, offset + bytes.len() as u64, bytes)?;
            RealDisk.write_at(path, offset, &bytes[..bytes.len() / 2])?;
        }
        self.step(|| {
            self.remember(path, offset, offset + bytes.len() as u64, bytes)?;
            RealDisk.write_at(path, offset, bytes)
        })
    }

    fn set_len(&self, path: &Path, len: u64) -> io::Result<()> {
        self.step(|| {
            self.remember(path, len, u64::MAX, &[])?;
            RealDisk.set_len(path, len)
        })
    }

    fn reserve(&self, path: &Path, offset: u64, len: u64) -> io::Result<()> {
        self.step(|| RealDisk.reserve(path, offset, len))
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.step(|| {
            let synced = inode(&fs::metadata(path)?);
            self.changes.borrow_mut().retain(|change| change.inode != synced);
            Ok(())
        })
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.step(|| {
            let mut kept = Vec::new();
            for (name, mut folders) in self.names.borrow_mut().drain(..) {
                folders.retain(|folder| folder != path);
                if !folders.is_empty() {
                    kept.push((name, folders));
                } else if let Name::Replaced { old, .. } | Name::Removed { old, .. } = name {
                    fs::remove_file(old)?;
                }
            }
            self.names.replace(kept);
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(|| {
            if path.exists() {
                let old = Self::keep(path)?;
                RealDisk.remove(path)?;
                self.named(Name::Removed { path: path.to_owned(), old }, &[path]);
            }
            Ok(())
        })
    }
}
