//! Whether the checkout is fit for the commit: the main worktree on the base branch, nothing under
//! way, and nothing uncommitted in the files that move.

use cli::Failure;
use records::lld_check::Move;
use records::{IssueNumber, Reason};
use repo::{Git, Place, default_base, remote_of, shell_words};

use super::commit::subject;
use super::landed::Landing;
use crate::document::find::{self, Documents, done_path};
use crate::document::name::{issue_of_lld, issue_of_report, slug_of};
use crate::reports::{self, Kind, Shelf};

/// What git leaves in its folder while an operation is under way.
const OPERATIONS: [(&str, &str); 6] = [
    ("MERGE_HEAD", "a merge"),
    ("CHERRY_PICK_HEAD", "a cherry-pick"),
    ("REVERT_HEAD", "a revert"),
    ("rebase-merge", "a rebase"),
    ("rebase-apply", "a rebase or am"),
    ("BISECT_LOG", "a bisect"),
];

/// Why this checkout is not the base branch with the landed work, free for a commit. `base` is the
/// branch that the work landed on; without one, the repository's default.
pub(super) fn on_base(
    place: &Place,
    git: &Git,
    base: Option<String>,
    landing: Option<&Landing>,
) -> Result<Vec<Reason>, Failure> {
    let mut reasons = Vec::new();
    if place.is_linked() {
        let main = place.main_worktree()?.display().to_string();
        let next = format!("cd {}", shell_words([main]));
        let message = "this is a lane; archiving happens in the main worktree";
        reasons.push(Reason::new("not_main_worktree", message, next));
    }
    let base = match base {
        Some(base) => Some(base),
        None => default_branch(git)?,
    };
    let head = git.try_run(["symbolic-ref", "--quiet", "--short", "HEAD"])?;
    let branch = String::from_utf8_lossy(&head.stdout).trim().to_owned();
    if let Some(base) = base.filter(|base| *base != branch && !place.is_linked()) {
        let found = if branch.is_empty() { "no branch".into() } else { format!("branch {branch}") };
        let message = format!("{found} is checked out, not the base branch {base}");
        reasons.push(Reason::new(
            "not_on_base",
            message,
            format!("git switch {}", shell_words([base])),
        ));
    }
    for (file, what) in OPERATIONS {
        if place.git_dir().join(file).symlink_metadata().is_ok() {
            let message = format!("{what} is under way in this checkout");
            reasons.push(Reason::new("operation_in_progress", message, "git status"));
        }
    }
    if let (Some(landing), Some(head), true) = (landing, git.commit("HEAD")?, reasons.is_empty())
        && !git.is_ancestor(&landing.commit, &head)?
    {
        let message =
            format!("this checkout does not have the landed commit {} yet", landing.commit);
        reasons.push(Reason::new("checkout_behind", message, "git pull --ff-only"));
    }
    Ok(reasons)
}

/// Moves to `done/`, and files taken out because they are there, that are in the index and in no commit,
/// as a run leaves them that was killed.
pub(super) fn begun(place: &Place, git: &Git, issue: IssueNumber) -> Result<Vec<Move>, Failure> {
    if git.commit("HEAD")?.is_none() {
        return Ok(Vec::new());
    }
    let staged = git.bytes([
        "diff",
        "--cached",
        "--name-status",
        "-z",
        "--no-renames",
        "HEAD",
        "--",
        "docs",
    ])?;
    let staged = String::from_utf8_lossy(&staged);
    let mut fields = staged.split('\0');
    let mut changes = Vec::new();
    while let (Some(state), Some(path)) = (fields.next(), fields.next()) {
        changes.push((state, path));
    }
    let root = place.worktree();
    let documents = Documents::list(root)?;
    let documents = documents.of(issue);
    let slug = documents.iter().find_map(|found| slug_of(&found.path));
    let put_away = documents.iter().find(|found| found.place == find::Place::Done);
    let mut begun = Vec::new();
    for (_, from) in
        changes.iter().filter(|(state, from)| *state == "D" && is_of(from, issue, slug))
    {
        let to = done_path(root, from)?.filter(|to| root.join(to).is_file());
        // A superfluous LLD may have had another name than the one in `done`.
        let other =
            put_away.filter(|_| from.rsplit('/').next().and_then(issue_of_lld) == Some(issue));
        if let Some(to) = to.or_else(|| other.map(|found| found.path.clone())) {
            begun.push(Move { from: (*from).to_owned(), to });
        }
    }
    Ok(begun)
}

/// A move that was begun, as a reason: both halves belong into one commit.
pub(super) fn unfinished(issue: IssueNumber, begun: &[Move]) -> Option<Reason> {
    let first = begun.first()?;
    let message = format!("the move of {} to {} was begun and not committed", first.from, first.to);
    let mut command = vec!["git".into(), "commit".into(), "-m".into(), subject(issue), "--".into()];
    command.extend(begun.iter().flat_map(|one| [one.from.clone(), one.to.clone()]));
    Some(Reason::new("changes_pending", message, shell_words(command)))
}

/// Whether the path is that of an LLD or a report of `issue` in an `active` folder.
fn is_of(path: &str, issue: IssueNumber, slug: Option<&str>) -> bool {
    let report = |kind| {
        let found = reports::find(&[path.to_owned()], kind, issue, slug);
        found.iter().any(|found| found.shelf == Shelf::Active)
    };
    if report(Kind::Implementation) || report(Kind::Test) {
        return true;
    }
    let mut parts = path.rsplit('/');
    let (Some(file), Some(folder)) = (parts.next(), parts.next()) else { return false };
    folder.eq_ignore_ascii_case("active")
        && [issue_of_lld(file), issue_of_report(file)].contains(&Some(issue))
}

/// Changes in `paths` that are not committed: they would go into the commit, or be left behind.
pub(super) fn pending(git: &Git, paths: &[String]) -> Result<Vec<Reason>, Failure> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    // Literal, because a file name may hold what git takes for a pattern.
    let flags = [
        "--literal-pathspecs",
        "status",
        "--porcelain=v1",
        "-z",
        "--no-renames",
        "--ignored",
        "--",
    ];
    let args = flags.into_iter().chain(paths.iter().map(String::as_str));
    let answer = git.bytes(args)?;
    let mut reasons = Vec::new();
    for entry in answer.split(|b| *b == 0).filter(|entry| entry.len() > 3) {
        let entry = String::from_utf8_lossy(entry);
        let path = entry.get(3..).unwrap_or_default();
        let state = match entry.get(..2) {
            Some("??" | "!!") => "is in no commit",
            _ => "has changes that are not committed",
        };
        let quoted = shell_words([path]);
        let subject = shell_words([format!("Update {path}")]);
        let next = format!("git add -- {quoted} && git commit -m {subject} -- {quoted}");
        reasons.push(Reason::new("changes_pending", format!("{path} {state}"), next));
    }
    Ok(reasons)
}

/// The local branch that goes with the repository's base.
fn default_branch(git: &Git) -> Result<Option<String>, Failure> {
    let Some(base) = default_base(git)? else { return Ok(None) };
    Ok(Some(remote_of(git, &base)?.map_or(base, |(_, branch)| branch)))
}
