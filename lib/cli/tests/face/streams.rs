//! stdout, stderr and the exit status.

use testkit::{Scratch, Tool};

use crate::face;

/// Runs a shell line with the example as `$face`.
fn sh(line: &str) -> testkit::Ran {
    Tool::program("sh").args(["-c", line]).env("face", face()).run()
}

#[test]
fn a_list_is_json_lines_unless_a_table_is_asked_for() {
    let ran = Tool::program(face()).args(["--answers", "3"]).run();
    let lines = ran.code(0).json_lines();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|l| l["schema"] == "consolidate.run/1"));
    let ran = Tool::program(face()).args(["--format", "table"]).run();
    ran.code(0).stdout_is("SHARDS  STATE\n0       folded\n");
}

#[test]
fn colour_follows_the_stream_and_the_variables() {
    let table = "$face --format table";
    sh(table).stdout_lacks("\u{1b}[");
    sh(&format!("CLICOLOR_FORCE=1 {table}")).stdout_has("\u{1b}[");
    sh(&format!("NO_COLOR=1 {table}")).stdout_lacks("\u{1b}[");
}

#[test]
fn a_failure_keeps_the_answers_and_says_what_and_why_on_one_line() {
    for (way, code) in [("usage", 2), ("damaged", 65), ("world", 74), ("later", 75)] {
        let ran = Tool::program(face()).args(["--answers", "2", "--fail", way]).run();
        assert_eq!(ran.code(code).json_lines().len(), 2);
        let hint = if way == "usage" { "  hint: try --help\n" } else { "" };
        ran.stderr_is(&format!("face: cannot go on: because of; this\n{hint}"));
    }
}

#[test]
fn a_refusal_shows_every_condition_and_the_next_step() {
    let ran = Tool::program(face()).args(["--format", "table", "--answers=0", "--refuse"]).run();
    ran.code(1).stdout_is(
        "  ✓ clean  yes\n  ✗ based  no\n  not_based: it is behind\n    next: rebase it\n",
    );
}

#[test]
fn wrong_usage_ends_with_two_and_help_with_zero() {
    Tool::program(face()).arg("--no-such-flag").run().code(2).stderr_has("--no-such-flag");
    Tool::program(face()).arg("--help").run().code(0).stdout_has("Usage:");
}

/// The reader of a pipe may stop at any time; that is no error.
#[test]
fn a_closed_pipe_ends_it_silently() {
    let scratch = Scratch::new();
    for args in ["--answers 100000", "--help", "--answers 100000 --format table"] {
        let status = scratch.path("status");
        let line = format!("($face {args}; echo $? > '{}') | head -n 1", status.display());
        sh(&line).code(0).stderr_is("");
        assert_eq!(scratch.read("status"), "0\n", "{args}");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    for args in ["", "--answers 100000", "--help", "--format table"] {
        sh(&format!("$face {args} > /dev/full")).code(74);
    }
    sh("$face > /dev/full").stderr_has("cannot write to stdout");
}
