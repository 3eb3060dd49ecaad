//! Writers and other runs at the same time. Whatever a writer was told is stored is there once.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use testkit::{Running, Tool};

use crate::project::{HISTORY, Project, entry, reader, text};

/// How often each line that names a writer is there, by writer and number.
fn counts(lines: &str) -> BTreeMap<(String, u64), usize> {
    let mut counts = BTreeMap::new();
    for line in lines.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        if let (Some(writer), Some(seq)) = (value["writer"].as_str(), value["seq"].as_u64()) {
            *counts.entry((writer.to_owned(), seq)).or_default() += 1;
        }
    }
    counts
}

fn expected(writers: &[&str], each: u64) -> BTreeMap<(String, u64), usize> {
    writers.iter().flat_map(|w| (0..each).map(move |seq| (((*w).to_owned(), seq), 1))).collect()
}

/// Opens the shard anew for every line, as the predecessor's writers do.
fn foreign(project: &Project, name: &str, each: u64) -> Running {
    let script = r#"i=0; while [ $i -lt "$3" ]; do
        echo "{\"writer\":\"$2\",\"seq\":$i}" >> "$1"; i=$((i+1)); done"#;
    Tool::program("/bin/sh")
        .args(["-c", script, "sh"])
        .arg(project.path(&format!("logs/active/{name}.jsonl")))
        .args([name, &each.to_string()])
        .spawn()
}

/// Opens the shard once and keeps it open.
fn keeper(project: &Project, name: &str, each: u64) -> Running {
    let script = r#"exec >> "$1"; i=0; while [ $i -lt "$3" ]; do
        echo "{\"writer\":\"$2\",\"seq\":$i}"; i=$((i+1)); done"#;
    Tool::program("/bin/sh")
        .args(["-c", script, "sh"])
        .arg(project.path(&format!("logs/active/{name}.jsonl")))
        .args([name, &each.to_string()])
        .spawn()
}

/// Appends through the journal library, two of them to one shard.
fn ours(project: &Project, name: &str, each: u64) -> Running {
    Tool::new("journal-writer")
        .arg("append")
        .arg(project.path("logs/active/20260124T183045_a1b2c3d4.jsonl"))
        .args([name, &each.to_string()])
        .spawn()
}

#[test]
fn nothing_is_lost_or_doubled_while_writers_of_every_kind_append() {
    let project = Project::new();
    project.history(text(&[entry(1, "a")]));
    let writers = vec![
        ours(&project, "ours-1", 60),
        ours(&project, "ours-2", 60),
        foreign(&project, "foreign", 1500),
        keeper(&project, "keeper", 4000),
    ];
    let mut runs = 0;
    let mut last: BTreeMap<(String, u64), usize> = BTreeMap::new();
    while writers.iter().any(|writer| !writer.has_ended()) {
        // Readers and two runs at once: of the runs one works, the other says so.
        let readers: Vec<_> = (0..3).map(|_| reader(project.root()).spawn()).collect();
        let both = [project.tool().spawn(), project.tool().spawn()];
        for ran in both.map(Running::wait) {
            if ran.exit_code() == Some(75) {
                ran.stderr_has("another consolidate is at work on this log");
            } else {
                ran.code(0);
            }
        }
        let shown = last.clone();
        for reader in readers {
            // Each line at most once, and all that was there when the reader started.
            let seen = counts(reader.wait().code(0).out());
            assert!(seen.values().all(|count| *count == 1), "something is there twice");
            let gone = shown.keys().find(|line| !seen.contains_key(line));
            assert_eq!(gone, None, "it is not there any more");
            last = seen;
        }
        runs += 1;
    }
    for writer in writers {
        writer.wait().code(0);
    }
    let mut all = expected(&["ours-1", "ours-2"], 60);
    all.append(&mut expected(&["foreign"], 1500));
    all.append(&mut expected(&["keeper"], 4000));
    assert_eq!(counts(&project.seen()), all, "after {runs} runs");
    project.fold();
    project.fold();
    assert_eq!(counts(&fs::read_to_string(project.path(HISTORY)).unwrap()), all);
    assert!(project.shards().is_empty());
    assert!(project.quarantined().is_empty());
}

#[test]
fn what_a_writer_appends_to_a_shard_that_was_folded_is_folded_later() {
    let project = Project::new();
    let path = project.shard("s.jsonl", text(&[entry(1, "a")]));
    let mut writer = fs::File::options().append(true).open(path).unwrap();
    project.fold();
    for second in 2..5 {
        writeln!(writer, "{}", entry(second, "more")).unwrap();
        let before = project.seen();
        assert_eq!(before.lines().count(), usize::try_from(second).unwrap());
        assert_eq!(project.fold().entries, 1);
        assert_eq!(project.seen(), before);
    }
    assert_eq!(project.fold().shards, 0);
}

#[test]
fn a_second_run_says_that_one_is_at_work_and_changes_nothing() {
    let project = Project::new();
    project.shard("s.jsonl", text(&[entry(1, "a")]));
    let lock = project.path("logs/.governance_history.lock");
    let mut holder = Tool::new("journal-writer").arg("hold").arg(&lock).stdin_open().spawn();
    holder.wait_for_line("held");
    let ran = project.tool().run();
    ran.code(75).stdout_is("").stderr_has("another consolidate is at work on this log");
    assert_eq!(project.shards(), ["s.jsonl"]);
    holder.close_stdin();
    holder.wait().code(0);
    assert_eq!(project.fold().entries, 1);
}

#[test]
fn a_shard_that_a_writer_of_ours_has_locked_is_left_for_later() {
    let project = Project::new();
    let shard = project.shard("s.jsonl", text(&[entry(1, "a")]));
    let mut holder = Tool::new("journal-writer").arg("hold").arg(&shard).stdin_open().spawn();
    holder.wait_for_line("held");
    let run = project.fold();
    assert_eq!((run.entries, run.skipped[0].why.as_str()), (0, "a writer is at work on it"));
    holder.close_stdin();
    holder.wait().code(0);
    assert_eq!(project.fold().entries, 1);
}
