//! What is wrong with a log.

use std::fs;

use records::parse_noun;
use records::view_audit::Finding;
use testkit::{Ran, Repo, Scratch, Tool};

use crate::project::{HISTORY, entry, text};

fn check(scratch: &Scratch) -> Ran {
    Tool::new("view-audit").arg("check").arg("--root").arg(scratch.root()).run()
}

#[track_caller]
fn findings(scratch: &Scratch) -> Vec<Finding> {
    check(scratch).code(1).out().lines().map(|line| parse_noun(line).unwrap()).collect()
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn a_sound_log_is_one_without_findings() {
    let scratch = Scratch::new();
    check(&scratch).code(0).stdout_is("").stderr_has("no such folder");
    scratch.write(HISTORY, text(&[entry(1, "a"), entry(1, "b"), entry(2, "c")]));
    scratch.write("logs/active/s.jsonl", text(&[entry(0, "d")]));
    check(&scratch).code(0).stdout_is("").stderr_is("");
    let ran = Tool::new("view-audit")
        .args(["check", "--format", "table", "--root"])
        .arg(scratch.root())
        .run();
    ran.code(0).stdout_is("nothing is wrong with the log\n");
    Tool::new("consolidate").arg("--root").arg(scratch.root()).run().code(0);
    check(&scratch).code(0).stdout_is("");
}

#[test]
fn every_finding_of_the_history_has_its_place_and_a_next_step() {
    let scratch = Scratch::new();
    let lines = [
        entry(5, "a"),
        "7".into(),
        entry(3, "b"),
        r#"{"timestamp":"2026-01-24T18:30:06Z"}"#.into(),
        r#"{"id":"c","timestamp":null}"#.into(),
        entry(7, "a"),
        r#"{"id":"f","timestamp":"2999-01-01T00:00:00Z"}"#.into(),
    ];
    scratch.write(HISTORY, text(&lines) + "{\"torn");
    let found = findings(&scratch);
    let expected = [
        ("damaged_line", 2),
        ("out_of_order", 3),
        ("no_id", 4),
        ("no_timestamp", 5),
        ("duplicate_differs", 6),
        ("future_stamp", 7),
        ("torn_line", 8),
    ];
    let places: Vec<_> = found.iter().map(|f| (f.code.as_str(), f.line.unwrap())).collect();
    assert_eq!(places, expected);
    for (number, finding) in (1..).zip(&found) {
        assert!(finding.path.ends_with(HISTORY), "{number}: {finding:?}");
        assert!(!finding.next.is_empty() && finding.byte.is_some(), "{number}: {finding:?}");
    }
    assert!(found[4].message.ends_with("governance_history.jsonl, byte 0"), "{:?}", found[4]);
    // The command that is named shows the line.
    let look = found[0].next.strip_prefix("look at it: ").unwrap();
    Tool::program("sh").args(["-c", look]).run().code(0).stdout_is("7\n");
}

#[test]
fn shards_are_checked_with_the_history() {
    let scratch = Scratch::new();
    scratch.write(HISTORY, text(&[entry(1, "a"), entry(2, "b")]));
    let shard = format!("{}{}x\n", text(&[entry(1, "a")]), text(&[entry(3, "b"), entry(4, "n")]));
    scratch.write("logs/active/s.jsonl", shard);
    std::os::unix::fs::symlink("s.jsonl", scratch.path("logs/active/l.jsonl")).unwrap();
    let found = findings(&scratch);
    assert_eq!(
        codes(&found),
        ["duplicate_same", "duplicate_differs", "damaged_line", "not_a_file"]
    );
    let places: Vec<_> = found.iter().map(|finding| finding.line).collect();
    assert_eq!(places, [Some(1), Some(2), Some(4), None]);
    assert!(found[2].next.starts_with("consolidate"), "{:?}", found[2]);
}

#[test]
fn the_quarantine_is_listed_with_the_way_to_its_bytes() {
    let scratch = Scratch::new();
    scratch.write("logs/active/s.jsonl", format!("{}\nbroken line\n", entry(1, "a")));
    Tool::new("consolidate").arg("--root").arg(scratch.root()).run().code(0);
    let found = findings(&scratch);
    assert_eq!(codes(&found), ["quarantined"]);
    assert!(found[0].message.contains("s.jsonl"), "{:?}", found[0]);
    let command = found[0].next.strip_prefix("see its bytes: ").unwrap();
    Tool::program("sh").args(["-c", command]).run().code(0).stdout_is("broken line");
}

#[test]
fn an_interrupted_consolidation_is_one_that_nobody_is_at_work_on() {
    let scratch = Scratch::new();
    scratch.write(HISTORY, text(&[entry(1, "a")]));
    scratch.write("logs/.governance_history.intent", "half of it");
    let lock = scratch.write("logs/.governance_history.lock", "");
    let held = fs::File::open(lock).unwrap();
    held.lock().unwrap();
    check(&scratch).code(0);
    held.unlock().unwrap();
    assert_eq!(codes(&findings(&scratch)), ["interrupted_run"]);
    Tool::new("consolidate").arg("--root").arg(scratch.root()).run().code(0);
    check(&scratch).code(0);
}

/// Commits, and waits for what the hook leaves in the background.
#[track_caller]
fn commit_until(repo: &Repo, what: &str, holds: impl Fn() -> bool) {
    repo.git(["commit", "-q", "--allow-empty", "-m", "Go on"]);
    until(what, holds);
}

#[track_caller]
fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed() < std::time::Duration::from_mins(5), "{what} did not happen");
        std::thread::yield_now();
    }
}

