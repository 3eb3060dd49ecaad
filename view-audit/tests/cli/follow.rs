//! New entries are shown as they are written, each once.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use testkit::{Running, Scratch, Tool};

use crate::project::{HISTORY, SCHEMA, entry, text, view};

/// The tool following, after it showed the entry `first`, so that it is known to be at work.
fn follow(scratch: &Scratch, args: &[&str]) -> Running {
    let mut running = view(scratch.root()).arg("-f").args(args).spawn();
    running.wait_for_line("\"first\"");
    running
}

fn begun() -> Scratch {
    let scratch = Scratch::new();
    scratch.write(HISTORY, text(&[entry(1, "first")]));
    scratch
}

/// As a foreign writer does: open, append, close.
fn append(path: &Path, bytes: &str) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(bytes.as_bytes()).unwrap();
}

fn consolidate(root: &Path) {
    let ran = Tool::new("consolidate").arg("--root").arg(root).run();
    assert!(matches!(ran.exit_code(), Some(0 | 75)), "{}", ran.err());
}

/// The next line without what the tool puts in front.
#[track_caller]
fn next(running: &mut Running) -> String {
    let line = running.next_line().unwrap();
    format!("{{{}", line.strip_prefix(SCHEMA).unwrap())
}

#[test]
fn entries_of_old_and_new_shards_are_shown_across_a_consolidation() {
    let scratch = begun();
    scratch.write("logs/active/old.jsonl", text(&[entry(2, "there")]));
    let old = scratch.path("logs/active/old.jsonl");
    let mut kept_open = OpenOptions::new().append(true).open(&old).unwrap();
    let mut running = view(scratch.root()).args(["-f", "-n", "1"]).spawn();
    assert_eq!(next(&mut running), entry(2, "there"));
    append(&old, &text(&[entry(3, "a")]));
    assert_eq!(next(&mut running), entry(3, "a"));
    append(&scratch.path("logs/active/new.jsonl"), &text(&[entry(4, "b")]));
    assert_eq!(next(&mut running), entry(4, "b"));
    consolidate(scratch.root());
    assert!(!old.exists());
    // By a writer that still has the file open, and into a new file of the same name.
    kept_open.write_all(text(&[entry(5, "c")]).as_bytes()).unwrap();
    assert_eq!(next(&mut running), entry(5, "c"));
    append(&old, &text(&[entry(6, "d")]));
    assert_eq!(next(&mut running), entry(6, "d"));
    consolidate(scratch.root());
    consolidate(scratch.root());
    append(&old, &text(&[entry(7, "e")]));
    assert_eq!(next(&mut running), entry(7, "e"));
    running.interrupt();
    assert_eq!(running.wait().err(), "");
}

#[test]
fn a_line_is_shown_when_it_is_whole() {
    let scratch = begun();
    let shard = scratch.path("logs/active/s.jsonl");
    fs::create_dir_all(shard.parent().unwrap()).unwrap();
    let mut running = follow(&scratch, &[]);
    let (head, rest) = ("{\"id\":\"a\",\"x\":{}", ",\"y\":1}\n");
    append(&shard, head);
    append(&scratch.path("logs/active/t.jsonl"), &text(&[entry(2, "other")]));
    assert_eq!(next(&mut running), entry(2, "other"));
    append(&shard, rest);
    assert_eq!(next(&mut running), format!("{head}{}", rest.trim_end()));
    append(&shard, "nobody can read this\n");
    running.wait_for_stderr("s.jsonl");
    append(&shard, &text(&[entry(3, "b")]));
    assert_eq!(next(&mut running), entry(3, "b"));
}

#[test]
fn filters_hold_for_new_entries_too() {
    let scratch = begun();
    let shard = scratch.path("logs/active/s.jsonl");
    fs::create_dir_all(shard.parent().unwrap()).unwrap();
    scratch.write(HISTORY, "{\"id\":\"first\",\"issue_id\":98}\n");
    let mut running = follow(&scratch, &["--issue", "98"]);
    append(&shard, "{\"id\":\"a\",\"issue_id\":7}\n{\"id\":\"b\",\"issue_id\":98}\n");
    assert!(next(&mut running).contains("\"b\""));
}

#[test]
fn a_shard_that_is_cut_back_and_a_folder_that_comes_back_are_followed() {
    let scratch = begun();
    let shard = scratch.path("logs/active/s.jsonl");
    fs::create_dir_all(shard.parent().unwrap()).unwrap();
    let mut running = follow(&scratch, &[]);
    append(&shard, &text(&[entry(2, "a"), entry(3, "b")]));
    assert_eq!([next(&mut running), next(&mut running)], [entry(2, "a"), entry(3, "b")]);
    OpenOptions::new().write(true).open(&shard).unwrap().set_len(0).unwrap();
    running.wait_for_stderr("it was cut back");
    append(&shard, &text(&[entry(4, "c")]));
    assert_eq!(next(&mut running), entry(4, "c"));
    fs::remove_dir_all(scratch.path("logs")).unwrap();
    scratch.write("logs/active/t.jsonl", text(&[entry(5, "d")]));
    assert_eq!(next(&mut running), entry(5, "d"));
    append(&scratch.path("logs/active/t.jsonl"), &text(&[entry(6, "e")]));
    assert_eq!(next(&mut running), entry(6, "e"));
}

#[test]
fn it_ends_when_nobody_reads_any_more() {
    let scratch = begun();
    let script = "\"$0\" -f --root \"$1\" | head -n 1; exit \"${PIPESTATUS[0]}\"";
    let ran = Tool::program("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_view-audit")])
        .arg(scratch.root())
        .run();
    ran.code(0).stderr_is("");
}

/// Writers of both kinds, new shards, and consolidations all the while.
#[test]
fn what_is_followed_is_what_was_written() {
    const WRITERS: usize = 4;
    const ENTRIES: usize = 150;
    let scratch = begun();
    fs::create_dir_all(scratch.path("logs/active")).unwrap();
    let mut running = follow(&scratch, &[]);
    let done = AtomicBool::new(false);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let active = scratch.path("logs/active");
            scope.spawn(move || {
                for number in 0..ENTRIES {
                    // Several shards a writer, one after the other.
                    let shard = active.join(format!("w{writer}-{}.jsonl", number / 40));
                    // Half of them have no id, so nothing but their place tells them apart.
                    let line = if number % 2 == 0 {
                        entry(2, &format!("{writer}-{number}"))
                    } else {
                        format!("{{\"writer\":{writer}}}")
                    };
                    if writer % 2 == 0 {
                        journal::append_line(&shard, line.as_bytes()).unwrap();
                    } else {
                        append(&shard, &format!("{line}\n"));
                    }
                }
            });
        }
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                consolidate(scratch.root());
            }
        });
        for _ in 0..WRITERS * ENTRIES {
            *seen.entry(next(&mut running)).or_default() += 1;
        }
        done.store(true, Ordering::SeqCst);
    });
    consolidate(scratch.root());
    // What comes after everything else is the last one, so nothing was shown twice in between.
    append(&scratch.path("logs/active/last.jsonl"), &text(&[entry(9, "last")]));
    assert_eq!(next(&mut running), entry(9, "last"));
    let mut written: BTreeMap<String, usize> = BTreeMap::new();
    for writer in 0..WRITERS {
        written.insert(format!("{{\"writer\":{writer}}}"), ENTRIES / 2);
        for number in (0..ENTRIES).step_by(2) {
            written.insert(entry(2, &format!("{writer}-{number}")), 1);
        }
    }
    assert_eq!(seen, written);
}
