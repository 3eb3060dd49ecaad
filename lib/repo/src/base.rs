//! The branch that work starts from and lands on.

use crate::{Error, Git};

/// The base as a ref: what `origin/HEAD` points to, else `origin/main`, `origin/master`, `main`,
/// `master`, whichever exists first; `None` when none does.
pub fn default_base(git: &Git) -> Result<Option<String>, Error> {
    // In full: git's short form depends on whether a tag has the same name.
    let head = git.try_run(["symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"])?;
    let head = String::from_utf8_lossy(&head.stdout);
    if let Some(name) = head.trim().strip_prefix("refs/remotes/")
        && git.commit(&format!("refs/remotes/{name}"))?.is_some()
    {
        return Ok(Some(name.to_owned()));
    }
    for (reference, name) in [
        ("refs/remotes/origin/main", "origin/main"),
        ("refs/remotes/origin/master", "origin/master"),
        ("refs/heads/main", "main"),
        ("refs/heads/master", "master"),
    ] {
        if git.commit(reference)?.is_some() {
            return Ok(Some(name.into()));
        }
    }
    Ok(None)
}

/// Splits a remote base such as `origin/main` into remote and branch, when it begins with the name
/// of a remote, which may hold slashes itself; `None` for a local branch.
pub fn remote_of(git: &Git, base: &str) -> Result<Option<(String, String)>, Error> {
    let remotes = git.text(["remote"])?;
    let split = |remote: &str| {
        let branch = base.strip_prefix(remote)?.strip_prefix('/')?;
        Some((remote.to_owned(), branch.to_owned()))
    };
    Ok(remotes.lines().filter_map(split).max_by_key(|(remote, _)| remote.len()))
}
