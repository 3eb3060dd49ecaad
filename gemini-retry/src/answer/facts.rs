//! The fields of a reply that decide something, read with tolerance: a field of another type is an
//! absent field, and no body makes this fail.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use records::Usage;
use serde_json::Value;

use crate::answer::ended::{self, Ended, ProgramEnd};
use crate::answer::strict_json;

/// No wait is longer; the arithmetic of times stays safe.
const LONGEST_WAIT: Duration = Duration::from_hours(30 * 24);
/// How often an error may be wrapped into the message of another one.
const DEEPEST_WRAP: usize = 3;
/// How much of what the service says is told, in characters.
const LONGEST_STORY: usize = 300;

/// What the message about too long a prompt says of the token count.
pub(crate) const TOO_MANY_TOKENS: &str = "exceeds the maximum";
/// What the message about a used-up reservation says.
pub(crate) const PROVISIONED: &str = "Provisioned Throughput";

/// An exchange that ended without a whole reply. The texts hold no URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Nothing, or not all, came in time.
    TimedOut(String),
    /// The name was not found, the connection refused, reset or cut.
    Connection(String),
}

/// What came back from one request.
#[derive(Debug, Clone)]
pub(crate) enum Exchange {
    /// No whole reply.
    Broken(Broken),
    /// A reply, whatever it says.
    Reply {
        /// The HTTP status.
        http: u16,
        /// The header `Retry-After`, which proxies send.
        retry_after: Option<Duration>,
        /// The bytes.
        body: Vec<u8>,
    },
    /// A program ended that was asked.
    Ended(Ended),
}

/// Which model answered, compared with the one that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Served {
    /// The reply does not say.
    #[default]
    Unsaid,
    /// One that was not asked for.
    Other,
    /// The right one.
    Accepted,
}

/// Everything about an exchange that a rule looks at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// Why there is no reply.
    pub(crate) broken: Option<Broken>,
    /// The HTTP status.
    pub(crate) http: Option<u16>,
    /// How the program ended that was asked instead.
    pub(crate) program: Option<ProgramEnd>,
    /// The header `Retry-After`.
    pub(crate) retry_after: Option<Duration>,
    /// Whether the body is a JSON object; that of an answer must name each key once.
    pub(crate) readable: bool,
    /// What stands before each place in the body: nothing, or `[0].` in a list.
    pub(crate) root: &'static str,
    /// The error that the body holds.
    pub(crate) error: Option<ApiError>,
    /// Why the prompt was blocked.
    pub(crate) block_reason: Option<String>,
    /// Why the answer ended.
    pub(crate) finish: Option<String>,
    /// How many answers there are; one is asked for.
    pub(crate) answers: usize,
    /// The first answer, without the model's thoughts.
    pub(crate) text: String,
    /// The model that answered, as the service named it.
    pub(crate) model: Option<String>,
    /// The service's id of the answer.
    pub(crate) response_id: Option<String>,
    /// When the service shuts the model down.
    pub(crate) retirement: Option<Timestamp>,
    /// Tokens.
    pub(crate) usage: Usage,
    /// Whether that model is the right one. Set by the judge.
    pub(crate) served: Served,
    /// Why the text is not one valid verdict. Set by the judge.
    pub(crate) verdict_fault: Option<String>,
}

/// A text of a reply, with its place in the body, such as `error.details[0].reason`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The place, as `jq` writes it.
    pub(crate) at: String,
    /// The text; a number in digits.
    pub(crate) text: String,
}

impl Found {
    /// The text or number that stands at the place.
    fn read(at: String, value: Option<&Value>) -> Option<Self> {
        let value = value?;
        let text =
            value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|n| n.to_string()));
        text.map(|text| Self { at, text })
    }
}

/// The error of a reply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// Where it stands in the body: `error`, or deeper when it is wrapped.
    pub(crate) at: String,
    /// The code inside the body, when it is a number.
    pub(crate) code: Option<u16>,
    /// The canonical status, such as `RESOURCE_EXHAUSTED`.
    pub(crate) status: String,
    /// For people. May hold a key until it is cleaned.
    pub(crate) message: String,
    /// Reasons of `ErrorInfo`, such as `API_KEY_INVALID`.
    pub(crate) reasons: Vec<Found>,
    /// Quotas that were violated, such as `GenerateRequestsPerDay…`.
    pub(crate) quota_ids: Vec<Found>,
    /// A violated quota is zero: the plan does not include the model.
    pub(crate) zero_limit: Option<Found>,
    /// `RetryInfo`.
    pub(crate) retry_delay: Option<Duration>,
    /// Where it stands, as it is written.
    pub(crate) retry_delay_found: Option<Found>,
    /// When a used-up quota comes back, as an instant.
    pub(crate) reset_at: Option<Timestamp>,
    /// The same as a length of time.
    pub(crate) reset_delay: Option<Duration>,
}

