//! Which answer a request gets. Pure: no socket, no clock.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fixture::fixture;
use crate::http::Request;
use crate::plan::{End, Plan};
use crate::render::{Asked, render, render_fixture};
use crate::route::Route;
use crate::sequence::{Places, next_response};

/// An answer and how it travels.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// See [`crate::SeenRequest::given`].
    pub(crate) given: String,
    /// `None` when nothing is sent.
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) delay_ms: u64,
    pub(crate) drip_ms_per_byte: u64,
    pub(crate) end: End,
}

/// Decides the answer to a request that came with `key`, and moves the sequence on by one.
pub(crate) fn decide(
    plan: &Plan,
    places: &mut Places,
    route: &Route,
    key: Option<&str>,
    request: &Request,
    seq: u64,
    now: Duration,
) -> Answer {
    if *route == Route::Unknown {
        return error("not-found", 404, "NOT_FOUND", "no such path");
    }
    let Some(key) = key else {
        return error("key-missing", 403, "PERMISSION_DENIED", "the request has no key");
    };
    let Some(name) = plan.keys.name_of(key) else { return unknown_key() };
    match route {
        Route::Generate(_) if !has_contents(&request.body) => {
            let what = "the body must be a JSON object with a `contents` list that is not empty";
            error("invalid-json", 400, "INVALID_ARGUMENT", what)
        }
        Route::Generate(model) => match next_response(plan, places, name, model, now) {
            Ok(response) => render(response, Asked { key, model, bytes: request.body.len(), seq }),
            Err(given) => {
                let what =
                    format!("{given}: the script has nothing to say to {name} about {model}");
                error(given, 501, "UNIMPLEMENTED", &what)
            }
        },
        Route::Models => {
            let entries: Vec<Value> = plan.models.iter().map(|model| entry(model)).collect();
            json_answer("models", 200, &json!({ "models": entries }))
        }
        Route::Model(model) if plan.models.contains(model) => {
            json_answer("models", 200, &entry(model))
        }
        Route::Model(_) | Route::Unknown => {
            error("not-found", 404, "NOT_FOUND", "the script names no such model")
        }
    }
}

/// The answer to bytes that are not a request.
pub(crate) fn malformed(status: u16, why: &str) -> Answer {
    error("malformed", status, "INVALID_ARGUMENT", why)
}

fn entry(model: &str) -> Value {
    json!({ "name": format!("models/{model}"), "supportedGenerationMethods": ["generateContent"] })
}

fn unknown_key() -> Answer {
    let answer = fixture("E13").map(|(_, found)| render_fixture(found, ""));
    Answer { given: "key-unknown".to_owned(), ..answer.unwrap_or_default() }
}

fn has_contents(body: &[u8]) -> bool {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let contents = parsed.as_ref().and_then(|value| value.get("contents")?.as_array());
    contents.is_some_and(|list| !list.is_empty())
}

/// An error of the stub's own, which says so.
fn error(given: &str, code: u16, status: &str, what: &str) -> Answer {
    let message = format!("gemini-stub: {what}");
    let body = json!({ "error": { "code": code, "message": message, "status": status } });
    json_answer(given, code, &body)
}

/// An answer with a JSON body.
pub(crate) fn json_answer(given: &str, status: u16, body: &Value) -> Answer {
    Answer {
        given: given.to_owned(),
        status: Some(status),
        headers: vec![("content-type".to_owned(), "application/json; charset=UTF-8".to_owned())],
        body: body.to_string().into_bytes(),
        ..Answer::default()
    }
}
