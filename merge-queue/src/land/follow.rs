//! The local base branch follows the base, together with the worktree that has it checked out.
//!
//! A ref that moves under a checkout shows the whole landing as reverted in there, so the worktree
//! moves first and takes the ref along, as `git merge --ff-only` does.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use cli::Failure;
use records::{Reason, TaskId};
use repo::{Error, Git, Ran, Worktree, shell_words, worktrees};

use super::half_done;
use crate::commands::merge_ready::World;
use crate::desk::Desk;
use crate::git::base::Base;
use crate::git::worktree_state::{self, Look};
use crate::rules::diff::{Change, overlap, path_text};

/// The worktrees that have the base branch checked out. Git allows one, unless it is forced.
pub(super) fn checked_out(desk: &Desk, base: &Base) -> Result<Vec<Worktree>, Error> {
    let all = worktrees(&desk.git)?.into_iter();
    let there = |w: &Worktree| !w.bare && w.prunable.is_none();
    Ok(all.filter(|w| w.branch.as_deref() == Some(&base.branch)).filter(there).collect())
}

/// What could keep the local base from following; looked at before anything moves.
#[derive(Debug, Default)]
pub(super) struct Obstacles {
    /// Where the local base stands; `None` when there is no such branch.
    local: Option<String>,
    /// What the base has and the local branch has not.
    behind: Vec<Vec<u8>>,
    /// Reasons that hold whatever lands.
    always: Vec<Reason>,
    holders: Vec<Holder>,
}

/// A worktree that has the base checked out, and what in it is not as committed.
#[derive(Debug)]
struct Holder {
    worktree: Worktree,
    dirt: Vec<Vec<u8>>,
    ignored: Vec<Vec<u8>>,
}

impl Obstacles {
    /// Looks. `before` is where the base stands.
    pub(super) fn look(desk: &Desk, base: &Base, before: &str) -> Result<Self, Failure> {
        let holders = checked_out(desk, base)?;
        let Some(local) = desk.git.commit(&base.local())? else { return Ok(Self::default()) };
        let mut always = Vec::new();
        if let [first, second, ..] = holders.as_slice() {
            let next = format!("{} switch --detach", git_in(second));
            let (first, second) = (first.path.display(), second.path.display());
            let message = format!("{} is checked out twice, in {first} and {second}", base.branch);
            always.push(Reason::new("base_checked_out_twice", message, next));
        }
        let mut found = Vec::new();
        for holder in holders {
            let shown = holder.path.display();
            if let Some(operation) = worktree_state::operation(&holder.path)? {
                let message = format!("{} is under way in {shown}", operation.what);
                always.push(Reason::new("base_worktree_busy", message, operation.next));
            }
            let Look { mut dirt, hidden, ignored } = desk.look(&holder.path)?;
            dirt.extend(hidden);
            found.push(Holder { worktree: holder, dirt, ignored });
        }
        let behind = desk.objects.diff(&local, before)?.into_iter().map(|c| c.path).collect();
        Ok(Self { local: Some(local), behind, always, holders: found })
    }

    /// Why the local base could not follow a landing that merges `head` into `before` and changes `paths`.
    pub(super) fn against(
        &self,
        desk: &Desk,
        (before, head): (&str, &str),
        paths: &[Change],
    ) -> Result<Vec<Reason>, Failure> {
        let Some(local) = &self.local else { return Ok(Vec::new()) };
        if !desk.objects.reachable(local, before)? && !desk.objects.reachable(local, head)? {
            // It has work of its own and stays where it is.
            return Ok(Vec::new());
        }
        let moving: Vec<&[u8]> =
            self.behind.iter().map(Vec::as_slice).chain(paths.iter().map(|c| &*c.path)).collect();
        let mut reasons = self.always.clone();
        for holder in &self.holders {
            let (worktree, shown) = (&holder.worktree, holder.worktree.path.display());
            let in_the_way =
                holder.dirt.iter().filter(|dirt| moving.iter().any(|path| overlap(dirt, path)));
            let in_the_way: Vec<String> = in_the_way.map(|path| path_text(path)).collect();
            if !in_the_way.is_empty() {
                let paths = in_the_way.join(", ");
                let message = format!("{shown} has changes where the landing writes: {paths}");
                let switch = format!("{} switch", git_in(worktree));
                let next = format!("commit them on a branch of their own: {switch} -c BRANCH");
                reasons.push(Reason::new("base_worktree_dirty", message, next));
            }
            // Git would overwrite these without a word.
            let lost = holder
                .ignored
                .iter()
                .filter(|ignored| moving.iter().any(|path| hits(worktree, ignored, path)));
            let lost: Vec<String> = lost.map(|path| path_text(path)).collect();
            if !lost.is_empty() {
                let paths = lost.join(", ");
                let message =
                    format!("{shown} has ignored files where the landing writes: {paths}");
                let next = "move them elsewhere if they are still needed";
                reasons.push(Reason::new("base_worktree_ignored", message, next));
            }
        }
        Ok(reasons)
    }
}

