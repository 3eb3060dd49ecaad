//! Opening files without following a link to somewhere else, without blocking on a FIFO, and syncing directories.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

use crate::Error;

/// What the flags have in common: no blocking on a FIFO, no controlling terminal. `O_CLOEXEC` is std's default.
const QUIET: OFlags = OFlags::NONBLOCK.union(OFlags::NOCTTY);

/// Opens a file for reading; a symbolic link is followed. `None` if there is none.
pub(crate) fn for_reading(path: &Path) -> Result<Option<File>, Error> {
    let opened = OpenOptions::new().read(true).custom_flags(bits(QUIET)).open(path);
    match opened {
        Ok(file) => regular(path, file).map(Some),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(refused(path, "open", cause)),
    }
}

/// Opens a file for reading and appending, creating it if it does not exist; a symbolic link is refused.
/// `None` if another process holds a lease on it, which is over soon.
pub(crate) fn for_appending(path: &Path) -> Result<Option<File>, Error> {
    let opened = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .custom_flags(bits(QUIET.union(OFlags::NOFOLLOW)))
        .open(path);
    match opened {
        Ok(file) => regular(path, file).map(Some),
        // With O_NONBLOCK the system does not wait for a lease (`F_SETLEASE`) to be broken.
        Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(cause) => Err(refused(path, "open", cause)),
    }
}

/// Opens a file that exists for writing at any place; a symbolic link is refused.
pub(crate) fn for_overwriting(path: &Path) -> Result<File, Error> {
    let flags = bits(QUIET.union(OFlags::NOFOLLOW));
    let opened = OpenOptions::new().write(true).custom_flags(flags).open(path);
    opened.map_err(|cause| refused(path, "open", cause)).and_then(|file| regular(path, file))
}

/// Whether two files are the same inode.
pub(crate) fn same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Makes the entries of the directory that `path` is in durable.
pub(crate) fn sync_parent(path: &Path) -> Result<(), Error> {
    let directory = parent(path);
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(Error::io(directory, "sync the directory"))
}

/// The directory that `path` is in.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

/// What `kind` is called in a message; `None` for a regular file.
pub(crate) fn other_than_regular(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        None
    } else if kind.is_symlink() {
        Some("a symbolic link")
    } else if kind.is_dir() {
        Some("a directory")
    } else if kind.is_fifo() {
        Some("a FIFO")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        Some("a device")
    }
}

fn regular(path: &Path, file: File) -> Result<File, Error> {
    let kind = file.metadata().map_err(Error::io(path, "stat"))?.file_type();
    match other_than_regular(kind) {
        None => Ok(file),
        Some(found) => Err(Error::NotRegular { path: path.to_owned(), found }),
    }
}

/// The error for a failed `open`: what stands at the path explains more than `ELOOP` or `ENXIO`.
fn refused(path: &Path, op: &'static str, cause: io::Error) -> Error {
    let found = fs::symlink_metadata(path).ok().and_then(|m| other_than_regular(m.file_type()));
    match found {
        Some(found) => Error::NotRegular { path: path.to_owned(), found },
        None => Error::io(path, op)(cause),
    }
}

fn bits(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}
