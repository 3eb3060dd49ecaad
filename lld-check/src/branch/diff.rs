//! The difference that a branch makes, with git's own words for it.

use std::io::ErrorKind;

use cli::Failure;
use repo::{Git, Place, Ran};

/// Runs git on the objects as they are: a replacement (`refs/replace`) is what one clone chooses to
/// see, and not what lands.
pub(super) fn run(git: &Git, args: &[&str]) -> Result<Ran, Failure> {
    Ok(git.program(args).env("GIT_NO_REPLACE_OBJECTS", "1").run()?)
}

/// The output of a call that must succeed.
pub(super) fn bytes(git: &Git, args: &[&str]) -> Result<Vec<u8>, Failure> {
    let ran = run(git, args)?;
    if ran.ok() { Ok(ran.stdout) } else { Err(git.failure(args, &ran).into()) }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

/// Where the two parted; the error says as the end of a sentence why there is no one such commit.
pub(super) fn merge_base(
    place: &Place,
    git: &Git,
    base: &str,
    commit: &str,
) -> Result<Result<String, String>, Failure> {
    if has_grafts(place)? {
        return Ok(Err("have other parents in this clone alone (info/grafts)".into()));
    }
    let args = ["merge-base", "--all", base, commit];
    let ran = run(git, &args)?;
    let found = match ran.code() {
        Some(0) => text(&ran.stdout),
        Some(1) => String::new(),
        _ => return Err(git.failure(&args, &ran).into()),
    };
    let mut bases: Vec<&str> = found.lines().collect();
    bases.sort_unstable();
    if is_cut_off(place, git, base, commit, &bases)? {
        return Ok(Err("may have parted before this shallow clone begins".into()));
    }
    Ok(match bases.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err("have no common ancestor".into()),
        several => Err(format!("parted in several places: {}", several.join(", "))),
    })
}

fn has_grafts(place: &Place) -> Result<bool, Failure> {
    let file = place.common_dir().join("info/grafts");
    match std::fs::metadata(&file) {
        Ok(found) => Ok(found.len() > 0),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(Failure::io("cannot read", &file, &e)),
    }
}

/// Whether the clone is shallow and ends between the two commits and where they part.
fn is_cut_off(
    place: &Place,
    git: &Git,
    base: &str,
    commit: &str,
    bases: &[&str],
) -> Result<bool, Failure> {
    let file = place.common_dir().join("shallow");
    let ends = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(Failure::io("cannot read", &file, &e)),
    };
    for end in ends.lines() {
        let mut before = false;
        for base in bases {
            before |= git.is_ancestor(end, base)?;
        }
        if !before && (git.is_ancestor(end, commit)? || git.is_ancestor(end, base)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What differs, as docs/decisions/0008 has it. The flags beyond it keep configuration out: a
/// submodule can ask to be left out.
pub(super) fn raw(git: &Git, old: &str, new: &str) -> Result<Vec<u8>, Failure> {
    let flags = [
        "-r",
        "-z",
        "--raw",
        "--no-renames",
        "--no-abbrev",
        "--no-relative",
        "--ignore-submodules=none",
    ];
    let args: Vec<&str> = ["diff-tree"].into_iter().chain(flags).chain([old, new]).collect();
    bytes(git, &args)
}

/// The same line by line. Attributes are left out of it: a branch could call its sources binary, and
/// nobody would see them.
pub(super) fn patch(git: &Git, old: &str, new: &str) -> Result<Vec<u8>, Failure> {
    let nothing = text(&bytes(git, &["hash-object", "-t", "tree", "/dev/null"])?);
    let flags = [
        "-c",
        "core.attributesFile=/dev/null",
        "diff-tree",
        "-r",
        "--patch",
        "--no-renames",
        "--no-relative",
        "--ignore-submodules=none",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--full-index",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        "--unified=3",
    ];
    let args: Vec<&str> = flags.into_iter().chain([old, new]).collect();
    let program = git.program(&args).env("GIT_NO_REPLACE_OBJECTS", "1");
    let ran = program.env("GIT_ATTR_SOURCE", &nothing).run()?;
    if ran.ok() { Ok(ran.stdout) } else { Err(git.failure(&args, &ran).into()) }
}

/// The tree of a commit.
pub(super) fn tree(git: &Git, commit: &str) -> Result<String, Failure> {
    let tree = format!("{commit}^{{tree}}");
    Ok(text(&bytes(git, &["rev-parse", "--verify", "--end-of-options", &tree])?))
}
