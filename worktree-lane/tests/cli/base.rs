//! Which commit a lane starts from, however the base is spelled.

use std::path::PathBuf;

use testkit::Tool;

use crate::support::{World, commit, git};

/// A world whose origin has a commit that this clone has not fetched, and that commit.
fn behind() -> (World, String) {
    let world = World::new();
    let origin = world.origin.path().to_str().unwrap();
    git(world.scratch.root(), &["clone", "--quiet", origin, "other"]);
    let other: PathBuf = world.scratch.path("other");
    let landed = commit(&other, "landed");
    git(&other, &["push", "--quiet"]);
    (world, landed)
}

#[test]
fn every_spelling_of_a_remote_branch_is_fetched() {
    let (world, landed) = behind();
    let old = world.repo.rev("main");
    world.repo.git(["branch", "--quiet", "--set-upstream-to=origin/main", "main"]);
    for (n, (base, recorded)) in [
        ("origin", "origin/main"),
        ("origin/HEAD", "origin/main"),
        ("remotes/origin/main", "origin/main"),
        ("refs/remotes/origin/main", "refs/remotes/origin/main"),
        ("main@{upstream}", "origin/main"),
        ("origin/main~0", "origin/main~0"),
    ]
    .iter()
    .enumerate()
    {
        world.repo.git(["update-ref", "refs/remotes/origin/main", &old]);
        let id = (n + 1).to_string();
        let lane = world.run(&["add", &id, "x", "--base", base]).code(0).json();
        assert_eq!(
            (&lane["base"], &lane["base_commit"]),
            (&(*recorded).into(), &(&*landed).into())
        );
    }
    let lane = world.run(&["add", "20", "x", "--base", "origin/main^"]).code(0).json();
    assert_eq!(lane["base_commit"], old.as_str());
    // A branch that nobody has fetched yet.
    git(&world.scratch.path("other"), &["push", "--quiet", "origin", "HEAD:release"]);
    let lane = world.run(&["add", "21", "x", "--base", "origin/release"]).code(0).json();
    assert_eq!(lane["base_commit"], landed.as_str());
}

#[test]
fn the_name_of_a_remote_may_have_a_slash_in_it() {
    let (world, landed) = behind();
    world.repo.git(["remote", "rename", "origin", "team/origin"]);
    let lane = world.run(&["add", "98", "x", "--base", "team/origin/main"]).code(0).json();
    assert_eq!(lane["base_commit"], landed.as_str());
}

#[test]
fn head_is_that_of_the_checkout_one_stands_in() {
    let world = World::new();
    let path = world.lane_98();
    let work = commit(&path, "work");
    let add = ["add", "99", "x", "--base", "HEAD"];
    let lane = Tool::new("worktree-lane").args(add).dir(&path).run().code(0).json();
    assert_eq!((&lane["base"], &lane["base_commit"]), (&"98-crud".into(), &work.into()));
    let lane = world.run(&["add", "100", "x", "--base", "HEAD"]).code(0).json();
    assert_eq!(lane["base_commit"], world.repo.head());
}
