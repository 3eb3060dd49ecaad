//! Puts an exchange to every test: was there a reply, is it complete, from the right model, and is
//! it a verdict. Pure.

use std::sync::Arc;

use serde_json::Value;

use crate::answer::extract::{Found, one_object};
use crate::answer::facts::{Exchange, Facts, Served};
use crate::answer::model::Wanted;
use crate::answer::schema::Custom;
use crate::answer::verdict::{self, Review};
use crate::policy::classify::{Class, classify};

/// What an answer must be.
#[derive(Debug, Clone)]
pub(crate) enum Form {
    /// One verdict.
    Verdict,
    /// One object that a schema of the user's describes.
    Custom(Arc<Custom>),
    /// Any text.
    Free,
}

/// An answer that passed every test.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// A verdict.
    Review(Box<Review>),
    /// An object without a verdict.
    Object(Box<Found>),
    /// Text.
    Text(String),
}

impl Answer {
    /// The answer as an object or a text.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Review(review) => review.object.clone(),
            Self::Object(found) => found.object.clone().into(),
            Self::Text(text) => text.clone().into(),
        }
    }
}

/// Judges one exchange.
pub(crate) fn judge(
    exchange: &Exchange,
    wanted: &Wanted,
    form: &Form,
    prompt: &str,
) -> (Facts, Result<Answer, Class>) {
    let mut facts = Facts::of(exchange);
    facts.served = match &facts.model {
        None if wanted.takes_unverified() => Served::Accepted,
        None => Served::Unsaid,
        Some(model) if wanted.accepts(model) => Served::Accepted,
        Some(_) => Served::Other,
    };
    let answer = match form {
        // Which of them would count?
        _ if facts.answers > 1 => Err(format!("the reply holds {} answers", facts.answers)),
        Form::Free => Ok(Answer::Text(facts.text.clone())),
        Form::Verdict => one_object(&facts.text, prompt).and_then(review),
        Form::Custom(schema) => one_object(&facts.text, prompt).and_then(|found| {
            let found = schema.check(found)?;
            // A word that gates understand must hold what gates rely on. Where nobody asked for a
            // verdict, a field that happens to have the name is none.
            if schema.describes_verdict() && verdict::has_verdict(&found) {
                review(found)
            } else {
                Ok(Answer::Object(Box::new(found)))
            }
        }),
    };
    facts.verdict_fault = answer.as_ref().err().cloned();
    let verdict = match (classify(&facts), answer) {
        (Some(decision), _) => Err(decision.class),
        (None, Ok(answer)) => Ok(answer),
        (None, Err(_)) => Err(Class::BadVerdict),
    };
    (facts, verdict)
}

fn review(found: Found) -> Result<Answer, String> {
    verdict::read(found).map(|review| Answer::Review(Box::new(review)))
}