impl Facts {
    /// The facts of an exchange, before anything is judged.
    pub(crate) fn of(exchange: &Exchange) -> Self {
        let (http, retry_after, body) = match exchange {
            Exchange::Broken(broken) => {
                return Self { broken: Some(broken.clone()), ..Self::default() };
            }
            Exchange::Ended(ended) => return ended::facts(ended),
            Exchange::Reply { http, retry_after, body } => (*http, *retry_after, body),
        };
        let facts = Self { http: Some(http), retry_after, ..Self::default() };
        let parsed: Value = serde_json::from_slice(body).unwrap_or_default();
        // Some endpoints put their one error into a list.
        let (root, value) = match &parsed {
            Value::Array(items) => ("[0].", items.first().unwrap_or(&Value::Null)),
            other => ("", other),
        };
        // What stands behind the first could say something else.
        let more = parsed.as_array().map(Vec::len).filter(|items| *items > 1).unwrap_or(0);
        if !value.is_object() {
            return facts;
        }
        let candidates = value.get("candidates").and_then(Value::as_array);
        let candidate = candidates.and_then(|all| all.first());
        let error = value.get("error").filter(|e| !e.is_null());
        let error = error.map(|error| ApiError::of(&format!("{root}error"), error));
        let strict = || str::from_utf8(body).is_ok_and(|text| strict_json::read(text).is_ok());
        let text = |v: Option<&Value>| v.and_then(Value::as_str).map(str::to_owned);
        Self {
            readable: error.is_some() || strict(),
            root,
            error,
            block_reason: block_reason(value.get("promptFeedback")),
            finish: text(candidate.and_then(|c| c.get("finishReason"))),
            answers: candidates.map_or(0, Vec::len).max(more),
            text: candidate.map(visible_text).unwrap_or_default(),
            model: text(value.get("modelVersion")).filter(|m| !m.trim().is_empty()),
            response_id: text(value.get("responseId")),
            retirement: text(value.pointer("/modelStatus/retirementTime"))
                .and_then(|time| time.parse().ok()),
            usage: usage(value.get("usageMetadata")),
            ..facts
        }
    }

    /// The status that counts: some proxies answer 200 and put the error into the body.
    pub(crate) fn status(&self) -> u16 {
        let equivalent = self.program.as_ref().map_or(0, |program| program.status);
        let http = self.http.unwrap_or(equivalent);
        match &self.error {
            Some(error) if self.program.is_some() || (200..300).contains(&http) => {
                error.code.filter(|code| *code >= 300).or(error.code_of_status()).unwrap_or(http)
            }
            _ => http,
        }
    }

    /// How long the service asked to wait, in the body or in the header: the longer of the two.
    pub(crate) fn asked_delay(&self) -> Option<Duration> {
        self.error.as_ref().and_then(|e| e.retry_delay).max(self.retry_after)
    }

    /// The same with every text of the service's own put through `clean`, before any of it is cut:
    /// the rest of a key would not be known as one.
    pub(crate) fn cleaned(mut self, clean: impl Fn(&str) -> String) -> Self {
        self.text = clean(&self.text);
        self.verdict_fault = self.verdict_fault.map(|fault| clean(&fault));
        if let Some(error) = &mut self.error {
            error.message = clean(&error.message);
        }
        if let Some(program) = &mut self.program {
            program.said = clean(&program.said);
        }
        self
    }

    /// How the program failed that was asked; `None` when it did not, or none was.
    fn failure_of_program(&self) -> Option<String> {
        let program = self.program.as_ref()?;
        let message = self.error.as_ref().map(|error| error.message.as_str());
        if message.is_none() && self.readable {
            return None;
        }
        let said = message.filter(|message| !message.is_empty()).unwrap_or(&program.said);
        Some(match said {
            "" => program.story(),
            said => format!("{}: {}", program.story(), cut(said)),
        })
    }

