//! Ignored files that a new lane gets from the main worktree: `.worktreeinclude`, `lanes.copy`,
//! `lanes.link`.
//!
//! | case | outcome |
//! |---|---|
//! | matches and ignored here and in the lane | copied with mode and time, a link as a link |
//! | matches, not ignored, or tracked in the lane | not copied, told where it surprises |
//! | a committed link or file of the lane is in the way | not copied, told |
//! | `target` | never linked; never copied when cargo fills it |
//! | the same bytes as in the main worktree | keeps no lane; changed it does |
//! | killed, or failed, in the middle | unchanged copies go with the lane, changed ones keep it |

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use testkit::{Tool, crash};

use crate::support::{World, codes, commit, git, write};

/// A project with ignored files: `.env`, `vault/`, `data/`, `target/`.
fn project(include: &str, config: &str) -> World {
    let world = World::new();
    world.repo.write(".gitignore", "/target/\n*.log\n.env\n/vault/\n/data/\n");
    if !config.is_empty() {
        world.repo.write("switchyard.yaml", config);
    }
    if !include.is_empty() {
        world.repo.write(".worktreeinclude", include);
    }
    world.repo.commit_all("Rules");
    world.repo.git(["push", "--quiet"]);
    world.repo.write(".env", "TOKEN=x\n");
    world.repo.write("sub dir/ä\n/.env", "DEEP=x\n");
    world.repo.write("vault/keys/a.key", "key\n");
    world.repo.write("data/big.bin", "big\n");
    world.repo.write("vault/:(top)x", "odd\n");
    world.repo.write("untracked.env.txt", "not ignored\n");
    world
}

