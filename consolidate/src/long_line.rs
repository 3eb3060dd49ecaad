//! Looking at a line in pieces, however long it is.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt as _;

use audit_log::{Head, LineSum};

/// How many bytes are in memory at once. A multiple of three, so that base64 can be made of the pieces.
pub(crate) const PIECE: usize = 48 << 10;

/// Up to which length a line is in memory while its head is read, which is much faster.
const IN_MEMORY: u64 = 8 << 20;

/// What a line that is no entry is, in one sentence.
pub(crate) type Reason = String;

/// What is found out about the bytes of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Looked {
    pub sum: u128,
    /// Whether there is nothing but the white space of JSON.
    pub blank: bool,
}

/// Gives the bytes of `file` from `from` to `to` in pieces of [`PIECE`] bytes, the last one shorter.
pub(crate) fn pieces<E: From<io::Error>>(
    file: &File,
    from: u64,
    to: u64,
    mut sink: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut piece = vec![0; size_of_piece(from, to)];
    let mut at = from;
    while at < to {
        let size = size_of_piece(at, to);
        let piece = piece.get_mut(..size).unwrap_or_default();
        file.read_exact_at(piece, at)?;
        sink(piece)?;
        at += size as u64;
    }
    Ok(())
}

fn size_of_piece(from: u64, to: u64) -> usize {
    usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX).min(PIECE)
}

/// Looks at the bytes of a line.
pub(crate) fn look(file: &File, from: u64, to: u64) -> io::Result<Looked> {
    let (mut sum, mut blank) = (LineSum::default(), true);
    pieces(file, from, to, |piece| {
        sum.add(piece);
        blank = blank && piece.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        Ok::<_, io::Error>(())
    })?;
    Ok(Looked { sum: sum.finish(), blank })
}

/// The head of the line that stands from `from` to `to`. Of a very long line, no more is in memory than a
/// piece of it, its longest key, its `id` and its `timestamp`.
pub(crate) fn head(file: &File, from: u64, to: u64) -> io::Result<Result<Head, Reason>> {
    if to - from > IN_MEMORY {
        return head_in_pieces(file, from, to);
    }
    let mut line = Vec::new();
    pieces(file, from, to, |piece| {
        line.extend_from_slice(piece);
        Ok::<_, io::Error>(())
    })?;
    match Head::of(&line) {
        Some(head) => Ok(Ok(head)),
        None => head_in_pieces(file, from, to),
    }
}

fn head_in_pieces(file: &File, from: u64, to: u64) -> io::Result<Result<Head, Reason>> {
    if begins_with_nul(file, from, to)? {
        return Ok(Err("the line begins with NUL bytes, as after a power failure".to_owned()));
    }
    if !is_utf8(file, from, to)? {
        return Ok(Err("not UTF-8".to_owned()));
    }
    let reader = BufReader::with_capacity(PIECE, Part { file, at: from, to });
    match serde_json::from_reader::<_, Head>(reader) {
        Ok(head) => Ok(Ok(head)),
        Err(error) if error.is_io() => Err(error.into()),
        Err(error) => Ok(Err(reason(&error))),
    }
}

/// Without the text of the line, which may be in the error and be long.
fn reason(error: &serde_json::Error) -> Reason {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "the record is cut off",
        serde_json::error::Category::Data => "no JSON object",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "no JSON",
    };
    format!("{what}, as the byte {} of the line shows", error.column())
}

fn begins_with_nul(file: &File, from: u64, to: u64) -> io::Result<bool> {
    let mut first = [1];
    if from < to {
        file.read_exact_at(&mut first, from)?;
    }
    Ok(first == [0])
}

fn is_utf8(file: &File, from: u64, to: u64) -> io::Result<bool> {
    // What the piece before has begun of a character.
    let mut begun: Vec<u8> = Vec::new();
    let mut good = true;
    pieces(file, from, to, |piece| {
        let mut text = std::mem::take(&mut begun);
        text.extend_from_slice(piece);
        if let Err(error) = str::from_utf8(&text) {
            good = good && error.error_len().is_none();
            begun = text.split_off(error.valid_up_to());
            begun.truncate(3);
        }
        Ok::<_, io::Error>(())
    })?;
    Ok(good && begun.is_empty())
}

/// A part of a file.
struct Part<'a> {
    file: &'a File,
    at: u64,
    to: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.to - self.at).unwrap_or(usize::MAX);
        let size = left.min(buffer.len());
        let read = self.file.read_at(buffer.get_mut(..size).unwrap_or_default(), self.at)?;
        if read == 0 && size > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use testkit::Scratch;

    use super::*;

    fn looked(bytes: &[u8]) -> (Looked, Result<Head, Reason>) {
        let scratch = Scratch::new();
        let path = scratch.write("line", [b"before", bytes, b"behind"].concat());
        let file = File::open(path).unwrap();
        let (from, to) = (6, 6 + bytes.len() as u64);
        let head_of_it = head_in_pieces(&file, from, to).unwrap();
        assert_eq!(head(&file, from, to).unwrap(), head_of_it);
        (look(&file, from, to).unwrap(), head_of_it)
    }

    #[test]
    fn characters_may_stand_across_pieces() {
        for shift in 0..5 {
            let text = format!("{{\"a\":\"{}{}\"}}", "x".repeat(shift), "\u{20ac}".repeat(PIECE));
            assert_eq!(looked(text.as_bytes()).1, Ok(Head::of(text.as_bytes()).unwrap()));
            let mut broken = text.into_bytes();
            let at = broken.len() - 4;
            broken[at] = b'x';
            assert_eq!(looked(&broken).1, Err("not UTF-8".to_owned()));
        }
    }

    #[test]
    fn what_is_blank_is_told_to_the_last_piece() {
        let mut bytes = b" ".repeat(3 * PIECE);
        assert!(looked(&bytes).0.blank);
        bytes[3 * PIECE - 1] = b'x';
        assert!(!looked(&bytes).0.blank);
        assert!(looked(b"").0.blank);
    }

    proptest! {
        /// What is taken for an entry does not depend on how it was looked at.
        #[test]
        fn a_line_in_pieces_is_judged_as_one_in_memory(
            text in prop_oneof![
                "[{}\\[\\]\":,a0. \\\\ue-]{0,24}",
                "\\{\"(id|timestamp|a|\\\\ud800)\":(\"[a\\\\u0d8]{0,6}\"|-?[0-9e.]{1,6}|\\[\\]|null|tru?e)\\}?",
            ],
            bytes in proptest::collection::vec(any::<u8>(), 0..4),
        ) {
            for line in [text.clone().into_bytes(), [text.as_bytes(), &bytes].concat()] {
                let (found, head) = looked(&line);
                prop_assert_eq!(found.sum, LineSum::of(&line));
                prop_assert_eq!(head.ok(), Head::of(&line));
            }
        }
    }
}
