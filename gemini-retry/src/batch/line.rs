//! One line of stdin: what it asks, or what is wrong with it. It reads no file.

use std::path::PathBuf;

use cli::Failure;
use records::{Extra, IssueNumber};
use serde_json::Value;

use crate::answer::strict_json;
use crate::batch::id::Id;
use crate::batch::misspelt::{Meant, meant};
use crate::setup::args::{self, Schema};
use crate::setup::prompt::Source;

/// Keys that the result has itself: under them nothing of the caller's can come back.
const OF_THE_RESULT: [&str; 8] =
    ["line", "outcome", "review", "class", "failure", "retry_at", "exit", "audit_id"];
/// What holds for all requests. A key of this name would be a wish that nobody fulfils.
const OF_THE_BATCH: [&str; 14] = [
    "accept_model",
    "allow_unverified_model",
    "force",
    "deadline",
    "attempt_timeout",
    "max_attempts",
    "wait_for_quota",
    "base_url",
    "credentials",
    "state_dir",
    "log_dir",
    "no_audit",
    "transport",
    "command",
];

const OF_THE_REQUEST: [&str; 9] =
    ["id", "prompt", "prompt_file", "model", "schema", "issue", "node", "subject", "project"];

/// A request as it stands in a line; what is `None` is as the options say.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The caller's name for it.
    pub(crate) id: Id,
    /// Where the prompt is.
    pub(crate) source: Source,
    /// The model.
    pub(crate) model: Option<String>,
    /// What the answer must be.
    pub(crate) schema: Option<Schema>,
    /// For the audit entry.
    pub(crate) issue: Option<IssueNumber>,
    /// For the audit entry.
    pub(crate) node: Option<String>,
    /// The file that the prompt is about.
    pub(crate) subject: Option<PathBuf>,
    /// For the audit entry.
    pub(crate) project: Option<String>,
    /// What the result carries back as it is.
    pub(crate) extra: Extra,
    /// What is odd about it.
    pub(crate) warnings: Vec<String>,
}

/// A line that asks nothing that could be answered.
#[derive(Debug)]
pub(crate) struct Bad {
    /// The id, if it could be read.
    pub(crate) id: Option<Id>,
    /// What the result carries back.
    pub(crate) extra: Extra,
    /// What is wrong.
    pub(crate) failure: Failure,
}

/// Reads the line with this number.
pub(crate) fn read(text: &[u8], line: u64) -> Result<Asked, Box<Bad>> {
    let bad = |id, extra, why: String| {
        let failure = Failure::damaged(format_args!("stdin:{line}"), why);
        Box::new(Bad { id, extra, failure })
    };
    let mut fields = object(text).map_err(|why| bad(None, Extra::new(), why))?;
    let warnings = match misspelt(&fields) {
        Ok(warnings) => warnings,
        Err(why) => {
            let id = fields.shift_remove("id").and_then(|value| Id::read(&value).ok());
            return Err(bad(id, returned(fields), why));
        }
    };
    // This is how many programs write that there is none.
    fields.retain(|_, value| !value.is_null());
    let id = fields.shift_remove("id").map_or(Ok(Id::of_line(line)), |value| Id::read(&value));
    let id = match id {
        Ok(id) => id,
        Err(why) => return Err(bad(None, returned(fields), format!("id: {why}"))),
    };
    match asked(id.clone(), &mut fields) {
        Ok(asked) => Ok(Asked { extra: fields, warnings, ..asked }),
        Err(why) => Err(bad(Some(id), returned(fields), why)),
    }
}

/// The one object of the line.
fn object(text: &[u8]) -> Result<Extra, String> {
    let text = std::str::from_utf8(text)
        .map_err(|e| format!("byte {} is not UTF-8", e.valid_up_to() + 1))?;
    match strict_json::read(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("expected an object such as {\"id\":1,\"prompt\":\"…\"}".to_owned()),
        Err(e) => Err(format!("not JSON: {e}")),
    }
}

/// What is left of a line that is no request: the caller's own keys.
fn returned(fields: Extra) -> Extra {
    let own = |key: &str| !OF_THE_REQUEST.contains(&key) && reserved(key).is_none();
    fields.into_iter().filter(|(key, _)| own(key)).collect()
}

