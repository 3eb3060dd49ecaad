//! A sentence about each class: what it means, and why the tool does what it does then.

use crate::policy::classify::Class;

/// Why a class is what it is, and why what follows is right.
pub(crate) fn why(class: Class) -> &'static str {
    match class {
        Class::Capacity => {
            "the model has no room for anybody: another key would meet the same, so the same one waits"
        }
        Class::Billing => "there is no money on the account, and all its projects share that",
        Class::Auth => {
            "the service refuses the key for good: it is not asked again, but a new key under its \
             name is"
        }
        Class::Permission => "the key may not use this model, but perhaps another one",
        Class::NoEntitlement => "the plan gives this model a quota of zero: waiting never helps",
        Class::QuotaDay => {
            "the quota of the day is used up, whatever short delay the reply suggests"
        }
        Class::QuotaMinute => {
            "the quota of the minute is used up; another project may have some left"
        }
        Class::Ambiguous429 => {
            "a 429 that names no quota may be over in seconds: the pause is short and grows when it \
             comes again"
        }
        Class::Precondition => {
            "the place or the account lacks something; another project may have it, or none"
        }
        Class::PromptTooLong => "the prompt has more tokens than the model takes, with any key",
        Class::InvalidRequest => "the request itself is wrong, and every key would hear the same",
        Class::ModelUnavailable => "the service has no such model; it may be retired",
        Class::Timeout => "no answer came in time; a prompt of this size may need longer",
        Class::Server => "the service failed, or answered with something that is no reply of it",
        Class::RedirectRefused => "the service points elsewhere, and a key is never sent there",
        Class::Network => "the connection failed; the request may have been counted",
        Class::SafetyBlock => "the prompt or the answer was blocked, and would be again",
        Class::AnswerBlocked => "this answer was blocked; another one may pass",
        Class::Recitation => "the answer repeated known text; another one may not",
        Class::Truncated => "the answer was cut off, and half a review is none",
        Class::Empty => "the reply holds no text; that mostly passes",
        Class::ModelUnverified => "the reply does not say which model answered, so nobody knows",
        Class::ModelMismatch => "another model answered than the one that was asked for",
        Class::BadVerdict => "the text is not exactly one valid verdict; the model is asked again",
        Class::Unknown => "nothing in the table fits; one more try, then it is reported",
    }
}
