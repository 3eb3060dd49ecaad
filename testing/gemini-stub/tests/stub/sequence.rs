//! Which response comes when, for whom.

use gemini_stub::{After, Response, Rule, Script, Stub};
use serde_json::json;

use crate::client::{MODEL, PROMPT, call, exchange, generate};

fn statuses(stub: &Stub, key: &str, count: usize) -> Vec<u16> {
    (0..count).map(|_| call(stub, key).status).collect()
}

fn three(after: After) -> Stub {
    let rule = Rule::new("alpha", "*")
        .respond(Response::status(500))
        .respond(Response::status(503))
        .respond(Response::status(429))
        .after(after);
    Stub::start(Script::new().key("alpha", "A").rule(rule))
}

#[test]
fn responses_come_in_order_and_the_last_one_repeats() {
    assert_eq!(statuses(&three(After::RepeatLast), "A", 5), [500, 503, 429, 429, 429]);
}

#[test]
fn a_cycle_starts_over() {
    assert_eq!(statuses(&three(After::Cycle), "A", 7), [500, 503, 429, 500, 503, 429, 500]);
}

#[test]
fn a_used_up_rule_fails_loudly() {
    let stub = three(After::Fail);
    assert_eq!(statuses(&stub, "A", 5), [500, 503, 429, 501, 501]);
    assert_eq!(stub.unscripted().len(), 2);
    assert_eq!(stub.unscripted()[0].given, "used-up");
}

#[test]
fn each_credential_and_each_model_has_its_own_place() {
    let rule =
        |key| Rule::new(key, "*").respond(Response::status(500)).respond(Response::status(429));
    let script = Script::new().key("alpha", "A").key("beta", "B");
    let stub = Stub::start(script.rule(rule("alpha")).rule(rule("*")));
    let ask = |key, model| exchange(&stub, generate(key, model, PROMPT)).status;
    assert_eq!((ask("A", "one"), ask("B", "one"), ask("A", "two")), (500, 500, 500));
    assert_eq!((ask("A", "one"), ask("B", "one"), ask("A", "two")), (429, 429, 429));
    assert_eq!((stub.calls("alpha"), stub.calls("beta"), stub.calls("gamma")), (4, 2, 0));
}

#[test]
fn the_first_rule_that_fits_answers() {
    let script = Script::new()
        .key("alpha", "A")
        .rule(Rule::new("alpha", "special").respond(Response::status(402)))
        .rule(Rule::new("alpha", "*").respond(Response::status(429)));
    let stub = Stub::start(script);
    assert_eq!(exchange(&stub, generate("A", "special", PROMPT)).status, 402);
    assert_eq!(exchange(&stub, generate("A", "other", PROMPT)).status, 429);
}

#[test]
fn a_request_without_a_rule_is_unscripted() {
    let script = Script::new()
        .key("alpha", "A")
        .rule(Rule::new("alpha", "other").respond(Response::status(500)));
    let stub = Stub::start(script);
    let reply = call(&stub, "A");
    assert_eq!(reply.status, 501);
    assert!(reply.text().contains("alpha") && reply.text().contains(MODEL));
    assert_eq!(stub.unscripted().len(), 1);
}

#[test]
fn a_verdict_names_the_requested_model_unless_told_otherwise() {
    let verdict = json!({"verdict": "BLOCKED", "rationale": "it says \"no\""});
    let rule = Rule::new("alpha", "*")
        .respond(Response::verdict(verdict.clone()))
        .respond(
            Response::verdict(verdict.clone()).model_version("x-{model}-001").finish("MAX_TOKENS"),
        )
        .respond(Response::text("no JSON at all"));
    let stub = Stub::start(Script::new().key("alpha", "A").rule(rule));
    let first = call(&stub, "A").json();
    assert_eq!(first["modelVersion"], MODEL);
    assert_eq!(first["candidates"][0]["finishReason"], "STOP");
    let text = first["candidates"][0]["content"]["parts"][0]["text"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(text).unwrap(), verdict);
    let second = call(&stub, "A").json();
    assert_eq!(second["modelVersion"], format!("x-{MODEL}-001"));
    assert_eq!(second["candidates"][0]["finishReason"], "MAX_TOKENS");
    let third = call(&stub, "A").json();
    assert_eq!(third["candidates"][0]["content"]["parts"][0]["text"], "no JSON at all");
}

