//! `add`: makes a lane, or nothing.
//!
//! The order is what makes it safe (docs/decisions/0007): fetch without any lock; then, under the
//! lane's lock, register the worktree under the repository's lock, and fill it without that lock.

mod base;
mod check;
mod fill;
mod own;
mod refuse;
pub(crate) mod undo;

use std::ffi::OsStr;
use std::path::Path;

use cli::{Exit, Failure, Out, clock};
use records::worktree_lane::Refused;
use records::{Extra, LaneEvent, LaneEventKind, Reason};

use crate::args;
use crate::here::Here;
use crate::history::{self, History, Known, Unfinished};
use crate::lane_git::LaneGit;
use crate::list;
use crate::lock::Lock;
use crate::plan::Plan;
use crate::recover;
use crate::registry;
use crate::settings;

use base::Base;
use undo::Undone;

/// How often the registration is tried when others make worktrees without our lock.
const TRIES: u32 = 10;

/// Runs `add`.
pub(crate) fn run(
    here: &Here,
    actor: &str,
    asked: &args::Add,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let lanes = settings::load(here)?;
    let plan = Plan::new(asked, &lanes, &here.anchor(), &here.name())?;
    let base = match base::find(here, asked.base.as_deref(), !asked.no_fetch)? {
        Ok(base) => base,
        Err(reason) => return refuse(&plan, vec![reason], out),
    };
    let _lane = Lock::lane(here, &plan.lane)?;
    recover::of_lane(here, actor, &plan.lane, out);
    if let Err(reasons) = undo_killed(here, actor, &plan.lane, out)? {
        return refuse(&plan, reasons, out);
    }
    let event = match register_again(here, actor, &plan, &base)? {
        Ok(event) => event,
        Err(reasons) => return refuse(&plan, reasons, out),
    };
    match complete(here, actor, &event) {
        Ok(notes) => notes.iter().for_each(|note| out.note(note)),
        Err(failure) => return Err(undone(here, actor, &event, failure)),
    }
    let entries = registry::survey(here, &History::load(here)?)?;
    let made = entries.iter().find(|entry| entry.lane() == Some(plan.lane.as_str()));
    let made = made.ok_or_else(|| Failure::world("the lane was made", "and is gone again"))?;
    out.print(&made.noun(), list::one)?;
    Ok(Exit::Yes)
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

/// Registers, and tries again when git met a worktree that somebody without our lock was just
/// making (lanes reference, case 33).
fn register_again(
    here: &Here,
    actor: &str,
    plan: &Plan,
    base: &Base,
) -> Result<Result<LaneEvent, Vec<Reason>>, Failure> {
    let mut tries = 1;
    loop {
        match register(here, actor, plan, base) {
            Err(failure) if tries < TRIES && failure.to_string().contains("commondir") => {
                tries += 1;
            }
            other => return other,
        }
    }
}

/// The short part: checks and registers under the repository's lock. Afterwards git knows the
/// worktree, which is locked with a reason that names this run, and has no files yet.
fn register(
    here: &Here,
    actor: &str,
    plan: &Plan,
    base: &Base,
) -> Result<Result<LaneEvent, Vec<Reason>>, Failure> {
    let _repository = Lock::repository(here)?;
    let history = History::load(here)?;
    let facts = check::facts(here, &history, plan)?;
    let reasons = refuse::reasons(plan, &facts);
    if !reasons.is_empty() {
        return Ok(Err(reasons));
    }
    let event = LaneEvent {
        at: clock::now(),
        actor: actor.into(),
        kind: LaneEventKind::Adding,
        lane: plan.lane.clone(),
        slug: plan.slug.clone(),
        role: plan.role.clone(),
        branch: plan.branch.clone(),
        path: plan.path.to_string_lossy().into_owned(),
        base: Some(base.name.clone()),
        base_commit: Some(base.commit.clone()),
        head: None,
        trash: None,
        claim: None,
        saved: None,
        note: None,
        extra: Extra::new(),
    };
    hide(here, &plan.path)?;
    history::append(here, &event)?;
    let reason = history::lock_reason(&event.lane, event.at);
    let flags = ["worktree", "add", "--quiet", "--no-checkout", "--no-track", "--lock", "--reason"];
    let names = [reason.as_str(), "-b", &plan.branch].map(OsStr::new);
    let place = [plan.path.as_os_str(), OsStr::new(&base.commit)];
    let args: Vec<&OsStr> = flags.map(OsStr::new).into_iter().chain(names).chain(place).collect();
    match here.change(&args) {
        Ok(()) => Ok(Ok(event)),
        Err(error) => Err(undone_locked(here, actor, &event, error.into())),
    }
}

/// Keeps lanes inside the main worktree out of its status, without touching a tracked file.
fn hide(here: &Here, path: &Path) -> Result<(), Failure> {
    let (Some(place), Some(main)) = (&here.place, &here.main) else { return Ok(()) };
    let Ok(inside) = path.strip_prefix(main) else { return Ok(()) };
    let pattern = if inside.starts_with(".worktrees") {
        "/.worktrees/".to_owned()
    } else {
        format!("/{}/", escaped(&inside.to_string_lossy()))
    };
    repo::exclude(place, &pattern)?;
    Ok(())
}

/// `path` as a pattern of an exclude file that matches only itself.
fn escaped(path: &str) -> String {
    path.chars().fold(String::new(), |mut pattern, c| {
        match c {
            // A pattern cannot hold a line break; `?` matches it.
            '\n' | '\r' => pattern.push('?'),
            '*' | '?' | '[' | ']' | '\\' | ' ' | '!' | '#' => pattern.extend(['\\', c]),
            c => pattern.push(c),
        }
        pattern
    })
}

/// The long part, without the repository's lock: writes the files, looks at the result, records it.
/// Gives what is worth telling.
fn complete(here: &Here, actor: &str, event: &LaneEvent) -> Result<Vec<String>, Failure> {
    let path = Path::new(&event.path);
    let admin = registry::admin_of(path)?.ok_or_else(|| {
        Failure::world(format_args!("lane {}", event.lane), "its .git file is gone")
    })?;
    let git = LaneGit::new(path, &admin);
    let notes = fill::fill(&git, event)?;
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
pub(crate) fn finish_unlock(here: &Here, known: &Known) -> Result<(), Failure> {
    let event = &known.last;
    if event.kind != LaneEventKind::Added {
        return Ok(());
    }
    let begins = format!("worktree-lane: adding {} since ", event.lane);
    let path = Path::new(&event.path);
    for admin in registry::admins(here)? {
        let ours = admin.locked.as_ref().is_some_and(|reason| reason.starts_with(&begins));
        if ours && admin.path.as_deref() == Some(path) {
            unlock(&admin.dir)?;
        }
    }
    Ok(())
}
