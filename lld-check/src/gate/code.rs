//! The gate before coding: the runbook's conditions in its order.

use records::lld_check::{Gate, Proof};
use records::{Condition, Reason, Verdict};

use super::document::filled;
use super::{Approval, Facts, approval, known, locate, review_command};
use crate::audit::{Review, named};
use crate::document::read::Document;

/// The phase's name.
const PHASE: &str = "code";
/// How much of a critique a message quotes, in characters.
const QUOTED: usize = 200;

/// The answer, with everything it rests on.
pub(crate) fn decide(facts: &Facts<'_>) -> Gate {
    let issue = facts.issue;
    let mut conditions = Vec::new();
    let mut reasons = Vec::new();
    let mut add = |(condition, found): (Condition, Vec<Reason>)| {
        conditions.push(condition);
        reasons.extend(found);
    };

    let (condition, reason) = known(issue, facts.list);
    add((condition, reason.into_iter().collect()));
    let located = locate(facts.documents);
    let title = facts.list.and_then(|list| list.get(issue)).map(|issue| issue.title.as_str());
    add((located.condition(issue), located.reason(issue, title).into_iter().collect()));
    let mut proof = None;
    if let Some(document) = facts.document {
        let (condition, reason) = filled(document);
        add((condition, reason.into_iter().collect()));
        let (approved, found) = approved(facts, document);
        add(approved);
        proof = found;
    } else {
        let nothing = "there is no one document to judge";
        add((Condition::unmet("lld_filled", nothing), Vec::new()));
        add((Condition::unmet("lld_approved", nothing), Vec::new()));
    }

    let open = reasons.is_empty() && conditions.iter().all(|c| c.met);
    Gate { issue, phase: PHASE.into(), open, conditions, reasons, proof }
}

/// The verdict that an open gate would rest on: what damage in the logs has to be held against.
pub(crate) fn proof(reviews: &[Review], document: &Document) -> Option<Review> {
    match approval(reviews, &document.sha256) {
        Approval::Judged(review) if review.approves() => Some(review.clone()),
        _ => None,
    }
}

/// Whether the newest verdict on today's design approves it, and what proves that.
fn approved(facts: &Facts<'_>, document: &Document) -> ((Condition, Vec<Reason>), Option<Proof>) {
    let standing = approval(&facts.audit.reviews, &document.sha256);
    let mut reasons = Vec::new();
    match standing {
        Approval::Judged(review) if review.approves() => {
            let Some(proof) = cite(review, document) else {
                let message = format!("the approval has no id ({})", review.cited());
                reasons.push(Reason::new("lld_not_reviewed", message, review_command(facts.issue)));
                return (unmet(facts, reasons), None);
            };
            if !facts.damage.is_empty() {
                return (unmet(facts, reasons), None);
            }
            let mut detail = format!("{} approved these bytes on {}", review.cited(), when(review));
            if let Some(newer) = newer_on_other_text(facts, review) {
                detail = format!(
                    "{detail}; a newer {} is of other text ({})",
                    newer.verdict,
                    newer.cited()
                );
            }
            return ((Condition::met("lld_approved", detail), Vec::new()), Some(proof));
        }
        Approval::Judged(review) => reasons.push(not_approved(facts, review)),
        Approval::Stale(review) => reasons.push(Reason::new(
            "approval_stale",
            format!(
                "{} approved the digest {}; the design of {} has the digest {} now",
                review.cited(),
                review.sha256.as_deref().unwrap_or("-"),
                document.path,
                document.sha256
            ),
            review_command(facts.issue),
        )),
        Approval::OtherText(_) | Approval::None => {
            reasons.push(not_reviewed(facts, document, standing));
        }
    }
    (unmet(facts, reasons), None)
}

/// The condition as not met, with damage as one more reason.
fn unmet(facts: &Facts<'_>, mut reasons: Vec<Reason>) -> (Condition, Vec<Reason>) {
    if !facts.damage.is_empty() {
        // `consolidate` sets damaged lines of shards aside. Damage in a history stays, and a new
        // review is newer than it.
        let in_shards = facts.damage.iter().all(|line| line.live);
        let next = if in_shards { "consolidate".into() } else { review_command(facts.issue) };
        reasons.push(Reason::new(
            "log_damaged",
            format!(
                "the audit log has damaged lines that could hold a verdict: {}",
                named(facts.damage)
            ),
            next,
        ));
    }
    let detail = reasons.iter().map(|r| r.message.clone()).collect::<Vec<_>>().join("; ");
    (Condition::unmet("lld_approved", detail), reasons)
}

fn not_approved(facts: &Facts<'_>, review: &Review) -> Reason {
    if let Some(flaw) = review.flaw {
        let what = flaw.what;
        let message =
            format!("the newest review approved this text and {what} ({})", review.cited());
        return Reason::new(flaw.code, message, review_command(facts.issue));
    }
    let (code, said) = match review.verdict {
        Verdict::Blocked => ("review_blocked", "blocked"),
        Verdict::Approved | Verdict::Revise => ("review_revise", "asked for changes to"),
    };
    let mut message = format!("the newest review {said} this text ({})", review.cited());
    if let Some(critique) = review.critique.as_deref().filter(|c| !c.trim().is_empty()) {
        let words = critique.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = words.chars().take(QUOTED).collect();
        let cut = if short.len() < words.len() { "…" } else { "" };
        message = format!("{message}: {short}{cut}");
    }
    let next = format!("change the design, then {}", review_command(facts.issue));
    Reason::new(code, message, next)
}

fn not_reviewed(facts: &Facts<'_>, document: &Document, standing: Approval<'_>) -> Reason {
    let mut message = format!("the audit log has no verdict on {} as it stands", document.path);
    let mut add = |text: String| {
        message.push_str("; ");
        message.push_str(&text);
    };
    if let Approval::OtherText(other) = standing {
        add(format!("the newest one, {}, is of other text ({})", other.verdict, other.cited()));
    }
    let undigested: Vec<&Review> =
        facts.audit.reviews.iter().filter(|r| r.sha256.is_none()).collect();
    if let Some(last) = undigested.last() {
        let count = undigested.len();
        add(format!(
            "{count} without a digest prove nothing (the last: {}, {})",
            last.verdict,
            last.cited()
        ));
    }
    if facts.audit.failed > 0 {
        add(format!("calls that ended without a verdict: {}", facts.audit.failed));
    }
    Reason::new("lld_not_reviewed", message, review_command(facts.issue))
}

fn newer_on_other_text<'a>(facts: &Facts<'a>, proof: &Review) -> Option<&'a Review> {
    let newest = facts.audit.reviews.iter().rev().find(|r| r.sha256.is_some())?;
    (newest.sha256 != proof.sha256).then_some(newest)
}

fn when(review: &Review) -> &str {
    review.timestamp.as_deref().unwrap_or("an unknown day")
}

fn cite(review: &Review, document: &Document) -> Option<Proof> {
    Some(Proof {
        audit_id: review.audit_id.clone().filter(|id| !id.trim().is_empty())?,
        verdict: review.verdict,
        timestamp: review.timestamp.clone(),
        model_verified: review.model_verified.clone(),
        path: review.path.clone().unwrap_or_else(|| document.path.clone()),
        sha256: document.sha256.clone(),
        log: review.log.clone(),
        line: review.line,
    })
}
