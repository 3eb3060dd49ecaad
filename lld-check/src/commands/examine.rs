//! Gathering what the gate's decision rests on.

use cli::{Failure, Out};
use records::IssueNumber;
use records::lld_check::Gate;
use repo::Place;

use super::logs;
use crate::audit::{Review, Scan, Wanted};
use crate::document::find::Documents;
use crate::document::read::Document;
use crate::gate::{self, Facts, Located, locate};
use crate::issues::IssueList;

/// One issue, looked at.
pub(super) struct Examined {
    /// The gate's answer; the error when the document cannot be judged.
    pub(super) gate: Result<Gate, Failure>,
    /// Which document counts.
    pub(super) located: Located,
}

/// Looks at `issues` in one reading of the documents and the audit log.
pub(super) fn issues(
    place: &Place,
    out: &Out,
    list: Option<&IssueList>,
    issues: &[IssueNumber],
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
        gate::proof(&scan.of(issue).reviews, document)
    };
    let proofs = |scan: &Scan| -> Vec<Review> {
        issues.iter().zip(&texts).filter_map(|(issue, text)| proof_of(scan, *issue, text)).collect()
    };
    let scan = Scan::read(&logs(place)?, wanted, cli::clock::now(), proofs)?;
    note_torn(out, &scan);

    let mut examined = Vec::with_capacity(issues.len());
    for ((issue, located), text) in issues.iter().zip(located).zip(texts) {
        let damage = match proof_of(&scan, *issue, &text) {
            Some(proof) => scan.damage_behind(&proof),
            None => scan.unreadable(*issue),
        };
        let gate = text.map(|document| {
            gate::decide(&Facts {
                issue: *issue,
                list,
                documents: documents.of(*issue),
                document: document.as_ref(),
                audit: &scan.of(*issue),
                damage: &damage,
            })
        });
        examined.push(Examined { gate, located });
    }
    Ok(examined)
}

/// Says on stderr which logs end in a torn line.
pub(super) fn note_torn(out: &Out, scan: &Scan) {
    for line in &scan.torn {
        out.note(&format!("{line}: the last line is torn; it counts as not written"));
    }
}
