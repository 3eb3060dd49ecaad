//! Lines that cannot be shown are named, and hide no other.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use testkit::{Scratch, Tool};

use crate::project::{HISTORY, all, entry, text, view};

#[test]
fn damaged_lines_are_named_with_their_place_and_hide_nothing() {
    let scratch = Scratch::new();
    let (a, b, c) = (entry(1, "a"), entry(2, "b"), entry(3, "c"));
    let mut bytes = format!("{a}\n\n7\n{b}\n{{\"half\n").into_bytes();
    bytes.extend_from_slice(&[0; 4096]);
    bytes.extend_from_slice(format!("\n{c}\n{{\"x\":\"\n").as_bytes());
    bytes.extend_from_slice(b"{\"torn");
    scratch.write(HISTORY, &bytes);
    scratch.write("logs/active/s.jsonl", format!("{}\n\u{1}\n", entry(4, "d")));
    let ran = view(scratch.root()).arg("--all").run();
    let history = scratch.path(HISTORY).display().to_string();
    ran.code(0)
        .stderr_has(&format!("{history}:3: invalid type: integer `7`"))
        .stderr_has(&format!("{history}:5: the record is cut off"))
        .stderr_has(&format!("{history}:6: the line begins with 4096 NUL bytes"))
        .stderr_has(&format!("{history}:9: the last line is torn"))
        .stderr_has("active/s.jsonl:2: ")
        .stderr_has("view-audit: 6 damaged lines are not shown");
    assert_eq!(all(&scratch), [a, b, c, entry(4, "d")]);
}

#[test]
fn damage_does_not_count_as_an_entry_of_the_tail() {
    // The predecessor showed nothing when the last lines were damaged.
    let scratch = Scratch::new();
    scratch.write(HISTORY, format!("{}x\ny\nz\n", text(&[entry(1, "a"), entry(2, "b")])));
    let ran = view(scratch.root()).args(["-n", "1"]).run();
    ran.code(0).stdout_has("\"b\"").stdout_lacks("\"a\"").stderr_has("3 damaged lines");
}

#[test]
fn very_many_damaged_lines_are_counted() {
    let scratch = Scratch::new();
    scratch.write(HISTORY, "x\n".repeat(500));
    let ran = view(scratch.root()).run();
    ran.code(0).stdout_is("").stderr_has("480 more damaged lines").stderr_has("500 damaged lines");
    assert_eq!(ran.err().lines().count(), 22);
}

#[test]
fn no_log_is_no_entries() {
    let scratch = Scratch::new();
    let ran = view(scratch.root()).run();
    ran.code(0).stdout_is("").stderr_has("logs: no such folder, so there are no entries");
    fs::create_dir(scratch.path("logs")).unwrap();
    view(scratch.root()).run().code(0).stdout_is("").stderr_is("");
}

#[test]
fn what_is_no_shard_is_named_and_what_cannot_be_read_is_an_error() {
    let scratch = Scratch::new();
    scratch.write("logs/active/s.jsonl", text(&[entry(1, "a")]));
    Tool::program("mkfifo").arg(scratch.path("logs/active/pipe.jsonl")).run().code(0);
    std::os::unix::fs::symlink("s.jsonl", scratch.path("logs/active/link.jsonl")).unwrap();
    let ran = view(scratch.root()).run();
    ran.code(0)
        .stderr_has("pipe.jsonl: not a regular file")
        .stderr_has("link.jsonl: not a regular");
    assert_eq!(ran.out().lines().count(), 1);

    fs::remove_file(scratch.path("logs/active/pipe.jsonl")).unwrap();
    let hidden = scratch.write("logs/active/t.jsonl", text(&[entry(2, "b")]));
    fs::set_permissions(&hidden, fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(scratch.root(), fs::Permissions::from_mode(0o755)).unwrap();
    let binary = env!("CARGO_BIN_EXE_view-audit");
    // No permission stops root.
    let ran = if rustix::process::geteuid().is_root() {
        Tool::program("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups", binary, "--root"])
            .arg(scratch.root())
            .run()
    } else {
        view(scratch.root()).run()
    };
    ran.code(74).stdout_has("\"a\"").stderr_has("t.jsonl: Permission denied");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let scratch = Scratch::new();
    scratch.write(HISTORY, text(&(0..60).map(|s| entry(s, &"x".repeat(9000))).collect::<Vec<_>>()));
    let script = "\"$0\" --all --root \"$1\" | head -n 1; exit \"${PIPESTATUS[0]}\"";
    let ran = Tool::program("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_view-audit")])
        .arg(scratch.root())
        .run();
    ran.code(0).stderr_is("");
    let script = "exec \"$0\" --all --root \"$1\" > /dev/full";
    let ran = Tool::program("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_view-audit")])
        .arg(scratch.root())
        .run();
    ran.code(74).stderr_has("view-audit: cannot write to stdout");
}
