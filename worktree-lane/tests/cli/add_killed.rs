//! `add` killed at any point: the next `add` of the same lane succeeds, or nothing was killed.

use std::path::{Path, PathBuf};

use testkit::{Repo, Rng, Running, Tool, crash, rng};

use crate::support::{World, codes, commit, git, write};

/// A project whose checkout takes long enough to be met in the middle now and then.
fn many_files() -> World {
    let world = World::with("talos", Repo::options());
    for n in 0..120 {
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
    let world = many_files();
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
        assert_eq!(git(&lane, &["ls-files"]).lines().count(), 123);
        assert_eq!(world.repo.git(["worktree", "list"]).lines().count(), 2);
        let listed = world.run(&["list"]).json_lines();
        assert_eq!(listed[1]["locked"], serde_json::Value::Null, "round {round}");
        world.run(&["remove", "98"]).code(0);
        assert_eq!(world.traces(), clean, "round {round} left something");
    }
    assert!(killed > 20, "only {killed} of 40 were killed");
}

/// A project whose checkout stops before its last file, `wait`, until it is let go.
struct Stopping {
    world: World,
    /// Written when the checkout has come there; it holds the process id of git.
    reached: PathBuf,
    /// The pipe that the filter waits at.
    gate: PathBuf,
}

impl Stopping {
    fn new() -> Self {
        let world = World::new();
        world.repo.write(".gitattributes", "wait filter=wait\n");
        for name in ["data/0/0.txt", "data/1/1.txt", "wait"] {
            world.repo.write(name, "0\n".repeat(300));
        }
        world.repo.commit_all("A file to wait at");
        world.repo.git(["push", "--quiet"]);
        let (reached, gate) = (world.scratch.path("stop/reached"), world.scratch.path("stop/gate"));
        std::fs::create_dir(world.scratch.path("stop")).unwrap();
        Tool::program("mkfifo").arg(&gate).run().code(0);
        let script = format!(
            "echo $PPID > '{0}.new' && mv '{0}.new' '{0}'\nread -r _ < '{1}'\nexec cat",
            reached.display(),
            gate.display()
        );
        let filter = world.scratch.program("stop/filter", &script);
        world.repo.git(["config", "filter.wait.smudge", filter.to_str().unwrap()]);
        Self { world, reached, gate }
    }

    /// Starts an `add` of lane 98.
    fn start(&self) -> Running {
        self.world.tool(&["add", "98", "crud", "--no-fetch"]).spawn()
    }

    /// Lets the filter go, and later checkouts pass it by.
    fn let_go(&self) {
        self.world.repo.git(["config", "--unset", "filter.wait.smudge"]);
        // Opening it waits for the filter.
        let mut gate = std::fs::OpenOptions::new().write(true).open(&self.gate).unwrap();
        std::io::Write::write_all(&mut gate, b"\n").unwrap();
        drop(gate);
        self.world.wait_for_orphans("98");
    }
}

/// A project in which an `add` of lane 98 was killed in the middle of its checkout. Its git went on
/// to the end.
fn half_made() -> World {
    let stopping = Stopping::new();
    let crash = crash::when(stopping.start(), || has(&stopping.reached));
    assert!(crash.was_killed());
    stopping.let_go();
    stopping.world
}

#[test]
fn a_half_made_lane_is_shown_and_not_handed_out() {
    let world = half_made();
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
        let world = half_made();
        let lane = world.beside("talos-98");
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
    let world = half_made();
    let lane = world.beside("talos-98");
    write(&lane.join("data/0/0.txt"), "0\n0\n0");
    write(&lane.join("data/1/1.txt"), "");
    world.run(&["add", "98", "crud", "--no-fetch"]).code(0);
    assert_eq!(git(&lane, &["status", "--porcelain"]), "");
}

#[test]
fn a_git_that_was_killed_as_well_leaves_nothing_in_the_way() {
    let stopping = Stopping::new();
    let crash = crash::when(stopping.start(), || has(&stopping.reached));
    assert!(crash.was_killed());
    let git_id = std::fs::read_to_string(&stopping.reached).unwrap();
    Tool::program("kill").args(["-KILL", git_id.trim()]).run().code(0);
    stopping.let_go();
    let world = &stopping.world;
    let lane = world.beside("talos-98");
    assert!(lane.join("data/1/1.txt").exists() && !lane.join("wait").exists());
    let ran = world.run(&["add", "98", "crud", "--no-fetch"]);
    ran.code(0).stderr_has("removed what a run left that was killed");
    assert_eq!(git(&lane, &["status", "--porcelain"]), "");
}

#[test]
fn an_interrupt_undoes_at_once() {
    let stopping = Stopping::new();
    let clean = stopping.world.traces();
    let running = stopping.start();
    while !has(&stopping.reached) && !running.has_ended() {
        std::thread::yield_now();
    }
    assert!(stopping.world.beside("talos-98").join("data/1/1.txt").exists());
    running.terminate();
    let ran = running.wait();
    ran.code(74).stderr_has("interrupted by signal 15").stderr_has("nothing was left behind");
    assert_eq!(stopping.world.traces(), clean);
}
