//! `reuse`: a finished lane goes on as another, in its folder, and nothing is lost.
//!
//! Killed after                    | the next command
//! --------------------------------|---------------------------------------------------
//! `reusing` is written            | records `reuse_failed`
//! the new branch is made          | deletes it
//! some files, `index.lock`        | brings the files back, and deletes the branch
//! the index                       | the same
//! `HEAD`                          | completes: mark, old branch, `added`, `reused`
//! the mark, the old branch        | the same
//! `added`                         | records `reused`
//! somebody edited a file after it | touches nothing, says so

use std::fs;
use std::path::Path;

use testkit::{Rng, crash, rng};

use crate::support::{World, bytes_below, codes, commit, git, write};

/// A lane 98 whose work has landed, with something built in it.
fn finished(world: &World) -> std::path::PathBuf {
    let path = world.lane_98();
    world.land(&path, "work");
    write(&path.join("target/debug/app"), "built");
    path
}

#[test]
fn a_finished_lane_goes_on_as_another() {
    let world = World::new();
    let path = finished(&world);
    let old = git(&path, &["rev-parse", "HEAD"]);
    world.repo.commit_file("later", "later\n", "Later");
    world.repo.git(["pull", "--quiet", "--rebase", "origin", "main"]);
    world.repo.git(["push", "--quiet", "origin", "main"]);
    let lane = world.run(&["reuse", "98", "101", "export", "--actor", "lead"]).code(0).json();
    assert_eq!(lane["schema"], "worktree-lane.lane/1");
    assert_eq!((&lane["lane"], &lane["branch"]), (&"101".into(), &"101-export".into()));
    assert_eq!(lane["path"], path.to_str().unwrap(), "the folder stays");
    assert_eq!(lane["base_commit"], world.repo.rev("origin/main"));
    assert_eq!(lane["head"], lane["base_commit"]);
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    assert_eq!(fs::read_to_string(path.join("target/debug/app")).unwrap(), "built");
    assert_eq!(fs::read_to_string(path.join("later")).unwrap(), "later\n");
    assert_eq!(world.branches(), ["101-export", "main"], "the work of 98 is in the base");
    assert_eq!(world.events("98").last().unwrap(), "reused");
    assert_eq!(world.events("101"), ["added"]);
    world.run(&["path", "98"]).code(1);
    world.run(&["path", "101"]).code(0).stdout_is(&format!("{}\n", path.display()));
    assert!(world.repo.git(["merge-base", "--is-ancestor", &old, "origin/main"]).is_empty());
    // It is a lane like any other, and 98 may be made again elsewhere.
    assert_eq!(codes(&world.run(&["add", "98", "crud"]).code(1).json()), ["path_exists"]);
    world.run(&["remove", "101"]).code(0);
    world.run(&["add", "98", "crud"]).code(0);
}

#[test]
fn a_branch_that_is_not_in_the_base_stays() {
    let world = World::new();
    let path = world.lane_98();
    let tip = commit(&path, "work");
    git(&path, &["push", "--quiet", "origin", "HEAD"]);
    world.run(&["reuse", "98", "T-1"]).code(0);
    assert_eq!(world.branches(), ["98-crud", "T-1", "main"]);
    assert_eq!(world.repo.rev("98-crud"), tip);
    assert!(!path.join("work").exists());
}

#[test]
fn commits_that_only_the_old_branch_knew_of_are_kept() {
    let world = World::new();
    let path = finished(&world);
    let landed = git(&path, &["rev-parse", "HEAD"]);
    let amended = commit(&path, "second thoughts");
    git(&path, &["reset", "--quiet", "--hard", &landed]);
    world.run(&["reuse", "98", "101", "export"]).code(0);
    world.repo.git(["reflog", "expire", "--expire=all", "--all"]);
    world.repo.git(["gc", "--quiet", "--prune=now"]);
    assert_eq!(world.repo.git(["cat-file", "-t", &amended]), "commit");
}

#[test]
fn a_role_keeps_its_lane_through_all_issues() {
    let world = World::new();
    world.run(&["add", "--role", "B-ui"]).code(0);
    let path = world.beside("talos-B-ui");
    for (id, branch) in [("7", "7-login"), ("8", "8-login")] {
        let lane = world.run(&["reuse", "B-ui", id, "login"]).code(0).json();
        assert_eq!((&lane["branch"], &lane["role"]), (&branch.into(), &"B-ui".into()));
        assert_eq!(lane["path"], path.to_str().unwrap());
    }
    assert_eq!(world.branches(), ["8-login", "main"]);
}

