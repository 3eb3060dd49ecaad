//! `lld-check archive`.

use serde_json::{Value, json};

use crate::world::{DESIGN, DOCUMENT, World, codes};

const DONE: &str = "docs/LLDs/done/98-schema-backend-crud.md";
const REPORT: &str = "docs/reports/active/98-implementation-report.md";

/// A repository whose issue 98 has landed on `origin/main`.
fn landed() -> World {
    let world = World::with_document(DESIGN);
    world.repo.commit_file(REPORT, "report\n", "Report");
    world.repo.bare_origin();
    let work = world.repo.commit_file("src/a.rs", "// a\n", "Work");
    world.repo.git(["push", "--quiet", "origin", "main"]);
    journal(&world, &event(&work, 98));
    world
}

fn event(commit: &str, issue: u64) -> Value {
    json!({
        "seq": 1, "at": "2026-01-25T00:00:00.000Z", "actor": "lead", "task": "schema-backend-crud",
        "kind": "landed", "issue": issue,
        "landed": {"commit": commit, "branch": "98-schema", "base": "main", "base_before": commit,
                   "base_after": commit, "strategy": "ff-only", "remote": "origin"},
    })
}

fn journal(world: &World, event: &Value) {
    world.log_raw(".git/switchyard/queue.jsonl", &format!("{event}\n"));
}

fn refused(world: &World) -> Vec<String> {
    let before = (world.repo.head(), world.repo.git(["status", "--porcelain"]));
    let ran = world.tool(["archive", "98"]).run();
    assert_eq!(ran.code(1).json()["schema"], "lld-check.refused/1");
    assert_eq!((world.repo.head(), world.repo.git(["status", "--porcelain"])), before);
    codes(&ran.json())
}

#[test]
fn landed_work_is_archived_in_one_commit_of_its_own() {
    let world = landed();
    // Somebody else's staged change stays what it is.
    world.repo.write("other.txt", "x\n");
    world.repo.git(["add", "other.txt"]);
    let before = world.repo.head();

    let planned = world.tool(["archive", "98", "--dry-run"]).run().code(0).json();
    assert_eq!(planned["dry_run"], true);
    assert_eq!(planned["commit"], Value::Null);
    assert_eq!(world.repo.head(), before);
    assert!(world.repo.file(DOCUMENT).is_file());

    let archived = world.tool(["archive", "98"]).run().code(0).json();
    assert_eq!(archived["schema"], "lld-check.archived/1");
    assert_eq!(archived["moves"], planned["moves"]);
    assert_eq!(
        archived["moves"],
        json!([{"from": DOCUMENT, "to": DONE},
               {"from": REPORT, "to": "docs/reports/done/98-implementation-report.md"}])
    );
    assert_eq!(archived["commit"], world.repo.head());
    assert_eq!(archived["landed_commit"], before);
    assert_eq!(world.repo.rev("HEAD~1"), before);
    let changed = world.repo.git(["show", "--name-status", "--no-renames", "--format=", "HEAD"]);
    assert_eq!(changed.lines().count(), 4, "{changed}");
    assert_eq!(world.repo.git(["status", "--porcelain"]), "A  other.txt");
    assert_eq!(world.repo.read(DONE), DESIGN);
    assert_eq!(world.closed(), ["lld_done"]);

    let again = world.tool(["archive", "98"]).run().code(0).json();
    assert_eq!(again["moves"], json!([]));
    assert_eq!(again["commit"], Value::Null);
}

#[test]
fn nothing_moves_before_the_work_is_in_the_base() {
    let world = World::with_document(DESIGN);
    assert_eq!(refused(&world), ["not_merged"]);
    let world = World::with_document(DESIGN);
    journal(&world, &event(&world.repo.head(), 99));
    assert_eq!(refused(&world), ["not_merged"]);

    // Landed once, and the base was reset since.
    let world = landed();
    world.repo.git(["reset", "--quiet", "--hard", "HEAD~1"]);
    world.repo.git(["push", "--quiet", "--force", "origin", "main"]);
    assert_eq!(refused(&world), ["not_merged"]);

    // An id that is no commit, and one that is no id.
    for commit in ["0".repeat(40), "--all".into(), "main".into(), String::new()] {
        let world = World::with_document(DESIGN);
        journal(&world, &event(&commit, 98));
        assert_eq!(refused(&world), ["not_merged"], "{commit}");
    }
}

