//! `add --adopt`: what is there is taken over, and outlives an undone `add`.
//!
//! | what is there | outcome |
//! |---|---|
//! | the branch, checked out nowhere | taken over; the base's commit is where it left the base |
//! | the branch on the remote only | made from there, without tracking |
//! | the branch, and a rebase elsewhere goes back to it | refused |
//! | an empty folder at the path | taken over |
//! | neither | refused |
//! | a checkout that fails, a kill | branch and folder are as they were |

use std::fs;

use testkit::{Tool, crash};

use crate::support::{World, codes, commit, git};

/// A branch `98-crud` with a commit of its own, beside a base that has moved on. Gives where it left
/// the base and where it stands.
fn with_branch(world: &World) -> (String, String) {
    let left = world.repo.head();
    let tree = world.scratch.path("tmp-tree");
    world.repo.git(["worktree", "add", "--quiet", "-b", "98-crud", tree.to_str().unwrap()]);
    let tip = commit(&tree, "work");
    world.repo.git(["worktree", "remove", tree.to_str().unwrap()]);
    world.repo.commit_file("more", "more\n", "More");
    world.repo.git(["push", "--quiet", "origin", "main"]);
    (left, tip)
}

#[test]
fn a_branch_is_taken_over_only_when_asked() {
    let world = World::new();
    let (left, tip) = with_branch(&world);
    let before = world.traces();
    let refused = world.run(&["add", "98", "crud"]).code(1).json();
    assert_eq!(codes(&refused), ["branch_exists"]);
    let reason = &refused["reasons"][0];
    assert!(reason["message"].as_str().unwrap().contains("1 commits ahead"), "{refused}");
    assert_eq!(world.traces(), before);
    // The step that is named works as it is.
    let next = reason["next"].as_str().unwrap();
    assert_eq!(next, "worktree-lane add 98 crud --adopt");
    let lane = world.run(&["add", "98", "crud", "--adopt"]).code(0).json();
    assert_eq!((&lane["head"], &lane["base_commit"]), (&tip.clone().into(), &left.into()));
    assert_eq!(lane["base"], "origin/main");
    let path = world.beside("talos-98");
    assert_eq!(fs::read_to_string(path.join("work")).unwrap(), "work\n");
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    // It is a lane like any other.
    assert_eq!(codes(&world.run(&["remove", "98"]).code(1).json()), ["unmerged_commits"]);
    git(&path, &["push", "--quiet", "origin", "HEAD"]);
    world.run(&["remove", "98"]).code(0);
    assert_eq!(world.repo.rev("98-crud"), tip, "work that is not in the base keeps its branch");
    world.run(&["add", "98", "crud", "--adopt"]).code(0);
}

#[test]
fn a_branch_that_only_the_remote_has_is_made_from_there() {
    let world = World::new();
    let (left, tip) = with_branch(&world);
    world.repo.git(["push", "--quiet", "origin", "98-crud"]);
    world.repo.git(["branch", "--quiet", "-D", "98-crud"]);
    world.repo.git(["update-ref", "-d", "refs/remotes/origin/98-crud"]);
    let refused = world.run(&["add", "98", "crud", "--adopt", "--no-fetch"]).code(1).json();
    assert_eq!(codes(&refused), ["nothing_to_adopt"]);
    let lane = world.run(&["add", "98", "crud", "--adopt"]).code(0).json();
    assert_eq!((&lane["head"], &lane["base_commit"]), (&tip.into(), &left.into()));
    let ran = Tool::program("git").args(["rev-parse", "@{upstream}"]).dir(world.beside("talos-98"));
    ran.run().code(128).stderr_has("no upstream");
}

