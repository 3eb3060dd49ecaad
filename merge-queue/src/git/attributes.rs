//! How git is told to merge files.

use std::collections::BTreeMap;

use cli::Failure;
use repo::Git;

/// The value of `merge` for each of `paths`, without those that have none. With a `commit`, by the
/// attributes that it has; else by those of the checkout. What a user or a machine has configured does not
/// count.
pub(crate) fn merge_values(
    git: &Git,
    commit: Option<&str>,
    paths: &[Vec<u8>],
) -> Result<BTreeMap<Vec<u8>, String>, Failure> {
    if paths.is_empty() {
        return Ok(BTreeMap::new());
    }
    let source = commit.map(|commit| format!("--source={commit}"));
    let mut args = vec!["-c", "core.attributesFile=/dev/null", "check-attr", "-z", "--stdin"];
    args.extend(source.as_deref());
    args.push("merge");
    let mut asked = paths.join(&0);
    asked.push(0);
    let program = git.program(&args).env("GIT_ATTR_NOSYSTEM", "1");
    let ran = program.env("GIT_NO_REPLACE_OBJECTS", "1").stdin(asked).run()?;
    if !ran.ok() {
        return Err(git.failure(&args, &ran).into());
    }
    // Path, attribute and value, in turn.
    let mut fields = ran.stdout.split(|byte| *byte == 0);
    let mut values = BTreeMap::new();
    while let (Some(path), Some(_), Some(value)) = (fields.next(), fields.next(), fields.next()) {
        if value != b"unspecified" {
            values.insert(path.to_vec(), String::from_utf8_lossy(value).into_owned());
        }
    }
    Ok(values)
}

/// The paths that a commit has.
pub(crate) fn paths(git: &Git, commit: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let listed = git.bytes(["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit])?;
    let paths = listed.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    Ok(paths.map(<[u8]>::to_vec).collect())
}
