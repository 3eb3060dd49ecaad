//! `validate`: every mistake at once.

use cli::{Exit, Failure, Out};
use records::merge_queue::Validation;

use crate::desk::Desk;
use crate::show;

pub(super) fn run(desk: &Desk, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.definitions()?;
    let history = desk.history(out)?;
    let exit = match (definitions.mistakes.is_empty(), history.damage.is_empty()) {
        (false, _) => Exit::Usage,
        (true, false) => Exit::Damaged,
        (true, true) => Exit::Yes,
    };
    let validation = Validation {
        file: definitions.file.display().to_string(),
        files: definitions.files().map(Into::into).collect(),
        valid: exit == Exit::Yes,
        tasks: definitions.tasks.len(),
        roles: definitions.roles.len(),
        routes: definitions.routes.len(),
        events: history.events.len(),
        mistakes: definitions.mistakes.into_iter().chain(history.damage.iter().cloned()).collect(),
    };
    out.print(&validation, show::validation)?;
    Ok(exit)
}
