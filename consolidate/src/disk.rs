//! The steps that change files. Everything that a run changes goes through here, one system call or
//! one kind of them a step, so that tests can stop a run between any two.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::{
    CWD, FallocateFlags, Gid, OFlags, RenameFlags, Uid, fallocate, fchown, renameat_with,
};
use rustix::io::Errno;

/// A disk that can be written to.
pub(crate) trait Disk {
    /// Makes a folder, if there is none.
    fn make_dir(&self, path: &Path) -> io::Result<()>;
    /// Makes an empty file, if there is none.
    fn create(&self, path: &Path) -> io::Result<()>;
    /// Gives a file another name, which must be free.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Puts a file in the place of another one.
    fn replace(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Gives the file at `to` the mode of the one at `from`, and its owner and group where the system
    /// permits it.
    fn keep_access(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Writes bytes at a place in a file.
    fn write_at(&self, path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts a file, or lets it grow.
    fn set_len(&self, path: &Path, len: u64) -> io::Result<()>;
    /// Sets blocks aside for `len` bytes at `offset`, where the file system can; the file's length stays.
    fn reserve(&self, path: &Path, offset: u64, len: u64) -> io::Result<()>;
    /// Makes the content of a file durable.
    fn sync_file(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Removes a name.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The file system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn make_dir(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            other => other,
        }
    }

    fn create(&self, path: &Path) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).custom_flags(no_follow());
        options.open(path).map(drop)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // A file system without the flag. Nobody else uses these names while we hold the lock.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                if to.symlink_metadata().is_ok() {
                    return Err(io::ErrorKind::AlreadyExists.into());
                }
                fs::rename(from, to)
            }
            other => other.map_err(io::Error::from),
        }
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn keep_access(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (old, new) = (fs::metadata(from)?, fs::metadata(to)?);
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            let file = open(to)?;
            let (owner, group) = (Uid::from_raw(old.uid()), Gid::from_raw(old.gid()));
            // Only root may give a file away; a group that we are in may still be kept. Where neither
            // is permitted, the file is ours.
            if fchown(&file, Some(owner), Some(group)).is_err() {
                _ = fchown(&file, None, Some(group));
            }
        }
        fs::set_permissions(to, old.permissions())
    }

    fn write_at(&self, path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
        open(path)?.write_all_at(bytes, offset)
    }

    fn set_len(&self, path: &Path, len: u64) -> io::Result<()> {
        open(path)?.set_len(len)
    }

    fn reserve(&self, path: &Path, offset: u64, len: u64) -> io::Result<()> {
        if len == 0 {
            return Ok(());
        }
        match fallocate(open(path)?, FallocateFlags::KEEP_SIZE, offset, len) {
            // Not every file system can; then a full disk shows at the write, which is undone.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
            other => other.map_err(io::Error::from),
        }
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        open(path)?.sync_data()
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).custom_flags(no_follow()).open(path)
}

/// Never through a symbolic link, never waiting for the other end of a FIFO.
fn no_follow() -> i32 {
    (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()
}
