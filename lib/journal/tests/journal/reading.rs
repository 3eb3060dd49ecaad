//! What stands in files that others wrote, or that a crash has touched.

use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use journal::{Kind, Lines, Loaded, MAX_LINE, Sort};
use serde::Deserialize;
use tempfile::{TempDir, tempdir};

#[derive(Debug, PartialEq, Deserialize)]
struct Numbered {
    n: u64,
}

fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    journal::create_new(&path, bytes).unwrap();
    (dir, path)
}

fn load(bytes: &[u8]) -> Loaded<Numbered> {
    journal::load(file(bytes).1).unwrap()
}

fn numbers(loaded: &Loaded<Numbered>) -> Vec<u64> {
    loaded.records.iter().map(|(_, record)| record.n).collect()
}

/// The messages without the directory.
fn damage(loaded: &Loaded<Numbered>) -> Vec<String> {
    let shown = |damage: &journal::Damage| {
        let directory = format!("{}/", damage.path.parent().unwrap().display());
        damage.to_string().replace(&directory, "")
    };
    loaded.damaged.iter().chain(&loaded.torn).map(shown).collect()
}

#[test]
fn a_missing_file_has_no_lines() {
    let path = tempdir().unwrap().path().join("none/log.jsonl");
    assert_eq!(journal::read(&path).unwrap().count(), 0);
    assert_eq!(journal::reverse(&path).unwrap().count(), 0);
    assert!(journal::load::<Numbered>(&path).unwrap().records.is_empty());
    assert!(!path.exists());
}

#[test]
fn line_ends_marks_and_blank_lines_are_not_content() {
    let bytes = b"\xef\xbb\xbf{\"n\":1}\r\n\r\n  \n\n{\"n\":2}\n{\"n\":3}\r";
    let (_dir, path) = file(bytes);
    let lines: Vec<_> = journal::read(&path).unwrap().map(Result::unwrap).collect();
    let seen: Vec<_> =
        lines.iter().map(|l| (l.number, l.offset, l.end, l.bytes.as_slice(), l.kind)).collect();
    assert_eq!(
        seen,
        [
            (Some(1), 0, 12, &b"{\"n\":1}"[..], Kind::Whole),
            (Some(5), 18, 26, b"{\"n\":2}", Kind::Whole),
            (Some(6), 26, 34, b"{\"n\":3}", Kind::Torn),
        ]
    );
    let loaded = journal::load(&path).unwrap();
    assert_eq!(numbers(&loaded), [1, 2, 3]);
    assert_eq!(loaded.records[1].0.line, Some(5));
    assert!(damage(&loaded).is_empty());
}

#[test]
fn a_part_of_a_file_has_the_places_of_the_file() {
    let text = b"\xef\xbb\xbf{}\n7\n".as_slice();
    let read = |offset| {
        let lines = Lines::starting_at(Path::new("-"), text, offset, MAX_LINE);
        lines.map(Result::unwrap).map(|line| (line.number, line.offset, line.end, line.bytes.len()))
    };
    assert_eq!(read(0).collect::<Vec<_>>(), [(Some(1), 0, 6, 2), (Some(2), 6, 8, 1)]);
    assert_eq!(read(9).collect::<Vec<_>>(), [(None, 9, 15, 5), (None, 15, 17, 1)]);
}

#[test]
fn only_the_beginning_of_the_file_has_a_mark() {
    assert_eq!(
        damage(&load(b"{\"n\":1}\n\xef\xbb\xbf{\"n\":2}\n")),
        ["log.jsonl:2: expected value (byte 8)"]
    );
    assert!(damage(&load(b"\xef\xbb\xbf\n{\"n\":1}\n")).is_empty());
}

#[test]
fn damage_in_the_middle_is_named_and_the_rest_is_read() {
    let loaded = load(
        b"{\"n\":1}\n{\"n\":\n{\"n\":\"x\"}\nplain text\n{\"n\":1}{\"n\":2}\n{\"n\":\"\xff\"}\n\0\0\0{\"n\":4}\n{\"n\":5}\n",
    );
    assert_eq!(numbers(&loaded), [1, 5]);
    assert_eq!(
        damage(&loaded),
        [
            "log.jsonl:2: the record is cut off: EOF while parsing a value (byte 12)",
            "log.jsonl:3: invalid type: string \"x\", expected u64 (byte 21)",
            "log.jsonl:4: expected value (byte 24)",
            "log.jsonl:5: trailing characters (byte 42)",
            "log.jsonl:6: not UTF-8 (byte 56)",
            "log.jsonl:7: the line begins with 3 NUL bytes, as after a power failure (byte 60)",
        ]
    );
    let sorts: Vec<Sort> = loaded.damaged.iter().map(|damage| damage.sort).collect();
    assert_eq!(
        sorts,
        [Sort::CutOff, Sort::Shape, Sort::Syntax, Sort::Syntax, Sort::Encoding, Sort::Syntax]
    );
}

