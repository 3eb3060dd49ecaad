//! `preflight`: each reason on a real repository, and what its next step does.

use std::fs;
use std::path::Path;

use serde_json::Value;
use testkit::{Repo, Tool};

use crate::support::{World, codes, commit, git, paste, status, write};

/// The answer, whose exit status must fit it.
#[track_caller]
fn asked(world: &World, args: &[&str]) -> Value {
    let ran = world.run(&[&["preflight"], args].concat());
    let answer = ran.json();
    ran.code(i32::from(answer["ready"] != true));
    assert_eq!(answer["ready"] == true, codes(&answer).is_empty(), "{answer}");
    answer
}

/// The reasons against lane 98.
#[track_caller]
fn against(world: &World) -> Vec<String> {
    codes(&asked(world, &["98"])).into_iter().map(str::to_owned).collect()
}

/// Runs the next step of the only reason as a person would paste it.
#[track_caller]
fn follow(world: &World, answer: &Value) {
    assert_eq!(codes(answer).len(), 1, "{answer}");
    let next = answer["reasons"][0]["next"].as_str().unwrap();
    let bin = Tool::binary("worktree-lane");
    Tool::program("sh")
        .args(["-c", next])
        .dir(world.repo.path())
        .path_first(bin.parent().unwrap())
        // A submodule of a test is a folder.
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "protocol.file.allow")
        .env("GIT_CONFIG_VALUE_0", "always")
        .run()
        .code(0);
}

/// A commit on the base that only the origin has.
fn base_moves(world: &World) -> String {
    let other = world.scratch.path("other-clone");
    let origin = world.origin.path().to_str().unwrap();
    git(world.scratch.root(), &["clone", "--quiet", origin, other.to_str().unwrap()]);
    let new = commit(&other, "theirs");
    git(&other, &["push", "--quiet"]);
    fs::remove_dir_all(other).unwrap();
    new
}

#[test]
fn a_new_lane_is_ready_and_each_condition_says_why() {
    let world = World::new();
    let path = world.lane_98();
    write(&path.join("target/out"), "ignored files do not count");
    let (before, journal) = (status(&path), fs::read(world.state("lanes.jsonl")).unwrap());
    for name in ["98", "#98", "98-crud"] {
        let answer = asked(&world, &[name]);
        assert_eq!(answer["ready"], true, "{answer}");
        assert_eq!(answer["lane"], "98");
        assert_eq!(answer["branch"], "98-crud");
        assert_eq!(answer["path"], path.to_str().unwrap());
        assert_eq!(answer["base"], "origin/main");
        assert_eq!(answer["base_commit"], world.repo.rev("origin/main"));
        assert_eq!((&answer["fetched"], &answer["behind"]), (&true.into(), &0.into()));
        let conditions = answer["conditions"].as_array().unwrap();
        assert_eq!(conditions.len(), 11);
        assert!(conditions.iter().all(|c| c["met"] == true && c["detail"] != ""), "{answer}");
    }
    assert_eq!((status(&path), fs::read(world.state("lanes.jsonl")).unwrap()), (before, journal));
    let table = world.run(&["--format", "table", "preflight", "98"]);
    table.code(0).stdout_has("lane 98 is ready").stdout_has("✓ based_on_base");
}

#[test]
fn work_of_its_own_keeps_a_lane_ready_and_a_base_that_went_on_does_not() {
    let world = World::new();
    let path = world.lane_98();
    commit(&path, "ours");
    assert!(against(&world).is_empty());
    let new = base_moves(&world);
    let unfetched = asked(&world, &["98", "--no-fetch"]);
    assert_eq!((&unfetched["ready"], &unfetched["fetched"]), (&true.into(), &false.into()));
    let answer = asked(&world, &["98"]);
    assert_eq!(codes(&answer), ["behind_base"]);
    assert_eq!((&answer["base_commit"], &answer["behind"]), (&new.into(), &1.into()));
    assert_eq!(answer["reasons"][0]["next"], "worktree-lane sync 98");
    git(&path, &["merge", "--quiet", "origin/main"]);
    assert!(against(&world).is_empty());
}

#[test]
fn a_base_that_cannot_be_asked_is_one_reason_among_all() {
    let world = World::new();
    let path = world.lane_98();
    fs::rename(world.origin.path(), world.scratch.path("away")).unwrap();
    let answer = asked(&world, &["98"]);
    assert_eq!(codes(&answer), ["base_not_fetched"]);
    follow(&world, &answer);
    write(&path.join("new"), "x");
    assert_eq!(against(&world), ["untracked", "base_not_fetched"]);
}

#[test]
fn a_base_that_is_gone_is_told() {
    let world = World::new();
    git(world.origin.path(), &["branch", "next", "main"]);
    world.run(&["add", "98", "crud", "--base", "origin/next"]).code(0);
    assert!(against(&world).is_empty());
    git(world.origin.path(), &["branch", "-D", "next"]);
    assert_eq!(against(&world), ["base_unknown"]);
}

