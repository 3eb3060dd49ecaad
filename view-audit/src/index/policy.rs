//! Whether a question is answered with an index.

use std::io;
use std::path::Path;

use cli::clock;

use super::lines::Lines;
use super::trust::{believed, make};
use super::wanted::Wanted;
use crate::filter::Filter;
use crate::history::History;

/// From how many bytes on a history has an index without being asked for one.
const LARGE: u64 = 64 << 20;

/// Which histories have an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// None.
    Never,
    /// Large ones.
    Large,
    /// All.
    Always,
}

/// The lines of `history` that may be wanted, from the index at `path`. `None` when the history itself
/// is to be read: there is no index, and none is to be made, or another process is making it.
///
/// Unless it was asked for, an index is made only for a question that reads the whole history anyway
/// (`reads_all`).
///
/// # Errors
/// When an index that is to be there cannot be made.
pub(crate) fn lines(
    path: &Path,
    history: &History,
    wanted: (&Filter, Option<&str>),
    reads_all: bool,
    policy: Policy,
) -> io::Result<Option<Lines>> {
    let is_asked_for = match policy {
        Policy::Never => false,
        Policy::Large => history.len() >= LARGE,
        Policy::Always => true,
    };
    let (filter, project) = wanted;
    if !is_asked_for || filter.is_empty() || history.split() == 0 {
        return Ok(None);
    }
    let index = match believed(path, history) {
        Some(index) => Some(index),
        None if reads_all || policy == Policy::Always => {
            make(path, history, clock::now().instant())?
        }
        None => None,
    };
    Ok(index.map(|index| {
        let wanted = Wanted::new(filter, project, &index);
        Lines::new(index, wanted)
    }))
}
