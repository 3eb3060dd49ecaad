//! What goes into the trash comes back as it was.

use std::fs;
use std::path::{Path, PathBuf};

use testkit::{Repo, Tool};

use crate::full::{NOT_PERMITTED, with_mounts};
use crate::support::{World, bytes_below, codes, commit, git, paste, status, write};

fn trash_name(world: &World) -> String {
    let entries = world.run(&["trash", "list"]).code(0).json_lines();
    assert_eq!(entries.len(), 1);
    entries[0]["name"].as_str().unwrap().to_owned()
}

/// Git in a lane that is in the trash, as a process that had its folder open could still work.
fn git_in_trash(world: &World, entry: &Path, args: &[&str]) {
    Tool::program("git")
        .args(args)
        .dir(entry.join("tree"))
        .env("GIT_DIR", entry.join("admin"))
        .env("GIT_COMMON_DIR", world.repo.path().join(".git"))
        .env("GIT_WORK_TREE", entry.join("tree"))
        .run()
        .code(0);
}

#[test]
fn every_state_of_a_file_comes_back() {
    for options in [Repo::options(), Repo::options().reftable()] {
        let world = World::with("talos", options);
        let path = world.lane_98();
        write(&path.join("target/out"), "built");
        world.run(&["remove", "98"]).code(0);
        let name = trash_name(&world);
        let entry = world.state(&format!("trash/{name}"));
        // Somebody goes on writing while the lane is taken away: staged, both, unstaged, untracked,
        // deleted, ignored, a link, an executable file.
        let tree = entry.join("tree");
        write(&tree.join("staged"), "staged\n");
        write(&tree.join("README.md"), "staged\n");
        git_in_trash(&world, &entry, &["add", "staged", "README.md"]);
        write(&tree.join("README.md"), "unstaged on top\n");
        write(&tree.join("untracked/ünï"), [0, 159, 255]);
        fs::remove_file(tree.join("src/main.rs")).unwrap();
        std::os::unix::fs::symlink("nowhere", tree.join("link")).unwrap();
        let before = bytes_below(&tree);

        let back = world.run(&["trash", "restore", &name]).code(0).json();
        assert_eq!(back["schema"], "worktree-lane.restoration/1");
        assert_eq!((&back["restored"], &back["branch_created"]), (&true.into(), &true.into()));
        assert_eq!(bytes_below(&path), before);
        let status = status(&path);
        for line in ["A. ", "MM ", " .D ", "? \"untracked/", "? link", "! target/"] {
            assert!(status.contains(line), "{line}\n{status}");
        }
        assert_eq!(git(&path, &["show", ":README.md"]), "staged");
        assert_eq!(world.run(&["trash", "list"]).json_lines().len(), 0);
        assert!(!entry.exists());
        world.run(&["path", "98"]).code(0);
        let removal = world.run(&["remove", "98"]).code(1).json();
        assert_eq!(codes(&removal), ["uncommitted", "untracked"]);
    }
}

#[test]
fn remove_and_restore_give_back_the_same_lane() {
    let world = World::new();
    let path = world.lane_98();
    world.land(&path, "work");
    write(&path.join("target/out"), "built");
    write(&path.join("run.log"), "log");
    let (bytes, state, log) = (bytes_below(&path), status(&path), git(&path, &["reflog"]));
    world.run(&["remove", "98"]).code(0);
    world.run(&["trash", "restore", &trash_name(&world)]).code(0);
    assert_eq!(bytes_below(&path), bytes);
    assert_eq!(status(&path), state);
    assert_eq!(git(&path, &["reflog"]), log);
    assert_eq!(
        world.events("98"),
        ["adding", "added", "removing", "removed", "restoring", "restored"]
    );
    // And again.
    world.run(&["remove", "98"]).code(0);
    world.run(&["trash", "restore", &trash_name(&world)]).code(0);
    assert_eq!(bytes_below(&path), bytes);
}

