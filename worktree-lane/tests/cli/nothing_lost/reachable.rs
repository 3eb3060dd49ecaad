//! Which words can still be found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use testkit::Tool;

use crate::support::World;

/// Looks for words, and remembers what the blobs hold that it has seen.
pub(crate) struct Reachable {
    root: PathBuf,
    repo: PathBuf,
    blobs: BTreeMap<String, Vec<String>>,
}

impl Reachable {
    pub(crate) fn new(world: &World) -> Self {
        let root = world.scratch.root().to_path_buf();
        Self { root, repo: world.repo.path().to_path_buf(), blobs: BTreeMap::new() }
    }

    /// Every word in a file outside git's own folders, or in an object that git keeps.
    pub(crate) fn words(&mut self) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        in_files(&self.root, &mut words);
        let objects = self.objects();
        let new = objects.iter().filter(|object| !self.blobs.contains_key(*object));
        let new = self.read(new);
        self.blobs.extend(new);
        for object in &objects {
            words.extend(self.blobs[object].iter().cloned());
        }
        words
    }

    /// The objects that git keeps: of all refs, reflogs and indexes of all worktrees.
    fn objects(&self) -> BTreeSet<String> {
        let args = ["rev-list", "--objects", "--no-object-names", "--all", "--reflog"];
        let more = ["--indexed-objects", "--ignore-missing"];
        let ran = Tool::program("git").args(args).args(more).dir(&self.repo).run();
        ran.code(0).out().lines().map(str::to_owned).collect()
    }

    /// Reads objects that were not seen yet.
    fn read<'a>(&self, objects: impl Iterator<Item = &'a String>) -> Vec<(String, Vec<String>)> {
        let wanted: Vec<&str> = objects.map(String::as_str).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let input = wanted.join("\n") + "\n";
        let args = ["cat-file", "--batch"];
        let ran = Tool::program("git").args(args).dir(&self.repo).stdin(input).run();
        ran.code(0);
        let mut rest = ran.stdout.as_slice();
        let mut found = Vec::new();
        for object in wanted {
            let end = rest.iter().position(|b| *b == b'\n').unwrap();
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            let size: usize = head.rsplit(' ').next().unwrap().parse().unwrap();
            let (bytes, after) = rest[end + 1..].split_at(size);
            found.push((object.to_owned(), words_of(bytes).collect()));
            rest = &after[1..];
        }
        found
    }
}

/// What git keeps for itself is looked at through git. The trash, and what was saved to files, is under
/// `switchyard`.
fn in_files(dir: &Path, words: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !kind.is_dir() {
            words.extend(words_of(&fs::read(&path).unwrap_or_default()));
        } else if name == ".git" {
            if path.join("switchyard").is_dir() {
                in_files(&path.join("switchyard"), words);
            }
        } else if !name.ends_with(".origin.git") && name != "admin" {
            in_files(&path, words);
        }
    }
}

fn words_of(bytes: &[u8]) -> impl Iterator<Item = String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let found: Vec<String> = text
        .match_indices("word-")
        .filter_map(|(at, _)| text.get(at..at + 11).map(str::to_owned))
        .collect();
    found.into_iter()
}
