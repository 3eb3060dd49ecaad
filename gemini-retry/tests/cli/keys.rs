//! Listing, adding and removing credentials.

use std::fs::{self, Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

use gemini_stub::Rule;
use serde_json::{Value, json};
use testkit::Ran;

use crate::world::{ALPHA, BETA, OTHER, World, approval, script};

const FILE: &str = "home/.assemblyzero/gemini-credentials.json";

fn world() -> World {
    World::new(script().rule(Rule::new("*", "*").respond(approval())))
}

fn keys(world: &World, words: &[&str], stdin: &str) -> Ran {
    world.run(world.tool().arg("keys").args(words).stdin(stdin))
}

fn lines(ran: &Ran) -> Vec<Value> {
    ran.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn file(world: &World) -> Value {
    serde_json::from_str(&world.scratch.read(FILE)).unwrap()
}

fn mode(world: &World, path: &str) -> u32 {
    fs::metadata(world.scratch.path(path)).unwrap().permissions().mode() & 0o777
}

/// A refusal that changes nothing.
#[track_caller]
fn refused(world: &World, words: &[&str], stdin: &str, code: i32, why: &str) {
    let before = world.scratch.read(FILE);
    keys(world, words, stdin).code(code).stdout_is("").stderr_has(why);
    assert_eq!(world.scratch.read(FILE), before);
}

#[test]
fn a_list_shows_where_each_key_comes_from_and_no_key() {
    let world = world();
    world.credentials(&json!([
        {"name": "alpha", "key": ALPHA, "project": "one"},
        {"name": "beta", "key_env": "BETA_KEY", "billing": "acme", "enabled": false},
        {"name": "o", "type": "oauth"},
        {"name": "cmd", "key_cmd": ["pass", "show", ALPHA]},
        {"name": "all", "key_cmd": "pass show x", "key_env": "BETA_KEY", "key": "key-behind-all"},
        {"name": "two", "key_env": "BETA_KEY", "key": "key-behind-two"},
        {"name": "unset", "key_env": "NOT_SET", "key": "key-behind-unset"},
    ]));
    let tool = world.tool().env("BETA_KEY", BETA).env("GEMINI_API_KEY", OTHER);
    let ran = world.run(tool.args(["keys", "list"]));
    let all = lines(ran.code(0).stderr_is(""));
    let told: Vec<_> = all
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["source"].as_str().unwrap()))
        .collect();
    let expected = [
        ("alpha", "key"),
        ("beta", "key_env"),
        ("o", "none"),
        ("cmd", "key_cmd"),
        ("all", "key_cmd"),
        ("two", "key_env"),
        ("unset", "key"),
        ("env", "environment"),
    ];
    assert_eq!(told, expected);
    assert_eq!((&all[1]["enabled"], &all[1]["variable"]), (&json!(false), &json!("BETA_KEY")));
    assert!(all[0]["fingerprint"].as_str().unwrap().starts_with("sha256:"));
    assert_ne!(all[0]["fingerprint"], all[1]["fingerprint"]);
    keys(&world, &["list", "--format", "table"], "")
        .code(0)
        .stdout_has("the file")
        .stdout_has("a command")
        .stdout_has("$BETA_KEY");
}

#[test]
fn a_command_is_kept_as_a_line_and_its_key_is_used() {
    let world = world();
    world.credentials(&json!([]));
    world.program("vault", "[ \"$*\" = 'show team a' ] && echo \"$STORED\"");
    let line = "vault show 'team a'";
    let ran = keys(&world, &["add", "alpha", "--project", "one", "--key-cmd", line], "");
    assert_eq!(ran.code(0).stderr_is("").json()["fingerprint"], Value::Null);
    assert_eq!(file(&world)["credentials"][0]["key_cmd"], line);
    let tool = world.tool().path_first(world.scratch.path("bin")).env("STORED", ALPHA);
    let answer = world.run(tool.args(["--project", "talos", "-p", "Review this."]));
    assert_eq!(answer.code(0).json()["credential_used"], "alpha");

    refused(&world, &["add", "b", "--key-cmd", "vault show team\\ a"], "", 2, "alpha has the same");
    refused(
        &world,
        &["add", "b", "--key-cmd", "vault 'x"],
        "",
        2,
        "--key-cmd: key_cmd has a quote",
    );
    refused(&world, &["add", "b", "--key-cmd", ""], "", 2, "--key-cmd: key_cmd is empty");
    refused(
        &world,
        &["add", "b", "--key-cmd", "x", "--key-env", "X"],
        "",
        2,
        "cannot be used with",
    );
    let with_key = format!("echo {ALPHA}");
    refused(&world, &["add", "b", "--key-cmd", &with_key], "", 2, "does not belong on the command");
}

#[test]
fn a_first_key_makes_the_file_for_this_user_alone_and_is_used() {
    let world = world();
    fs::remove_dir_all(world.scratch.path("home/.assemblyzero")).unwrap();
    keys(&world, &["list"], "").code(0).stdout_is("").stderr_has("keys add");
    world.ask().code(2).stdout_is("").stderr_has("hint: `gemini-retry keys add NAME`");
    let ran = keys(&world, &["add", "alpha", "--project", "one"], &format!("{ALPHA}\n"));
    let change = ran.code(0).stderr_is("").json();
    assert_eq!((&change["change"], &change["remaining"]), (&json!("added"), &json!(["alpha"])));
    assert_eq!((mode(&world, "home/.assemblyzero"), mode(&world, FILE)), (0o700, 0o600));
    let expected = json!([{"name": "alpha", "type": "api_key", "key": ALPHA, "project": "one", "enabled": true}]);
    assert_eq!(file(&world)["credentials"], expected);
    assert_eq!(world.ask().code(0).json()["credential_used"], "alpha");
    keys(&world, &["add", "ci", "--key-env", "CI_KEY"], "").code(0);
    assert_eq!(file(&world)["credentials"][1]["key_env"], "CI_KEY");
    let names: Vec<_> = fs::read_dir(world.scratch.path("home/.assemblyzero"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().ends_with(".new")), "{names:?}");
}

