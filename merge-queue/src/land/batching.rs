//! Which of those that may land go together.

use std::collections::{BTreeMap, BTreeSet};

use cli::Failure;
use records::TaskId;

use super::candidate::Candidate;
use crate::desk::Desk;
use crate::git::attributes::merge_values;
use crate::rules::batch::disjoint::Footprint;
use crate::rules::batch::pick::{self, pick};
use crate::rules::definitions::Definitions;

/// The next batch of at most `max`, in order. `candidates` come in the order in which they should land;
/// `before` is where the base stands.
pub(super) fn batch(
    desk: &Desk,
    definitions: &Definitions,
    before: &str,
    candidates: Vec<Candidate>,
    max: usize,
) -> Result<Vec<Candidate>, Failure> {
    if candidates.len() < 2 || max < 2 {
        return Ok(candidates.into_iter().take(1).collect());
    }
    let merged_by = merge_values(&desk.git, Some(before), &shared(&candidates))?;
    let files: Vec<&[u8]> = definitions.files().map(str::as_bytes).collect();
    let mut listed = Vec::with_capacity(candidates.len());
    for candidate in &candidates {
        let commits = desk.objects.commits(before, &candidate.head)?;
        let is_united = |path: &[u8]| merged_by.get(path).is_some_and(|value| value == "union");
        let footprint = Footprint::of(&candidate.changes, commits, is_united, &files);
        let (task, depends_on) = (&candidate.task, needs(definitions, &candidate.task));
        listed.push(pick::Candidate { task, depends_on, footprint });
    }
    let taken: BTreeSet<usize> = pick(&listed, max).into_iter().collect();
    let each = candidates.into_iter().enumerate();
    Ok(each.filter(|(at, _)| taken.contains(at)).map(|(_, candidate)| candidate).collect())
}

fn needs<'a>(definitions: &'a Definitions, task: &TaskId) -> &'a [TaskId] {
    let task = definitions.tasks.iter().find(|defined| defined.id == *task);
    task.map(|task| task.depends_on.as_slice()).unwrap_or_default()
}

/// The paths that more than one of them changes: only of those it matters how they are merged.
fn shared(candidates: &[Candidate]) -> Vec<Vec<u8>> {
    let mut counts: BTreeMap<&[u8], usize> = BTreeMap::new();
    for change in candidates.iter().flat_map(|candidate| &candidate.changes) {
        *counts.entry(&change.path).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(path, _)| path.to_vec()).collect()
}
