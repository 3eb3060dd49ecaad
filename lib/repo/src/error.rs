//! What can go wrong between the tools and a repository.

use std::io;
use std::path::PathBuf;
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
    /// The repository has no checkout, and one is needed.
    #[error("{path}: a bare repository has no checkout to work in", path = .path.display())]
    Bare {
        /// The repository.
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

impl Fault for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::NotARepository { .. } | Self::Bare { .. } => Exit::Usage,
            Self::Damaged { .. } => Exit::Damaged,
            Self::Io { .. }
            | Self::NotFound { .. }
            | Self::Spawn { .. }
            | Self::TimedOut { .. }
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
            Self::NotFound { program } => Some(format!("install {program} or add it to PATH")),
            _ => None,
        }
    }
}
