//! Answers that a schema of the user's describes.

use gemini_stub::{Response, Rule};
use serde_json::{Value, json};
use testkit::Ran;

use crate::world::{World, failed, script};

/// A service that answers with this text.
fn answered(text: &str) -> World {
    World::new(script().rule(Rule::new("*", "*").respond(Response::text(text))))
}

#[track_caller]
fn ask(world: &World, schema: impl AsRef<[u8]>) -> Ran {
    world.repo.write("s.json", schema.as_ref());
    world.ask_with(&["--schema", "s.json"])
}

fn triage() -> Value {
    json!({
        "type": "object",
        "required": ["priority", "labels"],
        "properties": {
            "priority": {"type": "string", "enum": ["low", "high"]},
            "labels": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}},
        },
        "additionalProperties": false,
    })
}

#[test]
fn an_object_that_satisfies_the_schema_is_an_answer_and_no_verdict() {
    let text = "Here:\n```json\n{\"priority\": \"low\", \"labels\": [\"docs\"]}\n```";
    let world = answered(text);
    let envelope = ask(&world, triage().to_string()).code(0).json();
    assert_eq!(envelope["response"], json!({"priority": "low", "labels": ["docs"]}));
    assert!(envelope["verdict"].is_null() && envelope["critique"].is_null(), "{envelope}");
    let entry = &world.entries()[0];
    assert!(entry["verdict"].is_null() && entry["outcome"] == "reviewed", "{entry}");
    assert_eq!(entry["raw_response"], text);
    let ran = world.ask_with(&["--schema", "s.json", "--print", "response"]);
    ran.code(0).stdout_is("{\"priority\": \"low\", \"labels\": [\"docs\"]}\n");
}

#[test]
fn the_service_is_given_the_part_that_it_understands_and_the_model_the_whole() {
    let world = answered(r#"{"priority":"low","labels":[]}"#);
    ask(&world, triage().to_string()).code(0);
    let sent = world.stub.requests()[0].body.clone().unwrap();
    let mut part = triage();
    part["properties"]["labels"]["items"] = json!({"type": "string"});
    assert_eq!(sent["generationConfig"]["responseJsonSchema"], part);
    assert_eq!(sent["generationConfig"]["responseMimeType"], "application/json");
    assert!(sent["systemInstruction"].to_string().contains("^[a-z]+$"), "{sent}");
}

#[test]
fn an_object_that_does_not_satisfy_it_is_asked_for_again_and_then_none() {
    for (text, why) in [
        (r#"{"priority":"urgent","labels":[]}"#, "at /priority"),
        (r#"{"priority":"low","labels":["A"]}"#, "at /labels/0"),
        (r#"{"priority":"low"}"#, "at the top"),
        (r#"{"priority":"low","labels":[],"more":1}"#, "at the top"),
        (r#"{"priority":"low","labels":[]} {"priority":"low","labels":[]}"#, "not exactly one"),
        (r#"{"priority":"low","labels":[],"priority":"high"}"#, "twice"),
        (r#"[{"priority":"low","labels":[]}]"#, "a part of"),
        ("none", "no JSON object"),
    ] {
        let world = answered(text);
        let ran = ask(&world, triage().to_string());
        assert_eq!(failed(&ran, 65, "bad_verdict")["attempts"], 3);
        ran.stderr_has(why);
        let again = world.stub.requests()[1].body.clone().unwrap();
        assert!(again["systemInstruction"].to_string().contains("was not exactly one such"));
    }
}

#[test]
fn a_verdict_of_any_dialect_in_it_is_read_as_one() {
    let schema = json!({
        "type": "object",
        "required": ["verdict", "rationale", "score"],
        "properties": {"verdict": {"type": "string"}, "rationale": {"type": "string"},
            "score": {"type": "integer", "maximum": 10}},
    });
    let world = answered(
        r#"{"verdict":"block","rationale":"It drops the table.","score":2,"blocking_issues":["x"]}"#,
    );
    let envelope = ask(&world, schema.to_string()).code(0).json();
    assert_eq!(envelope["verdict"], "BLOCKED");
    assert_eq!(envelope["verdict_word"], "block");
    assert_eq!(envelope["critique"], "It drops the table.");
    assert_eq!(envelope["tier_1_issues"], json!(["x"]));
    assert_eq!(envelope["response"]["score"], 2);
    assert_eq!(world.entries()[0]["verdict"], "BLOCKED");
    // Gates rely on what a verdict must hold, whatever the schema asks for.
    for text in [
        r#"{"verdict":"APPROVED","rationale":" ","score":2}"#,
        r#"{"verdict":"APPROVED","rationale":"r","score":2,"blocking_issues":["x"]}"#,
        r#"{"verdict":"APPROVED","rationale":"r","score":11}"#,
    ] {
        failed(&ask(&answered(text), schema.to_string()), 65, "bad_verdict");
    }
    // Nobody asked for a verdict.
    for text in [r#"{"verdict":"APPROVED","critique":"c"}"#, r#"{"verdict":"APPROVED"}"#] {
        let world = answered(text);
        let envelope = ask(&world, r#"{"properties":{"score":{}},"required":["verdict"]}"#);
        assert!(envelope.code(0).json()["verdict"].is_null());
        assert!(world.entries()[0]["verdict"].is_null());
    }
    let envelope =
        ask(&answered(r#"{"verdict":"PASS","rationale":"r","score":2}"#), schema.to_string());
    assert!(envelope.code(0).json()["verdict"].is_null());
}

#[test]
fn a_file_that_is_no_schema_is_refused_with_the_place_and_nothing_is_asked_or_fetched() {
    let world = answered("{}");
    let address = format!(r#"{{"$ref":"{}/s.json"}}"#, world.stub.base_url());
    for (schema, why) in [
        ("{\n \"type\": object}", "s.json: it is not JSON: expected value at line 2 column 10"),
        (r#"{"type":"object","type":"object"}"#, "twice"),
        (r#"{"properties":{"a":{"type":"strin"}}}"#, "s.json: at /properties/a/type: "),
        (r#"{"type":"array"}"#, "s.json: at /type: an answer is one object"),
        ("true", "s.json: a schema for answers is a JSON object"),
        (r#"{"properties":{"a":{"$ref":"other.json"}}}"#, "other.json"),
        (r#"{"properties":{"a":{"$ref":"file:///etc/hosts"}}}"#, "file:///etc/hosts"),
        (&address, "/s.json"),
    ] {
        world.repo.write("other.json", "{}");
        let ran = ask(&world, schema);
        ran.code(2).stdout_is("").stderr_has(why).stderr_has("--schema s.json");
    }
    ask(&world, b"{\xff").code(2).stderr_has("not UTF-8 from byte 1");
    ask(&world, " ".repeat((1 << 20) + 1)).code(2).stderr_has("larger than 1048576 bytes");
    world.ask_with(&["--schema", "."]).code(2).stdout_is("").stderr_has("--schema .");
    assert!(world.stub.requests().is_empty());
}
