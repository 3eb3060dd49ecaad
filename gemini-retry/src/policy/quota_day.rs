//! When a day's quota is given back: at the next midnight in Los Angeles (the service's own rule
//! for requests a day), which is 07:00 or 08:00 UTC.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// From the database in the binary, so that no machine's own settings matter. Without the zone, the
/// later of the two offsets is used: a key is then asked an hour late, never early.
static PACIFIC: LazyLock<TimeZone> = LazyLock::new(|| {
    let bundled = TimeZoneDatabase::bundled().get("America/Los_Angeles");
    bundled.unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(-8)))
});

/// The first midnight in Los Angeles after `now`.
pub(crate) fn next_reset(now: Timestamp) -> Timestamp {
    let here = now.to_zoned(PACIFIC.clone());
    let next = here.tomorrow().and_then(|day| day.start_of_day());
    // Only the last day that can be represented has no tomorrow.
    next.map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reset(now: &str) -> String {
        next_reset(now.parse().unwrap()).to_string()
    }

    #[test]
    fn the_day_that_loses_an_hour_ends_at_seven() {
        // 2026-03-08: clocks go forward at 02:00 local time.
        assert_eq!(reset("2026-03-07T20:00:00Z"), "2026-03-08T08:00:00Z");
        assert_eq!(reset("2026-03-08T08:00:00Z"), "2026-03-09T07:00:00Z");
        assert_eq!(reset("2026-03-08T12:00:00Z"), "2026-03-09T07:00:00Z");
    }

    #[test]
    fn the_day_that_gains_an_hour_ends_at_eight() {
        // 2026-11-01: clocks go back at 02:00 local time.
        assert_eq!(reset("2026-10-31T12:00:00Z"), "2026-11-01T07:00:00Z");
        assert_eq!(reset("2026-11-01T07:00:00Z"), "2026-11-02T08:00:00Z");
        assert_eq!(reset("2026-11-01T09:30:00Z"), "2026-11-02T08:00:00Z");
    }

    #[test]
    fn the_instant_before_midnight_belongs_to_the_old_day() {
        assert_eq!(reset("2026-01-24T07:59:59.999Z"), "2026-01-24T08:00:00Z");
        assert_eq!(reset("2026-01-24T08:00:00Z"), "2026-01-25T08:00:00Z");
    }

    #[test]
    fn the_zone_comes_with_the_binary() {
        assert_eq!(PACIFIC.iana_name(), Some("America/Los_Angeles"));
    }

    proptest! {
        #[test]
        fn a_reset_is_ahead_and_within_a_day_and_an_hour(second in 0_i64..4_000_000_000) {
            let now = Timestamp::from_second(second).unwrap();
            let ahead = next_reset(now).as_second() - second;
            prop_assert!(ahead > 0 && ahead <= 25 * 3600, "{}", ahead);
        }
    }
}
