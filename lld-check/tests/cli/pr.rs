//! `lld-check gate --phase pr`.

use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::Tool;

use crate::lane::{BRANCH, IMPLEMENTATION, IMPLEMENTATION_REPORT, TEST, TEST_REPORT};
use crate::world::{HISTORY, SHARD, World, codes};

#[track_caller]
fn closed(world: &World) -> Vec<String> {
    let ran = world.phase("pr");
    let gate = ran.code(1).json();
    assert_eq!(gate["open"], false);
    codes(&gate)
}

#[track_caller]
fn messages(world: &World) -> String {
    let gate = world.phase("pr").code(1).json();
    let reasons = gate["reasons"].as_array().unwrap().clone();
    reasons.iter().map(|r| r["message"].as_str().unwrap().to_owned() + "\n").collect()
}

#[test]
fn everything_on_record_opens_it_and_is_cited() {
    let world = World::proposed();
    let gate = world.phase("pr").code(0).json();
    assert_eq!(gate["phase"], "pr");
    assert_eq!(gate["reasons"], json!([]));
    let conditions: Vec<&str> = gate["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        conditions,
        [
            "branch_known",
            "branch_committed",
            "tests_passed",
            "implementation_report",
            "test_report",
            "implementation_approved"
        ]
    );
    assert_eq!(gate["diff"]["branch"], BRANCH);
    assert_eq!(gate["diff"]["commit"], world.repo.rev(BRANCH));
    assert_eq!(gate["proof"]["audit_id"], "i1");
    assert!(
        gate["conditions"][2]["detail"].as_str().unwrap().contains("event 1: test -f src/a.rs")
    );
    world.tool(["gate", "98", "--phase=pr", "--format=table"]).run().code(0).stdout_has("i1");
    // The same from the lane, and the gate before coding is another one.
    let from_lane = world.tool(["gate", "98", "--phase", "pr"]).dir(world.scratch.path("talos-98"));
    assert_eq!(from_lane.run().code(0).json(), gate);
    world.gate().code(1);
}

#[test]
fn the_digest_is_that_of_the_merge_queue() {
    let world = World::proposed();
    world.repo.commit_file("unrelated.txt", "x\n", "Elsewhere");
    world.repo.git(["push", "--quiet", "origin", "main"]);
    world.in_lane_commit("src/größe\tb.rs", "x\n");
    std::fs::remove_file(world.scratch.path("talos-98/README.md")).unwrap();
    world.in_lane_commit("run.sh", "#!/bin/sh\n");
    for merge in [false, true] {
        if merge {
            world.repo.git(["-C", "../talos-98", "merge", "--quiet", "--no-edit", "origin/main"]);
        }
        let route = world.queue(&["route-review", "98", "--ref", BRANCH]).code(0).json();
        let gate = world.phase("pr").code(1).json();
        assert_eq!(gate["diff"]["diff_digest"], route["diff_digest"]);
        assert_eq!(gate["diff"]["diff_digest"], world.diff_digest());
    }
}

#[test]
fn without_a_branch_nothing_is_known() {
    let world = World::new();
    assert_eq!(closed(&world), ["branch_missing"]);
    world.repo.branch("98-a");
    assert_eq!(closed(&world)[..1], ["branch_empty"]);
    world.repo.branch("98-b");
    assert_eq!(closed(&world), ["branch_ambiguous"]);
    // A handoff says which.
    let world = World::in_lane();
    world.in_lane_commit("src/a.rs", "x\n");
    world.repo.branch("98-other");
    assert!(!closed(&world).contains(&"branch_ambiguous".into()));
    world.repo.git(["branch", "topic", BRANCH]);
    world.queue(&["handoff", "98", "--owner", "A", "--branch", "topic"]).code(0);
    assert_eq!(closed(&world), ["branch_ambiguous"]);
    // Histories without one common beginning have no one diff.
    let world = World::new();
    world.repo.git(["switch", "--quiet", "--orphan", "98-x"]);
    world.repo.commit_file("a", "a", "Alone");
    assert_eq!(closed(&world), ["diff_unknown"]);
}

#[test]
fn tests_must_have_run_on_this_content() {
    let world = World::proposed();
    world.queue(&["evidence", "98", "--", "false"]).code(1);
    assert_eq!(closed(&world), ["tests_failed"]);
    world.in_lane_commit("src/b.rs", "x\n");
    assert_eq!(closed(&world), ["tests_not_run", "approval_stale"]);
    world.queue(&["evidence", "98", "--", "test", "-f", "src/a.rs"]).code(0);
    assert_eq!(closed(&world), ["approval_stale"]);
    // A journal from which an event is missing proves nothing.
    let world = World::proposed();
    world.log_raw(".git/switchyard/queue.jsonl", "{\n");
    assert_eq!(closed(&world), ["journal_damaged"]);
}

