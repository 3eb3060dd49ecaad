//! Where a log is: its folder, its history, and the state of its consolidation.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use repo::Place;

use crate::{ACTIVE, Error, HISTORY, OLDER_HISTORY, QUARANTINE, RETIRED, state_name};

/// The places of one log. None of them need exist.
#[derive(Debug, Clone)]
pub struct Log {
    /// The `logs` folder, behind any symbolic link.
    pub logs: PathBuf,
    /// The history, behind any symbolic link.
    pub history: PathBuf,
    /// The lock that runs take; it is never removed.
    pub lock: PathBuf,
    /// What the present run is about to do.
    pub intent: PathBuf,
    /// The checkout that holds the history, if there is one.
    pub place: Option<Place>,
    /// What the project is called, where somebody said so.
    pub name: Option<String>,
}

impl Log {
    /// The log of the repository that `start` is in: that of its main worktree.
    pub fn of_repository(start: &Path) -> Result<Self, Error> {
        Self::at_logs(&Place::find(start)?.logs_dir()?)
    }

    /// The log of a project folder, or of its `logs` folder. A lane without a log of its own has that
    /// of its repository.
    pub fn at_root(root: &Path) -> Result<Self, Error> {
        let root = root.canonicalize().map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => Error::NoRoot { path: root.to_owned() },
            _ => Error::io("read", root)(cause),
        })?;
        if !root.is_dir() {
            return Err(Error::NoRoot { path: root });
        }
        let logs = root.join("logs");
        if logs.is_dir() {
            return Self::at_logs(&logs);
        }
        let is_logs = root.file_name().is_some_and(|name| name == "logs")
            || root.join(ACTIVE).is_dir()
            || root.join(HISTORY).is_file();
        if is_logs {
            return Self::at_logs(&root);
        }
        match Place::find(&root) {
            Ok(place) => Self::at_logs(&place.logs_dir()?),
            Err(repo::Error::NotARepository { .. }) => Self::at_logs(&logs),
            Err(other) => Err(other.into()),
        }
    }

    /// The log in the folder `logs`, which need not exist.
    pub fn at_logs(logs: &Path) -> Result<Self, Error> {
        let logs = match logs.canonicalize() {
            Ok(logs) => logs,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => logs.to_owned(),
            Err(cause) => return Err(Error::io("read", logs)(cause)),
        };
        let history = real_history(&logs.join(HISTORY))?;
        let folder = history.parent().unwrap_or(&logs).to_owned();
        let place = if folder.is_dir() { Place::find(&folder) } else { Self::not_there(&folder) };
        // The state belongs to the history, so whoever reaches it by another path meets the same lock.
        let (state, name, place) = match place {
            Ok(place) => {
                let below = history.strip_prefix(place.worktree()).unwrap_or(&history);
                let name = state_name(below);
                (place.git_dir().join("switchyard").join("consolidate"), name, Some(place))
            }
            Err(repo::Error::NotARepository { .. } | repo::Error::Bare { .. }) => {
                (folder, ".governance_history".to_owned(), None)
            }
            Err(other) => return Err(other.into()),
        };
        Ok(Self {
            lock: state.join(format!("{name}.lock")),
            intent: state.join(format!("{name}.intent")),
            logs,
            history,
            place,
            name: None,
        })
    }

    /// A folder that does not exist has no log, so it does not matter which repository it is in.
    fn not_there(folder: &Path) -> Result<Place, repo::Error> {
        Err(repo::Error::NotARepository { path: folder.to_owned() })
    }

    /// The history of the time when it had another name.
    pub fn older(&self) -> PathBuf {
        self.logs.join(OLDER_HISTORY)
    }

    /// What the project is called where its entries do not say it.
    pub fn project(&self) -> Option<String> {
        let folder = || Some(self.logs.parent()?.file_name()?.to_string_lossy().into_owned());
        self.name.clone().or_else(folder)
    }

    /// The folder of the shards.
    pub fn active(&self) -> PathBuf {
        self.logs.join(ACTIVE)
    }

    /// The folder of the shards that were folded in.
    pub fn retired(&self) -> PathBuf {
        self.active().join(RETIRED)
    }

    /// Where lines are kept that nobody can read: beside the history.
    pub fn quarantine(&self) -> PathBuf {
        self.history.with_file_name(QUARANTINE)
    }

    /// A history that is to take the place of the present one.
    pub fn replacement(&self) -> PathBuf {
        self.history.with_file_name(format!(".{HISTORY}.new"))
    }
}

/// The file behind a symbolic link; a link to nowhere is an error, because creating its target could
/// surprise.
fn real_history(path: &Path) -> Result<PathBuf, Error> {
    match fs::symlink_metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(cause) => Err(Error::io("read", path)(cause)),
        Ok(found) if found.is_symlink() => {
            let real = path.canonicalize().map_err(Error::io("follow the link", path))?;
            if real.is_file() { Ok(real) } else { Err(Error::NotRegular { path: real }) }
        }
        Ok(found) if found.is_file() => Ok(path.to_owned()),
        Ok(_) => Err(Error::NotRegular { path: path.to_owned() }),
    }
}
