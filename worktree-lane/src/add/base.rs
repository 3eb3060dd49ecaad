//! Which commit a lane starts from.

use std::time::Duration;

use cli::{Failure, Progress};
use records::Reason;
use repo::{Error, Git};

use crate::here::Here;

/// How long a fetch may take.
const FETCH_LIMIT: Duration = Duration::from_mins(5);
/// How often a fetch is tried that met another process at the same ref.
const TRIES: u32 = 6;

/// Where a lane starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    /// As it is recorded: `origin/main`.
    pub(crate) name: String,
    /// The commit, in full.
    pub(crate) commit: String,
}

/// Finds the base: the one that was asked for, or the repository's default. A remote-tracking one
/// is fetched first when `fetch` says so. No lock is held.
pub(crate) fn find(
    here: &Here,
    asked: Option<&str>,
    fetch: bool,
) -> Result<Result<Base, Reason>, Failure> {
    let git = here.git();
    let name = match asked {
        Some(name) => pointed_at(&git, name)?,
        None => match repo::default_base(&git)? {
            Some(name) => name,
            None => return Ok(Err(no_default(&git)?)),
        },
    };
    let short = name.strip_prefix("refs/remotes/").unwrap_or(&name);
    let remote = if name.starts_with("refs/") && !name.starts_with("refs/remotes/") {
        None
    } else {
        repo::remote_of(&git, short)?
    };
    if let Some((remote, branch)) = remote.filter(|_| fetch)
        && let Err(reason) = update(&git, &remote, &branch)?
    {
        return Ok(Err(reason));
    }
    resolve(&git, &name)
}

/// What a remote's `HEAD` points to, such as `origin/main` for `origin/HEAD`; other names as they
/// are.
fn pointed_at(git: &Git, name: &str) -> Result<String, Error> {
    if !name.ends_with("/HEAD") {
        return Ok(name.to_owned());
    }
    let full = format!("refs/remotes/{}", name.strip_prefix("refs/remotes/").unwrap_or(name));
    let target = git.try_run(["symbolic-ref", "--quiet", "--short", &full])?;
    let target = target.ok().then(|| String::from_utf8_lossy(&target.stdout).trim().to_owned());
    Ok(target.unwrap_or_else(|| name.to_owned()))
}

/// A name that means two things is not guessed at: a lane on the wrong base is found out late.
fn resolve(git: &Git, name: &str) -> Result<Result<Base, Reason>, Failure> {
    let mut found = Vec::new();
    for space in ["refs/remotes/", "refs/heads/", "refs/tags/"] {
        let full = format!("{space}{name}");
        if let Some(commit) = git.commit(&full)? {
            found.push((full, commit));
        }
    }
    if let [_, _, ..] = found.as_slice() {
        let names: Vec<_> = found.into_iter().map(|(full, _)| full).collect();
        let message = format!("'{name}' is the name of {}", names.join(" and "));
        return Ok(Err(Reason::new(
            "base_ambiguous",
            message,
            "repeat with --base and the full name",
        )));
    }
    let commit = match found.pop() {
        Some((_, commit)) => Some(commit),
        None => git.commit(name)?,
    };
    Ok(commit.map(|commit| Base { name: name.into(), commit }).ok_or_else(|| unknown(name)))
}

fn unknown(name: &str) -> Reason {
    let message = format!("'{name}' names no commit of this repository");
    Reason::new("base_unknown", message, "git branch --all --list")
}

fn no_default(git: &Git) -> Result<Reason, Error> {
    if git.text(["for-each-ref", "--count=1"])?.is_empty() && git.commit("HEAD")?.is_none() {
        let message = "the repository has no commit yet, so there is nothing to start from";
        return Ok(Reason::new("no_commit_yet", message, "git commit"));
    }
    let message = "there is no origin/HEAD, origin/main, origin/master, main or master";
    Ok(Reason::new("base_unknown", message, "name the base with --base"))
}

/// Fetches one branch of a remote into its remote-tracking ref, and nothing else.
fn update(git: &Git, remote: &str, branch: &str) -> Result<Result<(), Reason>, Failure> {
    let refspec = format!("+refs/heads/{branch}:refs/remotes/{remote}/{branch}");
    let flags = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"];
    let more = ["--no-recurse-submodules", "--no-auto-maintenance", "--", remote, &refspec];
    let args: Vec<&str> = Here::QUIET.iter().chain(&flags).chain(&more).copied().collect();
    let git = git.with_limit(FETCH_LIMIT);
    let progress = Progress::start(format!("fetching {branch} from {remote}"));
    let mut tries = 1;
    loop {
        let ran = git.try_run(&args)?;
        if ran.ok() {
            drop(progress);
            return Ok(Ok(()));
        }
        let said = String::from_utf8_lossy(&ran.stderr);
        if said.contains("couldn't find remote ref") {
            let message = format!("{remote} has no branch '{branch}'");
            return Ok(Err(Reason::new(
                "base_unknown",
                message,
                format!("git ls-remote --heads {remote}"),
            )));
        }
        if tries == TRIES || !met_another(&said) {
            let failure = Failure::from(git.failure(&["fetch"], &ran));
            return Err(
                failure.hint("with --no-fetch the lane starts from the base as last fetched")
            );
        }
        tries += 1;
    }
}

/// Whether a fetch failed because another process was at the same ref or was making a worktree.
fn met_another(said: &str) -> bool {
    ["cannot lock ref", "Unable to create", "commondir", "bad object"]
        .iter()
        .any(|sign| said.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_meeting_is_tried_again() {
        assert!(met_another("error: cannot lock ref 'refs/remotes/origin/main': is at a but b"));
        assert!(met_another("fatal: failed to read .git/worktrees/x/commondir: Success"));
        assert!(!met_another("fatal: unable to access 'https://x/': Could not resolve host"));
    }
}
