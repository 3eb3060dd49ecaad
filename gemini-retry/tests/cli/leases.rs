//! Calls in flight, which several runs count together.

use gemini_stub::{Response, Rule};
use serde_json::{Value, json};

use crate::world::{ALPHA, World, approval, failed, last_line, script};

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

/// A call of a process of which this machine knows nothing.
fn of_somebody(taken: jiff::Timestamp) -> Value {
    let stamp = |minutes| records::Stamp::new(taken + std::time::Duration::from_mins(minutes));
    json!({"run": format!("{:x}", taken.as_nanosecond()), "pid": 1, "credential": "alpha",
           "project": "alpha", "model": "gemini-3.1-pro-preview",
           "taken": stamp(0), "expires": stamp(10)})
}

#[test]
fn no_more_than_two_calls_of_a_project_are_in_flight() {
    let world = world(&[approval().delay_ms(30)]);
    let started: Vec<_> = (0..6).map(|_| world.start(&[])).collect();
    for running in started {
        world.wait(running).code(0);
    }
    let most = world.stub.requests().iter().map(|request| request.in_flight).max();
    assert!(most <= Some(2), "{most:?}");
    assert_eq!(world.in_flight()["leases"], json!([]));
    assert_eq!(world.in_flight()["rev"], 12, "each call took a lease and gave it back");
}

#[test]
fn killed_runs_hold_nothing() {
    let world = world(&[Response::hang(), Response::hang(), approval()]);
    let hanging: Vec<_> = (0..2).map(|_| world.start(&[])).collect();
    world.stub.wait_for_calls(2);
    assert_eq!(world.in_flight()["leases"].as_array().unwrap().len(), 2);
    for running in hanging {
        running.kill();
        world.wait(running).killed_by(9);
    }
    assert_eq!(world.in_flight()["leases"].as_array().unwrap().len(), 2, "nobody gave them back");
    // Waiting for the leases to end would take longer than the deadline.
    let envelope = world.ask_with(&["--deadline", "60s"]).code(0).json();
    assert_eq!(envelope["attempts"], 1);
    assert_eq!(world.in_flight()["leases"], json!([]));
}

#[test]
fn a_cancelled_call_is_not_in_flight_any_more() {
    let world = world(&[Response::hang()]);
    let running = world.start(&[]);
    world.stub.wait_for_calls(1);
    running.terminate();
    failed(&world.wait(running), 143, "cancelled");
    assert_eq!(world.in_flight()["leases"], json!([]));
}

#[test]
fn a_call_that_failed_is_not_in_flight_while_its_run_waits() {
    let world = world(&[Response::fixture("E08"), approval()]);
    let running = world.start(&[]);
    let logs = world.scratch.path("home/.assemblyzero/gemini-retry/logs");
    while !logs.exists() || world.try_events_called("WAIT").is_empty() {
        assert!(!running.has_ended());
        std::thread::yield_now();
    }
    assert_eq!(world.in_flight()["leases"], json!([]));
    running.terminate();
    world.wait(running).code(143);
}

#[test]
fn an_audit_log_that_cannot_be_opened_leaves_no_call_in_flight() {
    let world = world(&[approval()]);
    world.scratch.write("talos/logs", "in the way");
    let ran = world.ask();
    assert_ne!(ran.exit_code(), Some(0), "{ran}");
    assert_eq!(world.calls().0, 0);
    assert_eq!(world.in_flight()["leases"], json!([]));
}

#[test]
fn a_run_that_finds_no_room_before_its_deadline_says_when_to_come_back() {
    let world = world(&[approval()]);
    let now = cli::clock::now().instant();
    let earlier = now - std::time::Duration::from_secs(1);
    let leases = json!({"version": 1, "leases": [of_somebody(now), of_somebody(earlier)]});
    let file = "home/.assemblyzero/gemini-retry/in-flight.json";
    world.scratch.write(file, leases.to_string());
    let ran = world.ask_with(&["--deadline", "0.3s"]);
    let line = failed(&ran, 75, "deadline");
    assert_eq!(line["retry_at"], leases["leases"][1]["expires"], "{ran}");
    assert_eq!(last_line(&ran)["attempts"], 0);
    assert_eq!(world.calls().0, 0);
    assert_eq!(world.events_called("WAIT").len(), 1, "one wait is one event");
    // One that a wrong clock wrote holds nothing.
    let ahead = now + std::time::Duration::from_hours(7);
    let leases = json!({"version": 1, "leases": [of_somebody(now), of_somebody(ahead)]});
    world.scratch.write(file, leases.to_string());
    world.ask_with(&["--deadline", "60s"]).code(0);
}