#[test]
fn what_stands_in_the_way_is_named_and_not_touched() {
    let world = World::new();
    world.lane_98();
    world.run(&["remove", "98"]).code(0);
    let name = trash_name(&world);
    let refused = |expected: &[&str]| {
        let answer = world.run(&["trash", "restore", &name]).code(1).json();
        assert_eq!(codes(&answer), expected, "{answer}");
        assert_eq!(trash_name(&world), name);
    };
    let path: PathBuf = world.beside("talos-98");
    fs::create_dir(&path).unwrap();
    refused(&["path_exists"]);
    fs::remove_dir(&path).unwrap();
    world.run(&["add", "98", "crud"]).code(0);
    refused(&["lane_exists", "path_exists", "entry_taken", "branch_checked_out"]);
    world.run(&["remove", "98"]).code(0);
    world.repo.git([
        "branch",
        "98-crud",
        world.repo.git(["commit-tree", "HEAD^{tree}", "-m", "x"]).as_str(),
    ]);
    let answer = world.run(&["trash", "restore", &name]).code(1).json();
    assert_eq!(codes(&answer), ["branch_moved"]);
    paste(&world, answer["reasons"][0]["next"].as_str().unwrap());
    world.run(&["trash", "restore", &name]).code(0);

    for unknown in ["nope", "../trash", "a/b", "-x", ""] {
        let ran = world.run(&["trash", "restore", "--", unknown]);
        assert_eq!(codes(&ran.code(1).json()), ["unknown_entry"]);
    }
}

#[test]
fn two_lanes_of_one_id_can_be_in_the_trash() {
    let world = World::new();
    for _ in 0..3 {
        world.lane_98();
        world.run(&["remove", "98"]).code(0);
    }
    let entries = world.run(&["trash", "list"]).json_lines();
    assert_eq!(entries.len(), 3);
    world.run(&["trash", "list", "--format", "table"]).code(0).stdout_has("98-crud");
}

#[test]
fn a_lane_with_the_longest_name_comes_back() {
    let world = World::new();
    let role = "r".repeat(100);
    world.run(&["add", "--role", &role]).code(0);
    let removal = world.run(&["remove", &role]).code(0).json();
    assert_eq!(world.run(&["trash", "list"]).json_lines().len(), 1);
    world.run(&["trash", "restore", removal["trash"].as_str().unwrap()]).code(0);
    world.run(&["path", &role]).code(0);
    let ran = world.run(&["trash", "restore", &"n".repeat(300)]);
    assert_eq!(codes(&ran.code(1).json()), ["unknown_entry"]);
}

/// Makes a commit in the lane that only `hold` keeps, and says which.
type Hold = fn(&Path) -> String;

#[test]
fn commits_that_only_the_lane_has_outlive_a_collection() {
    let holds: [Hold; 3] = [
        |lane| {
            let work = commit(lane, "work");
            git(lane, &["reset", "--quiet", "--hard", "HEAD~1"]);
            work
        },
        |lane| {
            let work = commit(lane, "work");
            git(lane, &["update-ref", "refs/worktree/mine", &work]);
            git(lane, &["reset", "--quiet", "--hard", "HEAD~1"]);
            git(lane, &["reflog", "expire", "--expire=now", "HEAD", "98-crud"]);
            work
        },
        |lane| {
            git(lane, &["switch", "--quiet", "--detach"]);
            let work = commit(lane, "work");
            git(lane, &["switch", "--quiet", "--orphan", "unborn"]);
            work
        },
    ];
    for options in [Repo::options(), Repo::options().reftable()] {
        for hold in holds {
            let world = World::with("talos", options);
            let work = hold(&world.lane_98());
            world.run(&["remove", "98"]).code(0);
            world.repo.git(["gc", "--quiet", "--prune=now"]);
            assert_eq!(world.repo.git(["cat-file", "-t", &work]), "commit");
            world.run(&["trash", "restore", &trash_name(&world)]).code(0);
            assert_eq!(world.repo.git(["for-each-ref", "refs/lanes/trash"]), "");
            world.repo.git(["gc", "--quiet", "--prune=now"]);
            assert_eq!(world.repo.git(["cat-file", "-t", &work]), "commit");
        }
    }
}

