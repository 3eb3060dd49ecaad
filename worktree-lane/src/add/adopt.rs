//! Where the branch of a new lane stands: at the base, or, with `--adopt`, where it stood before.

use cli::Failure;
use repo::Git;

use crate::here::Here;
use crate::plan::Plan;

use super::base::{self, Base, Found};
use super::check::Facts;

/// The commit of a branch that only a remote has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OnRemote(String);

/// Where the branch of a lane starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Start {
    /// Whether it was there before, in this repository.
    pub(super) adopted: bool,
    /// The commit that it was found at, here or on a remote; `None` for a new branch.
    pub(super) head: Option<String>,
    /// The base's commit: for a branch that was there before, where it left the base; `None` when it
    /// has nothing in common with it.
    pub(super) base_commit: Option<String>,
}

/// Looks for the plan's branch on a remote, if it is to be taken over and this repository has none.
/// It is fetched first when `fetch` says so. No lock is held.
pub(super) fn on_remote(
    here: &Here,
    plan: &Plan,
    fetch: bool,
) -> Result<Option<OnRemote>, Failure> {
    let git = here.git();
    if !plan.adopt || tip(&git, plan)?.is_some() {
        return Ok(None);
    }
    let remotes = git.text(["remote"])?;
    let Some(remote) = remotes.lines().find(|name| *name == "origin").or(remotes.lines().next())
    else {
        return Ok(None);
    };
    let fetched = if fetch { base::update(&git, remote, &plan.branch)? } else { None };
    match fetched {
        None | Some(Found::Base(_)) => {}
        // The remote has no such branch, whatever an old remote-tracking ref says.
        Some(Found::Refused(_)) => return Ok(None),
        Some(Found::NotFetched(failure)) => return Err(failure),
    }
    Ok(git.at_ref(&format!("refs/remotes/{remote}/{}", plan.branch))?.map(OnRemote))
}

/// Decides where the branch starts. Nothing speaks against the plan, so a branch that is there is to
/// be taken over.
pub(super) fn start(
    here: &Here,
    plan: &Plan,
    base: &Base,
    facts: &Facts,
    on_remote: Option<&OnRemote>,
) -> Result<Start, Failure> {
    let git = here.git();
    let here_before = if facts.same_branch.is_some() { tip(&git, plan)? } else { None };
    let adopted = here_before.is_some();
    match here_before.or_else(|| on_remote.map(|OnRemote(commit)| commit.clone())) {
        None => Ok(Start { adopted, head: None, base_commit: Some(base.commit.clone()) }),
        Some(head) => {
            let ran = git.try_run(["merge-base", &base.commit, &head])?;
            let said = String::from_utf8_lossy(&ran.stdout).trim().to_owned();
            Ok(Start { adopted, head: Some(head), base_commit: ran.ok().then_some(said) })
        }
    }
}

fn tip(git: &Git, plan: &Plan) -> Result<Option<String>, Failure> {
    Ok(git.at_ref(&format!("refs/heads/{}", plan.branch))?)
}
