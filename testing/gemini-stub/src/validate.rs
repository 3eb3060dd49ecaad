//! What a script must satisfy beyond its syntax.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fixture::fixture;
use crate::http::is_token;
use crate::script::{Response, Rule, Script, ScriptError};

/// Headers that frame the body and belong to the stub; a wrong length is made by `truncate`.
const OWN_HEADERS: [&str; 3] = ["content-length", "transfer-encoding", "connection"];

impl Script {
    /// Checks everything that can be known before the first request.
    pub fn validate(&self) -> Result<(), ScriptError> {
        let mut values = BTreeSet::new();
        for (name, key) in &self.keys {
            let place = format!("keys.{name}");
            if name == "*" || name.is_empty() {
                return Err(meaning(
                    &place,
                    "a credential needs a name, and `*` means any of them",
                ));
            }
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(meaning(&place, "a key must be visible ASCII without spaces"));
            }
            if !values.insert(key) {
                return Err(meaning(&place, "another credential has the same key"));
            }
        }
        for (index, rule) in self.rules.iter().enumerate() {
            self.check_rule(&format!("rules[{index}]"), rule)?;
        }
        Ok(())
    }

    fn check_rule(&self, place: &str, rule: &Rule) -> Result<(), ScriptError> {
        if rule.key != "*" && !self.keys.contains_key(&rule.key) {
            let problem = format!("`{}` is not a name in `keys`", rule.key);
            return Err(meaning(&format!("{place}.key"), &problem));
        }
        if rule.responses.is_empty() {
            return Err(meaning(&format!("{place}.responses"), "at least one response is needed"));
        }
        for (index, response) in rule.responses.iter().enumerate() {
            check_response(&format!("{place}.responses[{index}]"), response)?;
        }
        Ok(())
    }
}

fn check_response(place: &str, response: &Response) -> Result<(), ScriptError> {
    let fail = |problem: &str| Err(meaning(place, problem));
    let silent = response.hang || response.reset;
    let contents = [
        response.fixture.is_some(),
        response.verdict.is_some(),
        response.text.is_some(),
        response.status.is_some(),
    ];
    let count = contents.iter().filter(|given| **given).count();
    if count > 1 || (count == 0 && !silent) {
        return fail("exactly one of `fixture`, `verdict`, `text` and `status` is needed");
    }
    let ends = [
        response.hang,
        response.reset,
        response.truncate.is_some(),
        response.reset_after_bytes.is_some(),
    ];
    if ends.iter().filter(|given| **given).count() > 1 {
        return fail("only one of `hang`, `reset`, `truncate` and `reset_after_bytes` can happen");
    }
    if silent && count == 1 {
        return fail("`hang` and `reset` give no answer, so nothing else can be said about it");
    }
    if let Some(name) = &response.fixture
        && fixture(name).is_none()
    {
        return fail(&format!(
            "there is no fixture `{name}`; the names are in fixtures/errors.json"
        ));
    }
    if response.verdict.as_ref().is_some_and(|verdict| !verdict.is_object()) {
        return fail("`verdict` must be an object; use `text` for anything else");
    }
    let is_answer = response.verdict.is_some() || response.text.is_some();
    if !is_answer && (response.model_version.is_some() || response.finish.is_some()) {
        return fail("`model_version` and `finish` belong to `verdict` or `text`");
    }
    if response.status.is_none() && (response.headers.is_some() || response.body.is_some()) {
        return fail("`headers` and `body` belong to `status`");
    }
    if response.status.is_some_and(|status| !(200..=599).contains(&status)) {
        return fail("`status` must be from 200 to 599");
    }
    if response.echo_key && !has_error_message(response) {
        return fail("`echo_key` needs a body with an `error.message`");
    }
    check_headers(place, response)
}

fn check_headers(place: &str, response: &Response) -> Result<(), ScriptError> {
    for (name, value) in response.headers.iter().flatten() {
        let place = format!("{place}.headers.{name}");
        if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(meaning(&place, "this header is written by the stub itself"));
        }
        let visible = |byte: u8| byte == b'\t' || byte == b' ' || byte.is_ascii_graphic();
        if !is_token(name.as_bytes()) || !value.bytes().all(visible) {
            return Err(meaning(&place, "the name or the value cannot stand in a header"));
        }
    }
    Ok(())
}

fn has_error_message(response: &Response) -> bool {
    let body = match &response.fixture {
        Some(name) => fixture(name).map(|found| &found.body),
        None => response.body.as_ref(),
    };
    let Some(body) = body else { return false };
    let error = body.as_array().and_then(|list| list.first()).unwrap_or(body);
    error.pointer("/error/message").is_some_and(Value::is_string)
}

fn meaning(place: &str, problem: &str) -> ScriptError {
    ScriptError::Meaning { place: place.to_owned(), problem: problem.to_owned() }
}
