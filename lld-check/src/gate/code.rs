//! The gate before coding: the runbook's conditions in its order.

use records::lld_check::{Gate, Proof, Waiver, WaiverState};
use records::{Condition, Reason, Verdict};

use super::answer::{Finding, Parts, answer};
use super::document::filled;
use super::{Approval, Facts, Located, approval, known, locate, review_command};
use crate::audit::{Review, named};
use crate::document::read::Document;

/// The phase's name.
pub(crate) const PHASE: &str = "code";
/// How much of a critique a message quotes, in characters.
const QUOTED: usize = 200;

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
            let (approved, found) = approved(facts, document);
            findings.push(approved);
            proof = found;
        } else {
            let nothing = "there is no one document to judge";
            findings.push((Condition::unmet("lld_filled", nothing), Vec::new()));
            findings.push((Condition::unmet("lld_approved", nothing), Vec::new()));
        }
    }
    let waivers = end_by_review(facts);
    answer(Parts { issue, phase: PHASE, findings, proof, no_lld, waivers })
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

/// The waivers as they stand after the newest review: whoever waived did not know of a later no.
fn end_by_review(facts: &Facts<'_>) -> Vec<Waiver> {
    let mut waivers = facts.waivers.to_vec();
    let Some(document) = facts.document else { return waivers };
    let Approval::Judged(review) = approval(&facts.audit.reviews, &document.sha256) else {
        return waivers;
    };
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
pub(crate) fn proof(reviews: &[Review], document: &Document) -> Option<Review> {
    match approval(reviews, &document.sha256) {
        Approval::Judged(review) if review.approves() => Some(review.clone()),
        _ => None,
    }
}

/// Whether the newest verdict on today's design approves it, and what proves that.
fn approved(facts: &Facts<'_>, document: &Document) -> (Finding, Option<Proof>) {
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
fn unmet(facts: &Facts<'_>, mut reasons: Vec<Reason>) -> Finding {
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
