//! The local base branch follows the base, together with the worktree that has it checked out.
//!
//! A ref that moves under a checkout shows the whole landing as reverted in there, so the worktree
//! moves first and takes the ref along, as `git merge --ff-only` does.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use cli::Failure;
use records::Reason;
use records::merge_queue::Landing;
use repo::{Error, Git, Ran, Worktree, shell_words, worktrees};

use crate::desk::Desk;
use crate::git::base::Base;
use crate::git::worktree_state;
use crate::rules::diff::{overlap, path_text};

/// The worktrees that have the base branch checked out. Git allows one, unless it is forced.
pub(super) fn checked_out(desk: &Desk, base: &Base) -> Result<Vec<Worktree>, Error> {
    let all = worktrees(&desk.git)?.into_iter();
    let there = |w: &Worktree| !w.bare && w.prunable.is_none();
    Ok(all.filter(|w| w.branch.as_deref() == Some(&base.branch)).filter(there).collect())
}

/// Why the local base could not follow; asked before anything moves. `tree` is what the base will
/// hold, `head` and `before` are the two commits that it will contain.
pub(super) fn obstacles(
    desk: &Desk,
    base: &Base,
    tree: &str,
    head: &str,
    before: &str,
) -> Result<Vec<Reason>, Failure> {
    let holders = checked_out(desk, base)?;
    let Some(local) = desk.git.commit(&base.local())? else { return Ok(Vec::new()) };
    if !desk.objects.reachable(&local, before)? && !desk.objects.reachable(&local, head)? {
        // It has work of its own and stays where it is.
        return Ok(Vec::new());
    }
    let mut reasons = Vec::new();
    if let [first, second, ..] = holders.as_slice() {
        let next = format!("{} switch --detach", git_in(second));
        let (first, second) = (first.path.display(), second.path.display());
        let message = format!("{} is checked out twice, in {first} and {second}", base.branch);
        reasons.push(Reason::new("base_checked_out_twice", message, next));
    }
    let moving = desk.objects.diff(&local, tree)?;
    for holder in holders {
        let shown = holder.path.display();
        let switch = format!("{} switch", git_in(&holder));
        if let Some(operation) = worktree_state::operation(&holder.path)? {
            let message = format!("{operation} is under way in {shown}");
            let next = format!("end it there; {} status says how", git_in(&holder));
            reasons.push(Reason::new("base_worktree_busy", message, next));
        }
        let git = Git::new(&holder.path);
        let mut dirt = worktree_state::dirt(&git)?;
        dirt.extend(worktree_state::hidden(&git)?);
        let in_the_way = dirt.iter().filter(|d| moving.iter().any(|m| overlap(d, &m.path)));
        let in_the_way: Vec<String> = in_the_way.map(|path| path_text(path)).collect();
        if !in_the_way.is_empty() {
            let paths = in_the_way.join(", ");
            let message = format!("{shown} has changes where the landing writes: {paths}");
            let next = format!("commit them on a branch of their own: {switch} -c BRANCH");
            reasons.push(Reason::new("base_worktree_dirty", message, next));
        }
        // Git would overwrite these without a word.
        let ignored = worktree_state::ignored(&git)?;
        let lost = ignored.iter().filter(|i| moving.iter().any(|m| hits(&holder, i, &m.path)));
        let lost: Vec<String> = lost.map(|path| path_text(path)).collect();
        if !lost.is_empty() {
            let paths = lost.join(", ");
            let message = format!("{shown} has ignored files where the landing writes: {paths}");
            let next = "move them elsewhere if they are still needed";
            reasons.push(Reason::new("base_worktree_ignored", message, next));
        }
    }
    Ok(reasons)
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

/// Brings this clone's refs and worktrees to `after`, which the base holds already. What fails here
/// is told and not undone: the work has landed.
pub(super) fn follow(
    desk: &Desk,
    base: &Base,
    after: &str,
    landing: &mut Landing,
) -> Result<(), Failure> {
    let Some(local) = desk.git.commit(&base.local())? else { return Ok(()) };
    if desk.objects.reachable(after, &local)? {
        if base.remote.is_none() {
            let moved = checked_out(desk, base)?;
            landing.moved_worktrees = moved.iter().map(|w| w.path.display().to_string()).collect();
        }
        return Ok(());
    }
    if !desk.objects.reachable(&local, after)? {
        landing.pending.push(Reason::new(
            "local_base_diverged",
            format!("the local {} has commits that {} lacks", base.branch, base.shown),
            format!("{} where {} is checked out", base.merge_command(), base.branch),
        ));
        return Ok(());
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
        landing.moved_worktrees.extend(holders.first().map(|_| place));
    } else {
        let said = String::from_utf8_lossy(&ran.stderr);
        let said = said.lines().find(|line| !line.trim().is_empty());
        let said = said.unwrap_or("git did not move it");
        landing.pending.push(Reason::new(
            "sync_pending",
            format!("{place} could not follow: {said}"),
            format!("run 'merge-queue land {}' again once that is put right", landing.task),
        ));
    }
    Ok(())
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
