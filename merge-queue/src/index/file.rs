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
    // Counts for a file that is made: all of the accounts are read at once.
    db.pragma_update(None, "page_size", 16_384)?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    db.pragma_update(None, "cache_size", -32_768)?;
    Ok(db)
}

/// Whether the file is as long as it says. SQLite misses a page only when it needs it, and people would
/// miss rows. Within a transaction.
pub(super) fn is_whole(db: &Connection, path: &Path) -> Result<(), Trouble> {
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let length = number("page_count")?.saturating_mul(number("page_size")?);
    let found = fs::metadata(path).map_err(|error| Trouble::Unwritable(error.to_string()))?;
    if i64::try_from(found.len()) == Ok(length) {
        Ok(())
    } else {
        Err(Trouble::damaged("it is cut off"))
    }
}

/// Moves a damaged file aside, with what SQLite keeps beside it. Gives where it is now.
pub(super) fn move_aside(path: &Path) -> Result<PathBuf, Trouble> {
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
        _ => Ok(aside),
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
