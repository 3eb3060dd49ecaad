//! `freeze` and `thaw`: whether anything may land.

use cli::{Exit, Failure, Out};
use jiff::tz::TimeZone;
use records::merge_queue::{Event, Refused};
use records::{Freeze, QueueEvent, Reason, Stamp};

use crate::args::FreezeArgs;
use crate::desk::Desk;
use crate::history::{self, History};
use crate::rules::frozen::{FROZEN, THAWED, frozen};
use crate::show;

pub(super) fn freeze(desk: &Desk, args: FreezeArgs, out: &mut Out) -> Result<Exit, Failure> {
    let now = cli::clock::now();
    let until =
        match args.until {
            None => None,
            Some(until) => Some(until.instant(now, &TimeZone::system()).ok_or_else(|| {
                Failure::usage("--until", "that is after the end of the calendar")
            })?),
        };
    if let Some(until) = until.filter(|until| *until <= now) {
        return Err(Failure::usage("--until", format_args!("{until} is over")));
    }
    let freeze = Freeze { reason: args.reason, until, base: None, output_tail: String::new() };
    let event = record(desk, freeze)?;
    out.print(&Event(event), |event, page| show::event(&event.0, page))?;
    Ok(Exit::Yes)
}

/// Records that nothing may land from now on.
pub(crate) fn record(desk: &Desk, freeze: Freeze) -> Result<QueueEvent, Failure> {
    let blank = desk.blank_of_queue(FROZEN)?;
    let appended = history::append(&desk.place, |seq, _| {
        Ok(Some(QueueEvent { seq, frozen: Some(freeze), ..blank }))
    })?;
    appended
        .map(|(event, _)| event)
        .ok_or_else(|| Failure::world("cannot record", "the event was not appended"))
}

pub(super) fn thaw(desk: &Desk, out: &mut Out) -> Result<Exit, Failure> {
    let blank = desk.blank_of_queue(THAWED)?;
    let history = desk.history(out)?;
    let thawed = history::append_after(desk, history, |seq, history| {
        let now = cli::clock::now();
        let thawed = QueueEvent { seq, at: now, ..blank };
        Ok(if frozen(&history.events, now).is_some() { Ok(thawed) } else { Err(()) })
    })?;
    if let Ok(event) = thawed {
        out.print(&Event(event), |event, page| show::event(&event.0, page))?;
        return Ok(Exit::Yes);
    }
    let reason = Reason::new("not_frozen", "the queue is not frozen", "merge-queue land --ready");
    let refused = Refused { task: "all".into(), command: "thaw".into(), reasons: vec![reason] };
    out.print(&refused, show::refused)?;
    Ok(Exit::No)
}

/// Says that a yes lands nothing while the queue is frozen: whether a task may land does not depend on it.
pub(super) fn mention(history: &History, now: Stamp, out: &Out) {
    if let Some(frozen) = frozen(&history.events, now) {
        out.note(&format!("{}; land refuses until then", frozen.reason().message));
    }
}
