//! `add`: makes a lane, or nothing.
//!
//! The order is what makes it safe (docs/decisions/0007): fetch without any lock; then, under the
//! lane's lock, register the worktree under the repository's lock, and fill it without that lock.

mod adopt;
pub(crate) mod base;
pub(crate) mod check;
mod fill;
pub(crate) mod own;
pub(crate) mod refuse;
mod register;
mod sparse;
pub(crate) mod undo;

use std::path::Path;
use std::time::Duration;

use cli::{Exit, Failure, Out};
use records::worktree_lane::Refused;
use records::{LaneEvent, LaneEventKind, Reason};

use crate::args;
use crate::claim;
use crate::exec;
use crate::here::Here;
use crate::history::{self, History, Known, Unfinished};
use crate::lane_git::LaneGit;
use crate::list;
use crate::lock::Lock;
use crate::plan::Plan;
use crate::recover;
use crate::registry::{self, Admin};
use crate::seed;
use crate::settings::{self, Lanes};
use crate::space;

use register::Before;
use undo::Undone;

/// From how many files on a checkout takes all cores: for fewer, starting the workers costs more than
/// they save.
const MANY: u64 = 5000;

/// Runs `add`.
pub(crate) fn run(
    here: &Here,
    actor: &str,
    asked: &args::Add,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let lanes = settings::load(here)?;
    let plan = Plan::new(asked, &lanes, &here.anchor(), &here.name())?;
    let exit = make(here, actor, asked, (&plan, &lanes.section), out)?;
    match &asked.then.exec {
        Some(line) if exit == Exit::Yes => {
            let command = ["sh".into(), "-c".into(), line.clone()];
            let owner = asked.then.lock_as.as_deref();
            exec::become_command(here, &plan.lane, owner, &command, lanes.section.ports, out)
        }
        _ => Ok(exit),
    }
}

/// Makes the lane. No lock is held afterwards.
fn make(
    here: &Here,
    actor: &str,
    asked: &args::Add,
    (plan, rules): (&Plan, &Lanes),
    out: &mut Out,
) -> Result<Exit, Failure> {
    let base = match base::find(here, asked.base.as_deref(), !asked.no_fetch)? {
        Ok(base) => base,
        Err(reason) => return refuse(plan, vec![reason], out),
    };
    let need = space::need(here);
    let before = Before {
        on_remote: adopt::on_remote(here, plan, !asked.no_fetch)?,
        // How much of it a sparse lane has is not known.
        no_room: need
            .filter(|_| plan.sparse.is_empty())
            .and_then(|need| space::lacking(&plan.path, need)),
    };
    let _lane = Lock::lane(here, &plan.lane)?;
    recover::of_lane(here, actor, &plan.lane, out);
    if let Err(reasons) = undo_killed(here, actor, &plan.lane, out)? {
        return refuse(plan, reasons, out);
    }
    let event = match register::register(here, actor, plan, &base, &before)? {
        Ok(event) => event,
        Err(reasons) => return refuse(plan, reasons, out),
    };
    match complete(here, actor, &event, rules) {
        Ok(notes) => notes.iter().for_each(|note| out.note(note)),
        Err(failure) => return Err(undone(here, actor, &event, failure)),
    }
    if let Some(owner) = &asked.then.lock_as {
        claim_for(here, actor, &event, owner, asked.then.ttl)?;
    }
    let entries = registry::survey(here, &History::load(here)?)?;
    let made = entries.iter().find(|entry| entry.lane() == Some(plan.lane.as_str()));
    let made = made.ok_or_else(|| Failure::world("the lane was made", "and is gone again"))?;
    out.print(&made.noun(), list::one)?;
    Ok(Exit::Yes)
}

/// Claims the lane for `owner`: we hold its lock, so nobody else can have it yet.
fn claim_for(
    here: &Here,
    actor: &str,
    made: &LaneEvent,
    owner: &str,
    ttl: Duration,
) -> Result<(), Failure> {
    let Some(admin) = registry::admin_of(Path::new(&made.path))? else { return Ok(()) };
    claim::take(here, actor, made, &admin, owner, ttl).map_err(|failure| {
        failure.hint("the lane is there; worktree-lane claim makes it the owner's")
    })
}

