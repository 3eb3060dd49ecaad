//! `reuse`: gives a finished lane to another issue or task without making it anew.
//!
//! What would be lost with `remove` would be lost here, so the same facts decide. Folder, ignored
//! files and git's folder for the worktree stay; branch, mark and journal change. The order is what
//! makes it safe (docs/decisions/0025): journal, new branch, files and `HEAD`, mark, old branch,
//! journal. Until `HEAD` is on the new branch a kill is undone, from then on completed (`undo`).

mod finish;
pub(crate) mod undo;

use std::path::{Path, PathBuf};

use cli::{Exit, Failure, Out, Page, Tone, clock};
use config::Loaded;
use records::worktree_lane::Refused;
use records::{Extra, LaneEvent, LaneEventKind, LaneTarget, Reason};

use crate::add::base::{self, Base};
use crate::add::{check, refuse};
use crate::args;
use crate::facts::{self, Facts};
use crate::held::{self, Held};
use crate::here::Here;
use crate::history::{self, History};
use crate::lane_git::LaneGit;
use crate::list;
use crate::lock::Lock;
use crate::plan::Plan;
use crate::registry::{self, Entry};
use crate::remove::{self, gates};
use crate::settings::{self, Lanes};

/// How often the switch is tried when others make worktrees without our lock.
const TRIES: u32 = 10;

/// Runs `reuse`.
pub(crate) fn run(
    here: &Here,
    actor: &str,
    asked: &args::reuse::Reuse,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let lanes = settings::load(here)?;
    // Before the lane is looked at: what has landed meanwhile decides whether it is finished.
    let base = match base::find(here, asked.base.as_deref(), !asked.no_fetch)? {
        Ok(base) => base,
        Err(reason) => return refused(asked, vec![reason], out),
    };
    let held = match held::lane(here, actor, &asked.lane, out)? {
        Ok(held) => held,
        Err(reason) => return refused(asked, vec![reason], out),
    };
    let entry = held.entry();
    if let Some(reason) = held::not_for_us(entry) {
        return refused(asked, vec![reason], out);
    }
    let (Some(known), Some(admin)) = (&entry.known, &entry.admin) else {
        return Err(Failure::world(&asked.lane, "it is no lane"));
    };
    let plan = plan(here, asked, &lanes, entry)?;
    if known.last.lane.eq_ignore_ascii_case(&plan.lane) {
        let message = format!("it is lane {} already", known.last.lane);
        return refused(asked, vec![Reason::without_step("lane_exists", message)], out);
    }
    // Waiting for it could be waiting for a run that waits for us.
    let Some(_new) = Lock::idle_lane(here, &plan.lane)? else {
        let why = "another run is changing it";
        return Err(Failure::later(format_args!("cannot lock lane {}", plan.lane), why)
            .hint("run the command again in a moment"));
    };
    let facts = facts::gather(here, &held.entries, entry)?;
    let git = LaneGit::new(&entry.worktree.path, admin);
    let event =
        match begin(here, actor, &Deal { plan: &plan, base: &base, facts: &facts, held: &held })? {
            Ok(event) => event,
            Err(reasons) => return refused(asked, reasons, out),
        };
    if let Err(failure) = switch(&git, &event) {
        let undone = undo::undo(here, actor, &event, admin);
        return Err(match undone {
            Ok(_) => failure.hint("the lane is as it was"),
            Err(second) => failure.hint(format!("undoing it failed too: {second}")),
        });
    }
    finish::finish(here, actor, &event, admin)?;
    print(here, &plan.lane, out)
}

fn print(here: &Here, lane: &str, out: &mut Out) -> Result<Exit, Failure> {
    let entries = registry::survey(here, &History::load(here)?)?;
    let made = entries.iter().find(|entry| entry.lane() == Some(lane));
    let made = made.ok_or_else(|| Failure::world("the lane was reused", "and is gone again"))?;
    out.print(&made.noun(), list::one)?;
    Ok(Exit::Yes)
}

fn refused(
    asked: &args::reuse::Reuse,
    reasons: Vec<Reason>,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let refused = Refused { lane: asked.lane.clone(), command: "reuse".into(), reasons };
    out.print(&refused, |refused, page: &mut Page| {
        page.line(Tone::Bad, format_args!("lane {} was not reused", refused.lane));
        page.reasons(&refused.reasons);
    })?;
    Ok(Exit::No)
}

