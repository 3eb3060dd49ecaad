//! Batches of up to six with every choice of bad tasks among them, and a world in which runs fail for no
//! reason or cannot be carried out.

use std::collections::{BTreeSet, VecDeque};

use proptest::prelude::*;

use super::session::Session;
use super::trial::{Finding, INFRA_RETRIES, Known, Outcome, Step, Trial, Verdict};

/// The most runs that a trial of this size takes, retries apart: for each task one that is green or looks
/// for it and one that is red, and three that repeat a run or ask after the base.
fn bound(size: usize) -> usize {
    3 + 2 * size
}

/// Runs the trial to its end. `run` says how the run of a prefix ends. Returns the verdict and the
/// prefixes that were seen green.
fn finish(
    size: usize,
    mut trial: Trial,
    mut run: impl FnMut(usize) -> Outcome,
) -> (Verdict, BTreeSet<usize>) {
    let mut seen = BTreeSet::new();
    for runs in 0.. {
        match trial.next() {
            Step::Done(verdict) => {
                assert_eq!(verdict.runs, runs);
                assert!(verdict.green == 0 || seen.contains(&verdict.green), "never seen green");
                assert!(runs <= bound(size) + INFRA_RETRIES, "{runs} runs of {size}");
                return (verdict, seen);
            }
            Step::Run { prefix } => {
                assert!(prefix <= size);
                assert_eq!(trial.next(), Step::Run { prefix });
                let outcome = run(prefix);
                if outcome == Outcome::Passed {
                    seen.insert(prefix);
                }
                trial.report(outcome);
            }
        }
    }
    unreachable!()
}

/// Every state of knowledge before a trial.
fn all_known() -> impl Iterator<Item = Known> {
    (0..8).map(|bits| Known {
        base_green: bits & 1 != 0,
        reds_are_real: bits & 2 != 0,
        in_doubt: bits & 4 != 0,
    })
}

/// What really happens when a prefix is run: red when one of its tasks is bad.
fn truth(bad: u32, prefix: usize) -> Outcome {
    if bad & ((1 << prefix) - 1) == 0 { Outcome::Passed } else { Outcome::Failed }
}

/// The task that a verdict calls bad.
fn blamed(verdict: &Verdict) -> Option<usize> {
    matches!(verdict.finding, Finding::Bad { .. }).then_some(verdict.green)
}

fn first_bad(bad: u32, size: usize) -> Option<usize> {
    (0..size).find(|task| bad & (1 << task) != 0)
}

#[test]
fn the_first_bad_task_is_found_in_every_subset() {
    for size in 1..=6 {
        for bad in 0..1_u32 << size {
            for known in all_known() {
                let (verdict, _) =
                    finish(size, Trial::new(size, known), |prefix| truth(bad, prefix));
                assert_eq!(blamed(&verdict), first_bad(bad, size), "{bad:b} of {size}");
                assert_eq!(verdict.green, first_bad(bad, size).unwrap_or(size));
                assert_eq!(verdict.flaky, 0);
                assert_eq!(
                    verdict.tip_green,
                    verdict.green > 0 || known.base_green || verdict.seen_green
                );
            }
        }
    }
}

#[test]
fn every_pair_of_disturbances_is_survived() {
    // Two of the runs end otherwise than they should: each way, at each place.
    for size in 1..=6 {
        for (bad, known) in (0..1_u32 << size).flat_map(|bad| all_known().map(move |k| (bad, k))) {
            for (first, second) in (0..12).flat_map(|one| (one..12).map(move |two| (one, two))) {
                let mut runs = 0;
                let (verdict, _) = finish(size, Trial::new(size, known), |prefix| {
                    runs += 1;
                    match runs - 1 {
                        run if run == first => Outcome::Infra,
                        run if run == second => Outcome::Failed,
                        _ => truth(bad, prefix),
                    }
                });
                assert_eq!(
                    blamed(&verdict),
                    first_bad(bad, size),
                    "{bad:b} of {size}: {first} {second}"
                );
                assert_eq!(verdict.green, first_bad(bad, size).unwrap_or(size));
            }
        }
    }
}

#[test]
fn one_false_red_never_blames_and_a_red_base_blames_nobody() {
    for size in 1..=6 {
        for known in all_known().filter(|known| !known.base_green) {
            let (verdict, _) = finish(size, Trial::new(size, known), |_| Outcome::Failed);
            assert_eq!(verdict.finding, Finding::BaseRed);
            assert_eq!((verdict.green, verdict.tip_green), (0, false));
            assert!(verdict.runs <= 4, "{}", verdict.runs);
        }
        // The base was green a moment ago, and somebody is in doubt already: it is asked again.
        let known = Known { base_green: true, in_doubt: true, reds_are_real: true };
        let (verdict, _) = finish(size, Trial::new(size, known), |_| Outcome::Failed);
        assert_eq!(verdict.finding, Finding::BaseRed);
    }
}

#[test]
fn runs_that_cannot_be_carried_out_give_the_rest_of_the_batch_back() {
    for size in 1..=6 {
        for (bad, known) in (0..1_u32 << size).flat_map(|bad| all_known().map(move |k| (bad, k))) {
            for sound in 0..8 {
                let mut runs = 0;
                let (verdict, seen) = finish(size, Trial::new(size, known), |prefix| {
                    runs += 1;
                    if runs > sound { Outcome::Infra } else { truth(bad, prefix) }
                });
                if verdict.finding == Finding::Infra {
                    assert_eq!(verdict.runs, sound + INFRA_RETRIES + 1);
                    assert_eq!(verdict.green, seen.last().copied().unwrap_or(0));
                } else {
                    assert_eq!(blamed(&verdict), first_bad(bad, size));
                }
            }
        }
    }
}

