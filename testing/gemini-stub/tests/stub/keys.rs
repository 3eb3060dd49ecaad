//! Keys go in and never come out, except where the script says so.

use gemini_stub::{Options, Response, Rule, Script, Stub};
use testkit::Scratch;

use crate::client::{MODEL, PROMPT, call, exchange, generate};

const KEY: &str = "AIzaSyTopSecret-0123456789";

fn script() -> Script {
    let rule = Rule::new("alpha", "*")
        .respond(Response::fixture("E16"))
        .respond(
            Response::status(400).body(serde_json::json!({"error": {"message": "bad"}})).echo_key(),
        )
        .respond(Response::fixture("E15").echo_key());
    Script::new().key("alpha", KEY).rule(rule)
}

#[test]
fn an_answer_can_echo_the_key() {
    let stub = Stub::start(script());
    for expected in [403, 400, 403] {
        let reply = call(&stub, KEY);
        assert_eq!(reply.status, expected);
        let message = reply.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(&format!("api_key:{KEY}")), "{message}");
    }
}

#[test]
fn the_log_holds_names_and_no_key() {
    let scratch = Scratch::new();
    let log = scratch.path("requests.jsonl");
    let stub = Stub::serve(script(), &Options { port: 0, log: Some(log) }).unwrap();
    call(&stub, KEY);
    let in_query = format!(
        "POST /v1beta/models/{MODEL}:generateContent?alt=json&key={KEY} HTTP/1.1\r\nHost: stub\r\n\
         Content-Length: {}\r\n\r\n{PROMPT}",
        PROMPT.len()
    );
    assert_eq!(exchange(&stub, in_query).status, 400);
    exchange(
        &stub,
        format!("GET /{KEY}/x?key={KEY} HTTP/1.1\r\nHost: {KEY}\r\nx-{KEY}: {KEY}\r\n\r\n"),
    );
    exchange(&stub, format!("{KEY} is no request\r\n\r\n"));
    exchange(&stub, generate(KEY, KEY, PROMPT));
    exchange(&stub, format!("{KEY} /x HTTP/1.1\r\nHost: stub\r\n\r\n"));
    exchange(&stub, generate("some-other-key", MODEL, PROMPT));

    let text = scratch.read("requests.jsonl");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |field: &str| lines.iter().map(|line| line[field].clone()).collect::<Vec<_>>();
    assert_eq!(
        serde_json::json!(of("key")),
        serde_json::json!(["alpha", "alpha", "alpha", null, "alpha", null, null])
    );
    assert_eq!(
        serde_json::json!(of("key_in_query")),
        serde_json::json!([false, true, true, false, false, false, false])
    );
    assert_eq!(lines[0]["body_bytes"], PROMPT.len());
    assert_eq!(lines[0]["model"], MODEL);
    assert_eq!(lines[2]["path"], "/[key]/x");
    assert_eq!(lines[2]["header_names"], serde_json::json!(["host", "x-[key]"]));
    assert_eq!((&lines[4]["model"], &lines[5]["method"]), (&"[key]".into(), &"[key]".into()));
    assert!(!text.to_lowercase().contains(&KEY.to_lowercase()), "{text}");
    assert!(!text.contains("some-other-key"));
    assert!(!format!("{stub:?}").contains(KEY), "not in Debug either");
    assert!(!format!("{:?}", script()).contains(KEY));
    assert_eq!(stub.log_failure(), None);
}

#[test]
fn a_log_that_cannot_be_written_is_told() {
    let full = std::path::Path::new("/dev/full");
    assert!(full.exists(), "this test needs /dev/full");
    let stub = Stub::serve(script(), &Options { port: 0, log: Some(full.to_owned()) }).unwrap();
    call(&stub, KEY);
    assert!(stub.log_failure().is_some());
}

#[test]
fn unknown_and_missing_keys_are_refused_without_using_up_the_script() {
    let stub = Stub::start(script());
    let reply = call(&stub, "not-a-key");
    assert_eq!(reply.status, 400);
    assert_eq!(reply.json()["error"]["details"][0]["reason"], "API_KEY_INVALID");
    let missing = generate(KEY, MODEL, PROMPT).replace(&format!("x-goog-api-key: {KEY}\r\n"), "");
    assert_eq!(exchange(&stub, missing).status, 403);
    assert_eq!(stub.calls("alpha"), 0);
    assert_eq!(call(&stub, KEY).status, 403, "the first response of the script is still to come");
    let seen = stub.requests();
    assert_eq!((seen[0].has_key, seen[1].has_key), (true, false));
    assert_eq!((&*seen[0].given, &*seen[1].given), ("key-unknown", "key-missing"));
}