#[test]
fn of_a_squashed_branch_the_new_commit_of_the_base_counts() {
    let world = World::with_document(DESIGN);
    let base = world.repo.head();
    world.repo.switch_new("98-schema");
    let reviewed = world.repo.commit_file("src/a.rs", "// a\n", "Work");
    world.repo.switch("main");
    let mut landed = event(&reviewed, 98);
    landed["landed"]["strategy"] = json!("squash");
    landed["landed"]["remote"] = Value::Null;
    landed["landed"]["base_after"] = json!(reviewed);
    journal(&world, &landed);
    assert_eq!(refused(&world), ["not_merged"]);
    let squashed = world.repo.commit_file("src/a.rs", "// a\n", "Squashed");
    assert_ne!(squashed, base);
    landed["landed"]["base_after"] = json!(squashed);
    journal(&world, &landed);
    let archived = world.tool(["archive", "98"]).run().code(0).json();
    assert_eq!(archived["landed_commit"], squashed);
}

#[test]
fn what_was_taken_out_of_the_base_again_is_not_archived() {
    let world = World::with_document(DESIGN);
    world.repo.switch_new("98-schema");
    let work = world.repo.commit_file("src/a.rs", "// a\n", "Work");
    world.repo.switch("main");
    world.repo.git(["merge", "--quiet", "--no-ff", "98-schema"]);
    let mut landed = event(&work, 98);
    landed["landed"]["remote"] = Value::Null;
    landed["landed"]["base_after"] = json!(world.repo.head());
    journal(&world, &landed);
    let merged = world.repo.head();
    world.repo.git(["revert", "--no-edit", "-m", "1", &merged]);
    let mut undone = landed.clone();
    undone["seq"] = json!(2);
    undone["kind"] = json!("returned");
    let mut step = undone["landed"].take();
    undone.as_object_mut().unwrap().remove("landed");
    step["base_after"] = json!(world.repo.head());
    undone["reverted"] = json!({"landing": merged, "reason": null, "move": step});
    let file = ".git/switchyard/queue.jsonl";
    world.repo.write(file, format!("{landed}\n{undone}\n"));
    assert_eq!(refused(&world), ["reverted"]);
    // Another base does not have that commit.
    world.repo.git(["reset", "--quiet", "--hard", &merged]);
    assert_eq!(world.tool(["archive", "98"]).run().code(0).json()["landed_commit"], work);
}

#[test]
fn the_checkout_must_be_the_base_and_clean_where_it_matters() {
    let world = landed();
    world.repo.write(DOCUMENT, format!("{DESIGN}\nmore\n"));
    assert_eq!(refused(&world), ["changes_pending"]);
    world.repo.git(["checkout", "--quiet", "--", DOCUMENT]);

    world.repo.write(DONE, "other\n");
    assert_eq!(refused(&world), ["lld_ambiguous", "target_exists"].map(String::from)[..1]);
    std::fs::remove_file(world.repo.file(DONE)).unwrap();

    world.repo.write("docs/reports/done/98-implementation-report.md", "other\n");
    assert_eq!(refused(&world), ["target_exists"]);
    std::fs::remove_file(world.repo.file("docs/reports/done/98-implementation-report.md")).unwrap();

    world.repo.write(".git/MERGE_HEAD", format!("{}\n", world.repo.head()));
    assert_eq!(refused(&world), ["operation_in_progress"]);
    std::fs::remove_file(world.repo.file(".git/MERGE_HEAD")).unwrap();

    world.repo.switch_new("side");
    assert_eq!(refused(&world), ["not_on_base"]);
    world.repo.switch("main");
    world.repo.git(["reset", "--quiet", "--hard", "HEAD~1"]);
    assert_eq!(refused(&world), ["checkout_behind"]);

    let lane = world.repo.worktree(world.scratch.path("lane"), "lane");
    let ran = testkit::Tool::new("lld-check").args(["archive", "98"]).dir(lane.path()).run();
    assert_eq!(codes(&ran.code(1).json()), ["not_main_worktree"]);

    std::fs::remove_file(world.repo.file(DOCUMENT)).unwrap();
    assert!(refused(&world).contains(&"lld_missing".to_owned()));
}

#[test]
fn a_commit_that_fails_leaves_the_files_where_they_were() {
    let world = landed();
    let hook = world.repo.file(".git/hooks/pre-commit");
    world.repo.write(".git/hooks/pre-commit", "#!/bin/sh\necho 'not today' >&2\nexit 1\n");
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let before = world.repo.head();
    let ran = world.tool(["archive", "98"]).run();
    ran.code(74).stdout_is("").stderr_has("not today").stderr_has("nothing was moved");
    assert_eq!(world.repo.head(), before);
    assert_eq!(world.repo.git(["status", "--porcelain"]), "");
    assert!(world.repo.file(DOCUMENT).is_file() && !world.repo.file("docs/LLDs/done").exists());
    std::fs::remove_file(hook).unwrap();
    world.tool(["archive", "98"]).run().code(0);
}

