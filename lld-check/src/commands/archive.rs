//! `lld-check archive`: "LLD moved to `docs/LLDs/done/`" (runbook 0801, "After merge").

mod checkout;
mod commit;
mod landed;
mod plan;

use cli::{Exit, Failure, Out};
use records::lld_check::Archived;
use records::{IssueNumber, Reason};
use repo::{Git, Place};

pub(super) use landed::find as landing;

use super::refuse;
use crate::show;

/// Moves the LLD and the reports of `issue` to `done/`.
pub(super) fn run(
    place: &Place,
    out: &mut Out,
    issue: IssueNumber,
    dry_run: bool,
) -> Result<Exit, Failure> {
    let git = Git::new(place.worktree());
    let plan = plan::plan(place.worktree(), issue)?;
    let landing = landed::find(place, &git, issue)?;
    let begun = checkout::begun(place, &git, issue)?;
    let is_begun = |path: &String| begun.iter().any(|one| one.to == *path);
    if plan.reasons.is_empty() && plan.moves.is_empty() {
        let mut reasons: Vec<Reason> = checkout::unfinished(issue, &begun).into_iter().collect();
        let settled: Vec<String> =
            plan.settled.into_iter().filter(|path| !is_begun(path)).collect();
        reasons.extend(checkout::pending(&git, &settled)?);
        if !reasons.is_empty() {
            return refuse(out, issue, "archive", reasons);
        }
        let landed_commit = landing.ok().map(|landed| landed.commit);
        let archived = Archived { issue, moves: Vec::new(), commit: None, landed_commit, dry_run };
        out.print(&archived, show::archived)?;
        return Ok(Exit::Yes);
    }

    let mut reasons: Vec<Reason> = plan.reasons;
    let base = landing.as_ref().ok().map(|landed| landed.base.clone());
    reasons.extend(landing.as_ref().err().cloned());
    reasons.extend(checkout::on_base(place, &git, base, landing.as_ref().ok())?);
    reasons.extend(checkout::unfinished(issue, &begun));
    let paths: Vec<String> = plan.moves.iter().map(|m| m.from.clone()).collect();
    reasons.extend(checkout::pending(&git, &paths)?);
    let landed_commit = landing.ok().map(|landed| landed.commit);
    if !reasons.is_empty() {
        return refuse(out, issue, "archive", reasons);
    }

    let commit = if dry_run { None } else { Some(commit::make(place, &git, issue, &plan.moves)?) };
    let archived = Archived { issue, moves: plan.moves, commit, landed_commit, dry_run };
    out.print(&archived, show::archived)?;
    Ok(Exit::Yes)
}
