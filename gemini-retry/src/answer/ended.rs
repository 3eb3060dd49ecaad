//! What a program says that was asked (`--transport command`): its status, its stdout, its stderr.
//!
//! A program that ended with anything but 0, or that says on its own channel that it failed, has
//! failed. Its answer is never searched for signs of that: it may well talk about errors.

use records::Usage;
use serde_json::Value;

use crate::answer::facts::{ApiError, Facts, number};
use crate::answer::strict_json;

/// How a program says what it has to say on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The answer, and nothing else.
    Plain,
    /// The JSON object of `gemini --output-format json`.
    GeminiJson,
}

/// How a program ended that was asked.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    /// Its name.
    pub(crate) program: String,
    /// How it writes to stdout.
    pub(crate) dialect: Dialect,
    /// Whether its exit codes are those of `gemini`.
    pub(crate) is_gemini: bool,
    /// Its exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
    /// Why its answer cannot count, whatever it is.
    pub(crate) trouble: Option<Trouble>,
    /// What it wrote.
    pub(crate) stdout: Vec<u8>,
    /// The last of what it wrote there.
    pub(crate) stderr: Vec<u8>,
}

/// Why the answer of a program cannot count, whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It did not stop writing.
    TooMuch,
    /// It wanted to ask something on the terminal.
    WantsTerminal,
    /// Something that it started holds its output open.
    Open,
    /// What it wrote is no text, or not in the form that was asked for.
    Unreadable,
}

/// What is told about the end of a program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProgramEnd {
    /// Its name.
    pub(crate) name: String,
    /// Its exit code.
    pub(crate) code: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
    /// Why its answer does not count.
    pub(crate) trouble: Option<Trouble>,
    /// The HTTP status that means the same; 0 for none.
    pub(crate) status: u16,
    /// The last line of its stderr, or the banner on its stdout. May hold a key until it is cleaned.
    pub(crate) said: String,
}

impl ProgramEnd {
    /// The end as one clause, before what the program said.
    pub(crate) fn story(&self) -> String {
        let name = &self.name;
        match (self.trouble, self.signal, self.code) {
            (Some(Trouble::TooMuch), ..) => format!("{name} writes more than any answer has"),
            (Some(Trouble::WantsTerminal), ..) => {
                format!("{name} wants to ask something on the terminal; log in with it first")
            }
            (Some(Trouble::Open), ..) => {
                format!("{name} has ended, but something that it started holds its output open")
            }
            (Some(Trouble::Unreadable), _, Some(0)) => {
                format!("{name} wrote something that is not in the expected form")
            }
            (_, Some(signal), _) => format!("{name} was ended by signal {signal}"),
            (_, None, Some(code)) => format!("{name} ended with {code}"),
            (_, None, None) => format!("{name} ended"),
        }
    }
}

/// The facts of a program's end, before anything is judged.
pub(crate) fn facts(ended: &Ended) -> Facts {
    let stdout = str::from_utf8(&ended.stdout).ok();
    let object = match (ended.dialect, stdout) {
        (Dialect::GeminiJson, Some(text)) => read_object(text),
        _ => None,
    };
    let inner = object.as_ref().and_then(|o| o.get("response")).and_then(Value::as_str);
    let banner = match (&object, inner) {
        (None, _) => stdout.and_then(banner),
        (Some(_), inner) => inner.and_then(client_banner),
    };
    let ok = ended.code == Some(0) && ended.trouble.is_none() && banner.is_none();
    let reported = object.as_ref().and_then(|o| o.get("error")).filter(|e| !e.is_null());
    let mut facts = if ok && reported.is_none() {
        match (ended.dialect, stdout, &object) {
            (Dialect::Plain, Some(text), _) => plain(text),
            (Dialect::GeminiJson, _, Some(object)) => of_gemini(object),
            _ => Facts::default(),
        }
    } else {
        let on_stderr = || error_line(&ended.stderr);
        let error = reported.cloned().or_else(on_stderr);
        Facts {
            readable: true,
            error: Some(error.as_ref().map_or_else(ApiError::default, api_error)),
            ..Facts::default()
        }
    };
    let trouble = ended.trouble.or((!facts.readable).then_some(Trouble::Unreadable));
    let status = match (&facts.error, trouble) {
        (_, Some(Trouble::WantsTerminal)) => 401,
        (None, _) => 200,
        (Some(_), _) if !ended.is_gemini => 0,
        (Some(_), _) => ended.code.map_or(0, status_of),
    };
    if let Some(error) = &mut facts.error
        && status == 400
        && matches!(ended.code, Some(44 | 52 | 55))
    {
        error.status = "FAILED_PRECONDITION".into();
    }
    let said = banner.map_or_else(|| last_line(&ended.stderr), str::to_owned);
    facts.program = Some(ProgramEnd {
        name: ended.program.clone(),
        code: ended.code,
        signal: ended.signal,
        trouble,
        status,
        said,
    });
    facts
}

