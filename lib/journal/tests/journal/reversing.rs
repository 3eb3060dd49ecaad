//! Reading from the end of files that are too big to be read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write as _};
use std::path::Path;

use journal::{Kind, MAX_LINE, Reverse};
use tempfile::tempdir;

/// Counts the bytes that are read.
struct Counted<'a> {
    file: File,
    read: &'a mut u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        *self.read += read as u64;
        Ok(read)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// A file with a hole of `hole` bytes and `lines` numbered lines behind it.
fn sparse(path: &Path, hole: u64, lines: u64) {
    let file = File::create(path).unwrap();
    file.set_len(hole).unwrap();
    drop(file);
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    for n in 0..lines {
        write!(file, "\n[{n}]").unwrap();
    }
    file.write_all(b"\n").unwrap();
}

#[test]
fn the_cost_of_a_tail_does_not_depend_on_the_size_of_the_file() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let mut costs = Vec::new();
    for gigabytes in [1, 8] {
        sparse(&path, gigabytes << 30, 1000);
        let mut read = 0;
        let counted = Counted { file: File::open(&path).unwrap(), read: &mut read };
        let lines = Reverse::new(&path, counted, MAX_LINE).unwrap().take(1000);
        let lines: Vec<u64> =
            lines.map(|line| line.unwrap().decode::<[u64; 1]>().unwrap()[0]).collect();
        assert_eq!(lines, (0..1000).rev().collect::<Vec<_>>());
        costs.push(read);
    }
    assert_eq!(costs[0], costs[1]);
    assert_eq!(costs[0], 64 * 1024, "one block has all of them");
}

#[test]
fn the_last_lines_come_oldest_first() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    sparse(&path, 4 << 30, 5);
    let tail = |count| -> Vec<Vec<u8>> {
        journal::tail(&path, count).unwrap().into_iter().map(|line| line.bytes).collect()
    };
    assert_eq!(tail(0), Vec::<Vec<u8>>::new());
    assert_eq!(tail(2), [b"[3]", b"[4]"]);
    let last = journal::tail(&path, 1).unwrap().remove(0);
    assert_eq!((last.number, last.kind), (None, Kind::Whole));
    assert_eq!((last.offset, last.end), ((4 << 30) + 17, (4 << 30) + 21));
}

#[test]
fn a_torn_line_comes_first_and_fewer_lines_are_all_lines() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    journal::create_new(&path, b"[1]\n\n[2").unwrap();
    let kinds: Vec<Kind> = journal::reverse(&path).unwrap().map(|l| l.unwrap().kind).collect();
    assert_eq!(kinds, [Kind::Torn, Kind::Whole]);
    assert_eq!(journal::tail(&path, 10).unwrap().len(), 2);
}

/// An append that failed may be cut back after we looked for the end.
#[test]
fn a_file_that_was_cut_back_is_read_from_its_new_end() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    journal::create_new(&path, b"[1]\n[2]\n[3, half of a li").unwrap();
    let lines = journal::reverse(&path).unwrap();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(8).unwrap();
    let lines: Vec<_> = lines.map(|line| line.unwrap().bytes).collect();
    assert_eq!(lines, [b"[2]", b"[1]"]);
}

#[test]
fn a_file_that_loses_what_was_to_come_is_an_error() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let long = "x".repeat(100_000);
    journal::create_new(&path, format!("[0]\n\"{long}\"\n[1]\n").as_bytes()).unwrap();
    let mut lines = journal::reverse(&path).unwrap();
    assert_eq!(lines.next().unwrap().unwrap().bytes, b"[1]");
    OpenOptions::new().write(true).open(&path).unwrap().set_len(2).unwrap();
    let error = lines.next().unwrap().unwrap_err();
    let expected = format!("cannot read {}: it became shorter meanwhile", path.display());
    assert_eq!(error.to_string(), expected);
    assert!(lines.next().is_none());
}
