//! Which logs are read.

use std::path::{Path, PathBuf};

use cli::Failure;
use config::Section;
use repo::Place;
use serde::{Deserialize, Serialize};

use crate::args::PlaceArgs;

/// The section `projects` of `switchyard.yaml`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Projects {
    /// Folders of projects whose logs are shown together with that of this repository; relative ones
    /// begin at the folder of the file.
    pub roots: Vec<PathBuf>,
}

impl Section for Projects {
    const NAME: &'static str = "projects";
}

/// What holds for the repository around the working directory.
pub(crate) fn load() -> Result<config::Loaded<Projects>, Failure> {
    let place = Place::find(Path::new(".")).map_err(audit_log::Error::from)?;
    let top = place.main_worktree().map_err(audit_log::Error::from)?;
    Ok(config::load(top, top)?)
}

/// The folders whose logs are read; `None` is the repository around the working directory.
pub(crate) fn roots(given: PlaceArgs) -> Result<Vec<Option<PathBuf>>, Failure> {
    if !given.root.is_empty() {
        return Ok(given.root.into_iter().map(Some).collect());
    }
    let loaded = load()?;
    let folder = loaded.file.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    let others = loaded.section.roots.iter().map(|root| Some(folder.join(root)));
    Ok(std::iter::once(None).chain(others).collect())
}