#[test]
fn checks_count_wherever_the_task_is_defined() {
    let task = "{id: schema, issue: 98, title: Schema, acceptance_checks: ['test -f src/a.rs']}";
    let elsewhere = |world: &World| {
        world.repo.write("switchyard.yaml", "queue:\n  files: [tasks.yaml]\n");
        world.repo.write("tasks.yaml", format!("tasks:\n- {task}\n"));
    };
    let added = |world: &World| {
        world.repo.write("switchyard.yaml", "queue:\n  tasks: []\n");
        let add = ["add", "schema", "--issue", "98", "--title", "Schema"];
        world.queue(&[&add[..], &["--check", "test -f src/a.rs"]].concat()).code(0);
    };
    let places: [&dyn Fn(&World); 2] = [&elsewhere, &added];
    for place in places {
        let world = World::in_lane();
        place(&world);
        world.in_lane_commit("src/a.rs", "pub fn create() {}\n");
        // Another run than that of the check, which would do if there were none.
        world.queue(&["evidence", "schema", "--", "test", "-d", "src"]).code(0);
        assert!(closed(&world).contains(&"tests_not_run".into()));
        world.queue(&["evidence", "schema", "--", "test", "-f", "src/a.rs"]).code(0);
        assert!(!closed(&world).contains(&"tests_not_run".into()));
    }
}

#[test]
fn a_definitions_file_that_cannot_be_read_is_named() {
    let world = World::proposed();
    for (name, why) in [("gone.yaml", "is not there"), ("../gone.yaml", "is no path of a file")] {
        world.repo.write("switchyard.yaml", format!("queue:\n  files: [{name}]\n"));
        world.phase("pr").code(2).stderr_has(name).stderr_has(why);
    }
}

#[test]
fn where_no_check_is_defined_the_report_states_the_result() {
    let world = World::proposed();
    world.repo.write("switchyard.yaml", "lanes: {}\n");
    let state = world.repo.file(".git/switchyard/queue.jsonl");
    std::fs::remove_file(state).unwrap();
    let gate = world.phase("pr").code(0).json();
    let detail = gate["conditions"][2]["detail"].as_str().unwrap();
    assert!(detail.contains(&format!("{TEST}:6 states 3 passed")), "{detail}");
    world.in_lane_commit(TEST, &TEST_REPORT.replace("0 failed", "1 failed"));
    assert_eq!(closed(&world), ["tests_failed", "approval_stale"]);
}

#[test]
fn reports_are_found_in_every_layout_and_judged() {
    let world = World::proposed();
    for (to, expected) in [
        ("docs/reports/98/test-report.md", None),
        ("docs/reports/done/00098-test-report.md", None),
        ("docs/reports/active/schema-backend-crud-test-report.md", None),
        ("docs/reports/active/97-test-report.md", Some("report_missing")),
    ] {
        let world = World::proposed();
        let at = world.scratch.path(format!("talos-98/{to}"));
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        world.repo.git(["-C", "../talos-98", "mv", TEST, to]);
        world.repo.git(["-C", "../talos-98", "commit", "--quiet", "-m", "Move"]);
        let found = closed(&world);
        assert_eq!(found.contains(&"report_missing".into()), expected.is_some(), "{to}: {found:?}");
    }
    world.in_lane_commit("docs/reports/98/test-report.md", TEST_REPORT);
    assert!(closed(&world).contains(&"report_ambiguous".into()));

    for (path, text, expected) in [
        (TEST, "", format!("{TEST}:1: it is empty")),
        (TEST, "# Test report\n\n{Output}\n", format!("{TEST}:3: {{Output}} is not filled in")),
        (TEST, "# Test report\n\n## Coverage\n\nTODO\n", format!("{TEST}:3: the coverage")),
        (IMPLEMENTATION, "# Report on #98\n", format!("{IMPLEMENTATION}:1: the known limits")),
        (IMPLEMENTATION, "bad \u{fffd}", format!("{IMPLEMENTATION}:1: it does not name the issue")),
    ] {
        let world = World::proposed();
        world.in_lane_commit(path, text);
        let messages = messages(&world);
        assert!(messages.contains(&expected), "{expected}: {messages}");
    }
    let world = World::proposed();
    world.scratch.write(format!("talos-98/{TEST}"), b"a\xff\n");
    world.repo.git(["-C", "../talos-98", "commit", "--quiet", "-am", "Not text"]);
    assert!(messages(&world).contains("not UTF-8 at byte 1"));
}

#[test]
fn what_is_in_no_commit_is_in_no_pull_request() {
    let world = World::proposed();
    world.in_lane_write("notes.txt", "x\n");
    assert_eq!(closed(&world), ["branch_uncommitted"]);
    std::fs::remove_file(world.scratch.path("talos-98/notes.txt")).unwrap();
    std::fs::remove_file(world.scratch.path(format!("talos-98/{TEST}"))).unwrap();
    assert_eq!(closed(&world), ["branch_uncommitted"]);
}

