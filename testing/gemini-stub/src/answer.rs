//! Which answer a request gets. Pure: no socket, no clock.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::fixture::{Fixture, fixture, fixtures};
use crate::http::Request;
use crate::script::{After, Response, Script};

/// How many responses each (rule, credential, model) has given.
pub(crate) type Places = HashMap<(usize, String, String), usize>;

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

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum End {
    /// The whole answer is sent.
    #[default]
    Whole,
    /// So many bytes of the body, then a close.
    Truncated(usize),
    /// So many bytes of the body, then a reset.
    ResetAfter(usize),
    /// A reset instead of an answer.
    Reset,
    /// Nothing at all.
    Hang,
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Generate(String),
    Models,
    Model(String),
    Unknown,
}

impl Route {
    pub(crate) fn of(method: &str, path: &str) -> Self {
        let Some(rest) = path.strip_prefix("/v1beta/models") else { return Self::Unknown };
        let model = rest.strip_prefix('/').unwrap_or_default();
        match (method, model.strip_suffix(":generateContent")) {
            ("POST", Some(model)) if is_model_name(model) => Self::Generate(model.to_owned()),
            ("GET", None) if rest.is_empty() => Self::Models,
            ("GET", None) if is_model_name(model) => Self::Model(model.to_owned()),
            _ => Self::Unknown,
        }
    }
}

fn is_model_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    /// The name of the credential, when its key is known.
    pub(crate) name: Option<&'a str>,
    /// The key itself, for answers that echo it.
    pub(crate) key: Option<&'a str>,
}

/// Decides the answer and moves the sequence on by one.
pub(crate) fn decide(
    script: &Script,
    places: &mut Places,
    asker: Asker<'_>,
    route: &Route,
    request: &Request,
    seq: u64,
) -> Answer {
    let Some(name) = asker.name else { return refuse_key(asker) };
    match route {
        Route::Unknown => error("not-found", 404, "NOT_FOUND", "gemini-stub: no such path"),
        Route::Models => models(script),
        Route::Model(model) if known_models(script).contains(model) => {
            json_answer("models", 200, &model_entry(model))
        }
        Route::Model(model) => {
            error("not-found", 404, "NOT_FOUND", &format!("models/{model} is not found"))
        }
        Route::Generate(_) if !has_contents(&request.body) => error(
            "invalid-json",
            400,
            "INVALID_ARGUMENT",
            "gemini-stub: the body must be a JSON object with a `contents` list that is not empty",
        ),
        Route::Generate(model) => match next_response(script, places, name, model) {
            Ok(response) => render(response, asker, model, request.body.len(), seq),
            Err(given) => {
                let what =
                    format!("gemini-stub: {given}: nothing is left to say to {name}, {model}");
                error(given, 501, "UNIMPLEMENTED", &what)
            }
        },
    }
}

/// The answer to bytes that are not a request.
pub(crate) fn malformed(status: u16, why: &str) -> Answer {
    error("malformed", status, "INVALID_ARGUMENT", &format!("gemini-stub: {why}"))
}

/// The models that rules and the script's own list name.
fn known_models(script: &Script) -> Vec<String> {
    let from_rules = script.rules.iter().map(|rule| &rule.model).filter(|model| *model != "*");
    let mut all: Vec<String> = from_rules.chain(&script.models).cloned().collect();
    all.sort();
    all.dedup();
    all
}

fn models(script: &Script) -> Answer {
    let entries: Vec<Value> = known_models(script).iter().map(|model| model_entry(model)).collect();
    json_answer("models", 200, &json!({ "models": entries }))
}

fn model_entry(model: &str) -> Value {
    json!({ "name": format!("models/{model}"), "supportedGenerationMethods": ["generateContent"] })
}

fn refuse_key(asker: Asker<'_>) -> Answer {
    if asker.key.is_none() {
        return error(
            "key-missing",
            403,
            "PERMISSION_DENIED",
            "gemini-stub: the request has no key",
        );
    }
    let mut answer =
        fixture("E13").map_or_else(Answer::default, |found| from_fixture(found, asker));
    "key-unknown".clone_into(&mut answer.given);
    answer
}

fn has_contents(body: &[u8]) -> bool {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let contents = parsed.as_ref().and_then(|value| value.get("contents")?.as_array());
    contents.is_some_and(|list| !list.is_empty())
}

fn next_response<'a>(
    script: &'a Script,
    places: &mut Places,
    name: &str,
    model: &str,
) -> Result<&'a Response, &'static str> {
    let fits = |have: &str, want: &str| have == "*" || have == want;
    let (index, rule) = script
        .rules
        .iter()
        .enumerate()
        .find(|(_, rule)| fits(&rule.key, name) && fits(&rule.model, model))
        .ok_or("no-rule")?;
    let place = places.entry((index, name.to_owned(), model.to_owned())).or_default();
    let length = rule.responses.len();
    let chosen = match rule.after {
        After::Cycle => *place % length,
        After::RepeatLast => (*place).min(length - 1),
        After::Fail => *place,
    };
    *place += 1;
    rule.responses.get(chosen).ok_or("used-up")
}

