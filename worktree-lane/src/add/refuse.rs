//! Whether a lane may be made: a pure function of the facts.

use records::Reason;
use repo::shell_words;

use crate::plan::Plan;
use crate::told;

use super::check::Facts;

/// What is at a path that `--adopt` may take over.
pub(super) const EMPTY: &str = "empty folder";

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
            let next = match &facts.lane {
                Some((lane, _)) => told::look_at_repair(lane),
                None => "bring the folder back, or tell git where it is now: \
                         git worktree repair PATH"
                    .into(),
            };
            all.push(Reason::new("registered_missing", message, next));
        }
        (Some(false), _) => {
            let message = format!("{path} is a worktree already");
            all.push(Reason::new("path_exists", message, "worktree-lane list"));
        }
        (None, Some(EMPTY)) if plan.adopt => {}
        (None, Some(EMPTY)) => {
            let message = format!("there is an empty folder at {path}");
            all.push(Reason::new("path_exists", message, &*plan.adopting));
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
        all.extend(branch_taken(plan, branch, facts));
    } else if plan.adopt && !facts.on_remote && facts.at_path != Some(EMPTY) {
        let message = format!(
            "there is nothing to take over: no branch '{}', here or on a remote, and no empty \
             folder at {path}",
            plan.branch
        );
        let next = "git branch --all --list";
        all.push(Reason::new("nothing_to_adopt", message, next));
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

/// Why the branch that is there cannot be the lane's; `None` when it is to be taken over.
fn branch_taken(plan: &Plan, branch: &str, facts: &Facts) -> Option<Reason> {
    let exact = branch == plan.branch;
    let only_case = if exact {
        String::new()
    } else {
        format!(", which differs from '{}' only in case", plan.branch)
    };
    if let Some(at) = &facts.checked_out {
        let message = format!("the branch '{branch}' is checked out at {at}{only_case}");
        return Some(Reason::new("branch_checked_out", message, "worktree-lane list"));
    }
    if facts.goes_back {
        let message = format!(
            "a rebase or a bisection in another worktree goes back to '{branch}'{only_case}"
        );
        return Some(Reason::new("branch_in_use", message, "worktree-lane list"));
    }
    if exact && plan.adopt {
        return None;
    }
    let ahead = match facts.ahead.as_deref() {
        None => String::new(),
        Some("0") => ", and all its commits are in the base".into(),
        Some(count) => format!(", {count} commits ahead of the base"),
    };
    let message = format!("there is a branch '{branch}'{only_case}{ahead}");
    let next = if exact {
        plan.adopting.clone()
    } else {
        shell_words(["git", "log", "--oneline", "-5", branch])
    };
    Some(Reason::new("branch_exists", message, next))
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
            sparse: Vec::new(),
            adopt: false,
            adopting: "worktree-lane add 98 x --adopt".into(),
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
            goes_back: false,
            ahead: None,
            on_remote: false,
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
