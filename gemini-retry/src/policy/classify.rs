//! What a reply means. The order of the rows is the rule: the first that fits decides, from parsed
//! fields and never from a search through the whole body, which holds the text under review.

use std::time::Duration;

use records::Exit;

use crate::answer::facts::{ApiError, Broken, Facts, Served};

/// A wait above this is no limit of a minute, whatever else the reply says.
pub(crate) const LONGEST_MINUTE: Duration = Duration::from_mins(5);

/// What was wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    /// The model has no room for anybody.
    Capacity,
    /// There is no money on the account.
    Billing,
    /// The key is dead.
    Auth,
    /// The key may not do this.
    Permission,
    /// The plan gives this model a quota of nothing.
    NoEntitlement,
    /// The quota of the day is used up.
    QuotaDay,
    /// The quota of the minute is used up.
    QuotaMinute,
    /// A 429 that does not say which quota.
    Ambiguous429,
    /// The place or the account lacks something.
    Precondition,
    /// The prompt has more tokens than the model takes.
    PromptTooLong,
    /// The request itself is wrong.
    InvalidRequest,
    /// The service has no such model.
    ModelUnavailable,
    /// No answer in time.
    Timeout,
    /// The service failed.
    Server,
    /// The service pointed elsewhere; the key does not follow.
    RedirectRefused,
    /// The connection failed.
    Network,
    /// The prompt or the answer was blocked for good.
    SafetyBlock,
    /// The answer was blocked; another sample may pass.
    AnswerBlocked,
    /// The answer repeated known text.
    Recitation,
    /// The answer was cut off.
    Truncated,
    /// There was no answer in the reply.
    Empty,
    /// The reply does not say which model answered.
    ModelUnverified,
    /// Another model answered.
    ModelMismatch,
    /// The answer is not exactly one valid verdict.
    BadVerdict,
    /// Nothing of the above.
    Unknown,
}

impl Class {
    /// The stable name, as logs and scripts see it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Capacity => "capacity",
            Self::Billing => "billing",
            Self::Auth => "auth",
            Self::Permission => "permission",
            Self::NoEntitlement => "no_entitlement",
            Self::QuotaDay => "quota_day",
            Self::QuotaMinute => "quota_minute",
            Self::Ambiguous429 => "ambiguous_429",
            Self::Precondition => "precondition",
            Self::PromptTooLong => "prompt_too_long",
            Self::InvalidRequest => "invalid_request",
            Self::ModelUnavailable => "model_unavailable",
            Self::Timeout => "timeout",
            Self::Server => "server",
            Self::RedirectRefused => "redirect_refused",
            Self::Network => "network",
            Self::SafetyBlock => "safety_block",
            Self::AnswerBlocked => "answer_blocked",
            Self::Recitation => "recitation",
            Self::Truncated => "truncated",
            Self::Empty => "empty",
            Self::ModelUnverified => "model_unverified",
            Self::ModelMismatch => "model_mismatch",
            Self::BadVerdict => "bad_verdict",
            Self::Unknown => "unknown",
        }
    }

    /// How the tool ends when this was the last word.
    pub(crate) fn exit(self) -> Exit {
        match self {
            Self::Auth => Exit::Usage,
            Self::Capacity
            | Self::Billing
            | Self::Permission
            | Self::NoEntitlement
            | Self::QuotaDay
            | Self::QuotaMinute
            | Self::Ambiguous429 => Exit::Later,
            Self::Timeout | Self::Server | Self::RedirectRefused | Self::Network => Exit::World,
            Self::Truncated | Self::Empty | Self::BadVerdict => Exit::Damaged,
            Self::Precondition
            | Self::PromptTooLong
            | Self::InvalidRequest
            | Self::ModelUnavailable
            | Self::SafetyBlock
            | Self::AnswerBlocked
            | Self::Recitation
            | Self::ModelUnverified
            | Self::ModelMismatch
            | Self::Unknown => Exit::No,
        }
    }
}

/// What is wrong with a reply; `None` only for a proper answer.
pub(crate) fn classify(facts: &Facts) -> Option<Class> {
    if let Some(broken) = &facts.broken {
        return Some(match broken {
            Broken::TimedOut(_) => Class::Timeout,
            Broken::Connection(_) => Class::Network,
        });
    }
    let status = facts.status();
    if let Some(class) = facts.error.as_ref().and_then(|e| of_reason(e, status)) {
        return Some(class);
    }
    if let Some(class) = of_status(facts, status) {
        return Some(class);
    }
    if facts.error.is_some() {
        return Some(Class::Unknown);
    }
    if !facts.readable {
        return Some(Class::Server);
    }
    of_answer(facts)
}

