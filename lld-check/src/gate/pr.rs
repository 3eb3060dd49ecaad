//! The gate before the pull request: the runbook's conditions in its order.

use records::lld_check::{BranchDiff, Gate, Trust};
use records::{Condition, IssueNumber, Reason};

use super::answer::{Finding, Parts, answer};
use super::approved::Asked;
use super::committed::{Outside, committed};
use super::lane::unmet;
use super::tests_passed::Tests;
use crate::audit::{DamagedLine, IssueReviews};
use crate::branch::Branch;
use crate::queue::Queue;
use crate::reports::{Found, Kind, Report};

/// The phase's name.
pub(crate) const PHASE: &str = "pr";

/// What the answer rests on.
pub(crate) struct PrFacts<'a> {
    /// The issue.
    pub(crate) issue: IssueNumber,
    /// The branch and what it changes; the reason says why nobody knows.
    pub(crate) branch: &'a Result<Branch, Reason>,
    /// Paths with changes that are in no commit, in the worktrees that have the branch checked out.
    pub(crate) outside: &'a Outside,
    /// What the merge queue has on record.
    pub(crate) queue: &'a Queue,
    /// The implementation report.
    pub(crate) implementation: &'a ReportFacts,
    /// The test report.
    pub(crate) test: &'a ReportFacts,
    /// Reviews of the implementation.
    pub(crate) audit: &'a IssueReviews,
    /// Log lines that could hide one.
    pub(crate) damage: &'a [DamagedLine],
}

/// A report as the branch's commit has it.
#[derive(Debug, Clone)]
pub(crate) struct ReportFacts {
    /// Which one.
    pub(crate) kind: Kind,
    /// Every file that could be it.
    pub(crate) found: Vec<Found>,
    /// The only one, judged; the error says why it cannot be read.
    pub(crate) read: Option<Result<Report, String>>,
}

/// How many lacks a message names before it says how many more there are.
const NAMED: usize = 8;

/// The answer, with everything it rests on.
pub(crate) fn decide(facts: &PrFacts<'_>) -> Gate {
    let issue = facts.issue;
    let mut proof = None;
    let findings = match facts.branch {
        Ok(branch) => {
            let (approved, found) = reviewed(facts, branch);
            proof = found;
            vec![
                changes(branch),
                committed(facts.outside),
                tests(facts, branch),
                complete(issue, branch, facts.implementation),
                complete(issue, branch, facts.test),
                approved,
            ]
        }
        Err(reason) => {
            let unknown = |code| (Condition::unmet(code, "unknown without the branch"), Vec::new());
            let codes =
                ["branch_committed", "tests_passed", "implementation_report", "test_report"];
            let mut all = vec![unmet("branch_known", reason.clone())];
            all.extend(codes.map(unknown));
            all.push(unknown("implementation_approved"));
            all
        }
    };
    let diff = facts.branch.as_ref().ok().map(|branch| BranchDiff {
        branch: branch.name.clone(),
        commit: branch.commit.clone(),
        base: branch.base.clone(),
        merge_base: branch.merge_base.clone(),
        diff_digest: branch.digest(),
    });
    let (waivers, no_lld) = (Vec::new(), None);
    answer(Parts {
        issue,
        phase: PHASE,
        trust: Trust::Audit,
        findings,
        proof,
        no_lld,
        waivers,
        diff,
    })
}

/// Whether there is a branch that changes something.
pub(crate) fn changes(branch: &Branch) -> Finding {
    const CODE: &str = "branch_known";
    let Branch { name, base, .. } = branch;
    if branch.raw.is_empty() {
        let message = format!("{name} changes nothing against {base}");
        return unmet(CODE, Reason::without_step("branch_empty", message));
    }
    let commit = branch.commit.get(..12).unwrap_or_default();
    (Condition::met(CODE, format!("{name} at {commit}, against {base}")), Vec::new())
}

fn tests(facts: &PrFacts<'_>, branch: &Branch) -> Finding {
    let report = match (facts.test.found.as_slice(), &facts.test.read) {
        ([one], Some(Ok(report))) => Some((one.path.as_str(), report)),
        _ => None,
    };
    let (issue, queue) = (facts.issue, facts.queue);
    Tests { issue, commit: &branch.commit, tree: &branch.tree, queue, report }.judge()
}

/// Whether the one report of its kind says what a reviewer needs.
pub(crate) fn complete(issue: IssueNumber, branch: &Branch, report: &ReportFacts) -> Finding {
    let (code, file) = match report.kind {
        Kind::Implementation => ("implementation_report", "implementation-report.md"),
        Kind::Test => ("test_report", "test-report.md"),
    };
    let lane = "in the lane, and commit it";
    match (report.found.as_slice(), &report.read) {
        ([one], Some(Ok(read))) if read.lacks.is_empty() => {
            (Condition::met(code, one.path.clone()), Vec::new())
        }
        ([one], Some(Ok(read))) => {
            let path = &one.path;
            let named = read.lacks.iter().take(NAMED);
            let mut messages: Vec<String> =
                named.map(|lack| format!("{path}:{}: {}", lack.line, lack.what)).collect();
            let more = read.lacks.len().saturating_sub(NAMED);
            messages.extend((more > 0).then(|| format!("and {more} more")));
            let next = format!("complete {path} {lane}");
            unmet(code, Reason::new("report_incomplete", messages.join("; "), next))
        }
        ([one], Some(Err(why))) => {
            let next = format!("put {} right {lane}", one.path);
            unmet(code, Reason::new("report_unreadable", format!("{}: {why}", one.path), next))
        }
        ([], _) | (_, None) if report.found.len() < 2 => {
            let path = format!("docs/reports/active/{issue}-{file}");
            let message = format!("the commit of {} has no {file} of issue {issue}", branch.name);
            unmet(code, Reason::new("report_missing", message, format!("write {path} {lane}")))
        }
        (several, _) => {
            let paths: Vec<&str> = several.iter().map(|found| found.path.as_str()).collect();
            let message =
                format!("issue {issue} has {} of them: {}", paths.len(), paths.join(", "));
            let next = "decide which one holds, and take the other away";
            unmet(code, Reason::new("report_ambiguous", message, next))
        }
    }
}

/// "Implementation APPROVED", for the diff as it is.
fn reviewed(facts: &PrFacts<'_>, branch: &Branch) -> (Finding, Option<records::lld_check::Proof>) {
    let digest = branch.digest();
    Asked {
        condition: "implementation_approved",
        missing: "implementation_not_reviewed",
        path: &format!("the diff of {}", branch.name),
        what: format!("the diff of {}", branch.name),
        sha256: &digest,
        again: super::implementation_review_command(facts.issue),
        audit: facts.audit,
        damage: facts.damage,
    }
    .judge()
}
