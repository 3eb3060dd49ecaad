//! "APPROVED (not BLOCKED)": whether the newest verdict on exactly these bytes approves them, for an LLD
//! and for a branch's diff alike.

use records::lld_check::Proof;
use records::{Condition, Reason, Verdict};

use super::answer::Finding;
use super::{Approval, approval};
use crate::audit::{DamagedLine, IssueReviews, Review, named};

/// How much of a critique a message quotes, in characters.
const QUOTED: usize = 200;

/// What a review is asked for.
pub(super) struct Asked<'a> {
    /// The code of the condition.
    pub(super) condition: &'static str,
    /// The code of the reason when nobody reviewed it.
    pub(super) missing: &'static str,
    /// What the subject of a review is called.
    pub(super) path: &'a str,
    /// The same in a sentence.
    pub(super) what: String,
    /// The digest that a verdict must name.
    pub(super) sha256: &'a str,
    /// How a review is got.
    pub(super) again: String,
    /// What the audit log holds.
    pub(super) audit: &'a IssueReviews,
    /// Log lines that cannot be read and could hide the deciding verdict, or a newer one.
    pub(super) damage: &'a [DamagedLine],
}

impl Asked<'_> {
    /// Whether the newest verdict on exactly this approves it, and what proves that.
    pub(super) fn judge(&self) -> (Finding, Option<Proof>) {
        let standing = approval(&self.audit.reviews, self.sha256);
        let mut reasons = Vec::new();
        match standing {
            Approval::Judged(review) if review.approves() => {
                let Some(proof) = self.cite(review) else {
                    let message = format!("the approval has no id ({})", review.cited());
                    reasons.push(Reason::new(self.missing, message, self.again.clone()));
                    return (self.unmet(reasons), None);
                };
                if !self.damage.is_empty() {
                    return (self.unmet(reasons), None);
                }
                let mut detail =
                    format!("{} approved these bytes on {}", review.cited(), when(review));
                if let Some(newer) = self.newer_on_other(review) {
                    detail = format!(
                        "{detail}; a newer {} is of other text ({})",
                        newer.verdict,
                        newer.cited()
                    );
                }
                return ((Condition::met(self.condition, detail), Vec::new()), Some(proof));
            }
            Approval::Judged(review) => reasons.push(self.not_approved(review)),
            Approval::Stale(review) => reasons.push(Reason::new(
                "approval_stale",
                format!(
                    "{} approved the digest {}; {} has the digest {} now",
                    review.cited(),
                    review.sha256.as_deref().unwrap_or("-"),
                    self.what,
                    self.sha256
                ),
                self.again.clone(),
            )),
            Approval::OtherText(_) | Approval::None => {
                reasons.push(self.not_reviewed(standing));
            }
        }
        (self.unmet(reasons), None)
    }

    /// The condition as not met, with damage as one more reason.
    fn unmet(&self, mut reasons: Vec<Reason>) -> Finding {
        if !self.damage.is_empty() {
            // `consolidate` sets damaged lines of shards aside. Damage in a history stays, and a new
            // review is newer than it.
            let in_shards = self.damage.iter().all(|line| line.live);
            let next = if in_shards { "consolidate".into() } else { self.again.clone() };
            reasons.push(Reason::new(
                "log_damaged",
                format!(
                    "the audit log has damaged lines that could hold a verdict: {}",
                    named(self.damage)
                ),
                next,
            ));
        }
        let detail = reasons.iter().map(|r| r.message.clone()).collect::<Vec<_>>().join("; ");
        (Condition::unmet(self.condition, detail), reasons)
    }

    fn not_approved(&self, review: &Review) -> Reason {
        if let Some(flaw) = review.flaw {
            let what = flaw.what;
            let message = format!("the newest review {what} ({})", review.cited());
            return Reason::new(flaw.code, message, self.again.clone());
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
        let next = format!("change it, then {}", self.again);
        Reason::new(code, message, next)
    }

    fn not_reviewed(&self, standing: Approval<'_>) -> Reason {
        let mut message = format!("the audit log has no verdict on {} as it stands", self.path);
        let mut add = |text: String| {
            message.push_str("; ");
            message.push_str(&text);
        };
        if let Approval::OtherText(other) = standing {
            add(format!("the newest one, {}, is of other text ({})", other.verdict, other.cited()));
        }
        let undigested: Vec<&Review> =
            self.audit.reviews.iter().filter(|r| r.sha256.is_none()).collect();
        if let Some(last) = undigested.last() {
            let count = undigested.len();
            add(format!(
                "{count} without a digest prove nothing (the last: {}, {})",
                last.verdict,
                last.cited()
            ));
        }
        if self.audit.failed > 0 {
            add(format!("calls that ended without a verdict: {}", self.audit.failed));
        }
        Reason::new(self.missing, message, self.again.clone())
    }

    fn newer_on_other(&self, proof: &Review) -> Option<&Review> {
        let newest = self.audit.reviews.iter().rev().find(|r| r.sha256.is_some())?;
        (newest.sha256 != proof.sha256).then_some(newest)
    }

    fn cite(&self, review: &Review) -> Option<Proof> {
        Some(Proof {
            audit_id: review.audit_id.clone().filter(|id| !id.trim().is_empty())?,
            verdict: review.verdict,
            timestamp: review.timestamp.clone(),
            model_verified: review.model_verified.clone(),
            path: review.path.clone().unwrap_or_else(|| self.path.to_owned()),
            sha256: self.sha256.to_owned(),
            log: review.log.clone(),
            line: review.line,
        })
    }
}

fn when(review: &Review) -> &str {
    review.timestamp.as_deref().unwrap_or("an unknown day")
}
