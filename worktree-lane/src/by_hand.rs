//! `lock` and `unlock`: a person's lock on a lane, which is git's own (docs/decisions/0024).
//!
//! It keeps the lane from being removed, by this tool and by git. It is no claim: owners come and go
//! while it stays. Where it takes the place in which git shows a claim, the claim stands all the same.

use cli::{Exit, Failure, Out, Page, Tone};
use records::worktree_lane::Locking;
use records::{LaneEvent, LaneEventKind, Reason};
use repo::shell_words;

use crate::args;
use crate::claim::{self, shadow};
use crate::held::{self, Held};
use crate::here::Here;
use crate::history;

/// Runs `lock`.
pub(crate) fn lock(
    here: &Here,
    actor: &str,
    asked: &args::Lock,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let who = cli::clean(actor);
    let reason = match &asked.reason {
        Some(reason) => format!("{reason} (locked by {who})"),
        None => format!("locked by {who}"),
    };
    let answer = in_lane(here, actor, "lock", &asked.lane, out, |held, answer| {
        let Some((admin, event)) = parts(held) else { return Ok(()) };
        if let Some(present) = held.entry().locked_by_hand() {
            answer.reasons.push(locked(&event.lane, present));
            return Ok(());
        }
        record(here, actor, LaneEventKind::Locked, event, &reason)?;
        if shadow::set_by_hand(admin, &reason)? {
            answer.locked = Some(reason);
            answer.done = true;
        } else {
            answer.reasons.push(locked(&event.lane, "somebody locked it just now"));
        }
        Ok(())
    })?;
    finish(&answer, out)
}

/// Runs `unlock`.
pub(crate) fn unlock(
    here: &Here,
    actor: &str,
    asked: &args::Unlock,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let answer = in_lane(here, actor, "unlock", &asked.lane, out, |held, answer| {
        let Some((admin, event)) = parts(held) else { return Ok(()) };
        match (held.entry().locked_by_hand(), held.entry().claim()) {
            (Some(present), claim) => {
                record(here, actor, LaneEventKind::Unlocked, event, present)?;
                shadow::unset_by_hand(admin, claim.as_ref())?;
                answer.locked = None;
                answer.was = Some(present.to_owned());
                answer.done = true;
            }
            (None, Some(claim)) => {
                let next = claim::release_it(&event.lane, &claim.owner);
                let message = claim::claimed(&event.lane, &claim).message;
                answer.reasons.push(Reason::new("claimed", message, next));
            }
            // It is as it was asked for.
            (None, None) => answer.done = true,
        }
        Ok(())
    })?;
    finish(&answer, out)
}

fn locked(lane: &str, why: &str) -> Reason {
    let why = if why.is_empty() { "no reason is given" } else { why };
    let next = shell_words(["worktree-lane", "unlock", lane]);
    Reason::new("locked", format!("lane {lane} is locked already: {why}"), next)
}

fn finish(answer: &Locking, out: &mut Out) -> Result<Exit, Failure> {
    out.print(answer, show)?;
    Ok(if answer.done { Exit::Yes } else { Exit::No })
}

fn show(answer: &Locking, page: &mut Page) {
    let lane = &answer.lane;
    match (answer.done, &answer.locked, &answer.was) {
        (false, ..) => {
            page.line(Tone::Bad, format_args!("lane {lane} was not {}ed", answer.command));
            page.reasons(&answer.reasons);
        }
        (true, Some(reason), _) => {
            page.line(Tone::Good, format_args!("lane {lane} is locked"));
            page.field("reason", reason);
        }
        (true, None, Some(was)) => {
            page.line(Tone::Good, format_args!("lane {lane} is locked no longer"));
            page.field("it was", was);
        }
        (true, None, None) => page.line(Tone::Good, format_args!("lane {lane} was not locked")),
    }
}

/// Git's folder for the lane, and the event that made it.
fn parts(held: &Held) -> Option<(&std::path::Path, &LaneEvent)> {
    let entry = held.entry();
    Some((entry.admin.as_deref()?, &entry.known.as_ref()?.last))
}

fn in_lane(
    here: &Here,
    actor: &str,
    command: &str,
    name: &str,
    out: &Out,
    change: impl FnOnce(&Held, &mut Locking) -> Result<(), Failure>,
) -> Result<Locking, Failure> {
    let mut answer = Locking {
        lane: name.into(),
        command: command.into(),
        done: false,
        path: None,
        locked: None,
        was: None,
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
    answer.locked = entry.locked_by_hand().map(str::to_owned);
    // A lock is of use just when the folder is away, as on a disk that is not mounted.
    if let Some(reason) = held::not_for_us(entry).filter(|why| why.code != "missing") {
        answer.reasons.push(reason);
        return Ok(answer);
    }
    change(&held, &mut answer)?;
    Ok(answer)
}

fn record(
    here: &Here,
    actor: &str,
    kind: LaneEventKind,
    like: &LaneEvent,
    note: &str,
) -> Result<(), Failure> {
    let event = LaneEvent { note: Some(note.to_owned()), ..history::event(actor, kind, like) };
    history::append(here, &event)
}