#[test]
fn a_move_that_was_never_committed_is_not_called_done() {
    let world = landed();
    std::fs::create_dir_all(world.repo.file("docs/LLDs/done")).unwrap();
    world.repo.git(["mv", DOCUMENT, DONE]);
    world.repo.git(["rm", "--quiet", REPORT]);
    let ran = world.tool(["archive", "98"]).run();
    assert_eq!(codes(&ran.code(1).json()), ["changes_pending"]);
}

#[test]
fn what_a_killed_run_leaves_is_finished_by_the_command_that_is_named() {
    // As it is after both moves and before the commit, and somewhere between.
    for whole in [true, false] {
        let world = landed();
        std::fs::create_dir_all(world.repo.file("docs/LLDs/done")).unwrap();
        world.repo.git(["mv", DOCUMENT, DONE]);
        if whole {
            std::fs::create_dir_all(world.repo.file("docs/reports/done")).unwrap();
            world.repo.git(["mv", REPORT, "docs/reports/done/98-implementation-report.md"]);
        }
        let refused = world.tool(["archive", "98"]).run().code(1).json();
        assert_eq!(codes(&refused), ["changes_pending"]);
        let next = refused["reasons"][0]["next"].as_str().unwrap();
        let git = testkit::Tool::program("sh").args(["-c", next]).dir(world.repo.path());
        git.home(world.scratch.home()).run().code(0);
        world.tool(["archive", "98"]).run().code(0);
        let files = world.repo.git(["ls-tree", "-r", "--name-only", "HEAD", "docs"]);
        assert!(files.contains(DONE) && !files.contains("active"), "{files}");
        assert_eq!(world.repo.git(["status", "--porcelain"]), "");
    }
}

#[test]
fn a_move_that_git_refuses_leaves_no_folder_behind() {
    let world = landed();
    let hidden = world.scratch.path("elsewhere");
    std::fs::rename(world.repo.file("docs/LLDs"), &hidden).unwrap();
    std::os::unix::fs::symlink(&hidden, world.repo.file("docs/LLDs")).unwrap();
    world.repo.commit_all("Link the documents");
    world.tool(["archive", "98"]).run().code(74).stdout_is("");
    assert!(!hidden.join("done").exists());
}

/// Puts the same or other bytes into `done` beside what is in `active`, in commits.
fn both(world: &World, done: &str, text: &str) {
    world.repo.commit_file(done, text, "A second copy");
    world.repo.git(["push", "--quiet", "origin", "main"]);
}

#[test]
fn a_file_whose_bytes_are_in_done_is_taken_out_and_others_are_for_a_person() {
    // The predecessor left such pairs, under one name and under two.
    for done in [DONE, "docs/LLDs/done/LLD-098.md"] {
        let world = landed();
        both(&world, done, DESIGN);
        both(&world, "docs/reports/done/98-implementation-report.md", "report\n");
        assert_eq!(world.closed(), ["lld_ambiguous"]);
        world.repo.write("other.txt", "x\n");
        world.repo.git(["add", "other.txt"]);
        let planned = world.tool(["archive", "98", "--dry-run"]).run().code(0).json();
        assert!(world.repo.file(DOCUMENT).is_file());
        let archived = world.tool(["archive", "98"]).run().code(0).json();
        assert_eq!(archived["moves"], json!([]));
        assert_eq!(archived["duplicates"], planned["duplicates"]);
        assert_eq!(archived["duplicates"][0], json!({"from": DOCUMENT, "to": done}));
        assert_eq!(archived["commit"], world.repo.head());
        let changed =
            world.repo.git(["show", "--name-status", "--no-renames", "--format=", "HEAD"]);
        assert_eq!(changed, format!("D\t{DOCUMENT}\nD\t{REPORT}"));
        assert_eq!(world.repo.git(["status", "--porcelain"]), "A  other.txt");
        assert_eq!(world.repo.read(done), DESIGN);
        assert_eq!(world.closed(), ["lld_done"]);
    }
    let world = landed();
    both(&world, DONE, "other\n");
    assert_eq!(refused(&world), ["lld_ambiguous"]);
    // In done, but in no commit: taking the other out would leave it in none.
    let world = landed();
    world.repo.write(DONE, DESIGN);
    assert_eq!(refused(&world), ["changes_pending"]);
    assert!(world.repo.file(DOCUMENT).is_file());
}

