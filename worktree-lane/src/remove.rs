//! `remove`: moves lanes into the trash, unless something in them could be lost.

mod changes;
mod commits;
mod facts;
mod gates;
mod ignored;
mod link;
mod operation;
mod precious;
pub(crate) mod processes;
mod submodules;

use cli::{Exit, Failure, Out, Page, Tone, clock};
use records::worktree_lane::Removal;
use records::{LaneEventKind, Reason};

use crate::branch;
use crate::here::Here;
use crate::history::{self, History};
use crate::lane_git::LaneGit;
use crate::lock::Lock;
use crate::recover;
use crate::registry::{self, Entry, NotFound};
use crate::trash::entry::{self as trash_entry};
use crate::trash::{keep, moving, restore};

use facts::Facts;

/// Runs `remove`: every lane is tried, whatever comes of the others.
pub(crate) fn run(
    here: &Here,
    actor: &str,
    lanes: &[String],
    out: &mut Out,
) -> Result<Exit, Failure> {
    let mut exit = Exit::Yes;
    let mut failed: Option<Failure> = None;
    for lane in lanes {
        match one(here, actor, lane, out) {
            Ok(removal) => {
                if !removal.removed {
                    exit = Exit::No;
                }
                out.print(&removal, show)?;
            }
            // The first ends the run, with its hint; the others are told here.
            Err(failure) if failed.is_some() => out.note(&format!("lane {lane}: {failure}")),
            Err(failure) => failed = Some(failure),
        }
    }
    match failed {
        Some(failure) => Err(failure),
        None => Ok(exit),
    }
}

fn show(removal: &Removal, page: &mut Page) {
    if !removal.removed {
        page.line(Tone::Bad, format_args!("lane {} was not removed", removal.lane));
        page.reasons(&removal.reasons);
        return;
    }
    page.line(Tone::Good, format_args!("lane {} is in the trash", removal.lane));
    if let Some(trash) = &removal.trash {
        page.field("restore", format_args!("worktree-lane trash restore {trash}"));
    }
    if let Some(branch) = &removal.branch {
        let fate = if removal.branch_deleted { "deleted, its work is in the base" } else { "kept" };
        page.field("branch", format_args!("{branch} ({fate})"));
    }
}

fn one(here: &Here, actor: &str, name: &str, out: &Out) -> Result<Removal, Failure> {
    let mut removal = Removal {
        lane: name.into(),
        removed: false,
        path: None,
        branch: None,
        branch_deleted: false,
        trash: None,
        ignored_files: None,
        ignored_bytes: None,
        reasons: Vec::new(),
    };
    let entries = registry::survey(here, &History::load(here)?)?;
    let lane = match registry::find(&entries, name) {
        Ok(entry) => entry.lane().map(str::to_owned),
        Err(not_found) => {
            removal.reasons = vec![unknown(name, &not_found)];
            return Ok(removal);
        }
    };
    // Held from before the facts are read until the last step, so that no other run of this tool
    // changes the lane meanwhile.
    let _lane = lane.as_deref().map(|lane| Lock::lane(here, lane)).transpose()?;
    if let Some(lane) = &lane {
        recover::of_lane(here, actor, lane, out);
    }
    let entries = registry::survey(here, &History::load(here)?)?;
    let entry = match registry::find(&entries, name) {
        Ok(entry) => entry,
        Err(not_found) => {
            removal.reasons = vec![unknown(name, &not_found)];
            return Ok(removal);
        }
    };
    removal.path = Some(entry.worktree.path.to_string_lossy().into_owned());
    removal.branch.clone_from(&entry.worktree.branch);
    if let Some(reason) = not_for_us(entry) {
        removal.reasons = vec![reason];
        return Ok(removal);
    }
    let facts = facts::gather(here, &entries, entry)?;
    if let Some(ignored) = facts.ignored.known() {
        removal.ignored_files = Some(ignored.files);
        removal.ignored_bytes = Some(ignored.bytes);
    }
    removal.reasons = gates::reasons(&facts);
    if removal.reasons.is_empty() {
        take_away(here, actor, entry, &facts, &mut removal)?;
    }
    Ok(removal)
}

fn unknown(name: &str, why: &NotFound) -> Reason {
    match why {
        NotFound::Unknown => {
            Reason::new("unknown_lane", format!("there is no lane '{name}'"), "worktree-lane list")
        }
        NotFound::Ambiguous(paths) => Reason::new(
            "ambiguous_lane",
            format!("'{name}' is the name of more than one: {}", paths.join(", ")),
            "name the lane by its id or its branch",
        ),
    }
}

