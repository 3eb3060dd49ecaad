//! `trash list`.

use cli::{Cell, Exit, Failure, Out, Table, clock};

use crate::here::Here;

use super::entry;

/// Prints the entries, oldest first.
///
/// # Errors
/// For an entry that cannot be read, after the others were printed.
pub(crate) fn run(here: &Here, out: &mut Out) -> Result<Exit, Failure> {
    let (entries, damaged) = entry::all(here)?;
    let all: Vec<_> = entries.iter().map(entry::Entry::noun).collect();
    if out.is_json() {
        for trashed in &all {
            out.print(trashed, |_, _| {})?;
        }
    }
    out.page(|page| {
        let mut table = Table::new(["NAME", "LANE", "REMOVED", "BRANCH", "PATH"]);
        for trashed in &all {
            table.row([
                Cell::new(&trashed.name),
                Cell::new(&trashed.lane),
                Cell::new(clock::local(trashed.at)),
                Cell::maybe(trashed.branch.as_deref()),
                Cell::new(&trashed.path),
            ]);
        }
        table.show(page);
    })?;
    // What can be shown is shown; the first that cannot ends the command.
    let mut damaged = damaged.into_iter();
    let Some(first) = damaged.next() else { return Ok(Exit::Yes) };
    damaged.for_each(|failure| out.note(&failure.to_string()));
    Err(first.hint("the files of that lane are whole, in `tree` beside it"))
}