#[test]
fn what_cannot_be_taken_over_is_refused() {
    let world = World::new();
    let before = world.traces();
    let refused = world.run(&["add", "98", "crud", "--adopt"]).code(1).json();
    assert_eq!(codes(&refused), ["nothing_to_adopt"]);
    assert_eq!(world.traces(), before);

    with_branch(&world);
    let tree = world.scratch.path("elsewhere");
    world.repo.git(["worktree", "add", "--quiet", tree.to_str().unwrap(), "98-crud"]);
    let add = ["add", "98", "crud", "--adopt"];
    assert_eq!(codes(&world.run(&add).code(1).json()), ["branch_checked_out"]);
    // In the middle of a rebase HEAD is detached, and the branch is still in use.
    let rebase = Tool::program("git").args(["rebase", "--quiet", "--exec", "false", "main"]);
    rebase.dir(&tree).run().code(1);
    let refused = world.run(&add).code(1).json();
    assert!(["branch_in_use", "branch_checked_out"].contains(&codes(&refused)[0]), "{refused}");
    git(&tree, &["rebase", "--abort"]);

    world.repo.branch("99-CRUD");
    let refused = world.run(&["add", "99", "crud", "--adopt"]).code(1).json();
    assert_eq!(codes(&refused), ["branch_exists"], "another spelling is another branch");
}

#[test]
fn an_empty_folder_is_taken_over_only_when_asked() {
    let world = World::new();
    let path = world.beside("talos-98");
    fs::create_dir(&path).unwrap();
    let refused = world.run(&["add", "98", "crud"]).code(1).json();
    assert_eq!(codes(&refused), ["path_exists"]);
    assert_eq!(refused["reasons"][0]["next"], "worktree-lane add 98 crud --adopt");
    world.run(&["add", "98", "crud", "--adopt"]).code(0);
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    world.run(&["remove", "98"]).code(0);
    // Something in it is a reason, asked or not.
    fs::create_dir_all(path.join("mine")).unwrap();
    let refused = world.run(&["add", "98", "crud", "--adopt"]).code(1).json();
    assert_eq!(codes(&refused), ["path_exists", "nothing_to_adopt"]);
}

#[test]
fn an_undone_add_leaves_what_was_there_before() {
    let world = World::new();
    world.repo.write(".gitattributes", "z.bin filter=broken\n");
    world.repo.write("z.bin", "z\n");
    world.repo.commit_all("A filter");
    world.repo.git(["push", "--quiet"]);
    let (_, tip) = with_branch(&world);
    let path = world.beside("talos-98");
    fs::create_dir(&path).unwrap();
    let before = world.traces();
    world.repo.git(["config", "filter.broken.smudge", "false"]);
    world.repo.git(["config", "filter.broken.required", "true"]);
    let ran = world.run(&["add", "98", "crud", "--adopt"]);
    ran.code(74).stderr_has("nothing was left behind");
    assert_eq!(world.traces(), before);
    assert_eq!(world.repo.rev("98-crud"), tip);
    assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    // Killed in the middle: the next run undoes as much, and no more.
    world.repo.git(["config", "--remove-section", "filter.broken"]);
    let mut undone = 0;
    for kill in 0..8 {
        let (git_dir, journal) = (world.repo.path().join(".git"), world.state("lanes.jsonl"));
        let long = journal.metadata().map_or(0, |m| m.len());
        let running = world.tool(&["add", "98", "crud", "--adopt", "--no-fetch"]).spawn();
        let crash = crash::when(running, || match kill % 4 {
            0 => journal.metadata().map_or(0, |m| m.len()) > long,
            1 => git_dir.join("worktrees/talos-98/HEAD").exists(),
            2 => path.join(".git").exists(),
            _ => path.join("src/main.rs").exists(),
        });
        world.wait_for_orphans("98");
        let ran = world.run(&["add", "98", "crud", "--no-fetch"]);
        assert_eq!(world.repo.rev("98-crud"), tip, "kill {kill}, {crash:?}");
        let reasons = ran.code(1).json();
        if codes(&reasons)[0] == "lane_exists" {
            git(&path, &["push", "--quiet", "origin", "HEAD"]);
            world.run(&["remove", "98"]).code(0);
            fs::create_dir(&path).unwrap();
        } else {
            assert_eq!(codes(&reasons), ["path_exists", "branch_exists"], "kill {kill}");
            assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
            undone += 1;
        }
    }
    assert!(undone > 0, "no run was killed in the middle");
    world.run(&["add", "98", "crud", "--adopt"]).code(0);
}