#[test]
fn what_matches_and_is_ignored_is_copied() {
    let world = project(".env\n/vault/*\n*.txt\n!/vault/no\n", "");
    let main = world.repo.path();
    fs::set_permissions(main.join(".env"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("../elsewhere", main.join("vault/link")).unwrap();
    write(&main.join("vault/no"), "no");
    let ran = world.run(&["add", "98", "crud"]);
    ran.code(0);
    let lane = world.beside("talos-98");
    let (ours, theirs) =
        (lane.join(".env").metadata().unwrap(), main.join(".env").metadata().unwrap());
    assert_eq!(ours.mode(), theirs.mode());
    assert_eq!((ours.mtime(), ours.mtime_nsec()), (theirs.mtime(), theirs.mtime_nsec()));
    assert_ne!(ours.ino(), theirs.ino());
    assert_eq!(fs::read_to_string(lane.join("sub dir/ä\n/.env")).unwrap(), "DEEP=x\n");
    assert_eq!(fs::read_to_string(lane.join("vault/keys/a.key")).unwrap(), "key\n");
    assert_eq!(fs::read_link(lane.join("vault/link")).unwrap().to_str(), Some("../elsewhere"));
    assert!(!lane.join("vault/no").exists(), "a pattern that takes another back");
    assert!(!lane.join("untracked.env.txt").exists(), "it is not ignored");
    assert!(!lane.join("data").exists());
    assert_eq!(git(&lane, &["status", "--porcelain"]), "");

    // Copies are not precious while the main worktree has the same.
    write(&main.join("vault/keys/a.key"), "another key\n");
    let refused = world.run(&["remove", "98"]).code(1).json();
    assert_eq!(codes(&refused), ["ignored_precious"]);
    let message = refused["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains("a.key") && !message.contains(".env"), "{message}");
    write(&main.join("vault/keys/a.key"), "key\n");
    world.run(&["remove", "98"]).code(0);
}

#[test]
fn what_is_linked_is_a_link_and_is_never_followed() {
    let world = project("", "lanes:\n  copy: [.env, /data/]\n  link: [data, vault/keys]\n");
    // A folder of git's own: lanes inside the main worktree are not what anybody means.
    world.run(&["add", "T-1"]).code(0);
    let lane = world.repo.path().join(".worktrees/T-1");
    assert_eq!(fs::read_link(lane.join("data")).unwrap(), world.repo.path().join("data"));
    assert_eq!(
        fs::read_link(lane.join("vault/keys")).unwrap(),
        world.repo.path().join("vault/keys")
    );
    assert!(lane.join(".env").symlink_metadata().unwrap().is_file());
    // `/data/` ignores a folder and no link of that name.
    assert_eq!(git(&lane, &["status", "--porcelain"]), "");
    world.run(&["remove", "T-1"]).code(0);
    assert_eq!(fs::read_to_string(world.repo.path().join("data/big.bin")).unwrap(), "big\n");
    world.run(&["--show-config"]).code(0).stdout_has(r#""key":"lanes.link""#);
}

#[test]
fn nothing_is_written_over_or_through_what_the_lane_has() {
    let world = project(".env\n/vault/\n/data/\n", "");
    // Another branch tracks one of them, has a link for another, and does not ignore the third.
    let tree = world.scratch.path("other");
    world.repo.git(["worktree", "add", "--quiet", "-b", "other", tree.to_str().unwrap()]);
    write(&tree.join(".env"), "COMMITTED=1\n");
    symlink(world.scratch.root(), tree.join("vault")).unwrap();
    write(&tree.join(".gitignore"), "nothing\n");
    git(&tree, &["add", "--all", "--force"]);
    commit(&tree, "another world");
    let ran = world.run(&["add", "98", "crud", "--base", "other"]);
    ran.code(0).stderr_has("does not ignore it").stderr_has("in the way");
    let lane = world.beside("talos-98");
    assert_eq!(fs::read_to_string(lane.join(".env")).unwrap(), "COMMITTED=1\n");
    assert!(!world.scratch.path("keys").exists(), "written through a link");
    assert!(!lane.join("data").exists());
    assert_eq!(git(&lane, &["status", "--porcelain"]), "");
}

#[test]
fn what_cannot_be_copied_is_told() {
    let world =
        project("", "lanes:\n  copy: [gone.env, README.md, vault/pipe]\n  link: [nowhere/]\n");
    Tool::program("mkfifo").arg(world.repo.path().join("vault/pipe")).run().code(0);
    let ran = world.run(&["add", "98", "crud"]);
    ran.code(0)
        .stderr_has("'gone.env'")
        .stderr_has("'README.md'")
        .stderr_has("neither a file nor a folder nor a link")
        .stderr_has("'nowhere/'");
    assert_eq!(git(&world.beside("talos-98"), &["status", "--porcelain"]), "");
    // A filled target folder is neither linked nor copied, whatever names it.
    world.repo.write("target/.rustc_info.json", "{}");
    world.repo.write("target/debug/app", "app");
    world.repo.write(".worktreeinclude", "/target/\n");
    world.run(&["add", "99", "crud"]).code(0).stderr_has("a copied target/ can run");
    assert!(!world.beside("talos-99").join("target").exists());
    world.repo.write("switchyard.yaml", "lanes:\n  link: [target/]\n");
    world.run(&["add", "100", "crud"]).code(2).stderr_has("run each other's code");
    world.repo.write("switchyard.yaml", "lanes:\n  link: ['/t*/']\n");
    world.run(&["add", "100", "crud"]).code(0).stderr_has("share a target/");
    assert!(!world.beside("talos-100").join("target").exists());
}

#[test]
fn a_run_that_was_killed_while_it_copied_leaves_nothing_and_takes_nothing() {
    let world = project("/vault/\n", "lanes:\n  link: [data]\n");
    let lane = world.beside("talos-98");
    let clean = world.traces();
    let mut undone = 0;
    for round in 0..6 {
        let many: String = format!("{round}\n").repeat(20_000);
        for n in 0..60 {
            world.repo.write(format!("vault/{n}.bin"), &many);
        }
        let running = world.tool(&["add", "98", "crud", "--no-fetch"]).spawn();
        let crash =
            crash::when(running, || lane.join(format!("vault/{}.bin", 10 * round)).exists());
        world.wait_for_orphans("98");
        let half = world.events("98").last().unwrap() == "adding";
        if half && round == 3 {
            // Somebody worked in it.
            write(&lane.join("vault/0.bin"), "mine");
            let refused = world.run(&["add", "98", "crud", "--no-fetch"]).code(1).json();
            assert_eq!(codes(&refused), ["half_made"], "{crash:?}");
            assert_eq!(fs::read_to_string(lane.join("vault/0.bin")).unwrap(), "mine");
            write(&lane.join("vault/0.bin"), &many);
        }
        undone += usize::from(half);
        world.run(&["add", "98", "crud", "--no-fetch"]).code(i32::from(!half));
        assert_eq!(fs::read_to_string(lane.join("vault/59.bin")).unwrap(), many);
        assert_eq!(git(&lane, &["status", "--porcelain"]), "");
        world.run(&["remove", "98"]).code(0);
        assert_eq!(world.traces(), clean, "round {round}");
        assert!(world.repo.path().join("data/big.bin").exists());
    }
    assert!(undone > 0, "no run was killed while it copied");
}
