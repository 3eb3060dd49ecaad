//! `prune` shows which lanes are over, and takes away no other.
//!
//! | lane | stays because |
//! |---|---|
//! | landed, quiet for long | it goes |
//! | nothing done in it yet, young | `too_young`: it looks like one that has landed |
//! | pushed, not landed | `not_in_base`; `remove` would take it |
//! | commits nowhere else, uncommitted, locked, … | the reasons of `remove` |
//! | folder gone | `missing`; its entry in git stays too |
//! | changed between the preview and its turn | asked again under its lock |

use serde_json::Value;

use crate::support::{World, codes, commit, git, write};

/// A world whose lanes need no age.
fn impatient() -> World {
    let world = World::new();
    world.repo.commit_file("switchyard.yaml", "lanes:\n  prune_after: 0s\n", "Set up");
    world.repo.git(["push", "--quiet"]);
    world
}

fn lane(lines: &[Value], id: &str) -> Value {
    lines.iter().find(|line| line["lane"] == id).unwrap_or(&Value::Null).clone()
}

#[test]
fn a_preview_names_what_could_go_and_why_the_others_stay_and_changes_nothing() {
    let world = impatient();
    let landed = world.lane_98();
    for id in ["1", "2", "3", "4"] {
        world.run(&["add", id, "x"]).code(0);
    }
    world.land(&landed, "work");
    let at = |id: &str| world.beside(&format!("talos-{id}"));
    commit(&at("1"), "pushed");
    git(&at("1"), &["push", "--quiet", "origin", "HEAD"]);
    commit(&at("2"), "nowhere");
    write(&at("3").join("new"), "x");
    world.repo.git(["worktree", "lock", at("4").to_str().unwrap()]);
    let other = world.scratch.path("by-hand");
    world.repo.git(["worktree", "add", "--quiet", "-b", "b", other.to_str().unwrap()]);

    let traces = world.traces();
    let lines = world.run(&["prune"]).code(0).json_lines();
    assert_eq!(world.traces(), traces);
    assert_eq!(lines.len(), 5, "other worktrees are no lanes: {lines:?}");
    assert_eq!(lane(&lines, "98")["would_remove"], true);
    assert_eq!(lane(&lines, "98")["removed"], false);
    for (id, expected) in
        [("1", "not_in_base"), ("2", "unmerged_commits"), ("3", "untracked"), ("4", "locked")]
    {
        let line = lane(&lines, id);
        assert_eq!(codes(&line), [expected], "{line}");
        assert_eq!(line["would_remove"], false);
    }
    assert_eq!(world.events("98"), ["adding", "added"]);

    let lines = world.run(&["prune", "--apply"]).code(0).json_lines();
    let gone: Vec<&Value> = lines.iter().filter(|line| line["removed"] == true).collect();
    assert_eq!(gone.len(), 1, "{lines:?}");
    assert_eq!((&gone[0]["lane"], &gone[0]["branch_deleted"]), (&"98".into(), &true.into()));
    assert!(!landed.exists() && other.exists());
    world.run(&["trash", "restore", gone[0]["trash"].as_str().unwrap()]).code(0);
    assert!(landed.join("work").exists());
}

#[test]
fn a_lane_in_which_nothing_was_done_yet_is_not_over() {
    let world = World::new();
    let path = world.lane_98();
    let lines = world.run(&["prune", "--apply"]).code(0).json_lines();
    assert_eq!(codes(&lines[0]), ["too_young"]);
    let next = lines[0]["reasons"][0]["next"].as_str().unwrap();
    assert!(next.starts_with("worktree-lane remove 98"), "{next}");
    world.repo.write("switchyard.yaml", "lanes:\n  prune_after: 36500d\n");
    assert_eq!(codes(&world.run(&["prune"]).code(0).json_lines()[0]), ["too_young"]);
    assert!(path.exists());
    // The setting is shown, and a mistake in it is told.
    world.run(&["--show-config"]).code(0).stdout_has("36500d");
    world.repo.write("switchyard.yaml", "lanes:\n  prune_after: soon\n");
    world.run(&["prune"]).code(2).stderr_has("switchyard.yaml:2:16");
}

#[test]
fn a_missing_lane_stays_and_so_does_its_entry() {
    let world = impatient();
    let path = world.lane_98();
    std::fs::rename(&path, world.scratch.path("unmounted")).unwrap();
    let lines = world.run(&["prune", "--apply"]).code(0).json_lines();
    assert_eq!(codes(&lines[0]), ["missing"]);
    std::fs::rename(world.scratch.path("unmounted"), &path).unwrap();
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
}

#[test]
fn a_squash_that_the_base_changed_afterwards_has_landed() {
    let world = impatient();
    let path = world.lane_98();
    for text in ["one\n", "one\ntwo\n"] {
        write(&path.join("file"), text);
        git(&path, &["add", "file"]);
        git(&path, &["commit", "--quiet", "--message", text.trim()]);
    }
    world.repo.git(["merge", "--quiet", "--squash", "98-crud"]);
    world.repo.commit_all("Squashed");
    world.repo.commit_file("file", "one\n2\nthree\n", "Other lines");
    world.repo.git(["push", "--quiet"]);
    let lines = world.run(&["prune", "--apply"]).code(0).json_lines();
    assert_eq!(lines[0]["branch_deleted"], true, "{lines:?}");
}

#[test]
fn all_lanes_are_told_as_a_table() {
    let world = impatient();
    world.lane_98();
    world.run(&["add", "1", "x"]).code(0);
    write(&world.beside("talos-1").join("new"), "x");
    let ran = world.run(&["prune", "--format", "table"]);
    ran.code(0).stdout_has("lane 98 could go").stdout_has("lane 1 stays").stdout_has("untracked");
    let empty = World::new();
    assert_eq!(empty.run(&["prune"]).code(0).json_lines().len(), 0);
}
