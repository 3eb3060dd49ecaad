//! The refs that hold on to saved work: `refs/lanes/saved/<lane>/<time>`.

use cli::{Failure, clock};
use repo::Error;

use crate::here::Here;

/// A save that was made before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ref {
    /// In full.
    pub(crate) name: String,
    /// The commit.
    pub(crate) commit: String,
}

/// Those of a lane, oldest first.
pub(crate) fn of_lane(here: &Here, lane: &str) -> Result<Vec<Ref>, Error> {
    let space = format!("refs/lanes/saved/{lane}/");
    let args = ["for-each-ref", "--format=%(objectname) %(refname)", &space];
    let text = here.git().text(args)?;
    let refs = text.lines().filter_map(|line| line.split_once(' '));
    Ok(refs.map(|(commit, name)| Ref { name: name.into(), commit: commit.into() }).collect())
}

/// Makes a ref for the commit. The caller holds the lane's lock; the name is new even for the second
/// save of one millisecond.
pub(super) fn create(here: &Here, lane: &str, commit: &str) -> Result<String, Failure> {
    let taken = of_lane(here, lane)?;
    let mut time = clock::now().to_string();
    time.retain(|c| !matches!(c, '-' | ':'));
    let first = format!("refs/lanes/saved/{lane}/{time}");
    let mut name = first.clone();
    let mut number = 1;
    while taken.iter().any(|taken| taken.name == name) {
        number += 1;
        name = format!("{first}-{number}");
    }
    here.change(&["update-ref", &name, commit, ""])?;
    if let Err(error) = whole(here, &name, commit) {
        here.change(&["update-ref", "-d", &name, commit])?;
        let why =
            format!("what was written is not all there, as after `git gc --prune=now`: {error}");
        return Err(Failure::later(format_args!("cannot save lane {lane}"), why)
            .hint("run the command again when no collection runs"));
    }
    Ok(name)
}

/// Makes sure that every object of the save is there. Before the ref was, a collection that spares
/// nothing young could take each away again.
fn whole(here: &Here, name: &str, commit: &str) -> Result<(), Error> {
    let besides = format!("--exclude={name}");
    here.git().bytes(["rev-list", "--objects", "--quiet", commit, "--not", &besides, "--all"])?;
    Ok(())
}
