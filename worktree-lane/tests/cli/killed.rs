//! Every command that changes something, killed at every system call that changes a file: its own, and
//! those of each git that it starts.
//!
//! | killed | what must hold |
//! |---|---|
//! | the tool, git lives on | nothing that was written is lost; `list` works; the same command again ends as if nothing had been killed |
//! | git, the tool lives on | the same |
//! | both | the same |
//!
//! "As if nothing had been killed" is meant to the letter: every file, ref, lock, folder and answer is
//! compared with those of a run that nobody killed. Only a git that is itself killed while it changes refs
//! leaves something that has to be taken away by hand: its `.lock` file, which the error names
//! (docs/decisions/0007), and a ref too many under `refs/lanes/emptied/` does not count. A test plays some kills of each command, evenly
//! spread; `KILLS=all` plays all of them (`bench/lane-kills.sh`).

mod picture;

use std::io::Write as _;

use testkit::kills::{Before, Killer};
use testkit::{Ran, Tool};

use crate::nothing_lost::reachable::Reachable;
use crate::support::{World, git, write};

/// A command, and where it is given.
struct Scene {
    name: &'static str,
    /// Makes the place, and gives the arguments.
    prepare: fn(&World) -> Vec<String>,
    /// What the command says when it was done before.
    done: &'static str,
}

/// How many kills of each command a test plays.
const SOME: usize = 5;

fn words(args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}

/// Kills the command of the scene at each chosen call.
fn play(scene: &Scene) {
    let Some(killer) = Killer::new("worktree-lane") else { return };
    let world = World::new();
    let args = (scene.prepare)(&world);
    let plain: Vec<&str> = args.iter().map(String::as_str).collect();
    let before = Before::of(&world.scratch);
    let place = |tool: Tool| tool.dir(world.repo.path());
    let kills = killer.all(&args, &place, 0);
    let whole = picture::of(&world);
    let step = match std::env::var("KILLS").as_deref() {
        Ok("all") => 1,
        _ => kills.len().div_ceil(SOME),
    };
    let (mut ended_early, mut failed) = (0, Vec::new());
    for kill in kills.iter().step_by(step) {
        before.again(&world.scratch);
        let mut reachable = Reachable::new(&world);
        let words = reachable.words();
        assert!(!words.is_empty());
        let ran = killer.kill(&args, &place, kill);
        ended_early += usize::from(ran.exit_code() != Some(0));
        if let Err(why) = look(scene, &world, &plain, &whole, &mut |what| {
            let lost: Vec<_> = words.difference(&reachable.words()).cloned().collect();
            if lost.is_empty() { Ok(()) } else { Err(format!("{what}: lost {lost:?}")) }
        }) {
            failed.push(format!("{kill:?}: {why}\nThe run: {ran}"));
        }
    }
    let (name, played) = (scene.name, kills.len().div_ceil(step));
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{name}: {ended_early} of {played} killed, {} calls", kills.len()).unwrap();
    assert!(failed.is_empty(), "{}: {} failed\n{}", scene.name, failed.len(), failed.join("\n\n"));
    assert!(ended_early > 0, "{}: nothing was killed", scene.name);
}

