//! What is remembered of the credentials: looking at it, and forgetting it.

use std::time::Duration;

use gemini_stub::{Response, Rule};
use records::Stamp;
use serde_json::{Value, json};
use testkit::Ran;

use crate::world::{ALPHA, BETA, MODEL, World, approval, script};

fn world() -> World {
    World::new(script().rule(Rule::new("*", "*").respond(approval())))
}

fn command(world: &World, words: &[&str]) -> Ran {
    world.run(world.tool().args(words))
}

/// The lines that were printed.
fn lines(ran: &Ran) -> Vec<Value> {
    ran.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ahead(seconds: u64) -> Stamp {
    Stamp::new(cli::clock::now().instant() + Duration::from_secs(seconds))
}

/// Puts down a state in which these scopes are cooling for so many seconds.
fn cooling(world: &World, scopes: &[(&str, &str, u64)]) {
    let scopes: serde_json::Map<String, Value> = scopes
        .iter()
        .map(|(scope, reason, seconds)| {
            let held = json!({"reason": reason, "until": ahead(*seconds), "set_at": ahead(0),
                "set_by": "r", "strikes": 2});
            ((*scope).to_owned(), held)
        })
        .collect();
    let state = json!({"version": 1, "scopes": scopes, "weather": 7});
    world.scratch.write("home/.assemblyzero/gemini-retry/state.json", state.to_string());
}

const ALPHA_SCOPE: &str = "p:alpha|m:gemini-3.1-pro-preview";
const BETA_SCOPE: &str = "p:second|m:gemini-3.1-pro-preview";

#[test]
fn a_pool_that_was_never_used_is_free_and_looking_makes_nothing() {
    let world = world();
    let ran = command(&world, &["status"]);
    let all = lines(ran.code(0).stderr_is(""));
    let names: Vec<_> = all.iter().map(|one| (&one["name"], &one["state"])).collect();
    assert_eq!(names, [(&json!("alpha"), &json!("free")), (&json!("beta"), &json!("free"))]);
    assert_eq!((&all[1]["project"], &all[1]["billing"]), (&json!("second"), &json!("second")));
    assert!(!world.scratch.path("home/.assemblyzero/gemini-retry").exists());
}

#[test]
fn each_state_is_told_with_its_reason() {
    let rule = Rule::new("alpha", "*").respond(Response::fixture("E13"));
    let world = World::new(script().rule(rule).rule(Rule::new("beta", "*").respond(approval())));
    world.credentials(&json!([
        {"name": "alpha", "key": ALPHA},
        {"name": "beta", "key": BETA, "project": "second", "billing": "acme"},
        {"name": "off", "key": "key-of-somebody", "enabled": false},
    ]));
    world.ask().code(0);
    let all = lines(command(&world, &["status"]).code(0));
    assert_eq!((&all[0]["state"], &all[0]["reason"]), (&json!("dead"), &json!("API_KEY_INVALID")));
    assert!(all[0]["since"].is_string());
    assert_eq!((&all[1]["state"], &all[1]["billing"]), (&json!("free"), &json!("acme")));
    assert!(all[1]["last_used"].is_string());
    assert_eq!((&all[2]["state"], &all[2]["reason"]), (&json!("skipped"), &json!("disabled")));

    cooling(&world, &[(ALPHA_SCOPE, "quota_day", 900), ("b:acme", "billing", 800)]);
    let ran = command(&world, &["status"]);
    let all = lines(ran.code(75));
    assert_eq!((&all[0]["state"], &all[0]["reason"]), (&json!("cooling"), &json!("quota_day")));
    assert_eq!((&all[0]["strikes"], &all[1]["reason"]), (&json!(2), &json!("billing")));
    let first = all[1]["until"].as_str().unwrap();
    ran.stderr_is(&format!("gemini-retry: no credential is free for {MODEL} before {first}\n"));
    let page = command(&world, &["status", "--format", "table"]);
    page.code(75).stdout_has("NAME").stdout_has("cooling").stdout_has("beta: the account until");
}

#[test]
fn a_model_shows_only_what_concerns_it() {
    let world = world();
    cooling(
        &world,
        &[("p:alpha|m:gemini-3.5-pro", "permission", 900), (BETA_SCOPE, "quota_day", 9)],
    );
    let all = lines(command(&world, &["status"]).code(0));
    assert_eq!(
        (&all[0]["state"], &all[0]["cooldowns"][0]["model"]),
        (&json!("free"), &json!("gemini-3.5-pro"))
    );
    let all = lines(command(&world, &["status", "--model", "gemini-3.5-pro"]).code(0));
    assert_eq!((&all[0]["state"], &all[1]["state"]), (&json!("cooling"), &json!("free")));
    let all = lines(command(&world, &["status", "--model", MODEL]).code(0));
    assert_eq!(all[0]["cooldowns"], json!([]));
    assert_eq!(all[1]["cooldowns"][0]["reason"], "quota_day");
}

#[test]
fn a_call_in_flight_is_counted() {
    let world = World::new(script().rule(Rule::new("*", "*").respond(Response::hang())));
    let running = world.start(&[]);
    world.stub.wait_for_calls(1);
    let all = lines(command(&world, &["status"]).code(0));
    assert_eq!((&all[0]["in_flight"], &all[1]["in_flight"]), (&json!(1), &json!(0)));
    // Forgetting everything leaves the call what it holds.
    command(&world, &["reset", "--all"]).code(0);
    assert_eq!(lines(command(&world, &["status"]).code(0))[0]["in_flight"], 1);
    running.terminate();
    world.wait(running).code(143);
    assert_eq!(lines(command(&world, &["status"]).code(0))[0]["in_flight"], 0);
}

#[test]
fn without_anything_to_ask_with_there_is_none() {
    let world = world();
    world.credentials(&json!([{"name": "off", "key": ALPHA, "enabled": false}]));
    let ran = command(&world, &["status"]);
    ran.code(2).stderr_has("none can be used: off (disabled)");
    assert_eq!(lines(&ran)[0]["state"], "skipped");
    world.credentials(&json!([]));
    command(&world, &["status"]).code(2).stdout_is("").stderr_has("there is none");
    world.credentials(&json!("no list"));
    command(&world, &["status"]).code(2).stdout_is("").stderr_has("gemini-credentials.json:1:");
}

#[test]
fn a_state_that_cannot_be_read_is_said_and_left_alone() {
    let world = world();
    let path = "home/.assemblyzero/gemini-retry/state.json";
    world.scratch.write(path, "{\"scopes\": [");
    command(&world, &["status"]).code(65).stdout_is("").stderr_has("state.json");
    assert_eq!(world.scratch.read(path), "{\"scopes\": [");
    world.scratch.write(path, "{\"version\": 2}");
    command(&world, &["status"]).code(74).stdout_is("").stderr_has("version 2");
    command(&world, &["reset", "--all"]).code(74).stdout_is("").stderr_has("version 2");
    assert_eq!(world.scratch.read(path), "{\"version\": 2}");
}

#[test]
fn what_is_reset_is_free_at_once_and_the_rest_stays() {
    let world = world();
    cooling(
        &world,
        &[
            (ALPHA_SCOPE, "quota_day", 900),
            ("b:alpha", "billing", 900),
            (BETA_SCOPE, "quota_day", 800),
            ("p:second|m:gemini-3.5-pro", "permission", 900),
        ],
    );
    let ran = command(&world, &["reset", "alpha"]);
    let forgotten = lines(ran.code(0).stderr_is(""));
    let told: Vec<_> = forgotten.iter().map(|f| (&f["billing"], &f["project"])).collect();
    assert_eq!(told, [(&json!("alpha"), &Value::Null), (&Value::Null, &json!("alpha"))]);
    let all = lines(command(&world, &["status"]).code(0));
    assert_eq!((&all[0]["state"], &all[1]["state"]), (&json!("free"), &json!("cooling")));

    let ran = command(&world, &["reset", "--model", "models/gemini-3-pro-preview"]);
    assert_eq!(lines(ran.code(0))[0]["model"], MODEL, "the successor of an old name");
    assert_eq!(world.state()["scopes"].as_object().unwrap().len(), 1);
    assert_eq!(world.state()["weather"], 7, "what a later version wrote is kept");
    let ran = command(&world, &["reset", "--all", "--format", "table"]);
    ran.code(0).stdout_has("forgot the cool-down of second for gemini-3.5-pro until ");
    command(&world, &["reset", "--all"]).code(0).stdout_is("").stderr_has("nothing to forget");
}

#[test]
fn a_dead_key_is_forgotten_by_name_even_when_the_file_has_lost_it() {
    let world = World::new(script().rule(Rule::new("*", "*").respond(Response::fixture("E13"))));
    world.ask().code(2);
    world.credentials(&json!([{"name": "alpha", "key": ALPHA}]));
    let forgotten = lines(command(&world, &["reset", "beta"]).code(0));
    assert_eq!(
        (&forgotten[0]["what"], &forgotten[0]["credential"]),
        (&json!("death"), &json!("beta"))
    );
    assert!(world.state()["credentials"]["alpha"].is_object());
    command(&world, &["reset", "alpha"]).code(0);
    assert_eq!(lines(command(&world, &["status"]).code(0))[0]["state"], "free");
}

#[test]
fn a_reset_must_say_of_what_and_know_it() {
    let world = world();
    let ran = command(&world, &["reset", "gamma"]);
    ran.code(2).stdout_is("").stderr_has("gamma").stderr_has("there are: alpha, beta");
    for words in [&["reset"][..], &["reset", "alpha", "--all"], &["reset", "--model", "a/b"]] {
        command(&world, words).code(2).stdout_is("");
    }
    command(&world, &["reset"]).stderr_has("--all");
    // A key that was typed in place of a name is not repeated.
    command(&world, &["reset", ALPHA]).code(2).stdout_is("");
    assert!(!world.scratch.path("home/.assemblyzero/gemini-retry/state.json").exists());
}

#[test]
fn a_credential_whose_key_a_command_prints_is_known_by_its_name() {
    let world = world();
    world.credentials(&json!([{"name": "cmd", "project": "one", "key_cmd": "false"}]));
    cooling(&world, &[(&format!("p:one|m:{MODEL}"), "quota_day", 900)]);
    let forgotten = lines(command(&world, &["reset", "cmd"]).code(0));
    assert_eq!(
        (&forgotten[0]["what"], &forgotten[0]["project"]),
        (&json!("cooldown"), &json!("one"))
    );
    command(&world, &["reset", "nobody"]).code(2).stderr_has("there are: cmd");
}

#[test]
fn many_resets_and_calls_at_once_lose_nothing() {
    let world = World::new(script().rule(Rule::new("*", "*").respond(Response::fixture("E01"))));
    cooling(&world, &[("p:old|m:x", "quota_day", 900)]);
    let resets = (0..4).map(|_| world.tool().args(["reset", "--model", "x"]).spawn());
    let calls = (0..2).map(|_| world.start(&["--max-attempts", "1"]));
    let started: Vec<_> = resets.chain(calls).collect();
    for running in started {
        world.wait(running);
    }
    let state = world.state();
    let scopes: Vec<_> = state["scopes"].as_object().unwrap().keys().collect();
    assert_eq!(scopes, [ALPHA_SCOPE, BETA_SCOPE], "{state}");
}

#[test]
fn a_model_that_rests_is_told_and_may_be_woken() {
    let world = world();
    let breaker = |seconds| {
        json!({"reason": "capacity", "capacity_until": ahead(seconds),
        "set_at": ahead(0), "strikes": 3})
    };
    let state = json!({"version": 1, "models": {MODEL: breaker(600), "other": breaker(0)}});
    world.scratch.write("home/.assemblyzero/gemini-retry/state.json", state.to_string());
    let ran = command(&world, &["status"]);
    let all = lines(ran.code(75).stderr_has("rests for everybody until"));
    assert_eq!((&all[0]["state"], &all[1]["state"]), (&json!("free"), &json!("free")));
    assert_eq!((&all[2]["model"], &all[2]["state"]), (&json!(MODEL), &json!("resting")));
    assert_eq!((&all[3]["model"], &all[3]["state"]), (&json!("other"), &json!("probing")));
    let all = lines(command(&world, &["status", "--model", "other"]).code(0));
    assert_eq!((all.len(), &all[2]["schema"]), (3, &json!("gemini-retry.model/1")));
    command(&world, &["status", "--format", "table"]).code(75).stdout_has("rests until");
    let forgotten = lines(command(&world, &["reset", "--model", MODEL]).code(0));
    assert_eq!((&forgotten[0]["what"], &forgotten[0]["model"]), (&json!("breaker"), &json!(MODEL)));
    let page = command(&world, &["reset", "--all", "--format", "table"]);
    page.code(0).stdout_has("forgot that other rests until");
    assert_eq!(lines(command(&world, &["status"]).code(0)).len(), 2);
}