#[test]
fn a_lane_from_a_commit_is_based_on_that() {
    let world = World::new();
    world.run(&["add", "98", "crud", "--base", "HEAD~0"]).code(0);
    base_moves(&world);
    let answer = asked(&world, &["98"]);
    assert_eq!((&answer["ready"], &answer["base"]), (&true.into(), &"HEAD~0".into()));
    // Somebody threw the lane's first commit away.
    git(&world.beside("talos-98"), &["switch", "--quiet", "--orphan", "fresh"]);
    assert_eq!(against(&world), ["other_branch", "behind_base"]);
}

#[test]
fn what_is_not_committed_is_told() {
    let world = World::new();
    let path = world.lane_98();
    write(&path.join("new"), "x");
    assert_eq!(against(&world), ["untracked"]);
    git(&path, &["config", "status.showUntrackedFiles", "no"]);
    assert_eq!(against(&world), ["untracked"]);
    git(&path, &["add", "new"]);
    assert_eq!(against(&world), ["uncommitted"]);
    git(&path, &["commit", "--quiet", "--message", "new"]);
    git(&path, &["update-index", "--assume-unchanged", "README.md"]);
    write(&path.join("README.md"), "changed");
    assert_eq!(against(&world), ["hidden_changes"]);
}

#[test]
fn the_wrong_branch_or_none() {
    let world = World::new();
    let path = world.lane_98();
    git(&path, &["switch", "--quiet", "--create", "aside"]);
    for (args, code) in [
        (&["switch", "--quiet", "aside"][..], "other_branch"),
        (&["switch", "--quiet", "--detach"], "detached"),
    ] {
        git(&path, args);
        let answer = asked(&world, &["98"]);
        assert_eq!(codes(&answer), [code]);
        follow(&world, &answer);
        assert!(against(&world).is_empty());
    }
    // Renamed in the lane: the next step makes the branch anew where the lane stands.
    git(&path, &["branch", "--move", "renamed"]);
    let answer = asked(&world, &["98"]);
    assert_eq!(codes(&answer), ["other_branch"]);
    follow(&world, &answer);
    assert!(against(&world).is_empty());
    git(&path, &["switch", "--quiet", "--detach"]);
    commit(&path, "on no branch");
    follow(&world, &asked(&world, &["98"]));
    assert_eq!(against(&world), ["detached"]);
}

#[test]
fn a_branch_that_is_used_elsewhere() {
    let world = World::new();
    let path = world.lane_98();
    let twin = world.beside("twin");
    let add = ["worktree", "add", "--quiet", "--force"];
    world.repo.git([&add[..], &[twin.to_str().unwrap(), "98-crud"]].concat());
    assert_eq!(against(&world), ["branch_checked_out"]);
    // A rebase there goes back to it in the end.
    commit(&twin, "one");
    git(&path, &["reset", "--quiet", "--hard", "98-crud"]);
    git(&twin, &["-c", "sequence.editor=sed -i 1ibreak", "rebase", "--quiet", "-i", "HEAD~1"]);
    assert_eq!(against(&world), ["branch_checked_out"]);
    git(&twin, &["rebase", "--abort"]);
    git(&twin, &["switch", "--quiet", "--detach"]);
    assert!(against(&world).is_empty());
}

#[test]
fn git_in_the_middle_of_something() {
    let world = World::new();
    let path = world.lane_98();
    commit(&path, "one");
    git(&path, &["-c", "sequence.editor=sed -i 1ibreak", "rebase", "--quiet", "-i", "HEAD~1"]);
    let answer = asked(&world, &["98"]);
    assert_eq!(codes(&answer), ["operation_in_progress"]);
    assert_eq!(answer["branch"], Value::Null);
    git(&path, &["rebase", "--abort"]);
    assert!(against(&world).is_empty());
    git(&path, &["bisect", "start"]);
    assert_eq!(against(&world), ["operation_in_progress"]);
}

#[test]
fn locked_by_hand() {
    let world = World::new();
    let path = world.lane_98();
    let name = path.to_str().unwrap();
    world.repo.git(["worktree", "lock", "--reason", "mine", name]);
    let answer = asked(&world, &["98"]);
    assert_eq!(codes(&answer), ["locked"]);
    assert!(answer["reasons"][0]["message"].as_str().unwrap().ends_with("is locked: mine"));
    let next = answer["reasons"][0]["next"].as_str().unwrap();
    paste(&world, next.strip_prefix("ask whoever locked it, then ").unwrap());
    assert!(against(&world).is_empty());
}

#[test]
fn claimed_by_another() {
    let world = World::new();
    world.lane_98();
    world.run(&["claim", "98", "--owner", "B one"]).code(0);
    let answer = asked(&world, &["98"]);
    assert_eq!((codes(&answer), &answer["owner"]), (vec!["claimed"], &"B one".into()));
    assert_eq!(codes(&asked(&world, &["98", "--owner", "C"])), ["claimed"]);
    assert!(codes(&asked(&world, &["98", "--owner", "B one"])).is_empty());
    world.run(&["release", "98", "--owner", "B one"]).code(0);
    assert!(against(&world).is_empty());
}

