//! What a run does to a log that nobody disturbs.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use testkit::Logs;

use crate::project::{HISTORY, Project, entry, settle, text};

#[test]
fn every_entry_moves_once_and_a_reader_sees_no_difference() {
    let project = Project::new();
    let mut logs = Logs::seeded(7);
    logs.write_history(project.root(), 40);
    // Two sessions at once, so their entries interleave.
    let mut other = logs.clone();
    for path in logs.write_shards(project.root(), 3, 12) {
        settle(&path);
    }
    other.next_session();
    settle(&other.write_shard(project.root(), 9));
    let before = project.seen();
    assert_eq!(before.lines().count(), 40 + 36 + 9);

    let run = project.fold();
    assert_eq!((run.shards, run.entries, run.duplicates, run.quarantined), (4, 45, 0, 0));
    assert!(run.skipped.is_empty());
    assert_eq!(project.seen(), before);
    assert_eq!(project.lines().len(), 85);
    assert!(project.shards().is_empty());

    let history = fs::read(project.path(HISTORY)).unwrap();
    let again = project.fold();
    assert_eq!((again.shards, again.entries, again.bytes_written), (0, 0, 0));
    assert_eq!(fs::read(project.path(HISTORY)).unwrap(), history);
}

#[test]
fn new_entries_are_appended_and_older_bytes_are_not_written() {
    let project = Project::new();
    project.history(text(&[entry(1, "a"), entry(2, "b")]));
    let added = text(&[entry(3, "c"), entry(4, "d")]);
    project.shard("s.jsonl", &added);
    assert_eq!(project.fold().bytes_written, added.len() as u64);
    assert_eq!(project.lines().len(), 4);
}

#[test]
fn late_entries_find_their_place_and_only_the_end_is_written() {
    let project = Project::new();
    let history: Vec<_> = (0..200).map(|second| entry(second * 2, &format!("h{second}"))).collect();
    project.history(text(&history));
    project.shard("s.jsonl", text(&[entry(391, "late"), entry(500, "new")]));
    let run = project.fold();
    let lines = project.lines();
    assert_eq!(lines.iter().position(|line| line.contains("late")), Some(196));
    assert_eq!(lines.last(), Some(&entry(500, "new")));
    let expected: usize = lines[196..].iter().map(|line| line.len() + 1).sum();
    assert_eq!(run.bytes_written, expected as u64);
}

#[test]
fn instants_count_not_their_text() {
    let project = Project::new();
    let stamps = [
        "2026-01-24T18:30:45.5+00:00",
        "2026-01-24T20:30:46+02:00",
        "2026-01-24T18:30:45Z",
        "2026-01-24T13:30:47-05:00",
    ];
    let lines = stamps.map(|stamp| format!("{{\"id\":\"{stamp}\",\"timestamp\":\"{stamp}\"}}"));
    project.shard("s.jsonl", text(&lines));
    project.fold();
    assert_eq!(project.lines(), [2, 0, 1, 3].map(|at| lines[at].clone()));
}

#[test]
fn one_far_future_entry_does_not_hold_up_the_others() {
    let project = Project::new();
    project.history(text(&[
        entry(1, "a"),
        "{\"id\":\"z\",\"timestamp\":\"2199-01-01T00:00:00Z\"}".into(),
    ]));
    for second in 2..5 {
        project.shard(&format!("{second}.jsonl"), text(&[entry(second, "n")]));
        assert!(project.fold().bytes_written < 120);
    }
    let last = project.lines().pop().unwrap();
    assert!(last.contains("2199"), "{last}");
}

#[test]
fn equal_entries_are_one_and_equal_ids_with_other_bytes_are_both_kept_and_told() {
    let project = Project::new();
    let spaced = entry(2, "b").replace("\"id\"", " \"id\"");
    project.history(text(&[entry(1, "a"), entry(2, "b")]));
    project.shard("one.jsonl", text(&[entry(2, "b"), entry(3, "c")]));
    project.shard("two.jsonl", text(&[spaced.clone(), entry(3, "c")]));
    let ran = project.tool().run();
    ran.code(0).stderr_has("two entries with the id b differ; both are in the history");
    let run = crate::project::run_of(&ran);
    assert_eq!((run.shards, run.entries, run.duplicates), (2, 2, 2));
    assert_eq!(project.lines(), [entry(1, "a"), entry(2, "b"), spaced, entry(3, "c")]);
}