#[test]
fn a_hook_that_failed_is_told_of_until_it_succeeds() {
    let scratch = Scratch::new();
    // A name that a shell must be told to take as one word.
    let repo = Repo::init(scratch.path("it's talos"));
    repo.commit_file("README", "", "Begin");
    repo.write("logs/active/a.jsonl", text(&[entry(1, "a")]));
    Tool::new("consolidate").arg("--install-hook").dir(repo.path()).run().code(0);
    let found = || -> Vec<Finding> {
        let ran = Tool::new("view-audit").arg("check").dir(repo.path()).run();
        assert!(matches!(ran.exit_code(), Some(0 | 1)), "{}", ran.err());
        ran.out().lines().map(|line| parse_noun(line).unwrap()).collect()
    };
    assert_eq!(found(), []);
    // Where the lock should be there is a folder, so no run can begin.
    let lock = repo.file(".git/switchyard/consolidate/logs.lock");
    let trace = repo.file(".git/switchyard/consolidate/hook-failed");
    fs::create_dir_all(&lock).unwrap();
    commit_until(&repo, "a trace", || trace.exists());
    let failed = found();
    assert_eq!(codes(&failed), ["hook_failed"]);
    assert!(failed[0].message.contains("with status 74: consolidate: "), "{:?}", failed[0]);
    assert_eq!(failed[0].path, trace.display().to_string());
    // Every lane tells it, and so does a look at the folder from elsewhere.
    let lane = repo.worktree(scratch.path("lane"), "lane");
    Tool::new("view-audit").arg("check").dir(lane.path()).run().code(1).stdout_has("hook_failed");
    let elsewhere = Tool::new("view-audit").arg("check").arg("--root").arg(repo.path()).run();
    elsewhere.code(1).stdout_has("hook_failed");
    let again = || {
        let next = failed[0].next.strip_prefix("mend what it says and try again: ").unwrap();
        Tool::program("sh").args(["-c", next]).run().code(0);
    };
    again();
    assert_eq!(codes(&found()), ["hook_failed"], "it is as broken as before");
    fs::remove_dir(&lock).unwrap();
    again();
    assert_eq!(found(), []);
    // The same for a failure that the next commit mends.
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    commit_until(&repo, "a trace", || trace.exists());
    fs::remove_dir(&lock).unwrap();
    commit_until(&repo, "its removal", || !trace.exists());
    assert_eq!(found(), []);
}

#[test]
fn a_hook_without_its_program_gets_it_back_by_the_next_command() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    repo.commit_file("README", "", "Begin");
    repo.write("logs/active/a.jsonl", text(&[entry(1, "a")]));
    let program = fs::canonicalize(Tool::binary("consolidate")).unwrap();
    let copy = scratch.path("copy");
    Tool::program("cp").arg(&program).arg(&copy).run().code(0);
    Tool::program(&copy).arg("--install-hook").dir(repo.path()).run().code(0);
    fs::remove_file(&copy).unwrap();
    // A path on which the tool is not.
    let bin = scratch.path("bin");
    fs::create_dir(&bin).unwrap();
    for program in ["git", "sh", "date", "mv", "rm"] {
        let found = Tool::program("/bin/sh").args(["-c", &format!("command -v {program}")]).run();
        std::os::unix::fs::symlink(found.code(0).out().trim_end(), bin.join(program)).unwrap();
    }
    let trace = repo.file(".git/switchyard/consolidate/hook-failed");
    let go_on = ["commit", "-q", "--allow-empty", "-m", "Go on"];
    repo.command().args(go_on).env("PATH", &bin).run().code(0);
    until("a trace", || trace.exists());
    let check = || Tool::new("view-audit").arg("check").dir(repo.path()).run();
    let failed: Finding = parse_noun(check().code(1).out().trim_end()).unwrap();
    let next = failed.next.strip_prefix("name the program anew and try again: ").unwrap();
    let folder = program.parent().unwrap();
    Tool::program("sh").args(["-c", next]).path_first(folder).run().code(0);
    check().code(0).stdout_is("");
}
