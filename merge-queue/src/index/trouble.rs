//! Why there is no index to answer from.

use rusqlite::ErrorCode;

/// Why there is no index to answer from. The journal answers then.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Somebody else is writing it.
    Busy,
    /// It cannot be opened or written, which is worth a note.
    Unwritable(String),
    /// What it holds is damaged, or not an index.
    Damaged(String),
    /// The journal has something that only a reader of all of it can judge.
    Journal,
}

impl Trouble {
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::PermissionDenied
                | ErrorCode::NoLargeFileSupport
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted,
            ) => Self::Unwritable(error.to_string()),
            // A table or a column that is missing is a form that is not ours.
            _ => Self::Damaged(error.to_string()),
        }
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        // The journal became shorter, or cannot be read: its own reader says so.
        drop(error);
        Self::Journal
    }
}
