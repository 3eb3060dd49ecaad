//! `add` killed at any point: the next `add` of the same lane succeeds, or nothing was killed.

use std::path::Path;

use testkit::{Repo, Rng, crash, rng};

use crate::support::{World, codes, commit, git, write};

/// A project whose checkout takes long enough to be met in the middle.
fn project(files: usize) -> World {
    let world = World::with("talos", Repo::options());
    for n in 0..files {
        world.repo.write(format!("data/{}/{n}.txt", n % 40), format!("{n}\n").repeat(300));
    }
    world.repo.commit_all("Many files");
    world.repo.git(["push", "--quiet"]);
    world
}

fn has(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Kills an `add` of lane 98 at a point that `rng` chooses.
fn kill_one(world: &World, rng: &mut Rng) -> crash::Crash {
    let lane = world.beside("talos-98");
    let git_dir = world.repo.path().join(".git");
    let admin = git_dir.join("worktrees/talos-98");
    let journal = world.state("lanes.jsonl");
    let before = journal.metadata().map_or(0, |m| m.len());
    let running = world.tool(&["add", "98", "crud", "--no-fetch"]).spawn();
    let file = rng.usize(0..40);
    match rng.usize(0..11) {
        0 => crash::when(running, || journal.metadata().map_or(0, |m| m.len()) > before),
        1 => crash::when(running, || has(&git_dir.join("refs/heads/98-crud"))),
        2 => crash::when(running, || has(&admin)),
        3 => crash::when(running, || has(&admin.join("locked"))),
        4 => crash::when(running, || has(&lane)),
        5 => crash::when(running, || has(&lane.join(".git"))),
        6 => crash::when(running, || has(&admin.join("HEAD"))),
        7 => crash::when(running, || has(&admin.join("index.lock"))),
        8 => crash::when(running, || has(&lane.join(format!("data/{file}")))),
        9 => crash::when(running, || has(&admin.join("index"))),
        _ => crash::after_turns(running, rng, 4000),
    }
}

#[test]
fn the_next_add_succeeds_whenever_the_first_was_killed() {
    let world = project(250);
    let clean = world.traces();
    let mut rng = rng(98);
    let mut killed = 0;
    for round in 0..40 {
        let crash = kill_one(&world, &mut rng);
        killed += usize::from(crash.was_killed());
        // Git may have lost its parent and still be writing: the next run waits for it.
        let ran = world.run(&["add", "98", "crud", "--no-fetch"]);
        if ran.exit_code() == Some(1) {
            // It was killed after the lane was made, or not at all.
            assert_eq!(codes(&ran.json())[0], "lane_exists", "round {round}: {ran}");
            assert_eq!(world.events("98").last().unwrap(), "added", "round {round}");
        } else {
            ran.code(0);
        }
        let lane = world.beside("talos-98");
        assert_eq!(git(&lane, &["status", "--porcelain"]), "", "round {round}");
        assert_eq!(git(&lane, &["ls-files"]).lines().count(), 253);
        assert_eq!(world.repo.git(["worktree", "list"]).lines().count(), 2);
        let listed = world.run(&["list"]).json_lines();
        assert_eq!(listed[1]["locked"], serde_json::Value::Null, "round {round}");
        world.run(&["remove", "98"]).code(0);
        assert_eq!(world.traces(), clean, "round {round} left something");
    }
    assert!(killed > 20, "only {killed} of 40 were killed");
}

/// Kills one `add` in the middle of its checkout, with git.
fn half_made(world: &World) {
    let lane = world.beside("talos-98");
    let running = world.tool(&["add", "98", "crud", "--no-fetch"]).spawn();
    let crash = crash::when(running, || has(&lane.join("data/20")));
    assert!(crash.was_killed(), "the checkout is too fast for this test");
}

#[test]
fn a_half_made_lane_is_shown_and_not_handed_out() {
    let world = project(1500);
    half_made(&world);
    let lanes = world.run(&["list"]).code(0).json_lines();
    assert_eq!((&lanes[1]["lane"], &lanes[1]["half_made"]), (&"98".into(), &true.into()));
    world.run(&["path", "98"]).code(1).stdout_is("").stderr_has("killed");
    assert_eq!(codes(&world.run(&["remove", "98"]).code(1).json()), ["half_made"]);
    // Another lane is not kept, and does not touch it.
    world.run(&["add", "99", "x", "--no-fetch"]).code(0);
    assert!(world.beside("talos-98").exists());
    let ran = world.run(&["add", "98", "other-slug", "--no-fetch"]);
    ran.code(0).stderr_has("removed what a run left that was killed");
    assert_eq!(world.branches(), ["98-other-slug", "99-x", "main"]);
}

/// What the reason must name, and how it comes about.
type Harm = (&'static str, fn(&Path));

#[test]
fn work_in_a_half_made_lane_is_never_undone() {
    let harms: [Harm; 4] = [
        ("mine.txt", |lane| write(&lane.join("mine.txt"), "mine")),
        ("README.md", |lane| write(&lane.join("README.md"), "changed")),
        ("run.log", |lane| write(&lane.join("run.log"), "ignored, and still mine")),
        ("commits", |lane| {
            git(lane, &["reset", "--quiet", "--hard"]);
            commit(lane, "work");
        }),
    ];
    for (what, harm) in harms {
        let world = project(1500);
        half_made(&world);
        let lane = world.beside("talos-98");
        world.wait_for_orphans("98");
        harm(&lane);
        let bytes = crate::support::bytes_below(&lane);
        let refused = world.run(&["add", "98", "crud", "--no-fetch"]).code(1).json();
        assert_eq!(codes(&refused), ["half_made"], "{refused}");
        assert!(refused["reasons"][0]["message"].as_str().unwrap().contains(what), "{refused}");
        assert_eq!(crate::support::bytes_below(&lane), bytes);
    }
}

#[test]
fn a_file_that_git_wrote_in_part_is_gits() {
    let world = project(1500);
    half_made(&world);
    let lane = world.beside("talos-98");
    world.wait_for_orphans("98");
    write(&lane.join("data/0/0.txt"), "0\n0\n0");
    write(&lane.join("data/1/1.txt"), "");
    world.run(&["add", "98", "crud", "--no-fetch"]).code(0);
    assert_eq!(git(&lane, &["status", "--porcelain"]), "");
}

#[test]
fn an_interrupt_undoes_at_once() {
    let world = project(1500);
    let clean = world.traces();
    let lane = world.beside("talos-98");
    let mut interrupted = 0;
    for _ in 0..5 {
        let running = world.tool(&["add", "98", "crud", "--no-fetch"]).spawn();
        while !has(&lane.join("data/20")) && !running.has_ended() {
            std::thread::yield_now();
        }
        if !running.has_ended() {
            running.terminate();
        }
        let ran = running.wait();
        if ran.exit_code() == Some(74) {
            interrupted += 1;
            ran.stderr_has("interrupted by signal 15").stderr_has("nothing was left behind");
            assert_eq!(world.traces(), clean);
        } else {
            world.run(&["add", "98", "crud", "--no-fetch"]);
            world.run(&["remove", "98"]).code(0);
        }
    }
    assert!(interrupted > 0);
}
