//! Finding a task's lane.

use std::path::{Path, PathBuf};

use cli::Failure;
use records::Reason;
use repo::{Error, Git, Place, Program};

use crate::desk::Desk;
use crate::git::worktree_state;
use crate::rules::definitions::{Definitions, Task};
use crate::rules::diff::path_text;

/// The task's worktree: the given one, else what `worktree-lane` says for its issue or its id, else
/// the worktree of its role. `None` when nobody knows one.
pub(crate) fn find(
    desk: &Desk,
    definitions: &Definitions,
    task: &Task,
    given: Option<&Path>,
) -> Result<Option<PathBuf>, Failure> {
    if let Some(given) = given {
        return ours(desk, given).map(Some);
    }
    let issue = task.issue.map(|issue| issue.to_string());
    for id in issue.iter().map(String::as_str).chain([task.id.as_str()]) {
        if let Some(path) = ask(desk, id)? {
            return ours(desk, &path).map(Some);
        }
    }
    let Some(name) = &task.role else { return Ok(None) };
    let worktree = definitions.roles.get(name).and_then(|role| role.worktree.as_deref());
    match worktree {
        Some(worktree) => ours(desk, &desk.git.dir().join(worktree)).map(Some),
        None => ask(desk, name)?.map(|path| ours(desk, &path)).transpose(),
    }
}

/// The same, for a command that cannot go on without a lane.
pub(crate) fn require(
    desk: &Desk,
    definitions: &Definitions,
    task: &Task,
    given: Option<&Path>,
) -> Result<PathBuf, Failure> {
    find(desk, definitions, task, given)?.ok_or_else(|| {
        let lane = task.issue.map_or_else(|| task.id.to_string(), |issue| issue.to_string());
        Failure::usage(format_args!("task '{}'", task.id), "it has no lane").hint(format!(
            "make one with 'worktree-lane add {lane} SLUG', or name one with --lane DIR"
        ))
    })
}

/// Asks `worktree-lane`, the one beside this program before any on PATH. `None` when it knows no such
/// lane, or is not installed.
pub(crate) fn ask(desk: &Desk, id: &str) -> Result<Option<PathBuf>, Failure> {
    let asked = worktree_lane(desk).args(["path", id]);
    let command = asked.shown();
    let ran = match asked.run() {
        Err(Error::NotFound { .. }) => return Ok(None),
        ran => ran?,
    };
    match ran.code() {
        Some(0) => {
            let answer = String::from_utf8_lossy(&ran.stdout);
            let path = answer.lines().next().unwrap_or_default();
            if path.starts_with('/') {
                Ok(Some(path.into()))
            } else {
                Err(Failure::world(command, "it did not answer with a path"))
            }
        }
        Some(1) => Ok(None),
        _ => {
            let said = String::from_utf8_lossy(&ran.stderr);
            Err(Failure::world(command, said.lines().next().unwrap_or("it failed")))
        }
    }
}

/// `worktree-lane`, to be run in the coordinator's checkout.
pub(crate) fn worktree_lane(desk: &Desk) -> Program {
    let beside = std::env::current_exe().ok().map(|exe| exe.with_file_name("worktree-lane"));
    let program = beside.filter(|path| path.is_file()).unwrap_or_else(|| "worktree-lane".into());
    Program::new(&program).dir(desk.git.dir())
}

/// The top of the worktree at `path`, which must belong to this repository.
pub(crate) fn ours(desk: &Desk, path: &Path) -> Result<PathBuf, Failure> {
    let place = Place::find(path)?;
    if place.common_dir() == desk.place.common_dir() {
        Ok(place.worktree().to_path_buf())
    } else {
        Err(Failure::usage(path.display(), "it belongs to another repository")
            .hint("name a worktree of this one with --lane DIR"))
    }
}

/// Where a lane stands.
pub(crate) struct Standing {
    /// The commit that is checked out.
    pub(crate) commit: String,
    /// The branch that is checked out; `None` when detached.
    pub(crate) branch: Option<String>,
}

/// Where the lane at `path` stands.
pub(crate) fn standing(path: &Path) -> Result<Standing, Failure> {
    let git = Git::new(path);
    let commit = git
        .commit("HEAD")?
        .ok_or_else(|| Failure::usage(path.display(), "nothing is committed there yet"))?;
    let ran = git.try_run(["symbolic-ref", "--quiet", "HEAD"])?;
    let name = String::from_utf8_lossy(&ran.stdout).trim().to_owned();
    let branch = name.strip_prefix("refs/heads/").map(ToOwned::to_owned);
    Ok(Standing { commit, branch })
}

/// Why a command cannot be judged in this lane; empty when it can.
pub(crate) fn unfit(path: &Path, stands: &str, wanted: &str) -> Result<Vec<Reason>, Failure> {
    let mut reasons = Vec::new();
    if stands != wanted {
        let message = format!("the lane stands at {stands}, not at {wanted}");
        let next = "check the commit out in the lane, or leave --commit out";
        reasons.push(Reason::new("lane_other_commit", message, next));
    }
    let git = Git::new(path);
    let dirt = worktree_state::dirt(&git)?;
    if !dirt.is_empty() {
        let message = format!("the lane has uncommitted changes: {}", some(&dirt));
        let next = "commit them in the lane, or add what is not work to .gitignore";
        reasons.push(Reason::new("lane_dirty", message, next));
    }
    let hidden = worktree_state::hidden(&git)?;
    if !hidden.is_empty() {
        let message = format!("git was told not to look for changes in {}", some(&hidden));
        let next = "git update-index --no-assume-unchanged --no-skip-worktree FILE in the lane";
        reasons.push(Reason::new("lane_hides_changes", message, next));
    }
    if worktree_state::replaces_objects(&git)? {
        let message =
            "this clone replaces objects, so that the lane may not hold what is committed";
        let next = "'git replace --list' names them; run it in a clone without";
        reasons.push(Reason::new("lane_replaces_objects", message, next));
    }
    Ok(reasons)
}

/// The first few of some paths.
fn some(paths: &[Vec<u8>]) -> String {
    let shown: Vec<String> = paths.iter().take(5).map(|path| path_text(path)).collect();
    let more = paths.len().saturating_sub(5);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
