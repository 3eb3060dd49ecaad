//! `save`: keeps the uncommitted work of a lane as git objects, without touching the lane.

mod beyond;
mod file;
pub(crate) mod index;
mod notes;
mod read;
pub(crate) mod refs;
pub(crate) mod restore;
mod show;
pub(crate) mod snapshot;
mod survey;
mod work;

use cli::{Exit, Failure, Out, clock};
use records::worktree_lane::{NotKept, Save, Saved};
use records::{Extra, LaneEvent, LaneEventKind, Reason};

use crate::args::{self, Form};
use crate::facts::link;
use crate::held::{self, Held};
use crate::here::Here;
use crate::history;
use crate::lane_git::LaneGit;
use crate::registry::Entry;
use crate::scratch::Scratch;
use crate::told;

use file::Target;
use snapshot::{Snapshot, Subject};

/// Runs `save`.
pub(crate) fn run(
    here: &Here,
    actor: &str,
    asked: &args::Save,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let mut save = Save { lane: asked.lane.clone(), ..Save::default() };
    let held = match held::lane(here, actor, &asked.lane, out)? {
        Ok(held) => held,
        Err(reason) => return refuse(save, vec![reason], out),
    };
    let entry = held.entry();
    save.path = Some(entry.worktree.path.to_string_lossy().into_owned());
    let reasons = against(entry)?;
    if !reasons.is_empty() {
        return refuse(save, reasons, out);
    }
    if asked.list {
        return list(here, entry, out);
    }
    let target = match Target::new(asked, &entry.worktree.path)? {
        Ok(target) => target,
        Err(reason) => return refuse(save, vec![reason], out),
    };
    keep(here, actor, &held, asked, target, &mut save)?;
    let exit = if save.not_saved.is_empty() { Exit::Yes } else { Exit::No };
    out.print(&save, show::save)?;
    Ok(exit)
}

fn refuse(mut save: Save, reasons: Vec<Reason>, out: &mut Out) -> Result<Exit, Failure> {
    save.reasons = reasons;
    out.print(&save, show::save)?;
    Ok(Exit::No)
}

/// Why nothing can be said about the lane's files. Whatever git is in the middle of is no reason.
fn against(entry: &Entry) -> Result<Vec<Reason>, Failure> {
    let path = &entry.worktree.path;
    let (Some(known), Some(admin)) = (&entry.known, &entry.admin) else {
        return Ok(held::not_for_us(entry).into_iter().collect());
    };
    if entry.missing {
        return Ok(held::not_for_us(entry).into_iter().collect());
    }
    // Without its .git file the folder is still the lane's. With another one it may not be.
    if path.join(".git").symlink_metadata().is_ok()
        && let Some(why) = link::mismatch(path, admin)?
    {
        return Ok(vec![told::mismatch(&known.last.lane, path.display(), why)]);
    }
    Ok(Vec::new())
}

/// Takes the state, and makes the ref, the event and the file.
fn keep(
    here: &Here,
    actor: &str,
    held: &Held,
    asked: &args::Save,
    target: Target,
    save: &mut Save,
) -> Result<(), Failure> {
    let entry = held.entry();
    let (Some(known), Some(admin)) = (&entry.known, &entry.admin) else { return Ok(()) };
    let (event, path) = (&known.last, &entry.worktree.path);
    let git = LaneGit::new(path, admin);
    let scratch = Scratch::new(here, &event.lane)?;
    let subject = Subject { git: &git, path, admin, lane: &event.lane };
    let snapshot = snapshot::take(subject, &scratch, asked.ignored)?;
    fill(save, &snapshot);
    if let Some(commit) = &snapshot.commit {
        let before = refs::of_lane(here, &event.lane)?;
        let known = before.into_iter().find(|saved| saved.commit == *commit);
        save.repeated = known.is_some();
        let name = match known {
            Some(known) => known.name,
            None => refs::create(here, &event.lane, commit)?,
        };
        record(here, actor, event, snapshot.head.as_deref(), &name)?;
        let commands = restore::commands(&here.git(), &path.to_string_lossy(), &name)?;
        save.look = Some(commands.look);
        save.restore = commands.restore;
        save.reference = Some(name);
        save.saved = true;
    }
    let name = match &save.reference {
        Some(name) => name.rsplit('/').next().unwrap_or_default().to_owned(),
        None => clock::now().compact(),
    };
    let name = format!("{}-{name}", event.lane);
    let reference = save.reference.as_deref();
    let branch = entry.worktree.branch.as_deref();
    let path = path.to_string_lossy();
    let made = match asked.form {
        Form::Commit => None,
        Form::Patch => file::patch(here, &git, &snapshot, &scratch, target, &name, &path)?,
        Form::Bundle => {
            let base = event.base.as_deref();
            let what = file::Bundled { branch, base, saved: reference };
            file::bundle(here, &git, what, &scratch, target, &name)?
        }
    };
    if let Some(made) = made {
        let file = made.file.to_string_lossy().into_owned();
        record(here, actor, event, snapshot.head.as_deref(), &file)?;
        save.file = Some(file);
        save.use_file = made.restore;
    }
    Ok(())
}

fn fill(save: &mut Save, snapshot: &Snapshot) {
    let kept = |all: &[(String, String)]| -> Vec<NotKept> {
        let kept = all.iter().map(|(path, why)| NotKept { path: path.clone(), why: why.clone() });
        kept.collect()
    };
    save.commit.clone_from(&snapshot.commit);
    save.head.clone_from(&snapshot.head);
    save.tracked = snapshot.tracked;
    save.untracked = snapshot.untracked;
    save.ignored = snapshot.ignored;
    save.not_saved = kept(&snapshot.missed);
    save.left_out = kept(&snapshot.left_out);
}

/// Records what holds the work, unless it is recorded: a run may have been killed in between.
fn record(
    here: &Here,
    actor: &str,
    lane: &LaneEvent,
    head: Option<&str>,
    saved: &str,
) -> Result<(), Failure> {
    let events = journal::load::<LaneEvent>(here.journal())?.records;
    let same = |event: &LaneEvent| {
        event.kind == LaneEventKind::Saved && event.saved.as_deref() == Some(saved)
    };
    if events.iter().any(|(_, event)| same(event)) {
        return Ok(());
    }
    let event = LaneEvent {
        at: clock::now(),
        actor: actor.into(),
        kind: LaneEventKind::Saved,
        head: head.map(str::to_owned),
        trash: None,
        claim: None,
        saved: Some(saved.into()),
        note: None,
        extra: Extra::new(),
        ..lane.clone()
    };
    history::append(here, &event)
}

/// Lists what was saved before.
fn list(here: &Here, entry: &Entry, out: &mut Out) -> Result<Exit, Failure> {
    let lane = entry.lane().unwrap_or_default();
    let path = entry.worktree.path.to_string_lossy();
    for saved in refs::of_lane(here, lane)? {
        let commands = restore::commands(&here.git(), &path, &saved.name)?;
        let saved = Saved {
            lane: lane.into(),
            reference: saved.name,
            commit: saved.commit,
            look: commands.look,
            restore: commands.restore,
        };
        out.print(&saved, show::saved)?;
    }
    Ok(Exit::Yes)
}
