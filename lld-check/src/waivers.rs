//! The journal of waivers, `<git common dir>/switchyard/waivers.jsonl`.

use std::path::PathBuf;

use cli::Failure;
use records::lld_check::WaiverEvent;
use repo::Place;

use crate::audit::named;
use crate::notes::Notes;

/// The file's name.
const FILE: &str = "waivers.jsonl";

/// What was decided so far.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// Every decision, oldest first.
    pub(crate) events: Vec<WaiverEvent>,
    /// The damaged lines, for a message; `None` when there is none.
    pub(crate) damaged: Option<String>,
}

fn file(place: &Place) -> PathBuf {
    place.state_dir().join(FILE)
}

/// Reads the journal, which need not exist. A last line that is cut off was never acknowledged; stderr
/// says so.
pub(crate) fn load(place: &Place, notes: &dyn Notes) -> Result<Book, Failure> {
    let loaded = journal::load::<WaiverEvent>(file(place))?;
    if let Some(torn) = &loaded.torn {
        notes.add(&torn.to_string());
    }
    let damaged = (!loaded.damaged.is_empty()).then(|| named(&loaded.damaged));
    Ok(Book { events: loaded.records.into_iter().map(|(_, event)| event).collect(), damaged })
}

/// Appends a decision.
pub(crate) fn append(place: &Place, event: &WaiverEvent) -> Result<(), Failure> {
    place.make_state_dir()?;
    journal::append(file(place), event)?;
    Ok(())
}
