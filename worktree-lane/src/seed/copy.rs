//! Copying one file of the main worktree into a lane.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use cli::Failure;
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, Timespec, Timestamps, fchmod, fstat, futimens, ioctl_ficlone,
    openat, readlinkat, statat, symlinkat,
};
use rustix::io::Errno;

use super::folder;

/// Copies `name`: a file with its mode and times, a symbolic link as a link. A note says why a file
/// was not copied that cannot be read, or in whose place something has come.
pub(super) fn one(main: &Path, lane: &Path, name: &Path) -> Result<Option<String>, Failure> {
    let skipped = |why: &dyn std::fmt::Display| {
        Ok(Some(format!("not copied: {}: {why}", main.join(name).display())))
    };
    let file_name = name.file_name().unwrap_or_default();
    let from = match source(main, name) {
        Ok(Source::Other) => return skipped(&"it is neither a file nor a link"),
        Ok(found) => found,
        Err(error) => return skipped(&error),
    };
    let written = folder::open(lane, name, true).and_then(|to| match &from {
        Source::Link(target) => Ok(symlinkat(target.as_c_str(), &to, file_name)?),
        Source::File(file) => write(file, &to, Path::new(file_name)),
        Source::Other => Ok(()),
    });
    match written {
        Ok(()) => Ok(None),
        Err(error) => match Errno::from_io_error(&error) {
            Some(Errno::EXIST | Errno::LOOP | Errno::NOTDIR) => {
                skipped(&"something is in its place")
            }
            _ => Err(Failure::io("cannot write", &lane.join(name), &error)),
        },
    }
}

/// What is to be copied.
enum Source {
    Link(std::ffi::CString),
    File(File),
    Other,
}

fn source(main: &Path, name: &Path) -> io::Result<Source> {
    let folder = folder::open(main, name, false)?;
    let name = name.file_name().unwrap_or_default();
    match FileType::from_raw_mode(statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode) {
        FileType::Symlink => Ok(Source::Link(readlinkat(&folder, name, Vec::new())?)),
        FileType::RegularFile => {
            // It may have become a pipe just now: opening one would wait.
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let file = File::from(openat(&folder, name, flags, Mode::empty())?);
            Ok(if file.metadata()?.is_file() { Source::File(file) } else { Source::Other })
        }
        _ => Ok(Source::Other),
    }
}

/// Shares the bytes where the file system can, and copies them elsewhere.
fn write(from: &File, folder: &OwnedFd, name: &Path) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut to = File::from(openat(folder, name, flags, Mode::RUSR | Mode::WUSR)?);
    if ioctl_ficlone(&to, from).is_err() {
        let mut from = from;
        io::copy(&mut from, &mut to)?;
    }
    let like = fstat(from)?;
    fchmod(to.as_fd(), Mode::from_raw_mode(like.st_mode & 0o777))?;
    let time = |seconds, nanoseconds: u64| {
        let tv_nsec = nanoseconds.try_into().unwrap_or_default();
        Timespec { tv_sec: seconds, tv_nsec }
    };
    let times = Timestamps {
        last_access: time(like.st_atime, like.st_atime_nsec),
        last_modification: time(like.st_mtime, like.st_mtime_nsec),
    };
    Ok(futimens(&to, &times)?)
}
