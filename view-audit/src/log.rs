//! Where a log is.

use std::io;
use std::path::{Path, PathBuf};

use cli::{Exit, Failure};
use records::consolidate::{ACTIVE, HISTORY, OLDER_HISTORY, state_name};
use repo::Place;

/// The places of one log. None of them need exist.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    /// The `logs` folder.
    pub logs: PathBuf,
    /// The history, behind any symbolic link.
    pub history: PathBuf,
    /// The history of the time when it had another name.
    pub older: PathBuf,
    /// What `consolidate` is about to do.
    pub intent: PathBuf,
}

impl Log {
    /// The log of the repository that `start` is in: that of its main worktree.
    pub(crate) fn of_repository(start: &Path) -> Result<Self, Failure> {
        Self::at_logs(&Place::find(start)?.logs_dir()?)
    }

    /// The log of a project folder, or of its `logs` folder. A lane without a log of its own has that
    /// of its repository.
    pub(crate) fn at_root(given: &Path) -> Result<Self, Failure> {
        let root = given.canonicalize().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::new(Exit::Usage, given.display(), "no such folder")
                .hint("name a project folder or its logs folder"),
            _ => Failure::io("cannot read", given, &error),
        })?;
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

    fn at_logs(logs: &Path) -> Result<Self, Failure> {
        let logs = real(logs)?;
        let history = real(&logs.join(HISTORY))?;
        let folder = history.parent().unwrap_or(&logs).to_owned();
        let intent = if folder.is_dir() { intent_of(&history, &folder)? } else { folder };
        Ok(Self { older: logs.join(OLDER_HISTORY), logs, history, intent })
    }

    /// What the project is called where its entries do not say it.
    pub(crate) fn project(&self) -> Option<String> {
        let name = self.logs.parent()?.file_name()?;
        Some(name.to_string_lossy().into_owned())
    }
}

/// Where `consolidate` keeps the intent for the history: with its repository, or else beside it.
fn intent_of(history: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    match Place::find(folder) {
        Ok(place) => {
            let below = history.strip_prefix(place.worktree()).unwrap_or(history);
            let state = place.git_dir().join("switchyard").join("consolidate");
            Ok(state.join(format!("{}.intent", state_name(below))))
        }
        Err(repo::Error::NotARepository { .. } | repo::Error::Bare { .. }) => {
            Ok(folder.join(".governance_history.intent"))
        }
        Err(other) => Err(other.into()),
    }
}

/// The path behind symbolic links; as it is when nothing is there.
fn real(path: &Path) -> Result<PathBuf, Failure> {
    match path.canonicalize() {
        Ok(real) => Ok(real),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(Failure::io("cannot read", path, &error)),
    }
}
