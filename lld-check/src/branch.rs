//! The branch that holds the work of an issue, and what it changes.

mod choose;
mod diff;
mod tree;

use cli::Failure;
use records::{IssueNumber, Reason, sha256_hex};
use repo::{Git, Place, default_base, remote_of, shell_words};

pub(crate) use choose::{Candidates, choose};
pub(crate) use tree::Tree;

use crate::lanes::{Lanes, is_named};
use crate::queue::Queue;

/// The branch that work lands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    /// As people write it: `origin/main`, or `main` without a remote.
    pub(crate) shown: String,
    /// The remote that holds it.
    remote: Option<String>,
    /// Where it stands, in full.
    pub(crate) commit: String,
}

impl Base {
    /// The branch of this clone that goes with it.
    pub(crate) fn local(&self) -> &str {
        let remote = self.remote.as_deref();
        let below = remote.and_then(|remote| self.shown.strip_prefix(remote)?.strip_prefix('/'));
        below.unwrap_or(&self.shown)
    }
}

/// A branch that left the base at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branch {
    /// Its name, without `refs/heads/`.
    pub(crate) name: String,
    /// Where it stands, in full.
    pub(crate) commit: String,
    /// The tree of that commit.
    pub(crate) tree: String,
    /// The base as people write it.
    pub(crate) base: String,
    /// Where the branch left it, in full.
    pub(crate) merge_base: String,
    /// What it changes, as git lists it; see [`Branch::digest`].
    pub(crate) raw: Vec<u8>,
}

impl Branch {
    /// The digest that approvals are bound to (docs/decisions/0008): SHA-256 over what
    /// `git diff-tree -r -z --no-renames --no-abbrev <merge base> <commit>` prints.
    pub(crate) fn digest(&self) -> String {
        sha256_hex(&self.raw)
    }
}

/// The base: `queue.base`, else what the repository suggests.
pub(crate) fn base(git: &Git, written: Option<&str>) -> Result<Result<Base, Reason>, Failure> {
    let no = |message: String| {
        let next = "name it in switchyard.yaml, such as 'queue: {base: origin/trunk}'";
        Ok(Err(Reason::new("base_missing", message, next)))
    };
    let shown = match written {
        Some(base) => base.to_owned(),
        None => match default_base(git)? {
            Some(base) => base,
            None => return no("neither origin nor this clone has a branch main or master".into()),
        },
    };
    let remote = remote_of(git, &shown)?;
    let reference = match &remote {
        Some((remote, branch)) => format!("refs/remotes/{remote}/{branch}"),
        None => format!("refs/heads/{shown}"),
    };
    match git.at_ref(&reference)? {
        Some(commit) => Ok(Ok(Base { shown, remote: remote.map(|(name, _)| name), commit })),
        None => no(format!("the base {shown} is not in this clone")),
    }
}

/// The issue's branch and where it stands, by what is known of it: what was handed over, what its lane
/// has checked out, else what is named for it.
pub(crate) fn find(
    git: &Git,
    issue: IssueNumber,
    base: &Base,
    queue: &Queue,
    lanes: &Result<Lanes, String>,
) -> Result<Result<(String, String), Reason>, Failure> {
    let lanes = lanes.as_ref().map(|lanes| lanes.of(issue)).unwrap_or_default();
    let of_lanes = lanes.iter().filter_map(|lane| lane.branch.clone()).collect();
    let candidates = Candidates {
        handed_over: queue.handed_over().map(ToOwned::to_owned),
        lanes: of_lanes,
        named: named(git, issue, base)?,
    };
    let name = match choose(issue, candidates) {
        Ok(name) => name,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut commit = git.at_ref(&format!("refs/heads/{name}"))?;
    if let (None, Some(remote)) = (&commit, &base.remote) {
        commit = git.at_ref(&format!("refs/remotes/{remote}/{name}"))?;
    }
    Ok(commit.map(|commit| (name.clone(), commit)).ok_or_else(|| {
        let message = format!("the branch {name} is not in this clone");
        Reason::new("branch_missing", message, "git fetch --all")
    }))
}

/// Commits of the remote's branch of that name that this one lacks: a pull request would hold them.
pub(crate) fn on_remote(
    git: &Git,
    base: &Base,
    (name, commit): &(String, String),
) -> Result<Option<Reason>, Failure> {
    let Some(remote) = &base.remote else { return Ok(None) };
    let Some(there) = git.at_ref(&format!("refs/remotes/{remote}/{name}"))? else {
        return Ok(None);
    };
    if git.is_ancestor(&there, commit)? {
        return Ok(None);
    }
    let message = format!("{remote}/{name} has commits that {name} lacks");
    let range = format!("{name}..{remote}/{name}");
    let next = format!(
        "{} shows them; merge them into the lane, or push over them",
        shell_words(["git", "log", "--oneline", range.as_str()])
    );
    Ok(Some(Reason::new("remote_differs", message, next)))
}

/// Branches that are named for the issue, here and on the base's remote.
fn named(git: &Git, issue: IssueNumber, base: &Base) -> Result<Vec<String>, Failure> {
    let folders = base.remote.iter().map(|remote| format!("refs/remotes/{remote}/"));
    let folders: Vec<String> = ["refs/heads/".to_owned()].into_iter().chain(folders).collect();
    let mut args = vec!["for-each-ref".to_owned(), "--format=%(refname)".into()];
    args.extend(folders.iter().cloned());
    let refs = git.text(&args)?;
    let short = |name: &str| {
        folders.iter().find_map(|folder| name.strip_prefix(folder.as_str())).map(ToOwned::to_owned)
    };
    let mut names: Vec<String> =
        refs.lines().filter_map(short).filter(|name| is_named(name, issue)).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// What the branch at `commit` changes since it left the base.
pub(crate) fn read(
    place: &Place,
    git: &Git,
    base: &Base,
    (name, commit): (String, String),
) -> Result<Result<Branch, Reason>, Failure> {
    let merge_base = match diff::merge_base(place, git, &base.commit, &commit)? {
        Ok(merge_base) => merge_base,
        Err(why) => {
            let next = shell_words(["git", "merge", &base.shown]);
            let message = format!("{name} and {} {why}", base.shown);
            return Ok(Err(Reason::new("diff_unknown", message, format!("{next} in the lane"))));
        }
    };
    let raw = diff::raw(git, &merge_base, &commit)?;
    let tree = diff::tree(git, &commit)?;
    Ok(Ok(Branch { name, commit, tree, base: base.shown.clone(), merge_base, raw }))
}

/// What the branch changes, line by line. A binary file is named and not shown.
pub(crate) fn patch(git: &Git, branch: &Branch) -> Result<Vec<u8>, Failure> {
    diff::patch(git, &branch.merge_base, &branch.commit)
}
