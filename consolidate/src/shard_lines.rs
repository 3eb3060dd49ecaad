//! Telling the entries of a shard from lines that nobody can read.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use audit_log::{Head, LONGEST, LineSum, number_of};
use jiff::Timestamp;
use journal::Lines;
use memchr::memchr_iter;

use crate::long_line;
use crate::row::{Reject, Row, Spot};

/// How much of a shard is in memory at once. A line that is not whole in it is looked at in pieces.
const BUFFER: usize = 256 << 10;

/// A byte order mark, which means nothing in UTF-8. It is left out at the beginning of a shard.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// What a part of a shard holds.
#[derive(Debug, Default)]
pub(crate) struct ShardLines {
    /// Its entries; [`Row::at`] is not filled in.
    pub rows: Vec<Row>,
    /// The instant that each of them states.
    pub stated: Vec<Option<Timestamp>>,
    pub rejects: Vec<Reject>,
    /// How far it was read: up to a last line that may still be completed.
    pub to: u64,
    /// Whether there is such a line.
    pub unfinished: bool,
}

/// Why a shard cannot be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// The system says so.
    Io(io::Error),
    /// A line has more than [`LONGEST`] bytes.
    TooLong,
}

impl From<io::Error> for Unreadable {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

/// Reads shards, one after the other, with one buffer.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    buffer: Vec<u8>,
}

/// A part of a shard that is to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub file: &'a File,
    /// What messages call the shard.
    pub name: &'a str,
    /// Its number.
    pub shard: u32,
    pub from: u64,
    pub to: u64,
    /// Whether nothing more will be written to it.
    pub settled: bool,
}

impl Reader {
    /// Reads a part of a shard.
    ///
    /// A last line without its newline counts when it is a whole object, because nothing can be added to
    /// that. Otherwise it waits for its rest; when the shard is settled, nothing more will come, and it
    /// is rejected like any other line that cannot be read.
    pub(crate) fn read(&mut self, part: Part<'_>) -> Result<ShardLines, Unreadable> {
        let mut found = ShardLines { to: part.to, ..ShardLines::default() };
        let mut at = part.from;
        while at < part.to {
            let left = usize::try_from(part.to - at).unwrap_or(usize::MAX);
            let size = left.min(BUFFER);
            if self.buffer.len() < size {
                self.buffer.resize(size, 0);
            }
            let bytes = self.buffer.get_mut(..size).unwrap_or_default();
            part.file.read_exact_at(bytes, at)?;
            let bytes: &[u8] = bytes;
            let mut begins = 0;
            for newline in memchr_iter(b'\n', bytes) {
                let line = bytes.get(begins..newline).unwrap_or_default();
                found.add(part, at + begins as u64, line, true);
                begins = newline + 1;
            }
            let rest = bytes.get(begins..).unwrap_or_default();
            if size == left {
                if !rest.is_empty() {
                    found.add(part, at + begins as u64, rest, false);
                }
                at = part.to;
            } else if begins == 0 {
                at = self.read_long(part, at, &mut found)?;
            } else {
                at += begins as u64;
            }
        }
        Ok(found)
    }

    /// Reads the line that begins at `offset` and does not end in the buffer; where the next one begins.
    fn read_long(
        &mut self,
        part: Part<'_>,
        offset: u64,
        found: &mut ShardLines,
    ) -> Result<u64, Unreadable> {
        let mut end = offset + self.buffer.len() as u64;
        let newline = loop {
            let left = usize::try_from(part.to - end).unwrap_or(usize::MAX);
            let bytes = self.buffer.get_mut(..left.min(BUFFER)).unwrap_or_default();
            if bytes.is_empty() {
                break None;
            }
            part.file.read_exact_at(bytes, end)?;
            if let Some(newline) = memchr::memchr(b'\n', bytes) {
                end += newline as u64;
                break Some(end);
            }
            end += bytes.len() as u64;
        };
        let mut last = [0];
        part.file.read_exact_at(&mut last, end - 1)?;
        let stop = if last == *b"\r" { end - 1 } else { end };
        let mark = self.mark_at(part, offset)?;
        let line = Spot {
            shard: part.shard,
            offset: offset + mark,
            len: u32::try_from(stop - offset - mark).map_err(|_| Unreadable::TooLong)?,
            sum: 0,
        };
        let looked = long_line::look(part.file, line.offset, line.end())?;
        let spot = Spot { sum: looked.sum, ..line };
        if !looked.blank {
            if spot.len as usize > LONGEST {
                return Err(Unreadable::TooLong);
            }
            match long_line::head(part.file, spot.offset, spot.end())? {
                Ok(head) => found.push(spot, &head),
                Err(_) if newline.is_none() && !part.settled => found.wait(offset),
                Err(reason) => {
                    let len = u32::try_from(end - offset).map_err(|_| Unreadable::TooLong)?;
                    let sum = long_line::look(part.file, offset, end)?.sum;
                    let spot = Spot { len, offset, sum, ..spot };
                    found.rejects.push(Reject { spot, reason });
                }
            }
        }
        Ok(newline.map_or(part.to, |newline| newline + 1))
    }

