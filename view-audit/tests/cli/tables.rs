//! What people see.

use testkit::{Scratch, Terminal, Tool};

use crate::project::{HISTORY, text, view};

fn log() -> Scratch {
    let scratch = Scratch::new();
    let lines = [
        r#"{"id":"0196f3a1-7c2b-7000-8000-000000000001","timestamp":"2026-01-24T18:30:01Z","issue_id":98,"node":"review_lld","verdict":"APPROVED","model":"m","model_verified":"m-1","credential_used":"team-a","attempts":2,"duration_ms":2345}"#,
        r#"{"timestamp":"2026-01-24T18:30:02Z","project":"clio","verdict":"BLOCK","critique":"First.\n\nSecond \u001b[2J.","tier_1_issues":["No tests"]}"#,
        r#"{"timestamp":"2026-01-24T18:30:03Z","outcome":"failed","failure_class":"quota_day","verdict":null}"#,
        r#"{"timestamp":"some day","verdict":"PENDING"}"#,
    ];
    scratch.write(HISTORY, text(&lines));
    scratch
}

#[test]
fn a_row_says_who_reviewed_what_with_which_model_and_how_it_ended() {
    let scratch = log();
    let ran = view(scratch.root()).args(["--format", "table"]).env("TZ", "UTC").run();
    let rows: Vec<Vec<&str>> = ran
        .code(0)
        .out()
        .lines()
        .map(|line| line.split("  ").map(str::trim).filter(|c| !c.is_empty()).collect())
        .collect();
    let project = scratch.root().file_name().unwrap().to_str().unwrap();
    assert_eq!(
        rows[0],
        [
            "TIME",
            "PROJECT",
            "ISSUE",
            "NODE",
            "VERDICT",
            "MODEL",
            "CREDENTIAL",
            "ATTEMPTS",
            "DURATION",
            "ID"
        ]
    );
    assert_eq!(
        rows[1],
        [
            "2026-01-24 18:30:01",
            project,
            "#98",
            "review_lld",
            "APPROVED",
            "m-1",
            "team-a",
            "2",
            "2.3s",
            "0196f3a1-7c2b"
        ]
    );
    assert_eq!(rows[2][..2], ["2026-01-24 18:30:02", "clio"]);
    // As it was written, and never as a verdict where there is none.
    assert_eq!(rows[2][4], "BLOCK");
    assert_eq!(rows[3][4], "failed: quota_day");
    assert_eq!((rows[4][0], rows[4][4]), ("some day", "PENDING"));
}

#[test]
fn times_are_local() {
    let ran = view(log().root()).args(["--format", "table"]).env("TZ", "Asia/Tokyo").run();
    ran.code(0).stdout_has("2026-01-25 03:30:01");
}

#[test]
fn colours_follow_the_meaning() {
    let ran = view(log().root()).args(["--format", "table"]).env("CLICOLOR_FORCE", "1").run();
    ran.stdout_has("\u{1b}[32mAPPROVED")
        .stdout_has("\u{1b}[31mBLOCK")
        .stdout_has("\u{1b}[33mfailed");
    let ran = view(log().root()).args(["--format", "table"]).run();
    ran.stdout_lacks("\u{1b}");
}

#[test]
fn critique_and_findings_show_when_asked_for_and_cannot_steer_the_terminal() {
    let ran = view(log().root()).args(["--format", "table", "-v"]).run();
    ran.code(0)
        .stdout_has("tier 1 (1): No tests")
        .stdout_has("critique: First.\n    Second \\u{1b}[2J.\n");
    view(log().root()).args(["--format", "table"]).run().stdout_lacks("No tests");
}

#[test]
fn nothing_to_show_is_said() {
    let ran = view(log().root()).args(["--format", "table", "--issue", "5"]).run();
    ran.code(0).stdout_is("no entry to show\n");
    view(log().root()).args(["--issue", "5"]).run().code(0).stdout_is("");
}

/// On the widths that terminals have, rows are never cut by the terminal itself, and nothing is left out.
#[test]
fn a_row_that_is_too_long_goes_on_below_itself() {
    let scratch = log();
    for columns in [60, 80, 140] {
        for args in [&["-n", "4"][..], &["-v"], &["stats", "--by", "node"], &["stats"]] {
            let tool = Tool::new("view-audit").args(args).arg("--root").arg(scratch.root());
            let seen =
                Terminal::of_columns(columns).run(&tool.env("TZ", "UTC").env("NO_COLOR", "1"));
            let longest = seen.lines().map(cli::width).max().unwrap();
            assert!(longest <= usize::from(columns), "{longest}: {seen}");
            if args[0] == "-n" {
                for word in ["2026-01-24 18:30:01", "review_lld", "team-a", "0196f3a1-7c2b"] {
                    assert!(seen.contains(word), "{word} is whole: {seen}");
                }
            }
        }
    }
}