/// Worktrees that are never touched, whatever is in them.
fn not_for_us(entry: &Entry) -> Option<Reason> {
    let path = entry.worktree.path.display();
    if entry.known.is_none() || entry.admin.is_none() {
        let message = format!("{path} was not made by worktree-lane");
        return Some(Reason::without_step("foreign", message));
    }
    if entry.half_made() {
        let message = format!("{path} is half made");
        let next = "repeat worktree-lane add for this lane: it undoes what is left";
        return Some(Reason::new("half_made", message, next));
    }
    if entry.known.as_ref().is_some_and(|known| known.unfinished().is_some()) {
        let message = format!("a change of {path} was cut short and could not be settled");
        return Some(Reason::new("unfinished", message, "worktree-lane list"));
    }
    if entry.missing {
        let message = format!("the folder {path} is gone, and git still lists it");
        let next = "bring the folder back, or tell git where it is now: git worktree repair PATH";
        return Some(Reason::new("missing", message, next));
    }
    None
}

/// The two renames, and what belongs to them.
fn take_away(
    here: &Here,
    actor: &str,
    entry: &Entry,
    facts: &Facts,
    removal: &mut Removal,
) -> Result<(), Failure> {
    let (Some(known), Some(admin)) = (&entry.known, &entry.admin) else { return Ok(()) };
    let _repository = Lock::repository(here)?;
    let path = &entry.worktree.path;
    if let Some(reason) = changed_meanwhile(entry, admin)? {
        removal.reasons = vec![reason];
        return Ok(());
    }
    let at = clock::now();
    let (name, tree) = trash_entry::place(here, &known.last.lane, path, at)?;
    let trashed = trash_entry::Entry {
        name,
        at,
        lane: known.last.clone(),
        branch: entry.worktree.branch.clone(),
        head: entry.worktree.head.clone(),
        delete_branch: gates::branch_may_go(facts)
            && entry.worktree.branch.as_ref() == Some(&known.last.branch),
        admin: admin.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
        tree,
    };
    history::record(here, actor, LaneEventKind::Removing, &restore::event(&trashed))?;
    if let Err(failure) = move_out(here, &trashed, &LaneGit::new(path, admin)) {
        moving::back(here, &trashed)?;
        restore::tidy(here, &trashed)?;
        history::record(here, actor, LaneEventKind::RemoveFailed, &restore::event(&trashed))?;
        return Err(failure.hint("the lane is whole, where it was"));
    }
    removal.branch_deleted = finish(here, actor, &trashed)?;
    removal.trash = Some(trashed.name);
    removal.removed = true;
    Ok(())
}

fn move_out(here: &Here, trashed: &trash_entry::Entry, git: &LaneGit) -> Result<(), Failure> {
    trashed.write(here)?;
    keep::keep(here, git, &trashed.name, trashed.head.as_deref(), trashed.branch.as_deref())?;
    moving::out(here, trashed)
}

/// The last steps, when both halves are in the trash. Gives whether the branch was deleted.
pub(crate) fn finish(
    here: &Here,
    actor: &str,
    trashed: &trash_entry::Entry,
) -> Result<bool, Failure> {
    let mut deleted = false;
    if let (true, Some(name), Some(head)) = (trashed.delete_branch, &trashed.branch, &trashed.head)
    {
        let reference = format!("refs/heads/{name}");
        // Only while it still stands where its work was shown to be in the base, and never from
        // under another worktree, which would then be on a branch without a commit.
        if here.git().commit(&reference)?.as_deref() == Some(head) && !branch::in_use(here, name)? {
            here.change(&["update-ref", "-d", &reference, head])?;
            deleted = true;
        }
    }
    history::record(here, actor, LaneEventKind::Removed, &restore::event(trashed))?;
    Ok(deleted)
}

/// The cheap questions once more, under the lock: reading the facts took a while. What changed in
/// the files themselves meanwhile goes into the trash with them and is not lost.
fn changed_meanwhile(entry: &Entry, admin: &std::path::Path) -> Result<Option<Reason>, Failure> {
    let git = LaneGit::new(&entry.worktree.path, admin);
    let moved = git.commit("HEAD")? != entry.worktree.head;
    if moved || admin.join("locked").exists() || admin.join("index.lock").exists() {
        let message = "somebody works in the lane: it changed while it was looked at";
        return Ok(Some(Reason::new("changed_meanwhile", message, "try again when they are done")));
    }
    Ok(None)
}