type Harm = (&'static str, fn(&World, &Path));

#[test]
fn what_keeps_a_lane_from_being_removed_keeps_it_from_being_reused() {
    let harms: [Harm; 7] = [
        ("uncommitted", |_, path| write(&path.join("README.md"), "changed")),
        ("untracked", |_, path| write(&path.join("new"), "new")),
        ("ignored_precious", |_, path| write(&path.join("dev.db"), "rows")),
        ("unmerged_commits", |_, path| drop(commit(path, "more"))),
        ("locked", |_, path| drop(git(path, &["worktree", "lock", "."]))),
        ("stash_on_branch", |_, path| {
            write(&path.join("README.md"), "later");
            git(path, &["stash"]);
        }),
        ("branch_exists", |world, _| world.repo.branch("101-export")),
    ];
    for (code, harm) in harms {
        let world = World::new();
        let path = finished(&world);
        harm(&world, &path);
        let (bytes, traces) = (bytes_below(&path), world.traces());
        let refused = world.run(&["reuse", "98", "101", "export"]).code(1).json();
        assert_eq!(
            (refused["schema"].as_str(), codes(&refused)),
            (Some("worktree-lane.refused/1"), vec![code])
        );
        assert_eq!((bytes_below(&path), world.traces()), (bytes, traces), "{code}");
        assert_eq!(world.events("98"), ["adding", "added"]);
    }
}

#[test]
fn all_reasons_and_wrong_names() {
    let world = World::new();
    let path = finished(&world);
    world.run(&["add", "101", "export"]).code(0);
    write(&path.join("new"), "new");
    let refused = world.run(&["reuse", "98", "101", "export"]).code(1).json();
    assert_eq!(codes(&refused), ["untracked", "lane_exists", "branch_checked_out"]);
    assert_eq!(codes(&world.run(&["reuse", "98", "98", "x"]).code(1).json()), ["lane_exists"]);
    assert_eq!(codes(&world.run(&["reuse", "77", "78", "x"]).code(1).json()), ["unknown_lane"]);
    world.run(&["reuse", "98", "102"]).code(2).stderr_has("slug");
    world.run(&["reuse", "98", "../x"]).code(2);
}

#[test]
fn an_ignored_file_in_the_way_is_not_overwritten() {
    let world = World::new();
    let path = finished(&world);
    write(&path.join("notes.log"), "mine");
    let other = world.scratch.path("other");
    git(
        world.scratch.root(),
        &["clone", "--quiet", world.origin.path().to_str().unwrap(), "other"],
    );
    write(&other.join("notes.log"), "tracked from now on");
    git(&other, &["add", "--force", "notes.log"]);
    commit(&other, "zzz");
    git(&other, &["push", "--quiet"]);
    let (bytes, traces) = (bytes_below(&path), world.traces());
    world.run(&["reuse", "98", "101", "export"]).code(74).stderr_has("the lane is as it was");
    assert_eq!((bytes_below(&path), world.traces()), (bytes, traces));
    assert_eq!(world.events("98").last().unwrap(), "reuse_failed");
    fs::remove_file(path.join("notes.log")).unwrap();
    world.run(&["reuse", "98", "101", "export"]).code(0);
}

/// Kills a `reuse` at a point that `rng` chooses.
fn kill_one(world: &World, rng: &mut Rng, from: &str, to: &str) -> crash::Crash {
    let git_dir = world.repo.path().join(".git");
    let admin = git_dir.join("worktrees/talos-98");
    let (journal, lane) = (world.state("lanes.jsonl"), world.beside("talos-98"));
    let before = journal.metadata().unwrap().len();
    let head = fs::read(admin.join("HEAD")).unwrap();
    let running = world.tool(&["reuse", from, to, "x", "--no-fetch"]).spawn();
    match rng.usize(0..8) {
        0 => crash::when(running, || journal.metadata().is_ok_and(|m| m.len() > before)),
        1 => crash::when(running, || git_dir.join(format!("refs/heads/{to}-x")).exists()),
        2 => crash::when(running, || admin.join("index.lock").exists()),
        3 => crash::when(running, || !lane.join("data/0/0.txt").exists()),
        4 => crash::when(running, || fs::read(admin.join("HEAD")).is_ok_and(|now| now != head)),
        5 => crash::when(running, || !git_dir.join(format!("refs/heads/{from}-x")).exists()),
        6 => crash::when(running, || {
            fs::read_to_string(admin.join("switchyard-lane")).is_ok_and(|mark| mark.trim() == to)
        }),
        _ => crash::after_turns(running, rng, 4000),
    }
}

#[test]
fn the_next_command_settles_a_reuse_that_was_killed() {
    let world = World::new();
    for n in 0..200 {
        world.repo.write(format!("data/{}/{n}.txt", n % 40), format!("{n}\n").repeat(200));
    }
    world.repo.commit_all("Many files");
    world.repo.branch("many");
    world.repo.git(["rm", "--quiet", "-r", "data"]);
    world.repo.write("few", "few\n");
    world.repo.commit_all("Few files");
    world.repo.git(["push", "--quiet", "origin", "main"]);
    world.run(&["add", "98", "x", "--base", "many", "--no-fetch"]).code(0);
    let lane = world.beside("talos-98");
    write(&lane.join("target/app"), "built");
    let mut rng = rng(101);
    let (mut now, mut killed) = (98, 0);
    for round in 0..24 {
        let (from, to) = (now.to_string(), (now + 1).to_string());
        let crash = kill_one(&world, &mut rng, &from, &to);
        killed += usize::from(crash.was_killed());
        world.wait_for_orphans(&from);
        // Any command that changes something settles it.
        world.run(&["remove", "nothing"]).code(1);
        let listed = world.run(&["list"]).json_lines();
        assert_eq!(listed.len(), 2, "round {round}");
        let there = listed[1]["lane"].as_str().unwrap().to_owned();
        assert!(there == from || there == to, "round {round}: {there}");
        assert_eq!(world.branches(), [format!("{there}-x"), "main".into(), "many".into()]);
        assert_eq!(git(&lane, &["symbolic-ref", "--short", "HEAD"]), format!("{there}-x"));
        assert_eq!(git(&lane, &["status", "--porcelain"]), "", "round {round}");
        assert!(!world.repo.path().join(".git/worktrees/talos-98/index.lock").exists());
        assert_eq!(fs::read_to_string(lane.join("target/app")).unwrap(), "built");
        let last = world.events(&there).last().cloned().unwrap();
        assert!(last == "added" || last == "reuse_failed", "round {round}: {last}");
        if there == to {
            now += 1;
            // Back to many files, so that the next one has files to write or to remove.
            let base = if now % 2 == 0 { "many" } else { "origin/main" };
            let next = (now + 1).to_string();
            world.run(&["reuse", &to, &next, "x", "--no-fetch", "--base", base]).code(0);
            now += 1;
        }
    }
    assert!(killed > 8, "only {killed} of 24 were killed");
}
