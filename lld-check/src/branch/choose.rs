//! Which branch holds the work of an issue.

use records::{IssueNumber, Reason};

/// The names that say so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Candidates {
    /// The branch of the newest handoff (`merge-queue handoff`).
    pub(crate) handed_over: Option<String>,
    /// What the issue's lanes have checked out.
    pub(crate) lanes: Vec<String>,
    /// Branches that are named for the issue.
    pub(crate) named: Vec<String>,
}

/// The one branch. A handoff and a lane must agree; names count only when there is neither.
pub(crate) fn choose(issue: IssueNumber, candidates: Candidates) -> Result<String, Reason> {
    let Candidates { handed_over, lanes, named } = candidates;
    let mut names: Vec<String> = handed_over.into_iter().chain(lanes).collect();
    if names.is_empty() {
        names = named;
    }
    names.sort();
    names.dedup();
    match names.as_slice() {
        [] => Err(Reason::new(
            "branch_missing",
            format!(
                "no branch holds the work of issue {issue}: no handoff, no lane, no branch {issue}-…"
            ),
            format!("worktree-lane add {issue} SLUG"),
        )),
        [_] => names.pop().ok_or_else(|| Reason::without_step("branch_missing", "no branch")),
        several => Err(Reason::new(
            "branch_ambiguous",
            format!("several branches may hold the work of issue {issue}: {}", several.join(", ")),
            format!(
                "merge-queue handoff {issue} --owner WHO says which; remove the other lane or branch"
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handoff_and_a_lane_outrank_names_and_must_agree() {
        let text = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        for (handed_over, lanes, named, expected) in [
            (Some("98-a"), &["98-a"][..], &["98-a", "98-b"][..], Ok("98-a")),
            (Some("topic"), &[], &["98-b"], Ok("topic")),
            (None, &["98-a"], &["98-b"], Ok("98-a")),
            (None, &[], &["98-b"], Ok("98-b")),
            (Some("98-b"), &["98-a"], &[], Err("branch_ambiguous")),
            (None, &["98-a", "98-b"], &[], Err("branch_ambiguous")),
            (None, &[], &["98-a", "98-b"], Err("branch_ambiguous")),
            (None, &[], &[], Err("branch_missing")),
        ] {
            let handed_over = handed_over.map(ToOwned::to_owned);
            let candidates = Candidates { handed_over, lanes: text(lanes), named: text(named) };
            let chosen = choose(IssueNumber(98), candidates.clone()).map_err(|r| r.code);
            let expected = expected.map(ToOwned::to_owned).map_err(ToOwned::to_owned);
            assert_eq!(chosen, expected, "{candidates:?}");
        }
    }
}
