//! Bringing a lane from one commit to another, and settling what a run left that was killed on the
//! way.
//!
//! The order: the intent; the index's lock; the files; the branch; the index; the event; the lock
//! goes; the intent goes. The branch decides. While it is at the old commit, the old index is in
//! place, and the files go back; when it is at the new one, all files are written, and what is
//! left is done.

use std::path::Path;

use cli::{Failure, Out, clock};
use records::{Extra, LaneEvent, LaneEventKind};

use crate::here::Here;
use crate::history;
use crate::lane_git::{LaneGit, some};
use crate::registry::Entry;
use crate::save::index::Index;
use crate::scratch::Scratch;

use super::intent::{self, IndexLock, Intent};
use super::undo;

/// A lane that is moved; the caller holds its lock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved<'a> {
    pub(super) here: &'a Here,
    pub(super) actor: &'a str,
    pub(super) git: &'a LaneGit,
    pub(super) path: &'a Path,
    pub(super) admin: &'a Path,
    pub(super) lane: &'a LaneEvent,
}

/// Moves it. `false` when somebody's git works in it or has moved it, and nothing was done.
pub(super) fn forward(moved: Moved<'_>, intent: &Intent) -> Result<bool, Failure> {
    let scratch = Scratch::new(moved.here, &moved.lane.lane)?;
    intent.write(moved.admin)?;
    let lock = IndexLock::take(moved.admin, scratch.dir())?;
    let done = match &lock {
        Some(_) if at(moved.git)?.as_deref() == Some(&*intent.before) => {
            replace(moved, intent, &scratch)?;
            true
        }
        _ => false,
    };
    drop(lock);
    Intent::erase(moved.admin)?;
    Ok(done)
}

fn at(git: &LaneGit) -> Result<Option<String>, Failure> {
    Ok(git.commit("HEAD")?)
}

/// Files, branch, index, and the event.
fn replace(moved: Moved<'_>, intent: &Intent, scratch: &Scratch) -> Result<(), Failure> {
    let to = moved.admin.join("index");
    let index = Index::copy(moved.git, &to, scratch.dir().join("new-index"))?;
    if let Err(failure) = write(&index, intent).and_then(|()| advance(moved.git, intent)) {
        if at(moved.git)?.as_deref() == Some(&*intent.after) {
            // Git was stopped after it had moved the branch.
            return finish(moved, intent, &index);
        }
        let foreign = undo::files(moved, intent, scratch)?;
        Intent::erase(moved.admin)?;
        return Err(failure.hint(format!("the lane is as it was{}", but(&foreign))));
    }
    finish(moved, intent, &index)
}

/// The files, and an index that is not in place yet.
fn write(index: &Index<'_>, intent: &Intent) -> Result<(), Failure> {
    index.refresh()?;
    let two = ["read-tree", "-m", "-u", "--no-recurse-submodules", &intent.before, &intent.after];
    index.change(&two)
}

/// The branch, if it is where it was.
fn advance(git: &LaneGit, intent: &Intent) -> Result<(), Failure> {
    let reason = format!("worktree-lane sync: {}", intent.note);
    git.bytes_in_group(&["update-ref", "-m", &reason, "HEAD", &intent.after, &intent.before])?;
    Ok(())
}

/// The last steps, when files and branch are there.
fn finish(moved: Moved<'_>, intent: &Intent, index: &Index<'_>) -> Result<(), Failure> {
    index.put_in_place(&moved.admin.join("index"))?;
    moved.git.bytes_in_group(&["update-ref", "ORIG_HEAD", &intent.before])?;
    record(moved, intent)
}

fn record(moved: Moved<'_>, intent: &Intent) -> Result<(), Failure> {
    let event = LaneEvent {
        at: clock::now(),
        actor: moved.actor.into(),
        kind: LaneEventKind::Synced,
        base: Some(intent.base.clone()),
        base_commit: Some(intent.base_commit.clone()),
        head: Some(intent.after.clone()),
        adopted: Vec::new(),
        trash: None,
        claim: None,
        saved: None,
        note: Some(intent.note.clone()),
        extra: Extra::new(),
        ..moved.lane.clone()
    };
    history::append(moved.here, &event)
}

/// Settles what a killed run left of a lane whose lock the caller holds, and tells what was done.
/// `false` when there was nothing.
pub(crate) fn settle(here: &Here, actor: &str, entry: &Entry, out: &Out) -> bool {
    let (Some(known), Some(admin)) = (&entry.known, &entry.admin) else { return false };
    if entry.missing || !admin.join(intent::FILE).exists() {
        return false;
    }
    let path = &entry.worktree.path;
    let git = LaneGit::new(path, admin);
    let lane = &known.last;
    match settled(Moved { here, actor, git: &git, path, admin, lane }) {
        Ok(outcome) => out.note(&format!("lane {}: {outcome}", lane.lane)),
        Err(failure) => out.note(&format!("lane {}: a sync was cut short: {failure}", lane.lane)),
    }
    true
}

fn settled(moved: Moved<'_>) -> Result<String, Failure> {
    let Moved { here, git, admin, lane, .. } = moved;
    let Some(intent) = Intent::read(admin)? else { return Ok("nothing was cut short".into()) };
    let scratch = Scratch::new(here, &lane.lane)?;
    let Some(lock) = IndexLock::take(admin, scratch.dir())? else {
        let why = "a git command runs in it, or was killed (index.lock)";
        return Err(Failure::later(format_args!("lane {}", lane.lane), why));
    };
    let head = at(git)?;
    let outcome = if head.as_deref() == Some(&*intent.after) {
        if index_is_of(git, &intent.before)? {
            let copy = scratch.dir().join("new-index");
            let index = Index::copy(git, &admin.join("index"), copy)?;
            index.change(&["read-tree", "-m", "-i", &intent.before, &intent.after])?;
            index.refresh()?;
            finish(moved, &intent, &index)?;
        } else if !recorded(here, &lane.lane, &intent)? {
            record(moved, &intent)?;
        }
        "completed the sync that was cut short".to_owned()
    } else if head.as_deref() == Some(&*intent.before) {
        let foreign = undo::files(moved, &intent, &scratch)?;
        format!("is as it was; a sync was cut short{}", but(&foreign))
    } else {
        "a sync was cut short, and somebody has moved the lane since".to_owned()
    };
    drop(lock);
    Intent::erase(admin)?;
    Ok(outcome)
}

fn but(foreign: &[String]) -> String {
    match foreign {
        [] => String::new(),
        names => format!(", but for what somebody wrote meanwhile: {}", some(names)),
    }
}

/// Whether the lane's index is that of the commit.
fn index_is_of(git: &LaneGit, commit: &str) -> Result<bool, Failure> {
    Ok(git.bytes(&["diff-index", "--cached", "--name-only", "-z", commit])?.is_empty())
}

fn recorded(here: &Here, lane: &str, intent: &Intent) -> Result<bool, Failure> {
    let events = journal::load::<LaneEvent>(here.journal())?.records;
    Ok(events.iter().any(|(_, event)| {
        event.kind == LaneEventKind::Synced
            && event.lane == lane
            && event.at >= intent.at
            && event.head.as_ref() == Some(&intent.after)
    }))
}