#[test]
fn a_lane_that_left_its_branch_may_hold_more_than_the_branch() {
    let world = World::proposed();
    world.repo.git(["-C", "../talos-98", "switch", "--quiet", "--detach"]);
    assert_eq!(closed(&world), ["lane_detached"]);
    world.in_lane_commit("src/b.rs", "x\n");
    assert_eq!(closed(&world), ["lane_detached"]);
    world.repo.git(["-C", "../talos-98", "switch", "--quiet", BRANCH]);
    world.phase("pr").code(0);
}

#[test]
fn what_was_pushed_and_is_not_here_was_not_reviewed() {
    let world = World::proposed();
    let reviewed = world.repo.rev(BRANCH);
    world.repo.git(["push", "--quiet", "origin", BRANCH]);
    world.phase("pr").code(0);
    world.in_lane_commit("src/b.rs", "x\n");
    world.repo.git(["push", "--quiet", "origin", BRANCH]);
    world.repo.git(["-C", "../talos-98", "reset", "--quiet", "--hard", &reviewed]);
    assert_eq!(closed(&world), ["remote_differs"]);
    world.in_lane_write("notes.txt", "x\n");
    assert_eq!(closed(&world), ["remote_differs", "branch_uncommitted"]);
}

#[test]
fn the_newest_verdict_on_this_diff_decides() {
    let world = World::proposed();
    let digest = world.diff_digest();
    let mut later = World::implementation_entry("REVISE", "i2", &digest);
    later["timestamp"] = json!("2026-01-26T00:00:00Z");
    world.log(HISTORY, &[later]);
    assert_eq!(closed(&world), ["review_revise"]);

    for change in [
        (&|e: &mut Value| e["node"] = json!("review_lld")) as &dyn Fn(&mut Value),
        &|e| e["issue_id"] = json!(99),
        &|e| e["subject"] = Value::Null,
        &|e| e["verdict"] = Value::Null,
    ] {
        let world = World::proposed();
        let mut entry = World::implementation_entry("APPROVED", "i1", &digest);
        change(&mut entry);
        world.repo.write(SHARD, format!("{entry}\n"));
        assert_eq!(closed(&world), ["implementation_not_reviewed"]);
    }
    let world = World::proposed();
    let mut entry = World::implementation_entry("APPROVED", "i1", &digest);
    entry["model_verified"] = Value::Null;
    world.repo.write(SHARD, format!("{entry}\n"));
    assert_eq!(closed(&world), ["model_unverified"]);
    let world = World::proposed();
    world.log_raw(SHARD, "{\"node\":\"review_implementation\",\"issue_id\":98,\n");
    assert_eq!(closed(&world), ["log_damaged"]);
}

#[test]
fn unrelated_work_from_the_base_keeps_the_approval() {
    let world = World::proposed();
    world.repo.commit_file("unrelated.txt", "x\n", "Elsewhere");
    world.repo.git(["push", "--quiet", "origin", "main"]);
    world.repo.git(["-C", "../talos-98", "merge", "--quiet", "--no-edit", "origin/main"]);
    // The tests ran on other content.
    assert_eq!(closed(&world), ["tests_not_run"]);
    world.queue(&["evidence", "98", "--", "test", "-f", "src/a.rs"]).code(0);
    world.phase("pr").code(0);
}

#[test]
fn lanes_that_cannot_be_listed_are_unknown() {
    let world = World::proposed();
    world.log_raw(".git/switchyard/lanes.jsonl", "{damaged\n");
    let listed = Tool::new("worktree-lane").arg("list").dir(world.repo.path()).run();
    let gate = world.phase("pr");
    if listed.exit_code() == Some(0) {
        gate.code(0);
    } else {
        assert!(codes(&gate.code(1).json()).contains(&"lanes_unknown".into()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn one_edited_byte_of_the_diff_or_a_report_closes_it(
        which in 0_usize..3, at in any::<prop::sample::Index>(), byte in b'a'..=b'z',
    ) {
        let (path, text) = [
            ("src/a.rs", "pub fn create() {}\n"),
            (IMPLEMENTATION, IMPLEMENTATION_REPORT),
            (TEST, TEST_REPORT),
        ][which];
        let mut bytes = text.as_bytes().to_vec();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        let world = World::proposed();
        world.phase("pr").code(0);
        world.in_lane_commit(path, &String::from_utf8(bytes).unwrap());
        world.queue(&["evidence", "98", "--", "test", "-f", "src/a.rs"]).code(0);
        let found = closed(&world);
        prop_assert!(found.contains(&"approval_stale".into()), "{found:?}");
        world.in_lane_commit(path, text);
        world.phase("pr").code(0);
    }
}
