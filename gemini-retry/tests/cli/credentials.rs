//! Where keys come from, and who is refused.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

use gemini_stub::Rule;
use serde_json::json;

use crate::world::{ALPHA, BETA, OTHER, World, approval, script};

fn world() -> World {
    World::new(script().rule(Rule::new("*", "*").respond(approval())))
}

#[test]
fn the_key_of_the_environment_is_one_more_credential() {
    let world = world();
    for _ in 0..3 {
        let tool = world.tool().env("GEMINI_API_KEY", OTHER).args(["-p", "Review this."]);
        world.run(tool).code(0);
    }
    assert_eq!((world.calls(), world.stub.calls("other")), ((1, 1), 1));
    assert!(world.in_flight()["last_used"]["env"].is_string());
}

#[test]
fn a_key_may_stand_in_a_variable_and_an_unusable_entry_is_named_in_the_log() {
    let world = world();
    world.credentials(&json!([
        {"name": "o", "type": "oauth"},
        {"name": "off", "key": ALPHA, "enabled": false},
        {"name": "team", "key_env": "TEAM_KEY"},
    ]));
    world.run(world.tool().env("TEAM_KEY", BETA).args(["-p", "Review this."])).code(0);
    assert_eq!(world.calls(), (0, 1));
    let start = &world.events_called("START")[0];
    assert_eq!(start["credentials"], json!(["team"]));
    assert_eq!(start["skipped"].as_array().unwrap().len(), 2);
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let world = world();
    let path = world.scratch.path("home/.assemblyzero/gemini-credentials.json");
    set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let ran = world.ask();
    ran.code(2).stdout_is("").stderr_has(&format!("chmod 600 {}", path.display()));
    assert_eq!(ran.err().lines().count(), 2);
    assert!(world.stub.requests().is_empty());
}

#[test]
fn without_a_usable_key_the_file_is_named() {
    let world = world();
    for (entries, word) in [
        (json!([]), "there is none"),
        (json!([{"name": "o", "type": "oauth"}]), "o (oauth"),
        (json!([{"name": "a", "key_cmd": "pass show a"}]), "key_cmd is not supported"),
        (json!([{"name": "a", "key_env": "NOT_SET"}]), "not set"),
        (json!([{"name": "a", "key": ALPHA}, {"name": "a", "key": BETA}]), "called a"),
        (json!("odd"), "gemini-credentials.json:1:"),
    ] {
        world.credentials(&entries);
        world.ask().code(2).stdout_is("").stderr_has(word);
    }
    std::fs::remove_file(world.scratch.path("home/.assemblyzero/gemini-credentials.json")).unwrap();
    world.ask().code(2).stderr_has("gemini-credentials.json").stderr_has("GEMINI_API_KEY");
    assert!(world.stub.requests().is_empty());
}
