//! `lld-check gate`.

use cli::{Exit, Failure, Out};
use records::IssueNumber;
use repo::Place;

use super::examine;
use crate::{issues, show};

/// Says whether `issue` may be coded.
pub(super) fn run(place: &Place, out: &mut Out, issue: IssueNumber) -> Result<Exit, Failure> {
    let list = issues::recall(place)?;
    for examined in examine::issues(place, out, list.as_ref(), &[issue])? {
        let gate = examined.gate?;
        out.print(&gate, show::gate)?;
        if gate.open {
            return Ok(Exit::Yes);
        }
    }
    Ok(Exit::No)
}
