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
    assert_eq!(refused(&world), ["not_landed"]);
    let world = World::with_document(DESIGN);
    journal(&world, &event(&world.repo.head(), 99));
    assert_eq!(refused(&world), ["not_landed"]);

    // Landed once, and the base was reset since.
    let world = landed();
    world.repo.git(["reset", "--quiet", "--hard", "HEAD~1"]);
    world.repo.git(["push", "--quiet", "--force", "origin", "main"]);
    assert_eq!(refused(&world), ["not_landed"]);

    // An id that is no commit, and one that is no id.
    for commit in ["0".repeat(40), "--all".into(), "main".into(), String::new()] {
        let world = World::with_document(DESIGN);
        journal(&world, &event(&commit, 98));
        assert_eq!(refused(&world), ["not_landed"], "{commit}");
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
    assert_eq!(refused(&world), ["not_landed"]);
    let squashed = world.repo.commit_file("src/a.rs", "// a\n", "Squashed");
    assert_ne!(squashed, base);
    landed["landed"]["base_after"] = json!(squashed);
    journal(&world, &landed);
    let archived = world.tool(["archive", "98"]).run().code(0).json();
    assert_eq!(archived["landed_commit"], squashed);
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
