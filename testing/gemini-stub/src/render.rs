//! Turns a response of the script into bytes.

use serde_json::{Value, json};

use crate::answer::{Answer, json_answer};
use crate::fixture::Fixture;
use crate::plan::{Content, Planned};

/// What of the request is visible in the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) key: &'a str,
    pub(crate) model: &'a str,
    pub(crate) bytes: usize,
    pub(crate) seq: u64,
}

/// The answer that `response` describes.
pub(crate) fn render(response: &Planned, asked: Asked<'_>) -> Answer {
    let answer = match &response.content {
        Content::Fixed(fixed) => render_fixture(fixed, asked.key),
        Content::Success { text, model_version, finish } => {
            let version = model_version.replace("{model}", asked.model);
            json_answer("", 200, &success(text, &version, finish, asked))
        }
        Content::Nothing => Answer::default(),
    };
    Answer {
        given: response.given.clone(),
        delay_ms: response.delay_ms,
        drip_ms_per_byte: response.drip_ms_per_byte,
        end: response.end,
        ..answer
    }
}

/// The answer of a fixture, with the key put in where the fixture asks for it.
pub(crate) fn render_fixture(fixture: &Fixture, key: &str) -> Answer {
    let mut body = fixture.body.clone();
    put_key(&mut body, key);
    let body = match body {
        Value::String(text) => text.into_bytes(),
        other => other.to_string().into_bytes(),
    };
    let mut headers: Vec<(String, String)> = fixture.headers.clone().into_iter().collect();
    let has_type = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if !has_type && !body.is_empty() {
        let kind = if fixture.body.is_string() { "text/plain" } else { "application/json" };
        headers.push(("content-type".to_owned(), kind.to_owned()));
    }
    Answer { status: Some(fixture.status), headers, body, ..Answer::default() }
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

fn success(text: &str, version: &str, finish: &str, asked: Asked<'_>) -> Value {
    // Four bytes a token is the usual rule of thumb.
    let (prompt, answer) = (asked.bytes / 4, text.len() / 4);
    json!({
        "candidates": [{
            "index": 0,
            "finishReason": finish,
            "content": { "role": "model", "parts": [{ "text": text }] },
        }],
        "usageMetadata": {
            "promptTokenCount": prompt,
            "candidatesTokenCount": answer,
            "totalTokenCount": prompt + answer,
        },
        "modelVersion": version,
        "responseId": format!("stub-{:04}", asked.seq),
    })
}
