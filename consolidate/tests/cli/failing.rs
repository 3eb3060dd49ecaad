//! A world that refuses: nothing is changed, and the next run makes up for it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use testkit::{Ran, Tool};

use crate::project::{HISTORY, Project, entry, left_out, text};

fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_consolidate"))
}

/// Runs the tool so that no file may grow beyond this many blocks of 512 bytes, as on a full disk.
fn limited(project: &Project, blocks: u32) -> Ran {
    let script = format!("ulimit -f {blocks}; exec \"$0\" --root \"$1\"");
    Tool::program("/bin/sh").args(["-c", &script]).arg(binary()).arg(project.root()).run()
}

#[test]
fn without_room_nothing_changes_and_the_next_run_completes() {
    let project = Project::new();
    project.history(text(&[entry(1, "a")]));
    let lines: Vec<_> = (2..60).map(|second| entry(second, "n")).collect();
    project.shard("s.jsonl", text(&lines));
    let (before, history) = (project.seen(), fs::read(project.path(HISTORY)).unwrap());
    // No room for the intent, and room for it alone.
    for blocks in [0, 2, 4] {
        let ran = limited(&project, blocks);
        ran.code(74).stdout_is("").stderr_has("consolidate: cannot");
        assert_eq!(fs::read(project.path(HISTORY)).unwrap(), history);
        assert_eq!(project.seen(), before);
    }
    assert_eq!(project.fold().entries, 58);
    assert_eq!(project.seen(), before);
}

/// A file system without locks can seldom be had; a system call that fails as it does there can.
#[test]
fn without_locks_nothing_is_taken() {
    let project = Project::new();
    project.history(text(&[entry(1, "a")]));
    project.shard("s.jsonl", text(&[entry(2, "b")]));
    let traced = |inject: &str| {
        let script = "exec strace -f -qq -o /dev/null -e trace=flock -e \"$0\" \"$@\"";
        Tool::program("sh").args(["-c", script, inject])
    };
    let probe = traced("inject=flock:error=ENOLCK").arg("true").run();
    if probe.exit_code() != Some(0) {
        left_out("there is no strace here", &probe);
        return;
    }
    let before = project.seen();
    for error in ["ENOLCK", "EOPNOTSUPP", "ENOSYS"] {
        // The lock of the run, and that of the shard.
        for when in [1, 2] {
            let inject = format!("inject=flock:error={error}:when={when}");
            let ran = traced(&inject).arg(binary()).arg("--root").arg(project.root()).run();
            ran.code(74).stdout_is("").stderr_has("without a lock appending is not safe");
            assert_eq!(project.shards(), ["s.jsonl"], "{error} at {when}");
            assert_eq!(project.seen(), before);
        }
    }
    assert_eq!(project.fold().entries, 1);
}

/// Runs a program without the rights of root, which no permission stops.
fn unprivileged(project: &Project, program: PathBuf) -> Tool {
    if !rustix::process::geteuid().is_root() {
        return Tool::program(program).arg("--root").arg(project.root());
    }
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(project.root(), open).unwrap();
    let script = "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\" --root \"$1\"";
    Tool::program("/bin/sh").args(["-c", script]).arg(program).arg(project.root())
}

#[test]
fn a_read_only_log_is_refused_with_one_line_and_can_still_be_read() {
    let project = Project::new();
    project.history(text(&[entry(1, "a")]));
    project.shard("s.jsonl", text(&[entry(2, "b")]));
    for folder in ["logs/active", "logs"] {
        fs::set_permissions(project.path(folder), fs::Permissions::from_mode(0o555)).unwrap();
    }
    let before = project.seen();
    let ran = unprivileged(&project, binary()).run();
    ran.code(74).stdout_is("").stderr_has("Permission denied");
    assert_eq!(ran.err().lines().count(), 1);
    assert_eq!(project.seen(), before);
    for folder in ["logs/active", "logs"] {
        fs::set_permissions(project.path(folder), fs::Permissions::from_mode(0o755)).unwrap();
    }
    assert_eq!(project.fold().entries, 1);
}

#[test]
fn a_history_that_is_no_file_is_refused() {
    let project = Project::new();
    project.shard("s.jsonl", text(&[entry(2, "b")]));
    fs::create_dir(project.path(HISTORY)).unwrap();
    project.tool().run().code(74).stderr_has("is not a regular file");
    assert_eq!(project.shards(), ["s.jsonl"]);
}

#[test]
fn one_bad_root_does_not_stop_the_others() {
    let project = Project::new();
    project.shard("s.jsonl", text(&[entry(2, "b")]));
    let ran = Tool::new("consolidate")
        .arg("--root")
        .arg(project.path("nowhere"))
        .arg("--root")
        .arg(project.root())
        .run();
    ran.code(2).stderr_has("nowhere: no such folder");
    assert_eq!(crate::project::run_of(&ran).entries, 1);
}
