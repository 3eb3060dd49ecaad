//! What can go wrong, and how the tool ends because of it.

use std::io;
use std::path::{Path, PathBuf};

use records::{Exit, Fault};

/// Why a log could not be folded. Nothing is lost by any of them: the shards stay.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot {op} {}: {cause}", path.display())]
    Io { op: &'static str, path: PathBuf, cause: io::Error },
    #[error("{} is not a regular file", path.display())]
    NotRegular { path: PathBuf },
    #[error("{}: another consolidate is at work on this log", logs.display())]
    Busy { logs: PathBuf },
    #[error("{}: somebody else wrote to it just now", history.display())]
    Changed { history: PathBuf },
    #[error("{}: somebody changed what stood in it just now", shard.display())]
    ShardChanged { shard: PathBuf },
    #[error("{}: {why}, so the interrupted run that {} describes can be neither finished nor undone", history.display(), intent.display())]
    Doubt { history: PathBuf, intent: PathBuf, why: String },
    #[error("cannot write down the intent: {0}")]
    Encode(serde_json::Error),
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Log(#[from] audit_log::Error),
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
            Self::Busy { .. } | Self::Changed { .. } | Self::ShardChanged { .. } => Exit::Later,
            Self::Doubt { .. } => Exit::Damaged,
            Self::Io { .. } | Self::NotRegular { .. } | Self::Encode(_) => Exit::World,
            Self::Journal(error) => error.exit(),
            Self::Log(error) => error.exit(),
            Self::Repo(error) => error.exit(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Changed { .. } | Self::ShardChanged { .. } => {
                Some("nothing was changed; run the command again in a moment".into())
            }
            Self::Doubt { intent, .. } => Some(format!(
                "nothing was changed; the end of the history before that run is kept behind the second \
                 line of {}: compare, then move that file away",
                intent.display()
            )),
            Self::NotRegular { .. } => Some("move it away".into()),
            // One line, because hooks meet it; the shards stay, and the next run takes them.
            Self::Busy { .. } | Self::Io { .. } | Self::Encode(_) => None,
            Self::Journal(error) => error.hint(),
            Self::Log(error) => error.hint(),
            Self::Repo(error) => error.hint(),
        }
    }
}
