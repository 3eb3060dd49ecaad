//! What is said on stderr beside an answer, and what the environment decides.

use gemini_stub::{Response, Rule};
use serde_json::json;

use crate::world::{MODEL, World, approval, script};

fn world() -> World {
    World::new(script().rule(Rule::new("*", "*").respond(approval())))
}

/// A service where this model answers, whatever is asked.
fn served(model: &str) -> World {
    World::new(script().rule(Rule::new("*", "*").respond(approval().model_version(model))))
}

#[test]
fn an_ordinary_review_says_nothing() {
    world().ask().code(0).stderr_is("");
}

#[test]
fn a_name_that_was_shut_down_is_told() {
    let world = served(MODEL);
    let ran = world.ask_with(&["--model", "gemini-3-pro-preview"]);
    ran.code(0).stderr_is(
        "gemini-retry: gemini-3-pro-preview was shut down; gemini-3.1-pro-preview is asked in its place\n",
    );
    let ran = world.ask_with(&["--model", "gemini-1.5-pro"]);
    ran.code(1).stderr_has("gemini-1.5-pro is known to be shut down");
}

#[test]
fn the_newest_of_a_family_is_asked_by_that_name_and_checked() {
    let world = served(MODEL);
    let envelope = world.ask_with(&["--model", "gemini-pro-latest"]).code(0).json();
    assert_eq!(envelope["model"], "gemini-pro-latest");
    assert_eq!(envelope["model_verified"], MODEL);
    assert_eq!(world.stub.requests()[0].model.as_deref(), Some("gemini-pro-latest"));
    let ran = world.ask_with(&["--model", "gemini-flash-latest"]);
    ran.code(1).stdout_is("").stderr_has("gemini-3.1-pro-preview answered");
}

#[test]
fn a_model_that_will_be_shut_down_is_told_and_logged() {
    let text = json!({"verdict": "APPROVED", "critique": "c"}).to_string();
    let body = json!({
        "candidates": [{"finishReason": "STOP", "content": {"parts": [{"text": text}]}}],
        "modelVersion": MODEL,
        "modelStatus": {"modelStage": "LEGACY", "retirementTime": "2027-03-09T00:00:00Z"},
    });
    let rule = Rule::new("*", "*").respond(Response::status(200).body(body));
    let world = World::new(script().rule(rule));
    let told =
        "gemini-retry: gemini-3.1-pro-preview will be shut down on 2027-03-09T00:00:00.000Z\n";
    world.ask().code(0).stderr_is(told);
    assert_eq!(world.events_called("SUCCESS")[0]["retirement_time"], "2027-03-09T00:00:00.000Z");
}

#[test]
fn what_nobody_sees_in_a_prompt_is_told_and_sent() {
    let world = world();
    let prompt = "Review this.\nIt is \u{202e}safe\u{202c}.\n";
    let ran = world.run(world.tool().arg("-").stdin(prompt));
    ran.code(0).stderr_is(
        "gemini-retry: stdin: line 2 has U+202E, which people do not see and the model reads \
         (1 more such characters follow)\n",
    );
    assert_eq!(world.stub.requests()[0].prompt(), prompt);
}

#[test]
fn a_large_prompt_is_told_and_one_that_no_model_takes_is_sent_only_on_purpose() {
    let world = world();
    let large = world.scratch.write("large", "x".repeat(801_000));
    let ran = world.run(world.tool().arg("-f").arg(&large));
    ran.code(0).stderr_has("about 200250 tokens");
    let huge = world.scratch.write("huge", "x".repeat(5_500_000));
    let ran = world.run(world.tool().arg("-f").arg(&huge));
    ran.code(65).stdout_is("").stderr_has("about 1375000 tokens").stderr_has("--force");
    assert_eq!(world.stub.requests().len(), 1);
    world.run(world.tool().arg("--force").arg("-f").arg(&huge)).code(0);
    // Each of these bytes takes six in the body.
    let odd = world.scratch.write("odd", "\u{1}".repeat(3_600_000));
    let ran = world.run(world.tool().arg("--force").arg("-f").arg(&odd));
    ran.code(65).stdout_is("").stderr_has("21600002 bytes as JSON");
    assert_eq!(world.stub.requests().len(), 2);
}

