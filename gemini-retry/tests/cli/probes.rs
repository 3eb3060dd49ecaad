//! What comes back after a time: a day's quota and an overloaded model. One run finds out, and all
//! the others hear of it. And runs that wait for it.

use std::time::Duration;

use gemini_stub::{Response, Rule};
use records::Stamp;
use serde_json::{Value, json};

use crate::world::{ALPHA, MODEL, World, approval, failed, last_line, script};

/// One credential, and a service that answers so.
fn world(responses: &[Response]) -> World {
    let mut rule = Rule::new("*", "*");
    for response in responses {
        rule = rule.respond(response.clone());
    }
    let world = World::new(script().rule(rule));
    world.credentials(&json!([{"name": "alpha", "key": ALPHA}]));
    world
}

fn ago(time: Duration) -> Stamp {
    Stamp::new(cli::clock::now().instant() - time)
}

fn ahead(time: Duration) -> Stamp {
    Stamp::new(cli::clock::now().instant() + time)
}

/// The state in which alpha's quota of this kind is back at this time.
fn quota(world: &World, reason: &str, until: Stamp) {
    let scope = json!({"reason": reason, "until": until, "strikes": 1,
                       "set_at": ago(Duration::from_hours(1))});
    write(world, &json!({"scopes": {format!("p:alpha|m:{MODEL}"): scope}}));
}

/// The state in which the model may be called again at this time.
fn overload(world: &World, until: Stamp) {
    let breaker = json!({"reason": "capacity", "capacity_until": until, "strikes": 3,
                         "set_at": ago(Duration::from_secs(90))});
    write(world, &json!({"models": {MODEL: breaker}}));
}

fn write(world: &World, state: &Value) {
    world.scratch.write("home/.assemblyzero/gemini-retry/state.json", state.to_string());
}

/// Starts several runs at once, and gives how each ended.
fn crowd(world: &World, flags: &[&str]) -> Vec<Value> {
    let started: Vec<_> = (0..6).map(|_| world.start(flags)).collect();
    let ended = started.into_iter().map(|running| {
        let ran = world.wait(running);
        ran.code(75).stdout_is("");
        last_line(&ran)
    });
    ended.collect()
}

#[test]
fn one_run_finds_out_that_the_new_day_is_used_up_too() {
    let world = world(&[Response::fixture("E01")]);
    quota(&world, "quota_day", ago(Duration::from_secs(5)));
    for line in crowd(&world, &[]) {
        assert_eq!(line["class"], "quota_day");
        assert!(line["retry_at"].is_string(), "{line}");
    }
    assert_eq!(world.calls().0, 1, "one call told all of them");
}

#[test]
fn one_run_finds_out_that_the_model_is_still_overloaded() {
    let world = world(&[Response::fixture("E08")]);
    overload(&world, ago(Duration::from_secs(5)));
    for line in crowd(&world, &["--deadline", "8s"]) {
        assert_eq!(line["class"], "capacity");
        assert!(line["retry_at"].is_string(), "{line}");
    }
    assert_eq!(world.calls().0, 1, "one call told all of them");
    assert_eq!(world.state()["models"][MODEL]["strikes"], 4);
}

#[test]
fn others_wait_for_a_probe_and_a_killed_one_is_taken_over() {
    for day in [false, true] {
        let world = world(&[Response::hang(), approval()]);
        if day {
            quota(&world, "quota_day", ago(Duration::from_secs(5)));
        } else {
            overload(&world, ago(Duration::from_secs(5)));
        }
        let probe = world.start(&[]);
        world.stub.wait_for_calls(1);
        assert_eq!(world.in_flight()["leases"][0]["probe"], true);
        failed(&world.ask_with(&["--deadline", "0.3s"]), 75, "deadline");
        assert_eq!(world.calls().0, 1, "there is room for two calls, but not for two probes");
        probe.kill();
        world.wait(probe).killed_by(9);
        world.ask_with(&["--deadline", "60s"]).code(0);
        assert_eq!(world.state()["scopes"], json!({}));
        assert_eq!(world.state()["models"], json!({}), "an answer removes the breaker");
    }
}

#[test]
fn a_minute_that_is_over_needs_no_probe() {
    let world = world(&[Response::hang(), approval()]);
    quota(&world, "quota_minute", ago(Duration::from_secs(5)));
    let hanging = world.start(&[]);
    world.stub.wait_for_calls(1);
    world.ask().code(0);
    hanging.terminate();
    world.wait(hanging).code(143);
}

#[test]
fn an_overload_that_one_run_met_keeps_others_from_the_model() {
    let world =
        world(&[Response::fixture("E26"), Response::fixture("E26"), Response::fixture("E08")]);
    failed(&world.ask_with(&["--max-attempts", "3"]), 75, "capacity");
    assert_eq!(world.calls().0, 3);
    // The third one asked for nine seconds.
    let ran = world.ask_with(&["--deadline", "8s"]);
    let line = failed(&ran, 75, "capacity");
    assert_eq!((&line["result"], &line["attempts"]), (&"later".into(), &0.into()));
    assert_eq!(line["retry_at"], world.state()["models"][MODEL]["capacity_until"]);
    assert_eq!(world.calls().0, 3);
    assert_eq!(world.events_called("MODEL_OVERLOADED").len(), 1);
    let other = ["--model", "gemini-2.5-pro", "--deadline", "8s", "--max-attempts", "1"];
    failed(&world.ask_with(&other), 75, "capacity");
    assert_eq!(world.calls().0, 4, "another model is another matter");
}

#[test]
fn failures_of_many_runs_use_up_one_budget() {
    let world = world(&[Response::fixture("E28")]);
    for _ in 0..4 {
        failed(&world.ask_with(&["--max-attempts", "1"]), 74, "server");
    }
    assert_eq!(world.in_flight()["budgets"][MODEL]["fifths"], 30);
    failed(&world.ask_with(&["--max-attempts", "1"]), 74, "server");
    assert_eq!(world.in_flight()["budgets"], json!({}));
    assert_eq!(world.state()["models"][MODEL]["reason"], "server");
}

#[test]
fn a_quota_that_is_back_too_late_is_told_at_once_and_waited_for_when_asked() {
    let world = world(&[approval()]);
    let hour = ahead(Duration::from_hours(1));
    quota(&world, "quota_day", hour);
    for flags in [&["--deadline", "4s"][..], &["--deadline", "4s", "--wait-for-quota", "30m"]] {
        let line = failed(&world.ask_with(flags), 75, "quota_day");
        assert_eq!(line["retry_at"], json!(hour));
    }
    assert_eq!(world.calls().0, 0);
    // Not within the deadline, of which a quarter is kept for the request.
    quota(&world, "quota_day", ahead(Duration::from_millis(3500)));
    world.ask_with(&["--deadline", "4s", "--wait-for-quota", "30m"]).code(0);
    assert_eq!(world.events_called("WAIT")[0]["error_type"], "quota_day");
}

#[test]
fn what_fails_for_one_project_may_work_for_another_once() {
    let world = World::new(script().rule(Rule::new("*", "*").respond(Response::fixture("E21"))));
    failed(&world.ask(), 1, "precondition");
    assert_eq!(world.calls(), (1, 1));
    assert_eq!(world.state()["scopes"], json!({}), "nothing is held against anybody");
}
