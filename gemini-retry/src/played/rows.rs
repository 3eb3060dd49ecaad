//! The rows of the decision table, one after another: who is asked, how long is waited, what is
//! remembered, and how the run ends.

use std::time::Duration;

use gemini_stub::{Response, Rule, Script};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::world::{MODEL, Played, START, World, approval, project, script, told};

mod failures;
mod refusals;

/// Bounds of a wait, in seconds.
type Span = (f64, f64);
/// No wait at all.
const AT_ONCE: Span = (0.0, 0.0);

/// The waits before each request but the first were within these bounds, and there was none before
/// the first and after the last.
#[track_caller]
fn waited(played: &Played, spans: &[Span]) {
    let waits: Vec<f64> = played.waits.iter().map(Duration::as_secs_f64).collect();
    let [first, between @ .., last] = waits.as_slice() else { panic!("{waits:?}") };
    assert_eq!((*first, *last), (0.0, 0.0), "{waits:?}");
    assert_eq!(between.len(), spans.len(), "{waits:?}");
    for (wait, (least, most)) in between.iter().zip(spans) {
        assert!(wait >= least && *wait <= most + 1e-6, "{wait} of {waits:?}: {least}..{most}");
    }
}

/// Every credential is told the same, again and again.
#[track_caller]
fn always(response: &Response, asked: &str, spans: &[Span], exit: u8, class: &str) -> Played {
    let played = World::new(2).play(told([response.clone()]), &[]);
    played.failed(exit, class);
    assert_eq!(played.asked(), asked, "{:?}", played.notes);
    waited(&played, spans);
    played
}

/// The first credential is told this, and the others answer.
fn first_is_told(response: &Response) -> Script {
    script()
        .rule(Rule::new("a", "*").respond(response.clone()))
        .rule(Rule::new("*", "*").respond(approval()))
}

/// The first credential is refused, and the next one is asked at once.
#[track_caller]
fn rotates(response: &Response) -> Played {
    let played = World::new(3).play(first_is_told(response), &[]);
    played.answered();
    assert_eq!(played.asked(), "ab", "{:?}", played.notes);
    waited(&played, &[AT_ONCE]);
    played
}

fn fixture(name: &str) -> Response {
    Response::fixture(name)
}

/// An error with one detail of this kind.
fn error(status: u16, kind: &str, detail: &Value) -> Response {
    let mut detail = detail.clone();
    detail["@type"] = format!("type.googleapis.com/google.rpc.{kind}").into();
    let error = json!({"code": status, "message": "no", "details": [detail]});
    Response::status(status).body(json!({ "error": error }))
}

fn reason(status: u16, reason: &str) -> Response {
    error(status, "ErrorInfo", &json!({ "reason": reason }))
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    Timestamp::from_second(at(START).as_second() + seconds).unwrap()
}
