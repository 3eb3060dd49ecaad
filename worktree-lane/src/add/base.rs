//! Which commit a lane starts from.

use std::time::Duration;

use cli::{Failure, Progress};
use records::Reason;
use repo::{Error, Git, shell_words};

use crate::here::Here;

/// How long a fetch may take.
const FETCH_LIMIT: Duration = Duration::from_mins(5);
/// How often a fetch is tried that met another process at the same ref.
const TRIES: u32 = 6;
/// What a failed fetch is answered with.
const WITHOUT_FETCH: &str = "with --no-fetch the base is taken as it was last fetched";

/// Where a lane starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    /// As it is recorded: `origin/main`.
    pub(crate) name: String,
    /// The commit, in full.
    pub(crate) commit: String,
    /// Whether it was fetched just now.
    pub(crate) fetched: bool,
}

/// What came of looking for a base.
pub(crate) enum Found {
    /// It is there, as just fetched where it has a remote.
    Base(Base),
    /// There is none, or more than one.
    Refused(Reason),
    /// Its remote could not be asked.
    NotFetched(Failure),
}

/// Finds the base of a lane that is to be made.
///
/// # Errors
/// When git fails, or the base cannot be fetched: nothing was done yet, so the command is ended.
pub(crate) fn find(
    here: &Here,
    asked: Option<&str>,
    fetch: bool,
) -> Result<Result<Base, Reason>, Failure> {
    match look(here, asked, fetch)? {
        Found::Base(base) => Ok(Ok(base)),
        Found::Refused(reason) => Ok(Err(reason)),
        Found::NotFetched(failure) => Err(failure),
    }
}

/// Looks for the base: the one that was asked for, or the repository's default. A remote-tracking one
/// is fetched first when `fetch` says so, however it is spelled: `origin`, `main@{upstream}` and
/// `origin/main~2` need what `origin/main` needs. No lock is held.
///
/// # Errors
/// When git fails, or a signal ends the fetch.
pub(crate) fn look(here: &Here, asked: Option<&str>, fetch: bool) -> Result<Found, Failure> {
    // In the checkout that the command was started in: `HEAD` is not that of the main worktree.
    let git = here.git_here();
    let name = match asked {
        Some(name) => name.to_owned(),
        None => match repo::default_base(&git)? {
            Some(name) => name,
            None => return Ok(Found::Refused(no_default(&git)?)),
        },
    };
    let (stem, path) = split(&name);
    if let Some(reason) = ambiguous(&git, stem)? {
        return Ok(Found::Refused(reason));
    }
    let full = full_name(&git, stem)?;
    let tracking = full.as_deref().or_else(|| spelled_out(stem)).and_then(short);
    let remote = match tracking {
        Some(short) => repo::remote_of(&git, short)?.filter(|(_, branch)| !branch.is_empty()),
        None => None,
    };
    let mut start = full.as_deref().unwrap_or(stem).to_owned();
    let fetched = fetch && remote.is_some();
    if let Some((remote, branch)) = remote {
        if fetched && let Some(found) = update(&git, &remote, &branch)? {
            return Ok(found);
        }
        start = format!("refs/remotes/{remote}/{branch}");
    }
    let Some(commit) = git.commit(&format!("{start}{path}"))? else {
        return Ok(Found::Refused(unknown(&name)));
    };
    Ok(Found::Base(Base { name: recorded(&name, &start, path), commit, fetched }))
}

/// Splits `origin/main~2` into the name and the way from there.
fn split(name: &str) -> (&str, &str) {
    match name.find(['~', '^', ':']) {
        // `:/text` and the like name no ref.
        None | Some(0) => (name, ""),
        Some(at) => name.split_at(at),
    }
}

/// A name that means two things is not guessed at: a lane on the wrong base is found out late.
fn ambiguous(git: &Git, stem: &str) -> Result<Option<Reason>, Error> {
    let mut found = Vec::new();
    for space in ["refs/remotes/", "refs/heads/", "refs/tags/"] {
        let full = format!("{space}{stem}");
        if git.commit(&full)?.is_some() {
            found.push(full);
        }
    }
    if found.len() < 2 {
        return Ok(None);
    }
    let message = format!("'{stem}' is the name of {}", found.join(" and "));
    let next = "repeat with --base and the full name";
    Ok(Some(Reason::new("base_ambiguous", message, next)))
}

/// The ref that git takes `stem` for, in full; what `HEAD` or a remote's `HEAD` points to; `None`
/// for a commit and for what is unknown.
fn full_name(git: &Git, stem: &str) -> Result<Option<String>, Error> {
    let args =
        ["rev-parse", "--verify", "--quiet", "--symbolic-full-name", "--end-of-options", stem];
    let ran = git.try_run(args)?;
    let said = String::from_utf8_lossy(&ran.stdout).trim().to_owned();
    Ok(said.starts_with("refs/").then_some(said).filter(|_| ran.ok()))
}

