//! Whether a claim stands, and what a command may make of it: pure functions of the claim, the owner
//! who asks, and the time.
//!
//! A claim ends with its lease or with its process. When the clock was set back, a lease seems to
//! last longer; it is never cut short, because its owner may be at work.

use std::time::Duration;

use jiff::SignedDuration;
use records::worktree_lane::{ClaimEnd, EndedClaim};
use records::{LaneClaim, ProcessMark, Stamp};

/// The longest lease. Whoever needs a lane for longer renews it.
pub(crate) const LONGEST: Duration = Duration::from_hours(7 * 24);

/// The state of a lane's claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nobody has claimed the lane, or the claim was given up.
    Free,
    /// It stands.
    Held(LaneClaim),
    /// It has ended without being given up.
    Ended(LaneClaim, ClaimEnd),
}

impl Standing {
    /// The claim, if it stands.
    pub(crate) const fn held(&self) -> Option<&LaneClaim> {
        match self {
            Self::Held(claim) => Some(claim),
            Self::Free | Self::Ended(..) => None,
        }
    }

    /// The claim before, as it is printed.
    pub(crate) fn ended(&self) -> Option<EndedClaim> {
        match self {
            Self::Ended(claim, by) => {
                Some(EndedClaim { owner: claim.owner.clone(), until: claim.until, by: *by })
            }
            Self::Free | Self::Held(_) => None,
        }
    }
}

/// Whether `claim` stands at `now`; `is_gone` says whether a process has ended for certain.
pub(crate) fn standing(
    claim: Option<&LaneClaim>,
    now: Stamp,
    is_gone: impl FnOnce(&ProcessMark) -> bool,
) -> Standing {
    let Some(claim) = claim.cloned() else { return Standing::Free };
    if now >= claim.until {
        Standing::Ended(claim, ClaimEnd::Lease)
    } else if claim.process.as_ref().is_some_and(is_gone) {
        Standing::Ended(claim, ClaimEnd::Process)
    } else {
        Standing::Held(claim)
    }
}

/// What `claim` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Who asks.
    pub(crate) owner: String,
    /// For how long from now.
    pub(crate) ttl: Duration,
    /// The process that the claim is to live and die with.
    pub(crate) process: Option<ProcessMark>,
}

/// What becomes of a wish to claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Claiming {
    /// A new claim.
    New(LaneClaim),
    /// The owner has it already: the same claim, prolonged.
    Prolonged(LaneClaim),
    /// Another has it, or another process of the same owner.
    Refused,
}

/// One owner at a time. An owner that has the lane gets it again, for longer if that is asked; but
/// not for a second process while the first may be alive: that would be two at work.
pub(crate) fn claiming(standing: &Standing, wanted: &Wanted, now: Stamp) -> Claiming {
    let Standing::Held(held) = standing else {
        return Claiming::New(LaneClaim {
            owner: wanted.owner.clone(),
            since: now,
            until: later(now, wanted.ttl),
            process: wanted.process.clone(),
        });
    };
    let two_processes =
        held.process.is_some() && wanted.process.is_some() && held.process != wanted.process;
    if held.owner != wanted.owner || two_processes {
        return Claiming::Refused;
    }
    let process = wanted.process.clone().or_else(|| held.process.clone());
    Claiming::Prolonged(LaneClaim { process, ..prolonged(held, wanted.ttl, now) })
}

/// The claim with a lease of `ttl` from now, or as long as it has anyway. A lease that lies further
/// ahead than any can be asked for comes from a clock that was set back since, and is put right.
pub(crate) fn prolonged(held: &LaneClaim, ttl: Duration, now: Stamp) -> LaneClaim {
    let asked = later(now, ttl);
    let until = if held.until > later(now, LONGEST) { asked } else { asked.max(held.until) };
    LaneClaim { until, ..held.clone() }
}

/// `ttl` after `now`.
fn later(now: Stamp, ttl: Duration) -> Stamp {
    let span = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX);
    Stamp::new(now.instant().saturating_add(span).unwrap_or(now.instant()))
}

#[cfg(test)]
mod tests;
