//! Files of which git keeps the lines of both sides.

use std::collections::BTreeSet;

use cli::Failure;
use repo::Git;

use crate::git::merge;

/// Those of `paths` that the commit `base` declares as `merge=union` in its `.gitattributes`.
pub(crate) fn united(
    git: &Git,
    base: &str,
    paths: &BTreeSet<&[u8]>,
) -> Result<BTreeSet<Vec<u8>>, Failure> {
    if paths.is_empty() {
        return Ok(BTreeSet::new());
    }
    let args = ["check-attr", "-z", "--stdin", &format!("--source={base}"), "merge"];
    let mut asked = Vec::new();
    for path in paths {
        asked.extend_from_slice(path);
        asked.push(0);
    }
    let ran = merge::git(git, base, &args).stdin(asked).run()?;
    if !ran.ok() {
        return Err(git.failure(&args, &ran).into());
    }
    // Three fields each: the path, `merge`, and its value.
    let fields: Vec<&[u8]> = ran.stdout.split(|byte| *byte == 0).collect();
    let united = fields.chunks_exact(3).filter_map(|fields| match fields {
        [path, _, b"union"] => Some(path.to_vec()),
        _ => None,
    });
    Ok(united.collect())
}
