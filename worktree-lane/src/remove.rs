//! `remove`: moves lanes into the trash, unless something in them could be lost.

pub(crate) mod gates;

use std::fs;

use cli::{Exit, Failure, Out, Page, Tone, clock};
use records::worktree_lane::Removal;
use records::{LaneEventKind, Reason};

use crate::branch;
use crate::facts::{self, Facts};
use crate::held;
use crate::here::Here;
use crate::history;
use crate::lane_git::LaneGit;
use crate::lock::Lock;
use crate::registry::Entry;
use crate::trash::entry::{self as trash_entry};
use crate::trash::moving::{self, Whereabouts};
use crate::trash::{keep, restore};

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
        match one(here, actor, lane, &|_, _| Vec::new(), out) {
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

/// What a command asks of a lane besides what every removal does.
pub(crate) type Rule<'a> = &'a dyn Fn(&Entry, &Facts) -> Vec<Reason>;

/// Takes one lane away, unless something in it could be lost or `rule` speaks against it.
pub(crate) fn one(
    here: &Here,
    actor: &str,
    name: &str,
    rule: Rule,
    out: &Out,
) -> Result<Removal, Failure> {
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
    let held = match held::lane(here, actor, name, out)? {
        Ok(held) => held,
        Err(reason) => {
            removal.reasons = vec![reason];
            return Ok(removal);
        }
    };
    let entry = held.entry();
    removal.path = Some(entry.worktree.path.to_string_lossy().into_owned());
    removal.branch.clone_from(&entry.worktree.branch);
    if let Some(reason) = held::not_for_us(entry) {
        removal.reasons = vec![reason];
        return Ok(removal);
    }
    let mut facts = facts::gather(here, &held.entries, entry)?;
    if let (None, Some(admin)) = (&facts.mismatch, &entry.admin) {
        facts.saved = facts::saved::kept(here, &facts, &entry.worktree.path, admin)?;
    }
    if let Some(ignored) = facts.ignored.known() {
        removal.ignored_files = Some(ignored.files);
        removal.ignored_bytes = Some(ignored.bytes);
    }
    removal.reasons = gates::reasons(&facts);
    removal.reasons.extend(rule(entry, &facts));
    if removal.reasons.is_empty() {
        take_away(here, actor, entry, &facts, &mut removal)?;
    }
    Ok(removal)
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
    match move_out(here, &trashed, &LaneGit::new(path, admin)) {
        Ok(true) => {}
        Ok(false) => {
            undo(here, actor, &trashed)?;
            removal.reasons = vec![changed()];
            return Ok(());
        }
        Err(failure) => {
            undo(here, actor, &trashed)?;
            return Err(failure.hint("the lane is whole, where it was"));
        }
    }
    removal.branch_deleted = finish(here, actor, &trashed)?;
    removal.trash = Some(trashed.name);
    removal.removed = true;
    Ok(())
}

/// Brings back what could not be taken away.
pub(crate) fn undo(here: &Here, actor: &str, trashed: &trash_entry::Entry) -> Result<(), Failure> {
    moving::back(here, trashed)?;
    restore::tidy(here, trashed)?;
    history::record(here, actor, LaneEventKind::RemoveFailed, &restore::event(trashed))
}

/// Moves it. Gives whether it was the lane that was looked at: until this very moment, somebody could
/// make a commit or move the folder away.
fn move_out(here: &Here, trashed: &trash_entry::Entry, git: &LaneGit) -> Result<bool, Failure> {
    trashed.write(here)?;
    let (head, branch) = (trashed.head.as_deref(), trashed.branch.as_deref());
    keep::keep(here, git, &trashed.name, head, branch, None)?;
    moving::out(here, trashed)?;
    if moving::look(here, trashed).tree != Whereabouts::Trash {
        return Ok(false);
    }
    // Git does not find refs from within the trash. Where they are no files, `HEAD` says nothing.
    let file = trashed.admin_now(here).join("HEAD");
    let stands = fs::read(&file).map_err(|error| Failure::io("cannot read", &file, &error))?;
    let expected = branch.map(|branch| format!("ref: refs/heads/{branch}"));
    let expected = expected.as_deref().or(head).unwrap_or_default();
    let stands = stands.trim_ascii();
    if stands != expected.as_bytes() && stands != b"ref: refs/heads/.invalid" {
        return Ok(false);
    }
    let Some(branch) = branch else { return Ok(true) };
    Ok(here.git().commit(&format!("refs/heads/{branch}"))?.as_deref() == head)
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
pub(crate) fn changed_meanwhile(
    entry: &Entry,
    admin: &std::path::Path,
) -> Result<Option<Reason>, Failure> {
    let git = LaneGit::new(&entry.worktree.path, admin);
    let moved = git.commit("HEAD")? != entry.worktree.head;
    if moved || admin.join("locked").exists() || admin.join("index.lock").exists() {
        return Ok(Some(changed()));
    }
    Ok(None)
}

fn changed() -> Reason {
    let message = "somebody works in the lane: it changed while it was looked at";
    Reason::new("changed_meanwhile", message, "try again when they are done")
}
