//! Which files the rules mean. Git's own matcher decides, so patterns mean what they mean in
//! `.gitignore`.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use cli::Failure;
use repo::{Error, Program};

use crate::here::Here;
use crate::lane_git::fields;

use super::{Ground, folder, note};

/// The file with patterns at the root of the main worktree.
const INCLUDE: &str = ".worktreeinclude";

/// The ignored files of the main worktree that are to be copied into the lane: those that match, that
/// do not lie in a linked folder, and that the lane's commit ignores as well.
pub(super) fn copies(
    ground: Ground<'_>,
    patterns: &[String],
    links: &[PathBuf],
    notes: &mut Vec<String>,
) -> Result<Vec<PathBuf>, Failure> {
    let include = ground.main.join(INCLUDE);
    let mut rules: Vec<OsString> =
        patterns.iter().map(|p| format!("--exclude={p}").into()).collect();
    if include.is_file() {
        let mut from = OsString::from("--exclude-from=");
        from.push(&include);
        rules.push(from);
    }
    let mut found = matching(ground, &rules, &[])?;
    missing(ground.main, "lanes.copy", patterns, &found, notes);
    found.retain(|file| !links.iter().any(|link| file.starts_with(link)));
    let built = drain(&mut found, |file| in_cargo_target(ground.main, file));
    notes.extend(note(
        &built,
        "not copied, because a copied target/ can run the main worktree's code",
    ));
    let blocked = drain(&mut found, |file| !folder::is_clear(ground.lane, file));
    notes.extend(note(&blocked, "not copied, because a file or a link of the lane is in the way"));
    let ignored = ignored(|args| ground.git.program(args), &found)?;
    let seen = drain(&mut found, |file| !ignored.contains(file));
    notes.extend(note(&seen, "not copied, because the lane's commit does not ignore it"));
    Ok(found)
}

/// The ignored files and folders of the main worktree that the lane is to have links to.
pub(super) fn links(
    ground: Ground<'_>,
    patterns: &[String],
    notes: &mut Vec<String>,
) -> Result<Vec<PathBuf>, Failure> {
    let rules: Vec<OsString> = patterns.iter().map(|p| format!("--exclude={p}").into()).collect();
    let mut found = matching(ground, &rules, &["--directory"])?;
    missing(ground.main, "lanes.link", patterns, &found, notes);
    let built = drain(&mut found, |dir| in_cargo_target(ground.main, &dir.join("x")));
    notes.extend(note(
        &built,
        "not linked, because lanes that share a target/ run each other's code",
    ));
    let lanes = drain(&mut found, |dir| {
        ground.lane.starts_with(ground.main.join(dir))
            || ground.main.join(dir).join(".git").exists()
    });
    notes.extend(note(&lanes, "not linked, because it is a repository or holds the lane"));
    Ok(found)
}

/// What matches and is really ignored.
fn matching(
    ground: Ground<'_>,
    rules: &[OsString],
    more: &[&str],
) -> Result<Vec<PathBuf>, Failure> {
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    let list = ["ls-files", "--others", "--ignored", "-z"];
    let args: Vec<OsString> =
        Here::QUIET.iter().chain(&list).chain(more).map(OsString::from).collect();
    let listed = ground.here.git().bytes(args.iter().chain(rules))?;
    let all: Vec<PathBuf> = fields(&listed)
        // Without --directory, git names only repositories of others with a slash at the end.
        .filter(|name| !more.is_empty() || !name.ends_with(b"/"))
        .map(|name| PathBuf::from(OsStr::from_bytes(name.strip_suffix(b"/").unwrap_or(name))))
        .collect();
    let git = ground.here.git();
    Ok(ignored(|args| git.program(Here::QUIET).args(args), &all)?.into_iter().collect())
}

/// Those of `names` that git ignores in a worktree. Tracked files are not.
pub(super) fn ignored(
    git: impl FnOnce([&str; 3]) -> Program,
    names: &[PathBuf],
) -> Result<BTreeSet<PathBuf>, Error> {
    if names.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut input = Vec::new();
    for name in names {
        // A name may begin with `:`, which would be magic.
        input.extend_from_slice(b"./");
        input.extend_from_slice(name.as_os_str().as_bytes());
        input.push(0);
    }
    let args = ["check-ignore", "-z", "--stdin"];
    let ran = git(args).stdin(input).run()?;
    match ran.code() {
        // 1: none of them.
        Some(0 | 1) => {
            let names = fields(&ran.stdout).map(|n| n.strip_prefix(b"./").unwrap_or(n));
            Ok(names.map(|name| PathBuf::from(OsString::from_vec(name.to_vec()))).collect())
        }
        code => Err(Error::Failed {
            command: "git check-ignore".into(),
            code,
            why: String::from_utf8_lossy(&ran.stderr).trim().to_owned(),
        }),
    }
}

/// Takes out what `is` says.
fn drain(names: &mut Vec<PathBuf>, mut is: impl FnMut(&Path) -> bool) -> Vec<PathBuf> {
    let (out, kept) = std::mem::take(names).into_iter().partition(|name| is(name));
    *names = kept;
    out
}

/// Tells about rules without wildcards that found nothing.
fn missing(
    main: &Path,
    key: &str,
    patterns: &[String],
    found: &[PathBuf],
    notes: &mut Vec<String>,
) {
    for pattern in patterns.iter().filter(|p| !p.contains(['*', '?', '[', '\\', '!'])) {
        let name = Path::new(pattern.trim_matches('/'));
        if found.iter().any(|file| within(file, name)) {
            continue;
        }
        let at = main.join(name);
        let why = match fs::symlink_metadata(&at) {
            Err(_) => "there is no such file".to_owned(),
            Ok(there) if !(there.is_dir() || there.is_file() || there.is_symlink()) => {
                "it is neither a file nor a folder nor a link".to_owned()
            }
            Ok(_) => "git does not ignore it, or there is nothing in it".to_owned(),
        };
        notes.push(format!("{key}: '{pattern}' of {}: {why}", main.display()));
    }
}

/// Whether the file is what a pattern without wildcards names, or lies in it, at any depth.
fn within(file: &Path, name: &Path) -> bool {
    file.ancestors().any(|part| part.ends_with(name))
}

/// Whether one of the folders that the file lies in is filled by cargo.
fn in_cargo_target(main: &Path, file: &Path) -> bool {
    let mut folders = file.ancestors().skip(1).filter(|folder| *folder != Path::new(""));
    folders.any(|folder| main.join(folder).join(".rustc_info.json").exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_a_file_or_what_it_lies_in() {
        assert!(within(Path::new(".env"), Path::new(".env")));
        assert!(within(Path::new("a/.env"), Path::new(".env")));
        assert!(within(Path::new("data/x/y"), Path::new("data")));
        assert!(!within(Path::new("data2/x"), Path::new("data")));
    }
}
