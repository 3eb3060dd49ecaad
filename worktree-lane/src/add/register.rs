//! The short part of `add`: checks and registers under the repository's lock.

use std::ffi::OsStr;
use std::path::Path;

use cli::{Failure, clock};
use records::{Adopted, Extra, LaneEvent, LaneEventKind, Reason};

use crate::here::{self, Here};
use crate::history::{self, History};
use crate::lock::Lock;
use crate::plan::Plan;

use super::adopt::{self, OnRemote, Start};
use super::base::Base;
use super::{check, refuse, sparse, undone_locked};

/// How often the registration is tried when others make worktrees without our lock.
const TRIES: u32 = 10;

/// What was found out before the lock was taken.
#[derive(Debug)]
pub(super) struct Before {
    /// The branch that is to be taken over, if only a remote has it.
    pub(super) on_remote: Option<OnRemote>,
    /// Why there is no room for the lane.
    pub(super) no_room: Option<Reason>,
}

/// Registers, and tries again when git met a worktree that somebody without our lock was just
/// making (lanes reference, case 33).
pub(super) fn register(
    here: &Here,
    actor: &str,
    plan: &Plan,
    base: &Base,
    before: &Before,
) -> Result<Result<LaneEvent, Vec<Reason>>, Failure> {
    let mut tries = 1;
    loop {
        match once(here, actor, plan, base, before) {
            Err(failure) if tries < TRIES && failure.to_string().contains("commondir") => {
                tries += 1;
            }
            other => return other,
        }
    }
}

/// Afterwards git knows the worktree, which is locked with a reason that names this run, and has no
/// files yet.
fn once(
    here: &Here,
    actor: &str,
    plan: &Plan,
    base: &Base,
    before: &Before,
) -> Result<Result<LaneEvent, Vec<Reason>>, Failure> {
    let _repository = Lock::repository(here)?;
    let history = History::load(here)?;
    let mut facts = check::facts(here, &history, plan, base)?;
    facts.on_remote = before.on_remote.is_some();
    let mut reasons = refuse::reasons(plan, &facts);
    reasons.extend(before.no_room.clone());
    if !reasons.is_empty() {
        return Ok(Err(reasons));
    }
    let start = adopt::start(here, plan, base, &facts, before.on_remote.as_ref())?;
    let from = start.head.as_ref().unwrap_or(&base.commit);
    let folders = match sparse::folders(&here.git(), from, &plan.sparse)? {
        Ok(folders) => folders,
        Err(reasons) => return Ok(Err(reasons)),
    };
    let event = begun(actor, plan, base, &start, &facts);
    hide(here, &plan.path)?;
    history::append(here, &event)?;
    let reason = history::lock_reason(&event.lane, event.at);
    let flags = ["worktree", "add", "--quiet", "--no-checkout", "--lock", "--reason"];
    let mut args: Vec<&OsStr> = flags.map(OsStr::new).into();
    args.push(OsStr::new(&reason));
    let from = if start.adopted {
        &plan.branch
    } else {
        args.extend(["--no-track", "-b", &plan.branch].map(OsStr::new));
        history::start_of(&event)
    };
    args.extend([plan.path.as_os_str(), OsStr::new(from)]);
    let made = here
        .change(&args)
        .map_err(Failure::from)
        .and_then(|()| if folders.is_empty() { Ok(()) } else { sparse::set(&plan.path, &folders) });
    match made {
        Ok(()) => Ok(Ok(event)),
        Err(failure) => Err(undone_locked(here, actor, &event, failure)),
    }
}

fn begun(actor: &str, plan: &Plan, base: &Base, start: &Start, facts: &check::Facts) -> LaneEvent {
    let folder = facts.at_path.map(|_| Adopted::Folder);
    LaneEvent {
        at: clock::now(),
        actor: actor.into(),
        kind: LaneEventKind::Adding,
        lane: plan.lane.clone(),
        slug: plan.slug.clone(),
        role: plan.role.clone(),
        branch: plan.branch.clone(),
        path: plan.path.to_string_lossy().into_owned(),
        base: Some(base.name.clone()),
        base_commit: start.base_commit.clone(),
        head: start.head.clone(),
        adopted: start.adopted.then_some(Adopted::Branch).into_iter().chain(folder).collect(),
        becomes: None,
        trash: None,
        claim: None,
        saved: None,
        note: None,
        extra: Extra::new(),
    }
}

/// Keeps lanes inside the main worktree out of its status, without touching a tracked file.
fn hide(here: &Here, path: &Path) -> Result<(), Failure> {
    let (Some(place), Some(main)) = (&here.place, &here.main) else { return Ok(()) };
    let Ok(inside) = path.strip_prefix(main) else { return Ok(()) };
    let pattern = if inside.starts_with(".worktrees") {
        "/.worktrees/".to_owned()
    } else {
        format!("/{}/", here::pattern(&inside.to_string_lossy()))
    };
    repo::exclude(place, &pattern)?;
    Ok(())
}
