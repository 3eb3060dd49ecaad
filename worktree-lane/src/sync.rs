//! `sync`: brings the base into a lane (docs/decisions/0033).
//!
//! The result is computed with commits alone. Only when there is one, and nothing is in its way, the
//! lane is moved to it; a conflict never touches the lane.

mod again;
mod compute;
mod conflict;
mod in_the_way;
mod intent;
mod look;
mod moving;
mod sharing;
mod show;
mod undo;
mod way;

use std::path::Path;

use cli::{Exit, Failure, Out, clock};
use records::Reason;
use records::worktree_lane::{Sync, SyncWay as Way};

use crate::add::base::{Base, Found};
use crate::args;
use crate::facts::{commits, submodules};
use crate::held::{self, Held};
use crate::here::Here;
use crate::history::History;
use crate::lane_git::{LaneGit, some};
use crate::preflight;
use crate::registry;
use crate::settings;

use compute::{Outcome, Sides};
use in_the_way::Difference;
use intent::Intent;
use look::git_in;
use moving::Moved;

pub(crate) use intent::FILE as INTENT;
pub(crate) use moving::settle;

/// Runs `sync`.
pub(crate) fn run(
    here: &Here,
    actor: &str,
    asked: &args::Sync,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let mut sync = Sync { lane: asked.lane.clone(), ..Sync::default() };
    sync.reasons = one(here, actor, asked, &mut sync, out)?;
    let exit = if sync.reasons.is_empty() { Exit::Yes } else { Exit::No };
    out.print(&sync, show::sync)?;
    Ok(exit)
}

/// The base first: the fetch holds no lock.
fn one(
    here: &Here,
    actor: &str,
    asked: &args::Sync,
    sync: &mut Sync,
    out: &Out,
) -> Result<Vec<Reason>, Failure> {
    let entries = registry::survey(here, &History::load(here)?)?;
    let entry = match registry::find(&entries, &asked.lane) {
        Ok(entry) => entry,
        Err(why) => return Ok(vec![held::unknown(&asked.lane, &why)]),
    };
    sync.path = Some(entry.worktree.path.to_string_lossy().into_owned());
    let Some(known) = &entry.known else {
        return Ok(held::not_for_us(entry).into_iter().collect());
    };
    let base = match preflight::base::found(here, &known.last, !asked.no_fetch)? {
        Found::Base(base) => base,
        Found::Refused(reason) => return Ok(vec![reason]),
        Found::NotFetched(failure) => return Err(failure),
    };
    let held = match held::lane(here, actor, &asked.lane, out)? {
        Ok(held) => held,
        Err(reason) => return Ok(vec![reason]),
    };
    if let Some(reason) = held::not_for_us(held.entry()) {
        return Ok(vec![reason]);
    }
    bring_in(here, actor, asked, &held, &base, sync)
}

/// Looks, computes, and moves the lane when nothing is against it.
fn bring_in(
    here: &Here,
    actor: &str,
    asked: &args::Sync,
    held: &Held,
    base: &Base,
    sync: &mut Sync,
) -> Result<Vec<Reason>, Failure> {
    let entry = held.entry();
    let (Some(known), Some(admin)) = (&entry.known, &entry.admin) else { return Ok(Vec::new()) };
    let (lane, path) = (&known.last, &entry.worktree.path);
    let git = LaneGit::new(path, admin);
    sync.path = Some(path.to_string_lossy().into_owned());
    sync.branch.clone_from(&entry.worktree.branch);
    sync.base = Some(base.name.clone());
    sync.base_commit = Some(base.commit.clone());
    sync.fetched = base.fetched;
    sync.before.clone_from(&entry.worktree.head);
    let own_branch = entry.worktree.branch.as_ref() == Some(&lane.branch);
    if let Some(before) = entry.worktree.head.as_ref().filter(|_| own_branch) {
        let (_, behind) = commits::distance(&here.git(), before, &base.commit)?;
        sync.behind = Some(behind);
        if behind == 0 {
            sync.up_to_date = true;
            return Ok(Vec::new());
        }
    }
    let owner = asked.owner.as_deref();
    let mut reasons = look::against(here, held, &git, admin, lane, owner)?;
    let moved = Moved { here, actor, git: &git, path, admin, lane };
    let Some(before) = entry.worktree.head.as_ref().filter(|_| own_branch) else {
        return Ok(reasons);
    };
    let fork = sharing::fork(&git, lane, before, &base.commit)?;
    let sides = Sides { head: before, base: &base.commit, fork: fork.as_deref() };
    let computed = compute(moved, asked, base, sides, sync)?;
    let after = match computed {
        Err(more) => {
            reasons.extend(more);
            return Ok(reasons);
        }
        Ok(after) => after,
    };
    reasons.extend(in_its_way(&git, path, before, &after)?);
    if !reasons.is_empty() {
        return Ok(reasons);
    }
    let intent = Intent {
        at: clock::now(),
        before: before.clone(),
        after,
        base: base.name.clone(),
        base_commit: base.commit.clone(),
        note: note(sync),
    };
    if !moving::forward(moved, &intent)? {
        let message = "somebody works in the lane: it changed while it was looked at";
        return Ok(vec![Reason::new("changed_meanwhile", message, git_in(path, &["status"]))]);
    }
    sync.synced = true;
    sync.undo = Some(git_in(path, &["reset", "--keep", &intent.before]));
    sync.after = Some(intent.after);
    Ok(Vec::new())
}

