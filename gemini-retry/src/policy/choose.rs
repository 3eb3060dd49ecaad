//! Which credential is asked: one that may be asked now, and among those the one that was used
//! longest ago.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::setup::credentials::Credential;
use crate::state::State;

/// What the pool offers at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The credential with this place in the pool.
    This(usize),
    /// All are cooling; the first is free at `until`.
    Cooling {
        /// When.
        until: Timestamp,
        /// Why it cools: the name of a class.
        reason: String,
    },
    /// Every key is known to be dead.
    AllRetired,
    /// Those that are left were tried in this run and are of no use to it.
    UsedUp,
}

/// Chooses from `pool` for `model` at `now`, leaving out those in `avoid`.
pub(crate) fn choose(
    pool: &[Credential],
    state: &State,
    model: &str,
    now: Timestamp,
    avoid: &BTreeSet<usize>,
) -> Choice {
    let alive = |c: &Credential| !state.is_retired(&c.name, &c.fingerprint);
    let all = || pool.iter().enumerate();
    if !all().any(|(_, c)| alive(c)) {
        return Choice::AllRetired;
    }
    let candidates = || all().filter(|(place, c)| alive(c) && !avoid.contains(place));
    let cooling = |c: &Credential| state.cooling(&c.scopes(model), now);
    let free = candidates().filter(|(_, c)| cooling(c).is_none());
    if let Some((place, _)) = free.min_by_key(|(place, c)| (state.last_used(&c.name), *place)) {
        return Choice::This(place);
    }
    let first = candidates().filter_map(|(_, c)| cooling(c)).min_by_key(|(until, _)| *until);
    match first {
        Some((until, reason)) => Choice::Cooling { until, reason: reason.to_owned() },
        None => Choice::UsedUp,
    }
}
