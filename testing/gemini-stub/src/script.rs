//! The script: which credential is told what, in which order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::keys::Keys;
use crate::plan::Plan;

/// A whole script. As a file it is one JSON object with the keys `keys`, `rules` and `models`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    #[serde(default)]
    pub(crate) keys: Keys,
    /// Tried in order; the first that fits the credential and the model answers.
    #[serde(default)]
    pub(crate) rules: Vec<Rule>,
    /// What `GET /v1beta/models` lists besides the models that rules name.
    #[serde(default)]
    pub(crate) models: Vec<String>,
}

/// What one credential is told about one model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A credential name, or `*`.
    pub(crate) key: String,
    /// A model name, or `*`. Each model has its own place in the sequence.
    pub(crate) model: String,
    /// In the order in which they are given.
    pub(crate) responses: Vec<Response>,
    /// What happens after the last one.
    #[serde(default)]
    pub(crate) after: After,
}

/// What a rule does when its responses are used up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// Gives the last response again and again.
    #[default]
    RepeatLast,
    /// Starts over.
    Cycle,
    /// Answers 501, which no real server does, and counts the request as unscripted.
    Fail,
}

/// One response: exactly one of `fixture`, `verdict`, `text` and `status` says what, unless the
/// connection is to end without any answer (`hang`, `reset`). The rest says how it travels.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    pub(crate) fixture: Option<String>,
    pub(crate) verdict: Option<Value>,
    pub(crate) text: Option<String>,
    pub(crate) model_version: Option<String>,
    pub(crate) finish: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) headers: Option<BTreeMap<String, String>>,
    pub(crate) body: Option<Value>,
    #[serde(default)]
    pub(crate) echo_key: bool,
    /// So long every further request gets the same, as from a quota that is used up.
    #[serde(default)]
    pub(crate) lasts_ms: u64,
    /// Whose requests those are.
    #[serde(default)]
    pub(crate) lasts_for: LastsFor,
    #[serde(default)]
    pub(crate) delay_ms: u64,
    #[serde(default)]
    pub(crate) drip_ms_per_byte: u64,
    pub(crate) truncate: Option<usize>,
    pub(crate) reset_after_bytes: Option<usize>,
    #[serde(default)]
    pub(crate) reset: bool,
    #[serde(default)]
    pub(crate) hang: bool,
}

/// Who meets a response that lasts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LastsFor {
    /// The credential that got it, as with a quota.
    #[default]
    Key,
    /// Every credential that the rule is about, as with an overloaded model.
    Model,
}

/// Why a script was refused. It never shows a key.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The file cannot be read.
    #[error("{path}: cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not JSON, or a field is unknown or of the wrong type.
    #[error("{0}")]
    Syntax(serde_json::Error),
    /// It is well formed and makes no sense: `rules[0].responses[1]: …`.
    #[error("{place}: {problem}")]
    Meaning {
        /// Where in the script.
        place: String,
        /// What is wrong there.
        problem: String,
    },
}

impl Script {
    /// A script that knows no key.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a credential. Only its name will ever be written down.
    #[must_use]
    pub fn key(mut self, name: &str, key: &str) -> Self {
        self.keys.insert(name, key);
        self
    }

    /// Adds a rule after the ones before it.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds a model to what `GET /v1beta/models` lists.
    #[must_use]
    pub fn model(mut self, model: &str) -> Self {
        self.models.push(model.to_owned());
        self
    }

    /// Reads and checks a script.
    pub fn from_json(text: &str) -> Result<Self, ScriptError> {
        let script: Self = serde_json::from_str(text).map_err(ScriptError::Syntax)?;
        Plan::of(script.clone())?;
        Ok(script)
    }

    /// Reads and checks a script file.
    pub fn read(path: &Path) -> Result<Self, ScriptError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ScriptError::Read { path: path.to_owned(), source })?;
        Self::from_json(&text)
    }
}