/// A page that a crash left without its data hides the line that was on it, and no other.
#[test]
fn a_page_of_nul_bytes_is_one_damaged_line() {
    let bytes = [b"{\"n\":1}\n".as_slice(), &[0; 4096], b"\n{\"n\":2}\n", &[0; 4096]].concat();
    let loaded = load(&bytes);
    assert_eq!(numbers(&loaded), [1, 2]);
    assert_eq!(
        damage(&loaded),
        [
            "log.jsonl:2: the line begins with 4096 NUL bytes, as after a power failure (byte 8)",
            "log.jsonl:4: the last line is torn: it has no newline (byte 4113)",
        ]
    );
}

#[test]
fn a_torn_line_is_a_record_only_if_its_rest_could_not_change_it() {
    for (torn, counts) in [
        ("{\"n\":2}", true),
        (" [2]", true),
        ("{\"n\":2", false),
        ("{\"n\":2}}", false),
        ("2", false),
        ("\"2\"", false),
    ] {
        let loaded = load(format!("{{\"n\":1}}\n{torn}").as_bytes());
        assert!(loaded.damaged.is_empty(), "{torn}");
        assert_eq!(numbers(&loaded).len(), 1 + usize::from(counts), "{torn}");
        assert_eq!(loaded.torn.is_none(), counts, "{torn}");
        if let Some(damage) = loaded.torn {
            assert_eq!((damage.sort, damage.line, damage.offset), (Sort::Torn, Some(2), 8));
        }
    }
    let (_dir, path) = file(b"12");
    assert!(journal::load::<u64>(path).unwrap().torn.is_some(), "it may have been 123");
}

#[test]
fn a_line_that_is_too_long_is_skipped_without_being_loaded() {
    let long = io::repeat(b'x').take(5 * MAX_LINE as u64);
    let text = Cursor::new(b"{\"n\":1}\n").chain(long).chain(Cursor::new(b"\n{\"n\":2}\n"));
    let lines: Vec<_> = Lines::new(Path::new("-"), text, MAX_LINE).map(Result::unwrap).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1].kind, Kind::Oversized { terminated: true });
    assert_eq!(lines[1].end - lines[1].offset, 5 * MAX_LINE as u64 + 1);
    assert_eq!(lines[1].bytes, [b'x'; 1024]);
    assert_eq!(
        lines[1].decode::<Numbered>().unwrap_err().to_string(),
        "-:2: the line has 83886081 bytes, which is more than may be loaded (byte 8)"
    );
    assert_eq!((lines[2].number, lines[2].offset), (Some(3), 8 + 5 * MAX_LINE as u64 + 1));
    assert_eq!(lines[2].decode::<Numbered>().unwrap(), Numbered { n: 2 });
}

#[test]
fn the_limit_itself_is_not_too_long() {
    for (text, kinds) in [
        ("[1234]\n", vec![Kind::Whole]),
        ("[1234]", vec![Kind::Torn]),
        ("[12345]\n1\n", vec![Kind::Oversized { terminated: true }, Kind::Whole]),
        ("[12345]", vec![Kind::Oversized { terminated: false }]),
        ("          \n1", vec![Kind::Torn]),
    ] {
        let lines = Lines::new(Path::new("-"), text.as_bytes(), 6);
        let found: Vec<_> = lines.map(|line| line.unwrap().kind).collect();
        assert_eq!(found, kinds, "{text:?}");
    }
}

#[test]
fn a_reason_is_short_and_has_no_control_characters() {
    let long = format!("{{\"n\":\"\\u001b[31m{}\"}}\n", "y".repeat(100_000));
    let loaded = load(long.as_bytes());
    let reason = &loaded.damaged[0].reason;
    assert!(reason.chars().count() <= 201 && reason.ends_with('…'), "{reason}");
    assert!(!reason.contains('\x1b'), "{reason}");
    assert!(
        journal::load::<Colour>(file(b"\"\\u001b[2J\"\n").1).unwrap().damaged[0]
            .reason
            .contains("\\u{1b}[2J")
    );
}

#[derive(Debug, Deserialize)]
enum Colour {
    #[serde(rename = "red")]
    Red,
}

#[test]
fn reading_ends_at_the_first_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let text = Cursor::new(b"{\"n\":1}\n{\"n\"").chain(Broken);
    let mut lines = Lines::new(Path::new("a.jsonl"), text, MAX_LINE);
    assert_eq!(lines.next().unwrap().unwrap().bytes, b"{\"n\":1}");
    let error = lines.next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "cannot read a.jsonl: the disk is gone");
    assert!(lines.next().is_none());
}