    /// How the reply failed as one; `None` when it did not, or there is none.
    fn failure_of_reply(&self) -> Option<String> {
        let http = self.http?;
        if let Some(error) = self.error.as_ref().filter(|error| !error.message.is_empty()) {
            return Some(format!("HTTP {http}: {}", cut(&error.message)));
        }
        match http {
            200..=299 if self.error.is_none() && self.readable => None,
            200..=299 if self.error.is_none() => {
                Some(format!("HTTP {http}: the reply is no JSON object that could be read"))
            }
            300..=399 => {
                Some(format!("HTTP {http}: it points elsewhere, and no key is sent there"))
            }
            _ => Some(format!("HTTP {http} without an explanation")),
        }
    }

    /// One sentence about what went wrong, for people: the first thing in the order of the rules.
    pub(crate) fn story(&self) -> String {
        if let Some(Broken::TimedOut(why) | Broken::Connection(why)) = &self.broken {
            return why.clone();
        }
        if let Some(story) = self.failure_of_program().or_else(|| self.failure_of_reply()) {
            return story;
        }
        if let Some(reason) = &self.block_reason {
            return format!("the prompt was blocked: {reason}");
        }
        match self.finish.as_deref() {
            Some("STOP") => {}
            Some(finish) => return format!("the answer ended with {finish}"),
            None => return "the reply does not say that the answer is complete".into(),
        }
        match (&self.model, self.served) {
            _ if self.text.trim().is_empty() => "the answer is empty".into(),
            (Some(model), Served::Other) => format!("{model} answered"),
            (None, Served::Unsaid) => "the reply does not say which model answered".into(),
            _ => self.verdict_fault.as_deref().map(cut).unwrap_or_default(),
        }
    }
}

impl ApiError {
    /// Reads the object under `error`, which stands there in the body.
    pub(crate) fn of(at: &str, value: &Value) -> Self {
        let (mut at, mut value) = (at.to_owned(), value.clone());
        // An error may be wrapped, as JSON in a string, into the message of another one.
        for _ in 0..DEEPEST_WRAP {
            let inner = value.get("message").and_then(Value::as_str).and_then(|message| {
                let parsed: Value = serde_json::from_str(message).ok()?;
                let listed = || parsed.pointer("/0/error").map(|error| ("[0].error", error));
                let found = parsed.get("error").map(|error| ("error", error)).or_else(listed);
                found.map(|(place, error)| (place, error.clone()))
            });
            match inner {
                Some((place, inner)) if inner.is_object() => {
                    at = format!("({at}.message|fromjson).{place}").replace(").[", ")[");
                    value = inner;
                }
                _ => break,
            }
        }
        let text = |v: &Value, key: &str| v.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut error = Self {
            code: value.get("code").and_then(number).and_then(|n| u16::try_from(n).ok()),
            status: text(&value, "status").unwrap_or_default(),
            message: text(&value, "message")
                .or_else(|| value.as_str().map(str::to_owned))
                .unwrap_or_default(),
            at,
            ..Self::default()
        };
        let details = value.get("details").and_then(Value::as_array);
        for (index, detail) in details.into_iter().flatten().enumerate() {
            error.add_detail(&format!("{}.details[{index}]", error.at), detail);
        }
        if error.zero_limit.is_none() && limits_in(&error.message).any(|limit| limit == 0) {
            error.zero_limit = Some(error.says("limit: 0"));
        }
        error
    }

    /// Words of the message.
    pub(crate) fn says(&self, words: &str) -> Found {
        Found { at: format!("{}.message", self.at), text: words.to_owned() }
    }

    fn add_detail(&mut self, at: &str, detail: &Value) {
        let kind = detail.get("@type").and_then(Value::as_str).unwrap_or_default();
        match kind.rsplit('.').next().unwrap_or_default() {
            "ErrorInfo" => {
                let text = |v: Option<&Value>| v.filter(|v| v.is_string()).cloned();
                let reason = text(detail.get("reason"));
                self.reasons.extend(Found::read(format!("{at}.reason"), reason.as_ref()));
                let of = |key: &str| detail.get("metadata").and_then(|m| m.get(key));
                let of_metadata = |key: &str| format!("{at}.metadata.{key}");
                let limit = text(of("quota_limit"));
                self.quota_ids.extend(Found::read(of_metadata("quota_limit"), limit.as_ref()));
                self.note_limit(of_metadata("quota_limit_value"), of("quota_limit_value"));
                let at = of("quotaResetTimeStamp").and_then(Value::as_str);
                self.reset_at = self.reset_at.or_else(|| at?.parse().ok());
                self.reset_delay = self.reset_delay.or(of("quotaResetDelay").and_then(wait));
            }
            "QuotaFailure" => {
                let violations = detail.get("violations").and_then(Value::as_array);
                for (index, violation) in violations.into_iter().flatten().enumerate() {
                    let at = format!("{at}.violations[{index}]");
                    let id = violation.get("quotaId").filter(|id| id.is_string());
                    self.quota_ids.extend(Found::read(format!("{at}.quotaId"), id));
                    self.note_limit(format!("{at}.quotaValue"), violation.get("quotaValue"));
                }
            }
            "RetryInfo" => {
                let delay = detail.get("retryDelay");
                if let (None, Some(asked)) = (self.retry_delay, delay.and_then(wait)) {
                    self.retry_delay = Some(asked);
                    self.retry_delay_found = Found::read(format!("{at}.retryDelay"), delay);
                }
            }
            _ => {}
        }
    }

