//! The list that `coverage` saw last, in `<git common dir>/switchyard/issues.json`.

use std::io;

use cli::Failure;
use repo::Place;

use super::IssueList;

/// The file's name.
const FILE: &str = "issues.json";

/// Keeps `bytes`, which must be a list, for later calls and for other worktrees.
pub(crate) fn remember(place: &Place, bytes: &[u8]) -> Result<(), Failure> {
    let file = place.make_state_dir()?.join(FILE);
    Ok(journal::replace(file, |out| out.write_all(bytes))?)
}

/// The list that was kept; `None` when there is none yet.
pub(crate) fn recall(place: &Place) -> Result<Option<IssueList>, Failure> {
    let file = place.state_dir().join(FILE);
    match std::fs::read(&file) {
        Ok(bytes) => IssueList::parse(&file.display().to_string(), &bytes).map(Some),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Failure::io("cannot read", &file, &e)),
    }
}
