//! Telling the entries of a shard from lines that nobody can read.

use std::path::Path;

use audit_log::{Head, LONGEST};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use journal::Lines;
use records::consolidate::Quarantined;

use crate::error::Error;

/// One entry of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub head: Head,
    /// Where it begins in the shard.
    pub offset: u64,
    /// Without the end of the line.
    pub bytes: Vec<u8>,
}

/// What a part of a shard holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ShardLines {
    pub entries: Vec<Entry>,
    pub rejects: Vec<Quarantined>,
    /// How far it was read: up to a last line that may still be completed.
    pub to: u64,
    /// Whether there is such a line.
    pub unfinished: bool,
}

/// Reads `bytes`, which begin at `from` in the shard that is called `name`.
///
/// A last line without its newline counts when it is a whole object, because nothing can be added to
/// that. Otherwise it waits for its rest; when the shard is `settled`, nothing more will come, and it
/// is rejected like any other line that cannot be read.
pub(crate) fn read(
    name: &str,
    from: u64,
    bytes: &[u8],
    settled: bool,
) -> Result<ShardLines, Error> {
    let mut found = ShardLines { to: from + bytes.len() as u64, ..ShardLines::default() };
    for line in Lines::starting_at(Path::new(name), bytes, from, LONGEST) {
        let line = line?;
        let offset = line.offset;
        match line.decode::<Head>() {
            Ok(head) => found.entries.push(Entry { head, offset, bytes: line.bytes }),
            Err(_) if !line.is_terminated() && !settled => {
                found.to = offset;
                found.unfinished = true;
            }
            Err(damage) => {
                let raw = slice(bytes, offset - from, line.end - from);
                let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
                found.rejects.push(Quarantined {
                    shard: name.to_owned(),
                    offset,
                    reason: damage.reason,
                    bytes_b64: BASE64.encode(raw),
                });
            }
        }
    }
    Ok(found)
}

fn slice(bytes: &[u8], from: u64, to: u64) -> &[u8] {
    let at = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
    bytes.get(at(from)..at(to)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(found: &ShardLines) -> Vec<&str> {
        found.entries.iter().map(|entry| str::from_utf8(&entry.bytes).unwrap()).collect()
    }

    #[test]
    fn line_ends_and_marks_are_no_part_of_an_entry() {
        let found = read("s", 0, b"\xef\xbb\xbf{\"a\":1}\r\n\r\n\n {\"b\":2} \n", true).unwrap();
        assert_eq!(texts(&found), ["{\"a\":1}", " {\"b\":2} "]);
        assert!(found.rejects.is_empty());
    }

    #[test]
    fn what_is_no_object_is_rejected_byte_for_byte_and_stops_nothing() {
        let bytes =
            b"{\"a\":1}\n7\nnull\n\xff\xfe\n\0\0\0\0\n{\"b\":\n{\"c\":\"\xff\"}\r\n{\"d\":1}\n";
        let found = read("s", 100, bytes, false).unwrap();
        assert_eq!(texts(&found), ["{\"a\":1}", "{\"d\":1}"]);
        assert_eq!(found.to, 100 + bytes.len() as u64);
        let kept: Vec<_> =
            found.rejects.iter().map(|reject| BASE64.decode(&reject.bytes_b64).unwrap()).collect();
        let expected: [&[u8]; 6] =
            [b"7", b"null", b"\xff\xfe", b"\0\0\0\0", b"{\"b\":", b"{\"c\":\"\xff\"}\r"];
        assert_eq!(kept, expected);
        assert_eq!(found.rejects[0].offset, 108);
        assert!(found.rejects.iter().all(|reject| !reject.reason.is_empty()));
    }

    #[test]
    fn a_last_line_waits_for_its_rest_until_the_shard_is_settled() {
        let bytes = b"{\"a\":1}\n{\"b\":";
        let found = read("s", 0, bytes, false).unwrap();
        assert_eq!((texts(&found).len(), found.to, found.unfinished), (1, 8, true));
        let found = read("s", 0, bytes, true).unwrap();
        assert_eq!((found.rejects.len(), found.to, found.unfinished), (1, 13, false));
    }

    #[test]
    fn a_mark_is_left_out_at_the_beginning_of_a_shard_alone() {
        let bytes = b"\xef\xbb\xbf{\"a\":1}\n";
        assert_eq!(texts(&read("s", 0, bytes, true).unwrap()), ["{\"a\":1}"]);
        let found = read("s", 8, bytes, true).unwrap();
        assert_eq!((found.entries.len(), found.rejects.len()), (0, 1));
        assert_eq!(found.rejects[0].bytes_b64, BASE64.encode(b"\xef\xbb\xbf{\"a\":1}"));
    }

    #[test]
    fn a_whole_object_needs_no_newline() {
        let found = read("s", 0, b"{\"a\":1}", false).unwrap();
        assert_eq!((texts(&found).len(), found.to), (1, 7));
    }
}
