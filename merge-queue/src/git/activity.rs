//! When something last happened in a lane.

use std::path::{Path, PathBuf};

use records::Stamp;
use repo::Place;

/// The newest change among the files that git writes in the lane at `path` when its user adds, commits
/// or checks something out. `None` when the lane is not there, or is no worktree of this repository.
pub(crate) fn newest(ours: &Place, path: &Path) -> Option<Stamp> {
    let place = Place::find(path).ok()?;
    if place.common_dir() != ours.common_dir() {
        return None;
    }
    let files = ["index", "HEAD", "logs/HEAD", "COMMIT_EDITMSG"];
    let files = files.map(|name| place.git_dir().join(name));
    files.into_iter().filter_map(changed).max()
}

fn changed(file: PathBuf) -> Option<Stamp> {
    let modified = std::fs::metadata(file).and_then(|metadata| metadata.modified());
    modified.ok().and_then(Stamp::of_file)
}
