//! `trash list`.

use cli::{Cell, Exit, Failure, Out, Table, clock};

use crate::here::Here;

use super::entry;

/// Prints the entries, oldest first.
pub(crate) fn run(here: &Here, out: &mut Out) -> Result<Exit, Failure> {
    let all: Vec<_> = entry::all(here)?.iter().map(entry::Entry::noun).collect();
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
    Ok(Exit::Yes)
}