fn refuse(plan: &Plan, reasons: Vec<Reason>, out: &mut Out) -> Result<Exit, Failure> {
    let refused = Refused { lane: plan.lane.clone(), command: "add".into(), reasons };
    out.print(&refused, |refused, page| {
        page.line(cli::Tone::Bad, format_args!("lane {} was not made", refused.lane));
        page.reasons(&refused.reasons);
    })?;
    Ok(Exit::No)
}

/// Undoes what a killed run left of this lane. We hold the lane's lock, so that run is over and so
/// are its children.
fn undo_killed(
    here: &Here,
    actor: &str,
    lane: &str,
    out: &Out,
) -> Result<Result<(), Vec<Reason>>, Failure> {
    let history = History::load(here)?;
    let Some(known) = history.lane(lane).filter(|k| k.unfinished() == Some(Unfinished::Add)) else {
        return Ok(Ok(()));
    };
    match undo::undo(here, actor, &known.last)? {
        Undone::Nothing => {}
        Undone::Removed => {
            out.note(&format!("lane {lane}: removed what a run left that was killed"));
        }
        Undone::Kept(reasons) => return Ok(Err(reasons)),
    }
    Ok(Ok(()))
}

/// The long part, without the repository's lock: writes the files, looks at the result, adds what git
/// ignores and the lane needs, records it.
/// Gives what is worth telling.
fn complete(
    here: &Here,
    actor: &str,
    event: &LaneEvent,
    rules: &Lanes,
) -> Result<Vec<String>, Failure> {
    let path = Path::new(&event.path);
    let admin = registry::admin_of(path)?.ok_or_else(|| {
        Failure::world(format_args!("lane {}", event.lane), "its .git file is gone")
    })?;
    let git = LaneGit::new(path, &admin);
    let mut notes =
        fill::fill(&git, event, space::need(here).is_some_and(|need| need.files > MANY))?;
    notes.extend(seed::plant(here, &git, path, rules)?);
    registry::mark(&admin, &event.lane)?;
    history::record(here, actor, LaneEventKind::Added, event)?;
    unlock(&admin)?;
    Ok(notes)
}

/// Takes off the lock that said that the lane was being made: git keeps it as a file.
pub(crate) fn unlock(admin: &Path) -> Result<(), Failure> {
    let file = admin.join("locked");
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::io("cannot remove", &file, &error))
        }
        _ => Ok(()),
    }
}

/// `failure`, after the lane that failed was undone.
fn undone(here: &Here, actor: &str, event: &LaneEvent, failure: Failure) -> Failure {
    after_undo(failure, undo::undo(here, actor, event))
}

/// The same while the repository's lock is held.
fn undone_locked(here: &Here, actor: &str, event: &LaneEvent, failure: Failure) -> Failure {
    after_undo(failure, undo::undo_locked(here, actor, event))
}

fn after_undo(failure: Failure, undone: Result<Undone, Failure>) -> Failure {
    match undone {
        Ok(Undone::Nothing | Undone::Removed) => failure.hint("nothing was left behind"),
        Ok(Undone::Kept(reasons)) => {
            let why: Vec<String> = reasons.into_iter().map(|reason| reason.message).collect();
            failure.hint(format!("what was made so far is kept: {}", why.join("; ")))
        }
        Err(second) => failure.hint(format!("undoing it failed too: {second}")),
    }
}

/// The worktree that the journal's `known` is about is finished but still locked by the run that
/// made it: the run was killed between its last two steps.
pub(crate) fn finish_unlock(known: &Known, admins: &[Admin]) -> Result<(), Failure> {
    let event = &known.last;
    if event.kind != LaneEventKind::Added {
        return Ok(());
    }
    let begins = format!("worktree-lane: adding {} since ", event.lane);
    let path = Path::new(&event.path);
    for admin in admins {
        let ours = admin.locked.as_ref().is_some_and(|reason| reason.starts_with(&begins));
        if ours && admin.path.as_deref() == Some(path) {
            unlock(&admin.dir)?;
        }
    }
    Ok(())
}
