//! `lld-check --show-config`.

use cli::{Exit, Failure, Out};
use repo::Place;

use crate::settings;

/// Prints the settings that hold.
pub(super) fn show(place: &Place, out: &mut Out) -> Result<Exit, Failure> {
    cli::print_settings(&config::shown(out.tool(), &settings::load(place)?), out)
}
