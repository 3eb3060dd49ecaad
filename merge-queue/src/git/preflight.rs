//! Asking `worktree-lane` whether a lane is fit for work (runbook v2, section 1, "Preflight the target
//! lane before assigning work").

use std::path::{Path, PathBuf};

use cli::Failure;
use records::worktree_lane::Preflight;
use records::{LanePreflight, Reason, parse_noun, sha256_hex};
use repo::Error;

use crate::desk::Desk;
use crate::git::base::NETWORK;
use crate::git::lane;
use crate::rules::definitions::{Definitions, Task};

/// What is known about the lane of a task: the proof that it is fit, `None` when there is no lane yet, or
/// all reasons why work must not be assigned to it.
pub(crate) type Lane = Result<Option<LanePreflight>, Vec<Reason>>;

/// Asks about the lane in which the owner would work on the task in that role: the one that `worktree-lane` has for the
/// task's issue, its id or the role, else the role's worktree.
pub(crate) fn preflight(
    desk: &Desk,
    definitions: &Definitions,
    task: &Task,
    (role, owner): (&str, &str),
    fetch: bool,
) -> Result<Lane, Failure> {
    let issue = task.issue.map(|issue| issue.to_string());
    for id in issue.iter().map(String::as_str).chain([task.id.as_str(), role]) {
        if let Some(path) = lane::ask(desk, id)? {
            return ask(desk, id, owner, &path, fetch);
        }
    }
    let worktree = definitions.roles.get(role).and_then(|role| role.worktree.as_deref());
    let Some(path) = worktree.map(|worktree| desk.git.dir().join(worktree)) else {
        return Ok(Ok(None));
    };
    if !path.exists() {
        return Ok(Ok(None));
    }
    let path = lane::ours(desk, &path)?;
    let Some(branch) = lane::standing(&path)?.branch else {
        let message = format!("no branch is checked out in {}", path.display());
        let next = repo::shell_words(["git", "-C", &path.to_string_lossy(), "status"]);
        return Ok(Err(vec![Reason::new("lane_detached", message, next)]));
    };
    ask(desk, &branch, owner, &path, fetch)
}

fn ask(desk: &Desk, lane: &str, owner: &str, path: &Path, fetch: bool) -> Result<Lane, Failure> {
    let owner = format!("--owner={owner}");
    let asked = lane::worktree_lane(desk).args(["preflight", &owner]).limit(NETWORK);
    let asked = if fetch { asked } else { asked.arg("--no-fetch") };
    let asked = asked.args(["--format", "json", "--", lane]);
    let command = asked.shown();
    let at = cli::clock::now();
    let ran = match asked.run() {
        Err(Error::NotFound { .. }) => {
            let message =
                "worktree-lane, which would say whether the lane is fit, is not installed";
            let next = "put worktree-lane beside merge-queue, or on PATH";
            return Ok(Err(vec![Reason::new("lane_unknown", message, next)]));
        }
        ran => ran?,
    };
    let failed = |why: &str| Failure::world(&command, why);
    let said =
        || String::from_utf8_lossy(&ran.stderr).lines().next().unwrap_or("it failed").to_owned();
    if !matches!(ran.code(), Some(0 | 1)) {
        return Err(failed(&said()));
    }
    let answer = String::from_utf8_lossy(&ran.stdout);
    let answer: Preflight =
        parse_noun(&answer).map_err(|error| failed(&format!("it did not answer: {error}")))?;
    match (ran.ok(), answer.ready, answer.reasons.is_empty()) {
        (true, true, true) => {
            let lane = answer.path.map_or_else(|| path.to_path_buf(), PathBuf::from);
            let lane = lane.display().to_string();
            Ok(Ok(Some(LanePreflight { at, lane, sha256: sha256_hex(&ran.stdout) })))
        }
        (false, false, false) => {
            let reasons = answer.reasons.into_iter().map(|reason| with_step(reason, path));
            Ok(Err(reasons.collect()))
        }
        _ => Err(failed("its answer contradicts itself")),
    }
}

/// A worktree that somebody made with git alone is taken over by making it anew.
fn with_step(reason: Reason, path: &Path) -> Reason {
    if reason.code != "foreign" || reason.next.is_some() {
        return reason;
    }
    let remove = repo::shell_words(["git", "worktree", "remove", &path.to_string_lossy()]);
    let next = format!(
        "{remove}, which git refuses while there is work in it; then worktree-lane add --adopt"
    );
    Reason { next: Some(next), ..reason }
}
