//! Branches to be merged into a base: every sort of change on both sides, every shape of history.

mod files;
mod shapes;
mod stream;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use crate::repo::Repo;
use shapes::Made;

/// A base and branches that are to be merged into it, one after the other.
#[derive(Debug, Clone)]
pub struct Fork {
    /// The full id of the base's tip.
    pub base: String,
    /// The full ids of the branches' tips.
    pub heads: Vec<String>,
    /// What is in it, such as `folder rename` and `criss-cross`.
    pub traits: BTreeSet<&'static str>,
}

/// Everything that [`Fork::traits`] may say.
pub const FORK_TRAITS: [&str; 27] = [
    "add",
    "attributes",
    "base taken in",
    "binary",
    "both add",
    "copy",
    "criss-cross",
    "crlf",
    "delete",
    "edit",
    "file and folder",
    "folder rename",
    "joined roots",
    "mode",
    "no newline",
    "odd name",
    "rename",
    "renamed to the same name",
    "same change",
    "several heads",
    "submodule",
    "swap",
    "symlink",
    "union",
    "unrelated",
    "up to date",
    "whole text replaced",
];

impl Repo {
    /// Adds `count` forks, the same for the same seed, as branches `fork-<seed>-<number>-base` and
    /// `…-head-<n>`. Nothing is checked out. A hundred of them take a fraction of a second.
    #[track_caller]
    pub fn forks(&self, seed: u64, count: usize) -> Vec<Fork> {
        let mut stream = stream::Stream::default();
        let mut dice = crate::rng(seed);
        let made: Vec<Made> = (0..count).map(|_| shapes::fork(&mut dice, &mut stream)).collect();
        for (number, fork) in made.iter().enumerate() {
            stream.branch(&format!("fork-{seed}-{number}-base"), fork.base);
            for (n, head) in fork.heads.iter().enumerate() {
                stream.branch(&format!("fork-{seed}-{number}-head-{n}"), *head);
            }
        }
        let marks = self.file(format!("fork-{seed}.marks"));
        let export = format!("--export-marks={}", marks.display());
        let ran = self.command().args(["fast-import", "--quiet", &export]).stdin(stream.end());
        ran.run().code(0);
        let text = std::fs::read_to_string(&marks).expect("the marks of git fast-import");
        std::fs::remove_file(&marks).expect("remove the marks");
        let ids: BTreeMap<usize, &str> = text.lines().filter_map(mark).collect();
        let id = |mark: &usize| (*ids.get(mark).expect("a mark of the stream")).to_owned();
        made.into_iter()
            .map(|made| Fork {
                base: id(&made.base),
                heads: made.heads.iter().map(id).collect(),
                traits: made.traits,
            })
            .collect()
    }
}

/// Reads `:<mark> <id>`.
fn mark(line: &str) -> Option<(usize, &str)> {
    let (mark, id) = line.strip_prefix(':')?.split_once(' ')?;
    Some((mark.parse().ok()?, id))
}
