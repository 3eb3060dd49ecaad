//! `lld-check archive`: "LLD moved to `docs/LLDs/done/`" (runbook 0801, "After merge").

mod checkout;
mod commit;
mod landed;
mod plan;

use cli::{Exit, Failure, Out};
use records::lld_check::Archived;
use records::{IssueNumber, Reason};
use repo::{Git, Place};

pub(super) use landed::{Landing, REVERTED, find as landing};

use super::{merged, refuse};
use crate::{lanes, queue, show};

/// Moves the LLD and the reports of `issue` to `done/`.
pub(super) fn run(
    place: &Place,
    out: &mut Out,
    issue: IssueNumber,
    dry_run: bool,
) -> Result<Exit, Failure> {
    let git = Git::new(place.worktree());
    let mut plan = plan::plan(place, issue)?;
    let lanes = lanes::list(place)?;
    if !place.is_linked() {
        plan.reasons.extend(plan::only_in_lane(place.worktree(), issue, &lanes)?);
    }
    let landing = merged::find(place, issue, &queue::load(place, issue)?, &lanes)?;
    let landing = landing.map(|merged| merged.landing);
    let begun = checkout::begun(place, &git, issue)?;
    let is_begun = |path: &String| begun.iter().any(|one| one.to == *path);
    if plan.reasons.is_empty() && plan.moves.is_empty() && plan.duplicates.is_empty() {
        let mut reasons: Vec<Reason> = checkout::unfinished(issue, &begun).into_iter().collect();
        let settled: Vec<String> =
            plan.settled.into_iter().filter(|path| !is_begun(path)).collect();
        reasons.extend(checkout::pending(&git, &settled)?);
        if !reasons.is_empty() {
            return refuse(out, issue, "archive", reasons);
        }
        let landed_commit = landing.ok().map(|landed| landed.commit);
        let (moves, duplicates) = (Vec::new(), Vec::new());
        let archived = Archived { issue, moves, duplicates, commit: None, landed_commit, dry_run };
        out.print(&archived, show::archived)?;
        return Ok(Exit::Yes);
    }

    let mut reasons: Vec<Reason> = std::mem::take(&mut plan.reasons);
    let base = landing.as_ref().ok().map(|landed| landed.base.clone());
    reasons.extend(landing.as_ref().err().cloned());
    reasons.extend(checkout::on_base(place, &git, base, landing.as_ref().ok())?);
    reasons.extend(checkout::unfinished(issue, &begun));
    let moves = plan.moves.iter().map(|m| m.from.clone());
    // What is taken out must be in a commit where it stays.
    let duplicates = plan.duplicates.iter().flat_map(|m| [m.from.clone(), m.to.clone()]);
    let paths: Vec<String> = moves.chain(duplicates).collect();
    reasons.extend(checkout::pending(&git, &paths)?);
    let landed_commit = landing.ok().map(|landed| landed.commit);
    if !reasons.is_empty() {
        return refuse(out, issue, "archive", reasons);
    }

    let commit = if dry_run { None } else { Some(commit::make(place, &git, issue, &plan)?) };
    let plan::Plan { moves, duplicates, .. } = plan;
    let archived = Archived { issue, moves, duplicates, commit, landed_commit, dry_run };
    out.print(&archived, show::archived)?;
    Ok(Exit::Yes)
}
