//! `claim`, `renew` and `release`: who works on a task, one owner at a time.

use cli::{Exit, Failure, Out};

use crate::args::{ClaimArgs, ReleaseArgs, RenewArgs};
use crate::desk::{self, Desk};
use crate::git::preflight::preflight;
use crate::rules::claim::{self as rules, Claimant};
use crate::rules::standing::Standing;

use super::under_lock::{Request, decide};

pub(super) fn claim(desk: &Desk, args: &ClaimArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.sound_definitions()?;
    let task = desk::find(&definitions, &args.task.task)?;
    let lease = args.lease.unwrap_or(definitions.lease);
    let claimant = Claimant { role: &args.role, owner: &args.owner, lease };
    // Asked before the journal is locked. Whoever has the task already is not asked again: by now the
    // lane is being worked in.
    let history = desk.journal_of([&task.id])?;
    let standing = Standing::of(history.of(&task.id));
    let lane = if rules::holds(&standing, claimant, cli::clock::now()).is_some() {
        Ok(None)
    } else {
        let who = (args.role.as_str(), args.owner.as_str());
        preflight(desk, &definitions, task, who, !args.no_fetch)?
    };
    let request = Request { desk, definitions: &definitions, task, command: "claim" };
    decide(request, "claimed", out, |scene, event| {
        rules::claim(scene, claimant, lane).put(&mut event.claim)
    })
}

pub(super) fn renew(desk: &Desk, args: &RenewArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.sound_definitions()?;
    let task = desk::find(&definitions, &args.task.task)?;
    let lease = args.lease.unwrap_or(definitions.lease);
    let request = Request { desk, definitions: &definitions, task, command: "renew" };
    decide(request, "renewed", out, |scene, event| {
        rules::renew(scene, &args.owner, lease).put(&mut event.claim)
    })
}

pub(super) fn release(desk: &Desk, args: &ReleaseArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.sound_definitions()?;
    let task = desk::find(&definitions, &args.task.task)?;
    let request = Request { desk, definitions: &definitions, task, command: "release" };
    decide(request, "released", out, |scene, event| {
        rules::release(scene, &args.owner, args.reason.as_deref()).put(&mut event.release)
    })
}
