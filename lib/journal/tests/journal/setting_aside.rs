//! Moving damaged lines out.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::thread;

use journal::{Error, Journal, Sort};
use serde::Deserialize;
use serde_json::json;
use tempfile::tempdir;

#[derive(Debug, Deserialize)]
struct Numbered {
    n: u64,
}

#[test]
fn damaged_lines_move_byte_for_byte_and_the_others_stay_where_they_are() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let aside = dir.path().join("log.jsonl.corrupt-20260124T101500Z");
    let before = b"{\"n\":1}\n{\"te{\"n\":2}\n\n{\"n\":3}\r\n\0\0\xff\r\n{\"n\":4}\n{\"tor";
    journal::create_new(&path, before).unwrap();
    let inode = fs::metadata(&path).unwrap().ino();
    let result = journal::set_aside::<Numbered>(&path, "20260124T101500Z").unwrap();
    assert_eq!(result.into.as_ref(), Some(&aside));
    let moved: Vec<_> = result.moved.iter().map(|damage| (damage.line, damage.sort)).collect();
    assert_eq!(moved, [(Some(2), Sort::Syntax), (Some(5), Sort::Syntax), (Some(7), Sort::CutOff)]);
    assert_eq!(fs::read(&aside).unwrap(), b"{\"te{\"n\":2}\n\0\0\xff\r\n{\"tor\n");
    let after = b"{\"n\":1}\n           \n\n{\"n\":3}\r\n    \n{\"n\":4}\n     \n";
    assert_eq!(fs::read(&path).unwrap(), after);
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode);

    let loaded = journal::load::<Numbered>(&path).unwrap();
    assert!(loaded.damaged.is_empty() && loaded.torn.is_none());
    let found: Vec<_> = loaded.records.iter().map(|(at, record)| (at.line, record.n)).collect();
    assert_eq!(found, [(Some(1), 1), (Some(4), 3), (Some(6), 4)]);

    let again = journal::set_aside::<Numbered>(&path, "20260124T101501Z").unwrap();
    assert!(again.moved.is_empty() && again.into.is_none());
    assert_eq!(fs::read(&path).unwrap(), after);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn a_line_too_long_to_load_is_moved_too() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let long = "x".repeat(200_000);
    for end in ["", "\n", "\n{\"n\":2}\n"] {
        fs::remove_file(&path).unwrap_or_default();
        journal::create_new(&path, format!("{{\"n\":1}}\n{long}{end}").as_bytes()).unwrap();
        let journal = Journal::new(&path).max_line(100);
        let stamp = format!("t{}", end.len());
        let result = journal.set_aside::<Numbered>(&stamp).unwrap();
        assert_eq!(fs::read(result.into.unwrap()).unwrap(), format!("{long}\n").as_bytes());
        let loaded = journal.load::<Numbered>().unwrap();
        assert!(loaded.damaged.is_empty() && loaded.torn.is_none());
        assert_eq!(loaded.records.len(), 1 + usize::from(end.len() > 1));
    }
}

#[test]
fn an_earlier_file_is_never_overwritten() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let aside = dir.path().join("log.jsonl.corrupt-1");
    journal::create_new(&path, b"damaged\n").unwrap();
    journal::create_new(&aside, b"of an earlier time\n").unwrap();
    let error = journal::set_aside::<Numbered>(&path, "1").unwrap_err();
    assert_eq!(error.to_string(), format!("{} exists already", aside.display()));
    assert_eq!(fs::read(&path).unwrap(), b"damaged\n");
    assert_eq!(fs::read(&aside).unwrap(), b"of an earlier time\n");
}

#[test]
fn the_stamp_cannot_lead_elsewhere() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    journal::create_new(&path, b"damaged\n").unwrap();
    for stamp in ["", "/../x", "a b", "a\0"] {
        let error = journal::set_aside::<Numbered>(&path, stamp).unwrap_err();
        assert!(matches!(error, Error::BadLine { .. }), "{error}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

/// Writers go on meanwhile, one of them with the file open all the time and without the lock, as foreign ones do.
#[test]
fn nothing_is_lost_while_others_append() {
    const ROUNDS: u64 = 40;
    const LINES: u64 = 300;
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    journal::create_new(&path, b"").unwrap();
    let moved = thread::scope(|scope| {
        for writer in 1..=2 {
            let path = &path;
            scope.spawn(move || {
                for seq in 0..LINES {
                    journal::append(path, &json!({"n": seq, "writer": writer})).unwrap();
                }
            });
        }
        let mut foreign = OpenOptions::new().append(true).open(&path).unwrap();
        scope.spawn(move || {
            for seq in 0..LINES {
                let line = format!("{{\"n\":{seq},\"writer\":3}}\nnoise {seq}\n");
                foreign.write_all(line.as_bytes()).unwrap();
            }
        });
        let rounds = (0..ROUNDS).map(|round| {
            let result = journal::set_aside::<Numbered>(&path, &format!("{round}")).unwrap();
            result.moved.len()
        });
        rounds.sum::<usize>()
    });
    let last = journal::set_aside::<Numbered>(&path, "last").unwrap();
    assert_eq!(moved + last.moved.len(), usize::try_from(LINES).unwrap());
    let loaded = journal::load::<serde_json::Value>(&path).unwrap();
    assert!(loaded.damaged.is_empty() && loaded.torn.is_none());
    for writer in 1..=3 {
        let of_writer = loaded.records.iter().filter(|(_, record)| record["writer"] == writer);
        let seqs: Vec<u64> = of_writer.map(|(_, record)| record["n"].as_u64().unwrap()).collect();
        assert_eq!(seqs, (0..LINES).collect::<Vec<_>>(), "of writer {writer}");
    }
    let mut noise: Vec<u64> = Vec::new();
    for entry in fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains(".corrupt-") {
            let text = fs::read_to_string(path).unwrap();
            noise.extend(
                text.lines().map(|l| l.strip_prefix("noise ").unwrap().parse::<u64>().unwrap()),
            );
        }
    }
    noise.sort_unstable();
    assert_eq!(noise, (0..LINES).collect::<Vec<_>>());
}