    /// The length of the byte order mark at `offset`, which is only looked for where a file begins.
    fn mark_at(&self, part: Part<'_>, offset: u64) -> io::Result<u64> {
        let mut first = [0; MARK.len()];
        if offset > 0 || self.buffer.len() < first.len() {
            return Ok(0);
        }
        part.file.read_exact_at(&mut first, 0)?;
        Ok(if first == MARK { MARK.len() as u64 } else { 0 })
    }
}

impl ShardLines {
    /// Adds what stands between two newlines.
    fn add(&mut self, part: Part<'_>, offset: u64, raw: &[u8], terminated: bool) {
        let mut line = raw.strip_suffix(b"\r").unwrap_or(raw);
        let mut begins = offset;
        if let Some(rest) = line.strip_prefix(MARK).filter(|_| offset == 0) {
            (line, begins) = (rest, MARK.len() as u64);
        }
        if line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
            return;
        }
        let spot = |offset, bytes: &[u8]| {
            // The buffer bounds it.
            let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            Spot { shard: part.shard, offset, len, sum: LineSum::of(bytes) }
        };
        match Head::of(line) {
            Some(head) => self.push(spot(begins, line), &head),
            None if !terminated && !part.settled => self.wait(offset),
            None => {
                let reason = reason(part.name, offset, raw, terminated);
                self.rejects.push(Reject { spot: spot(offset, raw), reason });
            }
        }
    }

    fn push(&mut self, spot: Spot, head: &Head) {
        self.rows.push(Row {
            spot,
            at: Timestamp::UNIX_EPOCH,
            id: head.id.as_deref().map(number_of).unwrap_or_default(),
            has_id: head.id.is_some(),
            timed: head.timestamp.is_some(),
        });
        self.stated.push(head.timestamp);
    }

    /// Leaves the last line, which begins at `offset`, until it is finished.
    fn wait(&mut self, offset: u64) {
        self.to = offset;
        self.unfinished = true;
    }
}