    /// Remembers a limit of zero.
    fn note_limit(&mut self, at: String, value: Option<&Value>) {
        if self.zero_limit.is_none() && value.and_then(number) == Some(0) {
            self.zero_limit = Found::read(at, value);
        }
    }

    /// The quota of a day that was violated.
    pub(crate) fn daily(&self) -> Option<&Found> {
        self.quota_ids.iter().find(|id| id.text.contains("PerDay") || id.text.contains("Daily"))
    }

    /// Whether the complaint is about the number of tokens.
    pub(crate) fn counts_tokens(&self) -> bool {
        self.message.contains("token count") && self.message.contains(TOO_MANY_TOKENS)
    }

    /// The HTTP status that belongs to the canonical status.
    pub(crate) fn code_of_status(&self) -> Option<u16> {
        Some(match self.status.as_str() {
            "INVALID_ARGUMENT" | "FAILED_PRECONDITION" => 400,
            "UNAUTHENTICATED" => 401,
            "PERMISSION_DENIED" => 403,
            "NOT_FOUND" => 404,
            "RESOURCE_EXHAUSTED" => 429,
            "CANCELLED" => 499,
            "INTERNAL" => 500,
            "UNAVAILABLE" => 503,
            "DEADLINE_EXCEEDED" => 504,
            _ => return None,
        })
    }
}

/// The beginning of a text that somebody else wrote.
fn cut(text: &str) -> String {
    text.chars().take(LONGEST_STORY).collect()
}

/// Why the prompt was blocked. A reason that is no text is one.
fn block_reason(feedback: Option<&Value>) -> Option<String> {
    let reason = feedback?.get("blockReason").filter(|reason| !reason.is_null())?;
    let text = reason.as_str().map_or_else(|| reason.to_string(), str::to_owned);
    Some(text).filter(|reason| reason != "BLOCK_REASON_UNSPECIFIED")
}

/// All parts of the answer that are no thoughts.
fn visible_text(candidate: &Value) -> String {
    let parts = candidate.pointer("/content/parts").and_then(Value::as_array);
    // In whatever type it is said: a thought is never taken for the answer.
    let is_no_thought = |thought: &Value| thought.is_null() || *thought == Value::Bool(false);
    let is_thought = |part: &&Value| !part.get("thought").is_none_or(is_no_thought);
    let visible = parts.into_iter().flatten().filter(|part| !is_thought(part));
    visible.filter_map(|part| part.get("text").and_then(Value::as_str)).collect()
}

fn usage(value: Option<&Value>) -> Usage {
    let count = |key: &str| value.and_then(|v| v.get(key)).and_then(number);
    Usage {
        prompt_tokens: count("promptTokenCount"),
        output_tokens: count("candidatesTokenCount"),
        thought_tokens: count("thoughtsTokenCount"),
        cached_tokens: count("cachedContentTokenCount"),
        total_tokens: count("totalTokenCount"),
    }
}

/// A whole number, written as one or as text.
pub(crate) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A protobuf duration such as `45.837906927s`, or `15h11m58s`, or `539.477544ms`.
fn wait(value: &Value) -> Option<Duration> {
    let span: SignedDuration = value.as_str()?.trim().parse().ok()?;
    Duration::try_from(span).ok().map(|wait| wait.min(LONGEST_WAIT))
}

/// The header `Retry-After`: a number of seconds, or a date (RFC 9110, 10.2.3), which proxies send.
pub(crate) fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = if let Ok(seconds) = text.parse() {
        Duration::from_secs(seconds)
    } else {
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        // A date that is over asks for no wait.
        Duration::try_from(now.duration_until(at)).unwrap_or_default()
    };
    Some(wait.min(LONGEST_WAIT))
}

