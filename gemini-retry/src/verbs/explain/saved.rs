//! A reply as it was saved: a bare body, one with its head, or an object that holds both.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use cli::Failure;
use jiff::Timestamp;
use records::gemini_retry::StatusSource;
use serde_json::Value;

use crate::answer::facts::{self, Exchange, Facts};
use crate::call::transport::LONGEST_BODY;

/// What a head may add to the longest body.
const LONGEST_HEAD: u64 = 64 << 10;

/// A reply that was saved.
#[derive(Debug, PartialEq)]
pub(super) struct Saved {
    /// The HTTP status.
    pub(super) http: u16,
    /// Who says so.
    pub(super) http_from: StatusSource,
    /// The header `Retry-After`.
    pub(super) retry_after: Option<Duration>,
    /// The bytes of the body.
    pub(super) body: Vec<u8>,
}

/// What the file itself says.
struct Parts {
    http: Option<u16>,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl Saved {
    /// Reads the file, or stdin for `-`. What was typed beats what the file says.
    ///
    /// # Errors
    /// Exit 74 when it cannot be read. Its content is never an error.
    pub(super) fn read(
        path: &Path,
        http: Option<u16>,
        retry_after: Option<Duration>,
    ) -> Result<Self, Failure> {
        let most = LONGEST_BODY + LONGEST_HEAD;
        let mut bytes = Vec::new();
        if path.as_os_str() == "-" {
            let read = std::io::stdin().lock().take(most).read_to_end(&mut bytes);
            read.map_err(|e| Failure::world("cannot read stdin", e))?;
        } else {
            let file = std::fs::File::open(path);
            file.and_then(|file| file.take(most).read_to_end(&mut bytes))
                .map_err(|e| Failure::io("cannot read", path, &e))?;
        }
        Ok(Self::of(bytes, http, retry_after, cli::clock::now().instant()))
    }

    /// The reply that these bytes hold, read at `now`.
    pub(super) fn of(
        bytes: Vec<u8>,
        http: Option<u16>,
        retry_after: Option<Duration>,
        now: Timestamp,
    ) -> Self {
        let mut parts = parts(bytes, now);
        // A call reads no more of a body.
        parts.body.truncate(usize::try_from(LONGEST_BODY).unwrap_or(usize::MAX));
        let (status, http_from) = match (http, parts.http, code_in(&parts.body)) {
            (Some(typed), _, _) => (typed, StatusSource::Flag),
            (None, Some(said), _) => (said, StatusSource::File),
            (None, None, Some(code)) => (code, StatusSource::Body),
            (None, None, None) => (200, StatusSource::Assumed),
        };
        let retry_after = retry_after.or(parts.retry_after);
        Self { http: status, http_from, retry_after, body: parts.body }
    }
}

fn parts(bytes: Vec<u8>, now: Timestamp) -> Parts {
    if bytes.starts_with(b"HTTP/") {
        return with_head(&bytes, now);
    }
    // No reply of the service has both keys.
    if let Ok(Value::Object(saved)) = serde_json::from_slice(&bytes)
        && let Some(http) = saved.get("http").and_then(Value::as_u64)
        && let Some(body) = saved.get("body")
    {
        let headers = saved.get("headers").and_then(Value::as_object).into_iter().flatten();
        let texts = headers.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        let retry_after = retry_after(texts, now);
        let body = match body {
            Value::String(text) => text.clone().into_bytes(),
            other => other.to_string().into_bytes(),
        };
        return Parts { http: u16::try_from(http).ok(), retry_after, body };
    }
    Parts { http: None, retry_after: None, body: bytes }
}

/// Takes the head off. There may be several, of a proxy or of `100 Continue`: the last one counts.
fn with_head(bytes: &[u8], now: Timestamp) -> Parts {
    let mut found = Parts { http: None, retry_after: None, body: bytes.to_vec() };
    while found.body.starts_with(b"HTTP/") {
        let Some((head, rest)) = split_head(&found.body) else {
            // Cut in the middle of its head: there is no body.
            let (http, retry_after) = head_of(&found.body, now);
            return Parts { http, retry_after, body: Vec::new() };
        };
        let (http, retry_after) = head_of(head, now);
        found = Parts { http, retry_after, body: rest.to_vec() };
    }
    found
}

fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let next = from + line.len();
        if line == b"\r\n" || line == b"\n" {
            return Some((bytes.get(..from)?, bytes.get(next..)?));
        }
        from = next;
    }
    None
}

