//! Issues that may be coded without an approved LLD: by a rule, or by a waiver.

use serde_json::{Value, json};

use crate::world::{DESIGN, DOCUMENT, HISTORY, ISSUES, SHARD, World, codes, entry};

const RULES: &str =
    "gates:\n  no_lld:\n  - label: core\n    title: 'schema *'\n  - {title: 'refuse*'}\n";

fn with_rules() -> World {
    let world = World::new();
    world.repo.commit_file("switchyard.yaml", RULES, "Rules");
    world
}

#[track_caller]
fn standing(world: &World, issue: u64) -> Value {
    let ran = world.tool(["coverage", "-"]).stdin(ISSUES).run();
    let standings = ran.code(0).json_lines();
    standings.into_iter().find(|standing| standing["issue"] == issue).unwrap()
}

#[test]
fn a_rule_is_a_third_state_and_named() {
    let world = with_rules();
    let gate = world.gate().code(0).json();
    assert_eq!(gate["no_lld"], "gates.no_lld: label 'core', title 'schema *'");
    assert_eq!(gate["proof"], Value::Null);
    let conditions = gate["conditions"].as_array().unwrap();
    let needed = conditions.iter().find(|c| c["code"] == "lld_not_needed").unwrap();
    assert!(needed["detail"].as_str().unwrap().contains("label 'core'"), "{gate}");
    assert!(conditions.iter().all(|c| c["code"] != "lld_approved"), "nobody approved: {gate}");
    for (issue, expected) in [(98, "no_lld_needed"), (96, "no_lld_needed"), (99, "needs_lld")] {
        assert_eq!(standing(&world, issue)["standing"], expected, "{issue}");
    }
    let ran = world.tool(["coverage", "-", "--format", "table"]).stdin(ISSUES).run();
    ran.code(0).stdout_has("no LLD needed").stdout_has("title 'refuse*'");
    // A rule does not open a closed issue, and a lane brings no rules of its own.
    let closed = ISSUES.replace("CRUD\", \"state\": \"OPEN\"", "CRUD\", \"state\": \"CLOSED\"");
    world.tool(["coverage", "-"]).stdin(closed).run().code(0);
    assert_eq!(world.closed(), ["issue_closed"]);
    let world = World::new();
    let lane = world.repo.worktree(world.scratch.path("lane"), "98-x");
    lane.commit_file("switchyard.yaml", RULES, "Rules of its own");
    let ran = world.tool(["gate", "98"]).dir(lane.path()).run();
    assert_eq!(codes(&ran.code(1).json()), ["lld_missing"]);
}

