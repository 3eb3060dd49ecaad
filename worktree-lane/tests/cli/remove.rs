//! Lanes that may go, and what becomes of their branch.

use std::fs;

use crate::support::{World, codes, commit, git, git_that, write};

#[test]
fn a_landed_lane_goes_with_its_branch() {
    let world = World::new();
    let path = world.lane_98();
    world.land(&path, "work");
    write(&path.join("target/debug/out"), "built");
    write(&path.join("run.log"), "12345");
    let removal = world.run(&["remove", "98"]).code(0).json();
    assert_eq!(removal["schema"], "worktree-lane.removal/1");
    assert_eq!(removal["branch_deleted"], true);
    assert_eq!((&removal["ignored_files"], &removal["ignored_bytes"]), (&2.into(), &10.into()));
    assert!(!path.exists());
    assert_eq!(world.branches(), ["main"]);
    assert_eq!(world.repo.git(["worktree", "list"]).lines().count(), 1);
    assert_eq!(world.events("98"), ["adding", "added", "removing", "removed"]);
    // Nothing is in the way of the next one.
    world.run(&["add", "98", "crud"]).code(0);
}

#[test]
fn rebased_and_squashed_work_is_found_in_the_base() {
    for how in ["rebase", "squash"] {
        let world = World::new();
        let path = world.lane_98();
        commit(&path, "one");
        commit(&path, "two");
        // The base goes on, so that nothing is an ancestor.
        world.repo.commit_file("other", "other\n", "Other");
        if how == "rebase" {
            world.repo.git(["cherry-pick", "98-crud~1", "98-crud"]);
        } else {
            world.repo.git(["merge", "--quiet", "--squash", "98-crud"]);
            world.repo.commit_all("Squashed");
        }
        world.repo.git(["push", "--quiet"]);
        let removal = world.run(&["remove", "98"]).code(0).json();
        assert_eq!(removal["branch_deleted"], true, "{how}");
    }
}

#[test]
fn work_that_was_landed_and_taken_back_is_not_in_the_base() {
    let world = World::new();
    let path = world.lane_98();
    commit(&path, "one");
    commit(&path, "two");
    world.repo.commit_file("other", "other\n", "Other");
    world.repo.git(["merge", "--quiet", "--squash", "98-crud"]);
    world.repo.commit_all("Squashed");
    world.repo.git(["revert", "--no-edit", "HEAD"]);
    world.repo.git(["push", "--quiet"]);
    let removal = world.run(&["remove", "98"]).code(1).json();
    assert_eq!(codes(&removal), ["unmerged_commits"]);
}

#[test]
fn pushed_work_is_safe_and_its_branch_stays() {
    let world = World::new();
    let path = world.lane_98();
    let tip = commit(&path, "work");
    git(&path, &["push", "--quiet", "origin", "HEAD"]);
    let removal = world.run(&["remove", "98"]).code(0).json();
    assert_eq!((&removal["removed"], &removal["branch_deleted"]), (&true.into(), &false.into()));
    assert_eq!(world.repo.rev("98-crud"), tip);
}

#[test]
fn a_branch_that_the_lane_did_not_bring_is_never_deleted() {
    let world = World::new();
    let path = world.lane_98();
    world.repo.branch("mine");
    git(&path, &["switch", "--quiet", "mine"]);
    let removal = world.run(&["remove", "98"]).code(0).json();
    assert_eq!(removal["branch_deleted"], false);
    assert_eq!(world.branches(), ["98-crud", "main", "mine"]);
}

#[test]
fn one_lane_that_is_refused_does_not_keep_the_others() {
    let world = World::new();
    world.run(&["add", "1", "x"]).code(0);
    world.run(&["add", "2", "x"]).code(0);
    write(&world.beside("talos-1").join("new"), "x");
    let answers = world.run(&["remove", "1", "nope", "2"]);
    let answers = answers.code(1).json_lines();
    let removed: Vec<bool> = answers.iter().map(|a| a["removed"].as_bool().unwrap()).collect();
    assert_eq!(removed, [false, false, true]);
    world.run(&["remove", "1", "--format", "table"]).code(1).stdout_has("untracked");
}

#[test]
fn commits_that_were_amended_away_survive_the_garbage_collector() {
    let world = World::new();
    let path = world.lane_98();
    let amended = commit(&path, "draft");
    git(&path, &["commit", "--quiet", "--amend", "--message", "final"]);
    git(&path, &["push", "--quiet", "origin", "HEAD:main"]);
    world.repo.git(["fetch", "--quiet"]);
    let removal = world.run(&["remove", "98"]).code(0).json();
    let collect = |world: &World| {
        world.repo.git(["reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all"]);
        world.repo.git(["gc", "--quiet", "--prune=now"]);
    };
    collect(&world);
    assert_eq!(world.repo.git(["cat-file", "-t", &amended]), "commit");
    world.run(&["trash", "restore", removal["trash"].as_str().unwrap()]).code(0);
    assert_eq!(git(&path, &["cat-file", "-t", "HEAD@{1}"]), "commit");
    assert_eq!(git(&path, &["rev-parse", "HEAD@{1}"]), amended);
    world.repo.git(["fsck", "--strict"]);
    assert_eq!(world.repo.git(["for-each-ref", "refs/lanes"]), "");
}

#[test]
fn a_commit_or_a_move_in_the_last_moment() {
    let commit = "unset GIT_DIR; git -C ../talos-98 commit --quiet --allow-empty --message late";
    let detached = format!("git -C ../talos-98 switch --quiet --detach; {commit}");
    for (then, left) in
        [(commit, "talos-98"), (&detached, "talos-98"), ("mv ../talos-98 ../moved", "moved")]
    {
        let world = World::new();
        let path = world.lane_98();
        // The last that is asked of git before the renames.
        let bin = git_that(&world, "update-ref refs/lanes/trash/", then);
        let ran = world.tool(&["remove", "98"]).path_first(bin).run();
        assert_eq!(codes(&ran.code(1).json()), ["changed_meanwhile"]);
        assert_eq!(fs::read(path.with_file_name(left).join("README.md")).unwrap(), b"talos\n");
        assert_eq!(world.run(&["trash", "list"]).json_lines().len(), 0);
        assert_eq!(world.repo.git(["for-each-ref", "refs/lanes"]), "");
        assert_eq!(world.events("98").last().unwrap(), "remove_failed");
        assert!(world.repo.git(["worktree", "list"]).contains("talos-98"));
    }
}
