//! Whether the uncommitted work of a lane is held by a save of that lane, to the byte.

use std::path::Path;

use cli::Failure;

use crate::here::Here;
use crate::lane_git::LaneGit;
use crate::save::refs;
use crate::save::snapshot::{self, Subject};
use crate::scratch::Scratch;

use super::Facts;

/// What a save holds. What is not known is not held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The changes of tracked files and the untracked files, as they are now.
    pub(crate) work: bool,
    /// All ignored files too.
    pub(crate) ignored: bool,
}

/// Compares the lane as it is now with its saves. The caller holds the lane's lock.
///
/// The state is taken anew, as `save` takes it: a save holds the work when its commit is the same.
pub(crate) fn kept(here: &Here, facts: &Facts, path: &Path, admin: &Path) -> Result<Kept, Failure> {
    let changed = facts.changes.known().is_some_and(|changes| {
        !(changes.tracked.is_empty() && changes.untracked.is_empty() && changes.hidden.is_empty())
    });
    let precious = facts.ignored.known().is_some_and(|ignored| !ignored.precious.is_empty());
    let saves = refs::of_lane(here, &facts.lane)?;
    if saves.is_empty() || !(changed || precious) {
        return Ok(Kept::default());
    }
    let git = LaneGit::new(path, admin);
    let subject = Subject { git: &git, path, admin, lane: &facts.lane };
    let scratch = Scratch::new(here, &facts.lane)?;
    let held = |ignored: bool| {
        let now = snapshot::take(subject, &scratch, ignored)?;
        let same = |commit: &String| saves.iter().any(|save| save.commit == *commit);
        Ok::<_, Failure>(now.missed.is_empty() && now.commit.as_ref().is_some_and(same))
    };
    let ignored = precious && held(true)?;
    Ok(Kept { work: changed && (ignored || held(false)?), ignored })
}
