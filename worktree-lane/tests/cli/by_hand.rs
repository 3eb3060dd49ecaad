//! `lock` and `unlock`: a person's lock beside claims.

use serde_json::Value;
use testkit::Tool;

use crate::support::{World, codes, git};

fn in_git(world: &World) -> Option<String> {
    let list = world.repo.git(["worktree", "list", "--porcelain", "-z"]);
    let lock = list.split('\0').find(|line| line.starts_with("locked"))?;
    Some(lock.strip_prefix("locked").unwrap().trim_start().to_owned())
}

#[test]
fn a_lock_says_who_and_why_and_keeps_the_lane() {
    let world = World::new();
    let path = world.lane_98();
    let args = ["lock", "98", "--reason", "demo on\nMonday", "--actor", "Ann"];
    let locked = world.run(&args).code(0).json();
    assert_eq!(locked["locked"], "demo on\nMonday (locked by Ann)");
    assert_eq!(in_git(&world).unwrap(), "demo on\nMonday (locked by Ann)");
    assert_eq!(codes(&world.run(&["remove", "98"]).code(1).json()), ["locked"]);
    let plain = ["worktree", "remove", path.to_str().unwrap()];
    Tool::program("git").args(plain).dir(world.repo.path()).run().code(128);
    let again = world.run(&["lock", "98"]).code(1).json();
    assert_eq!(codes(&again), ["locked"]);
    let unlocked = world.run(&["unlock", "98"]).code(0).json();
    assert_eq!(unlocked["was"], "demo on\nMonday (locked by Ann)");
    assert_eq!((in_git(&world), &unlocked["locked"]), (None, &Value::Null));
    assert_eq!(world.run(&["unlock", "98"]).code(0).json()["was"], Value::Null);
    assert_eq!(world.events("98"), ["adding", "added", "locked", "unlocked"]);
    world.run(&["remove", "98"]).code(0);
}

#[test]
fn a_lock_of_plain_git_can_be_taken_off() {
    let world = World::new();
    let path = world.lane_98();
    for reason in ["by git", ""] {
        world.repo.git(["worktree", "lock", "--reason", reason, path.to_str().unwrap()]);
        assert_eq!(world.run(&["unlock", "98"]).code(0).json()["was"], reason);
        assert_eq!(in_git(&world), None);
    }
}

#[test]
fn a_lock_outlives_a_claim_and_a_claim_outlives_a_lock() {
    let world = World::new();
    world.lane_98();
    world.run(&["claim", "98", "--owner", "a"]).code(0);
    let shown = in_git(&world).unwrap();
    let refused = world.run(&["unlock", "98"]).code(1).json();
    assert_eq!(codes(&refused), ["claimed"]);
    assert_eq!(refused["reasons"][0]["next"], "worktree-lane release 98 --owner a");
    world.run(&["lock", "98", "--reason", "demo", "--actor", "Ann"]).code(0);
    assert_eq!(in_git(&world).unwrap(), "demo (locked by Ann)");
    let lane = &world.run(&["list"]).json_lines()[1];
    assert_eq!((&lane["owner"], &lane["locked"]), (&"a".into(), &"demo (locked by Ann)".into()));
    assert_eq!(codes(&world.run(&["remove", "98"]).code(1).json()), ["claimed", "locked"]);
    world.run(&["unlock", "98"]).code(0);
    assert_eq!(in_git(&world).unwrap(), shown, "the claim is shown again");
    world.run(&["lock", "98", "--actor", "Ann"]).code(0);
    world.run(&["release", "98", "--owner", "a"]).code(0);
    assert_eq!(in_git(&world).unwrap(), "locked by Ann");
}

#[test]
fn reasons_that_could_mislead_are_refused() {
    let world = World::new();
    world.lane_98();
    for reason in ["", " ", "\u{1b}[31mred", "worktree-lane: adding 98 since 2026"] {
        world.run(&["lock", "98", "--reason", reason]).code(2).stdout_is("");
    }
    world
        .run(&["lock", "98", "--reason", "owner a until 2026-01-01T00:00:00Z by worktree-lane"])
        .code(0);
    // It is still a person's.
    world.run(&["claim", "98", "--owner", "b"]).code(0);
    world.run(&["release", "98", "--owner", "b"]).code(0);
    assert!(in_git(&world).unwrap().starts_with("owner a until "));
}

#[test]
fn only_lanes_are_locked_and_one_whose_folder_is_away_too() {
    let world = World::new();
    let path = world.lane_98();
    let by_hand = world.beside("by-hand");
    git(world.repo.path(), &["worktree", "add", "-q", "-b", "mine", by_hand.to_str().unwrap()]);
    for command in ["lock", "unlock"] {
        assert_eq!(codes(&world.run(&[command, "mine"]).code(1).json()), ["foreign"]);
        assert_eq!(codes(&world.run(&[command, "99"]).code(1).json()), ["unknown_lane"]);
    }
    std::fs::rename(&path, world.beside("away")).unwrap();
    world.run(&["lock", "98"]).code(0);
    world.repo.git(["worktree", "prune"]);
    assert!(in_git(&world).is_some(), "plain git leaves it");
    world.run(&["unlock", "98"]).code(0);
}
