//! Whether a lane may be made: a pure function of the facts.

use records::Reason;
use repo::shell_words;

use crate::plan::Plan;

use super::check::Facts;

/// Every reason against the plan, in a stable order; none means yes.
pub(crate) fn reasons(plan: &Plan, facts: &Facts) -> Vec<Reason> {
    let mut all = Vec::new();
    let path = plan.path.to_string_lossy();
    if let Some((lane, at)) = &facts.lane {
        let message = if *lane == plan.lane {
            format!("lane {lane} exists at {at}")
        } else {
            format!("lane {lane} at {at} differs from {} only in case", plan.lane)
        };
        let next = shell_words(["worktree-lane", "path", lane]);
        all.push(Reason::new("lane_exists", message, next));
    }
    match (facts.registered, facts.at_path) {
        (Some(true), _) => {
            let message = format!("git lists a worktree at {path}, and its folder is gone");
            let next =
                "bring the folder back, or tell git where it is now: git worktree repair PATH";
            all.push(Reason::new("registered_missing", message, next));
        }
        (Some(false), _) => {
            let message = format!("{path} is a worktree already");
            all.push(Reason::new("path_exists", message, "worktree-lane list"));
        }
        (None, Some(what)) => {
            let message = format!("there is a {what} at {path}");
            let next = "move it away, or choose another path with --layout";
            all.push(Reason::new("path_exists", message, next));
        }
        (None, None) => {}
    }
    if let Some(why) = &facts.unsafe_path {
        let message = format!("{path} is not safe: {why}");
        all.push(Reason::new("path_not_safe", message, "choose another path in lanes.layouts"));
    }
    if let Some(branch) = &facts.same_branch {
        all.push(branch_taken(plan, branch, facts.checked_out.as_deref()));
    }
    if !facts.conflicting.is_empty() {
        let message = format!(
            "git cannot have the branch '{}' beside {}",
            plan.branch,
            facts.conflicting.join(", ")
        );
        let next = "choose another slug, or another branch in lanes.layouts";
        all.push(Reason::new("branch_ref_conflict", message, next));
    }
    all
}

fn branch_taken(plan: &Plan, branch: &str, checked_out: Option<&str>) -> Reason {
    let only_case = if branch == plan.branch {
        String::new()
    } else {
        format!(", which differs from '{}' only in case", plan.branch)
    };
    match checked_out {
        Some(at) => Reason::new(
            "branch_checked_out",
            format!("the branch '{branch}' is checked out at {at}{only_case}"),
            "worktree-lane list",
        ),
        None => Reason::new(
            "branch_exists",
            format!("there is a branch '{branch}'{only_case}"),
            shell_words(["git", "log", "--oneline", "-5", branch]),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            lane: "98".into(),
            slug: None,
            role: None,
            branch: "98-x".into(),
            path: "/w/p-98".into(),
            root: "/w".into(),
        }
    }

    fn codes(facts: &Facts) -> Vec<String> {
        reasons(&plan(), facts).into_iter().map(|reason| reason.code).collect()
    }

    #[test]
    fn all_reasons_come_at_once() {
        assert!(codes(&Facts::default()).is_empty());
        let facts = Facts {
            lane: Some(("98".into(), "/w/p-98".into())),
            registered: Some(true),
            at_path: Some("file"),
            unsafe_path: Some("x".into()),
            same_branch: Some("98-x".into()),
            checked_out: Some("/w/p-98".into()),
            conflicting: vec!["98-x/y".into()],
        };
        let all = [
            "lane_exists",
            "registered_missing",
            "path_not_safe",
            "branch_checked_out",
            "branch_ref_conflict",
        ];
        assert_eq!(codes(&facts), all);
        let facts = Facts { registered: None, checked_out: None, lane: None, ..facts };
        assert_eq!(
            codes(&facts),
            ["path_exists", "path_not_safe", "branch_exists", "branch_ref_conflict"]
        );
    }
}
