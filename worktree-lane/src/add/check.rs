//! What `add` has to know before it changes anything. Read under the repository's lock.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use cli::Failure;

use crate::branch;
use crate::here::Here;
use crate::history::History;
use crate::lane_git::text;
use crate::plan::Plan;
use crate::registry::{self, Entry};

use super::base::Base;
use super::refuse::EMPTY;

/// The facts that decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// A lane with this id, or one that differs only in case, with its path.
    pub(crate) lane: Option<(String, String)>,
    /// A worktree that git lists at the path, and whether its folder is gone.
    pub(crate) registered: Option<bool>,
    /// What is at the path: `folder`, `empty folder`, `file`, `symbolic link`.
    pub(crate) at_path: Option<&'static str>,
    /// What makes the way to the path unsafe.
    pub(crate) unsafe_path: Option<String>,
    /// Branches with the plan's name, or one that differs only in case.
    pub(crate) same_branch: Option<String>,
    /// Where that branch is checked out.
    pub(crate) checked_out: Option<String>,
    /// Whether a rebase or a bisection somewhere will go back to that branch.
    pub(crate) goes_back: bool,
    /// How many commits that branch has beside the base.
    pub(crate) ahead: Option<String>,
    /// Whether a remote has a branch with the plan's name, when --adopt asks for it.
    pub(crate) on_remote: bool,
    /// Branches that a branch with the plan's name could not live beside: one is a folder of the
    /// other.
    pub(crate) conflicting: Vec<String>,
}

/// Reads them.
pub(crate) fn facts(
    here: &Here,
    history: &History,
    plan: &Plan,
    base: &Base,
) -> Result<Facts, Failure> {
    let entries = registry::survey(here, history)?;
    let lane = entries.iter().find_map(|entry| {
        let lane = entry.lane().filter(|lane| lane.eq_ignore_ascii_case(&plan.lane))?;
        Some((lane.to_owned(), shown(&entry.worktree.path)))
    });
    let registered = entries.iter().find(|e| e.worktree.path == plan.path).map(|e| e.missing);
    let checked_out = entries
        .iter()
        .find(|e| e.worktree.branch.as_ref().is_some_and(|b| b.eq_ignore_ascii_case(&plan.branch)));
    let checked_out = checked_out.map(|e| shown(&e.worktree.path));
    let branches =
        here.git().bytes(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"])?;
    let branches: Vec<String> =
        branches.split(|b| *b == b'\n').filter(|b| !b.is_empty()).map(text).collect();
    let (same_branch, conflicting) = beside(&branches, &plan.branch);
    let (mut goes_back, mut ahead) = (false, None);
    if let (Some(branch), None) = (&same_branch, &checked_out) {
        goes_back = branch::in_use(here, branch)?;
        let beyond = format!("{}..refs/heads/{branch}", base.commit);
        ahead = Some(here.git().text(["rev-list", "--count", &beyond])?);
    }
    let at_path = match at(&plan.path)? {
        Some("folder") if is_empty(&plan.path)? => Some(EMPTY),
        other => other,
    };
    Ok(Facts {
        lane,
        registered,
        at_path,
        unsafe_path: unsafe_path(here, &entries, plan)?,
        same_branch,
        checked_out,
        goes_back,
        ahead,
        on_remote: false,
        conflicting,
    })
}

fn is_empty(folder: &Path) -> Result<bool, Failure> {
    let mut entries =
        fs::read_dir(folder).map_err(|error| Failure::io("cannot read", folder, &error))?;
    Ok(entries.next().is_none())
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The branch that has the name already, and those that stand in its way.
fn beside(branches: &[String], wanted: &str) -> (Option<String>, Vec<String>) {
    let below = |folder: &str, name: &str| {
        name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    };
    let exact = branches.iter().find(|b| *b == wanted);
    let same = exact.or_else(|| branches.iter().find(|b| b.eq_ignore_ascii_case(wanted)));
    let conflicts = |b: &&String| below(b, wanted) || below(wanted, b);
    (same.cloned(), branches.iter().filter(conflicts).cloned().collect())
}

fn at(path: &Path) -> Result<Option<&'static str>, Failure> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Ok(Some("folder")),
        Ok(found) if found.is_symlink() => Ok(Some("symbolic link")),
        Ok(_) => Ok(Some("file")),
        Err(error) if absent(&error) => Ok(None),
        Err(error) => Err(Failure::io("cannot read", path, &error)),
    }
}

/// `NotADirectory` too: a file stands where a folder of the way should be, which is told elsewhere.
fn absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Git follows a symbolic link and records where it leads, so the lane would lie elsewhere than the
/// layout says (lanes reference, case 3).
fn unsafe_path(here: &Here, entries: &[Entry], plan: &Plan) -> Result<Option<String>, Failure> {
    if plan.path.to_str().is_none() {
        return Ok(Some("it is not UTF-8".into()));
    }
    let Ok(inside) = plan.path.strip_prefix(&plan.root) else {
        return Ok(Some(format!("it leaves {}", plan.root.display())));
    };
    let mut way = plan.root.clone();
    let folders: Vec<Component<'_>> = inside.components().collect();
    // The last component is the lane itself; what is there is another question.
    for folder in folders.iter().take(folders.len().saturating_sub(1)) {
        way.push(folder);
        match at(&way)? {
            Some("folder") => {}
            Some(other) => return Ok(Some(format!("{} is a {other}", way.display()))),
            None => break,
        }
    }
    // The fixed folders of an absolute layout may themselves be reached by a link.
    if let Some(real) = real_folder(&plan.root)?
        && real != plan.root
    {
        return Ok(Some(format!("{} leads to {}", plan.root.display(), real.display())));
    }
    if plan.path.starts_with(&here.common_dir) {
        return Ok(Some("it is inside git's own folder".into()));
    }
    let around = entries.iter().find(|entry| {
        !entry.main
            && entry.worktree.path != plan.path
            && plan.path.starts_with(&entry.worktree.path)
    });
    Ok(around.map(|entry| format!("it is inside the worktree {}", entry.worktree.path.display())))
}

fn real_folder(path: &Path) -> Result<Option<PathBuf>, Failure> {
    match path.canonicalize() {
        Ok(real) => Ok(Some(real)),
        Err(error) if absent(&error) => Ok(None),
        Err(error) => Err(Failure::io("cannot read", path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_that_stand_in_the_way() {
        let branches = ["a", "b/c", "b/c/d", "T-1", "x"].map(str::to_owned);
        assert_eq!(beside(&branches, "a"), (Some("a".into()), vec![]));
        assert_eq!(beside(&branches, "a/z"), (None, vec!["a".into()]));
        assert_eq!(beside(&branches, "b"), (None, vec!["b/c".into(), "b/c/d".into()]));
        assert_eq!(beside(&branches, "t-1"), (Some("T-1".into()), vec![]));
        assert_eq!(beside(&branches, "ab"), (None, vec![]));
    }
}
