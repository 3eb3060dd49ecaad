//! New entries are shown as they are written, each once.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use testkit::{Repo, Running, Scratch, Tool, rng};

use crate::project::{HISTORY, OLDER, SCHEMA, entry, text, view};

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
fn what_somebody_writes_into_a_history_is_shown_once() {
    let scratch = begun();
    let (history, older) = (scratch.path(HISTORY), scratch.path(OLDER));
    let mut running = follow(&scratch, &[]);
    append(&history, &text(&[entry(2, "a"), entry(2, "b")]));
    assert_eq!([next(&mut running), next(&mut running)], [entry(2, "a"), entry(2, "b")]);
    append(&older, &text(&[entry(1, "old")]));
    assert_eq!(next(&mut running), entry(1, "old"));
    // A line in two parts, and one that nobody can read.
    append(&history, "{\"id\":\"c\",");
    append(&older, &text(&[entry(1, "older")]));
    assert_eq!(next(&mut running), entry(1, "older"));
    append(&history, "\"x\":1}\nbroken\n");
    assert_eq!(next(&mut running), "{\"id\":\"c\",\"x\":1}");
    running.wait_for_stderr("governance_history.jsonl");
    // Renamed away, and begun anew.
    fs::rename(&history, scratch.path("logs/governance_history.1.jsonl")).unwrap();
    append(&history, &text(&[entry(3, "d")]));
    assert_eq!(next(&mut running), entry(3, "d"));
    // Copied and emptied.
    OpenOptions::new().write(true).open(&history).unwrap().set_len(0).unwrap();
    append(&history, &text(&[entry(4, "e")]));
    assert_eq!(next(&mut running), entry(4, "e"));
    // Written anew with what it held and more, as a tool does that keeps it in order.
    let lines = [entry(0, "f"), entry(4, "e"), "{\"id\":\"g\"}".into(), "{\"id\":\"g\"}".into()];
    let new = scratch.write("logs/new", text(&lines));
    fs::rename(new, &history).unwrap();
    let shown = [next(&mut running), next(&mut running), next(&mut running)];
    assert_eq!(shown, [lines[0].clone(), lines[2].clone(), lines[3].clone()]);
    running.kill();
    let ran = running.wait();
    assert_eq!(ran.err().matches("expected value").count(), 1, "{}", ran.err());
}

/// An entry that belongs far up in a long history makes `consolidate` put another file in its place.
#[test]
fn a_history_that_is_replaced_shows_nothing_twice() {
    let scratch = Scratch::new();
    let filler = "x".repeat(100_000);
    let long = |second: u32| {
        entry(second, &format!("h{second}")).replace('}', &format!(",\"critique\":\"{filler}\"}}"))
    };
    let lines: Vec<_> = (1..=59).map(long).chain([entry(59, "first")]).collect();
    scratch.write(HISTORY, text(&lines));
    fs::create_dir(scratch.path("logs/active")).unwrap();
    let mut running = follow(&scratch, &["-n", "1"]);
    let shard = scratch.path("logs/active/s.jsonl");
    append(&shard, &text(&[entry(2, "far up")]));
    assert_eq!(next(&mut running), entry(2, "far up"));
    let before = fs::File::open(scratch.path(HISTORY)).unwrap();
    consolidate(scratch.root());
    let replaced = fs::metadata(scratch.path(HISTORY)).unwrap().ino();
    assert_ne!(before.metadata().unwrap().ino(), replaced);
    append(&shard, &text(&[entry(3, "next")]));
    assert_eq!(next(&mut running), entry(3, "next"));
    // Straight into a file that takes its place, far up.
    let text_now = fs::read_to_string(scratch.path(HISTORY)).unwrap();
    let new = scratch.write("logs/new", text(&[entry(0, "foreign")]) + &text_now);
    fs::rename(new, scratch.path(HISTORY)).unwrap();
    assert_eq!(next(&mut running), entry(0, "foreign"));
}

