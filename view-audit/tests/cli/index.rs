//! The index: what is shown with it is what is shown without it, and it is never in the way.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use audit_log::{FileState, Seal, WINDOW, tells_changes};
use testkit::{Logs, Repo, Scratch, Tool, rng};

use crate::project::{HISTORY, entry, view};

const INDEX: &str = ".git/switchyard/view-audit/logs.index";

/// Questions that an index answers.
const QUESTIONS: [&[&str]; 8] = [
    &["--all", "--issue", "7", "--issue", "98"],
    &["--all", "--verdict", "blocked", "--node", "review_*"],
    &["-n", "5", "--project", "cl*"],
    &["--all", "--since", "2026-01-24T18:40:00Z", "--until", "2026-01-24T18:50:00Z"],
    &["-n", "3", "--until", "2026-01-24T18:45:00Z"],
    &["--all", "--grep", "(?i)lock", "--failed"],
    &["stats", "--by", "verdict", "--by", "day", "--credential", "team-a"],
    &["stats", "--by", "node", "--session", "none"],
];

/// A line so long that all before it is out of reach of changes in place.
fn long_line() -> String {
    let text = "x".repeat(usize::try_from(WINDOW).unwrap());
    // Without a time of its own, so that what is later than the line before it comes behind it.
    format!("{{\"id\":\"long\",\"critique\":\"{text}\"}}\n")
}

/// A log with odd lines, of which the first part can have an index.
fn write_log(root: &Path, seed: u64) {
    let mut logs = Logs::seeded(seed);
    let history = logs.write_history(root, 150);
    let mut file = OpenOptions::new().append(true).open(history).unwrap();
    let early = entry(1, "early");
    write!(file, "nonsense\n\n{early}\r\n{}{}", logs.line(), long_line()).unwrap();
    logs.write_shards(root, 3, 4);
}

/// Asks with an index and without, and sees no difference.
#[track_caller]
fn same(root: &Path) {
    for question in QUESTIONS {
        let run = |flag: &str| {
            Tool::new("view-audit").args(question).arg(flag).arg("--root").arg(root).run()
        };
        let (with, without) = (run("--index"), run("--no-index"));
        assert_eq!((with.code(0).out(), with.err()), (without.code(0).out(), without.err()));
    }
}

#[test]
fn an_index_is_in_the_git_folder_for_the_user_alone_and_only_when_there_is_need() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    write_log(repo.path(), 1);
    view(repo.path()).args(["--all", "--issue", "7"]).run().code(0);
    view(repo.path()).args(["--index"]).run().code(0);
    assert!(!repo.file(INDEX).exists(), "a small history has none, nor has a question for all");
    same(repo.path());
    let found = fs::metadata(repo.file(INDEX)).unwrap();
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    let folder = fs::read_dir(repo.file(INDEX).parent().unwrap()).unwrap();
    assert_eq!(folder.count(), 1);
    assert_eq!(repo.git(["status", "--porcelain"]), "?? logs/");
}

#[test]
fn outside_a_repository_it_is_in_the_users_caches() {
    let scratch = Scratch::new();
    write_log(scratch.root(), 2);
    let ask = || view(scratch.root()).args(["--all", "--index", "--issue", "7"]);
    let count = |path: &str| fs::read_dir(scratch.path(path)).unwrap().count();
    ask().env("XDG_CACHE_HOME", scratch.path("caches")).run().code(0).stderr_lacks("index");
    assert_eq!(count("caches/switchyard/view-audit"), 1);
    ask().env("XDG_CACHE_HOME", "relative").home(scratch.home()).run().code(0);
    assert_eq!(count("home/.cache/switchyard/view-audit"), 1);
    assert_eq!(count("logs"), 2, "nothing beside the history");
}

#[test]
fn consolidation_editing_and_damage_change_no_answer() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    write_log(repo.path(), 3);
    same(repo.path());
    let consolidate = || {
        Tool::new("consolidate").arg("--root").arg(repo.path()).run().code(0);
    };
    consolidate();
    same(repo.path());

    let history = OpenOptions::new().read(true).write(true).open(repo.file(HISTORY)).unwrap();
    history.write_all_at(b"#", 5000).unwrap();
    same(repo.path());
    let mut rng = rng(4);
    let index = OpenOptions::new().read(true).write(true).open(repo.file(INDEX)).unwrap();
    let len = index.metadata().unwrap().len();
    for _ in 0..20 {
        index.write_all_at(&[rng.u8(..)], rng.u64(..len)).unwrap();
    }
    same(repo.path());
    fs::copy(repo.file(INDEX), scratch.path("kept")).unwrap();
    // So early that the history is replaced as a whole.
    repo.write("logs/active/s.jsonl", entry(2, "old") + "\n");
    consolidate();
    same(repo.path());
    fs::copy(scratch.path("kept"), repo.file(INDEX)).unwrap();
    same(repo.path());
}

