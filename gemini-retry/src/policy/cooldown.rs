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
    if error.is_daily() {
        return midnight;
    }
    if let Some(at) = error.reset_at.filter(|at| *at > now && *at <= later(now, DAY)) {
        return at;
    }
    let long = |wait: &Duration| *wait > LONGEST_MINUTE;
    let said = error.reset_delay.or_else(|| facts.asked_delay().filter(long));
    said.map_or(midnight, |wait| later(now, wait.max(Duration::from_secs(1))))
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
