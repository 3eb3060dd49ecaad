//! How long a project, or an account, is left alone after a refusal that waiting or money cures.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::answer::facts::Facts;
use crate::policy::backoff::stretch;
use crate::policy::classify::{Class, LONGEST_MINUTE};
use crate::policy::quota_day::next_reset;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// What a minute's quota needs when the service does not say.
const MINUTE: Duration = Duration::from_mins(1);
/// For a 429 that says nothing: never until midnight, because it may be a matter of seconds.
const LADDER: [u64; 4] = [60, 120, 300, 900];
/// Requests of all keys must not come back at the very stroke of midnight.
const MIDNIGHT_SPREAD: Duration = Duration::from_mins(2);

/// What is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The model for all keys of the project: limits hold for a project, not for a key.
    ProjectAndModel,
    /// Everything that the same account pays for.
    Account,
}

/// Until when to leave alone what, after a reply of this class; `None` for a class that cools
/// nothing. `strikes` says how often that was so already, `chance` is between 0 and 1.
pub(crate) fn cooldown(
    class: Class,
    facts: &Facts,
    now: Timestamp,
    strikes: u32,
    chance: f64,
) -> Option<(Reach, Timestamp)> {
    let project = |wait: Duration| Some((Reach::ProjectAndModel, later(now, wait)));
    match class {
        Class::QuotaDay => Some((Reach::ProjectAndModel, day(facts, now, chance))),
        Class::QuotaMinute => {
            let asked = facts.asked_delay().map(|d| d.max(Duration::from_secs(1)));
            project(stretch(asked.unwrap_or(MINUTE), chance))
        }
        Class::Ambiguous429 => {
            let step = usize::try_from(strikes).unwrap_or(usize::MAX).min(LADDER.len() - 1);
            project(Duration::from_secs(LADDER.get(step).copied().unwrap_or(900)))
        }
        Class::Permission => project(if strikes == 0 { HOUR } else { DAY }),
        Class::NoEntitlement => project(DAY),
        Class::Billing => Some((Reach::Account, later(now, DAY))),
        _ => None,
    }
}

/// When a day's quota is free again: what the reply says for certain, otherwise midnight.
fn day(facts: &Facts, now: Timestamp, chance: f64) -> Timestamp {
    let midnight = later(next_reset(now), MIDNIGHT_SPREAD.mul_f64(chance.clamp(0.0, 1.0)));
    let Some(error) = &facts.error else {
        return facts.retry_after.map_or(midnight, |wait| later(now, wait));
    };
    if error.daily().is_some() {
        return midnight;
    }
    let long = |wait: &Duration| *wait > LONGEST_MINUTE;
    let at = error.reset_at.filter(|at| *at > now && *at <= later(now, DAY));
    let said = at.or_else(|| error.reset_delay.map(|wait| later(now, wait)));
    // The fields round differently, and it is never asked earlier than any of them says.
    let asked = facts.asked_delay().filter(long).map(|wait| later(now, wait));
    said.max(asked).map_or(midnight, |at| at.max(later(now, Duration::from_secs(1))))
}

