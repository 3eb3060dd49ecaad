//! `claim`, `renew` and `release`: whose a lane is (docs/decisions/0024).
//!
//! Every one of them holds the lane's lock from reading the journal to the last step, so that one of
//! any number wins. The event is written first, then git's lock follows it; a run that was killed in
//! between is made good by the next command for the lane.

mod process;
pub(crate) mod shadow;
mod show;
mod standing;

use std::path::Path;
use std::time::Duration;

use cli::{Exit, Failure, Out, clock};
use records::worktree_lane::Claim;
use records::{LaneClaim, LaneEvent, LaneEventKind, Reason};

use crate::args;
use crate::held::{self, Held};
use crate::here::Here;
use crate::history::{self, History, Known};
use crate::lock::Lock;
use crate::registry::{Admin, Entry};

pub(crate) use show::{not_claimed, release_it};
use standing::{Claiming, Wanted, claiming, prolonged};
pub(crate) use standing::{LONGEST, Standing};

/// How the claim of a lane stands now.
pub(crate) fn standing(known: &Known) -> Standing {
    standing::standing(known.claim(), clock::now(), process::is_gone)
}

/// Makes git's lock on the lane's worktree show the claim as it stands. The caller holds the lane's
/// lock. Gives whether something was changed.
pub(crate) fn settle(entry: &Entry) -> Result<bool, Failure> {
    match (&entry.admin, &entry.known) {
        (Some(admin), Some(known)) => shadow::settle(admin, standing(known).held()),
        _ => Ok(false),
    }
}

/// The reason that another has claimed the lane.
pub(crate) fn claimed(lane: &str, claim: &LaneClaim) -> Reason {
    let next = format!("try again after {}, or ask '{}' to release it", claim.until, claim.owner);
    Reason::new("claimed", format!("lane {lane} is claimed by {}", show::who(claim)), next)
}

/// The same for every lane that nobody is changing, as far as it is not so already.
pub(crate) fn settle_idle(here: &Here, history: &History, admins: &[Admin]) -> Result<(), Failure> {
    for known in history.live() {
        let lane = &known.last.lane;
        let of_lane = |admin: &&Admin| {
            admin.lane.as_ref() == Some(lane)
                && admin.path.as_deref() == Some(Path::new(&known.last.path))
        };
        let Some(admin) = admins.iter().find(of_lane) else { continue };
        if !shadow::is_right(admin.locked.as_deref(), standing(known).held())
            && let Some(_lane) = Lock::idle_lane(here, lane)?
            && let Some(known) = History::load(here)?.lane(lane)
        {
            shadow::settle(&admin.dir, standing(known).held())?;
        }
    }
    Ok(())
}

/// Claims a lane that was made just now, and whose lock the caller holds.
pub(crate) fn take(
    here: &Here,
    actor: &str,
    made: &LaneEvent,
    admin: &Path,
    owner: &str,
    ttl: Duration,
) -> Result<(), Failure> {
    let wanted = Wanted { owner: owner.into(), ttl, process: None };
    if let Claiming::New(claim) = claiming(&Standing::Free, &wanted, clock::now()) {
        let event = history::event(actor, LaneEventKind::Claimed, made);
        history::append(here, &LaneEvent { claim: Some(claim.clone()), ..event })?;
        shadow::settle(admin, Some(&claim))?;
    }
    Ok(())
}

/// Runs `claim`.
pub(crate) fn claim(
    here: &Here,
    actor: &str,
    asked: &args::Claim,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let process = asked.pid.map(process::mark).transpose()?;
    let wanted = Wanted { owner: asked.owner.name.clone(), ttl: asked.lease.ttl, process };
    let answer = in_lane(here, actor, "claim", &asked.lane, out, |lane, answer| {
        match claiming(&lane.standing, &wanted, clock::now()) {
            Claiming::New(claim) => {
                answer.ended = lane.standing.ended();
                let note = show::taken_over(&lane.standing);
                lane.record(LaneEventKind::Claimed, &claim, note, answer)
            }
            Claiming::Prolonged(claim) => lane.record(LaneEventKind::Renewed, &claim, None, answer),
            Claiming::Refused => {
                lane.refuse(answer);
                Ok(())
            }
        }
    })?;
    finish(&answer, out)
}

/// Runs `renew`.
pub(crate) fn renew(
    here: &Here,
    actor: &str,
    asked: &args::Renew,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let owner = &asked.owner.name;
    let answer =
        in_lane(here, actor, "renew", &asked.lane, out, |lane, answer| match &lane.standing {
            Standing::Held(held) if held.owner == *owner => {
                let claim = prolonged(held, asked.lease.ttl, clock::now());
                lane.record(LaneEventKind::Renewed, &claim, None, answer)
            }
            Standing::Held(_) => {
                lane.refuse(answer);
                Ok(())
            }
            Standing::Free | Standing::Ended(..) => {
                answer.ended = lane.standing.ended();
                answer.reasons.push(not_claimed(&lane.id, owner, &lane.standing));
                Ok(())
            }
        })?;
    finish(&answer, out)
}