fn render(
    response: &Response,
    asker: Asker<'_>,
    model: &str,
    prompt_bytes: usize,
    seq: u64,
) -> Answer {
    let mut answer = if let Some(name) = &response.fixture {
        let full = fixtures().get_key_value(name).map(|(full, _)| full.clone());
        let found = fixture(name);
        let mut answer = found.map_or_else(Answer::default, |found| {
            let mut found = found.clone();
            if response.echo_key {
                append_echo(&mut found.body);
            }
            from_fixture(&found, asker)
        });
        answer.given = full.unwrap_or_else(|| full_name(name));
        answer
    } else if let Some(status) = response.status {
        let mut body = response.body.clone().unwrap_or_else(|| Value::String(String::new()));
        if response.echo_key {
            append_echo(&mut body);
        }
        let headers = response.headers.clone().unwrap_or_default();
        let mut answer = from_fixture(&Fixture { status, headers, body }, asker);
        "status".clone_into(&mut answer.given);
        answer
    } else if response.hang || response.reset {
        let given = if response.hang { "hang" } else { "reset" };
        Answer { given: given.to_owned(), ..Answer::default() }
    } else {
        success(response, model, prompt_bytes, seq)
    };
    answer.delay_ms = response.delay_ms;
    answer.drip_ms_per_byte = response.drip_ms_per_byte;
    answer.end = match (response.truncate, response.reset_after_bytes) {
        _ if response.hang => End::Hang,
        _ if response.reset => End::Reset,
        (Some(bytes), _) => End::Truncated(bytes),
        (None, Some(bytes)) => End::ResetAfter(bytes),
        (None, None) => End::Whole,
    };
    answer
}

fn full_name(id: &str) -> String {
    let found = fixtures().keys().find(|full| full.split('_').next() == Some(id));
    found.cloned().unwrap_or_else(|| id.to_owned())
}

fn success(response: &Response, model: &str, prompt_bytes: usize, seq: u64) -> Answer {
    let (given, text) = match (&response.verdict, &response.text) {
        (Some(verdict), _) => ("verdict", verdict.to_string()),
        (None, text) => ("text", text.clone().unwrap_or_default()),
    };
    let version = response.model_version.as_deref().unwrap_or("{model}").replace("{model}", model);
    // Four bytes a token is the usual rule of thumb.
    let (prompt, answer) = (prompt_bytes / 4, text.len() / 4);
    let body = json!({
        "candidates": [{
            "index": 0,
            "finishReason": response.finish.as_deref().unwrap_or("STOP"),
            "content": { "role": "model", "parts": [{ "text": text }] },
        }],
        "usageMetadata": {
            "promptTokenCount": prompt,
            "candidatesTokenCount": answer,
            "totalTokenCount": prompt + answer,
        },
        "modelVersion": version,
        "responseId": format!("stub-{seq:04}"),
    });
    json_answer(given, 200, &body)
}

fn from_fixture(found: &Fixture, asker: Asker<'_>) -> Answer {
    let mut body = found.body.clone();
    put_key(&mut body, asker.key.unwrap_or_default());
    let body = match body {
        Value::String(text) => text.into_bytes(),
        other => other.to_string().into_bytes(),
    };
    let mut headers: Vec<(String, String)> = found.headers.clone().into_iter().collect();
    let has_type = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if !has_type && !body.is_empty() {
        let kind = if found.body.is_string() { "text/plain" } else { "application/json" };
        headers.push(("content-type".to_owned(), kind.to_owned()));
    }
    Answer { status: Some(found.status), headers, body, ..Answer::default() }
}

/// Puts the key wherever a string says `{{KEY}}`.
fn put_key(value: &mut Value, key: &str) {
    match value {
        Value::String(text) if text.contains("{{KEY}}") => *text = text.replace("{{KEY}}", key),
        Value::Array(items) => items.iter_mut().for_each(|item| put_key(item, key)),
        Value::Object(fields) => fields.values_mut().for_each(|field| put_key(field, key)),
        _ => {}
    }
}

fn append_echo(body: &mut Value) {
    let error = match body {
        Value::Array(items) => items.first_mut(),
        other => Some(other),
    };
    if let Some(Value::String(text)) = error.and_then(|value| value.pointer_mut("/error/message")) {
        text.push_str(" (api_key:{{KEY}})");
    }
}

fn error(given: &str, code: u16, status: &str, message: &str) -> Answer {
    let body = json!({ "error": { "code": code, "message": message, "status": status } });
    json_answer(given, code, &body)
}

fn json_answer(given: &str, status: u16, body: &Value) -> Answer {
    Answer {
        given: given.to_owned(),
        status: Some(status),
        headers: vec![("content-type".to_owned(), "application/json; charset=UTF-8".to_owned())],
        body: body.to_string().into_bytes(),
        ..Answer::default()
    }
}