#[test]
fn mode_inode_and_the_link_of_the_history_stay() {
    let project = Project::new();
    let real = project.scratch.write("elsewhere/audit.jsonl", text(&[entry(5, "a")]));
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, project.path(HISTORY)).unwrap();
    let before = fs::metadata(&real).unwrap();
    project.shard("s.jsonl", text(&[entry(3, "late"), entry(7, "new")]));
    let seen = project.seen();
    project.fold();
    let after = fs::metadata(&real).unwrap();
    assert_eq!(
        (after.mode(), after.ino(), after.uid()),
        (before.mode(), before.ino(), before.uid())
    );
    assert!(fs::symlink_metadata(project.path(HISTORY)).unwrap().is_symlink());
    assert_eq!(project.lines(), [entry(3, "late"), entry(5, "a"), entry(7, "new")]);
    assert_eq!(project.seen(), seen);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_changes_nothing() {
    let project = Project::new();
    project.history(text(&[entry(5, "a")]));
    project.shard("s.jsonl", text(&[entry(3, "b"), "what".into(), entry(5, "a")]));
    let tree = || {
        let mut all = Vec::new();
        let mut folders = vec![project.root().to_owned()];
        while let Some(folder) = folders.pop() {
            for found in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if found.file_type().unwrap().is_dir() {
                    folders.push(found.path());
                } else {
                    all.push((found.path(), fs::read(found.path()).unwrap()));
                }
            }
        }
        all.sort();
        all
    };
    let before = tree();
    let would = crate::project::run_of(project.tool().arg("--dry-run").run().code(0));
    assert_eq!(tree(), before);
    assert_eq!(project.fold(), would);
    assert_eq!((would.entries, would.duplicates, would.quarantined), (1, 1, 1));
}

#[test]
fn shards_in_use_can_be_left_alone() {
    let project = Project::new();
    project.shard("old.jsonl", text(&[entry(1, "a")]));
    project.scratch.write("logs/active/new.jsonl", text(&[entry(2, "b")]));
    let run = crate::project::run_of(project.tool().args(["--older-than", "30m"]).run().code(0));
    assert_eq!((run.shards, run.entries), (1, 1));
    assert_eq!(run.skipped[0].shard, "active/new.jsonl");
    assert!(run.skipped[0].why.starts_with("it was written to"), "{}", run.skipped[0].why);
    assert_eq!(project.fold().entries, 1);
}

#[test]
fn the_table_says_it_in_a_sentence() {
    let project = Project::new();
    let table = || project.tool().args(["--format", "table"]).run();
    project.shard("s.jsonl", text(&[entry(1, "a"), "what".into()]));
    table()
        .code(0)
        .stdout_has("folded 1 entry from 1 shard")
        .stdout_has("1 line that nobody can read");
    table().code(0).stdout_has("nothing to fold");
}

#[test]
fn many_shards_take_several_commits_and_one_order() {
    let project = Project::new();
    // Entry i is in shard i mod 300, so every commit overlaps the one before.
    for shard in 0..300_u32 {
        let lines =
            [entry(shard % 7, &format!("a{shard}")), entry(20 + shard % 5, &format!("b{shard}"))];
        project.shard(&format!("20260124T1800{:02}_{shard:08}.jsonl", shard % 60), text(&lines));
    }
    let before = project.seen();
    let run = project.fold();
    assert_eq!((run.shards, run.entries), (300, 600));
    assert_eq!(project.seen(), before);
    let lines = project.lines();
    let shown: Vec<_> =
        before.lines().map(|line| line.replace("\"schema\":\"view-audit.entry/1\",", "")).collect();
    assert_eq!(lines, shown);
}