/// Runs `release`.
pub(crate) fn release(
    here: &Here,
    actor: &str,
    asked: &args::Release,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let owner = &asked.owner.name;
    let answer = in_lane(here, actor, "release", &asked.lane, out, |lane, answer| {
        answer.ended = lane.standing.ended();
        match &lane.standing {
            Standing::Held(held) if held.owner != *owner => {
                lane.refuse(answer);
                Ok(())
            }
            Standing::Held(held) => lane.give_up(held, answer),
            Standing::Ended(claim, _) if claim.owner == *owner => lane.give_up(claim, answer),
            // Nothing of this owner's is left to give up.
            Standing::Free | Standing::Ended(..) => {
                answer.done = true;
                Ok(())
            }
        }
    })?;
    finish(&answer, out)
}

fn finish(answer: &Claim, out: &mut Out) -> Result<Exit, Failure> {
    out.print(answer, show::answer)?;
    Ok(if answer.done { Exit::Yes } else { Exit::No })
}

/// A lane whose lock is held, and how its claim stands.
struct Lane<'a> {
    here: &'a Here,
    actor: &'a str,
    id: String,
    known: Known,
    held: Held,
    standing: Standing,
}

/// Finds the lane and lets `change` decide.
fn in_lane(
    here: &Here,
    actor: &str,
    command: &str,
    name: &str,
    out: &Out,
    change: impl FnOnce(&Lane<'_>, &mut Claim) -> Result<(), Failure>,
) -> Result<Claim, Failure> {
    let mut answer = Claim {
        lane: name.into(),
        command: command.into(),
        done: false,
        path: None,
        branch: None,
        owner: None,
        since: None,
        until: None,
        pid: None,
        ended: None,
        retry_at: None,
        reasons: Vec::new(),
    };
    let held = match held::lane(here, actor, name, out)? {
        Ok(held) => held,
        Err(reason) => {
            answer.reasons.push(reason);
            return Ok(answer);
        }
    };
    let entry = held.entry();
    answer.path = Some(entry.worktree.path.to_string_lossy().into_owned());
    answer.branch.clone_from(&entry.worktree.branch);
    // A claim can be given up although the folder is gone.
    let against =
        held::not_for_us(entry).filter(|why| command != "release" || why.code != "missing");
    let known = match (against, entry.known.clone()) {
        (None, Some(known)) => known,
        (reason, _) => {
            answer.reasons.extend(reason);
            return Ok(answer);
        }
    };
    let standing = standing(&known);
    let lane = Lane { here, actor, id: known.last.lane.clone(), known, held, standing };
    answer_with(&mut answer, lane.standing.held());
    change(&lane, &mut answer)?;
    Ok(answer)
}

/// Says who has the lane.
fn answer_with(answer: &mut Claim, claim: Option<&LaneClaim>) {
    answer.owner = claim.map(|claim| claim.owner.clone());
    answer.since = claim.map(|claim| claim.since);
    answer.until = claim.map(|claim| claim.until);
    answer.pid = claim.and_then(|claim| Some(claim.process.as_ref()?.pid));
}

impl Lane<'_> {
    /// Another has it.
    fn refuse(&self, answer: &mut Claim) {
        if let Some(held) = self.standing.held() {
            answer.retry_at = Some(held.until);
            answer.reasons.push(claimed(&self.id, held));
        }
    }

    /// Writes down a claim that holds from now on, then shows it in git's lock.
    fn record(
        &self,
        kind: LaneEventKind,
        claim: &LaneClaim,
        note: Option<String>,
        answer: &mut Claim,
    ) -> Result<(), Failure> {
        self.append(kind, claim.clone(), note)?;
        answer_with(answer, Some(claim));
        answer.done = true;
        self.show_in_git(Some(claim)).map_err(|failure| {
            failure.hint("the claim stands, and plain git does not show it; repeat the command")
        })
    }

    /// Writes down that a claim is given up, then takes git's lock off.
    fn give_up(&self, claim: &LaneClaim, answer: &mut Claim) -> Result<(), Failure> {
        let note = show::ended_before(&self.standing);
        self.append(LaneEventKind::Released, claim.clone(), note)?;
        answer_with(answer, None);
        answer.done = true;
        self.show_in_git(None).map_err(|failure| {
            failure.hint("the lane is free; the next command takes the lock off")
        })
    }

    fn show_in_git(&self, claim: Option<&LaneClaim>) -> Result<(), Failure> {
        match &self.held.entry().admin {
            Some(admin) => shadow::settle(admin, claim).map(drop),
            None => Ok(()),
        }
    }

    fn append(
        &self,
        kind: LaneEventKind,
        claim: LaneClaim,
        note: Option<String>,
    ) -> Result<(), Failure> {
        let event = history::event(self.actor, kind, &self.known.last);
        history::append(self.here, &LaneEvent { claim: Some(claim), note, ..event })
    }
}