#[test]
fn a_document_is_judged_whatever_the_rules_say() {
    let world = with_rules();
    world.repo.write(DOCUMENT, DESIGN);
    assert_eq!(world.closed(), ["lld_not_reviewed"]);
    let digest = world.digest();
    world.log(SHARD, &[entry("BLOCKED", "e1", "2026-01-24T18:30:45Z", &digest)]);
    assert_eq!(world.closed(), ["review_blocked"]);
    // Taking a blocked document away does not make the issue one that never needed it.
    std::fs::remove_file(world.repo.file(DOCUMENT)).unwrap();
    let gate = world.gate().code(1).json();
    assert_eq!(codes(&gate), ["lld_missing"]);
    let message = gate["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains("does not excuse") && message.contains("e1"), "{message}");
    // Nor does a line that may have held such a review.
    let world = with_rules();
    world.gate().code(0);
    world.log_raw(HISTORY, "{\"node\":\"review_lld\",\"issue_id\":98,\n");
    assert_eq!(world.closed(), ["lld_missing"]);
}

#[test]
fn settings_are_shown_and_mistakes_name_their_place() {
    let world = with_rules();
    let shown = world.tool(["--show-config"]).run().code(0).json_lines();
    let rules = shown.iter().find(|item| item["key"] == "gates.no_lld").unwrap();
    assert_eq!(rules["value"][1], json!({"title": "refuse*"}));
    assert!(shown.iter().any(|item| item["key"] == "gates.trust" && item["value"] == "audit"));
    world.repo.write("switchyard.yaml", "gates:\n  nolld: []\n");
    for args in [["gate", "98"], ["--show-config", "--format=json"]] {
        world.tool(args).run().code(2).stdout_is("").stderr_has("switchyard.yaml:2:3");
    }
}

fn waive(world: &World) -> Value {
    world.tool(["waive", "98", "--reason", "outage, fix first"]).run().code(0).json()
}

#[test]
fn a_waiver_is_recorded_with_who_and_why_and_shows_for_ever() {
    let world = World::new();
    world.repo.git(["config", "user.name", "Jo"]);
    world.repo.git(["config", "user.email", "jo@example.invalid"]);
    let given = waive(&world);
    assert_eq!(given["schema"], "lld-check.waiver/1");
    assert_eq!(given["state"], "holds");
    assert_eq!(given["by"], "Jo <jo@example.invalid>");
    assert_eq!(given["reason"], "outage, fix first");

    let gate = world.gate().code(0).json();
    assert_eq!(gate["waived"], json!(["lld_present", "lld_filled", "lld_approved"]));
    for condition in gate["conditions"].as_array().unwrap() {
        if condition["code"].as_str().unwrap().starts_with("lld_") {
            assert_eq!(condition["met"], false, "a waiver meets nothing: {condition}");
            let detail = condition["detail"].as_str().unwrap();
            assert!(detail.contains("Jo") && detail.contains("outage"), "{detail}");
        }
    }
    assert_eq!(gate["waivers"][0]["by"], given["by"]);
    let shown = standing(&world, 98);
    assert_eq!(shown["standing"], "may_start");
    assert_eq!(shown["waivers"][0]["reason"], "outage, fix first");
    world
        .tool(["gate", "98", "--format", "table"])
        .run()
        .code(0)
        .stdout_has("#98 may be coded, waived by Jo")
        .stdout_has("outage, fix first");
    // Another issue is as it was, and an unknown one stays unknown.
    let ran = world.tool(["gate", "99"]).run();
    assert_eq!(codes(&ran.code(1).json()), ["lld_missing"]);
    world.tool(["waive", "77", "--reason", "x"]).run().code(0);
    assert_eq!(codes(&world.tool(["gate", "77"]).run().code(1).json()), ["issue_unknown"]);

    let args = ["waive", "98", "--withdraw", "--reason", "over", "--by", "Al"];
    let withdrawn = world.tool(args).run().code(0).json();
    assert_eq!(withdrawn["state"], "withdrawn");
    let gate = world.gate().code(1).json();
    assert_eq!(codes(&gate), ["lld_missing"]);
    let ended = gate["waivers"][0]["ended"].as_str().unwrap();
    assert!(ended.contains("withdrawn by Al") && ended.ends_with("over"), "{ended}");
    let ran = world.tool(args).run();
    assert_eq!(codes(&ran.code(1).json()), ["waiver_missing"]);
}

#[test]
fn a_waiver_ends_with_what_it_was_given_for() {
    let world = World::with_document(DESIGN);
    waive(&world);
    world.gate().code(0);
    world.repo.write(DOCUMENT, DESIGN.replace("four", "five"));
    let gate = world.gate().code(1).json();
    assert_eq!(codes(&gate), ["lld_not_reviewed"]);
    assert_eq!(gate["waivers"][0]["state"], "outdated");
    // The same bytes again, and then a review that its giver did not know of.
    world.repo.write(DOCUMENT, DESIGN);
    world.gate().code(0);
    world.log(SHARD, &[entry("REVISE", "old", "2026-01-24T18:30:45Z", &world.digest())]);
    world.gate().code(0);
    world.log(SHARD, &[entry("REVISE", "new", "no time", &world.digest())]);
    let gate = world.gate().code(1).json();
    assert_eq!(codes(&gate), ["review_revise"]);
    let ended = gate["waivers"][0]["ended"].as_str().unwrap();
    assert!(ended.contains("did not approve (entry new"), "{ended}");
    // Given again by somebody who knows.
    waive(&world);
    assert_eq!(world.closed(), ["review_revise"], "nobody can say that the review is older");
    // A document that appears afterwards wants its own review.
    let world = World::new();
    waive(&world);
    world.repo.write(DOCUMENT, DESIGN);
    let gate = world.gate().code(1).json();
    assert_eq!(codes(&gate), ["lld_not_reviewed"]);
    assert_eq!(gate["waived"], json!([]));
}

#[test]
fn a_damaged_journal_waives_nothing() {
    let world = World::new();
    waive(&world);
    world.log_raw(".git/switchyard/waivers.jsonl", "{\"issue\":98,\n");
    let gate = world.gate().code(1).json();
    assert_eq!(codes(&gate), ["lld_missing"]);
    let ended = gate["waivers"][0]["ended"].as_str().unwrap();
    assert!(ended.contains("waivers.jsonl:2"), "{ended}");
    let ran = world.tool(["waive", "98", "--reason", "x"]).run();
    ran.code(65).stdout_is("").stderr_has("waivers.jsonl:2");
    // Cut off: nobody was told that it is there.
    let world = World::new();
    waive(&world);
    world.log_raw(".git/switchyard/waivers.jsonl", "{\"issue\":98,");
    world.gate().code(0).stderr_has("waivers.jsonl");
    let blank = world.tool(["waive", "98", "--reason", " "]).run();
    blank.code(2).stdout_is("").stderr_has("--reason");
}

#[test]
fn status_shows_rules_and_waivers_as_the_gate_does() {
    let of = |world: &World| world.tool(["status", "98"]).run().code(0).json();
    let world = with_rules();
    let shown = of(&world);
    assert_eq!(shown["no_lld"], "gates.no_lld: label 'core', title 'schema *'");
    assert_eq!(shown["why"][0]["code"], "lld_not_needed");
    world.log(SHARD, &[entry("REVISE", "e1", "2026-01-24T18:30:45Z", &"0".repeat(64))]);
    assert_eq!(of(&world)["no_lld"], Value::Null);

    let world = World::with_document(DESIGN);
    assert_eq!(of(&world)["waivers"], json!([]));
    waive(&world);
    assert_eq!(of(&world)["waivers"], world.gate().code(0).json()["waivers"]);
    let table = world.tool(["status", "98", "--format", "table"]).run();
    table.code(0).stdout_has("outage, fix first (holds)");
    world.log(SHARD, &[entry("REVISE", "e1", "no time", &world.digest())]);
    let shown = of(&world);
    assert_eq!(shown["waivers"], world.gate().code(1).json()["waivers"]);
    assert_eq!(shown["waivers"][0]["state"], "outdated");
    world.repo.write(DOCUMENT, b"a\xff\n");
    let shown = world.tool(["status", "98"]).run().code(65).json();
    assert_eq!(shown["waivers"][0]["ended"], "a document of the issue cannot be read");
}
