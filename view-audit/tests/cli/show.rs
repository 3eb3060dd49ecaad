//! One entry, whole.

use testkit::{Ran, Scratch, Terminal, Tool};

use crate::project::{HISTORY, SCHEMA, entry, text, view};

#[track_caller]
fn show(scratch: &Scratch, args: &[&str]) -> Ran {
    Tool::new("view-audit").arg("show").args(args).arg("--root").arg(scratch.root()).run()
}

#[test]
fn an_id_or_the_beginning_of_one_gives_the_bytes_of_the_entry() {
    let scratch = Scratch::new();
    let odd = r#"{"id":"b-2", "x" : 1.0e2,"timestamp":"2026-01-24T18:30:02Z"}"#;
    scratch.write(HISTORY, text(&[entry(1, "b-1"), odd.into()]));
    scratch.write("logs/active/s.jsonl", text(&[entry(3, "c-3")]));
    let expected = format!("{SCHEMA}{}\n", odd.strip_prefix('{').unwrap());
    show(&scratch, &["b-2"]).code(0).stdout_is(&expected);
    assert!(show(&scratch, &["c"]).code(0).out().contains("c-3"));
    // An id that is the beginning of another one is no beginning.
    scratch.write("logs/active/t.jsonl", text(&[entry(4, "b-21")]));
    show(&scratch, &["b-2"]).code(0).stdout_is(&expected);
}

#[test]
fn none_and_several_are_refused_with_what_to_try() {
    let scratch = Scratch::new();
    scratch.write(HISTORY, text(&[entry(1, "b-1"), entry(2, "b-2")]));
    let ran = show(&scratch, &["x"]);
    ran.code(1).stdout_has("view-audit.not_shown/1").stdout_has("\"not_found\"");
    let ran = show(&scratch, &["b"]);
    ran.code(1).stdout_has("\"ambiguous\"").stdout_has(r#""matches":["b-1","b-2"],"count":2"#);
    show(&scratch, &["b", "--format", "table"])
        .code(1)
        .stdout_has("2 ids begin with b, such as b-1, b-2")
        .stdout_has("next: give more of the id");
    show(&scratch, &[""]).code(2);
    view(scratch.root()).args(["show", "b-1"]).run().code(0).stdout_has("\"b-1\"");
    let refused = view(scratch.root()).args(["-v", "show", "b-1"]).run();
    refused.code(2).stderr_has("options of the list stand in front of it");
}

#[test]
fn entries_with_one_id_and_other_bytes_are_all_shown() {
    let scratch = Scratch::new();
    let (one, other) = (entry(1, "b"), entry(2, "b"));
    scratch.write(HISTORY, text(&[one.clone(), other.clone()]));
    // The same entry once more is the same entry.
    scratch.write("logs/review_history.jsonl", text(&[one]));
    let ran = show(&scratch, &["b"]);
    ran.code(0).stderr_has("2 entries with this id differ");
    assert_eq!(ran.out().lines().count(), 2);
}

#[test]
fn for_people_everything_is_shown_the_raw_response_last() {
    let scratch = Scratch::new();
    scratch.write(
        HISTORY,
        concat!(
            r#"{"raw_response":"RAW TEXT","id":"b","timestamp":"2026-01-24T18:30:02Z","node":"review_lld","#,
            r#""verdict":"BLOCK","tier_1_issues":["no tests","no \u001b[2Jplan"],"#,
            r#""critique":"First line.\n\nSecond line.","sequence_id":7,"subject":null}"#,
            "\n"
        ),
    );
    let ran = show(&scratch, &["b", "--format", "table"]);
    let lines: Vec<_> = ran.code(0).out().lines().map(str::trim).collect();
    assert_eq!(lines[0], "b  BLOCK");
    assert!(lines[1].ends_with("(2026-01-24T18:30:02Z)"), "{}", lines[1]);
    assert!(lines[2].starts_with("project: "), "{}", lines[2]);
    assert_eq!(
        lines[3..],
        [
            "node: review_lld",
            "sequence_id: 7",
            "",
            "blocking findings",
            "1: no tests",
            r"2: no \u{1b}[2Jplan",
            "",
            "critique",
            "First line.",
            "",
            "Second line.",
            "",
            "raw response",
            "RAW TEXT",
        ]
    );
}

/// However wide the terminal is, no line is longer, no word is cut, and what is wide stays whole.
#[test]
fn a_critique_is_wrapped_to_the_terminal() {
    let words =
        "the plan states each limit, and 審査 of a failure with 🙂 is left open ".repeat(12);
    let line = format!(
        "{{\"id\":\"b\",\"timestamp\":\"2026-01-24T18:30:02Z\",\"verdict\":\"BLOCK\",\
         \"tier_1_issues\":[\"{words}\"],\"critique\":\"{words}\\n\\n{words}\"}}\n"
    );
    for columns in [60, 100] {
        let scratch = Scratch::new();
        scratch.write(HISTORY, &line);
        let tool = Tool::new("view-audit").args(["show", "b", "--root"]).arg(scratch.root());
        let tool = tool.env("TERM", "xterm-256color");
        let seen = Terminal::of_columns(columns).run(&tool);
        assert!(seen.contains('\u{1b}'), "a terminal gets colours: {seen:?}");
        let plain = uncoloured(&seen);
        let longest = plain.lines().map(cli::width).max().unwrap();
        assert!(longest <= usize::from(columns), "{longest}: {plain}");
        // It uses the width that there is.
        assert!(longest > usize::from(columns) - 12, "{longest}: {plain}");
        let shown = plain
            .split_whitespace()
            .filter(|word| words.split(' ').any(|one| one == *word))
            .count();
        let expected = 3 * words.split_whitespace().count();
        assert!(shown >= expected, "every word is whole: {shown} of {expected}\n{plain}");
    }
}

/// Without what sets colours.
fn uncoloured(seen: &str) -> String {
    let mut parts = seen.split('\u{1b}');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
}
