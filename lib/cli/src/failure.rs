//! Errors as a person reads them: `tool: what failed: why`, then a hint.

use std::fmt;
use std::io;
use std::path::Path;

use records::{Exit, Fault};

/// Why a tool ends early.
///
/// A library's error turns into one through `?` when it implements [`Fault`].
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
    closed_pipe: bool,
}

impl Failure {
    /// A failure that ends the tool with `exit`: `what` failed, because of `why`.
    pub fn new(exit: Exit, what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self { exit, message: one_line(&format!("{what}: {why}")), hint: None, closed_pipe: false }
    }

    /// Wrong usage or bad configuration (exit 2).
    pub fn usage(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, what, why)
    }

    /// Damaged input data (exit 65).
    pub fn damaged(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::new(Exit::Damaged, what, why)
    }

    /// The world failed (exit 74).
    pub fn world(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::new(Exit::World, what, why)
    }

    /// Try again later (exit 75).
    pub fn later(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::new(Exit::Later, what, why)
    }

    /// An operation on a file failed (exit 74), such as `cannot read` with the file's path.
    pub fn io(operation: &str, path: &Path, error: &io::Error) -> Self {
        Self::world(format_args!("{operation} {}", path.display()), error)
    }

    /// Adds what the user can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The code that the tool ends with.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// Whether the reader of stdout went away, which is no error of the tool.
    pub fn is_closed_pipe(&self) -> bool {
        self.closed_pipe
    }

    /// The lines for stderr, each with its newline.
    pub fn render(&self, tool: &str) -> String {
        let mut text = format!("{tool}: {}\n", self.message);
        if let Some(hint) = &self.hint {
            text.push_str("  hint: ");
            text.push_str(hint);
            text.push('\n');
        }
        text
    }

    /// A failed write to stdout.
    pub(crate) fn stdout(error: &io::Error) -> Self {
        let mut failure = Self::world("cannot write to stdout", error);
        failure.closed_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        failure
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: Fault> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            exit: error.exit(),
            message: one_line(&error.to_string()),
            hint: error.hint(),
            closed_pipe: false,
        }
    }
}

/// Error texts of other programs may span lines and hold control characters; a message is one
/// line.
fn one_line(text: &str) -> String {
    let text = text.trim().lines().map(str::trim).filter(|l| !l.is_empty());
    crate::clean(&text.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_and_the_hint_another() {
        let failure = Failure::world("git fetch", "fatal: no\nhint: x\n\u{1b}[31mred").hint("try");
        let text = failure.render("tool");
        assert_eq!(text, "tool: git fetch: fatal: no; hint: x; \\u{1b}[31mred\n  hint: try\n");
    }

    #[test]
    fn only_a_broken_pipe_is_a_closed_pipe() {
        let broken = io::Error::from(io::ErrorKind::BrokenPipe);
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert!(Failure::stdout(&broken).is_closed_pipe());
        assert!(!Failure::stdout(&full).is_closed_pipe());
        assert_eq!(Failure::stdout(&full).exit(), Exit::World);
    }
}
