//! `--all-projects`: the worktrees of every project that `switchyard.yaml` lists.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cli::{Exit, Failure, Out, Tone};
use config::Projects;

use crate::here::Here;

use super::show::Shown;
use super::{Subjects, reading, repository};

/// Prints the rows of each project, in the order of the file.
pub(super) fn run(here: &Here, out: &mut Out) -> Result<Exit, Failure> {
    let top = here.main.as_deref().unwrap_or(&here.common_dir);
    let loaded = Projects::load(top)?;
    if loaded.section.0.is_empty() {
        let why = "there is no list of projects in switchyard.yaml";
        return Err(Failure::usage("--all-projects", why)
            .hint("projects:\n    - {name: talos, path: ../talos}"));
    }
    let mut met = BTreeSet::new();
    let mut exit = Exit::Yes;
    for project in &loaded.section.0 {
        let folder = loaded.folder(project);
        match one(&project.name, &folder, &mut met, out) {
            Ok(true) => {}
            Ok(false) => exit = Exit::World,
            Err(failure) if failure.is_closed_pipe() => return Err(failure),
            // The others are shown all the same.
            Err(failure) => {
                exit = Exit::World;
                out.note(&format!("project {}: {failure}", project.name));
            }
        }
    }
    Ok(exit)
}

/// Prints the rows of one project. Says whether everything about them is known.
fn one(
    name: &str,
    folder: &Path,
    met: &mut BTreeSet<PathBuf>,
    out: &mut Out,
) -> Result<bool, Failure> {
    let here = Here::find(folder)?;
    if !met.insert(here.common_dir.clone()) {
        return Err(Failure::world(folder.display(), "this repository was shown already"));
    }
    let processes = repository::processes();
    let subjects = Subjects::of(&here, out)?;
    out.page(|page| page.line(Tone::Strong, format_args!("{name}  {}", folder.display())))?;
    let mut shown = Shown::new(Some(name.to_owned()), &subjects, false);
    reading::each(&here, &subjects, processes, |row| shown.row(out, &row))
}