/// One step after the other, in any order: what is written is what comes next, and nothing else does.
#[test]
fn nothing_is_missed_or_repeated_whatever_is_done_to_the_files() {
    for seed in 1..=4 {
        let mut rng = rng(seed);
        let scratch = begun();
        let active = scratch.path("logs/active");
        fs::create_dir(&active).unwrap();
        let mut running = follow(&scratch, &[]);
        for number in 0..120 {
            let place = match rng.u8(..8) {
                0..3 => active.join(format!("s{}.jsonl", rng.u8(..4))),
                3 => scratch.path(HISTORY),
                4 => scratch.path(OLDER),
                5 => {
                    fs::rename(scratch.path(HISTORY), scratch.path("logs/away")).unwrap();
                    scratch.write(
                        HISTORY,
                        text(&[entry(0, "begun")]).replace("begun", &number.to_string()),
                    );
                    assert_eq!(next(&mut running), entry(0, &number.to_string()));
                    continue;
                }
                _ => {
                    consolidate(scratch.root());
                    continue;
                }
            };
            // Half of them cannot be told from each other, and are as many as there are lines.
            let in_shard = place.starts_with(&active);
            let line = match rng.u8(..2) {
                0 => format!("{{\"in_shard\":{in_shard}}}"),
                _ => entry(rng.u32(..60), &format!("{seed}-{number}")),
            };
            append(&place, &format!("{line}\n"));
            assert_eq!(next(&mut running), line, "seed {seed}, step {number}");
        }
    }
}

/// More happens than the system keeps notifications of.
#[test]
fn after_lost_notifications_everything_is_looked_at() {
    let scratch = begun();
    let active = scratch.path("logs/active");
    fs::create_dir(&active).unwrap();
    let mut running = follow(&scratch, &[]);
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    running.pause();
    let files = ["a", "b"].map(|name| fs::File::create(active.join(name)).unwrap());
    // Two files in turn, because notifications that are alike are kept as one.
    for number in 0..limit + 10 {
        files[number % 2].set_len(number as u64).unwrap();
    }
    append(&active.join("new.jsonl"), &text(&[entry(2, "in a new shard")]));
    running.resume();
    assert_eq!(next(&mut running), entry(2, "in a new shard"));
    append(&active.join("new.jsonl"), &text(&[entry(4, "after it")]));
    assert_eq!(next(&mut running), entry(4, "after it"));
}

/// In a user namespace that may have no notifications at all.
#[test]
fn without_notifications_the_log_is_looked_at_every_second() {
    let scratch = begun();
    let script = "echo 0 >/proc/sys/user/max_inotify_instances && exec \"$0\" -f --root \"$1\"";
    let mut running = Tool::program("unshare")
        .args(["--user", "--map-root-user", "sh", "-c", script, env!("CARGO_BIN_EXE_view-audit")])
        .arg(scratch.root())
        .spawn();
    running.wait_for_stderr("so the log is looked at every second");
    running.wait_for_line("\"first\"");
    scratch.write("logs/active/s.jsonl", text(&[entry(2, "a")]));
    assert_eq!(next(&mut running), entry(2, "a"));
    consolidate(scratch.root());
    append(&scratch.path(HISTORY), &text(&[entry(3, "b")]));
    assert_eq!(next(&mut running), entry(3, "b"));
}

#[test]
fn several_logs_are_followed_and_those_that_begin_later() {
    let scratch = Scratch::new();
    let talos = Repo::init(scratch.path("talos"));
    talos.commit_file("README", "", "Begin");
    scratch.write(format!("clio/{HISTORY}"), text(&[entry(1, "first")]));
    let mut running =
        view(talos.path()).arg("--root").arg(scratch.path("clio")).args(["-f", "-n", "5"]).spawn();
    running.wait_for_line("\"first\"");
    // The folder is made only now, and its state is in the repository.
    talos.write("logs/active/s.jsonl", text(&[entry(2, "a")]));
    assert_eq!(next(&mut running), entry(2, "a"));
    consolidate(talos.path());
    append(&talos.file(HISTORY), &text(&[entry(3, "b")]));
    assert_eq!(next(&mut running), entry(3, "b"));
    scratch.write("clio/logs/active/s.jsonl", text(&[entry(4, "c")]));
    assert_eq!(next(&mut running), entry(4, "c"));
    // Put away, and begun anew.
    fs::rename(talos.file("logs"), talos.file("logs.away")).unwrap();
    talos.write(HISTORY, text(&[entry(6, "d")]));
    assert_eq!(next(&mut running), entry(6, "d"));
    talos.write("logs/active/t.jsonl", text(&[entry(7, "e")]));
    assert_eq!(next(&mut running), entry(7, "e"));
}