#[test]
fn fifty_clients_at_once_get_fifty_different_places() {
    const CLIENTS: usize = 50;
    let mut rule = Rule::new("alpha", "*").after(After::Fail);
    for place in 0..CLIENTS {
        rule = rule.respond(Response::status(200).body(json!({ "place": place })));
    }
    let stub = Stub::start(Script::new().key("alpha", "A").rule(rule));
    let mut places: Vec<u64> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(|| call(&stub, "A").json()["place"].as_u64()))
            .collect();
        clients.into_iter().map(|client| client.join().unwrap().unwrap()).collect()
    });
    places.sort_unstable();
    assert!(places.iter().copied().eq(0..CLIENTS as u64));
    let seen = stub.requests();
    assert!(seen.iter().map(|request| request.seq).eq(1..=CLIENTS as u64));
    assert_eq!(stub.calls("alpha"), CLIENTS);
}

#[test]
fn in_flight_counts_requests_that_overlap_and_no_others() {
    let rule = Rule::new("*", "*")
        .respond(Response::hang())
        .respond(Response::hang())
        .respond(Response::status(200).body("x"));
    let stub = Stub::start(Script::new().key("alpha", "A").key("beta", "B").rule(rule));
    let mut hanging = Vec::new();
    for _ in 0..2 {
        let mut client = crate::client::Client::connect(&stub);
        client.send(generate("A", MODEL, PROMPT));
        hanging.push(client);
        stub.wait_for_calls(hanging.len());
    }
    for _ in 0..3 {
        assert_eq!(call(&stub, "A").status, 200);
    }
    let in_flight: Vec<usize> = stub.requests().iter().map(|seen| seen.in_flight).collect();
    assert_eq!(in_flight, [1, 2, 3, 3, 3]);
    assert_eq!(stub.most_at_once(), 3);
    for count in 6..=7 {
        let mut client = crate::client::Client::connect(&stub);
        client.send(generate("B", MODEL, PROMPT));
        hanging.push(client);
        stub.wait_for_calls(count);
    }
    assert_eq!(stub.requests()[6].in_flight, 2);
    assert_eq!(stub.most_at_once(), 4, "those of all credentials count");
}

/// A client that has the end of an answer may send the next request at once, and that is not an
/// overlap. The body is longer than what sockets hold, so the stub is still sending it.
#[test]
fn an_answer_on_its_way_is_no_longer_in_flight() {
    let rule = Rule::new("*", "*")
        .respond(Response::status(200).body("x".repeat(32 << 20)))
        .respond(Response::status(200).body("x"));
    let stub = Stub::start(Script::new().key("alpha", "A").rule(rule));
    let mut client = crate::client::Client::connect(&stub);
    client.send(generate("A", MODEL, PROMPT));
    client.head().unwrap();
    assert_eq!(call(&stub, "A").status, 200);
    assert_eq!(stub.requests()[1].in_flight, 1);
}

#[test]
fn a_response_that_lasts_holds_the_sequence_for_its_credential_or_for_all() {
    const HOUR: u64 = 3_600_000;
    let play = |first: Response| {
        let rule = Rule::new("*", "*").respond(first).respond(Response::status(500));
        Stub::start(Script::new().key("alpha", "A").key("beta", "B").rule(rule))
    };
    let quota = play(Response::status(429).lasts_ms(HOUR));
    assert_eq!(statuses(&quota, "A", 3), [429; 3]);
    assert_eq!(statuses(&quota, "B", 2), [429; 2], "its own first response, which lasts");
    let overload = play(Response::status(503).lasts_ms_for_all(HOUR));
    assert_eq!(statuses(&overload, "A", 2), [503; 2]);
    assert_eq!(statuses(&overload, "B", 2), [503; 2], "the response of the other one");
    let short = play(Response::status(429).lasts_ms(1));
    let mut seen = vec![call(&short, "A").status];
    while seen.last() == Some(&429) {
        seen.push(call(&short, "A").status);
    }
    assert_eq!(seen.pop(), Some(500), "it is over some time");
}