/// Why a key means nothing in a request.
fn reserved(key: &str) -> Option<String> {
    if OF_THE_RESULT.contains(&key) {
        Some(format!("'{key}' is a key of the result; use another name"))
    } else if OF_THE_BATCH.contains(&key) {
        let option = key.replace('_', "-");
        Some(format!("'{key}' holds for the whole batch; give --{option}"))
    } else {
        None
    }
}

/// Takes the request out of the line, and leaves what comes back with the result.
fn asked(id: Id, fields: &mut Extra) -> Result<Asked, String> {
    if let Some(why) = fields.keys().find_map(|key| reserved(key)) {
        return Err(why);
    }
    let source = match (text(fields, "prompt")?, text(fields, "prompt_file")?) {
        (Some(prompt), None) => Source::Text(prompt),
        (None, Some(path)) => Source::File(path.into()),
        (None, None) => return Err("neither prompt nor prompt_file".to_owned()),
        (Some(_), Some(_)) => return Err("both prompt and prompt_file".to_owned()),
    };
    let issue = match fields.shift_remove("issue") {
        None => None,
        Some(Value::String(text)) => Some(text.parse()),
        Some(other) => Some(other.to_string().parse()),
    };
    let issue: Option<IssueNumber> = issue.transpose().map_err(|e| format!("issue: {e}"))?;
    let node = match text(fields, "node")? {
        Some(text) => Some(args::ref_part(&text).map_err(|e| format!("node: {e}"))?),
        None => None,
    };
    let schema = match text(fields, "schema")? {
        Some(text) => Some(args::schema(&text).map_err(|e| format!("schema: {e}"))?),
        None => None,
    };
    Ok(Asked {
        id,
        source,
        model: text(fields, "model")?,
        schema,
        issue,
        node,
        subject: text(fields, "subject")?.map(PathBuf::from),
        project: text(fields, "project")?,
        extra: Extra::new(),
        warnings: Vec::new(),
    })
}

/// Refuses keys that are surely misspelt, and warns of those that may be. A key whose right name is
/// there as well is the caller's own.
fn misspelt(fields: &Extra) -> Result<Vec<String>, String> {
    let is_known = |key: &str| OF_THE_REQUEST.contains(&key) || reserved(key).is_some();
    let missing = || OF_THE_REQUEST.into_iter().filter(|known| !fields.contains_key(*known));
    let mut warnings = Vec::new();
    for key in fields.keys().filter(|key| !is_known(key)) {
        match meant(key, missing().chain(OF_THE_BATCH)) {
            Some(Meant::Surely(word)) => {
                return Err(format!("'{key}' is not known; '{word}' is meant"));
            }
            Some(Meant::Perhaps(word)) if OF_THE_REQUEST.contains(&word) => warnings.push(format!(
                "the key '{key}' of a request means nothing here and only comes back; is '{word}' meant?"
            )),
            Some(Meant::Perhaps(_)) | None => {}
        }
    }
    Ok(warnings)
}

