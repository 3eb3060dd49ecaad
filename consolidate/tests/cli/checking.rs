//! `--check`: what there is to do, or wrong.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;
use testkit::{Ran, Repo, Scratch, Tool};

use crate::project::{HISTORY, Project, entry, text};

fn codes(ran: &Ran) -> Vec<String> {
    let check = ran.json();
    let reasons = check["reasons"].as_array().unwrap().iter();
    reasons.map(|reason| reason["code"].as_str().unwrap().to_owned()).collect()
}

fn check(project: &Project) -> Tool {
    project.tool().arg("--check")
}

#[test]
fn a_log_without_anything_to_do_passes() {
    let project = Project::new();
    project.history(text(&[entry(5, "a")]));
    let ran = check(&project).run();
    ran.code(0);
    assert_eq!(codes(&ran), [""; 0]);
    check(&project).args(["--format", "table"]).run().code(0).stdout_has("nothing to do");
}

#[test]
fn what_a_run_would_do_is_named_and_not_done() {
    let project = Project::new();
    project.history(text(&[entry(5, "a")]));
    let other = "{\"id\":\"a\",\"timestamp\":\"2026-01-24T18:00:05Z\",\"x\":1}".to_owned();
    project.shard("s.jsonl", text(&[entry(3, "b"), "what".into(), entry(5, "a"), other]));
    symlink("s.jsonl", project.path("logs/active/link.jsonl")).unwrap();
    let before = (project.shards(), project.lines());
    let ran = check(&project).run();
    ran.code(1);
    assert_eq!(codes(&ran), ["shards_waiting", "lines_unreadable", "id_twice", "shard_left"]);
    assert_eq!((project.shards(), project.lines()), before);
    // It says in figures what the run then does.
    let (check, run) = (ran.json(), project.fold());
    for (name, figure) in
        [("entries", run.entries), ("duplicates", run.duplicates), ("quarantined", run.quarantined)]
    {
        assert_eq!(check[name], Value::from(figure), "{name}");
    }
    // What is left is for a person.
    let ran = project.tool().arg("--check").run();
    ran.code(1);
    assert_eq!(codes(&ran), ["shard_left"]);
}

#[test]
fn a_shard_in_use_is_nothing_to_do() {
    let project = Project::new();
    project.scratch.write("logs/active/new.jsonl", text(&[entry(2, "b")]));
    let ran = check(&project).args(["--older-than", "30m"]).run();
    ran.code(0);
    assert_eq!(ran.json()["skipped"][0]["shard"], "active/new.jsonl");
    check(&project).run().code(1);
}

#[test]
fn an_interrupted_run_is_something_to_do() {
    let project = Project::new();
    project.history(text(&[entry(5, "a")]));
    project.scratch.write("logs/.governance_history.jsonl.new", "left behind");
    let ran = check(&project).run();
    ran.code(1);
    assert_eq!(codes(&ran), ["run_interrupted"]);
}

#[test]
fn the_trace_of_a_hook_that_failed_is_a_reason() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    repo.write(HISTORY, text(&[entry(5, "a")]));
    let trace = "2026-01-24T18:30:45Z 74\nconsolidate: cannot rename it\n";
    repo.write(".git/switchyard/consolidate/hook-failed", trace);
    let ran = Tool::new("consolidate").arg("--check").dir(repo.path()).run();
    ran.code(1).stdout_has("cannot rename it");
    assert_eq!(codes(&ran), ["hook_failed"]);
}

#[test]
fn a_check_and_a_dry_run_are_two_things() {
    let project = Project::new();
    check(&project).arg("--dry-run").run().code(2);
}

#[test]
fn what_the_older_history_holds_is_not_doubled() {
    let project = Project::new();
    let untimed = "{\"id\":\"u\",\"n\":1}".to_owned();
    let older = text(&[entry(1, "a"), entry(2, "b"), untimed.clone(), entry(4, "d")]);
    project.scratch.write("logs/review_history.jsonl", &older);
    project.history(text(&[entry(5, "e")]));
    // The same entry; one with the id of another; one that states no time, which no reader can tell.
    let other = "{\"id\":\"a\",\"timestamp\":\"2026-01-24T18:00:01Z\",\"x\":1}".to_owned();
    let lines = [entry(2, "b"), untimed.clone(), other.clone(), entry(3, "c"), entry(6, "f")];
    project.shard("s.jsonl", text(&lines));
    let before = project.seen();
    let run = project.fold();
    assert_eq!((run.entries, run.duplicates), (4, 1));
    let expected = [other, untimed, entry(3, "c"), entry(5, "e"), entry(6, "f")];
    assert_eq!(project.lines(), expected);
    let mut after: Vec<_> = project.seen().lines().map(str::to_owned).collect();
    let mut expected: Vec<_> = before.lines().map(str::to_owned).collect();
    after.sort();
    expected.sort();
    assert_eq!(after, expected);
    let kept = fs::read_to_string(project.path("logs/review_history.jsonl")).unwrap();
    assert_eq!(kept, older, "it is only read");
}
