//! What would move where.

use std::path::Path;

use cli::Failure;
use records::lld_check::Move;
use records::{IssueNumber, Reason};

use crate::document::find::{Documents, active_reports, done_path};
use crate::gate::{Located, locate};

/// The moves for an issue, and why they cannot be made.
pub(super) struct Plan {
    /// Each file with its place in `done/`; empty when all are there.
    pub(super) moves: Vec<Move>,
    /// Files that are in `done/` already.
    pub(super) settled: Vec<String>,
    /// Why not.
    pub(super) reasons: Vec<Reason>,
}

/// Plans the moves of the LLD and of the reports in `docs/reports/active`.
pub(super) fn plan(root: &Path, issue: IssueNumber) -> Result<Plan, Failure> {
    let mut plan = Plan { moves: Vec::new(), settled: Vec::new(), reasons: Vec::new() };
    let documents = Documents::list(root)?;
    let mut from = Vec::new();
    match locate(documents.of(issue)) {
        Located::Active(path) => from.push(path),
        Located::Done(path) => plan.settled.push(path),
        other => plan.reasons.extend(other.reason(issue, None)),
    }
    from.extend(active_reports(root, issue)?);
    for from in from {
        let Some(to) = done_path(root, &from)? else { continue };
        if root.join(&to).symlink_metadata().is_ok() {
            let message = format!("{to} exists, so {from} cannot move there");
            let next = "compare the two and decide which one holds";
            plan.reasons.push(Reason::new("target_exists", message, next));
        }
        plan.moves.push(Move { from, to });
    }
    Ok(plan)
}
