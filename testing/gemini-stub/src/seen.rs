//! What a stub writes down about each request. Nothing of it holds a key.

use serde::Serialize;
use serde_json::Value;

/// One request that came, with the answer that was chosen for it. Written before the answer is sent,
/// so a request that hangs is seen as well.
#[derive(Debug, Clone, Serialize)]
pub struct SeenRequest {
    /// `gemini-stub.request/1`.
    pub schema: &'static str,
    /// From 1, in order of arrival.
    pub seq: u64,
    /// RFC 3339, UTC, milliseconds.
    pub at: String,
    /// The name of the credential; `None` when the key is missing or unknown.
    pub key: Option<String>,
    /// Whether a key was sent at all, known or not.
    pub has_key: bool,
    /// Whether the key was in the query, where it ends up in logs of proxies.
    pub key_in_query: bool,
    /// The model of a generateContent request; `None` for any other request.
    pub model: Option<String>,
    /// `None` when the request was malformed.
    pub method: Option<String>,
    /// Without the query; `None` when the request was malformed. A known key of eight characters or
    /// more is replaced by `[key]`, here as in the other fields.
    pub path: Option<String>,
    /// Lower case, in the order in which they came.
    pub header_names: Vec<String>,
    /// SHA-256 of the body, in hexadecimal.
    pub body_sha256: String,
    /// Length of the body.
    pub body_bytes: usize,
    /// How many generateContent requests of this credential were being answered, this one included.
    pub in_flight: usize,
    /// The full name of a fixture, or `verdict`, `text`, `status`, `hang`, `reset`, `models`,
    /// `key-missing`, `key-unknown`, `not-found`, `invalid-json`, `malformed`, `no-rule`, `used-up`.
    pub given: String,
    /// The status of the answer; `None` when there is none.
    pub status: Option<u16>,
    /// The body as JSON, for assertions. Not part of the log.
    #[serde(skip)]
    pub body: Option<Value>,
}

impl SeenRequest {
    /// Whether the script had nothing to say to this request: no rule fits, or the rule was used up
    /// and says `fail`.
    pub fn is_unscripted(&self) -> bool {
        self.given == "no-rule" || self.given == "used-up"
    }

    /// The text of the user's prompt: the parts of all contents, joined.
    pub fn prompt(&self) -> String {
        let contents = self.body.as_ref().and_then(|body| body.get("contents")?.as_array());
        let parts = contents
            .into_iter()
            .flatten()
            .filter_map(|content| content.get("parts").and_then(Value::as_array));
        parts.flatten().filter_map(|part| part.get("text")?.as_str()).collect()
    }
}