#[test]
fn what_the_tool_does_not_know_is_kept_in_its_order() {
    let world = world();
    let text = format!(
        r#"{{"version":"x","credentials":[{{"notes":"n","account-name":"a@b","name":"alpha","key":"{ALPHA}"}},
            {{"name":"o","type":"oauth"}}],"last":1.50}}"#
    );
    world.scratch.write(FILE, &text);
    set_permissions(world.scratch.path(FILE), Permissions::from_mode(0o600)).unwrap();
    keys(&world, &["add", "beta"], BETA).code(0);
    let change = keys(&world, &["remove", "o"], "").code(0).json();
    assert_eq!(change["remaining"], json!(["alpha", "beta"]));
    let after = world.scratch.read(FILE);
    let places: Vec<usize> = ["version", "notes", "account-name", ALPHA, BETA, "last"]
        .iter()
        .map(|word| after.find(word).unwrap())
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    let page = keys(&world, &["remove", "alpha", "--format", "table"], "");
    page.code(0).stdout_has("removed alpha\n").stdout_has("in the file now: beta");
    assert!(!world.scratch.read(FILE).contains(ALPHA));
}

#[test]
fn a_link_is_kept_and_its_file_replaced() {
    let world = world();
    let path = world.scratch.path(FILE);
    let real = world.scratch.path("home/vault/gemini-credentials.json");
    fs::create_dir(real.parent().unwrap()).unwrap();
    fs::rename(&path, &real).unwrap();
    std::os::unix::fs::symlink(&real, &path).unwrap();
    set_permissions(&real, Permissions::from_mode(0o400)).unwrap();
    keys(&world, &["remove", "alpha"], "").code(0);
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(mode(&world, "home/vault/gemini-credentials.json"), 0o400, "the mode is kept");
    fs::remove_file(&real).unwrap();
    keys(&world, &["remove", "beta"], "").code(74).stdout_is("").stderr_has("cannot follow");
}

#[test]
fn what_is_no_key_and_what_is_there_already_is_refused() {
    let world = world();
    refused(&world, &["add", "alpha"], OTHER, 2, "a credential has that name");
    refused(&world, &["add", "gamma"], ALPHA, 2, "alpha has the same key");
    refused(&world, &["add", "env"], OTHER, 2, "GEMINI_API_KEY");
    for stdin in [
        "",
        "\r\n",
        "short",
        "\"a-key-that-was-copied-from-json\"",
        "two words are no key",
        "key-in-two\nlines-of-it",
        "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
    ] {
        refused(&world, &["add", "gamma"], stdin, 2, "the key on stdin");
    }
    refused(
        &world,
        &["add", "gamma", "--project", OTHER],
        "",
        2,
        "does not belong on the command line",
    );
    refused(&world, &["add", BETA], BETA, 2, "has the key in it");
    for words in [&["add", ""][..], &["add", " a"], &["add", "g", "--billing", ""]] {
        refused(&world, words, OTHER, 2, "a name is empty");
    }
    refused(&world, &["add", "gamma", "--key-env", "A B"], "", 2, "--key-env");
    refused(&world, &["remove", "gamma"], "", 2, "there are: alpha, beta");
    keys(&world, &["add", "ci", "--key-env", "CI_KEY"], "").code(0);
    refused(&world, &["add", "ci2", "--key-env", "CI_KEY"], "", 2, "ci has the same key");
    refused(&world, &[], "", 2, "Usage");
}

#[test]
fn a_file_that_is_damaged_or_open_to_others_is_left_as_it_is() {
    let world = world();
    let path = world.scratch.path(FILE);
    set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    for words in [&["list"][..], &["add", "gamma"], &["remove", "alpha"]] {
        refused(&world, words, OTHER, 2, "chmod 600");
    }
    for (text, place) in [
        (format!("{{\"credentials\":[\n{{\"name\":\"a\",\"key\":\"{ALPHA}\"]}}"), ":2:"),
        (format!("{{\"credentials\":\n\"{ALPHA}\"}}"), ":2:"),
        (format!("{{\"credentials\":[{{\"key\":\"{ALPHA}\",\n\"key\":\"{BETA}\"}}]}}"), ":2:"),
        ("[]".into(), ":1:"),
        (String::new(), ":1:"),
    ] {
        world.scratch.write(FILE, text);
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        for words in [&["list"][..], &["add", "gamma"], &["remove", "alpha"]] {
            refused(&world, words, OTHER, 2, place);
        }
    }
}

#[test]
fn many_changes_at_once_lose_nothing() {
    let world = world();
    let started: Vec<_> = (0..8)
        .map(|n| {
            let words = [
                "keys".to_owned(),
                "add".into(),
                format!("c{n}"),
                "--key-env".into(),
                format!("KEY_{n}"),
            ];
            world.tool().args(words).spawn()
        })
        .collect();
    let removing = world.tool().args(["keys", "remove", "beta"]).spawn();
    for running in started.into_iter().chain([removing]) {
        running.wait().code(0);
    }
    // No key is looked for before all have ended: a change that is being made has a file of its own.
    keys(&world, &["list"], "").code(0);
    let file = file(&world);
    let mut names: Vec<_> = file["credentials"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["alpha", "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"]);
}
