//! Whether the definitions that were read are those of the base.

use cli::Failure;
use repo::Git;

use crate::rules::definitions::Definitions;
use crate::rules::facts::Rules;

/// Compares the definitions with the file in the commit `base`.
///
/// The coordinator's checkout may stand on a branch under test, behind the base, or have the file
/// hidden from `git status`. What is compared is therefore the content that was read.
pub(crate) fn compare(git: &Git, definitions: &Definitions, base: &str) -> Result<Rules, Failure> {
    let path = definitions.file.to_string_lossy();
    let Some(theirs) = blob(git, base, &path)? else {
        let tracked = blob(git, "HEAD", &path)?.is_some();
        return Ok(if tracked { Rules::Other } else { Rules::OutsideGit });
    };
    // As it would be stored, with line endings converted where git does that.
    let with_path = format!("--path={path}");
    let args = ["hash-object", "--stdin", &with_path];
    let ran = git.program(args).stdin(definitions.bytes.clone()).run()?;
    if !ran.ok() {
        return Err(git.failure(&args, &ran).into());
    }
    let ours = String::from_utf8_lossy(&ran.stdout);
    Ok(if ours.trim() == theirs { Rules::OfBase } else { Rules::Other })
}

/// The id of a file in a commit; `None` when it is not there.
fn blob(git: &Git, commit: &str, path: &str) -> Result<Option<String>, Failure> {
    let object = format!("{commit}:{path}");
    let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", &object];
    let ran = git.program(args).env("GIT_NO_REPLACE_OBJECTS", "1").run()?;
    match ran.code() {
        Some(0) => Ok(Some(String::from_utf8_lossy(&ran.stdout).trim().to_owned())),
        Some(1) => Ok(None),
        _ => Err(git.failure(&args, &ran).into()),
    }
}
