//! The post-commit hook.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use records::consolidate::Hook;
use records::parse_noun;
use testkit::{Repo, Scratch, Tool};

use crate::project::{HISTORY, entry, text};

fn tool(repo: &Repo) -> Tool {
    Tool::new("consolidate").dir(repo.path())
}

#[track_caller]
fn install(repo: &Repo) -> Hook {
    parse_noun(tool(repo).arg("--install-hook").run().code(0).out().trim_end()).unwrap()
}

#[track_caller]
fn uninstall(repo: &Repo) -> Hook {
    parse_noun(tool(repo).arg("--uninstall-hook").run().code(0).out().trim_end()).unwrap()
}

/// Waits for what a hook does in the background.
#[track_caller]
fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_mins(2), "{what} did not happen");
        std::thread::yield_now();
    }
}

fn commit(repo: &Repo) {
    repo.git(["commit", "-q", "--allow-empty", "-m", "Go on"]);
}

/// Writes an entry, commits, and waits until it is in the history.
#[track_caller]
fn folds(log: &Repo, committing: &Repo, id: &str) {
    log.write(format!("logs/active/{id}.jsonl"), text(&[entry(1, id)]));
    commit(committing);
    let history = log.file(HISTORY);
    until(id, || {
        fs::read_to_string(&history).is_ok_and(|text| text.contains(&format!("\"{id}\"")))
    });
}

/// Written by another process: a file that a child of this one inherits while it is written cannot be
/// run for a moment.
fn script(path: &Path, bytes: &str) {
    let write = "mkdir -p \"${0%/*}\" && cat >\"$0\" && chmod 755 \"$0\"";
    Tool::program("/bin/sh").args(["-c", write]).arg(path).stdin(bytes).run().code(0);
}

fn talos() -> (Scratch, Repo) {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    repo.commit_file("README", "", "Begin");
    (scratch, repo)
}

fn trace(repo: &Repo) -> PathBuf {
    repo.file(".git/switchyard/consolidate/hook-failed")
}

#[test]
fn every_commit_folds_the_log_in_every_worktree() {
    let (scratch, repo) = talos();
    let hook = install(&repo);
    assert!(hook.installed && hook.changed && !hook.shared);
    let again = install(&repo);
    assert!(again.installed && !again.changed);
    folds(&repo, &repo, "main");
    let lane = repo.worktree(scratch.path("lane"), "lane");
    folds(&repo, &lane, "lane");
    // The repository is clean, and nothing of the hook is left after it was taken out.
    assert_eq!(repo.git(["status", "--porcelain"]), "");
    assert!(uninstall(&lane).changed);
    assert!(!repo.file(".git/hooks/post-commit").exists());
    assert!(!uninstall(&repo).changed);
}

