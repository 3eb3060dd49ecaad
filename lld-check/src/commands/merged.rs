//! Whether the work of an issue is in the base: by a landing on record, else by its branch.

use cli::Failure;
use records::{IssueNumber, Reason};
use repo::{Git, Place};

use super::archive::{self, Landing};
use crate::branch::{self, Base, Tree};
use crate::lanes::{self, Lanes};
use crate::queue::Queue;
use crate::reports::{self, Kind};

/// Work that is in the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Merged {
    /// What shows it, in a sentence.
    pub(super) detail: String,
    /// The commit, and the branch that contains it.
    pub(super) landing: Landing,
}

/// What shows it; the reason says why nothing does. Of a squashed branch only the landing
/// on record shows it.
pub(super) fn find(
    place: &Place,
    issue: IssueNumber,
    queue: &Queue,
    lanes: &Result<Lanes, String>,
) -> Result<Result<Merged, Reason>, Failure> {
    let git = Git::new(place.worktree());
    let not_landed = match archive::landing(place, &git, issue)? {
        Ok(landing) => {
            let commit = landing.commit.get(..12).unwrap_or_default();
            let detail = format!("merge-queue landed it: {commit} is in {}", landing.base);
            return Ok(Ok(Merged { detail, landing }));
        }
        Err(reason) if reason.code == archive::REVERTED => return Ok(Err(reason)),
        Err(reason) => reason,
    };
    let base = match branch::base(&git, queue.base.as_deref())? {
        Ok(base) => base,
        Err(reason) => return Ok(Err(reason)),
    };
    let because = |why: String| {
        let message = format!("{}, and {why}", not_landed.message);
        Reason { code: "not_merged".into(), message, next: not_landed.next.clone() }
    };
    let ((name, tip), is_there) = match branch::find(&git, issue, &base, queue, lanes)? {
        Ok(found) => (found, true),
        // A lane that was removed after its merge took the branch with it.
        Err(reason) => match lanes::taken_away(place, issue)? {
            Some((name, head)) if git.commit(&head)?.as_ref() == Some(&head) => {
                ((name, head), false)
            }
            _ => return Ok(Err(because(reason.message))),
        },
    };
    if !git.is_ancestor(&tip, &base.commit)? {
        return Ok(Err(because(format!("{} does not contain {name}", base.shown))));
    }
    Ok(if has_work(&git, &base, &tip, issue)? {
        let detail = if is_there {
            format!("{} contains {name}, which may be deleted: git branch -d {name}", base.shown)
        } else {
            let head = tip.get(..12).unwrap_or_default();
            format!("{} contains {head}, where {name} stood when its lane was removed", base.shown)
        };
        Ok(Merged { detail, landing: Landing { base: base.local().to_owned(), commit: tip } })
    } else {
        Err(because(format!("{name} holds no work of its own that {} could contain", base.shown)))
    })
}

/// Whether a branch that the base contains ever had work: a new one is contained, too. A commit beside
/// the base's own line came in by a merge; on that line, the reports of the issue must be there.
fn has_work(git: &Git, base: &Base, tip: &str, issue: IssueNumber) -> Result<bool, Failure> {
    let not = format!("^{tip}");
    let line = git.text(["rev-list", "--first-parent", "--parents", &base.commit, &not])?;
    let first = match line.lines().last() {
        // The last commit before the branch's own, with its parents.
        Some(last) => last.split(' ').nth(1).unwrap_or_default(),
        None => base.commit.as_str(),
    };
    if first != tip {
        return Ok(true);
    }
    let files = Tree::new(git, tip).files("docs")?;
    Ok(!reports::find(&files, Kind::Implementation, issue, None).is_empty())
}
