//! `lld-check record`.

use cli::{Exit, Failure, Out};
use records::gemini_retry::ReviewEnvelope;
use records::lld_check::Recorded;
use records::{IssueNumber, Reason, Verdict, parse_noun};
use repo::Place;

use super::examine::note_torn;
use super::{lock, logs, refuse, stdin};
use crate::audit::{IssueReviews, NODE, Review, Scan, Wanted};
use crate::document::find::Documents;
use crate::document::insert::{Inserted, insert};
use crate::document::read::Document;
use crate::document::row::{Row, key_issue, short_id};
use crate::gate::{Approval, Located, approval, locate, review_command};
use crate::show;

/// Writes the review on stdin into the LLD of `issue`.
pub(super) fn run(place: &Place, out: &mut Out, issue: IssueNumber) -> Result<Exit, Failure> {
    let Some(envelope) = envelope(&stdin()?)? else {
        return Err(Failure::new(
            Exit::No,
            format_args!("nothing recorded for issue {issue}"),
            "no review arrived",
        )
        .hint("the command before the pipe says on stderr why it printed none"));
    };
    let now = cli::clock::now();
    let scan = Scan::read(&logs(place)?, Wanted::Issue(issue), now, |_| Vec::new())?;
    note_torn(out, &scan);
    let audit = scan.of(issue);

    // Two recordings must not overwrite each other's row.
    let _lock = lock(place)?;
    let documents = Documents::list(place.worktree())?;
    let located = locate(documents.of(issue));
    let document = match &located {
        Located::Active(path) => Some(Document::read(place.worktree(), path)?),
        _ => None,
    };
    let mut reasons: Vec<Reason> = located.reason(issue, None).into_iter().collect();
    let proven = prove(issue, &envelope, document.as_ref(), &audit, &mut reasons);
    let (Some(document), Some((review, audit_id, verdict)), []) =
        (document, proven, reasons.as_slice())
    else {
        return refuse(out, issue, "record", reasons);
    };

    let row = Row {
        short_id: short_id(&audit_id),
        at: review.at.unwrap_or(now),
        verdict,
        key_issue: key_issue(review.critique.as_deref()),
        model: review.model_verified.clone(),
    };
    // A newer verdict on the same text may be in the log; the status is what holds.
    let status = match approval(&audit.reviews, &document.sha256) {
        Approval::Judged(newest) if newest.flaw.is_some() => Verdict::Revise,
        Approval::Judged(newest) => newest.verdict,
        _ => verdict,
    };
    let Some(inserted) = insert(&document.text, &row, status) else {
        return refuse(out, issue, "record", vec![no_place(&document)]);
    };
    if inserted.changed {
        replace(place, &document, &inserted)?;
    }
    let Inserted { row, changed, .. } = inserted;
    let recorded = Recorded { issue, path: document.path, verdict, audit_id, row, changed };
    out.print(&recorded, show::recorded)?;
    Ok(Exit::Yes)
}

/// The review on stdin; `None` when nothing came.
fn envelope(bytes: &[u8]) -> Result<Option<ReviewEnvelope>, Failure> {
    let text = str::from_utf8(bytes).map_err(|e| {
        Failure::damaged("stdin", format_args!("not UTF-8 at byte {}", e.valid_up_to()))
    })?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    let read = parse_noun(text).map_err(|error| {
        Failure::damaged("stdin", error).hint("give the one line that gemini-retry printed")
    })?;
    Ok(Some(read))
}

/// The entry of the audit log that proves the envelope, with its id and verdict. Whatever does not
/// fit becomes a reason.
fn prove<'a>(
    issue: IssueNumber,
    envelope: &ReviewEnvelope,
    document: Option<&Document>,
    audit: &'a IssueReviews,
    reasons: &mut Vec<Reason>,
) -> Option<(&'a Review, String, Verdict)> {
    let again = || review_command(issue);
    let mut no = |code: &str, message: String| reasons.push(Reason::new(code, message, again()));
    if envelope.issue_id != Some(issue) {
        let found = envelope.issue_id.map_or_else(|| "no issue".into(), |n| format!("issue {n}"));
        no("issue_mismatch", format!("the review is of {found}, not of issue {issue}"));
    }
    if envelope.node.as_deref() != Some(NODE) {
        let found = envelope.node.as_deref().unwrap_or("no node");
        no("node_mismatch", format!("the review is of {found}, not of {NODE}"));
    }
    match (&envelope.subject, document) {
        (None, _) => no(
            "subject_missing",
            "the review names no subject, so nobody knows what was reviewed".into(),
        ),
        (Some(subject), Some(document)) => {
            if subject.path != document.path {
                no(
                    "subject_mismatch",
                    format!("the review is of {}, not of {}", subject.path, document.path),
                );
            }
            if subject.sha256 != document.sha256 {
                let message = format!(
                    "{} changed since it was sent: the digest {} was reviewed, it is {} now",
                    document.path, subject.sha256, document.sha256
                );
                no("subject_changed", message);
            }
        }
        (Some(_), None) => {}
    }
    if envelope.verdict.is_none() {
        no("verdict_missing", "the answer holds no verdict".into());
    }
    let Some(id) = envelope.audit_id.as_deref().filter(|id| !id.trim().is_empty()) else {
        no("audit_missing", "the review was not written to the audit log".into());
        return None;
    };
    let subject = envelope.subject.as_ref()?;
    let same_text = |review: &&Review| {
        review.audit_id.as_deref() == Some(id) && review.sha256.as_deref() == Some(&subject.sha256)
    };
    let Some(review) = audit.reviews.iter().find(same_text) else {
        no(
            "audit_not_found",
            format!(
                "the audit log of this repository has no entry {id} for this issue, node and digest"
            ),
        );
        return None;
    };
    let verdict = envelope.verdict?;
    if review.verdict != verdict {
        no(
            "audit_mismatch",
            format!(
                "the review says {verdict}, the audit log says {} ({})",
                review.verdict,
                review.cited()
            ),
        );
        return None;
    }
    if let Some(flaw) = review.flaw {
        no(flaw.code, format!("the review {} ({})", flaw.what, review.cited()));
        return None;
    }
    Some((review, id.to_owned(), verdict))
}

/// Why no review can be recorded in the document.
pub(super) fn no_place(document: &Document) -> Reason {
    Reason::new(
        "log_unplaceable",
        format!(
            "{} ends inside a code block, a comment or an HTML block, so no review can be recorded at its end",
            document.path
        ),
        "close the block at the end of the document; a review of the new text can be recorded",
    )
}

/// Writes the document, unless somebody changed it since it was read.
fn replace(place: &Place, document: &Document, inserted: &Inserted) -> Result<(), Failure> {
    let file = place.worktree().join(&document.path);
    let now = std::fs::read(&file).map_err(|e| Failure::io("cannot read", &file, &e))?;
    if now != document.text.as_bytes() {
        return Err(Failure::later(&document.path, "it was changed while the review was recorded")
            .hint("run the command again with the same review"));
    }
    Ok(journal::replace(&file, |out| out.write_all(inserted.text.as_bytes()))?)
}
