//! What a saved reply means, without asking anybody.

use gemini_stub::fixtures;
use serde_json::{Value, json};
use testkit::{Ran, Scratch, Tool};

use crate::world::{ALPHA, MODEL, OTHER};

/// Every shape with its row and class, by hand from the reference's decision table, and the place in
/// the body that decides. An answer that is accepted has row 0.
const TABLE: [(&str, u8, &str, &str); 56] = [
    ("E01", 6, "quota_day", "error.details[0].violations[0].quotaId"),
    ("E02", 7, "quota_minute", "error.details[1].violations[0].quotaId"),
    ("E03", 7, "quota_minute", "error.details[0].violations[0].quotaId"),
    ("E04", 5, "no_entitlement", "error.message"),
    ("E05", 8, "ambiguous_429", "HTTP status"),
    ("E06", 7, "quota_minute", "error.details[0].metadata.quota_limit"),
    ("E07", 1, "capacity", "[0].error.details[0].reason"),
    ("E08", 1, "capacity", "error.details[0].reason"),
    ("E09", 6, "quota_day", "error.details[0].reason"),
    ("E10", 7, "quota_minute", "error.details[0].reason"),
    ("E11", 2, "billing", "error.message"),
    ("E12", 2, "billing", "error.message"),
    ("E13", 3, "auth", "error.details[0].reason"),
    ("E14", 3, "auth", "error.details[0].reason"),
    ("E15", 3, "auth", "error.message"),
    ("E16", 3, "auth", "error.details[0].reason"),
    ("E17", 4, "permission", "error.details[0].reason"),
    ("E18", 4, "permission", "error.details[0].reason"),
    ("E19", 3, "auth", "error.message"),
    ("E20", 4, "permission", "HTTP status"),
    ("E21", 9, "precondition", "error.status"),
    ("E22", 11, "invalid_request", "HTTP status"),
    ("E23", 11, "invalid_request", "HTTP status"),
    ("E24", 10, "prompt_too_long", "error.message"),
    ("E25", 12, "model_unavailable", "HTTP status"),
    ("E26", 13, "capacity", "HTTP status"),
    ("E27", 13, "capacity", "HTTP status"),
    ("E28", 15, "server", "HTTP status"),
    ("E29", 14, "timeout", "HTTP status"),
    ("E30", 14, "timeout", "HTTP status"),
    ("E31", 3, "auth", "error.details[0].reason"),
    ("E32", 8, "ambiguous_429", "HTTP status"),
    ("E33", 7, "quota_minute", "error.message"),
    ("E34", 3, "auth", "error.details[0].reason"),
    ("E35", 3, "auth", "error.details[0].reason"),
    ("E36", 15, "server", "HTTP status"),
    ("E37", 13, "capacity", "HTTP status"),
    ("E38", 8, "ambiguous_429", "HTTP status"),
    ("E39", 13, "capacity", "error.code"),
    ("S01", 0, "", ""),
    ("S02", 0, "", ""),
    ("S03", 0, "", ""),
    ("S04", 24, "bad_verdict", "candidates[0].content.parts"),
    ("S05", 24, "bad_verdict", "candidates[0].content.parts"),
    ("S06", 24, "bad_verdict", "candidates[0].content.parts"),
    ("S07", 20, "truncated", "candidates[0].finishReason"),
    ("S08", 20, "truncated", "candidates[0].finishReason"),
    ("S09", 21, "empty", "candidates[0].content.parts"),
    ("S10", 18, "safety_block", "promptFeedback.blockReason"),
    ("S11", 18, "answer_blocked", "candidates[0].finishReason"),
    ("S12", 19, "recitation", "candidates[0].finishReason"),
    ("S13", 23, "model_mismatch", "modelVersion"),
    ("S14", 22, "model_unverified", "modelVersion"),
    ("S15", 23, "model_mismatch", "modelVersion"),
    ("S16", 21, "empty", "candidates[0].content.parts"),
    ("S17", 0, "", ""),
];

/// In an empty home: no credentials, and nothing may be made there.
#[track_caller]
fn explain(scratch: &Scratch, bytes: &[u8], flags: &[&str]) -> Ran {
    let file = scratch.write("reply", bytes);
    let home = scratch.home();
    let ran = Tool::new("gemini-retry").home(&home).arg("explain").arg(file).args(flags).run();
    assert!(!home.join(".assemblyzero").exists(), "{ran}");
    for key in [ALPHA, OTHER] {
        // The beginning of a key is a leak, too.
        let start = key.get(..16).unwrap();
        ran.stdout_lacks(start).stderr_lacks(start);
    }
    ran
}

fn explained(bytes: &[u8], flags: &[&str]) -> Value {
    explain(&Scratch::new(), bytes, flags).code(0).stderr_is("").json()
}

#[test]
fn every_shape_has_its_row_its_class_and_the_field_that_decided() {
    assert_eq!(TABLE.len(), fixtures().len());
    let scratch = Scratch::new();
    for (name, fixture) in fixtures() {
        let id = name.split('_').next().unwrap();
        let (_, row, class, place) = TABLE.iter().find(|row| row.0 == id).expect(name);
        let saved =
            json!({"http": fixture.status, "headers": fixture.headers, "body": fixture.body});
        let saved = saved.to_string().replace("{{KEY}}", ALPHA);
        let told = explain(&scratch, saved.as_bytes(), &[]).code(0).stderr_is("").json();
        let (row, class) = match row {
            0 => (Value::Null, Value::Null),
            _ => (json!(row), json!(class)),
        };
        assert_eq!((&told["row"], &told["class"]), (&row, &class), "{name}: {told}");
        assert_eq!(told["decided_by"]["path"].as_str().unwrap_or_default(), *place, "{name}");
        assert_eq!(told["http_from"], "file");
        // The place is where jq finds it.
        if told["decided_by"]["relation"] == "is" && place.contains("error.details") {
            let pointer = format!("/{}", place.replace(['.', '['], "/").replace(']', ""));
            let pointer = pointer.replace("//", "/");
            assert_eq!(
                fixture.body.pointer(&pointer),
                Some(&told["decided_by"]["value"]),
                "{name}"
            );
        }
    }
}