fn head_of(head: &[u8], now: Timestamp) -> (Option<u16>, Option<Duration>) {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines();
    let status = lines.next().and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    (status, retry_after(lines.filter_map(|line| line.split_once(':')), now))
}

/// The header `Retry-After` among these. A date in it counts from the reply's own date.
fn retry_after<'a>(
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    now: Timestamp,
) -> Option<Duration> {
    let (mut after, mut sent) = (None, now);
    for (name, value) in headers {
        match name.trim().to_ascii_lowercase().as_str() {
            "retry-after" => after = Some(value),
            "date" => {
                let date = jiff::fmt::rfc2822::parse(value.trim());
                sent = date.map_or(now, |date| date.timestamp());
            }
            _ => {}
        }
    }
    facts::retry_after(after?, sent)
}

/// The status that an error in the body stands for, when the body is one.
fn code_in(body: &[u8]) -> Option<u16> {
    let as_success = Exchange::Reply { http: 200, retry_after: None, body: body.to_vec() };
    let facts = Facts::of(&as_success);
    Some(facts.status()).filter(|status| facts.error.is_some() && *status != 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-24T18:30:45Z".parse().unwrap()
    }

    fn of(text: &str) -> (u16, StatusSource, Option<u64>, String) {
        let saved = Saved::of(text.as_bytes().to_vec(), None, None, now());
        let after = saved.retry_after.map(|wait| wait.as_secs());
        (saved.http, saved.http_from, after, String::from_utf8(saved.body).unwrap())
    }

    #[test]
    fn a_head_goes_and_the_last_one_counts() {
        let text =
            "HTTP/1.1 200 Connection established\r\n\r\nHTTP/2 503 \r\nRetry-After: 7\r\n\r\n{}";
        assert_eq!(of(text), (503, StatusSource::File, Some(7), "{}".into()));
        assert_eq!(of("HTTP/1.1 429 Too Many\n\nx"), (429, StatusSource::File, None, "x".into()));
        assert_eq!(of("HTTP/1.1 502"), (502, StatusSource::File, None, String::new()));
        let text = "HTTP/1.1 503\nRetry-After: Sat, 24 Jan 2026 12:01:30 GMT\n\
            Date: Sat, 24 Jan 2026 12:00:00 GMT\n\n";
        assert_eq!(of(text).2, Some(90));
        assert_eq!(of("HTTP/"), (200, StatusSource::Assumed, None, String::new()));
    }

    #[test]
    fn an_object_that_holds_a_reply_is_taken_apart() {
        let text = r#"{"http": 503, "headers": {"Retry-After": "7"}, "body": "down"}"#;
        assert_eq!(of(text), (503, StatusSource::File, Some(7), "down".into()));
        let text = r#"{"http":404,"body":{"error":{"code":404}}}"#;
        assert_eq!(of(text).3, r#"{"error":{"code":404}}"#);
    }

    #[test]
    fn a_bare_body_may_say_its_status() {
        let text = r#"{"error":{"code":429}}"#;
        assert_eq!(of(text), (429, StatusSource::Body, None, text.into()));
        assert_eq!(of(r#"[{"error":{"status":"UNAVAILABLE"}}]"#).0, 503);
        assert_eq!(of("<html>").1, StatusSource::Assumed);
        let typed =
            Saved::of(b"HTTP/1.1 503 x\n\n".to_vec(), Some(429), Some(Duration::ZERO), now());
        assert_eq!((typed.http, typed.http_from), (429, StatusSource::Flag));
        assert_eq!(typed.retry_after, Some(Duration::ZERO));
    }
}
