//! The command transport: what a program is given, and what its end means. Every program here is a
//! real one.

use serde_json::{Value, json};
use testkit::Tool;

use crate::world::{ALPHA, BETA, MODEL, OTHER, World, failed, script};

pub(crate) const VERDICT: &str = r#"{"verdict":"APPROVED","critique":"Sound.","tier_1_issues":[]}"#;
pub(crate) const GEMINI: &str = "gemini --model {model} --output-format json";

pub(crate) fn world() -> World {
    let world = World::new(script());
    world.credentials(&json!([]));
    world
}

pub(crate) fn plain(world: &World) -> Tool {
    world.command("agy --model {model}").arg("--allow-unverified-model").arg("-").stdin("Review.\n")
}

/// What `gemini --output-format json` prints when `model` gave the answer.
pub(crate) fn stats(model: &str) -> Value {
    json!({"models": {
        model: {"tokens": {"prompt": 9, "candidates": 4, "total": 13},
            "roles": {"main": {"totalRequests": 1, "totalErrors": 0, "tokens": {"total": 13}}}},
        "gemini-2.5-flash-lite": {"tokens": {"total": 5},
            "roles": {"utility_router": {"totalRequests": 1, "tokens": {"total": 5}}}},
    }})
}

pub(crate) fn reply(model: &str) -> String {
    json!({"session_id": "s", "response": VERDICT, "stats": stats(model)}).to_string()
}

fn prints(text: &str) -> String {
    format!("cat > /dev/null\ncat <<'EOF'\n{text}\nEOF")
}

#[test]
fn a_program_without_proof_counts_only_when_that_is_allowed() {
    let world = world();
    world.program("agy", &prints(VERDICT));
    let ran = world.run(world.command("agy --model {model}").arg("-").stdin("Review.\n"));
    failed(&ran, 1, "model_unverified");
    let envelope = world.run(plain(&world).args(["--issue", "98"])).code(0).json();
    assert_eq!(envelope["verdict"], "APPROVED");
    assert_eq!(envelope["model_verified"], Value::Null);
    assert_eq!(envelope["credential_used"], "command");
    let entries = world.entries();
    assert_eq!(entries.len(), 2);
    let entry = entries.iter().find(|entry| entry["id"] == envelope["audit_id"]).unwrap();
    assert_eq!((&entry["verdict"], &entry["model_verified"]), (&"APPROVED".into(), &Value::Null));
    assert_eq!(entry["program"], "agy");
    let attempt = &world.events_called("ATTEMPT")[0];
    assert_eq!((&attempt["program"], &attempt["credential"]), (&"agy".into(), &"command".into()));
    assert_eq!(world.events_called("ERROR")[0]["exit_code"], 0);
    assert!(world.stub.requests().is_empty());
}

#[test]
fn the_client_proves_which_model_answered() {
    let world = world();
    world.program("gemini", &prints(&reply(MODEL)));
    let envelope = world.run(world.command(GEMINI).arg("-").stdin("Review.\n")).code(0).json();
    assert_eq!(envelope["model_verified"], MODEL);
    world.program("gemini", &prints(&reply("gemini-2.5-flash")));
    let ran = world.run(world.command(GEMINI).arg("-").stdin("Review.\n"));
    failed(&ran, 1, "model_mismatch");
    ran.stderr_has("gemini-2.5-flash answered");
}

#[test]
fn the_prompt_comes_whole_on_stdin_and_in_no_argument() {
    let world = world();
    let (seen, args) = (world.scratch.path("seen"), world.scratch.path("args"));
    let script = format!(
        "cat > '{}'; printf '%s\\n' \"$@\" > '{}'; cat <<'EOF'\n{VERDICT}\nEOF",
        seen.display(),
        args.display()
    );
    world.program("agy", &script);
    // Larger than any pipe.
    let prompt = format!("Line with 'quotes' and ünïcode.\n{}", "0123456789\n".repeat(50_000));
    let line = "agy --model={model} 'two words' \"$HOME\" {{}}";
    for schema in ["none", "builtin:verdict"] {
        let tool = world.command(line).args(["--allow-unverified-model", "--schema", schema, "-"]);
        world.run(tool.stdin(prompt.clone())).code(0);
        let read = std::fs::read_to_string(&seen).unwrap();
        if schema == "none" {
            assert!(read == prompt, "a prompt without a verdict goes as it is");
        } else {
            assert!(read.ends_with(&format!("\n\n{prompt}")) && read.len() > prompt.len() + 100);
        }
    }
    let expected = format!("--model={MODEL}\ntwo words\n$HOME\n{{}}\n");
    assert_eq!(std::fs::read_to_string(args).unwrap(), expected);
}