/// What the kill left, and whether the same command again makes it whole.
fn look(
    scene: &Scene,
    world: &World,
    args: &[&str],
    whole: &[String],
    lost: &mut dyn FnMut(&str) -> Result<(), String>,
) -> Result<(), String> {
    world.wait_for_orphans("98");
    world.wait_for_orphans("99");
    lost("after the kill")?;
    let listed = world.run(&["list"]);
    if listed.exit_code() != Some(0) {
        return Err(format!("list: {listed}"));
    }
    let locks = picture::git_locks(world);
    let mut again = world.run(args);
    // A git that was killed in the midst of a change of refs leaves a lock, which git calls by name.
    let stands_in_the_way = |ran: &Ran| {
        locks.iter().find(|lock| lock.exists() && ran.err().contains(lock.to_str().unwrap()))
    };
    while let Some(lock) = stands_in_the_way(&again) {
        std::fs::remove_file(lock).unwrap();
        again = world.run(args);
    }
    if scene.name.starts_with("repair") && again.exit_code() == Some(0) {
        // It has completed what was cut short.
        again = world.run(args);
    }
    match again.exit_code() {
        Some(0) => {}
        Some(1)
            if !scene.done.is_empty() && again.out().contains(&format!("\"{}\"", scene.done)) => {}
        _ => return Err(format!("again: {again}")),
    }
    lost("after it was given again")?;
    // Those that are in nobody's way yet go the same way.
    for lock in locks.iter().filter(|lock| lock.exists()) {
        std::fs::remove_file(lock).unwrap();
    }
    let differing = picture::differing(whole, &picture::of(world));
    if differing.is_empty() { Ok(()) } else { Err(differing.join("\n")) }
}

/// A lane with work that is nowhere else, and files that are ignored.
fn working(world: &World) -> std::path::PathBuf {
    let lane = world.lane_98();
    write(&lane.join("staged"), "word-000001\n");
    git(&lane, &["add", "staged"]);
    write(&lane.join("staged"), "word-000002\n");
    write(&lane.join("new/file"), "word-000003\n");
    write(&lane.join("target/out"), "word-000004\n");
    lane
}

/// A lane whose work has landed, with a draft that only its reflog has.
fn landed(world: &World) {
    let lane = world.lane_98();
    write(&lane.join("draft"), "word-000001\n");
    git(&lane, &["add", "draft"]);
    git(&lane, &["commit", "--quiet", "--message", "draft"]);
    git(&lane, &["reset", "--quiet", "--hard", "HEAD~1"]);
    world.land(&lane, "work");
    write(&lane.join("target/out"), "word-000002\n");
}

/// The name of that lane in the trash.
fn in_trash(world: &World) -> String {
    landed(world);
    let removal = world.run(&["remove", "98"]).code(0).json();
    removal["trash"].as_str().unwrap().to_owned()
}

macro_rules! scenes {
    ($($test:ident: $name:literal, done $done:literal, $prepare:expr;)*) => {$(
        #[test]
        fn $test() {
            play(&Scene { name: $name, done: $done, prepare: $prepare });
        }
    )*};
}

scenes! {
    add: "add", done "lane_exists", |world| {
        world.repo.write("mine", "word-000001\n");
        words(&["add", "98", "crud"])
    };
    add_adopt: "add --adopt", done "lane_exists", |world| {
        world.repo.write("mine", "word-000001\n");
        world.repo.git(["branch", "98-crud"]);
        std::fs::create_dir(world.beside("talos-98")).unwrap();
        words(&["add", "98", "crud", "--no-fetch", "--adopt"])
    };
    save: "save", done "", |world| {
        working(world);
        words(&["save", "98"])
    };
    remove: "remove", done "unknown_lane", |world| {
        landed(world);
        words(&["remove", "98"])
    };
    restore: "trash restore", done "", |world| words(&["trash", "restore", &in_trash(world)]);
    empty: "trash empty", done "unknown_entry", |world| {
        world.repo.write("mine", "word-000002\n");
        words(&["trash", "empty", &in_trash(world)])
    };
    repair_moved: "repair of a folder that was moved", done "", |world| {
        let lane = working(world);
        std::fs::rename(&lane, world.beside("moved")).unwrap();
        words(&["repair", "98"])
    };
    repair_gone: "repair of a folder that is gone", done "unknown_lane", |world| {
        let lane = working(world);
        world.repo.write("mine", "word-000002\nword-000003\nword-000004\n");
        std::fs::remove_dir_all(&lane).unwrap();
        words(&["repair", "98"])
    };
    reuse: "reuse", done "unknown_lane", |world| {
        landed(world);
        words(&["reuse", "98", "99", "next"])
    };
    lock: "lock", done "locked", |world| {
        working(world);
        words(&["lock", "98", "--reason", "mine"])
    };
}