#[test]
fn every_filter_holds_for_new_entries() {
    let scratch = begun();
    let shard = scratch.path("logs/active/s.jsonl");
    fs::create_dir(scratch.path("logs/active")).unwrap();
    let wanted = concat!(
        r#"{"id":"w","timestamp":"2026-01-24T18:30:02Z","project":"talos","session_id":"s1","#,
        r#""node":"review_lld","model":"m1","credential_used":"team-a","issue_id":98,"#,
        r#""verdict":"BLOCK","outcome":"failed","critique":"a race"}"#
    );
    for (flag, value, other) in [
        ("--issue", "98", (":98", ":7")),
        ("--node", "review_*", ("review_lld", "designer")),
        ("--model", "m?", ("m1", "n1")),
        ("--credential", "team-a", ("team-a", "team-b")),
        ("--project", "talos", ("talos", "clio")),
        ("--session", "s1", ("s1", "s2")),
        ("--since", "2026-01-24T18:30:02Z", (":02Z", ":01Z")),
        ("--until", "2026-01-24T18:30:02Z", (":02Z", ":03Z")),
        ("--grep", "r[ab]ce", ("a race", "A Race")),
    ] {
        let mut running =
            view(scratch.root()).args(["-f", "-n", "0", "--failed", flag, value]).spawn();
        // With -n 0 nothing says that it is at work but what it shows; the watches are set before it reads.
        let unwanted = wanted.replace(other.0, other.1);
        let failed_not = wanted.replace("failed", "reviewed");
        append(&shard, "no entry\n");
        running.wait_for_stderr("s.jsonl");
        let text = format!("{unwanted}\n{failed_not}\n{wanted}\n");
        append(&shard, &text.replace("\"w\"", &format!("\"{flag}\"")));
        assert_eq!(next(&mut running), wanted.replace("\"w\"", &format!("\"{flag}\"")), "{flag}");
        drop(running);
        fs::remove_file(&shard).unwrap();
    }
}

/// As `tail -f` does: a shell that it is run from sees 130 or 143.
#[test]
fn a_signal_ends_it_as_it_ends_any_program() {
    for signal in [2, 15] {
        let scratch = begun();
        let running = follow(&scratch, &[]);
        if signal == 2 {
            running.interrupt();
        } else {
            running.terminate();
        }
        assert_eq!(running.wait().killed_by(signal).err(), "");
    }
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

/// As editors, git and `cp` do: there is no history for a moment, or a part of one, and then all of it.
#[test]
fn a_history_that_is_written_anew_shows_what_is_new_in_it() {
    let scratch = begun();
    let old: Vec<String> = (2..58).map(|n| entry(n, &n.to_string())).collect();
    let whole = |new: &[String]| text(&[&[entry(1, "first")], &old[..], new].concat());
    scratch.write(HISTORY, whole(&[]));
    let shard = scratch.path("logs/active/s.jsonl");
    fs::create_dir_all(shard.parent().unwrap()).unwrap();
    let history = scratch.path(HISTORY);
    let mut running = view(scratch.root()).args(["-f", "--all"]).spawn();
    running.wait_for_line("\"57\"");
    let mut number = 100;
    // After each step the tool has looked, because it shows the entry of a shard.
    let mut seen = |running: &mut Running| {
        number += 1;
        let one = entry(58, &format!("s{number}"));
        append(&shard, &text(&[&one]));
        assert_eq!(next(running), one);
    };
    let mut new = Vec::new();
    for turn in 0..3 {
        let added = entry(59, &format!("new{turn}"));
        new.push(added.clone());
        let bytes = whole(&new);
        match turn {
            0 => fs::rename(&history, scratch.path("away")).unwrap(),
            1 => fs::remove_file(&history).unwrap(),
            _ => drop(OpenOptions::new().write(true).truncate(true).open(&history).unwrap()),
        }
        seen(&mut running);
        append(&history, "");
        seen(&mut running);
        let (begins, rest) = bytes.split_at(1500);
        append(&history, begins);
        seen(&mut running);
        append(&history, rest);
        assert_eq!(next(&mut running), added, "turn {turn}");
        seen(&mut running);
    }
    let last = entry(59, "last");
    append(&history, &text(&[&last]));
    assert_eq!(next(&mut running), last);
    running.interrupt();
    assert_eq!(running.wait().err(), "");
}
