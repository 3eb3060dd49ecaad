//! Review routing by the files that a branch changes (runbook v2, section 3).

use std::collections::BTreeMap;

use records::merge_queue::RequiredRole;

use crate::rules::definitions::ReviewRoute;
use crate::rules::diff::{Change, path_text};

/// The roles that must approve these changes, by name, each with the globs and the paths that demand
/// it.
///
/// Every route that matches counts, for every path; a rename is a deletion and an addition, so that
/// a file cannot leave a critical place unseen. A submodule or a symbolic link counts for everything
/// that it may put below its path.
pub(crate) fn required(routes: &[ReviewRoute], changes: &[Change]) -> Vec<RequiredRole> {
    let mut required: BTreeMap<&str, RequiredRole> = BTreeMap::new();
    for change in changes {
        let path = path_text(&change.path);
        for route in routes {
            let below = route.globs.matching_below(&change.path);
            let below = below.filter(|_| change.stands_for_more());
            for glob in route.globs.matching(&change.path).chain(below) {
                for role in &route.roles {
                    let entry = required.entry(role).or_insert_with(|| RequiredRole {
                        role: role.clone(),
                        globs: Vec::new(),
                        paths: Vec::new(),
                    });
                    if !entry.globs.iter().any(|known| known == glob) {
                        entry.globs.push(glob.into());
                    }
                    // Paths come one after the other, so only the last one can be this one.
                    if entry.paths.last() != Some(&path) {
                        entry.paths.push(path.clone());
                    }
                }
            }
        }
    }
    required.into_values().collect()
}