/// Rows 1 to 4: conditions that the service names, whatever the status.
fn of_reason(error: &ApiError, status: u16) -> Option<Class> {
    let has = |known: &[&str]| error.reasons.iter().any(|r| known.contains(&r.as_str()));
    let says = |words: &[&str]| {
        let message = error.message.to_ascii_lowercase();
        words.iter().any(|w| message.contains(w))
    };
    if has(&["MODEL_CAPACITY_EXHAUSTED", "MODEL_CAPACITY_EXCEEDED"]) {
        return Some(Class::Capacity);
    }
    if has(&["BILLING_DISABLED", "INSUFFICIENT_G1_CREDITS_BALANCE"])
        // An account without money answered with a bare 429 before there was a 402 for it.
        || says(&["prepayment credits are depleted"])
    {
        return Some(Class::Billing);
    }
    if has(&[
        "API_KEY_INVALID",
        "CONSUMER_SUSPENDED",
        "CONSUMER_INVALID",
        "ACCESS_TOKEN_EXPIRED",
        "TOS_VIOLATION",
        "VALIDATION_REQUIRED",
    ]) || (status == 403 && says(&["leaked", "denied access", "suspended"]))
    {
        return Some(Class::Auth);
    }
    let blocked = |r: &String| r.starts_with("API_KEY_") && r.ends_with("_BLOCKED");
    if has(&["SERVICE_DISABLED", "USER_PROJECT_DENIED", "SECURITY_POLICY_VIOLATED"])
        || error.reasons.iter().any(blocked)
    {
        return Some(Class::Permission);
    }
    None
}

/// Rows 2 to 16: what the status says, with the details that belong to it.
fn of_status(facts: &Facts, status: u16) -> Option<Class> {
    let error = facts.error.as_ref();
    Some(match status {
        200..=299 => return None,
        402 => Class::Billing,
        401 => Class::Auth,
        403 => Class::Permission,
        429 => error.map_or_else(|| bare_429(facts.retry_after), |e| of_quota(e, facts)),
        400 if error.is_some_and(|e| e.status == "FAILED_PRECONDITION") => Class::Precondition,
        400 if error.is_some_and(ApiError::counts_tokens) => Class::PromptTooLong,
        400 | 413 | 415 | 422 => Class::InvalidRequest,
        404 => Class::ModelUnavailable,
        503 | 529 => Class::Capacity,
        504 | 408 | 499 => Class::Timeout,
        500..=599 => Class::Server,
        300..=399 => Class::RedirectRefused,
        _ => Class::Unknown,
    })
}

/// Rows 5 to 8: which quota a 429 means. A violated quota outranks the suggested delay, because a
/// used-up day comes with a delay of seconds.
fn of_quota(error: &ApiError, facts: &Facts) -> Class {
    let has = |known: &str| error.reasons.iter().any(|r| r == known);
    if error.limit_is_zero {
        return Class::NoEntitlement;
    }
    if has("QUOTA_EXHAUSTED") || error.is_daily() {
        return Class::QuotaDay;
    }
    let minute = error.quota_ids.iter().any(|id| id.contains("PerMinute"))
        || has("RATE_LIMIT_EXCEEDED")
        || error.message.contains("Provisioned Throughput");
    match bare_429(error.retry_delay.or(facts.retry_after)) {
        Class::Ambiguous429 if minute => Class::QuotaMinute,
        class => class,
    }
}

/// A 429 by the delay alone that it asks for.
fn bare_429(delay: Option<Duration>) -> Class {
    match delay {
        Some(delay) if delay > LONGEST_MINUTE => Class::QuotaDay,
        Some(_) => Class::QuotaMinute,
        None => Class::Ambiguous429,
    }
}

/// Rows 18 to 25: what is wrong with a reply that came as a success.
fn of_answer(facts: &Facts) -> Option<Class> {
    if facts.block_reason.is_some() {
        return Some(Class::SafetyBlock);
    }
    let nothing = facts.text.trim().is_empty();
    match facts.finish.as_deref() {
        Some("PROHIBITED_CONTENT" | "BLOCKLIST" | "SPII" | "LANGUAGE") => {
            return Some(Class::SafetyBlock);
        }
        Some("SAFETY" | "OTHER") => return Some(Class::AnswerBlocked),
        Some("RECITATION") => return Some(Class::Recitation),
        Some("MAX_TOKENS") => return Some(Class::Truncated),
        Some("STOP") | None if nothing => return Some(Class::Empty),
        Some("STOP") => {}
        // A text without the word that it is complete is not known to be complete.
        Some(_) | None => return Some(Class::Unknown),
    }
    match facts.served {
        Served::Unsaid => return Some(Class::ModelUnverified),
        Served::Other => return Some(Class::ModelMismatch),
        Served::Accepted => {}
    }
    facts.verdict_fault.is_some().then_some(Class::BadVerdict)
}

#[cfg(test)]
mod tests;
