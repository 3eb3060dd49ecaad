//! What `status` says about issues that may be coded without an approved LLD: the rule, the waivers.

use cli::{Failure, Out};
use records::lld_check::{Status, Waiver, WaiverState};
use records::{IssueNumber, Reason};
use repo::Place;

use super::examine::waivers_of;
use crate::audit::Scan;
use crate::document::find::Documents;
use crate::document::read::Document;
use crate::gate::end_by_review;
use crate::issues::{self, IssueList};
use crate::settings::{self, Gates};
use crate::waivers::{self, Book};

/// Read once for all documents.
pub(super) struct Excuses {
    list: Option<IssueList>,
    gates: Gates,
    book: Book,
}

impl Excuses {
    /// Reads the remembered list, the rules and the waivers.
    pub(super) fn read(place: &Place, out: &Out) -> Result<Self, Failure> {
        let list = issues::recall(place)?;
        let gates = settings::load(place)?.section;
        Ok(Self { list, gates, book: waivers::load(place, out)? })
    }

    /// Adds what holds for the issue of `status`, whose document is `document`.
    pub(super) fn add(
        &self,
        place: &Place,
        documents: &Documents,
        scan: &Scan,
        document: Option<&Document>,
        status: &mut Status,
    ) {
        let Some(issue) = status.issue else { return };
        let found = documents.of(issue);
        if self.book.events.iter().any(|event| event.issue == issue) {
            status.waivers = match waivers_of(place, &self.book, issue, found) {
                Ok(waivers) => end_by_review(waivers, &scan.of(issue).reviews, document),
                Err(_) => self.of_unreadable(place, issue),
            };
        }
        let known = self.list.as_ref().and_then(|list| list.get(issue));
        let rule = known.and_then(|issue| self.gates.no_lld(issue));
        let untouched = || scan.of(issue).reviews.is_empty() && scan.unreadable(issue).is_empty();
        if let Some(rule) = rule.filter(|_| found.is_empty() && untouched()) {
            let message = format!("no LLD is needed: {rule}");
            status.why = vec![Reason::without_step("lld_not_needed", message)];
            status.no_lld = Some(rule);
        }
    }

    /// The waivers of an issue of which a document cannot be read, which the answer says: none holds.
    fn of_unreadable(&self, place: &Place, issue: IssueNumber) -> Vec<Waiver> {
        let mut waivers = waivers_of(place, &self.book, issue, &[]).unwrap_or_default();
        for waiver in waivers.iter_mut().filter(|w| w.state != WaiverState::Withdrawn) {
            waiver.state = WaiverState::Outdated;
            waiver.ended = Some("a document of the issue cannot be read".into());
        }
        waivers
    }
}
