//! What crashes, careless tools and merges do to a log.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::json;
use testkit::Rng;

/// What became of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Cut off in the middle; a later append completed the line.
    Torn,
    /// The remains of an append, then the whole entry, on one line.
    Glued,
    /// A page of NUL bytes before the entry, as after a power failure.
    Nul,
    /// One byte of the entry is no UTF-8.
    Encoding,
    /// A line before the entry that is JSON, but no object.
    Scalar,
    /// Three lines of conflict markers around the entry.
    Conflict,
}

const KINDS: [Kind; 6] =
    [Kind::Torn, Kind::Glued, Kind::Nul, Kind::Encoding, Kind::Scalar, Kind::Conflict];

/// Damages some of the lines that pass, and keeps a record of each line that is no entry afterwards.
pub(crate) struct Damage<R: Write> {
    rng: Rng,
    rate: f64,
    record: R,
    damaged: u64,
}

impl<R: Write> Damage<R> {
    /// Damages this share of the lines, at random by `seed`, and writes down in `record` what it did.
    pub(crate) fn new(seed: u64, rate: f64, record: R) -> Self {
        Self { rng: testkit::rng(seed), rate, record, damaged: 0 }
    }

    /// How many lines are damaged so far.
    pub(crate) fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Ends the record.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.record.flush()
    }

    /// The lines to write in place of `line`, which is to become line `number` of `file`. Each ends
    /// with a newline.
    pub(crate) fn pass<'a>(
        &mut self,
        line: &'a [u8],
        file: &str,
        number: u64,
    ) -> io::Result<Cow<'a, [u8]>> {
        if self.rng.f64() >= self.rate {
            return Ok(Cow::Borrowed(line));
        }
        let kind = KINDS.get(self.rng.usize(..KINDS.len())).copied().unwrap_or(Kind::Torn);
        let cut = self.rng.usize(1..line.len().saturating_sub(2).max(2));
        let (head, rest) = line.split_at(cut.min(line.len()));
        let (damaged, places) = match kind {
            Kind::Torn => ([head, b"\n"].concat(), vec![(number, "torn", 1)]),
            Kind::Glued => ([head, line].concat(), vec![(number, "glued", 1)]),
            Kind::Nul => ([&[0; 4096], line].concat(), vec![(number, "nul", 1)]),
            Kind::Encoding => ([head, b"\xff", rest].concat(), vec![(number, "encoding", 1)]),
            Kind::Scalar => {
                let scalars: [&[u8]; 5] = [b"42\n", b"null\n", b"\"text\"\n", b"[1]\n", b"true\n"];
                let scalar = scalars.get(self.rng.usize(..5)).copied().unwrap_or(b"0\n");
                ([scalar, line].concat(), vec![(number, "scalar", 0)])
            }
            Kind::Conflict => (
                [b"<<<<<<< HEAD\n", line, b"=======\n>>>>>>> other\n"].concat(),
                [number, number + 2, number + 3].map(|n| (n, "conflict", 0)).to_vec(),
            ),
        };
        for (line, kind, entries) in places {
            let place = json!({"file": file, "line": line, "kind": kind, "entries": entries});
            writeln!(self.record, "{place}")?;
            self.damaged += 1;
        }
        Ok(Cow::Owned(damaged))
    }
}
