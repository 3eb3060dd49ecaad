//! Merging with git's own engine, without touching a checkout.

use cli::Failure;
use repo::{Git, Program};

use crate::git::objects::Objects;
use crate::rules::diff::path_text;
use crate::rules::facts::Merge;

/// What makes a merge the same in every clone, whatever its user has configured, and its objects
/// durable before a ref names them.
const SETTINGS: [&str; 8] = [
    "-c",
    "merge.directoryRenames=conflict",
    "-c",
    "merge.conflictStyle=merge",
    "-c",
    "merge.renames=true",
    "-c",
    "core.fsync=committed,reference",
];

/// Git with `args`, on the objects as they are and with fixed settings.
pub(crate) fn git(git: &Git, base: &str, args: &[&str]) -> Program {
    // Without it, attributes such as `merge=union` come from whatever is checked out.
    let attributes = format!("--attr-source={base}");
    let args = [attributes.as_str()].into_iter().chain(SETTINGS).chain(args.iter().copied());
    git.program(args).env("GIT_NO_REPLACE_OBJECTS", "1")
}

/// What comes out when `head` is merged into `base`; both are full ids of commits.
pub(crate) fn compute(
    program: &Git,
    objects: &Objects,
    base: &str,
    head: &str,
) -> Result<Merge, Failure> {
    let args = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", base, head];
    let ran = git(program, base, &args).run()?;
    let mut fields = ran.stdout.split(|byte| *byte == 0);
    let tree = fields.next().map(|tree| String::from_utf8_lossy(tree).trim().to_owned());
    match (ran.code(), tree.filter(|tree| !tree.is_empty())) {
        (Some(0), Some(tree)) => {
            let paths = objects.diff(base, &tree)?.into_iter().map(|change| change.path).collect();
            Ok(Merge::Clean { tree, paths })
        }
        (Some(1), Some(_)) => {
            let paths = fields.take_while(|path| !path.is_empty()).map(path_text).collect();
            Ok(Merge::Conflict(paths))
        }
        _ if String::from_utf8_lossy(&ran.stderr).contains("unknown option: --attr-source") => {
            let why = "this git cannot take attributes from the base";
            Err(Failure::world("git merge-tree", why).hint("install git 2.43 or newer"))
        }
        _ => Err(program.failure(&args, &ran).into()),
    }
}
