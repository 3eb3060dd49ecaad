//! What a reply means. The order of the rows is the rule: the first that fits decides, from parsed
//! fields and never from a search through the whole body, which holds the text under review.

use std::time::Duration;

use records::Exit;

use crate::answer::facts::{ApiError, Broken, Facts, Found, PROVISIONED, Served, TOO_MANY_TOKENS};

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

    /// Whether the model answered, if not as it should: it has room, and the project has a quota.
    pub(crate) fn is_answer(self) -> bool {
        matches!(self, Self::AnswerBlocked | Self::Recitation | Self::Truncated | Self::BadVerdict)
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

/// What is wrong with a reply, by which row of the decision table, and what in the reply says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    /// What was wrong.
    pub(crate) class: Class,
    /// The row of the decision table, from 1 to 25 (docs/reference/gemini-retry.md).
    pub(crate) row: u8,
    /// What decided; `None` when nothing came back at all.
    pub(crate) ground: Option<Ground>,
}

/// The part of a reply that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ground {
    /// The HTTP status.
    Http(u16),
    /// The header `Retry-After`.
    RetryAfter(Duration),
    /// A field of the body with this text.
    Field(Found),
    /// A field of the body that has these words in it.
    Words(Found),
    /// A field that should be there and is not, or is empty.
    Lacks(String),
    /// The body as a whole cannot be read.
    Body,
}

impl Decision {
    fn new(row: u8, class: Class, ground: Ground) -> Self {
        Self { class, row, ground: Some(ground) }
    }

    /// By a field of the body.
    fn field(row: u8, class: Class, found: &Found) -> Self {
        Self::new(row, class, Ground::Field(found.clone()))
    }
}

/// What is wrong with a reply; `None` only for a proper answer.
pub(crate) fn classify(facts: &Facts) -> Option<Decision> {
    if let Some(broken) = &facts.broken {
        let (row, class) = match broken {
            Broken::TimedOut(_) => (14, Class::Timeout),
            Broken::Connection(_) => (17, Class::Network),
        };
        return Some(Decision { class, row, ground: None });
    }
    let status = facts.status();
    if let Some(decision) = facts.error.as_ref().and_then(|e| of_reason(facts, e, status)) {
        return Some(decision);
    }
    if let Some(decision) = of_status(facts, status) {
        return Some(decision);
    }
    if let Some(error) = &facts.error {
        let found = Found { at: error.at.clone(), text: "an error without a known status".into() };
        return Some(Decision::field(25, Class::Unknown, &found));
    }
    if !facts.readable {
        return Some(Decision::new(15, Class::Server, Ground::Body));
    }
    of_answer(facts)
}

/// Rows 1 to 4: conditions that the service names, most of them whatever the status.
fn of_reason(facts: &Facts, error: &ApiError, status: u16) -> Option<Decision> {
    let has = |known: &[&str]| error.reasons.iter().find(|r| known.contains(&r.text.as_str()));
    let says = |words: &[&str]| {
        let message = error.message.to_ascii_lowercase();
        let said = words.iter().find(|w| message.contains(**w))?;
        Some(Ground::Words(error.says(said)))
    };
    if let Some(reason) = has(&["MODEL_CAPACITY_EXHAUSTED", "MODEL_CAPACITY_EXCEEDED"]) {
        return Some(Decision::field(1, Class::Capacity, reason));
    }
    if let Some(reason) = has(&["BILLING_DISABLED", "INSUFFICIENT_G1_CREDITS_BALANCE"]) {
        return Some(Decision::field(2, Class::Billing, reason));
    }
    // An account without money answered with a bare 429 before there was a 402 for it.
    if let Some(words) = says(&["prepayment credits are depleted"]) {
        return Some(Decision::new(2, Class::Billing, words));
    }
    if status == 402 {
        return Some(Decision::new(2, Class::Billing, ground_of_status(facts, status)));
    }
    if let Some(reason) = has(&[
        "API_KEY_INVALID",
        "CONSUMER_SUSPENDED",
        "CONSUMER_INVALID",
        "ACCESS_TOKEN_EXPIRED",
        "TOS_VIOLATION",
        "VALIDATION_REQUIRED",
    ]) {
        return Some(Decision::field(3, Class::Auth, reason));
    }
    if status == 401 {
        return Some(Decision::new(3, Class::Auth, ground_of_status(facts, status)));
    }
    if status == 403
        && let Some(words) = says(&["leaked", "denied access", "suspended"])
    {
        return Some(Decision::new(3, Class::Auth, words));
    }
    let blocked = |r: &&Found| r.text.starts_with("API_KEY_") && r.text.ends_with("_BLOCKED");
    has(&["SERVICE_DISABLED", "USER_PROJECT_DENIED", "SECURITY_POLICY_VIOLATED"])
        .or_else(|| error.reasons.iter().find(blocked))
        .map(|reason| Decision::field(4, Class::Permission, reason))
}

/// Rows 2 to 16: what the status says, with the details that belong to it.
fn of_status(facts: &Facts, status: u16) -> Option<Decision> {
    let error = facts.error.as_ref();
    let (row, class) = match status {
        200..=299 => return None,
        402 => (2, Class::Billing),
        401 => (3, Class::Auth),
        403 => (4, Class::Permission),
        429 => return Some(of_429(facts)),
        400 => match error {
            Some(error) if error.status == "FAILED_PRECONDITION" => {
                let at = format!("{}.status", error.at);
                let found = Found { at, text: error.status.clone() };
                return Some(Decision::field(9, Class::Precondition, &found));
            }
            Some(error) if error.counts_tokens() => {
                let words = error.says(TOO_MANY_TOKENS);
                return Some(Decision::new(10, Class::PromptTooLong, Ground::Words(words)));
            }
            _ => (11, Class::InvalidRequest),
        },
        413 | 415 | 422 => (11, Class::InvalidRequest),
        404 => (12, Class::ModelUnavailable),
        503 | 529 => (13, Class::Capacity),
        504 | 408 | 499 => (14, Class::Timeout),
        500..=599 => (15, Class::Server),
        300..=399 => (16, Class::RedirectRefused),
        _ => (25, Class::Unknown),
    };
    Some(Decision::new(row, class, ground_of_status(facts, status)))
}

