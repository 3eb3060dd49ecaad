//! Replacing a file as a whole, and creating one that must be new.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Gid, Uid};
use tempfile::NamedTempFile;

use crate::{Error, open};

/// What a new file may be at most; the umask takes from it.
const NEW_FILE_MODE: u32 = 0o666;

/// The permission bits with set-user-ID, set-group-ID and the sticky bit.
const ALL_BITS: u32 = 0o7777;

/// The set-user-ID and set-group-ID bits.
const SET_ID: u32 = 0o6000;

/// How many links from link to link are followed, as in the kernel.
const MOST_LINKS: u32 = 40;

/// Replaces the content of the file at `path` with what `write` writes: readers see the old file or the new one,
/// also after a crash.
///
/// * A symbolic link is kept; its target is replaced.
/// * The mode is kept, and owner and group where the system permits it. A new file gets the mode that the umask
///   leaves. Hard links keep the old content; ACLs and extended attributes are not kept.
/// * If anything fails, `write` included, the old file is untouched and nothing is left behind. (A process that is
///   killed leaves a file named `.<name>.<random>.tmp`, which nobody reads.)
///
/// This takes no lock: a file that others append to is not for replacing.
///
/// # Errors
///
/// [`Error::NotRegular`] or [`Error::Io`], also for what `write` returns.
pub fn replace(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let target = follow(path.as_ref())?;
    let old = match fs::symlink_metadata(&target) {
        Ok(metadata) => Some(metadata),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => None,
        Err(cause) => return Err(Error::io(&target, "stat")(cause)),
    };
    if let Some(found) = old.as_ref().and_then(|old| open::other_than_regular(old.file_type())) {
        return Err(Error::NotRegular { path: target, found });
    }
    let file = temporary(&target, write)?;
    if let Some(old) = old {
        keep_access(&target, file.as_file(), &old)?;
    }
    file.as_file().sync_all().map_err(Error::io(&target, "sync the new"))?;
    file.persist(&target).map_err(|error| Error::io(&target, "replace")(error.error))?;
    open::sync_parent(&target)
}

/// Creates the file at `path` with these bytes, whole or not at all, and never in place of another one.
///
/// # Errors
///
/// [`Error::Exists`] if there is anything at the path, be it a link to nowhere; [`Error::Io`].
pub fn create_new(path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), Error> {
    create_new_with(path.as_ref(), |file| file.write_all(bytes))
}

/// As [`create_new`], with what `write` writes.
///
/// # Errors
///
/// As [`create_new`], also for what `write` returns.
pub fn create_new_with(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let file = temporary(path, write)?;
    file.as_file().sync_all().map_err(Error::io(path, "sync"))?;
    file.persist_noclobber(path).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => Error::Exists { path: path.to_owned() },
        _ => Error::io(path, "create")(error.error),
    })?;
    open::sync_parent(path)
}

/// Creates a directory and those above it that do not exist, durably.
///
/// # Errors
///
/// [`Error::Io`].
pub fn create_dirs(path: impl AsRef<Path>) -> Result<(), Error> {
    let path = path.as_ref();
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    create_dirs(open::parent(path))?;
    match fs::create_dir(path) {
        Ok(()) => open::sync_parent(path),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(cause) => Err(Error::io(path, "create the directory")(cause)),
    }
}

/// A file beside `target` with the new content. It is removed when dropped.
fn temporary(
    target: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<NamedTempFile, Error> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let file = tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .suffix(".tmp")
        .permissions(Permissions::from_mode(NEW_FILE_MODE))
        .tempfile_in(open::parent(target))
        .map_err(Error::io(target, "create a temporary file beside"))?;
    let mut buffer = BufWriter::new(file.as_file());
    write(&mut buffer).and_then(|()| buffer.flush()).map_err(Error::io(target, "write the new"))?;
    drop(buffer);
    Ok(file)
}

/// Gives the new file the owner, group and mode of the old one. The owner comes first, because changing it clears
/// bits of the mode.
fn keep_access(path: &Path, file: &File, old: &Metadata) -> Result<(), Error> {
    let new = file.metadata().map_err(Error::io(path, "stat the new"))?;
    let mut mode = old.mode() & ALL_BITS;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        let (owner, group) = (Uid::from_raw(old.uid()), Gid::from_raw(old.gid()));
        if rustix::fs::fchown(file, Some(owner), Some(group)).is_err() {
            // Only root may give a file away. A group that we are in can still be kept; if not, the file is all ours.
            // Programs must not run as somebody else than before, so set-user-ID and set-group-ID go.
            mode &= !SET_ID;
            let _not_permitted = rustix::fs::fchown(file, None, Some(group));
        }
    }
    file.set_permissions(Permissions::from_mode(mode)).map_err(Error::io(path, "set the mode of"))
}

/// The file that `path` leads to through symbolic links. It need not exist.
fn follow(path: &Path) -> Result<PathBuf, Error> {
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = open::parent(&target).join(next),
            // EINVAL: not a link. ENOENT: nothing there yet.
            Err(cause)
                if matches!(
                    cause.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::NotFound
                ) =>
            {
                return Ok(target);
            }
            Err(cause) => return Err(Error::io(path, "read the link")(cause)),
        }
    }
    Err(Error::NotRegular { path: path.to_owned(), found: "a loop of symbolic links" })
}
