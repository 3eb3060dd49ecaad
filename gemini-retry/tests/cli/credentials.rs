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
        (json!([{"name": "a", "key_cmd": "false"}]), "a (its key_cmd gave no key)"),
        (json!([{"name": "a", "key_cmd": "echo 'x"}]), "a quote that is not closed"),
        (
            json!([{"name": "a", "key": ALPHA, "models": ["gemini-2*"]}]),
            "no credential may be used",
        ),
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

#[test]
fn a_command_prints_the_key_and_sees_no_other_one() {
    let world = world();
    let told = world.scratch.path("told");
    let script = "env >\"$0\"; ulimit -c >>\"$0\"; echo noise >&2; printf '%s\\n' \"$1\"";
    world.credentials(&json!([
        {"name": "alpha", "key_cmd": ["sh", "-c", script, told, ALPHA], "key": "not-this-one"},
        {"name": "team", "key_env": "TEAM_KEY"},
    ]));
    for _ in 0..2 {
        let tool = world.tool().env("TEAM_KEY", BETA).env("GEMINI_API_KEY", OTHER);
        world.run(tool.env("GOOGLE_API_KEY", OTHER).args(["-p", "Review this."])).code(0);
        // `run` has looked for keys in every file, this one too.
        let told = std::fs::read_to_string(&told).unwrap();
        assert!(told.contains("PATH=") && !told.contains("TEAM_KEY"), "{told}");
        assert!(told.ends_with("\n0\n"), "a crash would leave a core file: {told}");
    }
    assert_eq!(world.calls(), (1, 1));
    assert_eq!(world.events_called("START")[0]["credentials"], json!(["alpha", "team", "env"]));
}

#[test]
fn a_command_that_fails_costs_its_credential_alone() {
    let world = world();
    world.credentials(&json!([
        {"name": "a", "key_cmd": "sh -c 'echo key-of-nobody; echo key-of-nobody >&2; exit 3'"},
        {"name": "b", "key_cmd": "no-such-program-anywhere"},
        {"name": "c", "key_cmd": "echo two words"},
        {"name": "beta", "key": BETA},
    ]));
    let ran = world.ask();
    ran.code(0)
        .stderr_has("credential a is left out: key_cmd failed (exit status: 3)")
        .stderr_has("credential b is left out: key_cmd cannot be run")
        .stderr_has("credential c is left out: what key_cmd printed is no key")
        .stderr_lacks("key-of-nobody");
    assert_eq!(ran.err().lines().count(), 3);
    assert_eq!(world.calls(), (0, 1));
}

#[test]
fn a_batch_and_a_check_get_the_keys_that_commands_print() {
    let world = world();
    let all = json!([
        {"name": "alpha", "key_cmd": ["printf", "%s", ALPHA]},
        {"name": "lost", "key_cmd": "false"},
    ]);
    world.credentials(&all);
    let batch = world.tool().arg("batch").stdin("{\"prompt\":\"Review this.\"}\n");
    world.run(batch).code(0).stderr_has("credential lost is left out");
    assert_eq!(world.calls(), (1, 0));
    let check = world.run(world.tool().arg("check"));
    check.code(0).stdout_has("alpha").stderr_has("credential lost is left out");
}

#[test]
fn a_signal_stops_a_command_and_nothing_is_asked() {
    let world = world();
    let told = world.scratch.path("told");
    let script = "echo $$ >\"$0\"; exec sleep 1000";
    world.credentials(&json!([{"name": "a", "key_cmd": ["sh", "-c", script, told]}]));
    let running = world.start(&[]);
    let pid = loop {
        let text = std::fs::read_to_string(&told).unwrap_or_default();
        if let Some(pid) = text.strip_suffix('\n') {
            break pid.to_owned();
        }
        std::thread::yield_now();
    };
    running.terminate();
    world.wait(running).code(143).stdout_is("");
    assert!(world.stub.requests().is_empty());
    // It was collected, so nothing of that number is left but perhaps another program.
    let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    assert!(!line.contains("sleep"), "{line}");
}

#[test]
fn a_key_is_used_for_its_models_alone() {
    let world = world();
    world.credentials(&json!([
        {"name": "alpha", "key": ALPHA, "models": ["*flash*"]},
        {"name": "beta", "key": BETA, "models": ["gemini-2*", "*pro*"], "weight": 3},
    ]));
    for _ in 0..2 {
        world.ask().code(0);
    }
    assert_eq!(world.calls(), (0, 2));
    world.ask_with(&["--model", "gemini-3-flash"]).code(0);
    assert_eq!(world.calls(), (1, 2));
    let ran = world.ask_with(&["--model", "gemma-3"]);
    ran.code(2).stdout_is("").stderr_has("no credential may be used for gemma-3");
}