#[test]
fn a_lane_that_is_back_stays_when_its_entry_cannot_be_tidied() {
    let world = World::new();
    world.lane_98();
    world.run(&["remove", "98"]).code(0);
    let name = trash_name(&world);
    // As a git leaves it that was killed.
    let lock = world.repo.path().join(format!(".git/refs/lanes/trash/{name}.lock"));
    write(&lock, "");
    let restore = ["trash", "restore", &name];
    world.run(&restore).code(74).stderr_has(lock.to_str().unwrap()).stderr_has("in its place");
    assert!(world.beside("talos-98").join("README.md").exists());
    fs::remove_file(&lock).unwrap();
    world.run(&restore).code(0);
    assert_eq!(world.repo.git(["for-each-ref", "refs/lanes"]), "");
    world.run(&["path", "98"]).code(0);
}

#[test]
fn the_trash_goes_where_the_repository_goes() {
    let world = World::new();
    let path = world.lane_98();
    world.run(&["remove", "98"]).code(0);
    let name = trash_name(&world);
    let moved = world.scratch.path("elsewhere/talos");
    fs::create_dir(moved.parent().unwrap()).unwrap();
    fs::rename(world.repo.path(), &moved).unwrap();
    let tool = |args: &[&str]| Tool::new("worktree-lane").args(args).dir(&moved).run();

    // What is changed there is seen there.
    let readme = moved.join(".git/switchyard/trash").join(&name).join("tree/README.md");
    write(&readme, "changed\n");
    let answer = tool(&["trash", "empty", &name]).code(1).json();
    assert_eq!(codes(&answer), ["uncommitted"]);

    let listed = tool(&["trash", "list"]).code(0).json();
    assert_eq!(listed["files"], readme.parent().unwrap().to_str().unwrap());
    tool(&["trash", "restore", &name]).code(0);
    assert_eq!(fs::read(path.join("README.md")).unwrap(), b"changed\n");
    tool(&["repair", "98"]).code(0);
    assert_eq!(git(&path, &["diff", "--name-only"]), "README.md");
}

#[test]
fn one_file_system_that_is_mounted_twice() {
    let world = World::new();
    let path = world.lane_98();
    // As a container mounts the repository. A rename does not cross mounts of one file system.
    let script = format!(
        "mount --bind \"$PWD\" \"$PWD\" || exit {NOT_PERMITTED}\ncd \"$PWD\"\n\
         \"$LANE\" remove 98 --format json >&2\n\
         \"$LANE\" trash restore \"$(ls .git/switchyard/trash)\" --format json >&2\n\
         \"$LANE\" remove 98 --format json"
    );
    write(&path.join("target/out"), "built");
    let before = bytes_below(&path);
    let Some(ran) = with_mounts(&world, &script) else { return };
    let name = ran.code(0).json()["trash"].as_str().unwrap().to_owned();
    let beside = world.beside(".worktree-lane-trash").join(&name);
    assert_eq!(bytes_below(&beside), before);
    world.run(&["trash", "restore", &name]).code(0);
    assert_eq!(bytes_below(&path), before);
    assert!(!beside.parent().unwrap().exists());
}

#[test]
fn drafts_that_only_the_log_of_the_branch_had_outlive_remove_and_restore() {
    let world = World::new();
    world.repo.git(["switch", "--quiet", "--create", "98-crud"]);
    let draft = commit(world.repo.path(), "work");
    world.repo.git(["commit", "--quiet", "--amend", "--message", "Better"]);
    world.repo.git(["switch", "--quiet", "main"]);
    world.repo.git(["push", "--quiet", "origin", "98-crud:main"]);
    world.repo.git(["fetch", "--quiet"]);
    world.run(&["add", "98", "crud", "--adopt"]).code(0);
    world.repo.git(["reflog", "expire", "--expire=now", "HEAD"]);
    let removal = world.run(&["remove", "98"]).code(0).json();
    assert_eq!(removal["branch_deleted"], true);
    let name = removal["trash"].as_str().unwrap();
    world.run(&["trash", "restore", name]).code(0);
    world.repo.git(["gc", "--quiet", "--prune=now"]);
    world.repo.git(["cat-file", "-e", &draft]);
    let kept = world.repo.git(["for-each-ref", "--format=%(refname)", "refs/lanes"]);
    assert_eq!(kept, format!("refs/lanes/emptied/{name}"));
}
