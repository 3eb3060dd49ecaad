//! Requests from stdin, one line at a time. Nothing is read before somebody has time for it.

use std::io::{self, BufRead, Read as _};

use cli::Failure;

use crate::batch::id::{Id, Ids};
use crate::batch::line::{self, Asked, Bad};

/// The longest line. A prompt has 20 MiB at most, and JSON makes a text longer.
const LONGEST: usize = 64 << 20;

/// Where requests come from.
pub(crate) struct Input<R> {
    lines: R,
    line: u64,
    /// Ids that came.
    seen: Ids,
    /// Ids that need not be asked again.
    done: Ids,
}

/// What came in one line.
#[derive(Debug)]
pub(crate) enum Came {
    /// A request.
    Asked(Box<Asked>),
    /// Nothing that could be asked.
    Bad(Box<Bad>),
    /// A request that has its answer.
    Done,
}

impl<R: BufRead> Input<R> {
    /// Requests from `lines`, without those in `done`.
    pub(crate) fn new(lines: R, done: Ids) -> Self {
        Self { lines, line: 0, seen: Ids::default(), done }
    }

    /// The next line with its number, from 1; `None` at the end. Blank lines are none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn next(&mut self) -> io::Result<Option<(u64, Came)>> {
        loop {
            let mut text = Vec::new();
            let limit = LONGEST as u64 + 1;
            let read = (&mut self.lines).take(limit).read_until(b'\n', &mut text)?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            let ended = text.pop_if(|last| *last == b'\n').is_some();
            if text.len() > LONGEST && !ended {
                drop(text);
                self.lines.skip_until(b'\n')?;
                let why = format!("the line is longer than {LONGEST} bytes");
                return Ok(Some((self.line, self.bad(None, why))));
            }
            if !text.trim_ascii().is_empty() {
                return Ok(Some((self.line, self.judge(&text))));
            }
        }
    }

    fn judge(&mut self, text: &[u8]) -> Came {
        let asked = match line::read(text, self.line) {
            Ok(asked) => asked,
            Err(bad) => return Came::Bad(bad),
        };
        if !self.seen.add(&asked.id) {
            let why = format!("the id {} stands in an earlier line, too", asked.id.value());
            return self.bad(Some(asked), why);
        }
        if self.done.has(&asked.id) { Came::Done } else { Came::Asked(Box::new(asked)) }
    }

    fn bad(&self, asked: Option<Asked>, why: String) -> Came {
        let failure = Failure::damaged(format_args!("stdin:{}", self.line), why);
        let (id, extra): (Option<Id>, _) =
            asked.map_or_else(Default::default, |asked| (Some(asked.id), asked.extra));
        Came::Bad(Box::new(Bad { id, extra, failure }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8], done: Ids) -> Vec<(u64, String)> {
        let mut input = Input::new(text, done);
        std::iter::from_fn(|| input.next().unwrap())
            .map(|(line, came)| {
                let told = match came {
                    Came::Asked(asked) => format!("asks {}", asked.id.value()),
                    Came::Bad(bad) => bad.failure.to_string(),
                    Came::Done => "done".to_owned(),
                };
                (line, told)
            })
            .collect()
    }

    #[test]
    fn lines_are_counted_whatever_is_in_them_and_the_last_may_lack_its_end() {
        let text = b"{\"prompt\":\"a\"}\n\n \r\nx\n{\"id\":1,\"prompt\":\"b\"}\n{\"prompt\":\"c\"}";
        let came = all(text, Ids::default());
        assert_eq!(came[0], (1, "asks 1".into()));
        assert!(came[1].0 == 4 && came[1].1.starts_with("stdin:4: not JSON"), "{came:?}");
        assert_eq!(came[2], (5, "stdin:5: the id 1 stands in an earlier line, too".into()));
        assert_eq!(came[3], (6, "asks 6".into()));
        assert_eq!(came.len(), 4);
    }

    #[test]
    fn what_is_done_is_not_asked_and_still_counts_as_seen() {
        let mut done = Ids::default();
        done.add(&Id::read(&"a".into()).unwrap());
        let text = b"{\"id\":\"a\",\"prompt\":\"x\"}\n{\"id\":\"a\",\"prompt\":\"x\"}\n";
        let came = all(text, done);
        assert_eq!(came[0].1, "done");
        assert!(came[1].1.contains("stands in an earlier line"));
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over() {
        let mut text = vec![b'x'; LONGEST + 10];
        text.extend(b"\n{\"prompt\":\"a\"}\n");
        let came = all(&text, Ids::default());
        assert!(came[0].1.starts_with("stdin:1: the line is longer than"), "{}", came[0].1);
        assert_eq!(came[1], (2, "asks 2".into()));
    }
}