/// `stem` when it could be a ref of a remote that was not fetched yet.
fn spelled_out(stem: &str) -> Option<&str> {
    let other = ["heads/", "tags/", "refs/heads/", "refs/tags/"];
    (!other.iter().any(|space| stem.starts_with(space))).then_some(stem)
}

/// A remote-tracking ref without `refs/remotes/`; `None` for other refs.
fn short(full: &str) -> Option<&str> {
    match full.strip_prefix("refs/") {
        Some(rest) => rest.strip_prefix("remotes/"),
        None => Some(full.strip_prefix("remotes/").unwrap_or(full)),
    }
}

/// What is recorded: a ref by its short name when it was named in another way, such as `HEAD`.
fn recorded(name: &str, start: &str, path: &str) -> String {
    let short = ["refs/remotes/", "refs/heads/"].iter().find_map(|space| start.strip_prefix(space));
    match short {
        Some(short) if path.is_empty() && !name.starts_with("refs/") => short.to_owned(),
        _ => name.to_owned(),
    }
}

fn unknown(name: &str) -> Reason {
    let message = format!("'{name}' names no commit of this repository");
    Reason::new("base_unknown", message, "git branch --all --list")
}

fn no_default(git: &Git) -> Result<Reason, Error> {
    if git.text(["for-each-ref", "--count=1"])?.is_empty() && git.commit("HEAD")?.is_none() {
        let message = "the repository has no commit yet, so there is nothing to start from";
        if !git.text(["remote"])?.is_empty() {
            return Ok(Reason::new("no_commit_yet", message, "git fetch --all, or git commit"));
        }
        return Ok(Reason::new("no_commit_yet", message, "git commit"));
    }
    let message = "there is no origin/HEAD, origin/main, origin/master, main or master";
    Ok(Reason::new("base_unknown", message, "name the base with --base"))
}

/// Fetches one branch of a remote into its remote-tracking ref, and nothing else. Gives what ends the
/// search: the branch is not there, or the remote does not answer.
pub(super) fn update(git: &Git, remote: &str, branch: &str) -> Result<Option<Found>, Failure> {
    let refspec = format!("+refs/heads/{branch}:refs/remotes/{remote}/{branch}");
    let flags = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"];
    let more = ["--no-recurse-submodules", "--no-auto-maintenance", "--", remote, &refspec];
    let args: Vec<&str> = Here::QUIET.iter().chain(&flags).chain(&more).copied().collect();
    let git = git.with_limit(FETCH_LIMIT);
    let progress = Progress::start(format!("fetching {branch} from {remote}"));
    let mut tries = 1;
    loop {
        let ran = match git.try_run(&args) {
            Ok(ran) if ran.ok() => {
                drop(progress);
                return Ok(None);
            }
            Ok(ran) => ran,
            Err(error @ Error::Interrupted { .. }) => return Err(stopped(error, remote)),
            Err(error) => return Ok(Some(Found::NotFetched(stopped(error, remote)))),
        };
        let said = String::from_utf8_lossy(&ran.stderr);
        if said.contains("couldn't find remote ref") {
            let message = format!("{remote} has no branch '{branch}'");
            let next = shell_words(["git", "ls-remote", "--heads", remote]);
            return Ok(Some(Found::Refused(Reason::new("base_unknown", message, next))));
        }
        if tries == TRIES || !met_another(&said) {
            let failure = Failure::from(git.failure(&["fetch"], &ran)).hint(WITHOUT_FETCH);
            return Ok(Some(Found::NotFetched(failure)));
        }
        tries += 1;
    }
}

/// A fetch that did not end by itself, told in one short line.
fn stopped(error: Error, remote: &str) -> Failure {
    let command = format!("git fetch {remote}");
    let error = match error {
        Error::TimedOut { limit, .. } => Error::TimedOut { command, limit },
        Error::Interrupted { signal, .. } => Error::Interrupted { command, signal },
        other => other,
    };
    Failure::from(error).hint(WITHOUT_FETCH)
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

    #[test]
    fn a_name_and_the_way_from_it() {
        assert_eq!(split("origin/main"), ("origin/main", ""));
        assert_eq!(split("origin/main~2^"), ("origin/main", "~2^"));
        assert_eq!(split("main@{u}^"), ("main@{u}", "^"));
        assert_eq!(split(":/text"), (":/text", ""));
    }

    #[test]
    fn only_remote_tracking_refs_have_a_short_name_here() {
        for (full, expected) in [
            ("origin/main", Some("origin/main")),
            ("remotes/origin/main", Some("origin/main")),
            ("refs/remotes/origin/main", Some("origin/main")),
            ("refs/heads/origin/main", None),
            ("refs/tags/v1", None),
        ] {
            assert_eq!(short(full), expected, "{full}");
        }
    }
}
