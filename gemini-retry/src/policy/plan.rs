//! What happens next: a pure function of what was seen, the pool, the shared state, the time and the
//! deadline. Nothing that it returns reaches beyond the deadline.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::policy::backoff::{Delays, delay};
use crate::policy::choose::{Choice, choose, is_free};
use crate::policy::classify::Class;
use crate::policy::cooldown::{later, until};
use crate::setup::credentials::Credential;
use crate::state::State;
use crate::state::breaker::Room;

/// Waits are cut into slices of this length: after each one the clock and the state are read anew,
/// because the machine may have slept and another process may have learnt something.
const SLICE: Duration = Duration::from_secs(5);
/// How long a run that finds every project busy waits before it looks again, at first and at most.
const LOOK: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));
/// How often one run goes through the pool: quotas that are used up again as soon as they come back
/// are somebody else's.
const ROUNDS: u32 = 3;
/// An attempt with less time than this is not worth its price, unless attempts are meant to be
/// shorter.
const USEFUL: Duration = Duration::from_secs(20);

/// What bounds a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// For the whole run, waiting included.
    pub(crate) deadline: Duration,
    /// How much waiting for a quota does not count against the deadline.
    pub(crate) quota: Duration,
    /// For one request.
    pub(crate) attempt: Duration,
    /// Requests, at least one.
    pub(crate) attempts: u32,
}

impl Limits {
    /// The least time that an attempt must have left.
    fn useful(&self) -> Duration {
        USEFUL.min(self.attempt).min(self.deadline / 4)
    }
}

/// The time, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// For cool-downs, which other processes share.
    pub(crate) wall: Timestamp,
    /// Since the run began, for the deadline.
    pub(crate) elapsed: Duration,
}

/// What a run has seen so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Course {
    /// Requests that were sent.
    pub(crate) attempts: u32,
    /// The class of the last failure.
    pub(crate) last: Option<Class>,
    /// How often each class was met.
    met: BTreeMap<Class, u32>,
    /// The credential that is to be asked again.
    stay: Option<usize>,
    /// Credentials whose projects were left for no fault of theirs, for good.
    away: BTreeSet<usize>,
    /// How often each credential was left for another project.
    turns: BTreeMap<usize, u32>,
    /// The consequence of the last failure.
    follows: Option<Consequence>,
    /// No request before this time since the run began.
    not_before: Duration,
    /// Nothing that could be tried would help.
    over: bool,
    /// How often in a row every project was busy.
    queued: u32,
    /// Time spent waiting for a quota.
    waited: Duration,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consequence {
    /// The same credential again, after a wait.
    Stay(Duration),
    /// Another credential; this one cools down or is dead.
    Rotate,
    /// Another credential; nothing is held against this one.
    Elsewhere,
    /// No further request would help.
    Stop,
}

impl Course {
    /// Draws the consequence of a failure of this class with the credential at `place`, at
    /// `elapsed` since the beginning. `floor` is the wait that the service asked for.
    pub(crate) fn learn(
        &mut self,
        class: Class,
        place: usize,
        elapsed: Duration,
        floor: Option<Duration>,
        delays: Delays,
        seed: u64,
    ) -> Consequence {
        let times = self.met.entry(class).or_default();
        *times += 1;
        let consequence = consequence(class, *times, floor, delays, seed);
        self.last = Some(class);
        self.follows = Some(consequence);
        self.stay = None;
        match consequence {
            Consequence::Stay(wait) => {
                self.stay = Some(place);
                self.not_before = elapsed.saturating_add(wait);
            }
            // Another key of the project may be alive.
            Consequence::Rotate if class == Class::Auth => {}
            Consequence::Rotate => *self.turns.entry(place).or_default() += 1,
            Consequence::Elsewhere => {
                self.away.insert(place);
            }
            Consequence::Stop => self.over = true,
        }
        consequence
    }

    /// Remembers a wait that is over.
    pub(crate) fn has_waited(&mut self, why: &Why, time: Duration) {
        self.queued = if *why == Why::Busy { self.queued.saturating_add(1) } else { 0 };
        if let Why::Quota(_) = why {
            self.waited = self.waited.saturating_add(time);
        }
    }

    /// Whether this run left the credential's project for good.
    fn is_away(&self, credential: &Credential, pool: &[Credential]) -> bool {
        let mut left = self.away.iter().filter_map(|place| pool.get(*place));
        left.any(|c| c.project == credential.project)
    }

