//! What a repository and its lanes look like, so that two can be compared.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{World, git};

/// Everything that a run leaves, one line for each thing, in order; times are left out.
pub(crate) fn of(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    let root = world.scratch.root();
    files(root, root, &mut all);
    let refs = "--format=ref %(refname) %(objecttype) %(tree)";
    all.extend(world.repo.git(["for-each-ref", refs]).lines().map(str::to_owned));
    all.extend(world.repo.git(["worktree", "list", "--porcelain"]).lines().map(str::to_owned));
    for lane in world.run(&["list"]).code(0).json_lines() {
        let path = lane["path"].as_str().unwrap().to_owned();
        all.push(lane.to_string());
        if Path::new(&path).join(".git").exists() {
            for args in [&["status", "--porcelain=v2", "--ignored"][..], &["ls-files", "--stage"]] {
                all.extend(
                    git(Path::new(&path), args).lines().map(|line| format!("{path}: {line}")),
                );
            }
        }
    }
    all.extend(world.run(&["trash", "list"]).code(0).json_lines().iter().map(ToString::to_string));
    world.repo.git(["fsck", "--connectivity-only", "--no-dangling"]);
    // A lane that is given back may leave a ref that keeps what was staged: more than is needed, and
    // never less. What the others keep is asked by the words that can be reached.
    all.retain(|line| !line.contains("refs/lanes/emptied/"));
    let mut all: Vec<String> = all.iter().map(|line| without_times(line)).collect();
    all.sort();
    all
}

/// The locks that git has left in its own folder.
pub(crate) fn git_locks(world: &World) -> Vec<PathBuf> {
    let mut locks = Vec::new();
    let mut folders = vec![world.repo.path().join(".git")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("switchyard") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "lock") {
                locks.push(path);
            }
        }
    }
    locks
}

/// The files below a folder and what they hold. Of git's own files only names count where what they
/// hold has times in it, and empty folders do not count: git leaves them or not.
fn files(root: &Path, dir: &Path, all: &mut Vec<String>) {
    let mut entries: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let in_git = name.contains(".git/") && !name.contains("/tree/");
        if path.is_dir() && !path.is_symlink() {
            if !in_git || name.contains("/switchyard/") || name.contains("/.git/worktrees/") {
                all.push(format!("folder {name}"));
            }
            if !name.ends_with("git/objects") {
                files(root, &path, all);
            }
        } else if name.contains("/switchyard/lanes/") {
            // Nobody holds it, and the next command for the lane takes it away.
        } else if in_git && NAMES.iter().any(|part| name.contains(part)) {
            all.push(format!("file {name}"));
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            all.push(format!("file {name}: {}", String::from_utf8_lossy(&bytes)));
        }
    }
}

/// Files of git that hold times, or what is told by `for-each-ref`.
const NAMES: [&str; 9] = [
    "/index",
    "/logs/",
    "/refs/",
    "packed-refs",
    "lanes.jsonl",
    "FETCH_HEAD",
    "ORIG_HEAD",
    "entry.json",
    ".git/hooks/",
];

/// `line` with a word in place of each time.
fn without_times(line: &str) -> String {
    let part = |c: char| c.is_ascii_digit() || "TZ:.-".contains(c);
    let mut plain = String::new();
    let mut rest = line;
    while let Some(begin) = rest.find(part) {
        let (before, run) = rest.split_at(begin);
        let (run, after) = run.split_at(run.find(|c| !part(c)).unwrap_or(run.len()));
        let digits = run.chars().filter(char::is_ascii_digit).count();
        plain.push_str(before);
        plain.push_str(if digits > 13 && run.contains('T') { "TIME" } else { run });
        rest = after;
    }
    plain + rest
}

/// What one picture has and the other has not.
pub(crate) fn differing(one: &[String], other: &[String]) -> Vec<String> {
    let only = |sign: char, a: &[String], b: &[String]| {
        let mut rest = b.to_vec();
        let mut only = Vec::new();
        for line in a {
            match rest.iter().position(|there| there == line) {
                Some(at) => drop(rest.swap_remove(at)),
                None => only.push(format!("{sign} {line}")),
            }
        }
        only
    };
    [only('-', one, other), only('+', other, one)].concat()
}
