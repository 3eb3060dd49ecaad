//! One test for each way in which a lane could lose something. `git worktree remove` takes most of
//! these lanes away without a word.

use std::path::{Path, PathBuf};

use testkit::Tool;

use crate::support::{World, bytes_below, codes, commit, git, paste, write};

/// Makes a lane, lets `harm` happen to it, and expects these reasons and an untouched lane.
#[track_caller]
fn refused(harm: impl FnOnce(&World, &Path), expected: &[&str]) {
    let world = World::new();
    let path = world.lane_98();
    harm(&world, &path);
    refused_in(&world, &path, expected);
}

#[track_caller]
fn refused_in(world: &World, path: &Path, expected: &[&str]) {
    let (traces, bytes) = (world.traces(), bytes_below(path));
    let removal = world.run(&["remove", "98"]).code(1).json();
    assert_eq!(codes(&removal), expected, "{removal}");
    assert_eq!(removal["removed"], false);
    assert_eq!(world.traces(), traces);
    assert_eq!(bytes_below(path), bytes);
    assert_eq!(world.run(&["trash", "list"]).json_lines().len(), 0);
    for reason in removal["reasons"].as_array().unwrap() {
        let next = reason["next"].as_str().unwrap_or_default();
        assert!(!next.contains("force") && !next.contains("--hard"), "{next}");
    }
}

#[test]
fn a_lock() {
    refused(
        |world, path| {
            world.repo.git(["worktree", "lock", "--reason", "demo", path.to_str().unwrap()]);
        },
        &["locked"],
    );
}

#[test]
fn a_rebase_a_merge_a_bisect_a_cherry_pick_and_a_revert_with_a_clean_tree() {
    let operations: [fn(&Path); 5] = [
        |path| {
            let exec = ["rebase", "--quiet", "--exec", "false", "HEAD~1"];
            Tool::program("git").args(exec).dir(path).run().code(1);
        },
        |path| {
            git(path, &["merge", "--quiet", "--no-commit", "--no-ff", "--strategy=ours", "other"]);
        },
        |path| drop(git(path, &["bisect", "start"])),
        |path| {
            Tool::program("git").args(["cherry-pick", "other"]).dir(path).run().code(1);
            git(path, &["checkout", "--quiet", "HEAD", "--", "."]);
        },
        |path| {
            write(&path.join("same"), "again\n");
            git(path, &["commit", "--quiet", "--all", "--message", "again"]);
            git(path, &["push", "--quiet", "origin", "HEAD"]);
            Tool::program("git").args(["revert", "HEAD~1"]).dir(path).run().code(1);
            git(path, &["checkout", "--quiet", "HEAD", "--", "."]);
        },
    ];
    for options in [testkit::Repo::options(), testkit::Repo::options().reftable()] {
        for operation in operations {
            let world = World::with("talos", options);
            let path = world.lane_98();
            write(&world.repo.path().join("same"), "theirs\n");
            world.repo.switch_new("other");
            world.repo.commit_all("Other");
            commit(&path, "same");
            git(&path, &["push", "--quiet", "origin", "HEAD"]);
            operation(&path);
            // Some of them leave HEAD detached or files behind; only the first reason matters here.
            let removal = world.run(&["remove", "98"]).code(1).json();
            assert_eq!(codes(&removal)[0], "operation_in_progress", "{removal}");
            assert!(path.join("same").exists());
        }
    }
}

#[test]
fn an_index_lock() {
    refused(
        |world, _| write(&world.repo.path().join(".git/worktrees/talos-98/index.lock"), ""),
        &["operation_in_progress"],
    );
}

