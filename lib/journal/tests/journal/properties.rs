//! What holds for any content.

use std::fs;
use std::path::{Path, PathBuf};

use journal::{Damage, Journal, Line, Lines, Loaded, MAX_LINE};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use tempfile::{TempDir, tempdir};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Numbered {
    n: u64,
}

/// Bytes that look like a journal with everything that can happen to one.
pub(crate) fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => any::<u64>().prop_map(|n| format!("{{\"n\":{n}}}").into_bytes()),
        4 => Just(b"\n".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b"\xef\xbb\xbf".to_vec()),
        1 => Just(vec![0; 5]),
        1 => "[ \t\r]{1,20}".prop_map(String::into_bytes),
        1 => "[{}\\[\\]\",:n0-9]{1,20}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    journal::create_new(&path, bytes).unwrap();
    (dir, path)
}

fn forward(bytes: &[u8], max_line: usize) -> Vec<Line> {
    Lines::new(Path::new("-"), bytes, max_line).map(Result::unwrap).collect()
}

fn numbers(loaded: &Loaded<Numbered>) -> Vec<u64> {
    loaded.records.iter().map(|(_, record)| record.n).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Line by line, every byte of the file is accounted for: what is between the lines is blank.
    #[test]
    fn the_lines_cover_the_file(bytes in content(), max_line in 1..40_usize) {
        let mut at = 0;
        let mut number = 0;
        let blank = |from: usize, to: usize| {
            let mark = if from == 0 && bytes.starts_with(b"\xef\xbb\xbf") { 3.min(to) } else { 0 };
            bytes[from + mark..to].iter().all(|byte| b" \t\r\n".contains(byte))
        };
        for line in forward(&bytes, max_line) {
            let (offset, end) = (usize::try_from(line.offset)?, usize::try_from(line.end)?);
            prop_assert!(blank(at, offset));
            prop_assert!(offset == 0 || bytes[offset - 1] == b'\n');
            prop_assert!(line.is_terminated() == (bytes[end - 1] == b'\n'));
            prop_assert!(line.is_terminated() || end == bytes.len());
            let newlines = bytes[..offset].split(|byte| *byte == b'\n').count() as u64 - 1;
            prop_assert_eq!(line.number, Some(newlines + 1));
            prop_assert!(line.number > Some(number));
            number = newlines + 1;
            at = end;
        }
        prop_assert!(blank(at, bytes.len()));
    }

    /// Nothing makes loading fail, and every line that is not blank is a record or damage.
    #[test]
    fn any_content_loads(bytes in content()) {
        let (_dir, path) = file(&bytes);
        let loaded = journal::load::<Numbered>(&path).unwrap();
        let lines = forward(&bytes, MAX_LINE);
        let accounted = loaded.records.len() + loaded.damaged.len() + loaded.torn.iter().count();
        prop_assert_eq!(accounted, lines.len());
        let within = |damage: &Damage| {
            damage.offset <= damage.byte && damage.byte <= damage.end && damage.end <= bytes.len() as u64
        };
        prop_assert!(loaded.damaged.iter().chain(&loaded.torn).all(within));
    }

    /// An append leaves all earlier bytes as they are, and one more record: its own.
    #[test]
    fn an_append_adds_one_record_to_any_content(bytes in content(), n: u64) {
        let (_dir, path) = file(&bytes);
        let before = journal::load::<Numbered>(&path).unwrap();
        let appended = journal::append(&path, &Numbered { n }).unwrap();
        let after = journal::load::<Numbered>(&path).unwrap();
        let written = fs::read(&path).unwrap();

        let torn = !bytes.is_empty() && !bytes.ends_with(b"\n");
        let newline = if torn { "\n" } else { "" };
        let expected = [bytes.as_slice(), format!("{newline}{{\"n\":{n}}}\n").as_bytes()].concat();
        prop_assert_eq!(&written, &expected);
        prop_assert_eq!(appended.completed_torn, torn);
        prop_assert_eq!(appended.offset + appended.length, written.len() as u64);
        prop_assert_eq!(after.records.last().map(|(at, _)| at.offset), Some(appended.offset));

        let mut numbered = numbers(&before);
        numbered.push(n);
        prop_assert_eq!(numbers(&after), numbered);
        prop_assert!(after.torn.is_none());
        let damaged = before.damaged.len() + before.torn.iter().count();
        prop_assert_eq!(after.damaged.len(), damaged);
    }

    /// Recovery moves exactly the damaged lines and keeps every record at its place.
    #[test]
    fn recovery_keeps_every_record_and_every_byte(bytes in content(), max_line in 8..40_usize) {
        let (_dir, path) = file(&bytes);
        let journal = Journal::new(&path).max_line(max_line);
        let before = journal.load::<Numbered>().unwrap();
        let result = journal.set_aside::<Numbered>("t").unwrap();
        let after = journal.load::<Numbered>().unwrap();
        prop_assert_eq!(&after.records, &before.records);
        prop_assert!(after.damaged.is_empty() && after.torn.is_none());
        let damaged: Vec<&Damage> = before.damaged.iter().chain(&before.torn).collect();
        let places = |damage: &[&Damage]| damage.iter().map(|d| (d.line, d.offset)).collect::<Vec<_>>();
        prop_assert_eq!(places(&result.moved.iter().collect::<Vec<_>>()), places(&damaged));
        let mut expected = Vec::new();
        for damage in damaged {
            let raw = &bytes[usize::try_from(damage.offset)?..usize::try_from(damage.end)?];
            expected.extend_from_slice(raw.strip_suffix(b"\n").unwrap_or(raw));
            expected.push(b'\n');
        }
        match result.into {
            Some(aside) => prop_assert_eq!(fs::read(aside).unwrap(), expected),
            None => prop_assert!(expected.is_empty() && fs::read(&path).unwrap().starts_with(&bytes)),
        }
    }
}
