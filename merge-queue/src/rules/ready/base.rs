//! The branch is based on the base and merges cleanly, and the coordinator's checkout is clean.

use std::collections::BTreeSet;

use records::Reason;
use repo::shell_words;

use super::{Finding, Question, short};
use crate::rules::definitions::Strategy;
use crate::rules::diff::path_text;
use crate::rules::facts::{Branched, Merge, Relation};
use crate::rules::state;

const BASED: &str = "based_on_base";
const CLEAN: &str = "coordinator_clean";

/// `ff-only` needs the base's tip in the branch, as `git merge --ff-only` does. `no-ff` and `squash` need one
/// common ancestor and a clean merge that changes exactly the paths that were reviewed.
pub(super) fn based_on_base(question: Question<'_>) -> Finding {
    let facts = question.facts;
    let base = &facts.base;
    let branch = facts.reference.as_deref().unwrap_or("the branch");
    let merge = shell_words(["git", "merge", base]);
    let update = format!("{merge} in the lane, then hand over and check again");
    let events = question.history.of(&question.task.id);
    if let Some((event, landing)) = state::landed(events, &facts.reached) {
        let (number, commit) = (event.seq, short(&landing.commit));
        let message = format!("event {number}: {commit} is in {base} already");
        return Finding::unmet(BASED, vec![Reason::without_step("nothing_to_land", message)]);
    }
    let Some(tip) = &facts.base_commit else {
        let message = format!("there is no commit '{base}'");
        let next = "name the base in switchyard.yaml, under queue.base";
        return Finding::unmet(BASED, vec![Reason::new("base_unknown", message, next)]);
    };
    let branched = match &facts.relation {
        Relation::Unknown => return Finding::open(BASED, "unknown without the branch's commit"),
        Relation::CutOff => {
            let message = format!(
                "this clone is shallow and does not reach back to where {branch} left {base}"
            );
            let reason = Reason::new("history_cut_off", message, "git fetch --unshallow");
            return Finding::unmet(BASED, vec![reason]);
        }
        Relation::Unrelated => {
            let message = format!("{branch} has no commit in common with {base}");
            let next = format!("make the branch anew from {base}");
            return Finding::unmet(BASED, vec![Reason::new("not_based_on_base", message, next)]);
        }
        Relation::Several(bases) => {
            let message = format!(
                "{branch} and {base} have {} best common ancestors, so there is no single diff to review",
                bases.len()
            );
            let reason = Reason::new("merge_base_ambiguous", message, update);
            return Finding::unmet(BASED, vec![reason]);
        }
        Relation::Branched(branched) => branched,
    };
    let mut reasons = Vec::new();
    if question.strategy == Strategy::FfOnly && branched.merge_base != *tip {
        let message = format!("{branch} lacks {}, where {base} stands", short(tip));
        reasons.push(Reason::new("not_based_on_base", message, update.clone()));
    }
    if branched.changes.is_empty() {
        let message = format!("{branch} changes nothing against {base}");
        reasons.push(Reason::without_step("nothing_to_land", message));
    } else {
        reasons.extend(merge_problem(branched, branch, base, &update));
    }
    let fetched = if facts.fetched { ", fetched just now" } else { ", not fetched" };
    Finding::of(BASED, reasons, || {
        format!("{branch} merges cleanly into {base} at {}{fetched}", short(tip))
    })
}

fn merge_problem(branched: &Branched, branch: &str, base: &str, update: &str) -> Option<Reason> {
    match &branched.merge {
        Merge::Conflict(paths) => {
            let message = if paths.is_empty() {
                // Seen where one side splits a folder that the other adds to.
                format!("{branch} conflicts with {base}: git cannot tell where a folder has gone")
            } else {
                format!("{branch} conflicts with {base} in {}", paths.join(", "))
            };
            Some(Reason::new("merge_conflict", message, update))
        }
        Merge::Clean { paths, .. } if paths.is_empty() => {
            let message = format!("{base} holds everything that {branch} changes");
            Some(Reason::without_step("nothing_to_land", message))
        }
        Merge::Clean { paths, .. } => {
            let merged: BTreeSet<&Vec<u8>> = paths.iter().collect();
            let reviewed: BTreeSet<&Vec<u8>> = branched.changes.iter().map(|c| &c.path).collect();
            let odd = merged.symmetric_difference(&reviewed);
            let odd: Vec<String> = odd.map(|path| path_text(path)).collect();
            (!odd.is_empty()).then(|| {
                let message = format!(
                    "the merge changes other paths than the reviewed diff: {}",
                    odd.join(", ")
                );
                Reason::new("merge_differs", message, update)
            })
        }
    }
}

pub(super) fn coordinator_clean(question: Question<'_>) -> Finding {
    let Some(coordinator) = &question.facts.coordinator else {
        return Finding::met(CLEAN, "the repository has no coordinator's checkout");
    };
    let mut reasons = Vec::new();
    if !coordinator.dirt.is_empty() {
        let message =
            format!("the coordinator's checkout has changes: {}", some(&coordinator.dirt));
        let next = "commit them there, or move them to a lane";
        reasons.push(Reason::new("coordinator_dirty", message, next));
    }
    if !coordinator.hidden.is_empty() {
        let paths = some(&coordinator.hidden);
        let message =
            format!("git was told not to look for changes in the coordinator's checkout: {paths}");
        let next = "git update-index --no-assume-unchanged --no-skip-worktree FILE there";
        reasons.push(Reason::new("coordinator_hides_changes", message, next));
    }
    Finding::of(CLEAN, reasons, || "the coordinator's checkout has no changes".into())
}

/// The first few of some paths.
fn some(paths: &[String]) -> String {
    let shown = paths.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    match paths.len().saturating_sub(5) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
