//! Reading through the git program.

use std::collections::BTreeSet;

use cli::Failure;
use repo::{Git, Ran};

use crate::rules::diff::{Change, Side};
use crate::rules::people::{Person, co_authors};

/// Runs git on the objects as they are: a replacement (`refs/replace`) is what one clone chooses to
/// see, not what lands, and libgit2 does not look at it either.
fn run(git: &Git, args: &[&str]) -> Result<Ran, Failure> {
    Ok(git.program(args).env("GIT_NO_REPLACE_OBJECTS", "1").run()?)
}

fn bytes(git: &Git, args: &[&str]) -> Result<Vec<u8>, Failure> {
    let ran = run(git, args)?;
    if ran.ok() { Ok(ran.stdout) } else { Err(git.failure(args, &ran).into()) }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

pub(super) fn has(git: &Git, commit: &str) -> Result<bool, Failure> {
    let object = format!("{commit}^{{commit}}");
    let ran = run(git, &["rev-parse", "--verify", "--quiet", "--end-of-options", &object])?;
    Ok(ran.ok())
}

pub(super) fn tree(git: &Git, commit: &str) -> Result<String, Failure> {
    let object = format!("{commit}^{{tree}}");
    Ok(text(&bytes(git, &["rev-parse", "--verify", "--end-of-options", &object])?))
}

pub(super) fn entry(git: &Git, commit: &str, path: &str) -> Result<Option<Side>, Failure> {
    let listed = bytes(git, &["ls-tree", "-z", "--full-tree", commit, "--", path])?;
    // `<mode> <sort> <id>\t<path>\0`
    let header = text(listed.split(|byte| *byte == b'\t').next().unwrap_or_default());
    let mut words = header.split(' ');
    let mode = words.next().and_then(|mode| u32::from_str_radix(mode, 8).ok());
    Ok(mode.zip(words.nth(1)).map(|(mode, id)| Side { mode, id: id.into() }))
}

pub(super) fn blob(git: &Git, id: &str) -> Result<Vec<u8>, Failure> {
    bytes(git, &["cat-file", "blob", id])
}

pub(super) fn merge_bases(git: &Git, one: &str, other: &str) -> Result<Vec<String>, Failure> {
    let args = ["merge-base", "--all", one, other];
    let ran = run(git, &args)?;
    match ran.code() {
        Some(0) => Ok(text(&ran.stdout).lines().map(ToOwned::to_owned).collect()),
        Some(1) => Ok(Vec::new()),
        _ => Err(git.failure(&args, &ran).into()),
    }
}

pub(super) fn reachable(git: &Git, commit: &str, tip: &str) -> Result<bool, Failure> {
    let args = ["merge-base", "--is-ancestor", commit, tip];
    let ran = run(git, &args)?;
    match ran.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(git.failure(&args, &ran).into()),
    }
}

pub(super) fn reachable_of(
    git: &Git,
    commits: &BTreeSet<&str>,
    tip: &str,
) -> Result<BTreeSet<String>, Failure> {
    let listed = text(&bytes(git, &["rev-list", tip])?);
    let there = listed.lines().filter(|commit| commits.contains(commit));
    Ok(there.map(ToOwned::to_owned).collect())
}

pub(super) fn commits(git: &Git, base: &str, head: &str) -> Result<Vec<String>, Failure> {
    let listed = text(&bytes(git, &["rev-list", head, &format!("^{base}")])?);
    Ok(listed.lines().map(ToOwned::to_owned).collect())
}

pub(super) fn people(git: &Git, base: &str, head: &str) -> Result<BTreeSet<Person>, Failure> {
    // `--encoding=none`: the bytes of the commits, as libgit2 gives them.
    let not_base = format!("^{base}");
    let listed = bytes(git, &["rev-list", "--header", "--encoding=none", head, &not_base])?;
    let mut people = BTreeSet::new();
    for commit in listed.split(|byte| *byte == 0) {
        let mut lines = commit.split(|byte| *byte == b'\n');
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            let signature =
                line.strip_prefix(b"author ").or_else(|| line.strip_prefix(b"committer "));
            people.extend(signature.and_then(Person::parse));
        }
        for line in lines {
            people.extend(co_authors(line));
        }
    }
    Ok(people)
}

pub(super) fn diff(git: &Git, old: &str, new: &str) -> Result<Vec<Change>, Failure> {
    let listed = bytes(
        git,
        &[
            "diff-tree",
            "-r",
            "-z",
            "--raw",
            "--no-renames",
            "--no-abbrev",
            "--no-relative",
            // Else a submodule can ask to be left out.
            "--ignore-submodules=none",
            old,
            new,
        ],
    )?;
    parse(&listed).ok_or_else(|| Failure::world("git diff-tree", "its answer cannot be read"))
}

/// Reads `:<mode> <mode> <id> <id> <status>\0<path>\0…`.
fn parse(listed: &[u8]) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    let mut fields = listed.split(|byte| *byte == 0);
    while let Some(header) = fields.next().filter(|header| !header.is_empty()) {
        let header = str::from_utf8(header).ok()?.strip_prefix(':')?;
        let mut words = header.split(' ');
        let mut modes = [words.next()?, words.next()?].into_iter();
        let mut side = |id: &str| -> Option<Option<Side>> {
            let mode = u32::from_str_radix(modes.next()?, 8).ok()?;
            Some((mode != 0).then(|| Side { mode, id: id.to_owned() }))
        };
        let (old, new) = (side(words.next()?)?, side(words.next()?)?);
        changes.push(Change { path: fields.next()?.to_vec(), old, new });
    }
    Some(changes)
}