    /// Whether this run has no more use for the credential's project.
    fn is_over_with(&self, credential: &Credential, pool: &[Credential]) -> bool {
        let of_project = |(place, turns): (&usize, &u32)| {
            pool.get(*place).filter(|c| c.project == credential.project).map(|_| *turns)
        };
        let turns: u32 = self.turns.iter().filter_map(of_project).sum();
        turns >= ROUNDS || self.is_away(credential, pool)
    }

    /// Leaves a credential alone for the rest of this run, and holds nothing against it beyond that.
    pub(crate) fn leave(&mut self, place: usize) -> Consequence {
        self.away.insert(place);
        self.follows = Some(Consequence::Elsewhere);
        Consequence::Elsewhere
    }

    /// How often a class was met.
    pub(crate) fn times(&self, class: Class) -> u32 {
        self.met.get(&class).copied().unwrap_or(0)
    }
}

/// How often a request is repeated after failures of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// With the same credential; `u32::MAX` when only the deadline and the attempts are the bound.
    pub(crate) again: u32,
    /// With others, after that.
    pub(crate) elsewhere: u32,
}

/// How often a request is repeated after failures of this class; `None` when the credential is of no
/// use any more and the next one is asked.
pub(crate) fn patience(class: Class) -> Option<Patience> {
    let (again, elsewhere) = match class {
        Class::Billing
        | Class::Auth
        | Class::Permission
        | Class::NoEntitlement
        | Class::QuotaDay
        | Class::QuotaMinute
        | Class::Ambiguous429 => return None,
        // Model-wide: another key would meet the same. The deadline is the bound.
        Class::Capacity => (u32::MAX, 0),
        Class::Network => (5, 0),
        Class::Server => (4, 0),
        Class::Empty => (3, 0),
        Class::Timeout => (2, 1),
        Class::BadVerdict => (2, 0),
        Class::ModelMismatch => (1, 1),
        Class::Precondition => (0, 1),
        Class::AnswerBlocked | Class::Recitation | Class::Truncated | Class::Unknown => (1, 0),
        Class::PromptTooLong
        | Class::InvalidRequest
        | Class::ModelUnavailable
        | Class::RedirectRefused
        | Class::SafetyBlock
        | Class::ModelUnverified => (0, 0),
    };
    Some(Patience { again, elsewhere })
}

/// What follows when a class is met for the `times`-th time (from 1).
fn consequence(
    class: Class,
    times: u32,
    floor: Option<Duration>,
    delays: Delays,
    seed: u64,
) -> Consequence {
    let Some(Patience { again, elsewhere }) = patience(class) else { return Consequence::Rotate };
    if times <= again {
        Consequence::Stay(delay(delays, class, times - 1, floor, seed))
    } else if times - again <= elsewhere {
        Consequence::Elsewhere
    } else {
        Consequence::Stop
    }
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Ask with the credential at this place, for at most this long.
    Call {
        /// In the pool.
        place: usize,
        /// The request's own limit.
        limit: Duration,
        /// Whether it finds out for all if a quota or the model is back.
        probe: bool,
    },
    /// Wait this long, then ask again what to do.
    Wait {
        /// At most [`SLICE`].
        slice: Duration,
        /// When a request is due, or may be at the latest.
        until: Timestamp,
        /// What for.
        why: Why,
    },
    /// End the run.
    Stop(Stop),
}

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// The end of its own back-off.
    BackOff,
    /// The end of a cool-down: the name of the class that caused it.
    Quota(String),
    /// The time when an overloaded model may be called again: the name of the class that says so.
    Model(String),
    /// The end of somebody's call.
    Busy,
}

/// Why a run ends without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The last failure is final.
    Final(Class),
    /// As many requests were sent as may be.
    Attempts {
        /// What the last one met.
        class: Class,
        /// When the next request would have been due.
        retry_at: Timestamp,
    },
    /// The time is over, or would be before anything could be had.
    Deadline {
        /// What the run was up against; `None` when nothing had failed yet.
        class: Option<Class>,
        /// When the next request would have been due.
        retry_at: Timestamp,
    },
    /// No credential is free before the deadline.
    Cooling {
        /// Why the first one to be free cools: the name of a class.
        reason: String,
        /// When it is free.
        retry_at: Timestamp,
    },
    /// The model is not to be called before the deadline.
    Overloaded {
        /// Why: the name of a class.
        reason: String,
        /// When it may be called.
        retry_at: Timestamp,
    },
    /// Every key is dead.
    AllRetired,
}

