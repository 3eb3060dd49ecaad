//! `lld-check gate --phase merge`, and the lane before coding.

use serde_json::{Value, json};
use testkit::Tool;

use crate::lane::{BRANCH, IMPLEMENTATION, TEST};
use crate::world::{DESIGN, DOCUMENT, World, codes};

#[track_caller]
fn closed(world: &World, phase: &str) -> Vec<String> {
    codes(&world.phase(phase).code(1).json())
}

fn lane(world: &World, args: &[&str]) {
    Tool::new("worktree-lane").args(args).dir(world.repo.path()).run().code(0);
}

#[test]
fn a_landed_issue_that_was_put_away_is_through() {
    let world = World::proposed();
    assert_eq!(
        closed(&world, "merge"),
        ["not_merged", "lane_there", "lld_active", "report_missing", "report_missing"]
    );
    world.log_raw(".git/info/exclude", "/logs/\n");
    world.queue(&["handoff", "98", "--owner", "A"]).code(0);
    world.queue(&["land", "98", "--keep-lane"]).code(0);
    assert_eq!(
        closed(&world, "merge"),
        ["lane_there", "lld_active", "report_active", "report_active"]
    );
    lane(&world, &["remove", "98"]);
    assert_eq!(closed(&world, "merge"), ["lld_active", "report_active", "report_active"]);
    world.tool(["archive", "98"]).run().code(0);
    let gate = world.phase("merge").code(0).json();
    assert_eq!(gate["phase"], "merge");
    assert!(gate["conditions"][0]["detail"].as_str().unwrap().contains("merge-queue landed it"));
    let detail = gate["conditions"][2]["detail"].as_str().unwrap();
    assert_eq!(detail, DOCUMENT.replace("/active/", "/done/"));
    // Coming back from done is noticed.
    let done = TEST.replace("/active/", "/done/");
    world.repo.write(TEST, world.repo.read(&done));
    assert_eq!(closed(&world, "merge"), ["report_ambiguous"]);
}

#[test]
fn what_git_does_not_know_is_not_put_away() {
    let world = World::proposed();
    world.repo.git(["merge", "--quiet", "--no-ff", "--no-edit", BRANCH]);
    world.repo.git(["push", "--quiet", "origin", "main"]);
    lane(&world, &["remove", "98"]);
    world.repo.git(["branch", "--force", BRANCH, "HEAD^2"]);
    for path in [DOCUMENT, IMPLEMENTATION, TEST] {
        let done = path.replace("/active/", "/done/");
        world.repo.write(&done, world.repo.read(path));
        std::fs::remove_file(world.repo.file(path)).unwrap();
    }
    assert_eq!(closed(&world, "merge"), ["not_in_git"; 3]);
    world.repo.git(["add", "--all", "docs"]);
    world.phase("merge").code(0);
}

#[test]
fn a_merge_by_other_means_shows_in_the_base() {
    let world = World::proposed();
    world.repo.git(["merge", "--quiet", "--no-ff", "--no-edit", BRANCH]);
    assert_eq!(closed(&world, "merge")[0], "not_merged", "origin does not have it");
    world.repo.git(["push", "--quiet", "origin", "main"]);
    lane(&world, &["remove", "98"]);
    world.put_away();
    // The branch is gone; the journal of lanes knows where it stood.
    world.repo.git(["push", "--quiet", "origin", "main"]);
    let gate = world.phase("merge").code(0).json();
    let detail = gate["conditions"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("stood when its lane was removed"), "{detail}");
    // Without that, nothing shows the merge; damage could hide that the lane came back.
    let journal = ".git/switchyard/lanes.jsonl";
    let sound = world.repo.read(journal);
    for lost in [String::new(), format!("{sound}x\n")] {
        world.repo.write(journal, lost);
        assert_eq!(closed(&world, "merge")[0], "not_merged");
    }
    world.repo.write(journal, sound);
    world.repo.git(["branch", BRANCH, "HEAD~1^2"]);
    let gate = world.phase("merge").code(0).json();
    let detail = gate["conditions"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("origin/main contains 98-schema-backend-crud"), "{detail}");
}

