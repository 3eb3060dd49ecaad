//! The gate after the merge: the runbook's "After merge".

use records::lld_check::{Gate, Trust};
use records::{Condition, IssueNumber, Reason};

use super::answer::{Finding, Parts, answer};
use super::document::Located;
use super::lane::unmet;
use crate::issues::IssueList;
use crate::reports::{Found, Kind, Shelf};

/// The phase's name.
pub(crate) const PHASE: &str = "merge";

/// What the answer rests on.
pub(crate) struct MergeFacts<'a> {
    /// The issue.
    pub(crate) issue: IssueNumber,
    /// The remembered list.
    pub(crate) list: Option<&'a IssueList>,
    /// What shows that the work is in the base, in a sentence; the reason says why nothing does.
    pub(crate) merged: &'a Result<String, Reason>,
    /// The condition that its lane is gone.
    pub(crate) lane: Finding,
    /// Which LLD counts.
    pub(crate) located: &'a Located,
    /// The rule because of which there need be none.
    pub(crate) no_lld: Option<&'a str>,
    /// Its implementation reports in this checkout.
    pub(crate) implementation: &'a [Found],
    /// Its test reports.
    pub(crate) test: &'a [Found],
    /// Those of these files that git does not know.
    pub(crate) untracked: &'a [String],
}

/// The answer, with everything it rests on.
pub(crate) fn decide(facts: MergeFacts<'_>) -> Gate {
    let issue = facts.issue;
    let merged = match facts.merged {
        Ok(detail) => (Condition::met("branch_merged", detail.clone()), Vec::new()),
        Err(reason) => unmet("branch_merged", reason.clone()),
    };
    let mut findings = vec![
        merged,
        facts.lane,
        lld(issue, facts.located, facts.no_lld, facts.untracked),
        report(issue, Kind::Implementation, facts.implementation, facts.untracked),
        report(issue, Kind::Test, facts.test, facts.untracked),
    ];
    findings.extend(closed(issue, facts.list));
    let no_lld = match facts.located {
        Located::Missing => facts.no_lld.map(ToOwned::to_owned),
        _ => None,
    };
    let (proof, waivers, diff) = (None, Vec::new(), None);
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

/// "LLD moved to `docs/LLDs/done/`".
fn lld(
    issue: IssueNumber,
    located: &Located,
    no_lld: Option<&str>,
    untracked: &[String],
) -> Finding {
    const CODE: &str = "lld_done";
    match (located, no_lld) {
        (Located::Done(path), _) => put_away(CODE, path, untracked),
        (Located::Missing, Some(rule)) => {
            (Condition::met(CODE, format!("none is needed: {rule}")), Vec::new())
        }
        (Located::Active(path), _) => {
            let message = format!("{path} is still in active");
            unmet(CODE, Reason::new("lld_active", message, format!("lld-check archive {issue}")))
        }
        (Located::Missing | Located::Ambiguous(_), _) => match located.reason(issue, None) {
            Some(reason) => unmet(CODE, reason),
            None => (Condition::unmet(CODE, "the LLD is unknown"), Vec::new()),
        },
    }
}

/// "Reports moved to `docs/reports/done/`". A layout without `active` and `done` has nothing to move.
fn report(issue: IssueNumber, kind: Kind, found: &[Found], untracked: &[String]) -> Finding {
    let code = match kind {
        Kind::Implementation => "implementation_report_done",
        Kind::Test => "test_report_done",
    };
    match found {
        [] => {
            let message = format!("there is no {}.md of issue {issue} here", kind.file());
            unmet(
                code,
                Reason::new(
                    "report_missing",
                    message,
                    format!("lld-check gate {issue} --phase pr"),
                ),
            )
        }
        [Found { shelf: Shelf::Active, path }] => {
            let message = format!("{path} is still in active");
            unmet(code, Reason::new("report_active", message, format!("lld-check archive {issue}")))
        }
        [Found { shelf: Shelf::Done | Shelf::Neither, path }] => put_away(code, path, untracked),
        several => {
            let paths: Vec<&str> = several.iter().map(|found| found.path.as_str()).collect();
            let message =
                format!("issue {issue} has {} of them: {}", paths.len(), paths.join(", "));
            let next = "decide which one holds, and take the other away";
            unmet(code, Reason::new("report_ambiguous", message, next))
        }
    }
}

/// Whether the issue is closed, where that is known. A list that shows it open is from before the merge
/// A file in `done/`, which is there for others only when git knows it.
fn put_away(code: &str, path: &str, untracked: &[String]) -> Finding {
    if !untracked.iter().any(|other| other == path) {
        return (Condition::met(code, path), Vec::new());
    }
    let next = repo::shell_words(["git", "add", "--", path]);
    unmet(code, Reason::new("not_in_git", format!("{path} is not in git"), next))
}

/// as often as not, and says nothing.
fn closed(issue: IssueNumber, list: Option<&IssueList>) -> Option<Finding> {
    let found = list?.get(issue)?;
    let detail = "it is closed in the remembered list";
    (!found.is_open()).then(|| (Condition::met("issue_closed", detail), Vec::new()))
}
