//! `prune-stale`: archives what the journal knows of tasks that are not defined any more.

use std::rc::Rc;

use cli::{Cell, Exit, Failure, Out, Table, Tone};
use records::QueueEvent;
use records::merge_queue::{Refused, Stale};

use crate::args::PruneStaleArgs;
use crate::desk::Desk;
use crate::history::{self, History};
use crate::rules::definitions::Definitions;
use crate::rules::stale::{self, ARCHIVED};
use crate::show;

pub(super) fn run(desk: &Desk, args: &PruneStaleArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.sound_definitions()?;
    let history = desk.history(out)?;
    let mut found =
        stale::find(&definitions, &history.events, args.allow_shrink, cli::clock::now());
    if args.apply && !found.reasons.is_empty() {
        let refused =
            Refused { task: "all".into(), command: "prune-stale".into(), reasons: found.reasons };
        out.print(&refused, show::refused)?;
        return Ok(Exit::No);
    }
    if args.apply {
        for stale in &mut found.stale {
            stale.archived = archive(desk, &definitions, &history, stale)?;
        }
    }
    let mut table = Table::new(["TASK", "EVENTS", "LAST", "WHEN", "ARCHIVED"]);
    for stale in &found.stale {
        if out.is_json() {
            out.print(stale, |_, _| ())?;
        }
        table.row([
            Cell::new(&stale.task),
            Cell::new(stale.events).number(),
            Cell::new(stale.last_event).number(),
            Cell::new(cli::clock::local(stale.last_at)),
            Cell::new(if stale.archived { "yes" } else { "no" }),
        ]);
    }
    out.page(|page| {
        if table.is_empty() {
            page.line(Tone::Good, "nothing is stale");
        } else {
            table.show(page);
        }
        page.reasons(&found.reasons);
    })?;
    if !args.apply && !found.stale.is_empty() {
        out.note("nothing was changed; --apply archives what is listed");
    }
    Ok(Exit::Yes)
}

/// Archives one task, unless something happened to it meanwhile. Says whether it did.
fn archive(
    desk: &Desk,
    definitions: &Definitions,
    history: &Rc<History>,
    stale: &Stale,
) -> Result<bool, Failure> {
    let blank = desk.blank(&stale.task, ARCHIVED)?;
    let appended = history::append_after(desk, Rc::clone(history), |seq, history| {
        let now = cli::clock::now();
        // The others are archived already, so that they do not count for the guard any more.
        let found = stale::find(definitions, &history.events, true, now);
        let same = found.stale.contains(stale) && found.reasons.is_empty();
        Ok(if same { Ok(QueueEvent { seq, at: now, ..blank }) } else { Err(()) })
    })?;
    Ok(appended.is_ok())
}