impl Rule {
    /// A rule without responses for a credential name and a model; either may be `*`.
    pub fn new(key: &str, model: &str) -> Self {
        Self {
            key: key.to_owned(),
            model: model.to_owned(),
            responses: Vec::new(),
            after: After::default(),
        }
    }

    /// Adds the next response.
    #[must_use]
    pub fn respond(mut self, response: Response) -> Self {
        self.responses.push(response);
        self
    }

    /// Adds the same response `times` times.
    #[must_use]
    pub fn respond_times(mut self, times: usize, response: &Response) -> Self {
        self.responses.extend(std::iter::repeat_n(response.clone(), times));
        self
    }

    /// What happens after the last response.
    #[must_use]
    pub fn after(mut self, after: After) -> Self {
        self.after = after;
        self
    }
}

impl Response {
    /// A fixture by its full name or its id: `E01_quota_day` or `E01`.
    pub fn fixture(name: &str) -> Self {
        Self { fixture: Some(name.to_owned()), ..Self::default() }
    }

    /// A successful answer whose text is this JSON object.
    pub fn verdict(verdict: Value) -> Self {
        Self { verdict: Some(verdict), ..Self::default() }
    }

    /// A successful answer with this text.
    pub fn text(text: &str) -> Self {
        Self { text: Some(text.to_owned()), ..Self::default() }
    }

    /// Any status, with an empty body.
    pub fn status(status: u16) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// Takes the request and never answers.
    pub fn hang() -> Self {
        Self { hang: true, ..Self::default() }
    }

    /// Resets the connection before any byte of an answer.
    pub fn reset() -> Self {
        Self { reset: true, ..Self::default() }
    }

    /// The model that a verdict or text claims to come from; `{model}` stands for the requested one
    /// and is the default.
    #[must_use]
    pub fn model_version(mut self, version: &str) -> Self {
        self.model_version = Some(version.to_owned());
        self
    }

    /// The finish reason of a verdict or text; `STOP` when not said.
    #[must_use]
    pub fn finish(mut self, reason: &str) -> Self {
        self.finish = Some(reason.to_owned());
        self
    }

    /// A header of a `status` response.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.get_or_insert_default().insert(name.to_owned(), value.to_owned());
        self
    }

    /// The body of a `status` response: a JSON value, or a string that is sent as it is.
    #[must_use]
    pub fn body(mut self, body: impl Into<Value>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Puts the key that the request carried into the error message, as fixture `E16` does.
    #[must_use]
    pub fn echo_key(mut self) -> Self {
        self.echo_key = true;
        self
    }

    /// So long every further request of the same credential and model gets this response, too, and
    /// the sequence stands still.
    #[must_use]
    pub fn lasts_ms(mut self, lasts: u64) -> Self {
        self.lasts_ms = lasts;
        self
    }

    /// The same, for every credential that the rule is about.
    #[must_use]
    pub fn lasts_ms_for_all(mut self, lasts: u64) -> Self {
        self.lasts_for = LastsFor::Model;
        self.lasts_ms(lasts)
    }

    /// Waits so many milliseconds before the first byte of the answer.
    #[must_use]
    pub fn delay_ms(mut self, delay: u64) -> Self {
        self.delay_ms = delay;
        self
    }

    /// Sends the body byte by byte with this pause between two of them, in milliseconds.
    #[must_use]
    pub fn drip_ms_per_byte(mut self, pause: u64) -> Self {
        self.drip_ms_per_byte = pause;
        self
    }

    /// Sends at most so many bytes of the body, under a `Content-Length` that promises more, and
    /// closes the connection.
    #[must_use]
    pub fn truncate(mut self, bytes: usize) -> Self {
        self.truncate = Some(bytes);
        self
    }

    /// Sends the head and so many bytes of the body, then resets the connection.
    #[must_use]
    pub fn reset_after_bytes(mut self, bytes: usize) -> Self {
        self.reset_after_bytes = Some(bytes);
        self
    }
}
