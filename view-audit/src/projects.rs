//! Which logs are read.

use std::path::{Path, PathBuf};

use audit_log::Log;
use cli::Failure;
use config::{Loaded, Projects};
use repo::Place;

use crate::args::PlaceArgs;

/// A project whose log is read.
pub(crate) struct Root {
    /// Its folder; `None` is the repository around the working directory.
    folder: Option<PathBuf>,
    /// What the configuration calls it.
    name: Option<String>,
}

impl Root {
    /// The project at `folder`.
    pub(crate) fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), name: None }
    }

    /// Its log.
    pub(crate) fn log(&self) -> Result<Log, Failure> {
        let log = match &self.folder {
            Some(folder) => Log::at_root(folder)?,
            None => Log::of_repository(Path::new("."))?,
        };
        Ok(Log { name: self.name.clone(), ..log })
    }
}

/// What holds for the repository around the working directory.
pub(crate) fn load() -> Result<Loaded<Projects>, Failure> {
    let place = Place::find(Path::new(".")).map_err(audit_log::Error::from)?;
    let top = place.main_worktree().map_err(audit_log::Error::from)?;
    Ok(Projects::load(top)?)
}

/// The projects whose logs are read: those that were given, else this repository and those that its
/// configuration lists.
pub(crate) fn roots(given: PlaceArgs) -> Result<Vec<Root>, Failure> {
    if !given.root.is_empty() {
        let given = given.root.into_iter();
        return Ok(given.map(Root::at).collect());
    }
    let loaded = load()?;
    let listed: Vec<Root> = loaded
        .section
        .0
        .iter()
        .map(|project| Root {
            folder: Some(loaded.folder(project)),
            name: Some(project.name.clone()),
        })
        .collect();
    // A log that is met twice is read once, under the first name, and the list knows its name.
    let here = Root { folder: None, name: None };
    let own = here.log().ok().map(|log| log.logs);
    let is_own = |root: &Root| own.is_some() && root.log().ok().map(|log| log.logs) == own;
    let is_listed = listed.iter().any(is_own);
    Ok((!is_listed).then_some(here).into_iter().chain(listed).collect())
}
