//! `revert`: takes what has landed out of the base again.
//!
//! A merge in reverse for each task, the newest first, verified as one and moved to as a landing is: by a
//! push with a lease. From the moment on at which the base has it, the task is not done any more,
//! whether that could be recorded or not; see [`state`].

use cli::{Exit, Failure, Out, Progress};
use records::merge_queue::Reversion;
use records::{Landed, QueueEvent, Reason, Reverted, TaskId};

use super::against::against;
use super::candidate::Candidate;
use super::chain::{Chain, Link};
use super::follow::{self, Obstacles};
use super::move_base::{Move, Moved, move_base};
use super::record;
use super::rounds::run_id;
use super::trying::Trying;
use crate::args::RevertArgs;
use crate::commands::merge_ready::{self, World};
use crate::desk::Desk;
use crate::git::base::Base;
use crate::git::stack::{Merged, Pushed, Stack};
use crate::rules::definitions::Definitions;
use crate::rules::facts::Rules;
use crate::rules::state;
use crate::show;

/// A landing that is to be undone.
struct Target<'a> {
    task: &'a TaskId,
    title: String,
    landed: &'a Landed,
}

/// The commits that undo them, in the order of the targets.
struct Undone {
    /// The commit below each, and the commit.
    commits: Vec<(String, Merged)>,
    tip: Merged,
}

pub(crate) fn run(desk: &Desk, args: &RevertArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.sound_definitions()?;
    let base = desk.base(&definitions)?;
    let world = merge_ready::world(desk, &definitions, &base, true, !args.dry_run, out)?;
    let mut answer = blank(args, &base, &world);
    let targets = match targets(&definitions, &world, &args.what) {
        Ok(targets) => targets,
        Err(reason) => return refused(answer, vec![reason], out),
    };
    answer.tasks = targets.iter().map(|target| target.task.clone()).collect();
    let policy = definitions.policy.verify.as_ref().map(|verify| verify.value.clone());
    if let Rules::Other(files) = &world.surroundings.rules
        && args.verify.is_none()
        && policy.is_some()
    {
        let files = files.join(", ");
        let message = format!("{files}: the definitions are not those of {}", base.shown);
        let next = "bring the coordinator's checkout up to date, or give --verify";
        return refused(answer, vec![Reason::new("definitions_not_of_base", message, next)], out);
    }
    let Some(before) = world.surroundings.base_commit.clone() else {
        return Err(Failure::usage("queue.base", format_args!("there is no '{}'", base.shown)));
    };
    let id = run_id();
    let undone = match undo(desk, &world, args, &targets, (&before, &id))? {
        Ok(undone) => undone,
        Err(reason) => return refused(answer, vec![reason], out),
    };
    answer.tree = Some(undone.tip.tree.clone());
    let obstacles = Obstacles::look(desk, &base, &before)?;
    let reasons = obstacles.against(desk, (&before, &before), &undone.tip.changes)?;
    if !reasons.is_empty() {
        return refused(answer, reasons, out);
    }
    if args.dry_run {
        out.print(&answer, show::reversion)?;
        return Ok(Exit::Yes);
    }
    if let Some(command) = args.verify.clone().or(policy) {
        let mut trying = Trying::new(desk, command, args.limit, 1);
        let link = whole(&targets, &before, &undone)?;
        let chain = Chain { links: vec![link], misfits: Vec::new() };
        let progress = Progress::start(format!("verifying without {}", args.what));
        let found = trying.try_out(&before, &chain, |_, _| ())?;
        drop(progress);
        if let Some(why) = found.infra {
            let what = format!("cannot verify with '{}'", trying.command());
            let hint = format!("nothing was undone; try again{}", why.whole_output());
            return Err(Failure::later(what, why.reason).hint(hint));
        }
        if found.green == 0 {
            let red = found.blamed.into_iter().find_map(|tried| tried.red).or(found.base_red);
            let red = red.unwrap_or_default();
            let message = format!("'{}' fails without it: {}", trying.command(), red.reason);
            answer.output_tail = red.output_tail;
            let reason = Reason::without_step("verify_failed", message);
            return refused(answer, vec![reason], out);
        }
        answer.verified = found.verified;
    }

    let records = records(&targets, &undone, &base, args, (&id, &answer));
    record::reverting(desk, &records)?;
    let again = repo::shell_words(["merge-queue", "revert", &args.what]);
    let step = Move { before: &before, after: &undone.tip.commit, again: &again };
    match move_base(desk, &base, step)? {
        Moved::Done => {}
        Moved::Lost(failure) | Moved::Refused(failure) => return Err(failure),
    }
    answer.reverted = true;
    answer.base_after = Some(undone.tip.commit.clone());
    if let Err(failure) = record::reverted(desk, &records) {
        out.print(&answer, show::reversion)?;
        let what = format!("{} is out of the base, which could not be recorded", args.what);
        return Err(Failure::new(failure.exit(), what, failure)
            .hint("the next call of 'merge-queue merge-ready' records it"));
    }
    if let Some(target) = targets.last() {
        let followed = follow::follow(desk, &base, &undone.tip.commit, target.task)?;
        answer.moved_worktrees = followed.moved;
        answer.pending = followed.pending;
    }
    out.print(&answer, show::reversion)?;
    for pending in &answer.pending {
        out.note(&format!("undone, but {}", pending.message));
    }
    Ok(Exit::Yes)
}

