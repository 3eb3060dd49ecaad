//! Which credential is asked: one that may be asked now, and among those the one whose project has
//! the fewest calls in flight, then the one that was used longest ago.

use jiff::Timestamp;

use crate::setup::credentials::Credential;
use crate::state::State;

/// Calls of one project in flight at once: a service that counts by the minute also refuses bursts.
const PER_PROJECT: usize = 2;
/// Parts that a share is counted in.
const PARTS: usize = 1 << 16;

/// What the pool offers at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The credential with this place in the pool.
    This(usize),
    /// Every free one has as many calls in flight as it may have.
    Busy {
        /// When the first of those calls is over at the latest.
        until: Timestamp,
    },
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

/// Chooses from `pool` for `model` at `now`, leaving out whom `is_avoided` names.
pub(crate) fn choose(
    pool: &[Credential],
    state: &State,
    model: &str,
    now: Timestamp,
    is_avoided: impl Fn(&Credential) -> bool,
) -> Choice {
    let alive = |c: &Credential| !state.is_retired(&c.name, &c.fingerprint);
    let all = || pool.iter().enumerate().filter(|(_, c)| c.serves(model));
    if !all().any(|(_, c)| alive(c)) {
        return Choice::AllRetired;
    }
    let candidates = || all().filter(|(_, c)| alive(c) && !is_avoided(c));
    let cooling = |c: &Credential| state.cooling(&c.scopes(model), now);
    // In parts of what each may have in flight.
    let in_flight = |c: &Credential| {
        state.live.of_project(&c.project).count() * PARTS / (PER_PROJECT * c.share())
    };
    let free = || candidates().filter(|(_, c)| cooling(c).is_none());
    let rank =
        |(place, c): &(usize, &Credential)| (in_flight(c), state.live.last_used(&c.name), *place);
    let with_room = free().filter(|(_, c)| has_room(c, state, model, now));
    if let Some((place, _)) = with_room.min_by_key(rank) {
        return Choice::This(place);
    }
    let calls = free().flat_map(|(_, c)| state.live.of_project(&c.project));
    if let Some(until) = calls.map(|lease| lease.expires.instant()).min() {
        return Choice::Busy { until };
    }
    let first = candidates().filter_map(|(_, c)| cooling(c)).min_by_key(|(until, _)| *until);
    match first {
        Some((until, reason)) => Choice::Cooling { until, reason: reason.to_owned() },
        None => Choice::UsedUp,
    }
}

/// Whether the credential with this place may be asked now.
pub(crate) fn is_free(
    pool: &[Credential],
    place: usize,
    state: &State,
    model: &str,
    now: Timestamp,
) -> bool {
    pool.get(place).is_some_and(|c| {
        !state.is_retired(&c.name, &c.fingerprint)
            && state.cooling(&c.scopes(model), now).is_none()
            && has_room(c, state, model, now)
    })
}

/// Whether one more call of the credential's project may be in flight. When a day's quota should be
/// back, one call finds out.
fn has_room(credential: &Credential, state: &State, model: &str, now: Timestamp) -> bool {
    let project = &credential.project;
    let is_probed = || state.live.probes(model).any(|lease| lease.project == *project);
    state.live.of_project(project).count() < PER_PROJECT * credential.share()
        && !(state.is_day_over(&credential.scopes(model), now) && is_probed())
}
