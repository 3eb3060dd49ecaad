//! `remove` and `restore` killed at any point: every byte of the lane is in the lane or in a trash
//! entry that can be restored, and the next run knows which.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use testkit::{Rng, Running, crash, rng};

use crate::support::{World, bytes_below, git, write};

fn has(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Kills a run at a point that `rng` chooses. `names` are paths that appear or vanish during it.
fn kill(world: &World, running: Running, rng: &mut Rng, names: &[PathBuf]) -> bool {
    let journal = world.state("lanes.jsonl");
    let length = || journal.metadata().unwrap().len();
    let before = length();
    let there: Vec<bool> = names.iter().map(|name| has(name)).collect();
    let crash = match rng.usize(0..names.len() + 2) {
        0 => crash::when(running, || length() > before),
        1 => crash::after_turns(running, rng, 6000),
        n => crash::when(running, || has(&names[n - 2]) != there[n - 2]),
    };
    crash.was_killed()
}

/// Brings the lane back if it is in the trash, and looks at every byte.
fn whole_again(world: &World, bytes: &BTreeMap<PathBuf, Vec<u8>>, round: usize) {
    let path = world.beside("talos-98");
    world.wait_for_orphans("98");
    // Any command that changes something settles what was cut short.
    world.run(&["remove", "nothing"]).code(1);
    let entries = world.run(&["trash", "list"]).code(0).json_lines();
    if has(&path) {
        assert_eq!(entries.len(), 0, "round {round}: in its place and in the trash");
        assert_eq!(world.repo.git(["for-each-ref", "refs/lanes"]), "", "round {round}");
    } else {
        assert_eq!(entries.len(), 1, "round {round}: nowhere");
        let name = entries[0]["name"].as_str().unwrap();
        world.run(&["trash", "restore", name]).code(0);
    }
    assert_eq!(&bytes_below(&path), bytes, "round {round}");
    assert_eq!(git(&path, &["status", "--porcelain"]), "", "round {round}");
    assert_eq!(git(&path, &["symbolic-ref", "HEAD"]), "refs/heads/98-crud");
    world.run(&["path", "98"]).code(0);
    let left: Vec<_> = std::fs::read_dir(world.state("trash")).into_iter().flatten().collect();
    assert!(left.is_empty(), "round {round}: {left:?}");
}

fn landed_lane() -> (World, PathBuf, BTreeMap<PathBuf, Vec<u8>>) {
    let world = World::new();
    let path = world.lane_98();
    world.land(&path, "work");
    write(&path.join("target/out"), "built");
    write(&path.join("run.log"), "ignored");
    let bytes = bytes_below(&path);
    (world, path, bytes)
}

#[test]
fn a_killed_remove_loses_nothing() {
    let (world, path, bytes) = landed_lane();
    let admin = world.repo.path().join(".git/worktrees/talos-98");
    let watched = [
        path,
        admin,
        world.state("trash"),
        world.repo.path().join(".git/refs/lanes/trash"),
        world.repo.path().join(".git/refs/heads/98-crud"),
    ];
    let mut rng = rng(7);
    let mut killed = 0;
    for round in 0..40 {
        let running = world.tool(&["remove", "98"]).spawn();
        killed += usize::from(kill(&world, running, &mut rng, &watched));
        whole_again(&world, &bytes, round);
    }
    assert!(killed > 15, "only {killed} of 40 were killed");
}

#[test]
fn a_killed_restore_loses_nothing() {
    let (world, path, bytes) = landed_lane();
    let admin = world.repo.path().join(".git/worktrees/talos-98");
    let branch = world.repo.path().join(".git/refs/heads/98-crud");
    let mut rng = rng(11);
    let mut killed = 0;
    for round in 0..30 {
        let removal = world.run(&["remove", "98"]).code(0).json();
        let name = removal["trash"].as_str().unwrap();
        let watched = [
            path.clone(),
            admin.clone(),
            branch.clone(),
            world.state(&format!("trash/{name}/entry.json")),
        ];
        let running = world.tool(&["trash", "restore", name]).spawn();
        killed += usize::from(kill(&world, running, &mut rng, &watched));
        whole_again(&world, &bytes, round);
    }
    assert!(killed > 8, "only {killed} of 30 were killed");
}

#[test]
fn a_killed_prune_loses_nothing() {
    let (world, path, bytes) = landed_lane();
    world.repo.write("switchyard.yaml", "lanes:\n  prune_after: 0s\n");
    let admin = world.repo.path().join(".git/worktrees/talos-98");
    let branch = world.repo.path().join(".git/refs/heads/98-crud");
    let watched = [path, admin, world.state("trash"), branch];
    let mut rng = rng(13);
    let mut killed = 0;
    for round in 0..20 {
        let running = world.tool(&["prune", "--apply"]).spawn();
        killed += usize::from(kill(&world, running, &mut rng, &watched));
        whole_again(&world, &bytes, round);
    }
    assert!(killed > 7, "only {killed} of 20 were killed");
}

/// The states that a kill between two steps leaves, made by hand so that each is met for certain.
#[test]
fn each_state_between_two_steps_is_settled() {
    let (world, path, bytes) = landed_lane();
    let git_dir = world.repo.path().join(".git");
    let admin = git_dir.join("worktrees/talos-98");
    for (round, (tree_back, admin_back)) in
        [(true, true), (true, false), (false, false)].iter().enumerate()
    {
        for ends_with in ["removing", "restoring"] {
            let removal = world.run(&["remove", "98"]).code(0).json();
            let entry = world.state("trash").join(removal["trash"].as_str().unwrap());
            if *tree_back {
                std::fs::rename(entry.join("tree"), &path).unwrap();
            }
            if *admin_back {
                std::fs::create_dir_all(git_dir.join("worktrees")).unwrap();
                std::fs::rename(entry.join("admin"), &admin).unwrap();
            }
            if world.branches().len() == 1 {
                let head = world.repo.rev("origin/main");
                world.repo.git(["update-ref", "refs/heads/98-crud", &head]);
            }
            cut_journal(&world, ends_with);
            whole_again(&world, &bytes, round);
        }
    }
}

/// Ends the journal with an event of this kind for the lane's last removal.
fn cut_journal(world: &World, kind: &str) {
    let file = world.state("lanes.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    let last = text.lines().last().unwrap();
    assert!(last.contains(r#""kind":"removed""#), "{last}");
    let cut = last.replace(r#""kind":"removed""#, &format!(r#""kind":"{kind}""#));
    write(&file, text.replace(last, &cut));
}
