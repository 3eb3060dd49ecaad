//! What the service refuses: who is asked next, and what is remembered.

use gemini_stub::{Response, Rule};
use serde_json::json;

use crate::world::{ALPHA, BETA, MODEL, OTHER, World, approval, failed, script};

fn refused(alpha: &Response) -> World {
    World::new(
        script()
            .rule(Rule::new("alpha", "*").respond(alpha.clone()))
            .rule(Rule::new("*", "*").respond(approval())),
    )
}

fn refused_twice(response: &Response) -> World {
    World::new(script().rule(Rule::new("*", "*").respond(response.clone())))
}

#[test]
fn a_wrong_request_is_sent_once() {
    for (name, class) in [
        ("E22", "invalid_request"),
        ("E23", "invalid_request"),
        ("E24", "prompt_too_long"),
        ("E25", "model_unavailable"),
    ] {
        let world = refused_twice(&Response::fixture(name));
        let ran = world.ask();
        failed(&ran, 1, class);
        assert_eq!(world.calls(), (1, 0), "{ran}");
        assert_eq!(world.state()["scopes"], json!({}), "nothing is held against anybody");
        assert_eq!(world.events_called("PERMANENT_FAILURE").len(), 1);
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = refused(&Response::status(200));
    let target = format!("{}/v1beta/models/x:generateContent", elsewhere.stub.base_url());
    let world = refused_twice(&Response::status(307).header("location", &target));
    failed(&world.ask(), 74, "redirect_refused");
    assert_eq!((world.calls(), elsewhere.stub.requests().len()), ((1, 0), 0));
}

#[test]
fn a_dead_key_is_retired_until_another_one_has_its_name() {
    for name in ["E13", "E14", "E15", "E16", "E19", "E31", "E35"] {
        let world = refused(&Response::fixture(name));
        world.ask().code(0);
        world.ask().code(0);
        assert_eq!(world.calls(), (1, 2), "{name}");
        assert_eq!(world.state()["credentials"]["alpha"]["reason"], "auth");
        assert_eq!(world.state()["scopes"], json!({}), "{name}");

        world.credentials(&json!([{"name": "alpha", "key": OTHER}, {"name": "beta", "key": BETA}]));
        world.ask().code(0);
        assert_eq!(world.stub.calls("other"), 1, "the new key is asked: {name}");
    }
}

#[test]
fn when_every_key_is_dead_nobody_is_asked() {
    let world = refused_twice(&Response::fixture("E13"));
    let line = failed(&world.ask(), 2, "auth");
    assert_eq!((&line["result"], &line["attempts"]), (&"no_credentials".into(), &2.into()));
    let ran = world.ask();
    let line = failed(&ran, 2, "auth");
    assert_eq!((&line["attempts"], world.calls()), (&0.into(), (1, 1)));
    ran.stderr_has("gemini-retry reset NAME");
    assert_eq!(world.entries().len(), 1, "a run that asked nothing leaves no entry");
}

#[test]
fn a_key_that_the_service_echoes_goes_nowhere() {
    // The helper that asks looks into every file.
    let world = refused_twice(&Response::fixture("E16"));
    let ran = world.ask();
    failed(&ran, 2, "auth");
    assert_eq!(
        world.events_called("ERROR")[0]["message"],
        "HTTP 403: Consumer 'api_key:[redacted]' has been suspended."
    );
    let body = json!({"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}});
    let world = refused_twice(&Response::status(400).body(body).echo_key());
    world.ask().code(1).stderr_has("api_key:[redacted]");
    let text = format!("I was called with {ALPHA} and {BETA}");
    let world = refused_twice(&Response::text(&text));
    world.ask().code(65);
    world.ask_with(&["--schema", "none"]).code(0).stdout_has("[redacted]");
    world.ask_with(&["--schema", "none", "--print", "response"]).code(0);
}

#[test]
fn an_echoed_key_goes_nowhere_when_the_message_is_cut_in_its_middle() {
    for padding in (250..300).step_by(12) {
        let message = format!("{} {ALPHA} and {BETA}", "x".repeat(padding));
        let body =
            json!({"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}});
        let world = refused_twice(&Response::status(400).body(body));
        world.ask().code(1).stderr_has("invalid_request: HTTP 400: x");
    }
    let text = format!("{} {ALPHA} and {BETA}", "x".repeat(1980));
    refused_twice(&Response::text(&text)).ask().code(65);
    let word = format!("{{\"verdict\":\"not with {ALPHA}\",\"critique\":\"c\"}}");
    refused_twice(&Response::text(&word)).ask().code(65);
}

#[test]
fn when_all_quotas_are_used_up_the_run_ends_at_once_and_says_when_to_come_back() {
    let world = refused_twice(&Response::fixture("E01"));
    let ran = world.ask();
    ran.stderr_has("the last reply: HTTP 429: The quota");
    let line = failed(&ran, 75, "quota_day");
    assert_eq!((&line["result"], &line["attempts"]), (&"later".into(), &2.into()));
    let until: Vec<_> = ["alpha", "second"]
        .map(|p| world.state()["scopes"][format!("p:{p}|m:{MODEL}")]["until"].clone())
        .into();
    let first = until.iter().min_by_key(|u| u.as_str().unwrap().to_owned()).unwrap();
    assert_eq!(&line["retry_at"], first, "{until:?}");

    let ran = world.ask();
    let line = failed(&ran, 75, "quota_day");
    assert_eq!((&line["attempts"], &line["retry_at"]), (&0.into(), first));
    assert_eq!(world.calls(), (1, 1), "no call is spent");
    ran.stderr_has("no credential is free before").stderr_lacks("the last reply");
    assert_eq!((world.entries().len(), world.events_called("ROTATION_FAILED").len()), (1, 2));
}

#[test]
fn keys_of_one_project_share_its_quota() {
    let world = refused_twice(&Response::fixture("E01"));
    world.credentials(&json!([
        {"name": "alpha", "key": ALPHA, "project": "one"},
        {"name": "beta", "key": BETA, "project": "one"},
    ]));
    failed(&world.ask(), 75, "quota_day");
    assert_eq!(world.calls(), (1, 0));
}

#[test]
fn an_account_without_money_stops_all_its_projects() {
    for name in ["E11", "E12"] {
        let world = refused_twice(&Response::fixture(name));
        world.credentials(&json!([
            {"name": "alpha", "key": ALPHA, "billing": "acme"},
            {"name": "beta", "key": BETA, "billing": "acme"},
        ]));
        failed(&world.ask(), 75, "billing");
        assert_eq!(world.calls(), (1, 0), "{name}");
        assert_eq!(world.state()["scopes"]["b:acme"]["reason"], "billing");
    }
}

#[test]
fn a_key_that_may_not_use_the_model_is_left_alone_for_it() {
    for (name, reason) in [
        ("E17", "permission"),
        ("E18", "permission"),
        ("E20", "permission"),
        ("E04", "no_entitlement"),
    ] {
        let world = refused(&Response::fixture(name));
        world.ask().code(0);
        assert_eq!(world.calls(), (1, 1), "{name}");
        let scope = &world.state()["scopes"][format!("p:alpha|m:{MODEL}")];
        assert_eq!(scope["reason"], reason, "{name}");
        // Another model may be within its rights.
        world.ask_with(&["--model", "gemini-3.5-pro"]);
        world.ask_with(&["--model", "gemini-3.5-pro"]);
        assert_eq!(world.calls().0, 2, "{name}");
    }
}

#[test]
fn an_overload_is_waited_out_with_the_same_key() {
    for name in ["E26", "E27", "E39"] {
        let rule =
            Rule::new("*", "*").respond_times(3, &Response::fixture(name)).respond(approval());
        let world = World::new(script().rule(rule));
        let envelope = world.ask().code(0).json();
        assert_eq!((world.calls(), &envelope["attempts"]), ((4, 0), &4.into()), "{name}");
        assert_eq!(envelope["rotation_occurred"], false);
        assert_eq!(world.state()["scopes"], json!({}));
    }
}

#[test]
fn a_service_that_fails_is_asked_again_and_then_given_up() {
    for (name, class, calls) in
        [("E28", "server", (5, 0)), ("E36", "server", (5, 0)), ("E29", "timeout", (3, 1))]
    {
        let world = refused_twice(&Response::fixture(name));
        failed(&world.ask(), 74, class);
        assert_eq!(world.calls(), calls, "{name}");
    }
}
