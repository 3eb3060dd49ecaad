//! Which log is folded, and what git says about it.

use std::fs;

use testkit::{Repo, Scratch, Tool};

use crate::project::{entry, run_of, seen, text};

fn tool() -> Tool {
    Tool::new("consolidate").args(["--format", "json"])
}

#[test]
fn a_lane_folds_the_log_of_the_main_worktree_and_git_sees_nothing_of_it() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    repo.commit_file("README.md", "x", "Begin");
    let lane = repo.worktree(scratch.path("talos-98"), "98-x");
    repo.write("logs/active/s.jsonl", text(&[entry(1, "a"), "bad".into()]));
    let run = run_of(tool().dir(lane.path()).run().code(0));
    assert_eq!((run.entries, run.root), (1, repo.file("logs").display().to_string()));
    assert!(repo.file("logs/governance_history.jsonl").exists());
    assert_eq!(repo.git(["status", "--porcelain"]), "");
    assert!(!repo.file(".gitignore").exists());
    // The state is with the repository, so that cleaning the checkout does not touch it.
    assert!(repo.file(".git/switchyard/consolidate/logs.intent").exists());
    assert!(!lane.file("logs").exists());
    // A lane without a log has that of its repository.
    let run = run_of(tool().arg("--root").arg(lane.path()).run().code(0));
    assert_eq!(run.root, repo.file("logs").display().to_string());
}

#[test]
fn a_tracked_history_is_not_hidden() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    repo.commit_file("logs/governance_history.jsonl", text(&[entry(1, "a")]), "Begin");
    repo.write("logs/active/s.jsonl", text(&[entry(2, "b"), "bad".into()]));
    tool().dir(repo.path()).run().code(0);
    let exclude = fs::read_to_string(repo.file(".git/info/exclude")).unwrap_or_default();
    assert!(!exclude.contains("logs"), "{exclude}");
    assert!(repo.git(["status", "--porcelain"]).contains("governance_history.jsonl"));
}

#[test]
fn roots_are_projects_or_their_logs() {
    let scratch = Scratch::new();
    scratch.write("one/logs/active/s.jsonl", text(&[entry(1, "a")]));
    scratch.write("two/logs/active/s.jsonl", text(&[entry(2, "b")]));
    let two = scratch.path("two/logs");
    let ran = tool().arg("--root").arg(scratch.path("one")).arg("--root").arg(two).run();
    let runs = ran.code(0).json_lines();
    assert_eq!(runs.len(), 2);
    assert!(runs.iter().all(|run| run["entries"] == 1));
    assert_eq!(seen(&scratch.path("one")).lines().count(), 1);
    assert_eq!(seen(&scratch.path("two")).lines().count(), 1);
}

#[test]
fn a_project_without_a_log_has_nothing_to_fold_and_gets_nothing() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    let run = run_of(tool().dir(repo.path()).run().code(0));
    assert_eq!((run.shards, run.entries), (0, 0));
    assert!(!repo.file("logs").exists());
    assert!(!repo.file(".git/switchyard").exists());
    tool().dir(scratch.root()).run().code(2).stderr_has("not inside a git repository");
}
