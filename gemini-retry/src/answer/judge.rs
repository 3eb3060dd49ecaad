//! Puts an exchange to every test: was there a reply, is it complete, from the right model, and is
//! it a verdict. Pure.

use serde_json::Value;

use crate::answer::facts::{Exchange, Facts, Served};
use crate::answer::model::Wanted;
use crate::answer::verdict::{Review, extract};
use crate::policy::classify::{Class, classify};

/// What an answer must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One verdict.
    Verdict,
    /// Any text.
    Free,
}

/// An answer that passed every test.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// A verdict.
    Review(Box<Review>),
    /// Text.
    Text(String),
}

impl Answer {
    /// The answer as an object or a text.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Review(review) => review.object.clone(),
            Self::Text(text) => text.clone().into(),
        }
    }
}

/// Judges one exchange.
pub(crate) fn judge(
    exchange: &Exchange,
    wanted: &Wanted,
    form: Form,
    prompt: &str,
) -> (Facts, Result<Answer, Class>) {
    let mut facts = Facts::of(exchange);
    facts.served = match &facts.model {
        None => Served::Unsaid,
        Some(model) if wanted.accepts(model) => Served::Accepted,
        Some(_) => Served::Other,
    };
    let answer = match form {
        // Which of them would count?
        _ if facts.answers > 1 => Err(format!("the reply holds {} answers", facts.answers)),
        Form::Free => Ok(Answer::Text(facts.text.clone())),
        Form::Verdict => extract(&facts.text, prompt).map(|r| Answer::Review(Box::new(r))),
    };
    facts.verdict_fault = answer.as_ref().err().cloned();
    let verdict = match (classify(&facts), answer) {
        (Some(decision), _) => Err(decision.class),
        (None, Ok(answer)) => Ok(answer),
        (None, Err(_)) => Err(Class::BadVerdict),
    };
    (facts, verdict)
}