#[test]
fn it_works_in_an_empty_folder_that_is_gone_afterwards() {
    let world = world();
    let seen = world.scratch.path("seen");
    let script = format!(
        "cat > /dev/null; {{ pwd; ls -A | wc -l; ls -ld . | cut -c1-10; }} > '{}'; echo x > left; \
         mkdir -p a/b; cat <<'EOF'\n{VERDICT}\nEOF",
        seen.display()
    );
    world.program("agy", &script);
    world.run(plain(&world)).code(0);
    let seen = std::fs::read_to_string(seen).unwrap();
    let lines: Vec<&str> = seen.lines().map(str::trim).collect();
    assert_eq!(lines[1], "0", "{seen}");
    assert!(!std::path::Path::new(lines[0]).exists());
    let folders = world.scratch.path("home/.assemblyzero/gemini-retry/asking");
    assert_eq!(std::fs::read_dir(folders).unwrap().count(), 0);
}

/// Runs `line` with an `env` inside and gives what it printed, with names in place of keys: no file
/// may hold one.
#[track_caller]
fn environment(world: &World, name: &str, line: &str) -> String {
    let seen = world.scratch.path("environment");
    let script = format!(
        "cat > /dev/null
        show() {{
            env | grep -E 'KEY|GEMINI_CLI|GOOGLE|GIT_DIR' | sort
            [ -z \"$GEMINI_CLI_HOME\" ] || cat \"$GEMINI_CLI_HOME/.gemini/settings.json\"
        }}
        show | sed 's/AIza.*/<alpha>/;s/key-of-beta.*/<beta>/;s/=AQ.*/=<other>/' > '{}'
        echo '{VERDICT}'",
        seen.display()
    );
    world.program(name, &script);
    let tool = world.command(line).args(["--allow-unverified-model", "--no-audit", "-"]);
    let tool = tool
        .stdin("Review.\n")
        .env("GEMINI_API_KEY", OTHER)
        .env("GOOGLE_API_KEY", OTHER)
        .env("TEAM_KEY", BETA)
        .env("GIT_DIR", "/nowhere")
        .env("GOOGLE_GENAI_USE_GCA", "true");
    world.run(tool).code(0);
    std::fs::read_to_string(seen).unwrap()
}

#[test]
fn a_program_gets_no_key_but_its_own() {
    let world = world();
    let entries = json!([
        {"name": "off", "key_env": "TEAM_KEY", "enabled": false},
        {"name": "me", "type": "oauth"},
        {"name": "alpha", "key": ALPHA},
    ]);
    world.credentials(&entries);
    let base = format!("GOOGLE_GEMINI_BASE_URL={}\n", world.stub.base_url());
    let login = format!("{base}GOOGLE_GENAI_USE_GCA=true\n");
    assert_eq!(environment(&world, "agy", "agy"), login);
    // One after the other: the login, the key of the file, the key of the environment.
    let mut seen = [(); 3].map(|()| environment(&world, "tell", "tell"));
    seen.sort();
    let with = |key: &str| format!("GEMINI_API_KEY=<{key}>\n{base}");
    assert_eq!(seen, [with("alpha"), with("other"), login]);
}

#[test]
fn the_clients_own_settings_cannot_outrank_a_key() {
    let world = world();
    world.credentials(&json!([{"name": "alpha", "key": ALPHA}]));
    let seen = environment(&world, "gemini", "gemini");
    assert!(seen.contains("GEMINI_API_KEY=<alpha>"), "{seen}");
    assert!(
        seen.contains(r#""selectedType":"gemini-api-key""#) && !seen.contains("USE_GCA"),
        "{seen}"
    );
}

#[test]
fn an_account_may_have_a_home_and_its_quota_is_remembered() {
    let world = world();
    world.credentials(&json!([
        {"name": "first", "type": "oauth"},
        {"name": "second", "type": "oauth", "home": world.scratch.path("second")},
    ]));
    let quota = json!({"error": {"type": "ApiError", "code": 429, "message": json!({"error": {
        "code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"@type": "google.rpc.QuotaFailure",
        "violations": [{"quotaId": "GenerateRequestsPerDayPerProject"}]}]}}).to_string()}});
    let script = format!(
        "cat > /dev/null; if [ -z \"$GEMINI_CLI_HOME\" ]; then echo '{quota}' >&2; exit 173; fi\n\
         echo '{}'",
        reply(MODEL)
    );
    world.program("gemini", &script);
    let tool = || world.command(GEMINI).arg("-").stdin("Review.\n");
    let envelope = world.run(tool()).code(0).json();
    assert_eq!(
        (&envelope["attempts"], &envelope["credential_used"]),
        (&2.into(), &"second".into())
    );
    assert_eq!(envelope["rotation_occurred"], true);
    let scopes = &world.state()["scopes"];
    assert_eq!(scopes[format!("p:first|m:{MODEL}")]["reason"], "quota_day", "{scopes}");
    let envelope = world.run(tool()).code(0).json();
    assert_eq!(envelope["attempts"], 1);
}

