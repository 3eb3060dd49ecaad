//! The commands that show saved work, and those that bring it back.

use cli::Failure;
use repo::{Git, shell_words};

/// Shell commands, for any checkout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Commands {
    /// Shows what was saved.
    pub(crate) look: String,
    /// Bring it back into a clean checkout of the commit that it was saved on, in this order.
    pub(crate) restore: Vec<String>,
}

/// The commands for the save that `reference` holds, to be run on the checkout `path`.
pub(crate) fn commands(git: &Git, path: &str, reference: &str) -> Result<Commands, Failure> {
    let notes = format!("{reference}^4");
    let mut names = String::new();
    if git.commit(&notes)?.is_some() {
        names = git.text(["ls-tree", "--name-only", &notes])?;
    }
    let has = |wanted: &str| names.lines().any(|name| name == wanted);
    let nothing = git.text(["hash-object", "-t", "tree", "/dev/null"])?;
    let on = |args: &[&str]| shell_words(["git", "-C", path].iter().chain(args));
    let mut restore = vec![on(&["stash", "apply", "--index", reference])];
    // Git converts what it writes; here the bytes count.
    for (list, tree) in
        [("converted", reference.to_owned()), ("converted-untracked", format!("{reference}^3"))]
    {
        if has(list) {
            let names = on(&["cat-file", "blob", &format!("{notes}:{list}")]);
            let write = on(&[
                "--literal-pathspecs",
                &format!("--attr-source={nothing}"),
                "-c",
                "core.attributesFile=/dev/null",
                "-c",
                "core.autocrlf=false",
                "-c",
                "core.eol=lf",
                "restore",
                &format!("--source={tree}"),
                "--worktree",
                "--pathspec-from-file=-",
                "--pathspec-file-nul",
            ]);
            restore.push(format!("{names} | {write}"));
        }
    }
    if has("unmerged") {
        let stages = on(&["cat-file", "blob", &format!("{notes}:unmerged")]);
        restore.push(format!("{stages} | {}", on(&["update-index", "-z", "--index-info"])));
    }
    let look = on(&["stash", "show", "--include-untracked", "--patch", reference]);
    Ok(Commands { look, restore })
}
