//! The lock: its time limit, its release, files that are renamed under it, and things that are not files.

use std::fs::{self, File};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use journal::{Error, Journal, Lock};
use records::{Exit, Fault as _};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::json;
use tempfile::tempdir;

use crate::writer::Writer;

#[test]
fn gives_up_when_the_time_is_over() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let held = Lock::acquire(&path, Duration::ZERO).unwrap();
    for wait in [Duration::ZERO, Duration::from_millis(20)] {
        let error = Journal::new(&path).wait(wait).append(&json!({})).unwrap_err();
        assert!(matches!(error, Error::Locked { waited, .. } if waited == wait));
        assert!(matches!(error.exit(), Exit::Later));
        let waited = if wait.is_zero() { "" } else { " (waited 20ms)" };
        let expected = format!("{} is locked by another process{waited}", path.display());
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(journal::read(&path).unwrap().count(), 0, "readers take no lock");
    drop(held);
    Journal::new(&path).wait(Duration::ZERO).append(&json!({})).unwrap();
}

#[test]
fn waits_for_the_lock() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let held = Lock::acquire(&path, Duration::ZERO).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| journal::append(&path, &json!({"n": 1})).unwrap());
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        drop(held);
        waiting.join().unwrap();
    });
    assert_eq!(fs::read(&path).unwrap(), b"{\"n\":1}\n");
}

#[test]
fn a_killed_process_leaves_no_lock() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let mut holder = Writer::start("hold", &path, &[]);
    assert_eq!(holder.next_line().unwrap(), "held");
    let journal = Journal::new(&path).wait(Duration::ZERO);
    assert!(matches!(journal.append(&json!({})).unwrap_err(), Error::Locked { .. }));
    holder.kill();
    journal.append(&json!({})).unwrap();
}

/// The holder of the lock moves the file away, or puts another in its place: who waits writes to what is at the path.
#[test]
fn writes_to_the_file_that_is_at_the_path() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let away = dir.path().join("claimed");
    for replaced in [false, true] {
        journal::append_line(&path, b"\"old\"").unwrap();
        let held = Lock::acquire(&path, Duration::ZERO).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| journal::append_line(&path, b"\"late\"").unwrap());
            fs::rename(&path, &away).unwrap();
            if replaced {
                journal::create_new(&path, b"\"new\"\n").unwrap_or_else(|error| {
                    assert!(matches!(error, Error::Exists { .. }), "{error}");
                });
            }
            drop(held);
            waiting.join().unwrap();
        });
        assert_eq!(fs::read_to_string(&away).unwrap(), "\"old\"\n");
        assert!(fs::read_to_string(&path).unwrap().ends_with("\"late\"\n"));
        fs::remove_file(&path).unwrap();
    }
}

/// A consolidator renames the file away, locks what it has, notes its length and never looks at it again. A writer
/// that had opened the file before must not append to it afterwards.
#[test]
fn nothing_is_appended_to_a_file_that_was_taken_away() {
    const WRITERS: usize = 4;
    const LINES: usize = 400;
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let done = AtomicBool::new(false);
    let mut taken: Vec<(PathBuf, u64)> = Vec::new();
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let path = &path;
                scope.spawn(move || {
                    for seq in 0..LINES {
                        journal::append(path, &json!([writer, seq])).unwrap();
                    }
                })
            })
            .collect();
        let consolidator = scope.spawn(|| {
            let mut taken = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let claimed = dir.path().join(format!("claimed-{}", taken.len()));
                if fs::rename(&path, &claimed).is_ok() {
                    let lock = Lock::acquire(&claimed, journal::DEFAULT_WAIT).unwrap();
                    taken.push((claimed.clone(), fs::metadata(&claimed).unwrap().len()));
                    drop(lock);
                }
            }
            taken
        });
        let finished: Vec<_> = writers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        taken = consolidator.join().unwrap();
        assert!(finished.into_iter().all(|writer| writer.is_ok()));
    });
    let mut lines: Vec<[usize; 2]> = Vec::new();
    for (claimed, length) in &taken {
        assert_eq!(fs::metadata(claimed).unwrap().len(), *length, "{}", claimed.display());
        lines.extend(whole(claimed));
    }
    lines.extend(whole(&path));
    for writer in 0..WRITERS {
        let seqs: Vec<usize> = lines.iter().filter(|l| l[0] == writer).map(|l| l[1]).collect();
        assert_eq!(seqs, (0..LINES).collect::<Vec<_>>(), "of writer {writer}");
    }
    assert!(!taken.is_empty());
}

fn whole(path: &Path) -> Vec<[usize; 2]> {
    let loaded = journal::load(path).unwrap();
    assert!(loaded.damaged.is_empty() && loaded.torn.is_none());
    loaded.records.into_iter().map(|(_, record)| record).collect()
}

#[test]
fn refuses_what_is_not_a_file_without_blocking() {
    let dir = tempdir().unwrap();
    let [directory, fifo, socket] = ["directory", "fifo", "socket"].map(|n| dir.path().join(n));
    fs::create_dir(&directory).unwrap();
    mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let _listener = UnixListener::bind(&socket).unwrap();
    let cases = [(&directory, "a directory"), (&fifo, "a FIFO"), (&socket, "a socket")];
    for (path, name) in cases {
        let expected = format!("{} is {name}, not a regular file", path.display());
        assert_eq!(journal::append_line(path, b"{}").unwrap_err().to_string(), expected);
        assert_eq!(journal::read(path).unwrap_err().to_string(), expected);
        assert_eq!(journal::reverse(path).unwrap_err().to_string(), expected);
        assert_eq!(journal::replace(path, |_| Ok(())).unwrap_err().to_string(), expected);
    }
    let null = Path::new("/dev/null");
    let expected = "/dev/null is a device, not a regular file";
    assert_eq!(journal::append_line(null, b"{}").unwrap_err().to_string(), expected);
}

#[test]
fn names_the_path_that_cannot_be() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("file");
    File::create(&file).unwrap();
    let under_file = file.join("log.jsonl");
    let nowhere = dir.path().join("missing/log.jsonl");
    for (path, cause) in [
        (&under_file, "Not a directory (os error 20)"),
        (&nowhere, "No such file or directory (os error 2)"),
    ] {
        let expected = format!("cannot open {}: {cause}", path.display());
        assert_eq!(journal::append_line(path, b"{}").unwrap_err().to_string(), expected);
    }
    let proc = Path::new("/proc/self/log.jsonl");
    let refused = journal::append_line(proc, b"{}").unwrap_err().to_string();
    assert!(refused.starts_with("cannot open /proc/self/log.jsonl: "), "{refused}");
}