#[test]
fn a_login_that_is_refused_is_asked_again_by_the_next_run() {
    let world = world();
    world.program("gemini", "cat > /dev/null; echo 'Please log in.' >&2; exit 41");
    for _ in 0..2 {
        let ran = world.run(world.command(GEMINI).arg("-").stdin("Review.\n"));
        assert_eq!(failed(&ran, 2, "auth")["attempts"], 1);
        ran.stderr_has("gemini ended with 41: Please log in.");
    }
}

#[test]
fn a_prompt_that_the_client_would_change_is_refused_before_anything_runs() {
    let world = world();
    let ran_at_all = world.scratch.path("ran");
    world.program("gemini", &format!("touch '{}'", ran_at_all.display()));
    let ran = world.run(world.command(GEMINI).arg("-").stdin("Review.\n\nsee @~/.ssh/id_rsa\n"));
    ran.code(65).stdout_is("").stderr_has("line 3 has an @").stderr_has("--transport rest");
    let tool = world.command("sh -c exit gemini").args(["--schema", "none", "-p", "/help"]);
    world.run(tool).code(65).stderr_has("begins with /");
    assert!(!ran_at_all.exists());
    assert!(world.entries().is_empty());
    // Another program gets every text.
    world.program("agy", &prints(VERDICT));
    let tool = world.command("agy").args(["--allow-unverified-model", "-p", "see @x"]);
    world.run(tool).code(0);
}

#[test]
fn a_command_that_makes_no_sense_is_refused_with_one_that_does() {
    let world = world();
    world.program("agy", "exit 0");
    for (flags, why) in [
        (&["--transport", "command"][..], "it needs --command"),
        (&["--command", "agy {modle}"], "{modle} means nothing here"),
        (&["--command", "agy 'x"], "a quote is not closed"),
        (&["--command", ""], "it is empty"),
        (&["--command", "no-such-program"], "no-such-program: not found on PATH"),
        (&["--transport", "rest", "--command", "agy"], "goes with --transport command"),
    ] {
        let tool = world.tool().path_first(world.scratch.path("bin")).args(flags).args(["-p", "x"]);
        let ran = world.run(tool);
        ran.code(2).stdout_is("").stderr_has(why);
        if flags.len() == 2 && !why.contains("quote") {
            ran.stderr_has("agy --model {model}").stderr_has("--output-format json");
        }
    }
    assert!(world.entries().is_empty());
}

#[test]
fn the_way_over_http_is_as_it_was() {
    let world = World::new(
        script().rule(gemini_stub::Rule::new("*", "*").respond(crate::world::approval())),
    );
    let ran = world.ask_with(&["--transport", "rest"]);
    assert_eq!(ran.code(0).json()["model_verified"], MODEL);
}