/// What is wrong with a line, as whoever reads the shard says it.
fn reason(name: &str, offset: u64, raw: &[u8], terminated: bool) -> String {
    let mut line = raw.to_vec();
    line.extend(terminated.then_some(b'\n'));
    let found = Lines::starting_at(Path::new(name), line.as_slice(), offset, LONGEST).next();
    let damage = found.and_then(Result::ok).and_then(|line| line.decode::<Head>().err());
    damage.map_or_else(|| "no JSON object".to_owned(), |damage| damage.reason)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use proptest::prelude::*;
    use testkit::Scratch;

    use super::*;
    use crate::quarantine;
    use crate::shards::Shards;

    struct Found {
        texts: Vec<String>,
        rejects: Vec<(Vec<u8>, String, u64)>,
        to: u64,
        unfinished: bool,
    }

    /// Reads what begins at `from` in a shard.
    fn read(from: u64, bytes: &[u8], settled: bool) -> Found {
        let scratch = Scratch::new();
        let before = vec![b' '; usize::try_from(from).unwrap()];
        let path = scratch.write("s", [before.as_slice(), bytes].concat());
        let file = File::open(&path).unwrap();
        let to = from + bytes.len() as u64;
        let part = Part { file: &file, name: "s", shard: 0, from, to, settled };
        let found = Reader::default().read(part).unwrap();
        let mut shards = Shards::default();
        shards.add(path, "s".into(), audit_log::inode(&file.metadata().unwrap()));
        let mut text = |row: &Row| {
            let mut bytes = Vec::new();
            let mut take = |piece: &[u8]| {
                bytes.extend_from_slice(piece);
                Ok(())
            };
            shards.read(row.spot, &mut take).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let texts = found.rows.iter().map(&mut text).collect();
        let rejects = found.rejects.iter().map(|reject| {
            let kept = quarantine::tests::decoded(reject, &mut shards);
            assert_eq!(kept.offset, reject.spot.offset);
            (BASE64.decode(kept.bytes_b64).unwrap(), kept.reason, kept.offset)
        });
        let rejects = rejects.collect();
        Found { texts, rejects, to: found.to, unfinished: found.unfinished }
    }

    #[test]
    fn line_ends_and_marks_are_no_part_of_an_entry() {
        let found = read(0, b"\xef\xbb\xbf{\"a\":1}\r\n\r\n\n {\"b\":2} \n", true);
        assert_eq!(found.texts, ["{\"a\":1}", " {\"b\":2} "]);
        assert!(found.rejects.is_empty());
    }

    #[test]
    fn what_is_no_object_is_rejected_byte_for_byte_and_stops_nothing() {
        let bytes =
            b"{\"a\":1}\n7\nnull\n\xff\xfe\n\0\0\0\0\n{\"b\":\n{\"c\":\"\xff\"}\r\n{\"d\":1}\n";
        let found = read(100, bytes, false);
        assert_eq!(found.texts, ["{\"a\":1}", "{\"d\":1}"]);
        assert_eq!(found.to, 100 + bytes.len() as u64);
        let expected: [&[u8]; 6] =
            [b"7", b"null", b"\xff\xfe", b"\0\0\0\0", b"{\"b\":", b"{\"c\":\"\xff\"}\r"];
        assert!(found.rejects.iter().map(|(bytes, ..)| bytes).eq(&expected));
        assert_eq!(found.rejects[0].2, 108);
        assert!(found.rejects.iter().all(|(_, reason, _)| !reason.is_empty()));
        assert_eq!(found.rejects[2].1, "not UTF-8");
    }

    #[test]
    fn a_last_line_waits_for_its_rest_until_the_shard_is_settled() {
        let bytes = b"{\"a\":1}\n{\"b\":";
        let found = read(0, bytes, false);
        assert_eq!((found.texts.len(), found.to, found.unfinished), (1, 8, true));
        let found = read(0, bytes, true);
        assert_eq!((found.rejects.len(), found.to, found.unfinished), (1, 13, false));
    }

    #[test]
    fn a_mark_is_left_out_at_the_beginning_of_a_shard_alone() {
        let bytes = b"\xef\xbb\xbf{\"a\":1}\n";
        assert_eq!(read(0, bytes, true).texts, ["{\"a\":1}"]);
        let found = read(8, bytes, true);
        assert_eq!((found.texts.len(), found.rejects.len()), (0, 1));
        assert_eq!(found.rejects[0].0, b"\xef\xbb\xbf{\"a\":1}");
    }

    #[test]
    fn a_whole_object_needs_no_newline() {
        let found = read(0, b"{\"a\":1}", false);
        assert_eq!((found.texts.len(), found.to), (1, 7));
    }

    proptest! {
        /// A line that does not fit into the buffer is judged as a short one, wherever it stands.
        #[test]
        fn long_lines_are_judged_as_short_ones(
            lines in proptest::collection::vec(
                (prop_oneof!["[{]\"a\":\"", "[{]\"a\":\u{20ac}?", " ", "\u{feff}[{]\"a\":\"", "\0", "\""],
                 prop_oneof!["\"[}]", "\"[}]\r", "\"", " ", "[}]"], any::<bool>()),
                0..4,
            ),
            terminated in any::<bool>(),
            settled in any::<bool>(),
        ) {
            let text = |long: usize| {
                let mut all = Vec::new();
                for (at, (before, behind, is_long)) in lines.iter().enumerate() {
                    all.extend(before.as_bytes());
                    all.extend(" ".repeat(if *is_long { long } else { 1 }).as_bytes());
                    all.extend(behind.as_bytes());
                    all.extend((terminated || at + 1 < lines.len()).then_some(b'\n'));
                }
                read(0, &all, settled)
            };
            let (short, long) = (text(1), text(2 * BUFFER));
            let squeezed = |text: &str| text.replace(' ', "");
            let texts = |found: &Found| found.texts.iter().map(|t| squeezed(t)).collect::<Vec<_>>();
            prop_assert_eq!(texts(&short), texts(&long));
            let kept = |found: &Found| found.rejects.iter().map(|(bytes, ..)| {
                squeezed(&String::from_utf8(bytes.clone()).unwrap())
            }).collect::<Vec<_>>();
            prop_assert_eq!(kept(&short), kept(&long));
            prop_assert_eq!(short.unfinished, long.unfinished);
        }
    }
}
