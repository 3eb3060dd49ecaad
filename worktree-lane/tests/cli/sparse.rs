//! `add --sparse`: a lane with some folders only, that is a lane like any other.
//!
//! The first sparse lane makes git keep settings for each worktree (`extensions.worktreeConfig`); the
//! main worktree and a bare repository must be what they were afterwards.

use std::fs;

use testkit::{Running, Tool, crash};

use crate::support::{World, codes, git, write};

fn project() -> World {
    let world = World::new();
    for file in ["docs/guide/a.md", "docs/b.md", "lib/a/x.rs", "lib/b/y.rs", "a,b/c", "-odd/[x]/d"]
    {
        world.repo.write(file, format!("{file}\n"));
    }
    world.repo.commit_all("Folders");
    world.repo.git(["push", "--quiet"]);
    world
}

#[test]
fn a_sparse_lane_has_its_folders_and_nothing_else() {
    let world = project();
    let main = world.repo.git(["config", "--list", "--local"]);
    let add =
        ["add", "98", "x", "--sparse", "lib/a/,docs/guide", "--sparse=a,b", "--sparse=-odd/[x]"];
    world.run(&add).code(0);
    let lane = world.beside("talos-98");
    for (file, there) in [
        ("README.md", true),
        ("lib/a/x.rs", true),
        ("lib/b/y.rs", false),
        ("docs/guide/a.md", true),
        ("docs/b.md", true),
        ("src/main.rs", false),
        ("a,b/c", true),
        ("-odd/[x]/d", true),
    ] {
        assert_eq!(lane.join(file).exists(), there, "{file}");
    }
    assert_eq!(git(&lane, &["status", "--porcelain"]), "");
    assert_eq!(git(&lane, &["ls-files"]).lines().count(), 9);
    // The main worktree has all of its files and settings.
    assert_eq!(world.repo.git(["status", "--porcelain"]), "");
    assert!(world.repo.path().join("lib/b/y.rs").exists());
    let now = world.repo.git(["config", "--list", "--local"]);
    let new: Vec<&str> = now.lines().filter(|line| !main.contains(line)).collect();
    assert_eq!(new, ["extensions.worktreeconfig=true"]);
    assert_eq!(git(&lane, &["sparse-checkout", "list"]).lines().count(), 4);
    // Another lane is whole.
    world.run(&["add", "99", "x"]).code(0);
    assert!(world.beside("talos-99").join("lib/b/y.rs").exists());
    assert_eq!(world.run(&["list"]).code(0).json_lines().len(), 3);
    world.run(&["remove", "98", "99"]).code(0);
}

#[test]
fn a_change_where_the_lane_has_no_files_is_seen() {
    let world = project();
    world.run(&["add", "98", "x", "--sparse", "docs"]).code(0);
    let lane = world.beside("talos-98");
    write(&lane.join("lib/b/y.rs"), "changed\n");
    assert_eq!(world.run(&["remove", "98"]).code(1).json()["removed"], false);
    write(&lane.join("lib/b/y.rs"), "lib/b/y.rs\n");
    write(&lane.join("lib/new.rs"), "new\n");
    assert_eq!(codes(&world.run(&["remove", "98"]).code(1).json()), ["untracked"]);
    fs::remove_file(lane.join("lib/new.rs")).unwrap();
    world.run(&["remove", "98"]).code(0);
    let name = world.run(&["trash", "list"]).json_lines()[0]["name"].as_str().unwrap().to_owned();
    world.run(&["trash", "restore", &name]).code(0);
    assert!(!lane.join("lib/a").exists());
    assert_eq!(git(&lane, &["status", "--porcelain"]), "");
}

#[test]
fn a_folder_that_the_base_does_not_have_is_refused() {
    let world = project();
    let before = world.traces();
    let config = world.repo.git(["config", "--list", "--local"]);
    for wrong in ["nope", "docs,nope", "README.md", "../x", "", "docs/../lib"] {
        let refused = world.run(&["add", "98", "x", "--sparse", wrong]).code(1).json();
        assert_eq!(codes(&refused), ["sparse_unknown"], "{wrong:?}");
        assert_eq!(world.traces(), before);
    }
    assert_eq!(world.repo.git(["config", "--list", "--local"]), config);
    assert!(world.events("98").is_empty());
}

#[test]
fn sparse_lanes_of_a_bare_repository() {
    let world = project();
    let bare = world.origin.path().to_path_buf();
    let tool = |args: &[&str]| Tool::new("worktree-lane").args(args).dir(&bare).run();
    let lane = tool(&["add", "T-1", "--sparse", "docs"]).code(0).json();
    let path = std::path::PathBuf::from(lane["path"].as_str().unwrap());
    assert!(path.join("docs/b.md").exists() && !path.join("src").exists());
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    assert_eq!(git(&bare, &["rev-parse", "--is-bare-repository"]), "true");
    let second = tool(&["add", "T-2"]).code(0).json();
    assert!(fs::exists(format!("{}/src/main.rs", second["path"].as_str().unwrap())).unwrap());
}

#[test]
fn many_at_once_and_killed_ones() {
    let world = project();
    let start = |n: usize| {
        let folder = if n.is_multiple_of(2) { "docs" } else { "lib/a" };
        world.tool(&["add", &n.to_string(), "x", "--sparse", folder]).spawn()
    };
    let running: Vec<Running> = (1..=8).map(start).collect();
    for run in running {
        run.wait().code(0);
    }
    let before = world.traces();
    let admin = world.repo.path().join(".git/worktrees/talos-98");
    for step in ["locked", "info/sparse-checkout", "config.worktree", "index"] {
        let running = world.tool(&["add", "98", "x", "--sparse", "docs", "--no-fetch"]).spawn();
        crash::when(running, || admin.join(step).exists());
        world.wait_for_orphans("98");
        let done = world.events("98").last().is_some_and(|event| event == "added");
        world.run(&["add", "98", "x", "--sparse", "lib/b", "--no-fetch"]).code(i32::from(done));
        let lane = world.beside("talos-98");
        assert_eq!(lane.join("lib/b").exists(), !done, "killed at {step}");
        assert_eq!(git(&lane, &["status", "--porcelain"]), "");
        world.run(&["remove", "98"]).code(0);
        assert_eq!(world.traces(), before);
    }
    assert_eq!(world.repo.git(["status", "--porcelain"]), "");
}
