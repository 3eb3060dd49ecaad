//! Asking the service about keys.

use gemini_stub::{Response, Rule};
use serde_json::{Value, json};
use testkit::Ran;

use crate::world::{ALPHA, BETA, MODEL, OTHER, World, approval, script};

fn world() -> World {
    World::new(script().model(MODEL).rule(Rule::new("*", "*").respond(approval())))
}

fn check(world: &World, flags: &[&str]) -> Ran {
    world.run(world.tool().arg("check").args(flags))
}

fn lines(ran: &Ran) -> Vec<Value> {
    ran.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn keys_that_work_are_said_to_and_cost_no_quota() {
    let world = world();
    let all = lines(check(&world, &[]).code(0).stderr_is(""));
    for (one, name) in all.iter().zip(["alpha", "beta"]) {
        assert_eq!((&one["name"], &one["result"]), (&json!(name), &json!("works")));
        assert_eq!((&one["model_listed"], &one["change"]), (&json!(true), &Value::Null));
    }
    assert_eq!(all.len(), 2);
    assert_eq!(world.calls(), (0, 0), "no review was asked for");
    let seen = world.stub.requests();
    assert!(seen.iter().all(|request| !request.key_in_query && request.has_key));
    assert_eq!(seen[0].path.as_deref(), Some("/v1beta/models"));
    let all = lines(check(&world, &["--model", "gemini-9-pro"]).code(0));
    assert_eq!(all[0]["model_listed"], false);
    let page = check(&world, &["--format", "table"]);
    page.code(0).stdout_has("works").stdout_has("may still have no quota");
}

#[test]
fn a_dead_key_is_retired_for_everybody_and_comes_back_when_it_works() {
    let world = world();
    // The service knows no such key.
    world.credentials(&json!([
        {"name": "alpha", "key": ALPHA}, {"name": "gone", "key": "key-that-nobody-knows"},
    ]));
    let all = lines(check(&world, &[]).code(1));
    assert_eq!((&all[0]["result"], &all[1]["result"]), (&json!("works"), &json!("dead")));
    assert_eq!((&all[1]["change"], &all[1]["class"]), (&json!("retired"), &json!("auth")));
    assert_eq!(lines(check(&world, &[]).code(1))[1]["change"], Value::Null);
    for _ in 0..2 {
        assert_eq!(world.ask().code(0).json()["credential_used"], "alpha");
    }

    // A key that was refused once, and is taken now.
    let refused = Rule::new("beta", "*").respond(Response::fixture("E13"));
    let world = World::new(script().rule(refused).rule(Rule::new("*", "*").respond(approval())));
    world.credentials(&json!([{"name": "beta", "key": BETA}]));
    world.ask().code(2);
    let all = lines(check(&world, &[]).code(0));
    assert_eq!((&all[0]["result"], &all[0]["change"]), (&json!("works"), &json!("revived")));
    assert_eq!(world.state()["credentials"], json!({}));
}

#[test]
fn what_cannot_be_told_changes_nothing() {
    let world = world();
    // Hangs up on everybody.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let ran = check(&world, &["--base-url", &format!("http://{address}")]);
    let all = lines(ran.code(74));
    assert_eq!((&all[0]["result"], &all[0]["class"]), (&json!("unknown"), &json!("network")));
    assert!(all[0]["http"].is_null() && all[0]["why"].is_string());
    let elsewhere = format!("{}/elsewhere", world.stub.base_url());
    let all = lines(check(&world, &["--base-url", &elsewhere]).code(74));
    assert_eq!((&all[1]["http"], &all[1]["class"]), (&json!(404), &json!("model_unavailable")));
    assert!(!world.scratch.path("home/.assemblyzero/gemini-retry/state.json").exists());
}

#[test]
fn many_keys_are_asked_at_once_and_told_in_order() {
    let mut stubbed = script();
    let mut entries = vec![json!({"name": "o", "type": "oauth"})];
    for n in 0..20 {
        let (name, key) = (format!("c{n}"), format!("{OTHER}-{n}"));
        stubbed = stubbed.key(&name, &key);
        entries.push(json!({"name": name, "key": key}));
    }
    let world = World::new(stubbed);
    world.credentials(&entries.into());
    let ran = check(&world, &[]);
    let names: Vec<_> = lines(ran.code(0)).iter().map(|one| one["name"].to_string()).collect();
    assert_eq!(names, (0..20).map(|n| format!("\"c{n}\"")).collect::<Vec<_>>());
    ran.stderr_has("o was not checked: oauth");
    assert_eq!(world.stub.requests().len(), 20);
}

#[test]
fn without_a_credential_there_is_nothing_to_check() {
    let world = world();
    world.credentials(&json!([]));
    check(&world, &[]).code(2).stdout_is("").stderr_has("there is none");
    check(&world, &["--timeout", "0"]).code(2).stderr_has("--timeout");
}