/// The lane's new commit, or why there is none.
fn compute(
    moved: Moved<'_>,
    asked: &args::Sync,
    base: &Base,
    sides: Sides<'_>,
    sync: &mut Sync,
) -> Result<Result<String, Vec<Reason>>, Failure> {
    let Moved { here, git, lane, path, .. } = moved;
    if !sharing::related(git, sides)? {
        let message = format!("the lane and {} have no commit in common", base.name);
        let next = git_in(path, &["log", "--oneline", "-3", &base.name]);
        return Ok(Err(vec![Reason::new("unrelated", message, next)]));
    }
    let flag = match (asked.rebase, asked.merge) {
        (true, _) => Some(Way::Rebase),
        (_, true) => Some(Way::Merge),
        _ => None,
    };
    let configured = settings::load(here)?.section.sync;
    let known = sharing::known(git, sides, &lane.branch, flag, configured)?;
    let chosen = match way::choose(known, &lane.lane, &base.name) {
        Ok((way, instead)) => {
            sync.instead = instead;
            way
        }
        Err(reasons) => return Ok(Err(reasons)),
    };
    sync.way = Some(chosen);
    let outcome = match chosen {
        Way::Merge => compute::merge(git, sides, &sharing::message(git, base, &lane.branch)?)?,
        Way::Rebase => compute::rebase(here, git, sides)?,
    };
    match outcome {
        Outcome::Clean { commit, dropped } => {
            let told = dropped.iter().map(|id| conflict::commit(git, id));
            sync.dropped = told.collect::<Result<_, _>>()?;
            Ok(Ok(commit))
        }
        Outcome::Conflict { files, at } => {
            let told = conflict::told(git, sides, &files, at.as_deref())?;
            let message = format!("both sides changed: {}", some(&told.files));
            let by_hand = match (chosen, sides.fork) {
                (Way::Merge, _) => git_in(path, &["merge", &base.commit]),
                (Way::Rebase, None) => git_in(path, &["rebase", &base.commit]),
                (Way::Rebase, Some(fork)) => {
                    git_in(path, &["rebase", "--onto", &base.commit, fork])
                }
            };
            sync.conflict = Some(told);
            Ok(Err(vec![Reason::new("conflict", message, by_hand)]))
        }
    }
}

/// Files that only the disk has, where the new commit has one, and submodules that would stay behind.
fn in_its_way(
    git: &LaneGit,
    path: &Path,
    before: &str,
    after: &str,
) -> Result<Vec<Reason>, Failure> {
    let difference = Difference::between(git, before, after)?;
    let mut all = Vec::new();
    let here = submodules::checked_out(git, path)?;
    let stay: Vec<String> = difference
        .submodules
        .iter()
        .filter(|name| here.contains(name))
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    if !stay.is_empty() {
        let message = format!("the base changes submodules that are checked out: {}", some(&stay));
        let merge = git_in(path, &["merge", after]);
        let update = git_in(path, &["submodule", "update", "--init", "--recursive"]);
        all.push(Reason::new("submodules", message, format!("{merge} && {update}")));
    }
    let found = in_the_way::in_the_way(path, &difference)?;
    if !found.is_empty() {
        let message =
            format!("untracked or ignored files lie where the base has files: {}", some(&found));
        let first = found.first().map_or("", String::as_str);
        let full = path.join(first).to_string_lossy().into_owned();
        let next = repo::shell_words(["mv", "--no-clobber", &full, &format!("{full}.mine")]);
        all.push(Reason::new("in_the_way", message, next));
    }
    Ok(all)
}

/// What the journal and the log of refs say.
fn note(sync: &Sync) -> String {
    let base = sync.base.as_deref().unwrap_or_default();
    let commits = sync.behind.unwrap_or_default();
    match sync.way {
        Some(Way::Rebase) => format!("rebased onto {base} ({commits} commits)"),
        _ => format!("merged {base} ({commits} commits)"),
    }
}
