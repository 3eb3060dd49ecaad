//! Opening the file, and moving one aside that is damaged.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use audit_log::boot;
use rusqlite::{Connection, OpenFlags};

use super::trouble::Trouble;

/// How long others are waited for, who write for a moment.
const WAIT: Duration = Duration::from_millis(50);

/// Opens the file, and makes an empty one where there is none.
pub(super) fn open(path: &Path) -> Result<Connection, Trouble> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => {
            return Err(Trouble::Unwritable("it is no regular file".into()));
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(Trouble::Unwritable(error.to_string())),
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(WAIT)?;
    db.set_prepared_statement_cache_capacity(64);
    // A power failure is noticed by the boot in the header; where that is unknown, SQLite takes care.
    db.pragma_update(None, "synchronous", if boot() == 0 { "NORMAL" } else { "OFF" })?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    db.pragma_update(None, "cache_size", -32_768)?;
    Ok(db)
}

/// Moves a damaged file aside, with what SQLite keeps beside it.
pub(super) fn move_aside(path: &Path, seen: Option<(u64, u64)>) -> Result<(), Trouble> {
    if inode(path) != seen {
        // Somebody else has done so.
        return Ok(());
    }
    let stamp = cli::clock::now();
    let base = format!("{}Z", stamp.compact());
    let free = (0_u32..).map(|count| match count {
        0 => with(path, &format!(".corrupt-{base}")),
        count => with(path, &format!(".corrupt-{base}-{count}")),
    });
    let Some(aside) = free.into_iter().find(|aside| fs::symlink_metadata(aside).is_err()) else {
        return Err(Trouble::Busy);
    };
    for end in ["-journal", "-wal", "-shm"] {
        let (from, to) = (with(path, end), with(&aside, end));
        match fs::rename(from, to) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Trouble::Unwritable(error.to_string()));
            }
            _ => {}
        }
    }
    match fs::rename(path, &aside) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Trouble::Unwritable(error.to_string()))
        }
        _ => Ok(()),
    }
}

/// Which file is at the path.
pub(super) fn inode(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}