#[test]
fn a_lane_that_is_not_there_or_not_whole() {
    let world = World::new();
    let path = world.lane_98();
    let unknown = asked(&world, &["97"]);
    assert_eq!(codes(&unknown), ["unknown_lane"]);
    assert_eq!((&unknown["lane"], &unknown["path"]), (&"97".into(), &Value::Null));
    assert!(unknown["conditions"].as_array().unwrap().iter().all(|c| c["met"] == false));
    let foreign = world.beside("foreign");
    world.repo.worktree(&foreign, "theirs");
    assert_eq!(codes(&asked(&world, &["theirs"])), ["foreign"]);
    let away = world.scratch.path("away");
    fs::rename(&path, &away).unwrap();
    assert_eq!(against(&world), ["missing"]);
    // Another repository has come to its place.
    let other = Repo::init(&path);
    other.commit_file("f", "f", "Other");
    assert_eq!(against(&world), ["mismatch"]);
    fs::remove_dir_all(&path).unwrap();
    fs::rename(&away, &path).unwrap();
    assert!(against(&world).is_empty());
}

#[test]
fn the_lane_of_a_role() {
    let world = World::new();
    let unknown = asked(&world, &["--role", "B-ui"]);
    assert_eq!(codes(&unknown), ["unknown_lane"]);
    follow(&world, &unknown);
    let answer = asked(&world, &["--role", "B-ui"]);
    assert_eq!((&answer["ready"], &answer["branch"]), (&true.into(), &"agent/B-ui".into()));
    // The role's own lane comes before one that was made for it and an issue.
    world.run(&["add", "98", "crud", "--role", "B-ui", "--layout", "issue"]).code(0);
    assert_eq!(asked(&world, &["--role", "B-ui"])["lane"], "B-ui");
    for id in ["1", "2"] {
        world.run(&["add", id, "x", "--role", "C-api", "--layout", "issue"]).code(0);
    }
    assert_eq!(codes(&asked(&world, &["--role", "C-api"])), ["ambiguous_lane"]);
    world.run(&["preflight"]).code(2);
    world.run(&["preflight", "98", "--role", "B-ui"]).code(2);
}

/// A project with two submodules, `lib/one` and `lib/two`, of which the first has one of its own.
fn with_submodules() -> World {
    let world = World::new();
    let allow = |dir: &Path, args: &[&str]| {
        git(dir, &[&["-c", "protocol.file.allow=always"], args].concat());
    };
    let inner = Repo::init(world.scratch.path("inner"));
    inner.commit_file("i", "i", "Inner");
    for name in ["one", "two"] {
        let sub = Repo::init(world.scratch.path(name));
        sub.commit_file("s", name, "Sub");
        if name == "one" {
            allow(sub.path(), &["submodule", "--quiet", "add", inner.path().to_str().unwrap()]);
            sub.commit_all("With inner");
        }
        let path = format!("lib/{name}");
        let url = sub.path().to_str().unwrap();
        allow(world.repo.path(), &["submodule", "--quiet", "add", url, &path]);
    }
    world.repo.commit_all("Submodules");
    world.repo.git(["push", "--quiet"]);
    world
}

#[test]
fn submodules_that_are_not_checked_out() {
    let world = with_submodules();
    let path = world.lane_98();
    let answer = asked(&world, &["98"]);
    assert_eq!(codes(&answer), ["submodules_missing"]);
    assert!(answer["reasons"][0]["message"].as_str().unwrap().ends_with("lib/one, lib/two"));
    let allow = ["-c", "protocol.file.allow=always", "submodule", "update", "--quiet", "--init"];
    git(&path, &allow);
    let answer = asked(&world, &["98"]);
    assert!(answer["reasons"][0]["message"].as_str().unwrap().ends_with("lib/one/inner"));
    follow(&world, &answer);
    assert!(against(&world).is_empty());
}

#[test]
fn submodules_that_are_not_wanted_are_not_missed() {
    for settings in [
        &["submodule.lib/one.update=none", "submodule.lib/two.update=none"][..],
        &["submodule.lib/one.active=false", "submodule.lib/two.active=off"],
        &["submodule.active=nothing"],
    ] {
        let world = with_submodules();
        let path = world.lane_98();
        for name in ["lib/one", "lib/two"] {
            world.repo.git(["config", "--unset", &format!("submodule.{name}.active")]);
        }
        for setting in settings {
            let (key, value) = setting.split_once('=').unwrap();
            world.repo.git(["config", key, value]);
        }
        assert!(against(&world).is_empty(), "{settings:?}");
        if settings[0].ends_with("active=false") {
            // Here git would not say the same: `--init` switches them on again.
            continue;
        }
        git(&path, &["submodule", "update", "--quiet", "--init", "--recursive"]);
        assert!(!path.join("lib/one/.git").exists() && !path.join("lib/two/.git").exists());
    }
    // A link that `.gitmodules` does not know cannot be checked out.
    let world = World::new();
    let head = world.repo.head();
    let link = format!("160000,{head},stray");
    world.repo.git(["update-index", "--add", "--cacheinfo", &link]);
    world.repo.git(["commit", "--quiet", "--message", "A stray link"]);
    world.repo.git(["push", "--quiet"]);
    world.lane_98();
    assert!(against(&world).is_empty());
}
