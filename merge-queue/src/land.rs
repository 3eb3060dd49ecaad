//! `land`: brings a task into the base branch.
//!
//! The one step that counts is the move of the base, and it is a compare-and-swap: a push with a lease
//! on the commit that was judged, or without a remote the move of the local branch. Everything
//! before it can be thrown away, everything after it can be done again; see [`recover`]. No lock is
//! held: of two landings at once the base takes one, and the other starts over.

mod follow;
mod merge_commit;
mod move_base;
pub(crate) mod recover;
pub(crate) mod verify;

use cli::{Exit, Failure, Out, Progress};
use records::merge_queue::Landing;
use records::{Landed, Reason};

use crate::args::LandArgs;
use crate::commands::merge_ready::{Asked, Judged, judge};
use crate::desk::{self, Desk};
use crate::git::base::Base;
use crate::rules::definitions::{Strategy, Task};
use crate::rules::facts::{Branched, Merge};
use crate::rules::state;
use crate::show;

/// What is about to land, pinned: from here on no ref is read again.
struct Plan<'a> {
    task: &'a Task,
    /// The reviewed commit.
    head: &'a str,
    /// Its branch, for the record.
    branch: &'a str,
    /// Where the base stood when it was judged.
    before: &'a str,
    branched: &'a Branched,
    /// The tree that the base will have.
    tree: &'a str,
}

pub(crate) fn run(desk: &Desk, args: &LandArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.definitions()?;
    let task = desk::find(&definitions, &args.task.task)?;
    let base = desk.base(&definitions)?;
    let strategy = args.strategy.unwrap_or(definitions.strategy);
    let asked = Asked { strategy, finish: !args.dry_run };
    let judged = judge(desk, &definitions, &base, task, &asked, out)?;
    let mut landing = blank(task, &base, strategy, &judged, args.dry_run);

    if let Some((_, landed)) = state::landed(judged.history.of(&task.id), &judged.facts.reached) {
        fill(&mut landing, landed);
        landing.already = true;
        landing.tree = Some(desk.objects.tree(&landed.base_after)?);
        if let Some(tip) = judged.facts.base_commit.as_deref().filter(|_| !args.dry_run) {
            follow::follow(desk, &base, tip, &mut landing)?;
        }
        return ended(&landing, Exit::Yes, out);
    }
    if !judged.readiness.ready {
        landing.reasons = judged.readiness.reasons;
        return ended(&landing, Exit::No, out);
    }
    let plan = plan(&judged, task)?;
    landing.tree = Some(plan.tree.into());
    landing.reasons = follow::obstacles(desk, &base, plan.tree, plan.head, plan.before)?;
    if !landing.reasons.is_empty() {
        return ended(&landing, Exit::No, out);
    }
    if args.dry_run {
        return ended(&landing, Exit::Yes, out);
    }

    let landed = Landed {
        commit: plan.head.into(),
        branch: plan.branch.into(),
        base: base.branch.clone(),
        base_before: plan.before.into(),
        base_after: match strategy {
            Strategy::FfOnly => plan.head.to_owned(),
            Strategy::NoFf => merge_commit::make(desk, &plan)?,
        },
        strategy: strategy.to_string(),
        remote: base.remote.clone(),
        batch: None,
        verified: None,
    };
    let progress = Progress::start(format!("landing {}", task.id));
    desk.record(task, "landing", |event| event.landed = Some(landed.clone()))?;
    move_base::move_base(desk, &base, &landed, task)?;
    fill(&mut landing, &landed);
    if let Err(failure) = recover::record_landed(desk, &definitions, &task.id, &landed) {
        drop(progress);
        out.print(&landing, show::landing)?;
        let what = format!("{} has landed, which could not be recorded", task.id);
        return Err(Failure::new(failure.exit(), what, failure)
            .hint(format!("run 'merge-queue land {}' again: it records what it finds", task.id)));
    }
    follow::follow(desk, &base, &landed.base_after, &mut landing)?;
    drop(progress);
    ended(&landing, Exit::Yes, out)
}

/// What a yes rests on. A yes without these would be a mistake in `ready`, and lands nothing.
fn plan<'a>(judged: &'a Judged, task: &'a Task) -> Result<Plan<'a>, Failure> {
    let facts = &judged.facts;
    let branched = facts.branched();
    let tree = branched.and_then(|branched| match &branched.merge {
        Merge::Clean { tree, .. } => Some(tree),
        Merge::Conflict(_) => None,
    });
    match (&facts.head, &facts.reference, &facts.base_commit, branched, tree) {
        (Some(head), Some(branch), Some(before), Some(branched), Some(tree)) => {
            Ok(Plan { task, head: &head.commit, branch, before, branched, tree })
        }
        _ => Err(Failure::world("cannot land", "a commit is missing from the judgement")),
    }
}

fn blank(task: &Task, base: &Base, strategy: Strategy, judged: &Judged, dry_run: bool) -> Landing {
    Landing {
        task: task.id.clone(),
        landed: false,
        already: false,
        dry_run,
        branch: judged.facts.reference.clone(),
        commit: judged.facts.head.as_ref().map(|head| head.commit.clone()),
        base: base.branch.clone(),
        base_before: judged.facts.base_commit.clone(),
        base_after: None,
        tree: None,
        strategy: strategy.to_string(),
        remote: base.remote.clone(),
        batch: None,
        verified: None,
        returned: None,
        moved_worktrees: Vec::new(),
        pending: Vec::new(),
        reasons: Vec::new(),
    }
}

fn fill(landing: &mut Landing, landed: &Landed) {
    landing.landed = true;
    landing.branch = Some(landed.branch.clone());
    landing.commit = Some(landed.commit.clone());
    landing.base_before = Some(landed.base_before.clone());
    landing.base_after = Some(landed.base_after.clone());
    landing.strategy.clone_from(&landed.strategy);
    landing.remote.clone_from(&landed.remote);
}

fn ended(landing: &Landing, exit: Exit, out: &mut Out) -> Result<Exit, Failure> {
    out.print(landing, show::landing)?;
    for Reason { message, .. } in &landing.pending {
        out.note(&format!("landed, but {message}"));
    }
    Ok(exit)
}
