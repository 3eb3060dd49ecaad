//! Reaching a folder below a root without ever following a symbolic link.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
use rustix::io::Errno;

/// Opens the folder that `file` lies in. With `make`, folders that are missing are made.
pub(super) fn open(root: &Path, file: &Path, make: bool) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = openat(CWD, root, flags, Mode::empty())?;
    let parent = file.parent().unwrap_or(Path::new(""));
    for folder in parent.components() {
        let step =
            |at: &OwnedFd| openat(at, folder.as_os_str(), flags | OFlags::NOFOLLOW, Mode::empty());
        at = match step(&at) {
            Err(Errno::NOENT) if make => {
                match mkdirat(&at, folder.as_os_str(), Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                step(&at)?
            }
            other => other?,
        };
    }
    Ok(at)
}

/// Whether all that is there of the way to `file` are folders, and nothing is at `file`.
pub(super) fn is_clear(root: &Path, file: &Path) -> bool {
    let mut way: Vec<&Path> = file.ancestors().filter(|part| *part != Path::new("")).collect();
    way.reverse();
    for part in way {
        match fs::symlink_metadata(root.join(part)) {
            Ok(found) if found.is_dir() && part != file => {}
            Ok(_) => return false,
            Err(error) => return error.kind() == io::ErrorKind::NotFound,
        }
    }
    false
}
