//! The gate before coding: the runbook's conditions in its order.

use records::lld_check::{Claimed, Gate, Trust, Waiver, WaiverState};
use records::{Condition, Reason};

use super::answer::{Finding, Parts, answer};
use super::approved::Asked;
use super::document::filled;
use super::{Approval, Facts, Located, approval, known, locate, review_command};
use crate::audit::Review;
use crate::claim;
use crate::document::read::Document;

/// The phase's name.
pub(crate) const PHASE: &str = "code";

/// The answer, with everything it rests on.
pub(crate) fn decide(facts: &Facts<'_>) -> Gate {
    let issue = facts.issue;
    let (condition, reason) = known(issue, facts.list);
    let mut findings: Vec<Finding> = vec![(condition, reason.into_iter().collect())];
    let mut proof = None;
    let no_lld = not_needed(facts);
    if let Some(rule) = &no_lld {
        findings
            .push((Condition::met("lld_not_needed", format!("the rule says so: {rule}")), vec![]));
    } else {
        findings.push(present(facts));
        if let Some(document) = facts.document {
            let (condition, reason) = filled(document);
            findings.push((condition, reason.into_iter().collect()));
            let (approved, found) = Asked {
                condition: "lld_approved",
                missing: "lld_not_reviewed",
                path: &document.path,
                what: format!("the design of {}", document.path),
                sha256: &document.sha256,
                again: review_command(issue),
                audit: facts.audit,
                damage: facts.damage,
            }
            .judge();
            findings.push(match facts.trust {
                Trust::Audit => approved,
                Trust::File => on_its_word(facts, document, approved),
            });
            proof = found;
        } else {
            let nothing = "there is no one document to judge";
            findings.push((Condition::unmet("lld_filled", nothing), Vec::new()));
            findings.push((Condition::unmet("lld_approved", nothing), Vec::new()));
        }
    }
    findings.extend(facts.lane.clone());
    let waivers = end_by_review(facts.waivers.to_vec(), &facts.audit.reviews, facts.document);
    answer(Parts {
        issue,
        phase: PHASE,
        trust: facts.trust,
        findings,
        proof,
        no_lld,
        waivers,
        diff: None,
    })
}

/// The rule because of which there need be no LLD. A rule excuses only from writing one: a document that
/// is there is judged, and so is the issue whose document was reviewed once and is gone.
fn not_needed(facts: &Facts<'_>) -> Option<String> {
    let untouched =
        facts.documents.is_empty() && facts.audit.reviews.is_empty() && facts.damage.is_empty();
    facts.no_lld.filter(|_| untouched).map(ToOwned::to_owned)
}

/// "LLD created in `docs/LLDs/active/`".
fn present(facts: &Facts<'_>) -> Finding {
    let located = locate(facts.documents);
    let title = facts.list.and_then(|list| list.get(facts.issue)).map(|issue| issue.title.as_str());
    let mut condition = located.condition(facts.issue);
    let mut reasons: Vec<Reason> = located.reason(facts.issue, title).into_iter().collect();
    if let (Some(rule), Some(review)) = (facts.no_lld, facts.audit.reviews.last())
        && let (Located::Missing, Some(reason)) = (&located, reasons.first_mut())
    {
        let but =
            format!("; {rule} does not excuse, because one was reviewed ({})", review.cited());
        reason.message.push_str(&but);
        condition.detail.push_str(&but);
    }
    (condition, reasons)
}

/// The approval on the document's word (`--trust file`), where the audit log has no verdict on this text
/// that says otherwise. What proves nothing must at least be claimed, by the rules of `status`.
fn on_its_word(facts: &Facts<'_>, document: &Document, by_log: Finding) -> Finding {
    let standing = approval(&facts.audit.reviews, &document.sha256);
    // A line that nobody can read may be a later no.
    let unknown = !facts.damage.is_empty();
    if by_log.0.met || unknown || matches!(standing, Approval::Judged(review) if !review.approves())
    {
        return by_log;
    }
    let claim = claim::of(&document.text);
    let deciding = claim.rows.iter().filter(|row| row.decides);
    let places: Vec<String> =
        deciding.map(|row| format!("{}:{}", document.path, row.line)).collect();
    if claim.claimed == Claimed::Approved {
        let detail = format!(
            "nothing but the document itself says so, which --trust file accepts: {}; the log: {}",
            places.join(", "),
            by_log.0.detail
        );
        return (Condition::met("lld_approved", detail), Vec::new());
    }
    let said: Vec<&str> = claim.why.iter().map(|reason| reason.message.as_str()).collect();
    let message = format!("{} does not claim an approval: {}", document.path, said.join("; "));
    let (mut condition, mut reasons) = by_log;
    condition.detail = format!("{}; {message}", condition.detail);
    reasons.push(Reason::new("claim_not_approved", message, review_command(facts.issue)));
    (condition, reasons)
}

/// The waivers as they stand after the newest review: whoever waived did not know of a later no.
pub(crate) fn end_by_review(
    mut waivers: Vec<Waiver>,
    reviews: &[Review],
    document: Option<&Document>,
) -> Vec<Waiver> {
    let Some(document) = document else { return waivers };
    let Approval::Judged(review) = approval(reviews, &document.sha256) else { return waivers };
    let since = |waiver: &Waiver| review.at.is_none_or(|at| at > waiver.at);
    if !review.approves() {
        let holding = waivers.iter_mut().filter(|w| w.state == WaiverState::Holds && since(w));
        for waiver in holding {
            waiver.state = WaiverState::Outdated;
            waiver.ended =
                Some(format!("a review since then did not approve ({})", review.cited()));
        }
    }
    waivers
}

/// The verdict that an open gate would rest on: what damage in the logs has to be held against.
pub(crate) fn proof(reviews: &[Review], today: &str) -> Option<Review> {
    match approval(reviews, today) {
        Approval::Judged(review) if review.approves() => Some(review.clone()),
        _ => None,
    }
}