#[test]
fn a_branch_without_work_is_not_merged() {
    let world = World::in_lane();
    let gate = world.phase("merge").code(1).json();
    let message = gate["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains("holds no work of its own"), "{message}");
    // A fast-forward leaves no trace but the work itself.
    let world = World::proposed();
    world.repo.git(["merge", "--quiet", "--ff-only", BRANCH]);
    world.repo.git(["push", "--quiet", "origin", "main"]);
    assert_eq!(
        closed(&world, "merge"),
        ["lane_there", "lld_active", "report_active", "report_active"]
    );
}

#[test]
fn a_squashed_branch_needs_a_landing_on_record() {
    let world = World::proposed();
    world.repo.git(["merge", "--quiet", "--squash", BRANCH]);
    let squashed = world.repo.commit_all("Schema (#98)");
    world.repo.git(["push", "--quiet", "origin", "main"]);
    assert_eq!(closed(&world, "merge")[0], "not_merged");
    let landed = json!({
        "seq": 2, "at": "2026-01-25T00:00:00.000Z", "actor": "lead", "task": "schema",
        "kind": "landed", "issue": 98,
        "landed": {"commit": world.repo.rev(BRANCH), "branch": BRANCH, "base": "main",
                   "base_before": world.repo.rev("HEAD~1"), "base_after": squashed,
                   "strategy": "squash", "remote": "origin"},
    });
    world.log_raw(".git/switchyard/queue.jsonl", &format!("{landed}\n"));
    assert_eq!(
        closed(&world, "merge"),
        ["lane_there", "lld_active", "report_active", "report_active"]
    );
}

#[test]
fn the_lane_before_coding_is_there_or_can_be_made() {
    let world = World::approved();
    let ready = |world: &World| -> Value {
        let gate = world.gate().code(0).json();
        let conditions = gate["conditions"].as_array().unwrap();
        conditions.iter().find(|c| c["code"] == "lane_ready").unwrap()["detail"].clone()
    };
    let detail = ready(&world);
    assert_eq!(detail, "none yet: worktree-lane add 98 schema-backend-crud");
    lane(&world, &["add", "98", "schema-backend-crud"]);
    let path = world.scratch.path("talos-98");
    assert_eq!(ready(&world), format!("{} on {BRANCH}", path.display()));
    // Two lanes, or one whose folder is gone.
    let by_hand = world.scratch.path("by-hand");
    world.repo.worktree(&by_hand, "98-other");
    assert_eq!(ready(&world), format!("{} on {BRANCH}", path.display()), "the one that was made");
    std::fs::remove_dir_all(&path).unwrap();
    assert_eq!(world.closed(), ["lane_missing"]);

    let world = World::approved();
    world.repo.worktree(world.scratch.path("a"), "98-a");
    assert!(ready(&world).as_str().unwrap().ends_with("on 98-a, made by hand"));
    world.repo.worktree(world.scratch.path("b"), "98-b");
    assert_eq!(world.closed(), ["lane_ambiguous"]);
    // No branch to start from.
    let world = World::approved();
    world.repo.git(["branch", "--move", "trunk"]);
    assert_eq!(world.closed(), ["lane_base_missing"]);
}

#[test]
fn without_worktree_lane_git_lists_the_lanes_and_the_answer_says_so() {
    let world = World::approved();
    let alone = world.scratch.path("bin");
    std::fs::create_dir_all(&alone).unwrap();
    let built = std::env::current_exe().unwrap().with_file_name("..").join("lld-check");
    std::fs::copy(built, alone.join("lld-check")).unwrap();
    let run =
        || Tool::program(alone.join("lld-check")).args(["gate", "98"]).dir(world.repo.path()).run();
    let gate = run().code(0).json();
    let detail = gate["conditions"][4]["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.contains("worktree-lane is not installed: git worktree add -b 98-schema"),
        "{detail}"
    );
    world.repo.worktree(world.scratch.path("a"), "98-a");
    let gate = run().code(0).json();
    assert!(gate["conditions"][4]["detail"].as_str().unwrap().contains("on 98-a"));
}

#[test]
fn reports_of_an_issue_without_a_document_are_still_wanted() {
    let world = World::proposed();
    std::fs::remove_file(world.repo.file(DOCUMENT)).unwrap();
    world.repo.write("switchyard.yaml", "gates: {no_lld: [{label: core}]}\n");
    let found = closed(&world, "merge");
    assert!(!found.contains(&"lld_missing".into()), "{found:?}");
    assert!(found.contains(&"report_missing".into()), "{found:?}");
    world.repo.write(DOCUMENT, DESIGN);
    assert!(closed(&world, "merge").contains(&"lld_active".into()));
}
