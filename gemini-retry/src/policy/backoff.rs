//! How long to wait before the same credential is asked again.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use crate::policy::classify::Class;

/// What the environment says about delays; where it says nothing each class has its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Delays {
    /// The first delay (`GEMINI_RETRY_BASE_DELAY`).
    pub(crate) base: Option<Duration>,
    /// The longest delay (`GEMINI_RETRY_MAX_DELAY`).
    pub(crate) most: Option<Duration>,
}

/// The share that chance may add to a wait that the service asked for.
const SPREAD: f64 = 0.2;

/// The wait before retry number `nth` (from 0) after a failure of this class. It doubles each time.
///
/// `floor` is what the service asked for: the wait is never shorter. `seed` decides the jitter, so
/// that several processes do not come back at once.
pub(crate) fn delay(
    delays: Delays,
    class: Class,
    nth: u32,
    floor: Option<Duration>,
    seed: u64,
) -> Duration {
    let mut rng = fastrand::Rng::with_seed(seed);
    let nth = usize::try_from(nth).unwrap_or(usize::MAX);
    let own = curve(class).and_then(|(chance, seconds)| match chance {
        Chance::Half => equal(delays, seconds, seed).nth(nth),
        Chance::All => even(delays, seconds).nth(nth).map(|wait| wait.mul_f64(rng.f64())),
    });
    let own = own.unwrap_or_default();
    floor.map_or(own, |floor| own.max(stretch(floor, rng.f64())))
}

/// The shortest and the longest [`delay`] that chance may choose before the first retry.
pub(crate) fn bounds(
    delays: Delays,
    class: Class,
    floor: Option<Duration>,
) -> (Duration, Duration) {
    let (least, most) = curve(class).map_or_else(Default::default, |(chance, seconds)| {
        let full = even(delays, seconds).next().unwrap_or_default();
        match chance {
            Chance::Half => (full / 2, full),
            Chance::All => (Duration::ZERO, full),
        }
    });
    floor.map_or((least, most), |floor| (least.max(floor), most.max(stretch(floor, 1.0))))
}

/// How much of a delay is left to chance.
enum Chance {
    Half,
    All,
}

/// The first and the longest delay of a class, in seconds; `None` where another sample is all that
/// is wanted.
fn curve(class: Class) -> Option<(Chance, (u64, u64))> {
    match class {
        Class::Capacity | Class::Timeout => Some((Chance::Half, (5, 60))),
        // Full jitter: an outage ends for everybody at once.
        Class::Server | Class::Network => Some((Chance::All, (1, 20))),
        Class::Empty => Some((Chance::Half, (1, 20))),
        _ => None,
    }
}

/// `wait` and up to a fifth more; `chance` is between 0 and 1.
pub(crate) fn stretch(wait: Duration, chance: f64) -> Duration {
    let more = Duration::try_from_secs_f64(wait.as_secs_f64() * SPREAD * chance);
    wait.saturating_add(more.unwrap_or_default())
}

/// Half of each delay is certain, the other half is chance: `backon` adds up to its own delay, so
/// it is given half of ours.
fn equal(delays: Delays, seconds: (u64, u64), seed: u64) -> impl Iterator<Item = Duration> {
    let (base, most) = span(delays, seconds);
    let builder = ExponentialBuilder::new()
        .with_min_delay(base / 2)
        .with_max_delay(most / 2)
        .without_max_times();
    builder.with_jitter().with_jitter_seed(seed).build()
}

fn even(delays: Delays, seconds: (u64, u64)) -> impl Iterator<Item = Duration> {
    let (base, most) = span(delays, seconds);
    let builder = ExponentialBuilder::new().with_min_delay(base).with_max_delay(most);
    builder.without_max_times().build()
}

fn span(delays: Delays, (base, most): (u64, u64)) -> (Duration, Duration) {
    let base = delays.base.unwrap_or(Duration::from_secs(base));
    let most = delays.most.unwrap_or(Duration::from_secs(most).max(base));
    (base.min(most), most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NONE: Delays = Delays { base: None, most: None };

    #[test]
    fn capacity_doubles_from_five_seconds_to_a_minute() {
        for (nth, full) in [(0, 5), (1, 10), (2, 20), (3, 40), (4, 60), (30, 60)] {
            let full = Duration::from_secs(full);
            for seed in 0..50 {
                let wait = delay(NONE, Class::Capacity, nth, None, seed);
                assert!(wait >= full / 2 && wait <= full, "{nth}: {wait:?}");
            }
        }
    }

    #[test]
    fn the_environment_wins() {
        let delays = Delays { base: Some(Duration::ZERO), most: None };
        for class in [Class::Capacity, Class::Server, Class::Empty] {
            assert_eq!(delay(delays, class, 7, None, 1), Duration::ZERO);
        }
        let delays = Delays { base: None, most: Some(Duration::from_millis(10)) };
        assert!(delay(delays, Class::Network, 9, None, 1) <= Duration::from_millis(10));
    }

    proptest! {
        #[test]
        fn the_bounds_hold_every_first_delay(
            floor in prop::option::of(0_u64..400_000), seed in any::<u64>(),
        ) {
            let floor = floor.map(Duration::from_millis);
            for class in [Class::Capacity, Class::Server, Class::Empty, Class::Timeout, Class::Unknown] {
                let (least, most) = bounds(NONE, class, floor);
                let wait = delay(NONE, class, 0, floor, seed);
                // Jitter is computed in floating point.
                let slack = Duration::from_millis(1);
                prop_assert!(wait + slack >= least && wait <= most + slack, "{:?}", class);
            }
        }

        #[test]
        fn a_wait_that_was_asked_for_is_stretched_by_chance_up_to_a_fifth(seed in any::<u64>()) {
            let floor = Duration::from_secs(100);
            let wait = |seed| delay(NONE, Class::Capacity, 0, Some(floor), seed);
            prop_assert!(wait(seed) <= floor * 6 / 5);
            prop_assert!((0..20).any(|n| wait(seed.wrapping_add(n)) > floor));
        }

        #[test]
        fn never_earlier_than_the_service_asked(
            floor in 0_u64..400_000, nth in 0_u32..40, seed in any::<u64>(), base in 0_u64..5_000,
        ) {
            let delays = Delays { base: Some(Duration::from_millis(base)), most: None };
            let floor = Duration::from_millis(floor);
            for class in [Class::Capacity, Class::Server, Class::Timeout, Class::BadVerdict] {
                prop_assert!(delay(delays, class, nth, Some(floor), seed) >= floor);
            }
        }
    }
}