#[test]
fn a_process_that_works_inside() {
    let world = World::new();
    let path = world.lane_98();
    let cat = Tool::program("cat").dir(path.join("src")).stdin_open().spawn();
    let removal = world.run(&["remove", "98"]).code(1).json();
    assert_eq!(codes(&removal), ["process_inside"]);
    let message = removal["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains(&format!("cat ({})", cat.pid())), "{message}");
    cat.wait().code(0);
    world.run(&["remove", "98"]).code(0);
}

#[test]
fn a_process_elsewhere_that_writes_a_file_inside() {
    let world = World::new();
    let path = world.lane_98();
    write(&path.join("run.log"), "");
    let log = path.join("run.log");
    let script = ["-c", "exec 3>>\"$1\"; read line", "sh", log.to_str().unwrap()];
    let mut shell = Tool::program("sh").args(script).stdin_open().spawn();
    let open = Path::new("/proc").join(shell.pid().to_string()).join("fd/3");
    while std::fs::read_link(&open).ok().as_ref() != Some(&log) {
        std::thread::yield_now();
    }
    let removal = world.run(&["remove", "98"]).code(1).json();
    assert_eq!(codes(&removal), ["process_inside"]);
    let message = removal["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains("which writes") && message.contains("run.log"), "{message}");
    assert!(removal["reasons"][0]["next"].as_str().unwrap().starts_with("ps -fp "));
    paste(&world, removal["reasons"][0]["next"].as_str().unwrap());
    shell.write_stdin("\n");
    shell.wait().code(0);
    // One that only reads keeps nothing.
    let tail = Tool::program("sh").args(["-c", "exec 3<\"$1\"; read line", "sh"]).arg(&log);
    let reader = tail.stdin_open().spawn();
    world.run(&["remove", "98"]).code(0);
    reader.wait().code(1);
}

#[test]
fn the_shell_that_the_command_is_given_in() {
    let world = World::new();
    let path = world.lane_98();
    let ran = Tool::new("worktree-lane").args(["remove", "98"]).dir(&path).run();
    let removal = ran.code(1).json();
    assert_eq!(codes(&removal), ["process_inside"]);
    let next = removal["reasons"][0]["next"].as_str().unwrap();
    assert_eq!(next, format!("cd {}", path.parent().unwrap().display()));
    paste(&world, next);
}

#[test]
fn a_worktree_inside() {
    refused(
        |_, path| {
            write(&path.join(".git-info"), "");
            std::fs::remove_file(path.join(".git-info")).unwrap();
            let inner = path.join("target/inner");
            git(path, &["worktree", "add", "--quiet", "-b", "inner", inner.to_str().unwrap()]);
        },
        &["nested_worktree", "embedded_repository"],
    );
}

#[test]
fn staged_and_unstaged_changes() {
    refused(|_, path| write(&path.join("README.md"), "changed\n"), &["uncommitted"]);
    refused(
        |_, path| {
            write(&path.join("new"), "x");
            git(path, &["add", "new"]);
        },
        &["uncommitted"],
    );
    refused(|_, path| std::fs::remove_file(path.join("README.md")).unwrap(), &["uncommitted"]);
}

#[test]
fn untracked_files_also_when_the_configuration_hides_them() {
    refused(|_, path| write(&path.join("deep/er/new"), "x"), &["untracked"]);
    refused(
        |world, path| {
            world.repo.git(["config", "status.showUntrackedFiles", "no"]);
            write(&path.join("new"), "x");
        },
        &["untracked"],
    );
}

#[test]
fn changes_that_git_was_told_to_overlook() {
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        refused(
            |_, path| {
                git(path, &["update-index", flag, "README.md", "src/main.rs"]);
                write(&path.join("README.md"), "changed\n");
            },
            &["hidden_changes"],
        );
        // The flag alone hides nothing.
        let world = World::new();
        let path = world.lane_98();
        git(&path, &["update-index", flag, "README.md"]);
        world.run(&["remove", "98"]).code(0);
    }
    refused(
        |world, path| {
            world.repo.git(["config", "core.ignoreStat", "true"]);
            git(path, &["checkout", "--quiet", "HEAD", "--", "README.md"]);
            git(path, &["read-tree", "--reset", "-u", "HEAD"]);
            git(path, &["update-index", "--assume-unchanged", "README.md"]);
            write(&path.join("README.md"), "changed\n");
        },
        &["hidden_changes"],
    );
}

#[test]
fn a_sparse_checkout_hides_nothing_by_leaving_files_out() {
    let world = World::new();
    let path = world.lane_98();
    git(&path, &["sparse-checkout", "set", "docs"]);
    assert!(!path.join("src").exists());
    world.run(&["remove", "98"]).code(0);
}

fn with_submodule() -> (World, PathBuf, PathBuf) {
    let world = World::new();
    let library = testkit::Repo::init(world.scratch.path("library"));
    library.commit_file("lib", "lib\n", "Library");
    let allow = ["-c", "protocol.file.allow=always"];
    let add = ["submodule", "add", "--quiet", library.path().to_str().unwrap(), "sub"];
    world.repo.git([allow.as_slice(), &add].concat());
    world.repo.commit_all("Add a submodule");
    world.repo.git(["push", "--quiet"]);
    let path = world.lane_98();
    let inside = path.join("sub");
    (world, path, inside)
}

#[test]
fn work_in_a_submodule() {
    let (world, path, sub) = with_submodule();
    git(&path, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init"]);
    git(&path, &["config", "submodule.sub.ignore", "all"]);
    write(&sub.join("lib"), "changed\n");
    refused_in(&world, &path, &["uncommitted"]);
    git(&sub, &["checkout", "--quiet", "lib"]);
    commit(&sub, "more");
    refused_in(&world, &path, &["uncommitted", "submodule_work"]);
    // A branch that only the lane's copy of the submodule has.
    git(&sub, &["branch", "keep"]);
    git(&sub, &["checkout", "--quiet", "HEAD~1"]);
    refused_in(&world, &path, &["submodule_work"]);
    git(&sub, &["push", "--quiet", "origin", "keep"]);
    world.run(&["remove", "98"]).code(0);
}

#[test]
fn precious_files_in_a_submodule() {
    let (world, path, sub) = with_submodule();
    git(&path, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init"]);
    write(&world.repo.path().join(".git/worktrees/talos-98/modules/sub/info/exclude"), "*.db\n");
    write(&sub.join("dev.db"), "rows");
    refused_in(&world, &path, &["ignored_precious"]);
}

#[test]
fn a_submodule_that_is_not_there_is_no_reason() {
    let (world, _, _) = with_submodule();
    world.run(&["remove", "98"]).code(0);
}

#[test]
fn a_repository_among_ignored_or_untracked_files() {
    refused(
        |world, path| {
            let clone = path.join("target/deep/clone");
            let origin = world.origin.path().to_str().unwrap();
            git(path, &["clone", "--quiet", origin, clone.to_str().unwrap()]);
        },
        &["embedded_repository"],
    );
    refused(
        |world, path| {
            let origin = world.origin.path().to_str().unwrap();
            git(path, &["clone", "--quiet", origin, path.join("clone").to_str().unwrap()]);
        },
        &["untracked", "embedded_repository"],
    );
    // One without a checkout has no `.git`.
    refused(
        |_, path| drop(git(path, &["init", "--quiet", "--bare", "vault/mirror.git"])),
        &["embedded_repository"],
    );
}

#[test]
fn ignored_files_that_nobody_can_build_again() {
    refused(|_, path| write(&path.join("data/dev.db"), "rows"), &["ignored_precious"]);
    refused(|_, path| write(&path.join("vault/.env"), "TOKEN=x"), &["ignored_precious"]);
    // In a folder that a build fills, the same name is nothing special.
    let world = World::new();
    let path = world.lane_98();
    write(&path.join("target/test.db"), "rows");
    world.run(&["remove", "98"]).code(0);
}

#[test]
fn commits_that_are_nowhere_else() {
    let world = World::new();
    let path = world.lane_98();
    commit(&path, "work");
    refused_in(&world, &path, &["unmerged_commits"]);
    let removal = world.run(&["remove", "98"]).json();
    paste(&world, removal["reasons"][0]["next"].as_str().unwrap());
    world.run(&["remove", "98"]).code(0);
}

#[test]
fn detached_commits() {
    refused(
        |_, path| {
            git(path, &["switch", "--quiet", "--detach"]);
            commit(path, "work");
        },
        &["detached_commits"],
    );
    // Detached at something that a branch has is no reason.
    let world = World::new();
    let path = world.lane_98();
    git(&path, &["switch", "--quiet", "--detach"]);
    let removal = world.run(&["remove", "98"]).code(0).json();
    assert_eq!(
        (&removal["branch"], &removal["branch_deleted"]),
        (&serde_json::Value::Null, &false.into())
    );
}

#[test]
fn a_stash_that_was_made_on_the_branch() {
    refused(
        |_, path| {
            write(&path.join("README.md"), "changed\n");
            git(path, &["stash", "--quiet"]);
        },
        &["stash_on_branch"],
    );
    // Another lane's stash is no reason.
    let world = World::new();
    world.lane_98();
    write(&world.repo.path().join("README.md"), "changed\n");
    world.repo.git(["stash", "--quiet"]);
    world.run(&["remove", "98"]).code(0);
}

#[test]
fn a_folder_that_is_not_the_lane_any_more() {
    refused(|_, path| std::fs::remove_file(path.join(".git")).unwrap(), &["mismatch"]);
    refused(
        |world, path| {
            std::fs::remove_dir_all(path).unwrap();
            let origin = world.origin.path().to_str().unwrap();
            git(world.scratch.root(), &["clone", "--quiet", origin, path.to_str().unwrap()]);
        },
        &["mismatch"],
    );
    refused(
        |world, path| {
            let other = world.scratch.path("by-hand");
            world.repo.git(["worktree", "add", "--quiet", "-b", "b", other.to_str().unwrap()]);
            std::fs::copy(other.join(".git"), path.join(".git")).unwrap();
        },
        &["mismatch"],
    );
}

#[test]
fn a_folder_that_was_moved_behind_a_link() {
    refused(
        |_, path| {
            let aside = path.with_file_name("aside");
            std::fs::rename(path, &aside).unwrap();
            std::os::unix::fs::symlink(aside, path).unwrap();
        },
        &["mismatch"],
    );
}

#[test]
fn a_process_in_a_lane_whose_parent_was_moved_behind_a_link() {
    let world = World::new();
    world.run(&["add", "T-1"]).code(0);
    let (parent, aside) = (world.repo.path().join(".worktrees"), world.scratch.path("aside"));
    std::fs::rename(&parent, &aside).unwrap();
    std::os::unix::fs::symlink(&aside, &parent).unwrap();
    let cat = Tool::program("cat").dir(aside.join("T-1")).stdin_open().spawn();
    assert_eq!(codes(&world.run(&["remove", "T-1"]).code(1).json()), ["process_inside"]);
    cat.wait().code(0);
}

#[test]
fn a_folder_that_is_gone() {
    let world = World::new();
    let path = world.lane_98();
    std::fs::rename(&path, world.scratch.path("moved")).unwrap();
    let removal = world.run(&["remove", "98"]).code(1).json();
    assert_eq!(codes(&removal), ["missing"]);
    assert!(world.repo.git(["worktree", "list"]).contains("talos-98"));
}

#[test]
fn worktrees_of_others_and_the_main_one() {
    let world = World::new();
    let other = world.scratch.path("by-hand");
    world.repo.git(["worktree", "add", "--quiet", "-b", "b", other.to_str().unwrap()]);
    let refused = world.run(&["remove", "b"]).code(1).json();
    assert_eq!(codes(&refused), ["foreign"]);
    paste(&world, refused["reasons"][0]["next"].as_str().unwrap());
    assert_eq!(codes(&world.run(&["remove", "main"]).code(1).json()), ["unknown_lane"]);
    assert!(other.exists());
}

#[test]
fn a_worktree_that_somebody_made_where_a_lane_was() {
    let world = World::new();
    let path = world.lane_98();
    let place = path.to_str().unwrap();
    world.repo.git(["worktree", "remove", place]);
    world.repo.git(["worktree", "add", "--quiet", "-b", "mine", place]);
    let lanes = world.run(&["list"]).json_lines();
    assert_eq!(
        (&lanes[1]["lane"], &lanes[1]["kind"]),
        (&serde_json::Value::Null, &"foreign".into())
    );
    assert_eq!(codes(&world.run(&["remove", "98"]).code(1).json()), ["unknown_lane"]);
    assert_eq!(codes(&world.run(&["remove", "mine"]).code(1).json()), ["foreign"]);
    assert!(path.exists());
}

#[test]
fn what_cannot_be_told_is_a_reason() {
    let world = World::new();
    let path = world.lane_98();
    // An index that git cannot read.
    write(&world.repo.path().join(".git/worktrees/talos-98/index"), "damaged");
    let removal = world.run(&["remove", "98"]).code(1).json();
    assert!(codes(&removal).contains(&"cannot_tell"), "{removal}");
    assert!(path.join("README.md").exists());
}

#[test]
fn all_reasons_at_once_in_a_stable_order() {
    refused(
        |world, path| {
            commit(path, "work");
            write(&path.join("README.md"), "changed\n");
            git(path, &["stash", "--quiet"]);
            write(&path.join("README.md"), "changed again\n");
            write(&path.join("new"), "x");
            write(&path.join("dev.db"), "x");
            world.repo.git(["worktree", "lock", path.to_str().unwrap()]);
        },
        &[
            "locked",
            "uncommitted",
            "untracked",
            "ignored_precious",
            "unmerged_commits",
            "stash_on_branch",
        ],
    );
}
