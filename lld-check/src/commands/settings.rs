//! `lld-check --show-config`.

use cli::{Exit, Failure, Out, Tone};
use repo::Place;

use crate::settings;

/// Prints the settings that hold.
pub(super) fn show(place: &Place, out: &mut Out) -> Result<Exit, Failure> {
    let loaded = settings::load(place)?;
    for item in config::shown("lld-check", &loaded) {
        if out.is_json() {
            let line = serde_json::to_string(&item)
                .map_err(|e| Failure::world("cannot print a setting", e))?;
            out.raw_line(&line)?;
        }
        out.page(|page| {
            page.line(Tone::Plain, format_args!("{} = {}", item.key, item.value));
            page.field("from", &item.source);
        })?;
    }
    Ok(Exit::Yes)
}
