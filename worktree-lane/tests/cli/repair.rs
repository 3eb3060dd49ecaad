//! `repair` mends what can be mended without losing anything, and says the rest.
//!
//! | state | what is done |
//! |---|---|
//! | folder moved by `mv`, by `git worktree move`, repository moved | git and the journal are told |
//! | folder gone | git's folder for it goes to the trash, with index, log, rebase; back with the folder |
//! | folder gone, locked | nothing |
//! | `.git` file gone | written again, if the files are provably those that git wrote |
//! | `.git` file gone, other files | nothing |
//! | removed by other means | recorded |
//! | index.lock, somebody else's folder, killed plain `git worktree add` | told |
//! | killed between two steps of forgetting | the next run puts it back, or it is in the trash |

use std::path::Path;

use serde_json::Value;
use testkit::{Tool, crash, rng};

use crate::support::{World, bytes_below, codes, commit, git, status, write};

/// Previews, which must change nothing, and repairs lane 98. Gives what was done.
#[track_caller]
fn repair(world: &World, code: &str, repaired: bool) -> Value {
    let traces = world.traces();
    let shown = world.run(&["repair", "--dry-run"]).code(1).json_lines();
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert_eq!((&shown[0]["code"], &shown[0]["repaired"]), (&code.into(), &false.into()));
    assert!(shown[0]["next"].is_string(), "{shown:?}");
    assert_eq!(world.traces(), traces);
    let found = world.run(&["repair"]).code(i32::from(!repaired)).json_lines();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["schema"], "worktree-lane.finding/1");
    assert_eq!((&found[0]["code"], &found[0]["repaired"]), (&code.into(), &repaired.into()));
    if repaired {
        assert_eq!(world.run(&["repair"]).code(0).json_lines().len(), 0, "it stays mended");
    }
    found[0].clone()
}

/// A lane with something staged, something changed on top and something untracked.
fn busy(world: &World) -> std::path::PathBuf {
    let path = world.lane_98();
    write(&path.join("README.md"), "staged\n");
    git(&path, &["add", "README.md"]);
    write(&path.join("README.md"), "changed\n");
    write(&path.join("new"), "new\n");
    path
}

#[test]
fn a_lane_that_was_moved_is_found() {
    let moves: [fn(&World, &Path, &Path); 2] = [
        |_, from, to| std::fs::rename(from, to).unwrap(),
        |world, from, to| {
            world.repo.git(["worktree", "move", from.to_str().unwrap(), to.to_str().unwrap()]);
        },
    ];
    for move_it in moves {
        let world = World::new();
        let path = busy(&world);
        let (bytes, before) = (bytes_below(&path), status(&path));
        let to = world.beside("some where");
        move_it(&world, &path, &to);
        repair(&world, "moved", true);
        assert_eq!((bytes_below(&to), status(&to)), (bytes, before));
        let ran = world.run(&["path", "98"]);
        ran.code(0).stdout_has("some where");
        let removal = world.run(&["remove", "98"]).code(1).json();
        assert_eq!(codes(&removal), ["uncommitted", "untracked"]);
    }
}

#[test]
fn a_repository_that_was_moved_finds_its_lanes() {
    let world = World::new();
    let path = busy(&world);
    let before = status(&path);
    let moved = world.repo.path().with_file_name("elsewhere");
    std::fs::rename(world.repo.path(), &moved).unwrap();
    let run = |args: &[&str]| Tool::new("worktree-lane").args(args).dir(&moved).run();
    let found = run(&["repair"]).code(0).json_lines();
    assert_eq!((&found[0]["code"], &found[0]["repaired"]), (&"moved".into(), &true.into()));
    assert_eq!(status(&path), before);
    assert_eq!(run(&["repair"]).code(0).json_lines().len(), 0);
}

