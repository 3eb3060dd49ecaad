//! The command line, and what it prints.

use clap::Parser;
use cli::{Exit, Failure, Format, Out};

use crate::batch::session::Session;
use crate::batch::trial::{Finding, Outcome, Step};
use crate::others;
use crate::world::{Count, Odds, World};

/// Lands made-up branches with the queue's own rules, and counts the verification's runs
///
/// Of the branches, BAD in a hundred are bad, and of the runs, FLAKY in a hundred fail for no reason. The same branches
/// are landed by the queue's rules, one by one, and by both halves as bors-ng does.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Example:\n  landing-sim --branches 100000 --bad 5 --flaky 5 --size 8 --seed 1"
)]
pub(crate) struct Args {
    /// How many branches
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    branches: usize,
    /// Bad branches in a hundred
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0)]
    bad: f64,
    /// Runs in a hundred that fail for no reason
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0)]
    flaky: f64,
    /// Runs in a hundred that cannot be carried out, which are not counted
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0)]
    infra: f64,
    /// The most branches in a batch
    #[arg(long, value_name = "N", default_value_t = 8)]
    size: usize,
    /// Makes the same branches and runs again
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl cli::Arguments for Args {
    fn format(&self) -> Format {
        Format::Auto
    }
}

#[expect(clippy::needless_pass_by_value, reason = "cli::run hands the arguments over")]
pub(crate) fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    let odds = Odds { bad: args.bad, flaky: args.flaky, infra: args.infra };
    out.raw_line(&format!(
        "{} branches, batches of {}, {} % bad, {} % of the runs flaky, {} % not carried out, seed {}",
        args.branches, args.size, args.bad, args.flaky, args.infra, args.seed
    ))?;
    let ways: [(&str, Way); 4] = [
        ("merge-queue", ours),
        ("both halves, red alone run again", |world, size| others::both_halves(world, size, false)),
        ("both halves, as bors-ng", |world, size| others::both_halves(world, size, true)),
        ("one by one, red run again", |world, _| others::one_by_one(world)),
    ];
    let [way, runs, innocent, sent_back, landed, frozen] = HEADINGS;
    out.raw_line(&format!("{way:<34} {runs} {innocent} {sent_back} {landed} {frozen}"))?;
    for (name, land) in ways {
        let mut world = World::new(odds, args.branches, args.seed);
        land(&mut world, args.size);
        out.raw_line(&line(name, &world.count))?;
    }
    Ok(Exit::Yes)
}

/// A way to land batches of a size.
type Way = fn(&mut World, usize);

/// The rules of `merge-queue land --batch`.
fn ours(world: &mut World, size: usize) {
    let mut session = Session::new(size);
    while !world.is_empty() || session.in_doubt() {
        let batch = world.take(session.size());
        let mut trial = session.trial(batch.len());
        let verdict = loop {
            match trial.next() {
                Step::Done(verdict) => break verdict,
                Step::Run { prefix } => {
                    trial.report(match world.run(batch.get(..prefix).unwrap_or_default()) {
                        Some(true) => Outcome::Passed,
                        Some(false) => Outcome::Failed,
                        None => Outcome::Infra,
                    });
                }
            }
        };
        let settled = session.settle(&verdict, batch);
        world.landed(&settled.land);
        world.ejected(&settled.blamed);
        world.put_back(settled.again);
        world.count.frozen += usize::from(settled.freeze);
        if verdict.finding == Finding::Infra {
            // The call ends here, and the next one knows nothing.
            world.put_back(session.give_up());
            session = Session::new(size);
        }
    }
}

const HEADINGS: [&str; 6] =
    ["way", "runs/branch", "innocent %", "of sent back %", "bad landed", "frozen"];

fn line(name: &str, count: &Count) -> String {
    let per = |n: usize, of: usize| ratio(n) / ratio(of.max(1));
    let runs = per(count.runs, count.branches);
    let innocent = 100.0 * per(count.innocent, count.branches);
    let sent_back = 100.0 * per(count.innocent, count.ejected);
    let (landed, frozen) = (count.bad_landed, count.frozen);
    format!("{name:<34} {runs:>11.4} {innocent:>10.4} {sent_back:>14.2} {landed:>10} {frozen:>6}")
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn ratio(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn land(way: Way, bad: f64, flaky: f64, infra: f64) -> Count {
        let mut world = World::new(Odds { bad, flaky, infra }, 100_000, 1);
        way(&mut world, 8);
        world.count
    }

    #[test]
    fn the_rules_land_with_few_runs_and_blame_few_innocents() {
        let sound = land(ours, 5.0, 0.0, 0.0);
        assert_eq!((sound.branches, sound.ejected, sound.innocent), (100_000, sound.bad, 0));
        assert!(sound.runs <= 35_000, "{sound:?}");
        assert_eq!(sound.bad_landed, 0);
        let flaky = land(ours, 5.0, 5.0, 1.0);
        assert!(flaky.innocent <= 100, "{flaky:?}");
        assert_eq!(flaky.ejected, flaky.bad + flaky.innocent);
    }

    #[test]
    fn the_others_land_the_same_branches() {
        let halves: Way = |world, size| others::both_halves(world, size, false);
        let one: Way = |world, _| others::one_by_one(world);
        let ours = land(ours, 5.0, 0.0, 0.0);
        for other in [land(halves, 5.0, 0.0, 0.0), land(one, 5.0, 0.0, 0.0)] {
            assert_eq!((other.bad, other.ejected, other.innocent), (ours.bad, ours.bad, 0));
            assert!(other.runs > ours.runs);
        }
    }
}
