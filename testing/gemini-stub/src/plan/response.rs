//! One response of a script, checked.

use std::time::Duration;

use serde_json::Value;

use crate::fixture::{Fixture, fixture};
use crate::http::is_token;
use crate::script::{LastsFor, Response};

/// Headers that frame the body and belong to the stub; a wrong length is made by `truncate`.
const OWN_HEADERS: [&str; 3] = ["content-length", "transfer-encoding", "connection"];

/// What is said and how it travels.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    /// See [`crate::SeenRequest::given`].
    pub(crate) given: String,
    pub(crate) content: Content,
    pub(crate) lasts: Duration,
    pub(crate) lasts_for: LastsFor,
    pub(crate) delay_ms: u64,
    pub(crate) drip_ms_per_byte: u64,
    pub(crate) end: End,
}

/// What is said.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Always the same, but for the key.
    Fixed(Fixture),
    /// The answer of a model.
    Success { text: String, model_version: String, finish: String },
    /// Nothing: the connection hangs or is reset.
    Nothing,
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

impl Planned {
    /// `Err` says what is wrong with the response.
    pub(crate) fn of(response: &Response) -> Result<Self, String> {
        let end = end(response)?;
        check_companions(response)?;
        let (given, mut content) = content(response, end)?;
        if response.echo_key {
            append_echo(&mut content).ok_or("`echo_key` needs a body with an `error.message`")?;
        }
        Ok(Self {
            given,
            content,
            lasts: Duration::from_millis(response.lasts_ms),
            lasts_for: response.lasts_for,
            delay_ms: response.delay_ms,
            drip_ms_per_byte: response.drip_ms_per_byte,
            end,
        })
    }
}

fn end(response: &Response) -> Result<End, &'static str> {
    match (response.hang, response.reset, response.truncate, response.reset_after_bytes) {
        (false, false, None, None) => Ok(End::Whole),
        (true, false, None, None) => Ok(End::Hang),
        (false, true, None, None) => Ok(End::Reset),
        (false, false, Some(bytes), None) => Ok(End::Truncated(bytes)),
        (false, false, None, Some(bytes)) => Ok(End::ResetAfter(bytes)),
        _ => Err("only one of `hang`, `reset`, `truncate` and `reset_after_bytes` can happen"),
    }
}

fn content(response: &Response, end: End) -> Result<(String, Content), String> {
    let silent = match end {
        End::Hang => Some("hang"),
        End::Reset => Some("reset"),
        _ => None,
    };
    match (&response.fixture, &response.verdict, &response.text, response.status, silent) {
        (None, None, None, None, Some(given)) => Ok((given.to_owned(), Content::Nothing)),
        (_, _, _, _, Some(_)) => {
            Err("`hang` and `reset` give no answer, so there is nothing to say in it".to_owned())
        }
        (Some(name), None, None, None, None) => {
            let (full, found) = fixture(name).ok_or_else(|| {
                format!("there is no fixture `{name}`; the names are in fixtures/errors.json")
            })?;
            Ok((full.to_owned(), Content::Fixed(found.clone())))
        }
        (None, Some(verdict), None, None, None) if verdict.is_object() => {
            Ok(("verdict".to_owned(), success(response, verdict.to_string())))
        }
        (None, Some(_), None, None, None) => {
            Err("`verdict` must be an object; use `text` for anything else".to_owned())
        }
        (None, None, Some(text), None, None) => {
            Ok(("text".to_owned(), success(response, text.clone())))
        }
        (None, None, None, Some(status), None) => {
            let body = response.body.clone().unwrap_or_else(|| Value::String(String::new()));
            let headers = response.headers.clone().unwrap_or_default();
            Ok(("status".to_owned(), Content::Fixed(Fixture { status, headers, body })))
        }
        _ => Err("exactly one of `fixture`, `verdict`, `text` and `status` is needed".to_owned()),
    }
}

fn success(response: &Response, text: String) -> Content {
    let or = |given: &Option<String>, default: &str| given.as_deref().unwrap_or(default).to_owned();
    Content::Success {
        text,
        model_version: or(&response.model_version, "{model}"),
        finish: or(&response.finish, "STOP"),
    }
}

/// Fields that only go with one kind of content.
fn check_companions(response: &Response) -> Result<(), String> {
    let is_success = response.verdict.is_some() || response.text.is_some();
    if !is_success && (response.model_version.is_some() || response.finish.is_some()) {
        return Err("`model_version` and `finish` belong to `verdict` or `text`".to_owned());
    }
    if response.status.is_none() && (response.headers.is_some() || response.body.is_some()) {
        return Err("`headers` and `body` belong to `status`".to_owned());
    }
    if response.status.is_some_and(|status| !(200..=599).contains(&status)) {
        return Err("`status` must be from 200 to 599".to_owned());
    }
    for (name, value) in response.headers.iter().flatten() {
        if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(format!("the header `{name}` is written by the stub itself"));
        }
        let visible = |byte: u8| byte == b'\t' || byte == b' ' || byte.is_ascii_graphic();
        if !is_token(name.as_bytes()) || !value.bytes().all(visible) {
            return Err(format!(
                "the header {name:?} cannot be sent: its name or value is malformed"
            ));
        }
    }
    Ok(())
}

/// `None` when there is no message to append to.
fn append_echo(content: &mut Content) -> Option<()> {
    let Content::Fixed(fixed) = content else { return None };
    let error = match &mut fixed.body {
        Value::Array(items) => items.first_mut()?,
        other => other,
    };
    let Value::String(text) = error.pointer_mut("/error/message")? else { return None };
    text.push_str(" (api_key:{{KEY}})");
    Some(())
}
