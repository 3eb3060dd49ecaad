//! Gathering what is known about the work on an issue: its branch, its lanes, its reports.

use cli::Failure;
use records::{IssueNumber, Reason};
use repo::{Git, Place};

use crate::branch::{self, Branch, Tree};
use crate::document::find::Documents;
use crate::document::name::slug_of;
use crate::gate::{Outside, ReportFacts};
use crate::lanes::{self, Lanes};
use crate::queue::{self, Queue};
use crate::reports::{self, Kind};

/// The folder of the audit log, whose files are no work.
const LOGS: &str = "logs/";

/// The work on an issue.
pub(super) struct Work {
    issue: IssueNumber,
    git: Git,
    /// What the merge queue has on record.
    pub(super) queue: Queue,
    lanes: Result<Lanes, String>,
    /// The branch and what it changes; the reason says why nobody knows.
    pub(super) branch: Result<Branch, Reason>,
    /// What the remote's branch of that name has and this one lacks.
    on_remote: Option<Reason>,
}

impl Work {
    /// Reads it.
    pub(super) fn read(place: &Place, issue: IssueNumber) -> Result<Self, Failure> {
        let git = Git::new(place.worktree());
        let queue = queue::load(place, issue)?;
        let lanes = lanes::list(place)?;
        let mut on_remote = None;
        let branch = match branch::base(&git, queue.base.as_deref())? {
            Err(reason) => Err(reason),
            Ok(base) => match branch::find(&git, issue, &base, &queue, &lanes)? {
                Err(reason) => Err(reason),
                Ok(found) => {
                    on_remote = branch::on_remote(&git, &base, &found)?;
                    branch::read(place, &git, &base, found)?
                }
            },
        };
        Ok(Self { issue, git, queue, lanes, branch, on_remote })
    }

    /// What the branch's commit does not hold.
    pub(super) fn outside(&self) -> Result<Outside, Failure> {
        let Ok(branch) = &self.branch else { return Ok(Outside::default()) };
        let mut reasons: Vec<Reason> = self.on_remote.iter().cloned().collect();
        let lanes = match &self.lanes {
            Ok(lanes) => lanes,
            Err(why) => {
                let message = format!("the lanes are unknown: {why}");
                reasons.push(Reason::new("lanes_unknown", message, "worktree-lane list"));
                return Ok(Outside { paths: Vec::new(), reasons });
            }
        };
        // A lane in the middle of a rebase, or on no branch, holds work that no branch shows.
        let detached = lanes.detached(self.issue);
        reasons.extend(detached.map(|lane| {
            let Branch { name, .. } = branch;
            let message =
                format!("the lane {} is on no branch: {name} may lack its work", lane.path);
            let next = repo::shell_words(["git", "-C", &lane.path, "status"]);
            Reason::new("lane_detached", message, next)
        }));
        let mut paths = Vec::new();
        for lane in lanes.on(&branch.name).chain(detached).filter(|lane| !lane.missing) {
            let git = Git::new(&lane.path);
            let args = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"];
            let listed = git.bytes(args)?;
            let entries = listed.split(|b| *b == 0).map(String::from_utf8_lossy);
            let paths_of = entries.filter_map(|entry| entry.get(3..).map(ToOwned::to_owned));
            paths.extend(paths_of.filter(|path| !path.is_empty() && !path.starts_with(LOGS)));
        }
        paths.sort();
        paths.dedup();
        Ok(Outside { paths, reasons })
    }

    /// A report as the branch's commit has it.
    pub(super) fn report(
        &self,
        kind: Kind,
        issue: IssueNumber,
        slug: Option<&str>,
    ) -> Result<ReportFacts, Failure> {
        let Ok(branch) = &self.branch else {
            return Ok(ReportFacts { kind, found: Vec::new(), read: None });
        };
        let tree = self.tree(branch);
        let found = reports::find(&tree.files("docs")?, kind, issue, slug);
        let read = match found.as_slice() {
            [one] => Some(match String::from_utf8(tree.read(&one.path)?) {
                Ok(text) => Ok(match kind {
                    Kind::Implementation => reports::implementation(&text, issue),
                    Kind::Test => reports::test(&text),
                }),
                Err(error) => {
                    Err(format!("not UTF-8 at byte {}", error.utf8_error().valid_up_to()))
                }
            }),
            _ => None,
        };
        Ok(ReportFacts { kind, found, read })
    }

    /// The changes of the branch line by line.
    pub(super) fn patch(&self, branch: &Branch) -> Result<Vec<u8>, Failure> {
        branch::patch(&self.git, branch)
    }

    /// The files of the branch's commit.
    pub(super) fn tree<'a>(&'a self, branch: &'a Branch) -> Tree<'a> {
        Tree::new(&self.git, &branch.commit)
    }
}

/// The short name of the issue's LLD, in the checkout that the question is asked in.
pub(super) fn slug(place: &Place, issue: IssueNumber) -> Result<Option<String>, Failure> {
    let documents = Documents::list(place.worktree())?;
    let slug = documents.of(issue).iter().find_map(|found| slug_of(&found.path));
    Ok(slug.map(ToOwned::to_owned))
}
