//! A stack is what `git merge` after `git merge` gives in a fresh clone, whether it was foreseen or not.
//! `FORKS=5000 SEED=7 cargo test -p merge-queue like_git` takes as many as asked for.

use std::collections::BTreeMap;

use testkit::{FreshClone, Merged, Repo, Scratch};

use super::{How, Pushed, Stack};
use crate::desk::Desk;
use crate::git::merge;
use crate::git::merges::Merges;
use crate::rules::diff::path_text;

/// How many forks a repository holds.
const EACH: usize = 60;

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().map_or(default, |text| text.parse().unwrap())
}

fn desk(repo: &Repo) -> Desk {
    repo.git(["config", "user.name", "J\u{fc}rgen"]);
    repo.git(["config", "user.email", "j@x.example"]);
    Desk::open(repo.path(), Some("lead".into())).unwrap()
}

/// Merges one after the other in the clone: tree or conflict of each.
fn in_clone(clone: &FreshClone, base: &str, heads: &[String]) -> Vec<Merged> {
    clone.check_out(base);
    let mut tip = clone.tip();
    let one = |head: &String| {
        let merged = clone.merge(head);
        if let Merged::Clean(_) = merged {
            tip = clone.tip();
        } else {
            clone.check_out(&tip);
        }
        merged
    };
    heads.iter().map(one).collect()
}

/// The same on a stack. What git refuses ends it.
fn on_stack(stack: &mut Stack<'_>, heads: &[String]) -> Vec<Merged> {
    let mut all = Vec::new();
    for (head, number) in heads.iter().zip(0..) {
        let tip = stack.tip().to_owned();
        all.push(match stack.push(head, How::Merge { message: &message(number) }) {
            Ok(Pushed::Merged(merged)) => {
                assert_eq!(stack.tip(), merged.commit);
                assert_eq!(stack.desk.objects.tree(&merged.commit).unwrap(), merged.tree);
                Merged::Clean(merged.tree)
            }
            Ok(Pushed::Conflict(paths)) => {
                assert_eq!(stack.tip(), tip);
                let paths = paths.iter().map(|path| path.replace(&format!("~{tip}"), "~HEAD"));
                Merged::Conflict(paths.map(String::into_bytes).collect())
            }
            Err(failure) if failure.to_string().contains("unrelated") => Merged::Refused,
            Err(failure) => {
                assert!(failure.to_string().contains("BUG: merge-ort.c"), "{failure}");
                Merged::Stumbled
            }
        });
    }
    all
}

fn message(number: usize) -> String {
    format!("Merge {number}: \"gr\u{f6}\u{df}er\"\n\ndata 3\nTrailer: x\n")
}

fn foreseen<'d>(desk: &'d Desk, base: &str, heads: &[String]) -> Stack<'d> {
    let mut stack = Stack::begin(desk, base);
    let messages: Vec<String> = (0..heads.len()).map(message).collect();
    stack.foresee(heads.iter().map(String::as_str).zip(messages.iter().map(String::as_str)));
    stack
}

/// The clone's answers, with paths as the stack shows them.
fn shown(merged: Merged) -> Merged {
    match merged {
        Merged::Conflict(paths) => {
            Merged::Conflict(paths.iter().map(|path| path_text(path).into_bytes()).collect())
        }
        other => other,
    }
}

#[test]
fn a_stack_is_that_of_a_fresh_clone() {
    let (count, first) = (number("FORKS", 160), number("SEED", 1));
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    for start in (0..count).step_by(EACH) {
        let scratch = Scratch::in_memory();
        let repo = Repo::init(scratch.path("r"));
        let seed = u64::try_from(first * 1_000_000 + start).unwrap();
        let forks = repo.forks(seed, EACH.min(count - start));
        let clone = FreshClone::of(&repo, scratch.path("clone"), scratch.path("home"));
        let desk = desk(&repo);
        for (number, fork) in forks.iter().enumerate().filter(|(_, fork)| fork.heads.len() > 1) {
            let place = format!("fork-{seed}-{number} in {}: {fork:?}", scratch.root().display());
            let expected: Vec<Merged> =
                in_clone(&clone, &fork.base, &fork.heads).into_iter().map(shown).collect();
            let mut stack = foreseen(&desk, &fork.base, &fork.heads);
            let ours = on_stack(&mut stack, &fork.heads);
            for (ours, theirs) in ours.iter().zip(&expected) {
                if *theirs == Merged::Stumbled {
                    assert!(matches!(ours, Merged::Conflict(_) | Merged::Stumbled), "{place}");
                } else {
                    assert_eq!(ours, theirs, "{place}");
                }
            }
            // Each by itself: all in one process, and one process each.
            let merges = Merges::default();
            let heads = fork.heads.iter().cloned().collect();
            merges.prepare(&desk, &fork.base, heads).unwrap();
            for head in &fork.heads {
                let alone = merge::compute(&desk.git, &desk.objects, &fork.base, head);
                match (merges.of(&desk, &fork.base, head), alone) {
                    (Ok(together), Ok(alone)) => assert_eq!(together, alone, "{place}"),
                    (together, alone) => assert!(together.is_err() && alone.is_err(), "{place}"),
                }
            }
            *met.entry("stacks").or_default() += 1;
            *met.entry("merges").or_default() += fork.heads.len();
            *met.entry("merges foreseen").or_default() += stack.foresight.confirmed;
            let conflicts = ours.iter().filter(|merged| matches!(merged, Merged::Conflict(_)));
            *met.entry("conflicts").or_default() += conflicts.count();
        }
    }
    println!("{met:?}");
    assert!(met["merges foreseen"] * 4 > met["merges"] && met["conflicts"] > 0, "{met:?}");
}