/// Where the status that counts stands: in the head, or in an error that came as a success.
fn ground_of_status(facts: &Facts, status: u16) -> Ground {
    match &facts.error {
        Some(error) if facts.http != Some(status) => {
            let (key, text) = match error.code {
                Some(code) if code == status => ("code", code.to_string()),
                _ => ("status", error.status.clone()),
            };
            Ground::Field(Found { at: format!("{}.{key}", error.at), text })
        }
        _ => Ground::Http(status),
    }
}

/// Rows 5 to 8: which quota a 429 means. A violated quota outranks the suggested delay, because a
/// used-up day comes with a delay of seconds.
fn of_429(facts: &Facts) -> Decision {
    let nothing = ApiError::default();
    let error = facts.error.as_ref().unwrap_or(&nothing);
    let has = |known: &str| error.reasons.iter().find(|r| r.text == known);
    if let Some(zero) = &error.zero_limit {
        let is_prose = zero.at.ends_with(".message");
        let ground =
            if is_prose { Ground::Words(zero.clone()) } else { Ground::Field(zero.clone()) };
        return Decision::new(5, Class::NoEntitlement, ground);
    }
    if let Some(used_up) = error.daily().or_else(|| has("QUOTA_EXHAUSTED")) {
        return Decision::field(6, Class::QuotaDay, used_up);
    }
    // The longer of the two: it is never asked earlier than either says.
    let header = facts.retry_after.filter(|header| error.retry_delay.is_none_or(|d| *header > d));
    let delay = match (&error.retry_delay_found, error.retry_delay, header) {
        (_, _, Some(delay)) => Some((delay, Ground::RetryAfter(delay))),
        (Some(found), Some(delay), None) => Some((delay, Ground::Field(found.clone()))),
        (None, Some(delay), None) => Some((delay, Ground::Http(429))),
        (_, None, None) => None,
    };
    // A wait this long is no limit of a minute, whatever else is said.
    if let Some((_, ground)) = delay.as_ref().filter(|(delay, _)| *delay > LONGEST_MINUTE) {
        return Decision::new(7, Class::QuotaDay, ground.clone());
    }
    let minute = error.quota_ids.iter().find(|id| id.text.contains("PerMinute"));
    if let Some(found) = minute.or_else(|| has("RATE_LIMIT_EXCEEDED")) {
        return Decision::field(7, Class::QuotaMinute, found);
    }
    if error.message.contains(PROVISIONED) {
        return Decision::new(7, Class::QuotaMinute, Ground::Words(error.says(PROVISIONED)));
    }
    match delay {
        Some((_, ground)) => Decision::new(7, Class::QuotaMinute, ground),
        None => Decision::new(8, Class::Ambiguous429, ground_of_status(facts, 429)),
    }
}

/// Rows 18 to 25: what is wrong with a reply that came as a success.
fn of_answer(facts: &Facts) -> Option<Decision> {
    let root = facts.root;
    let lacks = |what: &str| Ground::Lacks(format!("{root}{what}"));
    if let Some(reason) = &facts.block_reason {
        let at = format!("{root}promptFeedback.blockReason");
        let found = Found { at, text: reason.clone() };
        return Some(Decision::field(18, Class::SafetyBlock, &found));
    }
    let nothing = facts.text.trim().is_empty();
    let (row, class) = match facts.finish.as_deref() {
        Some("PROHIBITED_CONTENT" | "BLOCKLIST" | "SPII" | "LANGUAGE") => (18, Class::SafetyBlock),
        Some("SAFETY" | "OTHER") => (18, Class::AnswerBlocked),
        Some("RECITATION") => (19, Class::Recitation),
        Some("MAX_TOKENS") => (20, Class::Truncated),
        Some("STOP") | None if nothing => {
            return Some(Decision::new(21, Class::Empty, lacks("candidates[0].content.parts")));
        }
        Some("STOP") => return of_text(facts),
        // A text without the word that it is complete is not known to be complete.
        Some(_) | None => (25, Class::Unknown),
    };
    let ground = match &facts.finish {
        Some(finish) => {
            let at = format!("{root}candidates[0].finishReason");
            Ground::Field(Found { at, text: finish.clone() })
        }
        None => lacks("candidates[0].finishReason"),
    };
    Some(Decision::new(row, class, ground))
}

/// Rows 22 to 24: a complete answer, but from whom, and of what form?
fn of_text(facts: &Facts) -> Option<Decision> {
    let root = facts.root;
    let model = format!("{root}modelVersion");
    match (facts.served, &facts.model) {
        (Served::Unsaid, _) | (Served::Other, None) => {
            Some(Decision::new(22, Class::ModelUnverified, Ground::Lacks(model)))
        }
        (Served::Other, Some(served)) => {
            let found = Found { at: model, text: served.clone() };
            Some(Decision::field(23, Class::ModelMismatch, &found))
        }
        // Without a name only when the user accepts that.
        (Served::Accepted, _) => facts.verdict_fault.as_ref().map(|fault| {
            let at = format!("{root}candidates[0].content.parts");
            Decision::field(24, Class::BadVerdict, &Found { at, text: fault.clone() })
        }),
    }
}

#[cfg(test)]
mod tests;
