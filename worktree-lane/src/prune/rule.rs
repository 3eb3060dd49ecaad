//! Which lanes are over: a pure function of the facts and the time, besides the questions of every
//! removal.

use std::fs;

use cli::show_duration;
use records::{Reason, Stamp};
use repo::shell_words;

use crate::age::Age;
use crate::facts::Facts;
use crate::registry::Entry;

/// When a lane is over.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// For how long nothing must have been done in it.
    pub(crate) after: Age,
    /// The time now.
    pub(crate) now: Stamp,
}

/// Files in git's folder for a worktree that change with every commit, checkout and rebase there.
const CHANGED: [&str; 3] = ["HEAD", "logs/HEAD", "reftable/tables.list"];

impl Rule {
    /// Why a lane that `remove` would take stays, in a stable order.
    pub(crate) fn reasons(&self, entry: &Entry, facts: &Facts) -> Vec<Reason> {
        self.decide(last_used(entry), facts)
    }

    /// A lane that nothing was done in yet looks like one whose work has all landed (lanes reference,
    /// case 41), so it needs some age besides. A clock that was set back makes nothing old.
    fn decide(&self, last_used: Option<Stamp>, facts: &Facts) -> Vec<Reason> {
        let mut all = Vec::new();
        if let Some(commits) = facts.commits.known()
            && !commits.in_base
            // Commits that are nowhere else are a reason of every removal.
            && (commits.on_remote || (facts.branch.is_none() && commits.on_any_ref))
        {
            let base = commits.base.as_deref().unwrap_or("a base (none is known)");
            let message = format!("not all of its work is in {base}, as last fetched");
            let next = shell_words(["git", "-C", &facts.path, "fetch", "--all"]);
            all.push(Reason::new("not_in_base", message, next));
        }
        let quiet = last_used.map(|at| self.now.instant().duration_since(at.instant()));
        if quiet
            .is_none_or(|quiet| quiet.unsigned_abs() < self.after.length() || quiet.is_negative())
        {
            let ago = quiet.filter(|quiet| !quiet.is_negative());
            let ago = ago.map_or("just now".into(), |quiet| {
                format!("{} ago", show_duration(quiet.unsigned_abs()))
            });
            let message = format!(
                "it was last made, claimed or committed to {ago}; lanes.prune_after is {}",
                self.after
            );
            let next = shell_words(["worktree-lane", "remove", &facts.lane]);
            all.push(Reason::new(
                "too_young",
                message,
                format!("{next}, if it is over all the same"),
            ));
        }
        all
    }
}

/// When something was last done in the lane, as far as the journal and git's folder for it tell.
fn last_used(entry: &Entry) -> Option<Stamp> {
    let admin = entry.admin.as_ref()?;
    let changed = CHANGED.iter().filter_map(|file| {
        let time = fs::metadata(admin.join(file)).and_then(|found| found.modified()).ok()?;
        Some(Stamp::new(time.try_into().ok()?))
    });
    changed.chain(entry.known.as_ref().map(|known| known.last.at)).max()
}