fn blank(args: &RevertArgs, base: &Base, world: &World) -> Reversion {
    Reversion {
        asked: args.what.clone(),
        tasks: Vec::new(),
        reverted: false,
        dry_run: args.dry_run,
        base: base.branch.clone(),
        base_before: world.surroundings.base_commit.clone(),
        base_after: None,
        tree: None,
        remote: base.remote.clone(),
        verified: None,
        output_tail: String::new(),
        moved_worktrees: Vec::new(),
        pending: Vec::new(),
        reasons: Vec::new(),
    }
}

fn refused(mut answer: Reversion, reasons: Vec<Reason>, out: &mut Out) -> Result<Exit, Failure> {
    answer.reasons = reasons;
    out.print(&answer, show::reversion)?;
    Ok(Exit::No)
}

/// The landings that are asked for and in the base, the newest first.
fn targets<'a>(
    definitions: &Definitions,
    world: &'a World,
    what: &str,
) -> Result<Vec<Target<'a>>, Reason> {
    let reached = &world.surroundings.reached;
    let named = definitions.task(what).map(|task| &task.id);
    let mut targets: Vec<Target<'_>> = Vec::new();
    let mut known = named.is_some();
    for event in world.history.events.iter().rev() {
        let (Some(task), Some(landed)) = (&event.task, &event.landed) else { continue };
        let asked = match named {
            Some(named) => named == task,
            None => landed.batch.as_deref() == Some(what),
        };
        known |= asked;
        // Of what was landed several times, and of a record that stands for another one, the one that counts.
        let stands = state::landed(world.history.of(task), reached);
        let stands = stands.is_some_and(|(_, newest)| newest.base_after == landed.base_after);
        if asked && stands && !targets.iter().any(|target| target.task == task) {
            let defined = definitions.tasks.iter().find(|defined| defined.id == *task);
            let title = defined.map_or_else(String::new, |defined| defined.title.clone());
            targets.push(Target { task, title, landed });
        }
    }
    if !targets.is_empty() {
        return Ok(targets);
    }
    let base = &world.surroundings.base;
    Err(if known {
        let message = format!("nothing that {what} landed is in {base} now");
        Reason::new("not_landed", message, "merge-queue status")
    } else {
        let message = format!("'{what}' is neither a task nor a batch that has landed");
        let next = "merge-queue log TASK names its landing, and 'export' the batches";
        Reason::new("unknown", message, next)
    })
}

