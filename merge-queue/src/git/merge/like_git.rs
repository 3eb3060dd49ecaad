//! What comes out is what `git merge` gives in a fresh clone, tree for tree and conflict for conflict, over
//! made-up histories. `FORKS=5000 SEED=7 cargo test -p merge-queue like_git` takes as many as asked for.

use std::collections::{BTreeMap, BTreeSet};

use repo::{Git, Place};
use testkit::{FORK_TRAITS, FreshClone, Merged, Repo, Scratch};

use super::compute;
use crate::git::objects::Objects;
use crate::rules::diff::path_text;
use crate::rules::facts::Merge;

/// How many forks a repository holds.
const EACH: usize = 60;

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().map_or(default, |text| text.parse().unwrap())
}

/// The answers of both, in one form.
fn ours(git: &Git, objects: &Objects, base: &str, head: &str) -> Answer {
    match compute(git, objects, base, head) {
        Ok(Merge::Clean { tree, .. }) => Answer::Clean(tree),
        Ok(Merge::Conflict(paths)) => Answer::Conflict(paths.into_iter().collect()),
        Err(failure) if failure.to_string().contains("unrelated histories") => Answer::Refused,
        Err(failure) => {
            assert!(failure.to_string().contains("BUG: merge-ort.c"), "{failure}");
            Answer::Stumbled
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Clean(String),
    Conflict(BTreeSet<String>),
    Refused,
    /// Git itself fails over conflicts that it has found.
    Stumbled,
}

impl Answer {
    /// A file that has to make room for a folder gets the name of its side as well, which in a clone is
    /// `HEAD`.
    fn of_git(merged: Merged, base: &str) -> Self {
        let shown = |path: &Vec<u8>| path_text(path).replace("~HEAD", &format!("~{base}"));
        match merged {
            Merged::Clean(tree) => Self::Clean(tree),
            Merged::Conflict(paths) => Self::Conflict(paths.iter().map(shown).collect()),
            Merged::Refused => Self::Refused,
            Merged::Stumbled => Self::Stumbled,
        }
    }
}

#[test]
fn a_merge_is_that_of_a_fresh_clone() {
    let (count, first) = (number("FORKS", 160), number("SEED", 1));
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    let mut merges = 0;
    for start in (0..count).step_by(EACH) {
        let scratch = Scratch::in_memory();
        let repo = Repo::init(scratch.path("r"));
        let seed = u64::try_from(first * 1_000_000 + start).unwrap();
        let forks = repo.forks(seed, EACH.min(count - start));
        let clone = FreshClone::of(&repo, scratch.path("clone"), scratch.path("home"));
        let place = Place::find(repo.path()).unwrap();
        let (objects, git) = (Objects::open(&place), Git::new(repo.path()));
        for (number, fork) in forks.iter().enumerate() {
            for head in &fork.heads {
                clone.check_out(&fork.base);
                let theirs = Answer::of_git(clone.merge(head), &fork.base);
                let ours = ours(&git, &objects, &fork.base, head);
                let place = scratch.root().display();
                let shown = format!("fork-{seed}-{number} in {place}: {fork:?}");
                let sort = match theirs {
                    Answer::Clean(_) => "(clean)",
                    Answer::Conflict(_) => "(conflict)",
                    Answer::Refused => "(refused)",
                    Answer::Stumbled => "(stumbled)",
                };
                if theirs == Answer::Stumbled {
                    let no = matches!(ours, Answer::Conflict(_) | Answer::Stumbled);
                    assert!(no, "{ours:?} {shown}");
                } else {
                    assert_eq!(ours, theirs, "{shown}");
                }
                *met.entry(sort).or_default() += 1;
                merges += 1;
            }
            fork.traits.iter().for_each(|sort| *met.entry(sort).or_default() += 1);
        }
    }
    println!("{merges} merges of {count} forks: {met:?}");
    // The histories are not all alike.
    for sort in FORK_TRAITS.iter().chain(&["(clean)", "(conflict)", "(refused)"]) {
        assert!(met.contains_key(sort) || count < 160, "nothing with {sort}: {met:?}");
    }
    assert!(met["(clean)"] * 8 > merges && met["(conflict)"] * 8 > merges, "{met:?}");
}
