//! The lanes of a repository, as `worktree-lane list` prints them.

use cli::Failure;
use records::worktree_lane::{Lane, LaneKind};
use records::{IssueNumber, LaneEvent, LaneEventKind, parse_noun};
use repo::{Error, Git, Place, Program, Worktree, worktrees};

/// The journal of `worktree-lane` in the state folder.
const JOURNAL: &str = "lanes.jsonl";

/// Every worktree that may be a lane.
#[derive(Debug, Clone)]
pub(crate) struct Lanes {
    lanes: Vec<Lane>,
    /// Whether `worktree-lane` was there to ask. Without it, worktrees are told by their branches.
    pub(crate) asked: bool,
}

impl Lanes {
    /// The lanes of an issue: those that were made for it, else the worktrees whose branch has its
    /// number, as the runbook makes them by hand.
    pub(crate) fn of(&self, issue: IssueNumber) -> Vec<&Lane> {
        let id = issue.to_string();
        let lanes = || self.lanes.iter().filter(|lane| lane.kind != LaneKind::Main);
        let made: Vec<&Lane> = lanes().filter(|lane| lane.lane.as_ref() == Some(&id)).collect();
        let named = |lane: &&Lane| lane.branch.as_deref().is_some_and(|b| is_named(b, issue));
        if made.is_empty() { lanes().filter(named).collect() } else { made }
    }

    /// A lane of the issue that has no branch checked out.
    pub(crate) fn detached(&self, issue: IssueNumber) -> Option<&Lane> {
        self.of(issue).into_iter().find(|lane| lane.branch.is_none() && !lane.missing)
    }

    /// The worktrees that have a branch checked out, the main one among them.
    pub(crate) fn on<'a>(&'a self, branch: &'a str) -> impl Iterator<Item = &'a Lane> {
        self.lanes.iter().filter(move |lane| lane.branch.as_deref() == Some(branch))
    }
}

/// Whether a branch is named for the issue: `98-schema-crud`, `98`, `issue-98`.
pub(crate) fn is_named(branch: &str, issue: IssueNumber) -> bool {
    let rest = branch.strip_prefix("issue-").unwrap_or(branch);
    let rest = rest.strip_prefix(&issue.to_string());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

/// Asks `worktree-lane`, the one beside this program before any on PATH, else git. The error says in a
/// sentence why nobody knows.
pub(crate) fn list(place: &Place) -> Result<Result<Lanes, String>, Failure> {
    let beside = std::env::current_exe().ok().map(|exe| exe.with_file_name("worktree-lane"));
    let program = beside.filter(|path| path.is_file()).unwrap_or_else(|| "worktree-lane".into());
    let ran =
        match Program::new(&program).args(["list", "--format", "json"]).dir(place.worktree()).run()
        {
            Err(Error::NotFound { .. }) => {
                return Ok(Ok(Lanes { lanes: by_git(place)?, asked: false }));
            }
            ran => ran?,
        };
    if !ran.ok() {
        let said = String::from_utf8_lossy(&ran.stderr);
        return Ok(Err(said.lines().next().unwrap_or("worktree-lane list failed").into()));
    }
    let mut lanes = Vec::new();
    for line in String::from_utf8_lossy(&ran.stdout).lines() {
        match parse_noun::<Lane>(line) {
            Ok(lane) => lanes.push(lane),
            Err(error) => return Ok(Err(format!("worktree-lane list: {error}"))),
        }
    }
    Ok(Ok(Lanes { lanes, asked: true }))
}

/// The branch and the commit at which the issue's lane was taken away; `None` when there was none, when
/// it came back, and when the journal is damaged, which could hide that it did.
pub(crate) fn taken_away(
    place: &Place,
    issue: IssueNumber,
) -> Result<Option<(String, String)>, Failure> {
    let loaded = journal::load::<LaneEvent>(place.state_dir().join(JOURNAL))?;
    if !loaded.damaged.is_empty() {
        return Ok(None);
    }
    let id = issue.to_string();
    let newest = loaded
        .records
        .into_iter()
        .map(|(_, event)| event)
        .rfind(|event| event.lane == id && event.kind.decides_existence());
    let gone = newest.filter(|event| event.kind == LaneEventKind::Removed);
    Ok(gone.and_then(|event| Some((event.branch, event.head?))))
}

fn by_git(place: &Place) -> Result<Vec<Lane>, Failure> {
    // What tools keep for themselves is no lane.
    let state = place.state_dir();
    let all = worktrees(&Git::new(place.worktree()))?.into_iter();
    let all = all.filter(|found| !found.path.starts_with(&state)).enumerate();
    Ok(all.map(|(at, worktree)| lane(worktree, at == 0)).collect())
}

fn lane(worktree: Worktree, main: bool) -> Lane {
    Lane {
        lane: None,
        slug: None,
        role: None,
        branch: worktree.branch,
        missing: worktree.path.symlink_metadata().is_err(),
        path: worktree.path.to_string_lossy().into_owned(),
        head: worktree.head,
        base: None,
        base_commit: None,
        owner: None,
        claimed_until: None,
        locked: worktree.locked,
        half_made: false,
        kind: if main { LaneKind::Main } else { LaneKind::Foreign },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_of_an_issue_by_their_whole_number() {
        for (branch, expected) in [
            ("98-schema", true),
            ("98", true),
            ("98_x", true),
            ("issue-98", true),
            ("issue-98-x", true),
            ("981-x", false),
            ("198-x", false),
            ("098-x", false),
            ("main", false),
            ("fix-98", false),
        ] {
            assert_eq!(is_named(branch, IssueNumber(98)), expected, "{branch}");
        }
    }
}
