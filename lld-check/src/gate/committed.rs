//! Whether the commit that was reviewed is all of the work, and all that a pull request would hold.

use records::{Condition, Reason};

use super::answer::Finding;

/// How many paths a message names before it says how many more there are.
const NAMED: usize = 8;

/// What the branch's commit does not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outside {
    /// Paths with changes that are in no commit, in the worktrees that have the branch checked out.
    pub(crate) paths: Vec<String>,
    /// Why there may be more: a lane on no branch, commits on the remote, lanes that nobody could list.
    pub(crate) reasons: Vec<Reason>,
}

/// Whether all work is in the branch's commit.
pub(crate) fn committed(outside: &Outside) -> Finding {
    const CODE: &str = "branch_committed";
    let mut reasons = outside.reasons.clone();
    if !outside.paths.is_empty() {
        let named: Vec<&str> = outside.paths.iter().take(NAMED).map(String::as_str).collect();
        let more = outside.paths.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let message = format!("the pull request would lack {}{more}", named.join(", "));
        let next = "commit it in the lane, or add what is not work to .gitignore";
        reasons.push(Reason::new("branch_uncommitted", message, next));
    }
    if reasons.is_empty() {
        let detail = "no checkout of it has changes that are in no commit";
        return (Condition::met(CODE, detail), reasons);
    }
    let detail = reasons.iter().map(|r| r.message.clone()).collect::<Vec<_>>().join("; ");
    (Condition::unmet(CODE, detail), reasons)
}
