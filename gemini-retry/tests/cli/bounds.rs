//! What bounds a run: deadline, attempts, signals, and death.

use gemini_stub::{Response, Rule};
use serde_json::json;

use crate::world::{ALPHA, World, approval, failed, script};

fn all(response: &Response) -> World {
    World::new(script().rule(Rule::new("*", "*").respond(response.clone())))
}

#[test]
fn a_service_that_never_answers_is_bounded_by_the_deadline() {
    for response in [Response::hang(), approval().drip_ms_per_byte(60_000)] {
        let world = all(&response);
        let ran = world.ask_with(&["--deadline", "0.4s"]);
        let line = failed(&ran, 74, "timeout");
        assert_eq!((&line["result"], &line["attempts"]), (&"deadline".into(), &1.into()));
        assert_eq!(world.events_called("DEADLINE").len(), 1);
        assert_eq!(world.entries()[0]["failure_class"], "timeout");
    }
}

#[test]
fn an_attempt_that_takes_too_long_is_followed_by_others() {
    let rule = Rule::new("*", "*").respond(Response::hang()).respond(approval());
    let world = World::new(script().rule(rule));
    let envelope = world.ask_with(&["--attempt-timeout", "0.2"]).code(0).json();
    assert_eq!(envelope["attempts"], 2);
}

#[test]
fn a_wait_that_would_pass_the_deadline_is_not_begun() {
    let world = all(&Response::fixture("E08"));
    let line = failed(&world.ask_with(&["--deadline", "8s"]), 75, "capacity");
    assert_eq!((&line["result"], &line["attempts"]), (&"deadline".into(), &1.into()));
    assert!(line["retry_at"].is_string());
    assert_eq!(world.events_called("WAIT").len(), 0);
}

#[test]
fn attempts_are_counted() {
    for (max, calls) in [("0", 1), ("1", 1), ("3", 3)] {
        let world = all(&Response::fixture("E26"));
        let ran = world.run(world.tool().env("GEMINI_RETRY_MAX", max).args(["-p", "Review this."]));
        let line = failed(&ran, 75, "capacity");
        assert_eq!((&line["result"], &line["attempts"]), (&"max_attempts".into(), &calls.into()));
        assert!(line["retry_at"].is_string(), "{ran}");
        assert_eq!(world.calls().0, calls);
    }
    let world = all(&Response::fixture("E26"));
    let tool = world.tool().env("GEMINI_RETRY_MAX", "9").args(["--max-attempts", "2"]);
    failed(&world.run(tool.args(["-p", "Review this."])), 75, "capacity");
    assert_eq!(world.calls().0, 2, "the flag beats the environment");
}

#[test]
fn a_second_signal_ends_a_run_that_cannot_write_down_the_first() {
    let world = all(&Response::hang());
    let running = world.start(&["--issue", "98"]);
    world.stub.wait_for_calls(1);
    let shard = std::fs::read_dir(world.repo.file("logs/active")).unwrap().next().unwrap();
    let held = std::fs::File::open(shard.unwrap().path()).unwrap();
    held.lock().unwrap();
    // Two of one kind could arrive as one.
    running.interrupt();
    running.terminate();
    let ran = world.wait(running);
    ran.stdout_is("");
    assert_eq!(ran.exit_code(), None, "{ran}");
}

#[test]
fn a_killed_run_leaves_nothing_that_blocks_the_next() {
    let rule = Rule::new("*", "*").respond_times(3, &Response::hang()).respond(approval());
    let world = World::new(script().rule(rule));
    world.credentials(&json!([{"name": "alpha", "key": ALPHA}]));
    for call in 1..=3 {
        let running = world.start(&[]);
        world.stub.wait_for_calls(call);
        running.kill();
        world.wait(running).killed_by(9);
    }
    let envelope = world.ask().code(0).json();
    assert_eq!(envelope["attempts"], 1);
    let entries = world.entries();
    assert!(entries.iter().any(|e| e["id"] == envelope["audit_id"]), "{entries:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = all(&approval());
    let script = format!("{} -p 'Review this.' | true", env!("CARGO_BIN_EXE_gemini-retry"));
    let ran = testkit::Tool::program("bash")
        .args(["-o", "pipefail", "-c", &script])
        .dir(world.repo.path())
        .home(world.scratch.home())
        .env("GOOGLE_GEMINI_BASE_URL", world.stub.base_url())
        .run();
    ran.code(0).stderr_is("");
    assert_eq!(world.entries().len(), 1);
}
