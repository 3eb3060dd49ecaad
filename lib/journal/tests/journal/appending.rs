//! One append at a time, and several processes at once.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use journal::{Appended, Error, Journal};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::writer::Writer;
use crate::writer::record::Record;

#[test]
fn creates_the_file_and_tells_where_the_line_is() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let first = journal::append(&path, &json!({"b": 1, "a": "ü"})).unwrap();
    let second = journal::append(&path, &json!({"n": 2})).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"b\":1,\"a\":\"ü\"}\n{\"n\":2}\n");
    assert_eq!(first, Appended { offset: 0, length: 17, completed_torn: false });
    assert_eq!(second, Appended { offset: 17, length: 8, completed_torn: false });
}

#[test]
fn keeps_the_mode_of_a_file_that_exists() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    File::create(&path).unwrap().set_permissions(fs::Permissions::from_mode(0o640)).unwrap();
    journal::append_line(&path, b"1").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o640);
}

#[test]
fn completes_a_torn_line_and_says_so() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    File::create(&path).unwrap().write_all(b"{\"n\":1}\n{\"n\":").unwrap();
    let appended = journal::append(&path, &json!({"n": 3})).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"n\":1}\n{\"n\":\n{\"n\":3}\n");
    assert_eq!(appended, Appended { offset: 14, length: 8, completed_torn: true });
}

#[test]
fn several_records_are_decided_and_appended_under_one_lock() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    File::create(&path).unwrap().write_all(b"{\"n\":1}\n{\"n\":").unwrap();
    let made = journal::append_all_with(&path, |view| {
        let known = view.lines().count();
        Ok::<_, Error>(vec![json!({"n": known}), json!({"n": known + 1})])
    });
    assert_eq!(made.unwrap(), [json!({"n": 2}), json!({"n": 3})]);
    let text = "{\"n\":1}\n{\"n\":\n{\"n\":2}\n{\"n\":3}\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    // Nothing to append leaves the file alone; so does a record that no reader would load.
    let none = journal::append_all_with(&path, |_| Ok::<Vec<Value>, Error>(Vec::new()));
    assert_eq!(none.unwrap(), Vec::<Value>::new());
    let small = Journal::new(&path).max_line(9);
    let long = vec![json!({"n": 4}), json!({"long": 5})];
    small.append_all_with(|_| Ok::<_, Error>(long)).unwrap_err();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn several_lines_are_told_apart_and_a_torn_one_is_completed_once() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    assert_eq!(journal::append_lines::<&[u8]>(&path, &[]).unwrap(), []);
    assert!(!path.exists(), "no lines touch nothing");
    File::create(&path).unwrap().write_all(b"{\"n\":").unwrap();
    let appended = journal::append_lines(&path, &["1", "{\"n\":2}", "\"drei\""]).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, "{\"n\":\n1\n{\"n\":2}\n\"drei\"\n");
    let places: Vec<_> = appended.iter().map(|a| (a.offset, a.length, a.completed_torn)).collect();
    assert_eq!(places, [(6, 2, true), (8, 8, false), (16, 7, false)]);
}

#[test]
fn one_bad_line_keeps_all_of_them_out() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    for bad in ["", "{}\n{}"] {
        let error = journal::append_lines(&path, &["{}", bad, "{}"]).unwrap_err();
        assert!(matches!(error, Error::BadLine { .. }), "{error:?}");
        assert!(!path.exists());
    }
}

#[test]
fn refuses_what_would_not_be_one_line() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    journal::append_line(&path, b"{}").unwrap();
    let journal = Journal::new(&path).max_line(8);
    let refusals: [(&[u8], &str); 6] = [
        (b"", "the line is blank"),
        (b" \t", "the line is blank"),
        (b"{}\n{}", "the line has a line break in it"),
        (b"{}\n", "the line has a line break in it"),
        (b"{}\r", "the line has a line break in it"),
        (b"123456789", "the line has 9 bytes, and readers load at most 8"),
    ];
    for (line, reason) in refusals {
        let error = journal.append_line(line).unwrap_err();
        assert!(matches!(error, Error::BadLine { .. }), "{error:?}");
        let expected = format!("cannot append to {}: {reason}", path.display());
        assert_eq!(error.to_string(), expected);
    }
    journal.append_line(b"12345678").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"{}\n12345678\n");
}

#[test]
fn refuses_a_record_that_has_no_json() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let record = std::collections::BTreeMap::from([((1, 2), "a key must be a string")]);
    let error = journal::append(&path, &record).unwrap_err();
    assert!(error.to_string().contains("the record cannot be encoded: key must be a string"));
    assert!(!path.exists(), "nothing was touched");
}

#[test]
fn refuses_a_symbolic_link_also_to_nowhere() {
    let dir = tempdir().unwrap();
    let (target, link) = (dir.path().join("target"), dir.path().join("link"));
    symlink(&target, &link).unwrap();
    for exists in [false, true] {
        let error = journal::append_line(&link, b"{}").unwrap_err();
        let expected = format!("{} is a symbolic link, not a regular file", link.display());
        assert_eq!(error.to_string(), expected);
        assert_eq!(target.exists(), exists);
        journal::append_line(&target, b"{}").unwrap();
    }
    assert_eq!(journal::read(&link).unwrap().count(), 2, "reading follows links");
}

#[test]
fn appends_what_was_decided_under_the_lock() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let next = || {
        journal::append_with(&path, |view| -> Result<_, Error> {
            let seq = view.load::<Value>()?.records.len();
            assert_eq!(view.lines().count(), seq);
            assert_eq!(view.reverse()?.count(), seq);
            Ok((seq < 2).then_some(json!({ "seq": seq })))
        })
        .unwrap()
    };
    assert_eq!(next().unwrap().0, json!({"seq": 0}));
    assert_eq!(next().unwrap().0, json!({"seq": 1}));
    assert!(next().is_none());
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"seq\":0}\n{\"seq\":1}\n");
}

#[test]
fn an_error_of_the_decision_appends_nothing_and_frees_the_lock() {
    #[derive(Debug)]
    struct Refused;
    impl From<Error> for Refused {
        fn from(error: Error) -> Self {
            panic!("{error}");
        }
    }
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let decide = |_: &journal::View<'_>| -> Result<Option<Value>, Refused> { Err(Refused) };
    journal::append_with(&path, decide).unwrap_err();
    journal::append_line(&path, b"{}").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"{}\n");
}

#[test]
fn a_decision_that_appends_itself_is_told_so() {
    let dir = tempdir().unwrap();
    let journal = Journal::new(dir.path().join("log.jsonl")).wait(std::time::Duration::ZERO);
    let nested = journal.append_with(|_| journal.append(&json!({})).map(|_| Some(json!({}))));
    assert!(matches!(nested.unwrap_err(), Error::Locked { .. }));
    assert_eq!(journal.read().unwrap().count(), 0);
}

/// Four processes give out one sequence of numbers: none twice, none left out.
#[test]
fn processes_share_one_sequence() {
    const EACH: usize = 50;
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let count = EACH.to_string();
    let writers = ["a", "b", "c", "d"].map(|name| Writer::start("ordered", &path, &[name, &count]));
    for writer in writers {
        assert_eq!(writer.finish().len(), EACH);
    }
    let loaded = journal::load::<Record>(&path).unwrap();
    assert!(loaded.damaged.is_empty() && loaded.torn.is_none());
    let orders: Vec<u64> = loaded.records.iter().filter_map(|(_, record)| record.order).collect();
    assert_eq!(orders, (1..=4 * EACH as u64).collect::<Vec<_>>());
}
