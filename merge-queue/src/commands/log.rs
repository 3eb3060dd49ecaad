//! `log`: the events of a task.

use cli::{Cell, Exit, Failure, Out, Table, Tone};
use records::merge_queue::Event;

use crate::args::TaskArg;
use crate::desk::{self, Desk};
use crate::show;

pub(super) fn run(desk: &Desk, args: &TaskArg, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.definitions()?;
    let task = desk::find(&definitions, &args.task)?;
    let history = desk.history(out)?;
    // What failed last: its output is what a reader looks for, and all of it is in the JSON.
    let mut red = None;
    let mut table = Table::new(["EVENT", "WHEN", "ACTOR", "KIND", "WHAT"]);
    for event in history.events.iter().filter(|event| {
        event.task.as_ref() == Some(&task.id) || event.added.iter().any(|added| added.id == task.id)
    }) {
        if out.is_json() {
            out.print(&Event(event.clone()), |_, _| ())?;
        }
        if show::is_red(event) {
            red = Some(event);
        }
        table.row([
            Cell::new(event.seq),
            Cell::new(cli::clock::local(event.at)),
            Cell::new(&event.actor),
            Cell::new(&event.kind),
            Cell::new(show::gist(event)),
        ]);
    }
    out.page(|page| {
        table.show(page);
        if let Some(event) = red {
            page.blank();
            page.line(Tone::Bad, format_args!("event {} ended its output with:", event.seq));
            show::output_tail(event, page);
        }
    })?;
    match history.damage.first() {
        None => Ok(Exit::Yes),
        Some(damage) => {
            let place = format!("{}:{}", damage.file, damage.line);
            Err(Failure::damaged(place, &damage.message).hint(
                "every event that can be read is printed; 'merge-queue validate' lists all damage",
            ))
        }
    }
}