fn text(fields: &mut Extra, key: &str) -> Result<Option<String>, String> {
    match fields.shift_remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{key}: expected a text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn refusal(line: &str) -> (Option<Value>, String) {
        let bad = read(line.as_bytes(), 7).unwrap_err();
        (bad.id.map(|id| id.value().clone()), bad.failure.to_string())
    }

    #[test]
    fn a_request_says_what_differs_from_the_options() {
        let line = r##"{"id":"a","prompt":"Hi","model":"m","issue":"#98","node":"review_lld",
            "subject":"docs/x.md","project":"talos","schema":"none","mine":[1],"z":null}"##;
        let asked = read(line.as_bytes(), 1).unwrap();
        assert_eq!(asked.id.value(), "a");
        assert_eq!(asked.source, Source::Text("Hi".into()));
        assert_eq!(asked.model.as_deref(), Some("m"));
        assert_eq!(asked.issue, Some(IssueNumber(98)));
        assert_eq!(asked.project.as_deref(), Some("talos"));
        assert_eq!(Value::from(asked.extra), json!({"mine": [1]}));
        let least = read(br#"{"prompt_file":"x","issue":98}"#, 3).unwrap();
        assert_eq!(least.id.value(), 3);
        assert_eq!(least.source, Source::File("x".into()));
        assert_eq!((least.issue, least.model), (Some(IssueNumber(98)), None));
    }

    #[test]
    fn each_bad_line_is_told_by_its_number_and_keeps_its_id() {
        for (line, id, why) in [
            ("", None, "not JSON"),
            ("{", None, "not JSON"),
            ("[1]", None, "expected an object"),
            (r#"{"id":1,"id":2,"prompt":"x"}"#, None, "not JSON"),
            (r#"{"id":[1],"prompt":"x"}"#, None, "id: expected a text or a number"),
            (r#"{"id":"a"}"#, Some(json!("a")), "neither prompt nor prompt_file"),
            (r#"{"id":"a","prompt":null}"#, Some(json!("a")), "neither prompt nor"),
            (r#"{"prompt":"x","prompt_file":"y"}"#, Some(json!(7)), "both prompt and prompt_file"),
            (r#"{"id":4,"prompt":5}"#, Some(json!(4)), "prompt: expected a text"),
            (r#"{"id":4,"prompt":"x","issue":0}"#, Some(json!(4)), "issue: '0' is not"),
            (r#"{"id":4,"prompt":"x","issue":1.5}"#, Some(json!(4)), "issue: '1.5' is not"),
            (r#"{"id":4,"prompt":"x","node":"a b"}"#, Some(json!(4)), "node: "),
            (r#"{"id":4,"prompt":"x","exit":1}"#, Some(json!(4)), "'exit' is a key of the result"),
            (r#"{"id":4,"prompt":"x","deadline":"5m"}"#, Some(json!(4)), "give --deadline"),
            (r#"{"id":4,"prompt":"x","max_attempts":5}"#, Some(json!(4)), "give --max-attempts"),
            (
                r#"{"id":4,"prompt":"x","modle":"m"}"#,
                Some(json!(4)),
                "'modle' is not known; 'model'",
            ),
            (r#"{"ID":4,"prompt":"x"}"#, None, "'ID' is not known; 'id' is meant"),
            (r#"{"id":4,"promptFile":"x"}"#, Some(json!(4)), "'prompt_file' is meant"),
            (r#"{"id":4,"prompt":"x","log-dir":"x"}"#, Some(json!(4)), "'log_dir' is meant"),
        ] {
            let (found, told) = refusal(line);
            assert_eq!(found, id, "{line}");
            assert!(told.starts_with("stdin:7: ") && told.contains(why), "{line}: {told}");
        }
        assert!(read(b"\xff", 1).unwrap_err().failure.to_string().contains("byte 1 is not UTF-8"));
    }

    #[test]
    fn a_key_that_may_be_misspelt_comes_back_with_a_warning() {
        let asked = read(br#"{"prompt":"x","models":"m","notes":"n"}"#, 1).unwrap();
        assert_eq!(asked.warnings.len(), 1);
        assert!(asked.warnings[0].contains("'models'") && asked.warnings[0].contains("'model'"));
        assert_eq!(Value::from(asked.extra), json!({"models": "m", "notes": "n"}));
        // Whoever has both knows the difference.
        let asked = read(br#"{"prompt":"x","model":"m","models":"m","Model":1}"#, 1).unwrap();
        assert!(asked.warnings.is_empty(), "{:?}", asked.warnings);
    }

    #[test]
    fn a_bad_line_returns_the_callers_keys_and_no_prompt() {
        let line = br#"{"id":4,"mine":1,"prompt":"long","deadline":"5m","outcome":"x"}"#;
        let bad = read(line, 1).unwrap_err();
        assert_eq!(Value::from(bad.extra), json!({"mine": 1}));
    }

    proptest! {
        #[test]
        fn no_line_panics(text in prop::collection::vec(any::<u8>(), 0..80)) {
            drop(read(&text, 1));
        }

        #[test]
        fn the_callers_keys_come_back(key in "[a-z]{1,8}", value in "\\PC{0,9}") {
            prop_assume!(!OF_THE_REQUEST.contains(&key.as_str()) && reserved(&key).is_none());
            let known = OF_THE_REQUEST.into_iter().chain(OF_THE_BATCH);
            prop_assume!(!matches!(meant(&key, known), Some(Meant::Surely(_))));
            let line = json!({"prompt": "x", key.clone(): value.clone()}).to_string();
            let asked = read(line.as_bytes(), 1).unwrap();
            prop_assert_eq!(Value::from(asked.extra), json!({key: value}));
        }
    }
}
