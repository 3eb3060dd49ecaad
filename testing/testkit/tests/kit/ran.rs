//! Assertions hold when they should and show everything when they do not.

use serde_json::json;
use testkit::{Ran, Tool};

use crate::panic_of;

fn sh(script: &str) -> Ran {
    Tool::program("sh").args(["-c", script]).run()
}

#[test]
fn a_failure_shows_command_code_and_both_streams() {
    let ran = sh("echo out; echo err >&2; exit 3");
    ran.code(3).stdout_is("out\n").stderr_is("err\n").stdout_has("ou").stderr_has("er");
    ran.stdout_lacks("err").stderr_lacks("out");
    let failures = [
        panic_of(|| ran.code(0).exit_code()),
        panic_of(|| ran.killed_by(9).exit_code()),
        panic_of(|| ran.stdout_is("ou").exit_code()),
        panic_of(|| ran.stderr_is("").exit_code()),
        panic_of(|| ran.stdout_has("err").exit_code()),
        panic_of(|| ran.stderr_has("out").exit_code()),
        panic_of(|| ran.stdout_lacks("out").exit_code()),
        panic_of(|| ran.stderr_lacks("err").exit_code()),
        panic_of(|| ran.json()),
        panic_of(|| ran.json_lines()),
    ];
    for message in failures {
        let shown =
            ["$ sh -c 'echo out;", "exit status: 3", "--- stdout\nout\n", "--- stderr\nerr\n"];
        assert!(shown.iter().all(|part| message.contains(part)), "{message}");
    }
}

#[test]
fn a_signal_is_not_a_code() {
    let ran = sh("kill -TERM $$");
    ran.killed_by(15);
    assert_eq!(ran.exit_code(), None);
    assert_ne!(panic_of(|| ran.code(0).exit_code()), "no panic");
}

#[test]
fn json_is_one_object_on_one_line() {
    assert_eq!(sh(r#"echo '{"a":1}'"#).json(), json!({"a": 1}));
    for wrong in [
        "true",
        r#"printf '{"a":1}'"#,
        r#"printf '{"a":1}\n{"b":2}\n'"#,
        r#"printf '{"a":\n1}\n'"#,
        r#"printf '{"a":1}\n\n'"#,
        "echo 1",
        "echo '[{}]'",
        "printf '\\377\\n'",
    ] {
        assert_ne!(panic_of(|| sh(wrong).json()), "no panic", "{wrong}");
    }
}

#[test]
fn json_lines_are_a_list() {
    assert_eq!(sh("true").json_lines(), Vec::<serde_json::Value>::new());
    assert_eq!(
        sh(r#"printf '{"a":1}\n{"b":2}\n'"#).json_lines(),
        [json!({"a": 1}), json!({"b": 2})]
    );
    let message = panic_of(|| sh(r#"printf '{"a":1}\n{"b":\n'"#).json_lines());
    assert!(message.contains("stdout line 2 is not JSON"), "{message}");
}

#[test]
fn long_output_is_cut_and_says_so() {
    let ran = sh("head -c 100000 /dev/zero | tr '\\0' x");
    assert_eq!(ran.stdout.len(), 100_000);
    let message = panic_of(|| ran.code(1).exit_code());
    assert!(message.contains("… 83616 more bytes"), "the cut is told");
    assert!(message.len() < 20_000);
}