#[test]
fn a_missing_lane_is_forgotten_and_comes_back_with_its_folder() {
    let world = World::new();
    let path = busy(&world);
    let other = world.scratch.path("by-hand");
    world.repo.git(["worktree", "add", "--quiet", "-b", "b", other.to_str().unwrap()]);
    let before = status(&path);
    let staged = git(&path, &["rev-parse", ":README.md"]);
    let (unmounted, unplugged) = (world.scratch.path("deep/er"), world.scratch.path("un/plugged"));
    for (from, to) in [(&path, &unmounted), (&other, &unplugged)] {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::rename(from, to).unwrap();
    }
    repair(&world, "missing", true);
    // The other worktree is missing too, and it is not ours to forget.
    assert!(world.repo.git(["worktree", "list"]).contains("by-hand"));
    assert_eq!(world.branches(), ["98-crud", "b", "main"]);
    world.repo.git(["gc", "--quiet", "--prune=now"]);
    assert_eq!(world.repo.git(["cat-file", "-p", &staged]), "staged");

    let name = world.run(&["trash", "list"]).json_lines()[0]["name"].as_str().unwrap().to_owned();
    let answer = world.run(&["trash", "restore", &name]).code(1).json();
    assert_eq!(codes(&answer), ["files_missing"]);
    std::fs::rename(&unmounted, &path).unwrap();
    world.run(&["trash", "restore", &name]).code(0);
    assert_eq!(status(&path), before);
    world.run(&["path", "98"]).code(0);
}

#[test]
fn a_forgotten_lane_can_be_emptied_and_what_was_staged_is_kept() {
    let world = World::new();
    let path = busy(&world);
    let staged = git(&path, &["rev-parse", ":README.md"]);
    std::fs::remove_dir_all(&path).unwrap();
    repair(&world, "missing", true);
    let name = world.run(&["trash", "list"]).json_lines()[0]["name"].as_str().unwrap().to_owned();
    let answer = world.run(&["trash", "empty", &name]).code(0).json();
    assert!(answer["kept"].is_string(), "{answer}");
    world.repo.git(["gc", "--quiet", "--prune=now"]);
    assert_eq!(world.repo.git(["cat-file", "-p", &staged]), "staged");
}

#[test]
fn every_side_of_a_conflict_is_kept_when_a_lane_is_forgotten() {
    let world = World::new();
    let path = world.lane_98();
    commit(&path, "README.md");
    write(&path.join("staged"), "only in the index\n");
    git(&path, &["add", "staged"]);
    let sides = ["base", "ours", "theirs"].map(|side| {
        let blob = Tool::program("git").args(["hash-object", "-w", "--stdin"]).dir(&path);
        blob.stdin(side).run().code(0).out().trim_end().to_owned()
    });
    let lines = sides.iter().enumerate().map(|(n, blob)| format!("100644 {blob} {}\tf\n", n + 1));
    let index = Tool::program("git").args(["update-index", "--index-info"]).dir(&path);
    index.stdin(lines.collect::<String>()).run().code(0);
    let staged = git(&path, &["rev-parse", ":staged"]);
    std::fs::remove_dir_all(&path).unwrap();
    repair(&world, "missing", true);
    world.repo.git(["gc", "--quiet", "--prune=now"]);
    for blob in sides.iter().chain([&staged]) {
        world.repo.git(["cat-file", "-e", blob]);
    }
}

#[test]
fn a_lane_is_not_forgotten_when_what_is_staged_cannot_be_kept() {
    let world = World::new();
    let path = world.lane_98();
    write(&path.join("staged"), "only in the index\n");
    git(&path, &["add", "staged"]);
    let blob = git(&path, &["rev-parse", ":staged"]);
    let (folder, name) = blob.split_at(2);
    let object = world.repo.path().join(".git/objects").join(folder).join(name);
    std::fs::remove_file(object).unwrap();
    std::fs::remove_dir_all(&path).unwrap();
    world.run(&["repair"]).code(74).stderr_has("staged").stderr_has("nothing was changed");
    assert!(world.repo.path().join(".git/worktrees/talos-98/index").exists());
}