/// `now` plus `wait`, as far as time goes.
pub(crate) fn later(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// From `now` to `then`; nothing when it is past.
pub(crate) fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(now.duration_until(then)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::facts::Exchange;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-01-24T18:30:45Z".parse().unwrap()
    }

    fn fixture(name: &str) -> Facts {
        let (_, found) = gemini_stub::fixture(name).unwrap();
        let body = found.body.to_string().into_bytes();
        Facts::of(&Exchange::Reply { http: found.status, retry_after: None, body })
    }

    /// When the cool-down after a fixture ends, without any jitter.
    fn ends(class: Class, facts: &Facts, strikes: u32) -> String {
        cooldown(class, facts, now(), strikes, 0.0).unwrap().1.to_string()
    }

    #[test]
    fn a_used_up_day_lasts_until_midnight_whatever_delay_comes_with_it() {
        assert_eq!(ends(Class::QuotaDay, &fixture("E01"), 0), "2026-01-25T08:00:00Z");
        let (_, latest) = cooldown(Class::QuotaDay, &fixture("E01"), now(), 0, 1.0).unwrap();
        assert_eq!(latest.to_string(), "2026-01-25T08:02:00Z");
    }

    #[test]
    fn an_instant_that_the_service_names_counts_unless_it_is_past() {
        let mut facts = fixture("E09");
        // RetryInfo says the same with more digits.
        assert_eq!(ends(Class::QuotaDay, &facts, 0), "2026-01-25T09:42:43.638305887Z");
        facts.error.as_mut().unwrap().retry_delay = None;
        assert_eq!(ends(Class::QuotaDay, &facts, 0), "2026-01-25T09:42:43Z");
        facts.error.as_mut().unwrap().reset_at = Some("2026-01-24T00:00:00Z".parse().unwrap());
        assert_eq!(ends(Class::QuotaDay, &facts, 0), "2026-01-25T09:42:43Z", "15h11m58s");
        facts.error.as_mut().unwrap().reset_delay = None;
        facts.error.as_mut().unwrap().retry_delay = Some(Duration::from_secs(5));
        assert_eq!(ends(Class::QuotaDay, &facts, 0), "2026-01-25T08:00:00Z");
    }

    #[test]
    fn an_instant_beyond_a_day_is_not_believed() {
        let mut facts = fixture("E09");
        let error = facts.error.as_mut().unwrap();
        (error.retry_delay, error.reset_delay) = (None, None);
        error.reset_at = Some(later(now(), DAY));
        assert_eq!(ends(Class::QuotaDay, &facts, 0), "2026-01-25T18:30:45Z");
        facts.error.as_mut().unwrap().reset_at = Some(later(now(), DAY + MINUTE));
        assert_eq!(ends(Class::QuotaDay, &facts, 0), "2026-01-25T08:00:00Z");
    }

    #[test]
    fn a_named_day_ends_at_midnight_and_an_unnamed_one_when_the_service_says() {
        let mut facts = fixture("E01");
        facts.error.as_mut().unwrap().retry_delay = Some(10 * HOUR);
        assert_eq!(ends(Class::QuotaDay, &facts, 0), "2026-01-25T08:00:00Z");
        let facts = Facts { retry_after: Some(10 * HOUR), ..Facts::default() };
        assert_eq!(ends(Class::QuotaDay, &facts, 0), "2026-01-25T04:30:45Z");
    }

    #[test]
    fn a_minute_lasts_as_long_as_the_service_says() {
        assert_eq!(ends(Class::QuotaMinute, &fixture("E02"), 0), "2026-01-24T18:31:29Z");
        assert_eq!(ends(Class::QuotaMinute, &fixture("E06"), 0), "2026-01-24T18:31:45Z");
        assert_eq!(ends(Class::QuotaMinute, &fixture("E10"), 0), "2026-01-24T18:30:46Z");
    }

    #[test]
    fn what_is_not_explained_lasts_longer_each_time() {
        let facts = Facts::default();
        let ends = |class, strikes| {
            let (_, at) = cooldown(class, &facts, now(), strikes, 1.0).unwrap();
            until(now(), at).as_secs()
        };
        assert_eq!([0, 1, 2, 3, 9].map(|n| ends(Class::Ambiguous429, n)), [60, 120, 300, 900, 900]);
        assert_eq!([0, 1, 5].map(|n| ends(Class::Permission, n)), [3600, 86_400, 86_400]);
    }

    #[test]
    fn money_concerns_the_account_and_nothing_else_cools_it() {
        let reach = |class| cooldown(class, &Facts::default(), now(), 0, 0.0).map(|(r, _)| r);
        assert_eq!(reach(Class::Billing), Some(Reach::Account));
        assert_eq!(reach(Class::NoEntitlement), Some(Reach::ProjectAndModel));
        for class in [Class::Capacity, Class::Auth, Class::InvalidRequest, Class::Server] {
            assert_eq!(reach(class), None, "{class:?}");
        }
    }

    proptest! {
        #[test]
        fn a_cooldown_ends_later_than_asked_and_is_no_eternity(
            asked in prop::option::of(0_u64..u64::MAX), chance in 0.0_f64..1.0, strikes in any::<u32>(),
        ) {
            let asked = asked.map(Duration::from_secs);
            let facts = Facts { retry_after: asked, ..Facts::default() };
            for class in [Class::QuotaMinute, Class::QuotaDay, Class::Ambiguous429] {
                let (_, at) = cooldown(class, &facts, now(), strikes, chance).unwrap();
                prop_assert!(at > now());
                if class == Class::QuotaMinute {
                    prop_assert!(at >= later(now(), asked.unwrap_or(MINUTE)));
                }
            }
        }
    }
}