/// The numbers behind `limit:` in a message.
fn limits_in(message: &str) -> impl Iterator<Item = u64> {
    message.split("limit: ").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest.get(..end)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn waits_read_in_every_form_that_was_seen() {
        for (text, ms) in [
            ("22s", 22_000),
            ("45.837906927s", 45_837),
            ("0.539477544s", 539),
            ("539.477544ms", 539),
            ("15h11m58s", 54_718_000),
            ("0s", 0),
        ] {
            assert_eq!(wait(&json!(text)).map(|d| d.as_millis()), Some(ms), "{text}");
        }
        for odd in [json!("-5s"), json!("soon"), json!(5), json!(null), json!("")] {
            assert_eq!(wait(&odd), None, "{odd}");
        }
        assert_eq!(wait(&json!("9999999999s")), Some(LONGEST_WAIT));
    }

    #[test]
    fn the_header_is_a_number_of_seconds_or_a_date() {
        let now = "1994-11-06T08:49:00Z".parse().unwrap();
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sun, 06 Nov 1994 08:48:59 GMT", Some(0)),
            ("Thu, 31 Dec 2099 23:59:59 GMT", Some(LONGEST_WAIT.as_secs())),
            ("18446744073709551615", Some(LONGEST_WAIT.as_secs())),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("Sun, 36 Nov 1994 08:49:37 GMT", None),
        ] {
            assert_eq!(retry_after(text, now).map(|d| d.as_secs()), seconds, "{text}");
        }
    }

    #[test]
    fn the_end_of_the_model_is_read_when_it_is_a_time() {
        let of = |status: Value| of(&json!({"modelStatus": status}).to_string()).retirement;
        let at = "2026-12-01T00:00:00Z";
        assert_eq!(of(json!({"retirementTime": at})), at.parse().ok());
        for odd in [json!({"retirementTime": "soon"}), json!({}), json!(7), json!(null)] {
            assert_eq!(of(odd), None);
        }
    }

    fn of(body: &str) -> Facts {
        Facts::of(&Exchange::Reply { http: 200, retry_after: None, body: body.into() })
    }

    #[test]
    fn an_answer_whose_reply_names_a_key_twice_is_not_read() {
        let answer = |word: &str| {
            format!(r#"[{{"finishReason":"STOP","content":{{"parts":[{{"text":"{word}"}}]}}}}]"#)
        };
        let once = format!(r#"{{"candidates":{}}}"#, answer("a"));
        assert!(of(&once).readable);
        let twice = format!(r#"{{"candidates":{},"candidates":{}}}"#, answer("a"), answer("b"));
        assert!(!of(&twice).readable);
        // An error is understood whatever its form: it opens nothing.
        assert!(of(r#"{"error":{"code":429,"code":429}}"#).readable);
    }

    #[test]
    fn a_prompt_is_blocked_only_when_a_reason_is_given() {
        let of = |reason: &str| of(&json!({"promptFeedback": {"blockReason": reason}}).to_string());
        assert_eq!(of("BLOCK_REASON_UNSPECIFIED").block_reason, None);
        assert_eq!(of("OTHER").block_reason.as_deref(), Some("OTHER"));
    }

    #[test]
    fn a_text_is_cleaned_before_it_is_cut() {
        let message = format!("{}KEY", "x".repeat(LONGEST_STORY - 2));
        let facts = of(&json!({"error": {"message": message}}).to_string());
        assert!(facts.story().ends_with("xKE"));
        let story = facts.cleaned(|text| text.replace("KEY", "-")).story();
        assert!(story.ends_with("x-"), "{story}");
    }

    #[test]
    fn an_error_inside_the_message_of_another_counts() {
        let inner = json!([{"error": {"code": "429", "status": "RESOURCE_EXHAUSTED",
            "message": "x, limit: 0, y"}}]);
        let error = ApiError::of("error", &json!({"code": 500, "message": inner.to_string()}));
        assert_eq!(error.code, Some(429));
        let zero = error.zero_limit.unwrap();
        assert_eq!(zero.at, "(error.message|fromjson)[0].error.message");
        assert_eq!(zero.text, "limit: 0");
    }

    #[test]
    fn a_limit_that_only_begins_with_zero_digits_is_read_whole() {
        assert_eq!(
            limits_in("limit: 0, limit: 05; limit: 20 limit: x").collect::<Vec<_>>(),
            [0, 5, 20]
        );
    }
}
