//! What the audit log proves about a document, in one word and with the entry that it rests on.

use records::lld_check::{LoggedReview, Proven};
use records::{IssueNumber, Reason, Verdict};

use super::{Approval, approval, review_command};
use crate::audit::{DamagedLine, IssueReviews, Review, named};
use crate::document::read::Document;

/// The evidence on a document as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// What is proven.
    pub(crate) proven: Proven,
    /// The entry that it is about.
    pub(crate) entry: Option<LoggedReview>,
    /// Why.
    pub(crate) why: Vec<Reason>,
}

/// Judges by content, as the gate does: of the verdicts on today's design the newest holds. Entries
/// without a digest prove nothing, and damage that could hide a newer verdict takes a proof away.
pub(crate) fn evidence(
    issue: IssueNumber,
    document: &Document,
    audit: &IssueReviews,
    damage: &[DamagedLine],
) -> Evidence {
    let of = |proven, review: Option<&Review>, code: &str, message: String| {
        let reason = if proven == Proven::Approved {
            Reason::without_step(code, message)
        } else {
            Reason::new(code, message, review_command(issue))
        };
        Evidence { proven, entry: review.map(cited), why: vec![reason] }
    };
    let mut found = match approval(&audit.reviews, &document.sha256) {
        Approval::Judged(review) => judged(review, &of),
        Approval::Stale(review) if review.flaw.is_none() => {
            let message = format!("{} approved another text than this", review.cited());
            of(Proven::Stale, Some(review), "approval_stale", message)
        }
        Approval::Stale(review) | Approval::OtherText(review) => {
            let message = format!(
                "no verdict is on this text; the newest, {}, is on another ({})",
                review.verdict,
                review.cited()
            );
            of(Proven::None, Some(review), "lld_not_reviewed", message)
        }
        Approval::None => {
            let message = match audit.reviews.last() {
                Some(last) => format!(
                    "verdicts without a digest prove nothing about this text: {} (the last: {}, {})",
                    audit.reviews.len(),
                    last.verdict,
                    last.cited()
                ),
                None if audit.failed > 0 => {
                    format!("calls that ended without a verdict: {}", audit.failed)
                }
                None => "the audit log has no verdict on this issue's LLD".to_owned(),
            };
            of(Proven::None, audit.reviews.last(), "lld_not_reviewed", message)
        }
    };
    if !damage.is_empty() {
        if found.proven == Proven::Approved {
            found.proven = Proven::None;
        }
        let message =
            format!("the audit log has damaged lines that could hold a verdict: {}", named(damage));
        let next = if damage.iter().all(|line| line.live) {
            "consolidate".to_owned()
        } else {
            review_command(issue)
        };
        found.why.push(Reason::new("log_damaged", message, next));
    }
    found
}

fn judged(
    review: &Review,
    of: &impl Fn(Proven, Option<&Review>, &str, String) -> Evidence,
) -> Evidence {
    let cited = review.cited();
    if let Some(flaw) = review.flaw {
        let message = format!("the newest review {} ({cited})", flaw.what);
        return of(Proven::None, Some(review), flaw.code, message);
    }
    let has_id = review.audit_id.as_deref().is_some_and(|id| !id.trim().is_empty());
    match review.verdict {
        Verdict::Approved if !has_id => {
            let message = format!("the approval has no id ({cited})");
            of(Proven::None, Some(review), "lld_not_reviewed", message)
        }
        Verdict::Approved => {
            let message = format!("the newest review approved this text ({cited})");
            of(Proven::Approved, Some(review), "proven", message)
        }
        Verdict::Revise => {
            let message = format!("the newest review asked for changes to this text ({cited})");
            of(Proven::Revise, Some(review), "review_revise", message)
        }
        Verdict::Blocked => {
            let message = format!("the newest review blocked this text ({cited})");
            of(Proven::Blocked, Some(review), "review_blocked", message)
        }
    }
}

fn cited(review: &Review) -> LoggedReview {
    LoggedReview {
        audit_id: review.audit_id.clone(),
        verdict: review.verdict,
        timestamp: review.timestamp.clone(),
        model_verified: review.model_verified.clone(),
        sha256: review.sha256.clone(),
        log: review.log.clone(),
        line: review.line,
    }
}
