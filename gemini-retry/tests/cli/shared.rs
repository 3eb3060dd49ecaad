//! The state that several runs share.

use std::os::unix::fs::PermissionsExt as _;

use gemini_stub::{Response, Rule};
use serde_json::{Value, json};

use crate::world::{ALPHA, BETA, World, approval, script};

fn world() -> World {
    World::new(script().rule(Rule::new("*", "*").respond(approval())))
}

#[test]
fn runs_take_turns_with_the_credentials() {
    let world = world();
    for _ in 0..6 {
        world.ask().code(0);
    }
    assert_eq!(world.calls(), (3, 3));
}

#[test]
fn runs_at_once_lose_nothing_that_any_of_them_learnt() {
    // Each of eight projects is used up; every run asks one of them, and all must be remembered.
    let names: Vec<String> = (0..8).map(|n| format!("c{n}")).collect();
    let keys: Vec<String> = (0..8).map(|n| format!("{BETA}-{n}")).collect();
    let mut stubbed = script().rule(Rule::new("*", "*").respond(Response::fixture("E01")));
    for (name, key) in names.iter().zip(&keys) {
        stubbed = stubbed.key(name, key);
    }
    let world = World::new(stubbed);
    let entries: Vec<Value> =
        names.iter().zip(&keys).map(|(name, key)| json!({"name": name, "key": key})).collect();
    world.credentials(&entries.into());
    let started: Vec<_> = (0..8).map(|_| world.start(&["--max-attempts", "1"])).collect();
    for running in started {
        world.wait(running).code(75);
    }
    let state = world.state();
    assert_eq!(state["scopes"].as_object().unwrap().len(), 8, "{state}");
    let calls: Vec<usize> = names.iter().map(|name| world.stub.calls(name)).collect();
    assert_eq!(calls, [1; 8], "no two runs chose the same credential");
}

#[test]
fn the_files_are_for_this_user_alone() {
    let world = world();
    world.ask().code(0);
    let dir = world.scratch.path("home/.assemblyzero/gemini-retry");
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&dir.join("logs"))), (0o700, 0o700));
    assert_eq!((mode(&dir.join("in-flight.json")), mode(&dir.join("state.lock"))), (0o600, 0o600));
    let log = std::fs::read_dir(dir.join("logs")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(mode(&log), 0o600);
}

#[test]
fn a_damaged_state_is_kept_reported_and_costs_no_answer() {
    let world = world();
    world.scratch.write("home/.assemblyzero/gemini-retry/state.json", "{\"scopes\": [");
    let ran = world.ask();
    ran.code(0).stderr_has("was damaged; it is kept as");
    assert_eq!(ran.json()["verdict"], "APPROVED");
    let dir = world.scratch.path("home/.assemblyzero/gemini-retry");
    let kept = std::fs::read_dir(dir).unwrap().filter(|e| {
        e.as_ref().unwrap().file_name().to_string_lossy().starts_with("state.json.corrupt-")
    });
    assert_eq!(kept.count(), 1);
    world.ask().code(0).stderr_is("");
}

#[test]
fn a_state_that_cannot_be_used_costs_no_answer() {
    let world = world();
    // A file where the folder should be: neither state nor log can be written.
    world.scratch.write("home/.assemblyzero/gemini-retry", "in the way");
    let ran = world.ask();
    ran.code(0).stderr_has("the shared state is not used").stderr_has("no log of this run");
    assert_eq!(ran.json()["verdict"], "APPROVED");
}

#[test]
fn a_damaged_list_of_calls_is_started_anew() {
    let world = world();
    world.scratch.write("home/.assemblyzero/gemini-retry/in-flight.json", "{\"leases\": [{");
    world.ask().code(0).stderr_has("calls in flight are forgotten");
    world.ask().code(0).stderr_is("");
}

#[test]
fn turns_that_an_earlier_version_wrote_down_count() {
    let world = world();
    let state = json!({"version": 1, "last_used": {
        "alpha": "2026-01-24T18:30:45.123Z", "beta": "2026-01-24T18:30:44.000Z",
    }});
    world.scratch.write("home/.assemblyzero/gemini-retry/state.json", state.to_string());
    world.ask().code(0);
    assert_eq!(world.calls(), (0, 1));
}

#[test]
fn a_success_forgets_what_is_over() {
    let world = World::new(script().rule(Rule::new("*", "*").respond(approval())));
    world.credentials(&json!([{"name": "alpha", "key": ALPHA}]));
    // It has ended already, by a second: the next run may ask.
    let ended =
        records::Stamp::new(cli::clock::now().instant() - std::time::Duration::from_secs(1));
    let scope = json!({"reason": "quota_minute", "until": ended, "set_at": ended, "strikes": 1});
    let state = json!({"version": 1, "scopes": {"p:alpha|m:gemini-3.1-pro-preview": scope}});
    world.scratch.write("home/.assemblyzero/gemini-retry/state.json", state.to_string());
    world.ask().code(0);
    assert_eq!(world.state()["scopes"], json!({}), "a success forgets what is over");
}