#[test]
fn a_locked_lane_is_never_forgotten() {
    let world = World::new();
    let path = world.lane_98();
    world.repo.git(["worktree", "lock", "--reason", "on a stick", path.to_str().unwrap()]);
    std::fs::remove_dir_all(&path).unwrap();
    let found = repair(&world, "missing_locked", false);
    assert!(found["message"].as_str().unwrap().contains("on a stick"));
    assert!(world.repo.git(["worktree", "list"]).contains("talos-98"));
}

#[test]
fn a_lost_link_is_written_only_where_it_provably_belongs() {
    let world = World::new();
    let path = busy(&world);
    let before = status(&path);
    std::fs::remove_file(path.join(".git")).unwrap();
    repair(&world, "link_lost", true);
    assert_eq!(status(&path), before);

    let world = World::new();
    let path = world.lane_98();
    std::fs::remove_dir_all(&path).unwrap();
    write(&path.join("README.md"), "somebody else's\n");
    repair(&world, "mismatch", false);
    assert!(!path.join(".git").exists());
}

#[test]
fn what_was_removed_by_other_means_is_recorded() {
    let world = World::new();
    let path = world.lane_98();
    world.repo.git(["worktree", "remove", path.to_str().unwrap()]);
    repair(&world, "removed_by_hand", true);
    assert_eq!(world.run(&["list", "--all"]).json_lines().len(), 1);
    assert_eq!(world.events("98").last().unwrap(), "removed");

    let world = World::new();
    let path = busy(&world);
    std::fs::rename(&path, world.scratch.path("unmounted")).unwrap();
    world.repo.git(["worktree", "prune"]);
    std::fs::rename(world.scratch.path("unmounted"), &path).unwrap();
    repair(&world, "unregistered", false);
    assert!(path.join("new").exists());
}

#[test]
fn what_only_a_person_can_decide_is_told() {
    let world = World::new();
    let path = world.lane_98();
    let lock = world.repo.path().join(".git/worktrees/talos-98/index.lock");
    write(&lock, "");
    let found = repair(&world, "index_lock", false);
    assert!(found["next"].as_str().unwrap().contains("mv -n"), "{found}");
    assert!(lock.exists());
    std::fs::remove_file(&lock).unwrap();
    // As `kill -9` of a plain `git worktree add` leaves it.
    let other = world.scratch.path("by-hand");
    let place = other.to_str().unwrap();
    world.repo.git(["worktree", "add", "--quiet", "--lock", "--reason", "initializing", place]);
    repair(&world, "initializing", false);
    assert!(other.exists() && path.exists());
    assert_eq!(world.run(&["repair", "nope"]).code(1).json()["code"], "unknown_lane");
}

#[test]
fn a_killed_one_forgets_wholly_or_not_at_all() {
    let mut rng = rng(23);
    let mut killed = 0;
    for round in 0..10 {
        let world = World::new();
        let path = world.lane_98();
        git(&path, &["switch", "--quiet", "--detach"]);
        let work = commit(&path, "work");
        std::fs::remove_dir_all(&path).unwrap();
        let admin = world.repo.path().join(".git/worktrees/talos-98");
        let before = world.events("98").len();
        let running = world.tool(&["repair"]).spawn();
        let crash = match round % 4 {
            0 => crash::when(running, || world.events("98").len() > before),
            1 => crash::when(running, || world.state("trash").exists()),
            2 => crash::when(running, || !admin.exists()),
            _ => crash::after_turns(running, &mut rng, 3000),
        };
        killed += usize::from(crash.was_killed());
        world.wait_for_orphans("98");
        world.run(&["repair"]);
        world.run(&["repair"]).code(0);
        let entries = world.run(&["trash", "list"]).code(0).json_lines();
        assert_eq!(entries.len(), 1, "round {round}");
        assert!(!admin.exists());
        world.repo.git(["gc", "--quiet", "--prune=now"]);
        assert_eq!(world.repo.git(["cat-file", "-t", &work]), "commit", "round {round}");
    }
    assert!(killed > 3, "only {killed} of 10 were killed");
}