/// Decides the next step.
pub(crate) fn next(
    course: &Course,
    pool: &[Credential],
    state: &State,
    model: &str,
    limits: &Limits,
    now: Moment,
) -> Step {
    let last = course.last.unwrap_or(Class::Unknown);
    if course.over {
        return Step::Stop(Stop::Final(last));
    }
    let rest = course.not_before.saturating_sub(now.elapsed);
    if course.attempts >= limits.attempts {
        let retry_at = due(pool, state, model, now.wall, rest);
        return Step::Stop(Stop::Attempts { class: last, retry_at });
    }
    let excused = course.waited.min(limits.quota);
    let left = limits.deadline.saturating_add(excused).saturating_sub(now.elapsed);
    let fits = |wait: Duration| wait.saturating_add(limits.useful()) <= left;
    if !fits(rest) || left.is_zero() {
        let retry_at = later(now.wall, rest);
        return Step::Stop(Stop::Deadline { class: course.last, retry_at });
    }
    if !rest.is_zero() {
        let until = later(now.wall, rest);
        return Step::Wait { slice: rest.min(SLICE), until, why: Why::BackOff };
    }
    let queue = |until| {
        let slice = LOOK.0.saturating_mul(1 << course.queued.min(16)).min(LOOK.1);
        if fits(slice) {
            Step::Wait { slice, until, why: Why::Busy }
        } else {
            Step::Stop(Stop::Deadline { class: course.last, retry_at: until })
        }
    };
    let stay = course.stay.filter(|place| is_free(pool, *place, state, model, now.wall));
    let is_over_with = |c: &Credential| course.is_over_with(c, pool);
    let choice = match stay {
        Some(place) => Choice::This(place),
        None => choose(pool, state, model, now.wall, is_over_with),
    };
    match choice {
        Choice::This(place) => match state.room(model, now.wall) {
            Room::None(free, reason) => {
                let wait = until(now.wall, free);
                if fits(wait) {
                    Step::Wait { slice: wait.min(SLICE), until: free, why: Why::Model(reason) }
                } else {
                    Step::Stop(Stop::Overloaded { reason, retry_at: free })
                }
            }
            Room::Probe if let Some(lease) = state.live.probes(model).next() => {
                queue(lease.expires.instant())
            }
            room => {
                let scopes = pool.get(place).map(|c| c.scopes(model));
                let day = scopes.is_some_and(|scopes| state.is_day_over(&scopes, now.wall));
                let probe = room == Room::Probe || day;
                Step::Call { place, limit: limits.attempt.min(left), probe }
            }
        },
        Choice::Busy { until } => queue(until),
        Choice::Cooling { until: free, reason } => {
            let wait = until(now.wall, free);
            if fits(wait) || wait <= limits.quota.saturating_sub(excused) {
                Step::Wait { slice: wait.min(SLICE), until: free, why: Why::Quota(reason) }
            } else if course.follows == Some(Consequence::Elsewhere) {
                // The others could have tried as well, but what failed is no matter of quotas.
                Step::Stop(Stop::Final(last))
            } else {
                let retry_at = due(pool, state, model, now.wall, wait);
                Step::Stop(Stop::Cooling { reason, retry_at })
            }
        }
        Choice::AllRetired => Step::Stop(Stop::AllRetired),
        Choice::UsedUp if course.follows == Some(Consequence::Rotate) => {
            let retry_at = due(pool, state, model, now.wall, Duration::ZERO);
            let is_away = |c: &Credential| course.is_away(c, pool);
            Step::Stop(match choose(pool, state, model, now.wall, is_away) {
                Choice::Cooling { until, reason } => {
                    Stop::Cooling { reason, retry_at: until.max(retry_at) }
                }
                _ => Stop::Attempts { class: last, retry_at },
            })
        }
        Choice::UsedUp => Step::Stop(Stop::Final(last)),
    }
}

/// When a request would be due at the earliest, for somebody who comes back after `rest`.
fn due(
    pool: &[Credential],
    state: &State,
    model: &str,
    now: Timestamp,
    rest: Duration,
) -> Timestamp {
    let free = match choose(pool, state, model, now, |_| false) {
        Choice::Cooling { until, .. } => until,
        _ => now,
    };
    let room = match state.room(model, now) {
        Room::None(until, _) => until,
        Room::Free | Room::Probe => now,
    };
    later(now, rest).max(free).max(room)
}

#[cfg(test)]
mod tests;