/// Whether writing `moving` in the worktree would hit what `ignored` stands for.
fn hits(holder: &Worktree, ignored: &[u8], moving: &[u8]) -> bool {
    let whole_folder = ignored.ends_with(b"/") && moving.starts_with(ignored);
    let there = || holder.path.join(OsStr::from_bytes(moving)).symlink_metadata().is_ok();
    overlap(ignored, moving) && (!whole_folder || there())
}

/// `git -C <worktree>`, to be typed.
fn git_in(worktree: &Worktree) -> String {
    shell_words(["git", "-C", &worktree.path.to_string_lossy()])
}

/// What came of bringing this clone along.
#[derive(Debug, Clone, Default)]
pub(super) struct Followed {
    /// Worktrees of the base branch that were moved.
    pub(super) moved: Vec<String>,
    /// What is left to do.
    pub(super) pending: Vec<Reason>,
}

/// Brings this clone's refs and worktrees to `after`, which the base holds already. What fails here
/// is told and not undone: the work has landed. `task` is the one to name in advice.
pub(super) fn follow(
    desk: &Desk,
    base: &Base,
    after: &str,
    task: &TaskId,
) -> Result<Followed, Failure> {
    let mut followed = Followed::default();
    let Some(local) = desk.git.commit(&base.local())? else { return Ok(followed) };
    if desk.objects.reachable(after, &local)? {
        if base.remote.is_none() {
            let moved = checked_out(desk, base)?;
            followed.moved = moved.iter().map(|w| w.path.display().to_string()).collect();
        }
        return Ok(followed);
    }
    if !desk.objects.reachable(&local, after)? {
        followed.pending.push(Reason::new(
            "local_base_diverged",
            format!("the local {} has commits that {} lacks", base.branch, base.shown),
            format!("{} where {} is checked out", base.merge_command(), base.branch),
        ));
        return Ok(followed);
    }
    let holders = checked_out(desk, base)?;
    let (ran, place) = match holders.first() {
        Some(holder) => {
            (fast_forward(&Git::new(&holder.path), base, after)?, holder.path.display().to_string())
        }
        None => (swap(desk, base, &local, after)?, base.branch.clone()),
    };
    let moved = match desk.git.commit(&base.local())? {
        Some(local) => desk.objects.reachable(after, &local)?,
        None => false,
    };
    if ran.ok() && moved {
        followed.moved.extend(holders.first().map(|_| place));
    } else {
        let said = String::from_utf8_lossy(&ran.stderr);
        let said = said.lines().find(|line| !line.trim().is_empty());
        let said = said.unwrap_or("git did not move it");
        followed.pending.push(Reason::new(
            "sync_pending",
            format!("{place} could not follow: {said}"),
            format!("run 'merge-queue land {task}' again once that is put right"),
        ));
    }
    Ok(followed)
}

/// Brings this clone along where a call was killed before it could: the base has a landing that is recorded
/// here and that the local branch lacks. `None` when there is nothing to do.
pub(super) fn catch_up(
    desk: &Desk,
    base: &Base,
    world: &World,
) -> Result<Option<Followed>, Failure> {
    let (Some(_), Some(tip)) = (&base.remote, &world.surroundings.base_commit) else {
        return Ok(None);
    };
    let landed = world.history.events.iter().rev().find_map(|event| {
        let landed = event.landed.as_ref().filter(|_| event.kind == "landed")?;
        let there = world.surroundings.reached.contains(&landed.base_after);
        Some((event.task.as_ref().filter(|_| there)?, landed))
    });
    let Some((task, landed)) = landed else { return Ok(None) };
    match desk.git.commit(&base.local())? {
        Some(local) if !desk.objects.reachable(&landed.base_after, &local)? => {
            if let Some(holder) = checked_out(desk, base)?.first() {
                half_done::undo(desk, holder, &local, &landed.base_after)?;
            }
            follow(desk, base, tip, task).map(Some)
        }
        _ => Ok(None),
    }
}

/// Moves a worktree and the branch that is checked out there, or neither. Nothing that git ignores is
/// overwritten.
pub(super) fn fast_forward(worktree: &Git, base: &Base, after: &str) -> Result<Ran, Error> {
    // They would come first and could ask for something else, such as `--squash`.
    let no_options = match base.branch.as_str() {
        // Such a name cannot stand in `-c`; the options below still hold.
        odd if odd.contains('=') => "core.fsync=committed,reference".to_owned(),
        branch => format!("branch.{branch}.mergeOptions="),
    };
    worktree.try_run([
        "-c",
        "core.fsync=committed,reference",
        "-c",
        &no_options,
        "merge",
        "--ff-only",
        "--no-squash",
        "--no-overwrite-ignore",
        "--quiet",
        "--no-stat",
        "--no-autostash",
        after,
    ])
}

/// Moves the local base branch if it is still where it was.
pub(super) fn swap(desk: &Desk, base: &Base, before: &str, after: &str) -> Result<Ran, Error> {
    let fsync = ["-c", "core.fsync=committed,reference"];
    let update = ["update-ref", "-m", "merge-queue: land", &base.local(), after, before];
    desk.git.try_run(fsync.into_iter().chain(update))
}
