//! What can go wrong between the tools and a repository.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use records::{Exit, Fault};

/// Why a repository could not be asked, or a program not be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder belongs to no repository.
    #[error("{path}: not inside a git repository", path = .path.display())]
    NotARepository {
        /// The folder.
        path: PathBuf,
    },
    /// A checkout is needed, and this is a git folder: a bare repository, or the `.git` of a checkout.
    #[error("{path}: {why}", path = .path.display(), why = no_checkout(.path))]
    Bare {
        /// The repository.
        path: PathBuf,
    },
    /// Git does not record where the main worktree is.
    #[error(
        "{path}: git does not record where the main worktree of this repository is",
        path = .path.display()
    )]
    MainUnknown {
        /// The git folder that all worktrees share.
        path: PathBuf,
    },
    /// A file of the repository's own is damaged.
    #[error("{path}: {why}", path = .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file could not be read or written.
    #[error("cannot {operation} {path}: {source}", path = .path.display())]
    Io {
        /// `read`, `write`, ….
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A program is not there.
    #[error("cannot run {program}: not found on PATH")]
    NotFound {
        /// Its name.
        program: String,
    },
    /// A program could not be started or waited for.
    #[error("cannot run {program}: {source}")]
    Spawn {
        /// Its name.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// A program took too long and was stopped, with all that it had started.
    #[error("{command}: still running after {limit:?}; it was stopped")]
    TimedOut {
        /// The command.
        command: String,
        /// The time that it was given.
        limit: Duration,
    },
    /// A program wanted to ask something on the terminal, where nobody would have answered. It was
    /// stopped.
    #[error("{command}: it wants to ask something on the terminal; it was stopped")]
    WantedTerminal {
        /// The command.
        command: String,
    },
    /// A signal asked this tool to stop while the program ran; the program was stopped too.
    #[error("{command}: interrupted by signal {signal}")]
    Interrupted {
        /// The command.
        command: String,
        /// The signal that this tool received.
        signal: i32,
    },
    /// A program ended with a status that means failure.
    #[error("{command}: {why}")]
    Failed {
        /// The command.
        command: String,
        /// Its exit status; `None` when a signal ended it.
        code: Option<i32>,
        /// What it said on stderr, or its status.
        why: String,
    },
}

fn no_checkout(git_dir: &Path) -> &'static str {
    if git_dir.file_name().is_some_and(|name| name == ".git") {
        "a git folder is no checkout to work in"
    } else {
        "a bare repository has no checkout to work in"
    }
}

impl Fault for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::NotARepository { .. } | Self::Bare { .. } | Self::MainUnknown { .. } => {
                Exit::Usage
            }
            Self::Damaged { .. } => Exit::Damaged,
            Self::Io { .. }
            | Self::NotFound { .. }
            | Self::Spawn { .. }
            | Self::TimedOut { .. }
            | Self::WantedTerminal { .. }
            | Self::Interrupted { .. }
            | Self::Failed { .. } => Exit::World,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotARepository { .. } => {
                Some("change into a checkout, or name one with --repo where the tool has it".into())
            }
            Self::Bare { .. } => Some("run the command in a worktree of the repository".into()),
            Self::MainUnknown { .. } => Some("run the command in the main worktree".into()),
            Self::WantedTerminal { .. } => {
                Some("set it up so that it asks nothing, such as with an agent for its keys".into())
            }
            Self::NotFound { program } => Some(format!("install {program} or add it to PATH")),
            _ => None,
        }
    }
}