/// A plain text is the whole answer. That the program ended with 0 says that it is complete; which
/// model gave it, nothing says.
fn plain(text: &str) -> Facts {
    let finish = Some("STOP".to_owned());
    Facts { readable: true, finish, answers: 1, text: text.to_owned(), ..Facts::default() }
}

/// The object of `gemini --output-format json`.
fn of_gemini(object: &Value) -> Facts {
    let Some(text) = object.get("response").and_then(Value::as_str) else {
        return Facts { readable: true, ..Facts::default() };
    };
    let (model, usage) = proof(object);
    Facts { model, usage, ..plain(text) }
}

/// The models that gave the answer: those with an answered request in the role `main` that cost
/// tokens. Others route, compress, or failed. More than one name is none that was asked for.
fn proof(object: &Value) -> (Option<String>, Usage) {
    let models = object.pointer("/stats/models").and_then(Value::as_object);
    let mut names = Vec::new();
    let mut usage = Usage::default();
    for (name, entry) in models.into_iter().flatten() {
        let count = |path: &str| entry.pointer(path).and_then(number).unwrap_or(0);
        let answered = count("/roles/main/totalRequests") > count("/roles/main/totalErrors");
        let tokens = if entry.pointer("/roles/main/tokens").is_some() {
            "/roles/main/tokens"
        } else {
            "/tokens"
        };
        let has_tokens = count(&format!("{tokens}/total")) > 0;
        if answered && has_tokens && !name.trim().is_empty() {
            names.push(name.as_str());
            let of = |key: &str| entry.pointer(&format!("{tokens}/{key}")).and_then(number);
            usage = Usage {
                prompt_tokens: of("prompt"),
                output_tokens: of("candidates"),
                thought_tokens: of("thoughts"),
                cached_tokens: of("cached"),
                total_tokens: of("total"),
            };
        }
    }
    match names.as_slice() {
        [] => (None, Usage::default()),
        [_] => (Some(names.concat()), usage),
        _ => (Some(names.join(", ")), Usage::default()),
    }
}

/// The one object of stdout. Lines of chatter may stand before it, and nothing behind it.
fn read_object(text: &str) -> Option<Value> {
    let mut at = 0;
    let start = text.split_inclusive('\n').find_map(|line| {
        let start = at;
        at += line.len();
        line.starts_with('{').then_some(start)
    })?;
    strict_json::read(text.get(start..)?).ok().filter(Value::is_object)
}

/// The first line, if the program begins its output like somebody who has failed.
fn banner(text: &str) -> Option<&str> {
    let line = text.trim_start_matches('\u{feff}').trim_start().lines().next()?;
    let begins = |word: &str| line.get(..word.len()).is_some_and(|b| b.eq_ignore_ascii_case(word));
    (begins("Error:") || begins("[API Error:")).then_some(line.trim_end())
}

/// The same inside an object. Other words there are the model's own.
fn client_banner(text: &str) -> Option<&str> {
    banner(text).filter(|line| line.starts_with('['))
}

/// The last error object of stderr, where it stands among lines of a log.
fn error_line(stderr: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(stderr);
    let starts: Vec<usize> = text
        .match_indices('{')
        .map(|(at, _)| at)
        .filter(|at| *at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n'))
        .collect();
    starts.into_iter().rev().take(MOST_OBJECTS).find_map(|at| {
        let mut values = serde_json::Deserializer::from_str(text.get(at..)?).into_iter::<Value>();
        let object = values.next()?.ok()?;
        object.get("error").filter(|error| error.is_object()).cloned()
    })
}

/// Objects on stderr that are looked at, from the last one on.
const MOST_OBJECTS: usize = 64;

/// The error, with the service's own inside its message: the client writes
/// `got status: 429. {"error":{…}}`.
fn api_error(error: &Value) -> ApiError {
    let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
    let inner = message.find('{').zip(message.rfind('}')).and_then(|(first, last)| {
        let value: Value = serde_json::from_str(message.get(first..=last)?).ok()?;
        value.get("error").filter(|e| e.is_object()).cloned()
    });
    let mut read = ApiError::of("error", inner.as_ref().unwrap_or(error));
    // The client's own codes are those that it exits with.
    read.code = read.code.filter(|code| *code >= 300);
    read
}

/// The HTTP status that an exit code of `gemini` means. It has codes of its own, and ends with the
/// status of a failed request, of which the system keeps the last 8 bits.
fn status_of(code: i32) -> u16 {
    const REQUESTS: [u16; 15] =
        [400, 401, 402, 403, 404, 408, 413, 415, 422, 429, 499, 500, 502, 503, 504];
    match code {
        41 => 401,
        42 | 44 | 52 | 55 => 400,
        _ => REQUESTS.into_iter().find(|status| i32::from(*status % 256) == code).unwrap_or(0),
    }
}

/// The last line that is not blank.
fn last_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
