//! A disk on which others are at work before every step of the run.

use std::cell::RefCell;
use std::io;
use std::path::Path;

use super::world::World;
use crate::crashing_disk::CrashingDisk;
use crate::disk::Disk;

/// Each step of a run goes through here: the world moves on, then the step is done, unless the run
/// was killed or the system refuses. A write is two steps, each of one half.
pub(super) struct Stepping {
    pub world: RefCell<World>,
    pub disk: CrashingDisk,
}

impl Stepping {
    pub(super) fn new(world: World) -> Self {
        Self { world: RefCell::new(world), disk: CrashingDisk::after(usize::MAX, false) }
    }

    fn step(&self, act: impl FnOnce(&CrashingDisk) -> io::Result<()>) -> io::Result<()> {
        self.world.borrow_mut().tick()?;
        act(&self.disk)
    }
}

impl Disk for Stepping {
    fn make_dir(&self, path: &Path) -> io::Result<()> {
        self.step(|disk| disk.make_dir(path))
    }

    fn create(&self, path: &Path) -> io::Result<()> {
        self.step(|disk| disk.create(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|disk| disk.rename(from, to))
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|disk| disk.replace(from, to))
    }

    fn keep_access(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|disk| disk.keep_access(from, to))
    }

    fn write_at(&self, path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let half = bytes.len() / 2;
        let (first, second) = bytes.split_at(half);
        self.step(|disk| disk.write_at(path, offset, first))?;
        self.step(|disk| disk.write_at(path, offset + half as u64, second))
    }

    fn set_len(&self, path: &Path, len: u64) -> io::Result<()> {
        self.step(|disk| disk.set_len(path, len))
    }

    fn reserve(&self, path: &Path, offset: u64, len: u64) -> io::Result<()> {
        self.step(|disk| disk.reserve(path, offset, len))
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.step(|disk| disk.sync_file(path))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.step(|disk| disk.sync_dir(path))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(|disk| disk.remove(path))
    }
}