#[test]
fn a_long_prompt_on_the_command_line_is_told() {
    let world = world();
    let long = "x".repeat(9000);
    let tool = || world.tool().args(["-p", &long]);
    world.run(tool()).code(0).stderr_has("9000 bytes on the command line");
    let tool_with = |limit: &str| tool().env("GEMINI_RETRY_PROMPT_THRESHOLD", limit);
    world.run(tool_with("9000")).code(0).stderr_is("");
    world.run(tool_with("many")).code(2).stderr_has("GEMINI_RETRY_PROMPT_THRESHOLD");
}

#[test]
fn an_empty_variable_is_none() {
    let world = world();
    let base = world.stub.base_url();
    let mut tool = world.tool().args(["--base-url", &base, "-p", "Review this."]);
    for name in [
        "GEMINI_RETRY_MAX",
        "GEMINI_RETRY_DEADLINE",
        "GEMINI_RETRY_BASE_DELAY",
        "GEMINI_RETRY_MAX_DELAY",
        "GEMINI_RETRY_LOG_DIR",
        "GEMINI_RETRY_PROMPT_THRESHOLD",
        "GOOGLE_GEMINI_BASE_URL",
        "GEMINI_API_KEY",
        "SWITCHYARD_SESSION",
    ] {
        tool = tool.env(name, "");
    }
    world.run(tool).code(0).stderr_is("");
    let start = &world.events_called("START")[0];
    assert_eq!((&start["max_retries"], &start["deadline_s"]), (&json!(20), &json!(1200.0)));
}

#[test]
fn an_option_goes_before_its_variable() {
    let world = world();
    let set = || {
        let tool = world.tool().env("GEMINI_RETRY_MAX", "7").env("GEMINI_RETRY_DEADLINE", "90");
        tool.args(["-p", "Review this."])
    };
    world.run(set()).code(0);
    world.run(set().args(["--max-attempts", "3", "--deadline", "2m"])).code(0);
    let starts = world.events_called("START");
    assert_eq!((&starts[0]["max_retries"], &starts[0]["deadline_s"]), (&json!(7), &json!(90.0)));
    assert_eq!((&starts[1]["max_retries"], &starts[1]["deadline_s"]), (&json!(3), &json!(120.0)));
    for (name, value) in [("GEMINI_RETRY_MAX", "many"), ("GEMINI_RETRY_DEADLINE", "0")] {
        world.run(set().env(name, value)).code(2).stdout_is("").stderr_has(name);
    }
}

#[test]
fn run_logs_go_where_the_predecessors_variable_says() {
    let world = world();
    let tool = world.tool().env("GEMINI_RETRY_LOG_DIR", world.scratch.path("runs"));
    world.run(tool.args(["-p", "Review this."])).code(0);
    let names = std::fs::read_dir(world.scratch.path("runs")).unwrap();
    let is_log = |name: &str| name.starts_with("gemini-retry-");
    assert_eq!(
        names.filter(|e| is_log(e.as_ref().unwrap().file_name().to_str().unwrap())).count(),
        1
    );
    assert!(world.events().is_empty());
}

#[test]
fn old_logs_of_runs_go_and_those_of_today_stay() {
    let world = world();
    let dir = "home/.assemblyzero/gemini-retry/logs";
    // 2001, by a process that is long gone.
    let old = world
        .scratch
        .write(format!("{dir}/gemini-retry-1000000000000-2147483647-0a1b2c3d.jsonl"), "");
    let mine = world.scratch.write(format!("{dir}/gemini-retry-20260101_120000.jsonl"), "");
    world.ask().code(0).stderr_is("");
    world.ask().code(0).stderr_is("");
    assert!(!old.exists() && mine.exists());
    assert_eq!(world.events_called("START").len(), 2);
}