#[test]
fn a_bad_task_in_eight_costs_five_runs() {
    let known = Known { base_green: true, reds_are_real: true, in_doubt: false };
    for bad in 0..8 {
        let (verdict, _) = finish(8, Trial::new(8, known), |prefix| truth(1 << bad, prefix));
        assert_eq!((blamed(&verdict), verdict.runs), (Some(bad), 5));
    }
    let (verdict, _) = finish(8, Trial::new(8, known), |prefix| truth(0, prefix));
    assert_eq!((verdict.green, verdict.runs), (8, 1));
}

/// Lands everything that can be landed, in batches. Returns who was blamed, in the order of the tasks.
fn drain(
    bad: &BTreeSet<usize>,
    tasks: usize,
    max: usize,
    mut disturbed: impl FnMut(Outcome) -> Outcome,
) -> (BTreeSet<usize>, BTreeSet<usize>, bool) {
    let mut session = Session::new(max);
    let mut queue: VecDeque<usize> = (0..tasks).collect();
    let (mut landed, mut blamed) = (BTreeSet::new(), BTreeSet::new());
    while !queue.is_empty() || session.in_doubt() {
        let size = session.size().min(queue.len());
        let batch: Vec<usize> = queue.drain(..size).collect();
        let (verdict, _) = finish(size, session.trial(size), |prefix| {
            let red = batch[..prefix].iter().any(|task| bad.contains(task));
            disturbed(if red { Outcome::Failed } else { Outcome::Passed })
        });
        let settled = session.settle(&verdict, batch);
        landed.extend(settled.land);
        blamed.extend(settled.blamed);
        settled.again.into_iter().rev().for_each(|task| queue.push_front(task));
        if settled.freeze || verdict.finding == Finding::Infra {
            let held = session.give_up();
            assert!(held.iter().all(|task| !landed.contains(task)));
            return (landed, blamed, settled.freeze);
        }
    }
    (landed, blamed, false)
}

#[test]
fn exactly_the_bad_are_sent_back_in_every_subset() {
    for tasks in 1..=6 {
        for (bits, max) in (0..1_u32 << tasks).flat_map(|bits| (1..=6).map(move |max| (bits, max)))
        {
            let bad: BTreeSet<usize> = (0..tasks).filter(|task| bits & (1 << task) != 0).collect();
            let good: BTreeSet<usize> = (0..tasks).filter(|task| !bad.contains(task)).collect();
            assert_eq!(
                drain(&bad, tasks, max, |outcome| outcome),
                (good.clone(), bad.clone(), false)
            );
            // Of five runs, one fails for no reason, and the one after it cannot be carried out.
            let mut runs = 0;
            let noisy = drain(&bad, tasks, max, |outcome| {
                runs += 1;
                match runs % 5 {
                    3 => Outcome::Failed,
                    4 => Outcome::Infra,
                    _ => outcome,
                }
            });
            assert!(noisy.1.is_subset(&bad), "{bad:?}: {noisy:?}");
        }
    }
}

#[test]
fn a_machine_that_breaks_blames_nobody() {
    // From some run on, everything is red.
    for tasks in 1..=6 {
        for (bits, max) in (0..1_u32 << tasks).flat_map(|bits| (1..=6).map(move |max| (bits, max)))
        {
            let bad: BTreeSet<usize> = (0..tasks).filter(|task| bits & (1 << task) != 0).collect();
            for sound in 0..30 {
                let mut runs = 0;
                let (landed, blamed, _) = drain(&bad, tasks, max, |outcome| {
                    runs += 1;
                    if runs > sound { Outcome::Failed } else { outcome }
                });
                assert!(blamed.is_subset(&bad), "{bad:?} broke after {sound}: {blamed:?}");
                assert!(landed.is_disjoint(&bad));
            }
        }
    }
}

/// The most runs that any answers lead to.
fn longest(trial: &Trial) -> usize {
    if matches!(trial.next(), Step::Done(_)) {
        return 0;
    }
    let after = |outcome| {
        let mut trial = trial.clone();
        trial.report(outcome);
        1 + longest(&trial)
    };
    after(Outcome::Passed).max(after(Outcome::Failed))
}

#[test]
fn no_answers_lead_to_more_runs_than_the_bound() {
    for size in 0..=6 {
        for known in all_known() {
            let longest = longest(&Trial::new(size, known));
            assert!(longest <= bound(size), "{longest} runs of {size}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_the_runs_say_only_what_was_green_lands(
        size in 0..40usize,
        bits in 0..8u32,
        said in proptest::collection::vec(prop_oneof![
            4 => Just(Outcome::Passed), 4 => Just(Outcome::Failed), 1 => Just(Outcome::Infra),
        ], 200),
    ) {
        let known = all_known().nth(bits as usize).unwrap();
        let mut said = said.into_iter();
        // The checks are in `finish`.
        let (verdict, seen) = finish(size, Trial::new(size, known), |_| said.next().unwrap());
        prop_assert_eq!(verdict.green, seen.last().copied().unwrap_or(0));
        prop_assert_eq!(verdict.finding == Finding::AllGreen, verdict.green == size && seen.contains(&size));
        prop_assert!(blamed(&verdict).is_none_or(|bad| bad < size));
    }
}
