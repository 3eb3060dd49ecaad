//! `show ID`: one entry, whole.

use cli::{Exit, Failure, Out};
use records::Reason;
use records::view_audit::NotShown;

use crate::entry_json;
use crate::projects::Root;
use crate::run::{ended, open};
use crate::view::{Matches, Reading, View};
use crate::whole;

/// How many ids are named when several begin alike.
const NAMED: usize = 10;

/// Shows the entries with `id`, or with the one id that begins with it.
pub(crate) fn run(id: &str, roots: &[Root], out: &mut Out) -> Result<Exit, Failure> {
    let (mut view, failed) = open(roots, Reading::Id(id), None);
    view.notes.iter().for_each(|note| out.note(note));
    let matches = view.find_id(id)?;
    let exit = if matches.ids.len() == 1 {
        print(&view, &matches, out)?;
        Exit::Yes
    } else {
        let refusal = not_shown(id, &matches);
        out.print(&refusal, |refusal, page| page.reasons(&refusal.reasons))?;
        Exit::No
    };
    out.flush()?;
    ended(&view, failed, exit)
}

fn print(view: &View, matches: &Matches, out: &mut Out) -> Result<(), Failure> {
    for (number, found) in matches.places.iter().enumerate() {
        let bytes = view.bytes(&found.place)?;
        if out.is_json() {
            out.raw(&entry_json::line(&bytes))?;
            continue;
        }
        let project = view.project(found.log);
        out.page(|page| {
            if number > 0 {
                page.blank();
            }
            whole::show(&bytes, project, page);
        })?;
    }
    if matches.places.len() > 1 {
        out.note(&format!("{} entries with this id differ", matches.places.len()));
    }
    Ok(())
}

fn not_shown(id: &str, matches: &Matches) -> NotShown {
    let named: Vec<String> = matches.ids.iter().take(NAMED).cloned().collect();
    let reason = match matches.ids.len() {
        0 => Reason::new(
            "not_found",
            format!("no entry has an id that is or begins with {id}"),
            "list the ids with 'view-audit --all --format json | jq -r .id', or name another log with \
             --root",
        ),
        count => Reason::new(
            "ambiguous",
            format!("{count} ids begin with {id}, such as {}", named.join(", ")),
            "give more of the id",
        ),
    };
    let count = matches.ids.len() as u64;
    NotShown { id: id.to_owned(), matches: named, count, reasons: vec![reason] }
}
