//! What a finished child left, with assertions that show all of it when they fail.

use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use serde_json::Value;

/// How much of each stream a failure shows.
const SHOWN: usize = 16 * 1024;

/// A finished run. The assertions return `&Self`, so they can be chained:
/// `ran.code(0).stderr_has("kept")`.
#[derive(Debug, Clone)]
pub struct Ran {
    command: String,
    status: ExitStatus,
    /// The bytes of stdout.
    pub stdout: Vec<u8>,
    /// The bytes of stderr.
    pub stderr: Vec<u8>,
}

impl Ran {
    pub(crate) fn new(
        command: String,
        status: ExitStatus,
        stdout: Vec<u8>,
        stderr: Vec<u8>,
    ) -> Self {
        Self { command, status, stdout, stderr }
    }

    /// The exit status.
    pub fn status(&self) -> ExitStatus {
        self.status
    }

    /// The exit code, or `None` when a signal ended it.
    pub fn exit_code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Stdout as text; fails when it is not UTF-8.
    #[track_caller]
    pub fn out(&self) -> &str {
        str::from_utf8(&self.stdout).unwrap_or_else(|_| self.fail("stdout is not UTF-8"))
    }

    /// Stderr as text; fails when it is not UTF-8.
    #[track_caller]
    pub fn err(&self) -> &str {
        str::from_utf8(&self.stderr).unwrap_or_else(|_| self.fail("stderr is not UTF-8"))
    }

    /// Expects this exit code.
    #[track_caller]
    pub fn code(&self, expected: i32) -> &Self {
        if self.status.code() != Some(expected) {
            self.fail::<()>(&format!("expected exit code {expected}"));
        }
        self
    }

    /// Expects that this signal ended it.
    #[track_caller]
    pub fn killed_by(&self, signal: i32) -> &Self {
        if self.status.signal() != Some(signal) {
            self.fail::<()>(&format!("expected an end by signal {signal}"));
        }
        self
    }

    /// The one JSON object on stdout: exactly one line, with a line end, nothing else.
    #[track_caller]
    pub fn json(&self) -> Value {
        let mut lines = self.json_lines();
        match lines.pop() {
            Some(only) if lines.is_empty() => only,
            _ => self.fail("expected exactly one JSON object on stdout"),
        }
    }

    /// Every line of stdout as a JSON object. An empty stdout is an empty list.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let out = self.out();
        if !out.is_empty() && !out.ends_with('\n') {
            self.fail::<()>("the last line of stdout has no line end");
        }
        let parsed = |(index, line): (usize, &str)| match serde_json::from_str(line) {
            Ok(value @ Value::Object(_)) => value,
            Ok(_) => self.fail(&format!("stdout line {} is not a JSON object", index + 1)),
            Err(error) => self.fail(&format!("stdout line {} is not JSON: {error}", index + 1)),
        };
        out.lines().enumerate().map(parsed).collect()
    }

    /// Expects exactly this stdout.
    #[track_caller]
    pub fn stdout_is(&self, expected: &str) -> &Self {
        if self.stdout != expected.as_bytes() {
            self.fail::<()>(&format!("expected stdout to be {expected:?}"));
        }
        self
    }

    /// Expects this text somewhere in stdout.
    #[track_caller]
    pub fn stdout_has(&self, needle: &str) -> &Self {
        if !self.out().contains(needle) {
            self.fail::<()>(&format!("expected stdout to contain {needle:?}"));
        }
        self
    }

    /// Expects that this text is nowhere in stdout.
    #[track_caller]
    pub fn stdout_lacks(&self, needle: &str) -> &Self {
        if self.out().contains(needle) {
            self.fail::<()>(&format!("expected stdout not to contain {needle:?}"));
        }
        self
    }

    /// Expects exactly this stderr.
    #[track_caller]
    pub fn stderr_is(&self, expected: &str) -> &Self {
        if self.stderr != expected.as_bytes() {
            self.fail::<()>(&format!("expected stderr to be {expected:?}"));
        }
        self
    }

    /// Expects this text somewhere in stderr.
    #[track_caller]
    pub fn stderr_has(&self, needle: &str) -> &Self {
        if !self.err().contains(needle) {
            self.fail::<()>(&format!("expected stderr to contain {needle:?}"));
        }
        self
    }

    /// Expects that this text is nowhere in stderr.
    #[track_caller]
    pub fn stderr_lacks(&self, needle: &str) -> &Self {
        if self.err().contains(needle) {
            self.fail::<()>(&format!("expected stderr not to contain {needle:?}"));
        }
        self
    }

    #[track_caller]
    fn fail<T>(&self, what: &str) -> T {
        panic!("{what}\n{self}")
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "$ {}\n{}\n{}", self.command, self.status, shown(&self.stdout, &self.stderr))
    }
}

/// Both streams as a failure shows them.
pub(crate) fn shown(stdout: &[u8], stderr: &[u8]) -> String {
    format!("--- stdout\n{}\n--- stderr\n{}", start_of(stdout), start_of(stderr))
}

fn start_of(bytes: &[u8]) -> String {
    let start = bytes.get(..SHOWN).unwrap_or(bytes);
    let text = String::from_utf8_lossy(start);
    match bytes.len() - start.len() {
        0 => text.into_owned(),
        cut => format!("{text}\n… {cut} more bytes"),
    }
}
