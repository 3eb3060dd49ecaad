//! The way of the runbook: the first quota is used up, the second credential meets an overload, and
//! then there is a review.

use gemini_stub::{Response, Rule};
use records::SubjectBlock;
use serde_json::Value;

use crate::world::{MODEL, World, approval, script};

const DESIGN: &str = "# 98 - Schema backend CRUD\n\nStore it.\n";

fn prompt() -> (String, SubjectBlock) {
    let block = SubjectBlock::new(
        "docs/LLDs/active/98-schema-backend-crud.md",
        DESIGN.as_bytes(),
        "00112233445566778899aabbccddeeff",
    )
    .unwrap();
    let (header, begin, end) = (block.header_line(), block.begin_line(), block.end_line());
    (format!("{header}\n\nReview.\n{begin}\n{DESIGN}\n{end}\nJSON only.\n"), block)
}

fn world() -> World {
    World::new(
        script()
            .rule(Rule::new("alpha", MODEL).respond(Response::fixture("E01")))
            .rule(Rule::new("beta", MODEL).respond(Response::fixture("E26")).respond(approval())),
    )
}

#[test]
fn a_review_is_obtained_logged_and_printed() {
    let world = world();
    let (prompt, block) = prompt();
    let tool = world
        .tool()
        .args(["--issue", "98", "--node", "review_lld", "-"])
        .env("SWITCHYARD_SESSION", "a1b2c3d4")
        .stdin(prompt.clone());
    let ran = world.run(tool);
    ran.code(0).stderr_is("");

    let envelope = ran.json();
    assert_eq!(envelope["schema"], "gemini-retry.review/1");
    assert_eq!(envelope["verdict"], "APPROVED");
    assert_eq!(envelope["critique"], "Sound, and small enough.");
    assert_eq!(envelope["response"]["verdict"], "APPROVED");
    assert_eq!(envelope["subject"]["sha256"], block.sha256.as_str());
    assert_eq!(envelope["subject"]["path"], block.path.as_str());
    assert_eq!(envelope["model_verified"], MODEL);
    assert_eq!(envelope["credential_used"], "beta");
    assert_eq!((&envelope["attempts"], &envelope["rotation_occurred"]), (&3.into(), &true.into()));

    assert_eq!(world.calls(), (1, 2));
    let requests = world.stub.requests();
    assert!(requests.iter().all(|r| r.prompt() == prompt && !r.key_in_query));
    assert!(requests.iter().all(|r| r.body.as_ref().unwrap().get("tools").is_none()));

    let entries = world.entries();
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    for key in [
        "verdict",
        "critique",
        "subject",
        "model_verified",
        "credential_used",
        "attempts",
        "rotation_occurred",
        "usage",
        "response_id",
        "issue_id",
        "node",
        "tier_1_issues",
        "model",
    ] {
        assert_eq!(entry[key], envelope[key], "{key}");
    }
    assert_eq!(entry["id"], envelope["audit_id"]);
    assert_eq!((&entry["project"], &entry["outcome"]), (&"talos".into(), &"reviewed".into()));
    assert_eq!(entry["session_id"], "a1b2c3d4");
    let shards: Vec<String> = std::fs::read_dir(world.repo.file("logs/active"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(shards.len() == 1 && shards[0].ends_with("_a1b2c3d4.jsonl"), "{shards:?}");
    assert_eq!(world.repo.git(["status", "--porcelain"]), "", "the log is hidden from git");
}

#[test]
fn the_used_up_quota_is_left_alone_until_midnight_in_los_angeles() {
    let world = world();
    world.ask().code(0);
    let state = world.state();
    let scope = &state["scopes"][format!("p:alpha|m:{MODEL}")];
    assert_eq!(scope["reason"], "quota_day");
    let until = second_of(&scope["until"]);
    // Midnight there is 07:00 or 08:00 UTC; up to two minutes are added by chance.
    let (hour, rest) = (until % 86_400 / 3600, until % 3600);
    assert!((hour == 7 || hour == 8) && rest <= 120, "{scope}");
    let now = cli::clock::now().instant().as_second();
    assert!(until > now && until <= now + 25 * 3600 + 120, "{scope}");
    let text = state.to_string();
    assert!(!text.contains("p:second|"), "an overload cools nobody: {text}");

    // The next run goes straight to the other key.
    world.ask().code(0);
    assert_eq!(world.calls(), (1, 3));
}

#[test]
fn the_log_of_a_run_tells_the_story() {
    let world = world();
    world.ask().code(0);
    let names = world.events().iter().map(|e| e["event"].as_str().unwrap().to_owned()).collect();
    // On a busy machine the short wait is over before it begins.
    let names: Vec<String> = Vec::into_iter(names).filter(|name| name != "WAIT").collect();
    assert_eq!(
        names,
        [
            "START",
            "ATTEMPT",
            "ERROR",
            "QUOTA_EXHAUSTED_TRY_ROTATION",
            "COOLDOWN_SET",
            "ROTATION_SUCCESS",
            "ATTEMPT",
            "ERROR",
            "RETRY_SCHEDULED",
            "ATTEMPT",
            "SUCCESS",
        ]
    );
    let error = &world.events_called("ERROR")[0];
    assert_eq!(error["error_type"], "quota_day");
    assert_eq!(error["quota_id"], "GenerateRequestsPerDayPerProjectPerModel-FreeTier");
    assert_eq!((&error["retry_delay_s"], &error["action"]), (&22.0.into(), &"rotate".into()));
}

#[test]
fn calls_of_one_session_share_a_shard_also_from_a_lane() {
    let world = world();
    let lane = world.repo.worktree(world.scratch.path("talos-98"), "98-lane");
    for dir in [world.repo.path(), lane.path()] {
        let tool = world.tool().dir(dir).env("SWITCHYARD_SESSION", "00000007");
        world.run(tool.args(["-p", "Review this."])).code(0);
    }
    let entries = world.entries();
    assert_eq!(entries.len(), 2);
    assert_eq!(std::fs::read_dir(world.repo.file("logs/active")).unwrap().count(), 1);
    assert!(!lane.file("logs").exists());
}

fn second_of(stamp: &Value) -> i64 {
    let stamp: records::Stamp = stamp.as_str().unwrap().parse().unwrap();
    stamp.instant().as_second()
}
