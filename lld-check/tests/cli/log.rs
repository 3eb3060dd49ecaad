//! Audit logs that contradict themselves, that wrong clocks wrote, or that somebody damaged.

use serde_json::{Value, json};

use crate::world::{DESIGN, HISTORY, ISSUES, SHARD, World, codes, entry};

const OTHER: &str = "logs/active/20260125T000000_00000001.jsonl";
const NOT_YET: &str = "2999-01-01T00:00:00.000Z";
const LATER: &str = "2026-01-25T00:00:00.000Z";

#[test]
fn an_approval_that_contradicts_itself_is_none() {
    const CONTRADICTED: &str = "approval_contradicted";
    for (key, value, code) in [
        ("tier_1_issues", json!(["It drops the table."]), CONTRADICTED),
        ("tier_1_issues", json!([{"issue": "It drops the table."}]), CONTRADICTED),
        ("tier_1_issues", json!("It drops the table."), CONTRADICTED),
        ("blocking_issues", json!([{"issue": "x"}]), CONTRADICTED),
        ("blocking_issues", json!("x"), CONTRADICTED),
        ("model_verified", json!(null), "model_unverified"),
        ("model_verified", json!(" "), "model_unverified"),
        ("failure_class", json!("quota_day"), CONTRADICTED),
    ] {
        let world = World::with_document(DESIGN);
        let sound = world.entry("APPROVED", "e0");
        let mut flawed = entry("APPROVED", "e1", LATER, &world.digest());
        flawed[key] = value;
        // A sound one before it does not help, and a sound one behind it does.
        world.log(SHARD, &[sound, flawed.clone()]);
        assert_eq!(world.closed(), [code], "{flawed}");
        let ran = world.record(&World::envelope(&entry("APPROVED", "e1", LATER, &world.digest())));
        assert_eq!(codes(&ran.code(1).json()), [code]);
        assert_eq!(world.document(), DESIGN);
        let after = entry("APPROVED", "e2", "2026-01-26T00:00:00Z", &world.digest());
        world.log(SHARD, &[after]);
        world.gate().code(0);
    }
}

#[test]
fn a_newer_verdict_that_nobody_can_read_is_no_yes() {
    for word in ["CHANGES_REQUESTED", "REVISE - see notes", "NOT APPROVED", "APPROVED?"] {
        let world = World::approved();
        let mut newer = entry("REVISE", "e2", LATER, &world.digest());
        newer["verdict"] = json!(word);
        world.log(SHARD, &[newer]);
        assert_eq!(world.closed(), ["verdict_unknown"], "{word}");
        let status = world.tool(["status", "98"]).run().code(0).json();
        assert_eq!(status["evidence"], "none", "{status}");
    }
    // A call that failed, or that ended without a word, is none.
    for (key, value) in [("outcome", json!("failed")), ("verdict", json!(" "))] {
        let world = World::approved();
        let mut newer = entry("REVISE", "e2", LATER, &world.digest());
        newer["verdict"] = json!("none given");
        newer[key] = value;
        world.log(SHARD, &[newer]);
        world.gate().code(0);
    }
}

#[test]
fn a_wrong_clock_never_makes_an_approval_the_newest() {
    let world = World::with_document(DESIGN);
    let stamped = |verdict, id, at| entry(verdict, id, at, &world.digest());
    world.log(SHARD, &[stamped("APPROVED", "e1", NOT_YET)]);
    world.gate().code(0);
    world.log(OTHER, &[stamped("REVISE", "e2", LATER)]);
    assert_eq!(world.closed(), ["review_revise"]);
    world.log(OTHER, &[stamped("APPROVED", "e3", "2026-01-26T00:00:00Z")]);
    assert_eq!(world.gate().code(0).json()["proof"]["audit_id"], "e3");
    // Of a no with such a stamp nobody knows that it was answered.
    world.log(OTHER, &[stamped("BLOCKED", "e4", NOT_YET)]);
    assert_eq!(world.closed(), ["review_blocked"]);
}

#[test]
fn any_damage_could_hide_something_newer_than_an_approval_without_a_time() {
    let world = World::with_document(DESIGN);
    world.log_raw(HISTORY, "{damaged\n");
    world.log(SHARD, &[world.entry("APPROVED", "e1")]);
    world.gate().code(0);
    for stamp in [json!(NOT_YET), Value::Null] {
        let mut approval = world.entry("APPROVED", "e1");
        approval["timestamp"] = stamp;
        world.repo.write(SHARD, format!("{approval}\n"));
        assert_eq!(world.closed(), ["log_damaged"]);
    }
}

#[test]
fn a_shard_that_leads_nowhere_is_not_overlooked() {
    let world = World::approved();
    let shard = world.repo.file(OTHER);
    std::os::unix::fs::symlink(world.scratch.path("gone"), &shard).unwrap();
    let ran = world.gate();
    ran.code(65).stdout_is("").stderr_has(OTHER).stderr_has("leads nowhere");
    std::fs::remove_file(shard).unwrap();
    world.gate().code(0);
}

#[test]
fn thousands_of_damaged_lines_make_one_short_reason() {
    let world = World::with_document(DESIGN);
    let damaged = format!("{{\"node\":\"review_lld\",\"issue_id\":98,{}\n", "x".repeat(100));
    world.log_raw(HISTORY, &damaged.repeat(3000));
    let gate = world.gate().code(1).json();
    assert_eq!(codes(&gate), ["lld_not_reviewed", "log_damaged"]);
    let message = gate["reasons"][1]["message"].as_str().unwrap();
    assert!(message.ends_with("governance_history.jsonl:5 and 2995 more"), "{message}");
}

#[test]
fn more_damage_than_is_kept_may_concern_every_issue() {
    let world = World::with_document(DESIGN);
    // Each names another issue, and what is not kept cannot be asked for it.
    let damaged = format!("{{\"node\":\"review_lld\",\"issue_id\":1,{}\n", "x".repeat(1 << 20));
    world.log_raw(HISTORY, &damaged.repeat(17));
    let ran = world.tool(["coverage", "-"]).stdin(ISSUES).run();
    let of_98 = ran.code(0).json_lines().into_iter().find(|s| s["issue"] == 98).unwrap();
    let message = of_98["reasons"][1]["message"].as_str().unwrap();
    assert!(message.ends_with(&format!("verdict: {HISTORY}:16, {HISTORY}:17")), "{message}");
}
