//! Scripts: both forms say the same, and nonsense is refused with its place.

use std::path::Path;

use gemini_stub::{Script, Stub};
use serde_json::{Value, json};

use crate::client::call;

fn refusal(script: &Value) -> String {
    Script::from_json(&script.to_string()).unwrap_err().to_string()
}

fn with_response(response: &Value) -> Value {
    json!({
        "keys": {"alpha": "A"},
        "rules": [{"key": "alpha", "model": "*", "responses": [{"status": 500}, response]}],
    })
}

#[test]
fn a_script_file_is_played() {
    let script = json!({
        "keys": {"alpha": "A", "beta": "B"},
        "models": ["gemini-3.1-pro-preview"],
        "rules": [
            {"key": "alpha", "model": "*", "after": "cycle", "responses": [
                {"fixture": "E01_quota_day"},
                {"status": 418, "headers": {"x-note": "tea"}, "body": {"a": 1}},
                {"verdict": {"verdict": "APPROVED"}, "model_version": "m", "finish": "STOP", "delay_ms": 1},
            ]},
        ],
    });
    let stub = Stub::start(Script::from_json(&script.to_string()).unwrap());
    let replies: Vec<_> = (0..4).map(|_| call(&stub, "A")).collect();
    let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses, [429, 418, 200, 429]);
    assert_eq!((replies[1].header("x-note"), replies[1].text()), (Some("tea"), r#"{"a":1}"#));
    assert_eq!(replies[2].json()["modelVersion"], "m");
    assert_eq!(stub.requests()[1].given, "status");
}

#[test]
fn a_response_must_say_one_thing() {
    let cases = [
        (json!({}), "exactly one of"),
        (json!({"fixture": "E01", "status": 500}), "exactly one of"),
        (json!({"verdict": {}, "text": "x"}), "exactly one of"),
        (json!({"fixture": "E77_nothing"}), "E77_nothing"),
        (json!({"verdict": "APPROVED"}), "must be an object"),
        (json!({"hang": true, "status": 500}), "give no answer"),
        (json!({"hang": true, "reset": true}), "only one of"),
        (json!({"status": 500, "truncate": 1, "reset_after_bytes": 1}), "only one of"),
        (json!({"status": 99}), "from 200 to 599"),
        (json!({"status": 100}), "from 200 to 599"),
        (json!({"status": 500, "finish": "STOP"}), "belong to"),
        (json!({"fixture": "E01", "body": "x"}), "belong to"),
        (json!({"status": 500, "headers": {"Content-Length": "1"}}), "by the stub itself"),
        (json!({"status": 500, "headers": {"a b": "1"}}), "malformed"),
        (json!({"status": 500, "headers": {"a": "1\r\nb: 2"}}), "malformed"),
        (json!({"status": 500, "body": "plain", "echo_key": true}), "error.message"),
        (json!({"text": "x", "echo_key": true}), "error.message"),
    ];
    for (response, expected) in cases {
        let refused = refusal(&with_response(&response));
        assert!(refused.starts_with("rules[0].responses[1]: "), "{response}: {refused}");
        assert!(refused.contains(expected), "{response}: {refused}");
        assert!(!refused.contains('\n'), "one line: {refused}");
    }
}

#[test]
fn rules_and_keys_must_make_sense() {
    let rule = json!([{"key": "beta", "model": "*", "responses": [{"status": 500}]}]);
    assert!(
        refusal(&json!({"keys": {"alpha": "A"}, "rules": rule}))
            .starts_with("rules[0].key: `beta`")
    );
    let empty = json!([{"key": "*", "model": "*", "responses": []}]);
    assert!(refusal(&json!({"rules": empty})).starts_with("rules[0].responses: "));
    assert!(refusal(&json!({"keys": {"alpha": ""}})).starts_with("keys.alpha: "));
    assert!(refusal(&json!({"keys": {"alpha": "a b"}})).starts_with("keys.alpha: "));
    assert!(refusal(&json!({"keys": {"*": "A"}})).starts_with("keys.*: "));
    let same = refusal(&json!({"keys": {"alpha": "SECRET", "beta": "SECRET"}}));
    assert!(same.starts_with("keys.beta: ") && !same.contains("SECRET"), "{same}");
}

#[test]
fn syntax_errors_name_line_and_field() {
    let misspelt = "{\"keys\":{},\n \"rulez\":[]}";
    let refused = Script::from_json(misspelt).unwrap_err().to_string();
    assert!(refused.contains("rulez") && refused.contains("line 2"), "{refused}");
    let wrong = json!({"rules": [{"key": "*", "model": "*", "responses": [{"status": 1}], "after": "stop"}]});
    assert!(refusal(&wrong).contains("stop"));
    assert!(refusal(&with_response(&json!({"staus": 500}))).contains("staus"));
}

#[test]
fn a_missing_file_is_named() {
    let refused = Script::read(Path::new("/nonexistent/script.json")).unwrap_err().to_string();
    assert!(refused.starts_with("/nonexistent/script.json: cannot be read: "), "{refused}");
}

#[test]
fn the_script_of_the_readme_is_one() {
    let readme = include_str!("../../README.md");
    let script = readme.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    Script::from_json(script).unwrap();
}
