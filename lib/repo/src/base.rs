//! The branch that work starts from and lands on.

use crate::{Error, Git};

/// The base as a ref: what `origin/HEAD` points to, else `origin/main`, `origin/master`, `main`,
/// `master`, whichever exists first; `None` when none does.
pub fn default_base(git: &Git) -> Result<Option<String>, Error> {
    let head = git.try_run(["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"])?;
    if head.ok() {
        let name = String::from_utf8_lossy(&head.stdout).trim().to_owned();
        if git.commit(&format!("refs/remotes/{name}"))?.is_some() {
            return Ok(Some(name));
        }
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

/// Splits a remote base such as `origin/main` into remote and branch, when the first part is the
/// name of a remote; `None` for a local branch.
pub fn remote_of(git: &Git, base: &str) -> Result<Option<(String, String)>, Error> {
    let Some((remote, branch)) = base.split_once('/') else { return Ok(None) };
    let remotes = git.text(["remote"])?;
    let known = remotes.lines().any(|name| name == remote);
    Ok(known.then(|| (remote.into(), branch.into())))
}
