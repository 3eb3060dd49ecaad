//! Whatever is done to lanes, in whatever order, and wherever a run is killed: no run of this tool takes
//! away a byte that was there before it.
//!
//! Each case is a list of random steps on a real repository: what people and agents do with git in a lane,
//! and every command of this tool, now and then killed. Every text that is written holds a word of its
//! own. After each step that is the tool's (or git's own housekeeping), each word that could be found
//! before can still be found: in a working tree, in the trash, or in an object that a ref, a reflog or an
//! index holds on to. That is more than the contract asks, which lets go of ignored files that anybody can
//! build again; only `trash empty` may do that.
//!
//! The steps are the same in every run; `SEED=2 PROPTEST_CASES=200 STEPS=60` plays others, and longer. A
//! failure prints the seed and the steps, made as few as possible.

mod operations;
pub(crate) mod reachable;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use testkit::{Ran, Rng, crash, rng};

use crate::support::{World, write};

use operations::{OPERATIONS, What};
use reachable::Reachable;

/// A repository with lanes, and what was written there.
pub(crate) struct Scene {
    world: World,
    rng: Rng,
    /// How many words were written.
    words: u32,
    /// Those in ignored files that are not precious.
    built: BTreeSet<String>,
    reachable: Reachable,
}

/// One step: which operation, the seed of its choices, and whether it is killed.
#[derive(Debug, Clone)]
struct Step {
    operation: usize,
    seed: u64,
    killed: bool,
}

fn steps(number: usize) -> impl Strategy<Value = Vec<Step>> {
    let chances: Vec<(u32, Just<usize>)> =
        OPERATIONS.iter().enumerate().map(|(n, one)| (one.chance, Just(n))).collect();
    let step = (prop::strategy::Union::new_weighted(chances), any::<u64>(), 0..6_u8);
    let step = step.prop_map(|(operation, seed, kill)| Step { operation, seed, killed: kill == 0 });
    prop::collection::vec(step, number)
}

fn number(variable: &str, default: u32) -> u32 {
    std::env::var(variable).ok().map_or(default, |text| text.parse().unwrap())
}

/// A generator that gives the same steps for the same seed.
fn seeded(seed: u32) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

#[test]
fn no_run_takes_anything_away() {
    let cases = number("PROPTEST_CASES", 3);
    let config = ProptestConfig {
        cases,
        max_shrink_iters: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let steps = steps(number("STEPS", 40) as usize);
    let seed = number("SEED", 1);
    let mut runner = TestRunner::new_with_rng(config, seeded(seed));
    let done = RefCell::new(BTreeMap::new());
    if let Err(error) = runner.run(&steps, |steps| play(&steps, &mut done.borrow_mut())) {
        panic!("SEED={seed}: {error}");
    }
    // It would be worth little if no run ever did anything. Which of the others come to their turn
    // depends on the moments of the kills.
    let done = done.into_inner();
    assert!(done.contains_key("add") && done.len() >= 3, "too little: {done:?}");
    println!("done: {done:?}");
}

/// How often each command did what it was asked for, and how often one was killed.
type Done = BTreeMap<&'static str, u32>;

const KILLED: &str = "(killed)";

/// Plays the steps in a new repository.
fn play(steps: &[Step], done: &mut Done) -> Result<(), TestCaseError> {
    let world = World::new();
    let reachable = Reachable::new(&world);
    let mut scene = Scene { world, rng: rng(0), words: 0, built: BTreeSet::new(), reachable };
    let mut told = Vec::new();
    for step in steps {
        scene.rng = rng(step.seed);
        let one = &OPERATIONS[step.operation];
        match one.what {
            What::Person(act) => {
                let Some(lane) = scene.some_worktree() else { continue };
                act(&mut scene, &lane);
                told.push(format!("{} in {}", one.name, lane.display()));
            }
            What::Run(args) | What::Empty(args) => {
                let args = args(&mut scene);
                let before = scene.reachable.words();
                let ran = scene.tool(&args, step.killed);
                told.push(ran.to_string());
                let after = scene.reachable.words();
                let mut lost: BTreeSet<_> = before.difference(&after).collect();
                if matches!(one.what, What::Empty(_)) {
                    lost.retain(|word| !scene.built.contains(*word));
                }
                let history = told.join("\n");
                prop_assert!(lost.is_empty(), "lost {lost:?}\n{history}");
                let code = ran.exit_code();
                let fine = matches!(code, Some(0 | 1)) || (step.killed && code.is_none());
                prop_assert!(fine, "{} failed\n{history}", one.name);
                let counted = match code {
                    Some(0) => one.name,
                    None => KILLED,
                    Some(_) => continue,
                };
                *done.entry(counted).or_default() += 1;
            }
        }
    }
    Ok(())
}

impl Scene {
    /// One of the worktrees that are there, the main one rarely.
    fn some_worktree(&mut self) -> Option<PathBuf> {
        let listed = self.world.repo.git(["worktree", "list", "--porcelain"]);
        let paths = listed.lines().filter_map(|line| line.strip_prefix("worktree "));
        let paths: Vec<&str> = paths.skip(1).filter(|path| Path::new(path).is_dir()).collect();
        self.rng.choice(paths).map(PathBuf::from)
    }

    /// A new text, which holds a word that no other has.
    fn text(&mut self) -> String {
        self.words += 1;
        format!("word-{:06}\n", self.words)
    }

    /// Writes a new text to a file of a lane.
    fn write(&mut self, lane: &Path, file: &str) {
        let text = self.text();
        // Where somebody's folder is in the way, nothing is written.
        if !lane.join(file).is_dir() {
            write(&lane.join(file), text);
        }
    }

    /// Runs a command of this tool, or kills it somewhere, and waits for what it left behind.
    fn tool(&mut self, args: &[String], killed: bool) -> Ran {
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        if !killed {
            return self.world.run(&words);
        }
        let running = self.world.tool(&words).spawn();
        let crash = crash::after_turns(running, &mut self.rng, 4000);
        for lane in operations::LANES {
            self.world.wait_for_orphans(lane);
        }
        match crash {
            crash::Crash::Killed(ran) | crash::Crash::Finished(ran) => ran,
        }
    }
}
