//! Gathering what the gate's decision rests on.

use cli::Failure;
use records::lld_check::{Gate, Trust, Waiver};
use records::{Bound, IssueNumber};
use repo::Place;

use super::logs;
use crate::audit::{Review, Scan, Wanted};
use crate::document::find::{Documents, Found};
use crate::document::read::Document;
use crate::gate::{self, Facts, Finding, Located, Waivers, locate};
use crate::issues::IssueList;
use crate::notes::Notes;
use crate::waivers::Book;
use crate::{settings, waivers};

/// One issue, looked at.
pub(super) struct Examined {
    /// The gate's answer; the error when the document cannot be judged.
    pub(super) gate: Result<Gate, Failure>,
    /// Which document counts.
    pub(super) located: Located,
}

/// Looks at `issues` in one reading of the documents and the audit log, with what may prove an approval
/// and, where somebody asks for it, the condition about the lane.
pub(super) fn issues(
    place: &Place,
    notes: &dyn Notes,
    list: Option<&IssueList>,
    issues: &[IssueNumber],
    (trust, lane): (Trust, Option<&Finding>),
) -> Result<Vec<Examined>, Failure> {
    let documents = Documents::list(place.worktree())?;
    let located: Vec<Located> = issues.iter().map(|issue| locate(documents.of(*issue))).collect();
    let read = |located: &Located| match located {
        Located::Active(path) => Document::read(place.worktree(), path).map(Some),
        _ => Ok(None),
    };
    let texts: Vec<Result<Option<Document>, Failure>> = located.iter().map(read).collect();
    let wanted = match issues {
        [only] => Wanted::Issue(*only),
        _ => Wanted::All,
    };
    let proof_of = |scan: &Scan, issue: IssueNumber, text: &Result<Option<Document>, Failure>| {
        let document = text.as_ref().ok()?.as_ref()?;
        gate::proof(&scan.of(issue).reviews, &document.sha256)
    };
    let proofs = |scan: &Scan| -> Vec<Review> {
        issues.iter().zip(&texts).filter_map(|(issue, text)| proof_of(scan, *issue, text)).collect()
    };
    let scan = Scan::read(&logs(place)?, wanted, cli::clock::now(), proofs)?;
    note_torn(notes, &scan);
    let gates = settings::load(place)?.section;
    let book = waivers::load(place, notes)?;

    let mut examined = Vec::with_capacity(issues.len());
    for ((issue, located), text) in issues.iter().zip(located).zip(texts) {
        let damage = match proof_of(&scan, *issue, &text) {
            Some(proof) => scan.damage_behind(&proof),
            None => scan.unreadable(*issue),
        };
        let known = list.and_then(|list| list.get(*issue));
        let no_lld = known.and_then(|issue| gates.no_lld(issue));
        let waivers = waivers_of(place, &book, *issue, documents.of(*issue));
        let gate = text.and_then(|document| {
            Ok(gate::decide(&Facts {
                issue: *issue,
                list,
                documents: documents.of(*issue),
                document: document.as_ref(),
                audit: &scan.of(*issue),
                damage: &damage,
                no_lld: no_lld.as_deref(),
                waivers: &waivers?,
                trust,
                lane: lane.cloned(),
            }))
        });
        examined.push(Examined { gate, located });
    }
    Ok(examined)
}

/// The waivers of an issue against its documents as they are now.
pub(super) fn waivers_of(
    place: &Place,
    book: &Book,
    issue: IssueNumber,
    documents: &[Found],
) -> Result<Vec<Waiver>, Failure> {
    if !book.events.iter().any(|event| event.issue == issue) {
        return Ok(Vec::new());
    }
    let documents = bound(place, documents)?;
    let damaged = book.damaged.as_deref();
    let now = cli::clock::now();
    let waivers = Waivers { events: &book.events, damaged, documents: &documents, now };
    Ok(waivers.of(issue, gate::CODE))
}

/// The documents by the digests of their designs.
pub(super) fn bound(place: &Place, documents: &[Found]) -> Result<Vec<Bound>, Failure> {
    let read = |found: &Found| {
        let document = Document::read(place.worktree(), &found.path)?;
        Ok(Bound { path: document.path, sha256: document.sha256 })
    };
    documents.iter().map(read).collect()
}

/// Says on stderr which logs end in a torn line.
pub(super) fn note_torn(notes: &dyn Notes, scan: &Scan) {
    for line in &scan.torn {
        notes.add(&format!("{line}: the last line is torn; it counts as not written"));
    }
}