#[test]
fn a_refused_commit_puts_back_what_was_taken_out() {
    let world = landed();
    both(&world, DONE, DESIGN);
    let hook = world.repo.file(".git/hooks/pre-commit");
    world.repo.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n");
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    world.tool(["archive", "98"]).run().code(74).stdout_is("").stderr_has("nothing was moved");
    assert_eq!(world.repo.git(["status", "--porcelain"]), "");
    assert_eq!(world.repo.read(DOCUMENT), DESIGN);
    std::fs::remove_file(hook).unwrap();
    // As a run leaves it that was killed before its commit.
    world.repo.git(["rm", "--quiet", DOCUMENT]);
    let refused = world.tool(["archive", "98"]).run().code(1).json();
    assert_eq!(codes(&refused), ["changes_pending"]);
    let next = refused["reasons"][0]["next"].as_str().unwrap();
    let git = testkit::Tool::program("sh").args(["-c", next]).dir(world.repo.path());
    git.home(world.scratch.home()).run().code(0);
    world.tool(["archive", "98"]).run().code(0);
    let files = world.repo.git(["ls-tree", "-r", "--name-only", "HEAD", "docs/LLDs"]);
    assert_eq!(files, DONE);
}

#[test]
fn reports_move_in_every_layout() {
    for (from, to) in [
        ("docs/reports/active/98/test-report.md", "docs/reports/done/98/test-report.md"),
        ("docs/Reports/Active/00098_Test_Report.md", "docs/Reports/Done/00098_Test_Report.md"),
        (
            "docs/reports/active/schema-backend-crud-test-report.md",
            "docs/reports/done/schema-backend-crud-test-report.md",
        ),
    ] {
        let world = landed();
        world.repo.git(["rm", "--quiet", REPORT]);
        world.repo.commit_file(from, "report\n", "Report elsewhere");
        if from.contains("Reports") {
            std::fs::create_dir_all(world.repo.file("docs/Reports/Done")).unwrap();
        }
        world.repo.git(["push", "--quiet", "origin", "main"]);
        let archived = world.tool(["archive", "98"]).run().code(0).json();
        assert_eq!(archived["moves"][1], json!({"from": from, "to": to}));
        assert_eq!(world.repo.read(to), "report\n");
        assert_eq!(world.repo.git(["status", "--porcelain"]), "");
    }
    // One that belongs to no issue's folder stays.
    let world = landed();
    world.repo.commit_file("docs/reports/active/99-test-report.md", "x\n", "Another");
    world.repo.git(["push", "--quiet", "origin", "main"]);
    world.tool(["archive", "98"]).run().code(0);
    assert!(world.repo.file("docs/reports/active/99-test-report.md").is_file());
}

#[test]
fn a_name_that_differs_in_case_alone_is_in_the_way() {
    let world = landed();
    let upper = "docs/reports/done/98-Implementation-Report.md";
    both(&world, upper, "other\n");
    assert_eq!(refused(&world), ["target_exists"]);
    let world = landed();
    both(&world, upper, "report\n");
    let archived = world.tool(["archive", "98"]).run().code(0).json();
    assert_eq!(archived["duplicates"], json!([{"from": REPORT, "to": upper}]));
}

#[test]
fn what_is_only_in_the_lane_is_not_left_behind() {
    let world = landed();
    let lane = world.repo.worktree(world.scratch.path("lane"), "98-schema");
    world.tool(["archive", "98", "--dry-run"]).run().code(0);
    lane.write("docs/reports/active/98-test-report.md", "report\n");
    let ran = world.tool(["archive", "98"]).run();
    let refused = ran.code(1).json();
    assert_eq!(codes(&refused), ["only_in_lane"]);
    let message = refused["reasons"][0]["message"].as_str().unwrap();
    assert!(
        message.ends_with("lane/docs/reports/active/98-test-report.md is only in the lane"),
        "{message}"
    );
    std::fs::remove_file(lane.file("docs/reports/active/98-test-report.md")).unwrap();
    world.tool(["archive", "98"]).run().code(0);
    // What moved here still stands in active there, and is not missed.
    world.tool(["archive", "98"]).run().code(0);
}

#[test]
fn a_merge_without_the_queue_is_one() {
    let world = World::with_document(DESIGN);
    world.repo.switch_new("98-schema");
    let work = world.repo.commit_file("src/a.rs", "// a\n", "Work");
    world.repo.switch("main");
    assert_eq!(refused(&world), ["not_merged"]);
    world.repo.git(["merge", "--quiet", "--no-ff", "--no-edit", "98-schema"]);
    let archived = world.tool(["archive", "98"]).run().code(0).json();
    assert_eq!(archived["landed_commit"], work);
}

#[test]
fn an_issue_that_needs_no_lld_has_its_reports_moved() {
    let world = landed();
    world.repo.git(["rm", "--quiet", DOCUMENT]);
    world.repo.commit_all("No LLD");
    assert_eq!(refused(&world), ["lld_missing"]);
    let rules = "gates:\n  no_lld: [{label: core}]\n";
    world.repo.commit_file("switchyard.yaml", rules, "Rules");
    let archived = world.tool(["archive", "98"]).run().code(0).json();
    assert_eq!(archived["moves"].as_array().unwrap().len(), 1);
}
