//! The last steps of `reuse`, when the lane stands on its new branch. Each may have been done before
//! by a run that was killed.

use std::path::Path;

use cli::{Failure, clock};
use records::{Extra, LaneEvent, LaneEventKind};

use crate::branch;
use crate::here::Here;
use crate::history::{self, History};
use crate::lane_git::LaneGit;
use crate::lock::Lock;
use crate::registry;
use crate::trash::keep;

/// Marks the lane as the new one, keeps what only the old one had, deletes the old branch if its work
/// is in the base, and writes down both ends.
pub(super) fn finish(
    here: &Here,
    actor: &str,
    event: &LaneEvent,
    admin: &Path,
) -> Result<(), Failure> {
    let target = super::target_of(event)?;
    let _repository = Lock::repository(here)?;
    registry::mark(admin, &target.lane)?;
    let saved = keep_old(here, event, admin)?;
    if let (true, Some(head)) = (target.deletes_branch, &event.head) {
        let reference = format!("refs/heads/{}", event.branch);
        let stands = here.git().commit(&reference)?.as_ref() == Some(head);
        if stands && !branch::in_use(here, &event.branch)? {
            here.change(&["update-ref", "-d", &reference, head])?;
        }
    }
    let added = LaneEvent {
        at: clock::now(),
        actor: actor.into(),
        kind: LaneEventKind::Added,
        lane: target.lane.clone(),
        slug: target.slug.clone(),
        role: target.role.clone(),
        branch: target.branch.clone(),
        path: event.path.clone(),
        base: Some(target.base.clone()),
        base_commit: Some(target.base_commit.clone()),
        head: None,
        adopted: Vec::new(),
        becomes: None,
        trash: None,
        claim: None,
        saved: None,
        note: None,
        extra: Extra::new(),
    };
    let history = History::load(here)?;
    let there = history.lane(&target.lane).is_some_and(|known| {
        known.last.kind == LaneEventKind::Added
            && known.last.path == event.path
            && known.last.at >= event.at
    });
    if !there {
        history::append(here, &added)?;
    }
    let reused = LaneEvent { saved, ..history::event(actor, LaneEventKind::Reused, event) };
    history::append(here, &reused)
}

/// The commits that only the old branch and the reflogs have get a ref. Gives its name.
fn keep_old(here: &Here, event: &LaneEvent, admin: &Path) -> Result<Option<String>, Failure> {
    let target = super::target_of(event)?;
    let Some(head) = event.head.as_deref() else { return Ok(None) };
    let name = format!("refs/lanes/reused/{}-{}", event.lane, compact(&event.at.to_string()));
    let git = LaneGit::new(&super::folder(event), admin);
    let landed = here.git().is_ancestor(head, &target.base_commit)?;
    if here.git().at_ref(&name)?.is_some() {
        return Ok(Some(name));
    }
    keep::hold(here, &git, &name, head, &event.branch, target.deletes_branch && !landed)?;
    Ok(here.git().at_ref(&name)?.map(|_| name))
}

/// A time as it can stand in the name of a ref.
fn compact(time: &str) -> String {
    time.chars().filter(char::is_ascii_alphanumeric).collect()
}
