//! Somebody else is at work while a run is between reading shards and writing their lines, or the system
//! refuses a step of it.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use audit_log::Log;
use testkit::{Scratch, Tool};

use crate::disk::{Disk, RealDisk};
use crate::error::Error;
use crate::run::{How, Report, fold};

/// A disk on which something happens once, before the first step of this name or in place of it.
struct Meddling<'a> {
    before: &'static str,
    what: RefCell<Option<Act<'a>>>,
}

/// An error takes the place of the step.
type Act<'a> = Box<dyn FnOnce() -> io::Result<()> + 'a>;

impl Meddling<'_> {
    fn step(&self, name: &str) -> io::Result<RealDisk> {
        if name == self.before
            && let Some(what) = self.what.borrow_mut().take()
        {
            what()?;
        }
        Ok(RealDisk)
    }
}

impl Disk for Meddling<'_> {
    fn make_dir(&self, path: &Path) -> io::Result<()> {
        self.step("make_dir")?.make_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<()> {
        self.step("create")?.create(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("rename")?.rename(from, to)
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("replace")?.replace(from, to)
    }

    fn keep_access(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("keep_access")?.keep_access(from, to)
    }

    fn write_at(&self, path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.step("write_at")?.write_at(path, offset, bytes)
    }

    fn set_len(&self, path: &Path, len: u64) -> io::Result<()> {
        self.step("set_len")?.set_len(path, len)
    }

    fn reserve(&self, path: &Path, offset: u64, len: u64) -> io::Result<()> {
        self.step("reserve")?.reserve(path, offset, len)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.step("sync_file")?.sync_file(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.step("sync_dir")?.sync_dir(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step("remove")?.remove(path)
    }
}

const HISTORY: &str = "logs/governance_history.jsonl";
const SHARD: &str = "logs/active/s.claim-1.jsonl";

fn line(second: u32, id: &str) -> String {
    format!("{{\"id\":\"{id}\",\"timestamp\":\"2026-01-24T18:30:{second:02}Z\"}}\n")
}

/// A history and a shard, of which one entry belongs before the last line of the history.
fn scene() -> Scratch {
    let scratch = Scratch::new();
    scratch.write(HISTORY, line(1, "h1") + &line(5, "h5"));
    scratch.write("logs/active/s.jsonl", line(3, "s3") + &line(7, "s7"));
    scratch
}

fn folded(disk: &impl Disk, scratch: &Scratch) -> Result<Report, Error> {
    let now = cli::clock::now().instant();
    fold(disk, &Log::at_root(scratch.root()).unwrap(), How { now, older_than: Duration::ZERO })
}

/// Folds while `what` happens before each of some steps, gives the result to `check`, and folds again
/// undisturbed: then the history has these lines.
fn meddled(
    what: impl Fn(&Scratch) + Copy,
    check: impl Fn(&Scratch, &Result<Report, Error>),
    expected: &str,
) {
    // Before the intent is begun, before it is whole, before the history is written: all behind the plan.
    for before in ["create", "set_len", "write_at", "sync_file"] {
        let scratch = scene();
        let act: Act<'_> = Box::new(|| {
            what(&scratch);
            Ok(())
        });
        let disk = Meddling { before, what: RefCell::new(Some(act)) };
        let result = folded(&disk, &scratch);
        assert!(disk.what.borrow().is_none(), "there is no step {before}");
        check(&scratch, &result);
        let intent = scratch.path("logs/.governance_history.intent");
        assert_eq!(fs::metadata(intent).unwrap().len(), 0, "{before}");
        folded(&RealDisk, &scratch).unwrap();
        assert_eq!(scratch.read(HISTORY), expected, "{before}");
        let seen = Tool::new("view-audit").args(["--all", "--root"]).arg(scratch.root()).run();
        assert_eq!(seen.code(0).out().lines().count(), expected.lines().count(), "{before}");
    }
}

/// Without an id nothing but the protocol keeps an entry from being folded twice.
#[test]
fn a_new_history_that_is_in_place_counts_though_its_folder_cannot_be_synced() {
    let scratch = Scratch::new();
    let far_up = usize::try_from(audit_log::WINDOW).unwrap();
    let (old, new) = (line(5, &"h".repeat(far_up)), "{\"timestamp\":\"2026-01-24T18:30:03Z\"}\n");
    scratch.write(HISTORY, &old);
    scratch.write("logs/active/s.jsonl", new);
    // It is there, so the first folder to be synced is that of the new history.
    let intent = scratch.write("logs/.governance_history.intent", "");
    let act: Act<'_> = Box::new(|| Err(io::ErrorKind::StorageFull.into()));
    let disk = Meddling { before: "sync_dir", what: RefCell::new(Some(act)) };
    let Err(Error::Io { op: "sync", .. }) = folded(&disk, &scratch) else { panic!("no error") };
    let expected = format!("{new}{old}");
    assert_eq!(scratch.read(HISTORY), expected);
    let count = || {
        let seen = Tool::new("view-audit").args(["--all", "--root"]).arg(scratch.root()).run();
        seen.code(0).out().lines().count()
    };
    assert_eq!(count(), 2);
    folded(&RealDisk, &scratch).unwrap();
    assert_eq!(fs::metadata(intent).unwrap().len(), 0);
    assert_eq!(scratch.read(HISTORY), expected);
    assert_eq!(count(), 2);
}

/// The run ended without changing anything, and said why.
fn refused(scratch: &Scratch, result: &Result<Report, Error>) {
    let Err(Error::ShardChanged { shard }) = result else { panic!("{result:?}") };
    assert!(shard.ends_with(SHARD), "{}", shard.display());
    assert_eq!(scratch.read(HISTORY), line(1, "h1") + &line(5, "h5"));
}

#[test]
fn what_a_foreign_writer_appends_after_the_plan_is_folded_by_the_next_run() {
    meddled(
        |scratch| {
            let mut file = File::options().append(true).open(scratch.path(SHARD)).unwrap();
            file.write_all(line(9, "s9").as_bytes()).unwrap();
        },
        |scratch, result| {
            assert_eq!(result.as_ref().unwrap().run.entries, 2);
            let expected = [line(1, "h1"), line(3, "s3"), line(5, "h5"), line(7, "s7")].concat();
            assert_eq!(scratch.read(HISTORY), expected);
        },
        &[line(1, "h1"), line(3, "s3"), line(5, "h5"), line(7, "s7"), line(9, "s9")].concat(),
    );
}

#[test]
fn a_shard_that_is_written_over_after_the_plan_stops_the_run_and_is_folded_as_it_is_then() {
    meddled(
        |scratch| drop(scratch.write(SHARD, line(3, "x3") + &line(7, "x7"))),
        refused,
        &[line(1, "h1"), line(3, "x3"), line(5, "h5"), line(7, "x7")].concat(),
    );
}

#[test]
fn a_shard_that_is_cut_back_after_the_plan_stops_the_run_and_is_folded_as_it_is_then() {
    meddled(
        |scratch| {
            let file = File::options().write(true).open(scratch.path(SHARD)).unwrap();
            file.set_len(line(3, "s3").len() as u64).unwrap();
        },
        refused,
        &[line(1, "h1"), line(3, "s3"), line(5, "h5")].concat(),
    );
}

#[test]
fn a_shard_that_is_replaced_after_the_plan_stops_the_run_and_both_files_are_folded() {
    meddled(
        |scratch| {
            let moved = scratch.path("logs/active/moved.jsonl");
            fs::rename(scratch.path(SHARD), moved).unwrap();
            scratch.write(SHARD, line(3, "x3") + &line(7, "x7"));
        },
        refused,
        &[line(1, "h1"), line(3, "s3"), line(3, "x3"), line(5, "h5"), line(7, "s7"), line(7, "x7")]
            .concat(),
    );
}
