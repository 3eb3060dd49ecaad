//! Why a log cannot be found.

use std::io;
use std::path::{Path, PathBuf};

use records::{Exit, Fault};

/// Why a folder has no log that can be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A folder or link could not be looked at.
    #[error("cannot {op} {}: {cause}", path.display())]
    Io {
        /// What was tried.
        op: &'static str,
        /// The path.
        path: PathBuf,
        /// Why it failed.
        cause: io::Error,
    },
    /// The folder that was named does not exist.
    #[error("{}: no such folder", path.display())]
    NoRoot {
        /// The folder.
        path: PathBuf,
    },
    /// The history is something else than a file.
    #[error("{} is not a regular file", path.display())]
    NotRegular {
        /// The path.
        path: PathBuf,
    },
    /// The folder belongs to no repository that has a log.
    #[error(transparent)]
    Repo(#[from] repo::Error),
}

impl Error {
    /// For `map_err`.
    pub(crate) fn io(op: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Io { op, path: path.to_owned(), cause }
    }
}

impl Fault for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::NoRoot { .. } => Exit::Usage,
            Self::Io { .. } | Self::NotRegular { .. } => Exit::World,
            Self::Repo(error) => error.exit(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoRoot { .. } => Some("name a project folder or its logs folder".into()),
            Self::NotRegular { .. } => Some("move it away".into()),
            Self::Io { .. } => None,
            Self::Repo(repo::Error::NotARepository { .. }) => {
                Some("change into a checkout, or name a project folder with --root".into())
            }
            Self::Repo(repo::Error::Bare { .. } | repo::Error::MainUnknown { .. }) => Some(
                "a log stands in a main worktree: change into it, or name the folder of the log with --root"
                    .into(),
            ),
            Self::Repo(error) => error.hint(),
        }
    }
}