#[test]
fn a_hook_that_is_there_keeps_its_work_and_gets_its_bytes_back() {
    let (_scratch, repo) = talos();
    let hook = repo.file(".git/hooks/post-commit");
    let foreign = "#!/bin/sh -eu\necho \"$0\" >ran\nexit 0\n";
    script(&hook, foreign);
    install(&repo);
    folds(&repo, &repo, "a");
    assert_eq!(repo.read("ran"), ".git/hooks/post-commit\n");
    let installed = fs::read(&hook).unwrap();
    install(&repo);
    assert_eq!(fs::read(&hook).unwrap(), installed);
    uninstall(&repo);
    assert_eq!(fs::read_to_string(&hook).unwrap(), foreign);
    assert_eq!(fs::metadata(&hook).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn a_hook_that_is_a_link_is_started_by_ours() {
    let (_scratch, repo) = talos();
    let (hook, target) = (repo.file(".git/hooks/post-commit"), repo.file("tools/hook"));
    script(&target, "#!/bin/sh\necho here >ran\n");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    symlink("../../tools/hook", &hook).unwrap();
    let chained = repo.file(".git/hooks/post-commit.before-consolidate");
    assert_eq!(install(&repo).chained, Some(chained.display().to_string()));
    folds(&repo, &repo, "a");
    assert_eq!(repo.read("ran"), "here\n");
    assert!(!install(&repo).changed);
    assert_eq!(fs::read_to_string(&target).unwrap(), "#!/bin/sh\necho here >ran\n");
    uninstall(&repo);
    assert_eq!(fs::read_link(&hook).unwrap(), Path::new("../../tools/hook"));
    assert!(!chained.exists());
}

#[test]
fn a_hook_goes_where_git_looks_for_it() {
    let (scratch, repo) = talos();
    repo.git(["config", "core.hooksPath", ".githooks"]);
    let hook = install(&repo);
    assert_eq!(
        (hook.hook, hook.shared),
        (repo.file(".githooks/post-commit").display().to_string(), false)
    );
    folds(&repo, &repo, "inside");
    uninstall(&repo);
    // A folder outside may serve other repositories, in which the lines do nothing.
    let outside = scratch.path("hooks");
    repo.git(["config", "core.hooksPath", outside.to_str().unwrap()]);
    assert!(install(&repo).shared);
    folds(&repo, &repo, "outside");
    let (_other_scratch, other) = talos();
    other.git(["config", "core.hooksPath", outside.to_str().unwrap()]);
    commit(&other);
    assert!(!other.file(".git/switchyard").exists());
    let hook = fs::read(outside.join("post-commit")).unwrap();
    assert!(uninstall(&repo).changed);
    assert_eq!(fs::read(outside.join("post-commit")).unwrap(), hook);
    repo.git(["config", "core.hooksPath", "/dev/null"]);
    tool(&repo).arg("--install-hook").run().code(1).stdout_has("hooks_off");
}

#[test]
fn a_failure_leaves_a_trace_that_a_check_names_and_a_success_removes() {
    let (_scratch, repo) = talos();
    install(&repo);
    repo.write("logs/active/a.jsonl", text(&[entry(1, "a")]));
    fs::create_dir(repo.file(HISTORY)).unwrap();
    commit(&repo);
    until("a trace", || trace(&repo).exists());
    let told = fs::read_to_string(trace(&repo)).unwrap();
    assert!(told.lines().next().unwrap().ends_with("Z 74"), "{told}");
    assert!(told.contains("is not a regular file"), "{told}");
    fs::remove_dir(repo.file(HISTORY)).unwrap();
    tool(&repo).arg("--check").run().code(1).stdout_has("hook_failed");
    folds(&repo, &repo, "b");
    until("the trace is removed", || !trace(&repo).exists());
    tool(&repo).arg("--check").run().code(0);
}

#[test]
fn a_program_that_is_gone_is_told_of() {
    let (scratch, repo) = talos();
    let copy = scratch.path("it's here");
    Tool::program("cp").arg(env!("CARGO_BIN_EXE_consolidate")).arg(&copy).run().code(0);
    Tool::program(&copy).arg("--install-hook").dir(repo.path()).run().code(0);
    folds(&repo, &repo, "a");
    fs::remove_file(&copy).unwrap();
    // A path on which git is, and this tool is not.
    let bin = scratch.path("bin");
    fs::create_dir(&bin).unwrap();
    for program in ["git", "sh", "date", "mv", "rm"] {
        let found = Tool::program("/bin/sh").args(["-c", &format!("command -v {program}")]).run();
        symlink(found.code(0).out().trim_end(), bin.join(program)).unwrap();
    }
    let go_on = ["commit", "-q", "--allow-empty", "-m", "Go on"];
    repo.command().args(go_on).env("PATH", &bin).run().code(0);
    until("a trace", || trace(&repo).exists());
    let told = fs::read_to_string(trace(&repo)).unwrap();
    assert!(told.contains("Z 127\nthe program is gone"), "{told}");
}

#[test]
fn no_commit_waits_for_it() {
    let (_scratch, repo) = talos();
    install(&repo);
    // In the place of what the hook starts: something that ends when it is told to.
    let pipe = repo.file(".git/pipe");
    Tool::program("mkfifo").arg(&pipe).run().code(0);
    let waits = "#!/bin/sh\nread -r line <.git/pipe\necho \"$line\" >.git/ended\n";
    script(&repo.file(".git/switchyard/consolidate/post-commit"), waits);
    // The commit ends, and so do its output streams, though that runs.
    commit(&repo);
    assert!(!repo.file(".git/ended").exists());
    std::io::Write::write_all(&mut File::options().write(true).open(pipe).unwrap(), b"now\n")
        .unwrap();
    until("its end", || repo.file(".git/ended").exists());
}

#[test]
fn a_hook_that_git_does_not_run_and_marks_that_do_not_fit_are_refused() {
    let (_scratch, repo) = talos();
    let hook = repo.file(".git/hooks/post-commit");
    script(&hook, "#!/bin/sh\n# <<< consolidate (switchyard) <<<\n");
    tool(&repo).arg("--install-hook").run().code(1).stdout_has("hook_marks_broken");
    tool(&repo).arg("--uninstall-hook").run().code(1).stdout_has("hook_marks_broken");
    script(&hook, "#!/bin/sh\n");
    fs::set_permissions(&hook, Permissions::from_mode(0o644)).unwrap();
    tool(&repo).arg("--install-hook").run().code(1).stdout_has("hook_not_run");
    assert_eq!(fs::read_to_string(&hook).unwrap(), "#!/bin/sh\n");
    // A program of another kind whose other name is taken.
    script(&hook, "#!/usr/bin/env perl\n");
    repo.write(".git/hooks/post-commit.before-consolidate", "taken");
    tool(&repo).arg("--install-hook").run().code(1).stdout_has("hook_name_taken");
    assert_eq!(fs::read_to_string(&hook).unwrap(), "#!/usr/bin/env perl\n");
    assert!(!repo.file(".git/switchyard/consolidate/post-commit").exists());
}

#[test]
fn a_hook_belongs_to_a_repository() {
    let scratch = Scratch::new();
    let ran = Tool::new("consolidate").arg("--install-hook").dir(scratch.root()).run();
    ran.code(2).stderr_has("not inside a git repository");
}

/// A lane of a bare repository has no main worktree, so a hook could only fail.
#[test]
fn a_hook_that_would_find_no_log_is_refused() {
    let (scratch, repo) = talos();
    repo.git(["clone", "-q", "--bare", ".", "../bare.git"]);
    let lane = scratch.path("lane");
    repo.git(["-C", "../bare.git", "worktree", "add", "-q", lane.to_str().unwrap()]);
    let ran = Tool::new("consolidate").arg("--install-hook").dir(&lane).run();
    ran.code(1).stdout_has("no_main_worktree").stdout_has("consolidate --root DIR");
    assert!(!scratch.path("bare.git/hooks/post-commit").exists());
    assert!(!scratch.path("bare.git/switchyard").exists());
    scratch.write("lane/logs/active/a.jsonl", text(&[entry(1, "a")]));
    let fold = || Tool::new("consolidate").dir(&lane);
    fold().run().code(2).stderr_has("name the folder of the log with --root");
    fold().args(["--root", "."]).run().code(0);
    assert!(lane.join(HISTORY).exists());
}
