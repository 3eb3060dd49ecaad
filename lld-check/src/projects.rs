//! The projects that one lead looks after, as `switchyard.yaml` lists them (runbook 0801, "Multi-Project
//! Orchestration").

use std::path::Path;

use cli::Failure;
use config::Projects;
use repo::Place;

/// One project.
#[derive(Debug)]
pub(crate) struct Project {
    /// What answers call it.
    pub(crate) name: String,
    /// Its repository on GitHub; `None` leaves it to `gh`.
    pub(crate) repo: Option<String>,
    /// Its checkout; the failure says why there is none.
    pub(crate) place: Result<Place, Failure>,
}

/// The projects whose names fit one of `names`, all of them when there is none, in the order of the file.
/// Without a list, the repository at `here` is the one project.
pub(crate) fn chosen(here: &Place, names: &[String]) -> Result<Vec<Project>, Failure> {
    let mut all = listed(here)?;
    let fits = |pattern: &String, project: &Project| {
        cli::fits(&pattern.to_lowercase(), &project.name.to_lowercase())
    };
    if let Some(name) = names.iter().find(|name| !all.iter().any(|project| fits(name, project))) {
        let known: Vec<&str> = all.iter().map(|project| project.name.as_str()).collect();
        return Err(Failure::usage(format_args!("--project {name}"), "there is no such project")
            .hint(format!("the projects are: {}", known.join(", "))));
    }
    all.retain(|project| names.is_empty() || names.iter().any(|name| fits(name, project)));
    Ok(all)
}

fn listed(here: &Place) -> Result<Vec<Project>, Failure> {
    let top = here.main_worktree().unwrap_or(here.worktree());
    let loaded = Projects::load(top)?;
    if loaded.section.0.is_empty() {
        let name = here.project_name().ok().filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| "this".into());
        return Ok(vec![Project { name, repo: None, place: Ok(here.clone()) }]);
    }
    let mut all: Vec<Project> = Vec::new();
    for project in &loaded.section.0 {
        let place = checkout(&loaded.folder(project));
        let common = |place: &Result<Place, Failure>| {
            place.as_ref().ok().map(|place| place.common_dir().to_owned())
        };
        let same = common(&place)
            .and_then(|dir| all.iter().find(|other| common(&other.place).as_ref() == Some(&dir)));
        if let Some(other) = same {
            let file = loaded.file.as_deref().unwrap_or(Path::new(config::FILE_NAME));
            let why = format!("projects {} and {} are one repository", other.name, project.name);
            return Err(Failure::usage(file.display(), why).hint("list it once"));
        }
        all.push(Project { name: project.name.clone(), repo: project.repo.clone(), place });
    }
    Ok(all)
}

/// The checkout whose top is `folder`.
fn checkout(folder: &Path) -> Result<Place, Failure> {
    let place = match Place::find(folder) {
        Err(repo::Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Err(Failure::usage(folder.display(), "no such folder")
                .hint("put right the path of the project in switchyard.yaml"));
        }
        found => found?,
    };
    if folder.canonicalize().ok().as_deref() != Some(place.worktree()) {
        let why =
            format!("it is inside of {}, not a checkout of its own", place.worktree().display());
        return Err(Failure::usage(folder.display(), why));
    }
    Ok(place)
}