/// The commits, or why there can be none.
fn undo(
    desk: &Desk,
    world: &World,
    args: &RevertArgs,
    targets: &[Target<'_>],
    (before, id): (&str, &str),
) -> Result<Result<Undone, Reason>, Failure> {
    let mut stack = Stack::begin(desk, before);
    let mut commits = Vec::with_capacity(targets.len());
    for target in targets {
        let Target { task, landed, .. } = target;
        let below = stack.tip().to_owned();
        let message = message(target, args, id);
        let between = (landed.base_before.as_str(), landed.base_after.as_str());
        let merged = match stack.undo(between, &message)? {
            Pushed::Merged(merged) => merged,
            Pushed::Conflict(paths) => {
                let others = against(desk, world, &landed.base_after, &paths)?;
                let others: Vec<&str> = others.iter().map(TaskId::as_str).collect();
                let by = match others.as_slice() {
                    [] => String::new(),
                    others => format!(", by {}", others.join(", ")),
                };
                let message = format!(
                    "what {task} changed was changed again since, in {}{by}",
                    paths.join(", ")
                );
                let next = "revert what came later first, or undo it by hand on a branch";
                return Ok(Err(Reason::new("revert_conflict", message, next)));
            }
        };
        let own = desk.objects.diff(between.0, between.1)?;
        let strange =
            merged.changes.iter().find(|change| !own.iter().any(|c| c.path == change.path));
        if merged.changes.is_empty() {
            let message = format!("{} has nothing left of what {task} changed", landed.base);
            return Ok(Err(Reason::without_step("nothing_to_revert", message)));
        }
        if let Some(strange) = strange {
            let path = crate::rules::diff::path_text(&strange.path);
            let message = format!("undoing {task} would change {path}, which it did not change");
            let next = "undo it by hand on a branch";
            return Ok(Err(Reason::new("revert_differs", message, next)));
        }
        commits.push((below, merged));
    }
    let Some((_, last)) = commits.last() else {
        return Err(Failure::world("cannot revert", "there is nothing to undo"));
    };
    let changes = desk.objects.diff(before, &last.tree)?;
    let tip = Merged { commit: last.commit.clone(), tree: last.tree.clone(), changes };
    Ok(Ok(Undone { commits, tip }))
}

fn message(target: &Target<'_>, args: &RevertArgs, id: &str) -> String {
    let Target { task, title, landed } = target;
    let reason = args.reason.as_ref().map(|reason| format!("{}\n\n", reason.trim()));
    let after = &landed.base_after;
    format!(
        "Revert {task}: {title}\n\nThis undoes {after}.\n\n{}Queue-Task: {task}\nQueue-Reverts: {after}\nQueue-Batch: {id}\n",
        reason.unwrap_or_default()
    )
}

/// All of it as one link, because it is verified as one.
fn whole(targets: &[Target<'_>], before: &str, undone: &Undone) -> Result<Link, Failure> {
    let Some(Target { task, title, landed }) = targets.first() else {
        return Err(Failure::world("cannot verify", "there is nothing to undo"));
    };
    let candidate = Candidate {
        task: (*task).clone(),
        title: title.clone(),
        issue: None,
        head: landed.commit.clone(),
        branch: landed.branch.clone(),
        merge_base: landed.base_before.clone(),
        changes: undone.tip.changes.clone(),
        digest: String::new(),
    };
    Ok(Link { candidate, below: before.into(), merged: undone.tip.clone() })
}

/// What is recorded of each.
fn records(
    targets: &[Target<'_>],
    undone: &Undone,
    base: &Base,
    args: &RevertArgs,
    (id, answer): (&str, &Reversion),
) -> Vec<(TaskId, Reverted)> {
    let each = targets.iter().zip(&undone.commits);
    each.map(|(target, (below, merged))| {
        let step = Landed {
            commit: target.landed.commit.clone(),
            branch: target.landed.branch.clone(),
            base: base.branch.clone(),
            base_before: below.clone(),
            base_after: merged.commit.clone(),
            strategy: "revert".into(),
            remote: base.remote.clone(),
            batch: Some(id.into()),
            verified: answer.verified.clone(),
        };
        let landing = target.landed.base_after.clone();
        (target.task.clone(), Reverted { landing, reason: args.reason.clone(), step })
    })
    .collect()
}

/// The reversions that were begun and not ended, with the moves that they are.
pub(super) fn begun(events: &[QueueEvent]) -> impl Iterator<Item = (&QueueEvent, &Reverted)> {
    let open = events.iter().filter(|event| event.kind == record::REVERTING);
    open.filter_map(|event| event.reverted.as_ref().map(|reverted| (event, reverted))).filter(
        |(_, begun)| {
            let mut ended = events.iter().filter(|event| event.kind == "returned");
            !ended.any(|event| {
                event.reverted.as_ref().is_some_and(|r| r.step.base_after == begun.step.base_after)
            })
        },
    )
}
