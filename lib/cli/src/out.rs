//! Where the answer goes: stdout, buffered, in the form that was asked for.

use std::io::{self, BufWriter, Write};

use anstream::AutoStream;
use records::{Noun, print_noun};

use crate::{Failure, Format, Page};

/// The tool's stdout, and its way to say something on stderr.
pub struct Out {
    tool: &'static str,
    json: bool,
    width: Option<usize>,
    stdout: BufWriter<Box<dyn Write>>,
}

impl Out {
    /// Opens stdout for `tool` in the given form.
    pub fn new(tool: &'static str, format: Format) -> Self {
        let json = format.is_json();
        let stdout: Box<dyn Write> = if json {
            // JSON has no colour, and a stream that takes colour out takes other bytes with it.
            Box::new(io::stdout())
        } else {
            // It decides about colour: NO_COLOR, CLICOLOR_FORCE, and whether it is a terminal.
            Box::new(AutoStream::auto(io::stdout()))
        };
        let width = terminal_size::terminal_size().map(|(w, _)| usize::from(w.0));
        Self { tool, json, width, stdout: BufWriter::with_capacity(64 << 10, stdout) }
    }

    /// Whether JSON is printed.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints one answer: as a line of JSON, or through `show` for people.
    pub fn print<T: Noun>(
        &mut self,
        noun: &T,
        show: impl FnOnce(&T, &mut Page),
    ) -> Result<(), Failure> {
        if self.json {
            let line =
                print_noun(noun).map_err(|e| Failure::world("cannot print the answer", e))?;
            return self.raw_line(&line);
        }
        let mut page = Page::new(self.width);
        show(noun, &mut page);
        self.raw(page.text().as_bytes())
    }

    /// Prints text for people; does nothing when JSON is printed.
    pub fn page(&mut self, show: impl FnOnce(&mut Page)) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        let mut page = Page::new(self.width);
        show(&mut page);
        self.raw(page.text().as_bytes())
    }

    /// Prints a line as it is, in either form: for answers that are no objects, such as a path.
    pub fn raw_line(&mut self, line: &str) -> Result<(), Failure> {
        self.raw(line.as_bytes())?;
        self.raw(b"\n")
    }

    /// Prints bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stdout.write_all(bytes).map_err(|e| Failure::stdout(&e))
    }

    /// Hands what was printed so far to the reader. Needed before a wait; the end of the tool does
    /// it too.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.stdout.flush().map_err(|e| Failure::stdout(&e))
    }

    /// Says something on stderr: `tool: message`.
    pub fn note(&self, message: &str) {
        say(&format!("{}: {}\n", self.tool, crate::clean(message)));
    }

    /// The tool's name.
    pub fn tool(&self) -> &'static str {
        self.tool
    }
}

/// Writes to stderr. Where even that fails, there is nobody left to tell.
pub(crate) fn say(text: &str) {
    let mut stderr = AutoStream::auto(io::stderr().lock());
    drop(stderr.write_all(text.as_bytes()));
}
