//! Work that git's answers about a worktree pass over: `remove` and `trash empty` see it all the same.

use std::fs;
use std::path::{Path, PathBuf};

use testkit::{Repo, Tool};

use crate::support::{World, codes, commit, git, status, write};

/// Refused for `expected`, and nothing is changed.
#[track_caller]
fn refused(world: &World, path: &Path, expected: &[&str]) {
    let before = status(path);
    let ran = world.run(&["remove", "98"]);
    ran.code(1);
    assert_eq!(codes(&ran.json()), expected, "{ran:?}");
    assert_eq!(status(path), before);
}

#[test]
fn a_repository_in_a_folder_whose_files_are_tracked() {
    let world = World::new();
    let path = world.lane_98();
    git(&path.join("src"), &["init", "--quiet"]);
    commit(&path.join("src"), "main.rs");
    git(&path, &["checkout", "--quiet", "--", "src/main.rs"]);
    refused(&world, &path, &["embedded_repository"]);
}

#[test]
fn files_that_differ_from_tracked_ones_in_case_only() {
    let world = World::new();
    let path = world.lane_98();
    git(&path, &["config", "core.ignoreCase", "true"]);
    write(&path.join("readme.MD"), "another");
    refused(&world, &path, &["untracked"]);
}

#[test]
fn a_change_that_keeps_size_and_time_where_git_was_told_that_these_are_enough() {
    let world = World::new();
    let path = world.lane_98();
    let touch = |file: &str, time: &str| {
        Tool::program("touch").args(["--date", time, file]).dir(&path).run().code(0);
    };
    touch("README.md", "2020-01-01T00:00:00");
    git(&path, &["config", "core.checkStat", "minimal"]);
    git(&path, &["config", "core.trustCTime", "false"]);
    git(&path, &["update-index", "--refresh"]);
    // An index that was written later than the file: git trusts what it says.
    let index = git(&path, &["rev-parse", "--git-path", "index"]);
    // Another file in its place, as editors do it: the number is what shows in the same second.
    write(&path.join("another"), "TALOS\n");
    fs::rename(path.join("another"), path.join("README.md")).unwrap();
    touch("README.md", "2020-01-01T00:00:00");
    touch(&index, "2020-01-02T00:00:00");
    assert_eq!(git(&path, &["status", "--short"]), "");
    refused(&world, &path, &["uncommitted"]);
}

#[test]
fn a_count_of_stashes_is_no_change() {
    let world = World::new();
    let path = world.lane_98();
    write(&world.repo.path().join("README.md"), "changed\n");
    world.repo.git(["stash"]);
    world.repo.git(["config", "status.showStash", "true"]);
    let removal = world.run(&["remove", "98"]).code(0).json();
    assert_eq!(removal["removed"], true);
    assert!(!path.exists());
}

/// A lane with the submodule `sub`, checked out.
fn with_submodule() -> (World, PathBuf, PathBuf) {
    let world = World::new();
    let library = Repo::options().init(world.scratch.path("library"));
    library.write("lib.c", "int one;\n");
    library.commit_all("Begin");
    world.repo.git(["config", "protocol.file.allow", "always"]);
    let add = ["submodule", "add", "--quiet", library.path().to_str().unwrap(), "sub"];
    world.repo.git(["-c", "protocol.file.allow=always"].iter().chain(&add));
    world.repo.commit_all("Add a submodule");
    world.repo.git(["push", "--quiet", "origin", "main"]);
    world.repo.git(["fetch", "--quiet"]);
    let path = world.lane_98();
    git(&path, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init"]);
    let sub = path.join("sub");
    (world, path, sub)
}

#[test]
fn commits_of_a_submodule_that_is_checked_out_no_more() {
    let (world, path, sub) = with_submodule();
    git(&sub, &["switch", "--quiet", "--create", "work"]);
    commit(&sub, "work.c");
    git(&path, &["submodule", "--quiet", "deinit", "--force", "sub"]);
    refused(&world, &path, &["submodule_work"]);
}

#[test]
fn commits_of_a_submodule_that_only_a_tag_has() {
    let (world, path, sub) = with_submodule();
    git(&sub, &["switch", "--quiet", "--detach"]);
    commit(&sub, "work.c");
    git(&sub, &["tag", "one"]);
    git(&sub, &["switch", "--quiet", "--detach", "HEAD~1"]);
    refused(&world, &path, &["submodule_work"]);
}

#[test]
fn changes_that_git_was_told_to_overlook_in_a_submodule() {
    let (world, path, sub) = with_submodule();
    git(&sub, &["update-index", "--assume-unchanged", "lib.c"]);
    write(&sub.join("lib.c"), "int two;\n");
    refused(&world, &path, &["submodule_work"]);
}

#[test]
fn commits_of_a_submodule_in_a_lane_whose_folder_is_gone() {
    let (world, path, sub) = with_submodule();
    git(&sub, &["switch", "--quiet", "--create", "work"]);
    let only_here = commit(&sub, "work.c");
    fs::remove_dir_all(&path).unwrap();
    world.run(&["repair", "98"]).code(0);
    let name = world.run(&["trash", "list"]).code(0).json()["name"].as_str().unwrap().to_owned();
    let ran = world.run(&["trash", "empty", &name]);
    assert_eq!(codes(&ran.code(1).json()), ["submodule_work"]);
    let module = world.state("trash").join(&name).join("admin/modules/sub");
    let git_dir = format!("--git-dir={}", module.display());
    git(world.repo.path(), &[&git_dir, "--work-tree=.", "cat-file", "-e", &only_here]);
}

#[test]
fn commits_of_a_submodule_that_only_its_log_has_stay_in_the_trash() {
    let (world, path, sub) = with_submodule();
    git(&sub, &["switch", "--quiet", "--detach"]);
    commit(&sub, "work.c");
    git(&path, &["submodule", "--quiet", "update", "--force"]);
    git(&path, &["submodule", "--quiet", "deinit", "--force", "sub"]);
    let removal = world.run(&["remove", "98"]).code(0).json();
    let name = removal["trash"].as_str().unwrap();
    let ran = world.run(&["trash", "empty", name]);
    assert_eq!(codes(&ran.code(1).json()), ["submodule_work"]);
}
