//! What `save` must leave alone, and what its commands must bring back.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use serde_json::Value;
use testkit::Tool;

use crate::support::{World, git};

/// Files by their names: mode, part of the time, bytes.
pub(crate) type Seen = BTreeMap<PathBuf, (u32, i64, Vec<u8>)>;

/// Every file below a folder: its mode, when it was written, and its bytes or where it points.
pub(crate) fn everything(dir: &Path) -> Seen {
    let mut all = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let found = path.symlink_metadata().unwrap();
            let bytes = if found.is_dir() {
                folders.push(path.clone());
                Vec::new()
            } else if found.is_symlink() {
                fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec()
            } else if found.file_type().is_fifo() || found.file_type().is_socket() {
                Vec::new()
            } else {
                fs::read(&path).unwrap()
            };
            // Every git that reads a shared index gives it the time of the reading.
            let shared =
                path.file_name().is_some_and(|name| name.as_bytes().starts_with(b"sharedindex"));
            let seen = (found.mode(), if shared { 0 } else { found.mtime_nsec() }, bytes);
            all.insert(path.strip_prefix(dir).unwrap().to_path_buf(), seen);
        }
    }
    all
}

/// The files of a checkout with what git keeps of them: whether they are links or programs, and
/// their bytes.
pub(crate) fn files(dir: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let seen = everything(dir).into_iter().filter(|(path, _)| !path.starts_with(".git"));
    let file = |(path, (mode, _, bytes))| {
        let kind = mode & 0o170_000;
        let kept = kind == 0o120_000 || kind == 0o100_000;
        let program = if kind == 0o100_000 { mode & 0o100 } else { 0 };
        kept.then_some((path, (kind | program, bytes)))
    };
    seen.filter_map(file).collect()
}

impl World {
    /// Git's own folder for the lane 98, and the files of the repository that no save may touch.
    pub(crate) fn untouched(&self, lane: &Path) -> Vec<Seen> {
        let dot_git = self.repo.path().join(".git");
        let mut all = vec![everything(lane)];
        for part in ["worktrees", "refs/heads", "refs/remotes", "logs"] {
            all.push(everything(&dot_git.join(part)));
        }
        assert!(!dot_git.join("refs/stash").exists());
        all
    }

    /// Saves a lane, demands that nothing of it changed, and gives the answer.
    #[track_caller]
    pub(crate) fn save(&self, lane: &Path, args: &[&str], code: i32) -> Value {
        let before = self.untouched(lane);
        let ran = self.run(&[&["save", "98"], args].concat());
        let answer = ran.code(code).json();
        let touched: Vec<PathBuf> =
            before.iter().zip(self.untouched(lane)).flat_map(|(a, b)| differing(a, &b)).collect();
        assert!(touched.is_empty(), "save touched {touched:?}");
        let scratch = fs::read_dir(self.state("scratch")).into_iter().flatten().count();
        assert_eq!(scratch, 0, "save left something behind");
        answer
    }

    /// A new checkout of what the save was made on.
    #[track_caller]
    pub(crate) fn fresh(&self, answer: &Value) -> PathBuf {
        let name = answer["ref"].as_str().unwrap().rsplit('/').next().unwrap();
        let path = self.beside(&format!("fresh-{name}"));
        let to = path.to_str().unwrap();
        match answer["head"].as_str() {
            Some(head) => {
                self.repo.git(["worktree", "add", "--quiet", "--detach", to, head]);
            }
            None => {
                self.repo.git(["worktree", "add", "--quiet", "--orphan", "-b", name, to]);
            }
        }
        path
    }

    /// Brings a save back with the printed commands, in a new checkout of what it was made on.
    #[track_caller]
    pub(crate) fn restored(&self, answer: &Value) -> PathBuf {
        let path = self.fresh(answer);
        restore(answer, &path);
        path
    }
}

/// The names that differ.
fn differing(one: &Seen, other: &Seen) -> Vec<PathBuf> {
    let names = one.keys().chain(other.keys());
    names.filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}

/// Runs the printed commands in another checkout.
#[track_caller]
pub(crate) fn restore(answer: &Value, path: &Path) {
    let lane = answer["path"].as_str().unwrap();
    for command in answer["restore"].as_array().unwrap() {
        let command = command.as_str().unwrap().replace(lane, path.to_str().unwrap());
        Tool::program("sh").args(["-c", &command]).dir("/").run().code(0);
    }
}

/// What is staged, and in which state: everything but the times of files.
#[track_caller]
pub(crate) fn staged(dir: &Path) -> String {
    git(dir, &["ls-files", "--stage"])
}