/// The body of a fixture.
fn body(name: &str) -> String {
    gemini_stub::fixture(name).unwrap().1.body.to_string()
}

#[test]
fn each_action_says_what_follows() {
    for (name, action, what, exit) in [
        ("E01", "rotate", "project_and_model", 75),
        ("E11", "rotate", "account", 75),
        ("E13", "retire", "key", 2),
        // A call tries one other project, and holds nothing against this one.
        ("E21", "rotate", "", 1),
        ("E26", "back_off", "", 75),
        ("E24", "fail", "", 1),
        ("S06", "ask_again", "", 65),
        ("S01", "accept", "", 0),
    ] {
        let (_, fixture) = gemini_stub::fixture(name).unwrap();
        let http = fixture.status.to_string();
        let told = explained(body(name).as_bytes(), &["--http", &http]);
        assert_eq!(told["action"], action, "{told}");
        assert_eq!(told["cools"]["what"].as_str().unwrap_or_default(), what, "{told}");
        assert_eq!(told["exit"], exit, "{told}");
        assert_eq!(told["http_from"], "flag");
    }
    let told = explained(body("E08").as_bytes(), &["--http", "503"]);
    assert_eq!((&told["wait_s"], &told["wait_most_s"]), (&json!(9.0), &json!(10.8)), "{told}");
    assert_eq!(told["retries"], Value::Null, "the deadline is the bound");
    let told = explained(b"", &["--http", "429", "--retry-after", "7"]);
    assert_eq!(told["class"], "quota_minute");
    assert_eq!(told["decided_by"], json!({"path": "Retry-After", "relation": "is", "value": "7s"}));
}

#[test]
fn a_reply_with_its_head_and_one_in_a_message_are_understood() {
    let text = format!("HTTP/2 200 \r\nx: y\r\n\r\n{}", body("S13"));
    let told = explained(text.as_bytes(), &[]);
    assert_eq!((&told["class"], &told["http"]), (&json!("model_mismatch"), &json!(200)));
    assert_eq!((&told["finish"], &told["model"]), (&json!("STOP"), &json!(MODEL)));
    let served = told["model_served"].as_str().unwrap();
    assert_eq!(told["decided_by"]["value"], served);
    // The same is an answer for who accepts the model, unless it is a small one.
    let told = explained(body("S15").as_bytes(), &["--accept-model", "gemini-*"]);
    assert_eq!((&told["action"], &told["verdict"]), (&json!("accept"), &json!("APPROVED")));

    let told = explained(body("S06").as_bytes(), &["--schema", "none"]);
    assert_eq!((&told["action"], &told["verdict"]), (&json!("accept"), &Value::Null));

    let wrapped = json!({"error": {"code": 500, "message": body("E01")}}).to_string();
    let told = explained(wrapped.as_bytes(), &[]);
    assert_eq!(told["class"], "quota_day");
    let path = "(error.message|fromjson).error.details[0].violations[0].quotaId";
    assert_eq!(told["decided_by"]["path"], path);
}

#[test]
fn what_nobody_can_read_is_explained_too() {
    for bytes in [&b""[..], b"\xff\xfe", b"<html>", b"[]", b"{\"a\":1,\"a\":2}", b"7"] {
        let told = explained(bytes, &[]);
        assert_eq!((&told["class"], &told["row"]), (&json!("server"), &json!(15)), "{told}");
        assert_eq!(told["decided_by"]["relation"], "unreadable");
        assert_eq!(told["http_from"], "assumed");
    }
    assert_eq!(explained(b"", &["--http", "418"])["class"], "unknown");
    assert_eq!(explained(b"{\"error\":7}", &[])["class"], "unknown");
}

#[test]
fn only_a_file_that_cannot_be_read_is_an_error() {
    let explain = |words: &[&str]| Tool::new("gemini-retry").arg("explain").args(words).run();
    explain(&["/nowhere/x"]).code(74).stdout_is("").stderr_has("cannot read /nowhere/x");
    explain(&["/"]).code(74).stdout_is("");
    explain(&["-", "--model", "a/b"]).code(2).stderr_has("--model");
    explain(&["-", "--http", "7"]).code(2).stderr_has("--http");
    explain(&[]).code(2);
}

#[test]
fn stdin_and_people() {
    let tool = Tool::new("gemini-retry").args(["explain", "-", "--format", "table"]);
    tool.stdin(body("E01"))
        .run()
        .code(0)
        .stdout_has("quota_day (row 6 of the decision table)\n")
        .stdout_has("violations[0].quotaId = GenerateRequestsPerDayPerProjectPerModel-FreeTier")
        .stdout_has("ask with the next credential at once")
        .stdout_has("429 (from the error in the body)");
}

#[test]
fn variables_of_a_call_are_no_arguments_of_a_command() {
    let tool = Tool::new("gemini-retry").args(["explain", "-"]).stdin("{}");
    let tool = tool.env("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:1");
    tool.env("GEMINI_RETRY_DEADLINE", "1").env("GEMINI_RETRY_MAX", "1").run().code(0);
}
