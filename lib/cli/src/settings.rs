//! What `--show-config` prints, alike in every tool.

use records::{ConfigItem, Exit};

use crate::{Cell, Failure, Out, Table};

/// Prints each setting with its source: a line of JSON each, or a table for people.
///
/// # Errors
/// When stdout cannot be written.
pub fn print_settings(items: &[ConfigItem], out: &mut Out) -> Result<Exit, Failure> {
    let mut table = Table::new(["KEY", "SOURCE", "VALUE"]);
    for item in items {
        if out.is_json() {
            let line = serde_json::to_string(item);
            out.raw_line(&line.map_err(|e| Failure::world("cannot print a setting", e))?)?;
        }
        table.row([Cell::new(&item.key), Cell::new(&item.source), Cell::new(&item.value)]);
    }
    out.page(|page| table.show(page))?;
    Ok(Exit::Yes)
}