/// What the lane is to become: id, slug and branch as `add` would choose them, in the folder that it
/// has.
fn plan(
    here: &Here,
    asked: &args::reuse::Reuse,
    lanes: &Loaded<Lanes>,
    entry: &Entry,
) -> Result<Plan, Failure> {
    let role = entry.known.as_ref().and_then(|known| known.last.role.clone());
    let wanted = args::Add {
        id: Some(asked.id.clone()),
        slug: asked.slug.clone(),
        // It would choose the layout `role`, and with it the branch that the lane has.
        role: asked.layout.as_ref().and(role.clone()),
        layout: asked.layout.clone(),
        base: asked.base.clone(),
        ..args::Add::default()
    };
    let plan = Plan::new(&wanted, lanes, &here.anchor(), &here.name())?;
    Ok(Plan { path: entry.worktree.path.clone(), role, ..plan })
}

/// What `begin` decides from.
struct Deal<'a> {
    plan: &'a Plan,
    base: &'a Base,
    facts: &'a Facts,
    held: &'a Held,
}

/// Decides under the repository's lock, writes down what begins, and makes the new branch.
fn begin(
    here: &Here,
    actor: &str,
    deal: &Deal<'_>,
) -> Result<Result<LaneEvent, Vec<Reason>>, Failure> {
    let entry = deal.held.entry();
    let (Some(known), Some(admin)) = (&entry.known, &entry.admin) else {
        return Err(Failure::world(entry.worktree.path.display(), "it is no lane"));
    };
    let mut reasons = gates::reasons(deal.facts);
    let _repository = Lock::repository(here)?;
    let found = check::facts(here, &History::load(here)?, deal.plan, deal.base)?;
    // The folder is to be there.
    let found = check::Facts { registered: None, at_path: None, unsafe_path: None, ..found };
    reasons.extend(refuse::reasons(deal.plan, &found));
    if reasons.is_empty() {
        reasons.extend(remove::changed_meanwhile(entry, admin)?);
    }
    if !reasons.is_empty() {
        return Ok(Err(reasons));
    }
    let branch = entry.worktree.branch.clone();
    let event = LaneEvent {
        at: clock::now(),
        actor: actor.into(),
        kind: LaneEventKind::Reusing,
        head: entry.worktree.head.clone(),
        becomes: Some(LaneTarget {
            lane: deal.plan.lane.clone(),
            slug: deal.plan.slug.clone(),
            role: deal.plan.role.clone(),
            branch: deal.plan.branch.clone(),
            base: deal.base.name.clone(),
            base_commit: deal.base.commit.clone(),
            deletes_branch: gates::branch_may_go(deal.facts)
                && branch.as_ref() == Some(&known.last.branch),
        }),
        claim: None,
        saved: None,
        note: None,
        extra: Extra::new(),
        ..known.last.clone()
    };
    history::append(here, &event)?;
    let reference = format!("refs/heads/{}", deal.plan.branch);
    let made = here.change(&[
        "update-ref",
        "--create-reflog",
        "-m",
        "worktree-lane: reuse",
        &reference,
        &deal.base.commit,
        "",
    ]);
    if let Err(error) = made {
        history::record(here, actor, LaneEventKind::ReuseFailed, &event)?;
        return Err(error.into());
    }
    Ok(Ok(event))
}

/// Brings files, index and `HEAD` to the new branch. Git writes the files first and `HEAD` last. An
/// ignored file that is in the way of a tracked one is not overwritten.
fn switch(git: &LaneGit, event: &LaneEvent) -> Result<(), Failure> {
    let target = target_of(event)?;
    let workers = ["-c", "checkout.workers=0"];
    let how = ["switch", "--quiet", "--no-guess", "--no-overwrite-ignore", &target.branch];
    let args = [workers.as_slice(), &how].concat();
    let mut tries = 1;
    loop {
        match git.bytes_in_group(&args) {
            Ok(_) => break,
            Err(error) if tries < TRIES && error.to_string().contains("commondir") => tries += 1,
            Err(error) => return Err(error.into()),
        }
    }
    if git.commit("HEAD")?.as_ref() != Some(&target.base_commit) {
        return Err(Failure::world(format_args!("lane {}", target.lane), "it is not at its base"));
    }
    Ok(())
}

/// What the lane of a `reusing` event becomes.
fn target_of(event: &LaneEvent) -> Result<&LaneTarget, Failure> {
    event.becomes.as_ref().ok_or_else(|| {
        Failure::world(
            format_args!("lane {}", event.lane),
            "its event does not say what it becomes",
        )
    })
}

/// The folder of an event's lane.
fn folder(event: &LaneEvent) -> PathBuf {
    Path::new(&event.path).to_path_buf()
}