#[test]
fn consolidation_takes_the_index_along() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    write_log(repo.path(), 7);
    let seal = || Seal::decode(&fs::read(repo.file(INDEX)).unwrap()).unwrap();
    let holds = || seal().holds(&FileState::at(&repo.file(HISTORY)).unwrap());
    let ask = || drop(view(repo.path()).args(["--index", "--issue", "7"]).run());
    // It does when the history is older than a tick of the clock.
    ask();
    if !tells_changes(&File::open(repo.file(HISTORY)).unwrap()) {
        // As on tmpfs: whether it holds is found out each time.
        ask();
        assert!(!holds());
        return same(repo.path());
    }
    (0..1000).take_while(|_| !holds()).for_each(|_| ask());
    assert!(holds());
    let old = seal();
    Tool::new("consolidate").arg("--root").arg(repo.path()).run().code(0);
    assert!(holds());
    assert_ne!(seal().state, old.state);
    assert_eq!((seal().covered, seal().contents), (old.covered, old.contents));
    same(repo.path());
    repo.write("logs/active/s.jsonl", entry(2, "so early that the history is replaced") + "\n");
    Tool::new("consolidate").arg("--root").arg(repo.path()).run().code(0);
    assert!(!holds());
    same(repo.path());
}

#[test]
fn where_it_cannot_be_kept_the_answer_is_the_same_and_a_note_says_so_if_it_was_asked_for() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    write_log(repo.path(), 5);
    repo.write(".git/switchyard/view-audit", "in the way");
    let ask = |flag: &str| view(repo.path()).args(["--all", "--issue", "7", flag]).run();
    let with = ask("--index");
    with.code(0).stderr_has("cannot keep an index at ");
    ask("--no-index").code(0).stdout_is(with.out()).stderr_lacks("index");
}

#[test]
fn many_at_once_and_one_that_was_killed_do_no_harm() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    write_log(repo.path(), 6);
    // What a killed one leaves.
    repo.write(format!("{INDEX}.new"), "sw-idx-1".repeat(10_000));
    let ask = |flag: &str| view(repo.path()).args(["--all", "--verdict", "blocked", flag]);
    let expected = ask("--no-index").run();
    let running: Vec<_> = (0..6).map(|_| ask("--index").spawn()).collect();
    for one in running {
        one.wait().code(0).stdout_is(expected.out());
    }
    ask("--index").run().code(0).stdout_is(expected.out());
    same(repo.path());
    assert!(!repo.file(format!("{INDEX}.new")).exists());
}

/// A program that changes one byte of a file in memory that it shares with it: `first` before it says so,
/// `second` once it is asked to. The second change does not touch the times of the file unless the first
/// was written to the disk in between.
const STORE: &str = r#"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
int main(int count, char **words) {
    int file = open(words[1], O_RDWR);
    long at = atol(words[2]), page = at / 4096 * 4096;
    char *bytes = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, page);
    if (count != 5 || bytes == MAP_FAILED) return 1;
    for (int turn = 3; turn < 5; turn++) {
        bytes[at - page] = *words[turn];
        puts("stored");
        fflush(stdout);
        getchar();
    }
    return 0;
}
"#;

#[test]
fn a_change_through_shared_memory_is_seen() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    let early: Vec<String> = (0..100)
        .map(|n| entry(n, &n.to_string()).replacen('{', "{\"issue_id\":11,", 1) + "\n")
        .collect();
    repo.write(HISTORY, early.concat() + &long_line());
    let source = scratch.write("store.c", STORE);
    let program = scratch.path("store");
    Tool::program("cc").arg("-o").arg(&program).arg(source).run().code(0);
    let at = "{\"issue_id\":1".len().to_string();
    let history = repo.file(HISTORY);
    let mut store = Tool::program(program).arg(history).args([&*at, "2", "3"]).stdin_open().spawn();
    let ask = |issue: &str, flag: &str| {
        view(repo.path()).args(["--all", "--issue", issue, flag]).run().code(0).json_lines().len()
    };
    store.wait_for_line("stored");
    // More than once: what has only just changed is not believed yet.
    for _ in 0..8 {
        assert_eq!((ask("12", "--index"), ask("13", "--index")), (1, 0));
    }
    store.write_stdin("\n");
    store.wait_for_line("stored");
    assert_eq!((ask("12", "--no-index"), ask("13", "--no-index")), (0, 1));
    assert_eq!((ask("12", "--index"), ask("13", "--index")), (0, 1));
    store.write_stdin("\n");
    store.wait().code(0);
}

#[test]
fn what_is_no_file_in_the_place_of_an_index_is_neither_waited_for_nor_written_through() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    write_log(repo.path(), 7);
    same(repo.path());
    let index = repo.file(INDEX);
    fs::remove_file(&index).unwrap();
    Tool::program("mkfifo").arg(&index).run().code(0);
    same(repo.path());
    fs::remove_file(&index).unwrap();
    let kept = scratch.write("kept", "precious");
    symlink(&kept, repo.file(format!("{INDEX}.new"))).unwrap();
    view(repo.path()).args(["--issue", "7", "--index"]).run().code(0).stderr_has("cannot keep");
    assert_eq!(scratch.read("kept"), "precious");
}
