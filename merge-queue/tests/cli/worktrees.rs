//! The local base branch and the worktrees that have it checked out.

use serde_json::json;
use testkit::Repo;

use crate::project::{DEFINITIONS, Project, codes};

/// A project whose main worktree is elsewhere and whose base is checked out in a linked worktree.
fn with_holder() -> (Project, Repo) {
    let project = Project::new();
    project.main.switch_new("desk");
    let path = project.scratch.path("trunk");
    let holder = project.main.worktree(&path, "tmp");
    holder.git(["switch", "--quiet", "main"]);
    project.make_ready();
    (project, holder)
}

#[test]
fn a_worktree_that_has_the_base_checked_out_moves_along_and_stays_clean() {
    let (project, holder) = with_holder();
    let landed = project.run("land 98").code(0).json();
    assert_eq!(landed["moved_worktrees"], json!([holder.path()]));
    assert_eq!(holder.head(), project.base());
    assert_eq!(Project::dirt(&holder), "");
    assert_eq!(holder.read("src/api/schema.rs"), "pub fn schema() {}\n");
    assert_eq!(project.main.git(["symbolic-ref", "--short", "HEAD"]), "desk");
}

#[test]
fn a_worktree_with_changes_in_the_way_is_refused_before_the_push() {
    let (project, holder) = with_holder();
    let before = project.base();
    holder.write("src/api/schema.rs", "mine\n");
    assert_eq!(codes(&project.run("land 98").code(1).json()), ["base_worktree_dirty"]);
    assert_eq!(project.base(), before);
    assert_eq!(holder.read("src/api/schema.rs"), "mine\n");
    assert_eq!(project.count("landing"), 0);
    // Changes elsewhere are kept and do no harm.
    std::fs::remove_file(holder.file("src/api/schema.rs")).unwrap();
    holder.write("README.md", "edited\n");
    holder.write("untracked.txt", "mine\n");
    project.run("land 98").code(0);
    assert_eq!(holder.head(), project.base());
    assert_eq!(Project::dirt(&holder), " M README.md\n?? untracked.txt");
}

#[test]
fn a_worktree_in_the_middle_of_an_operation_is_refused_before_the_push() {
    let (project, holder) = with_holder();
    let before = project.base();
    holder.git(["merge", "--quiet", "--no-ff", "--no-commit", "98-schema"]);
    let reasons = codes(&project.run("land 98").code(1).json());
    assert!(reasons.contains(&"base_worktree_busy".into()), "{reasons:?}");
    assert_eq!(project.base(), before);
}

#[test]
fn a_base_that_is_checked_out_nowhere_moves_alone() {
    let project = Project::new();
    project.main.switch_new("desk");
    project.make_ready();
    let landed = project.run("land 98").code(0).json();
    assert_eq!(landed["moved_worktrees"], json!([]));
    assert_eq!(project.main.rev("main"), project.base());
}

#[test]
fn a_clone_without_the_local_base_stays_without() {
    let project = Project::new();
    project.main.switch_new("desk");
    project.main.git(["branch", "--quiet", "-D", "main"]);
    project.make_ready();
    project.run("land 98").code(0);
    project.main.try_git(["rev-parse", "--verify", "--quiet", "refs/heads/main"]).code(1);
    assert_eq!(project.main.rev("origin/main"), project.base());
}

#[test]
fn a_local_base_with_commits_of_its_own_is_left_alone_and_told() {
    let project = Project::new();
    project.make_ready();
    let own = project.main.commit_file("own.txt", "own\n", "Not pushed");
    let ran = project.run("land 98");
    let landed = ran.code(0).json();
    assert_eq!(landed["landed"], true);
    assert_eq!(landed["pending"][0]["code"], "local_base_diverged");
    ran.stderr_has("landed, but");
    assert_eq!(project.main.head(), own);
    assert_eq!(Project::dirt(&project.main), "");
}

#[test]
fn what_could_not_follow_is_told_and_done_by_the_next_call() {
    let project = Project::new();
    project.make_ready();
    // The checkout becomes unwritable at the moment of the push.
    let lock = project.main.file(".git/index.lock");
    project.hook(project.origin.path(), "post-receive", &format!("touch '{}'", lock.display()));
    let landed = project.run("land 98").code(0).json();
    assert_eq!(landed["landed"], true);
    assert_eq!(landed["pending"][0]["code"], "sync_pending");
    assert_ne!(project.main.head(), project.base());
    assert_eq!(project.count("landed"), 1);
    std::fs::remove_file(lock).unwrap();
    let again = project.run("land 98").code(0).json();
    assert_eq!((&again["already"], &again["pending"]), (&json!(true), &json!([])));
    assert_eq!(project.main.head(), project.base());
    assert_eq!(Project::dirt(&project.main), "");
}

#[test]
fn a_base_that_is_checked_out_twice_is_refused() {
    let project = Project::new();
    project.make_ready();
    let second = project.scratch.path("second");
    project.main.git(["worktree", "add", "--quiet", "--force", second.to_str().unwrap(), "main"]);
    let reasons = codes(&project.run("land 98").code(1).json());
    assert_eq!(reasons, ["base_checked_out_twice"]);
}

#[test]
fn a_bare_repository_with_worktrees_only_has_no_coordinator_to_be_dirty() {
    let project = Project::new();
    let bare = project.scratch.path("bare.git");
    let origin = project.origin.path().to_str().unwrap();
    project.main.git(["clone", "--quiet", "--bare", origin, bare.to_str().unwrap()]);
    let git = |args: &[&str]| {
        testkit::Tool::program("git").arg("-C").arg(&bare).args(args).run().code(0).out().to_owned()
    };
    git(&["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"]);
    git(&["fetch", "--quiet", "origin"]);
    let lane = project.scratch.path("lane");
    git(&["worktree", "add", "--quiet", "-b", "work", lane.to_str().unwrap(), "origin/main"]);
    let ran = project.tool(["merge-ready", "98", "--ref", "work"]).dir(&lane).run();
    let reasons = codes(&ran.code(1).json());
    assert!(!reasons.contains(&"coordinator_dirty".into()), "{reasons:?}");
    ran.stdout_has("the repository has no coordinator's checkout");
}

#[test]
fn an_ignored_file_where_the_landing_writes_is_not_overwritten() {
    for precious in ["src/api/schema.rs", "src/api"] {
        let project = Project::new();
        project.scratch.write("talos/.git/info/exclude", "/src/api\n");
        project.main.write(precious, "precious\n");
        project.make_ready();
        let before = project.base();
        assert_eq!(codes(&project.run("land 98").code(1).json()), ["base_worktree_ignored"]);
        assert_eq!(project.base(), before);
        assert_eq!(project.main.read(precious), "precious\n");
        std::fs::remove_file(project.main.file(precious)).unwrap();
        project.main.write("src/api/scratch.txt", "ignored too, and in nobody's way\n");
        if precious == "src/api" {
            std::fs::remove_dir_all(project.main.file(precious)).unwrap();
        }
        project.run("land 98").code(0);
        assert_eq!(project.main.read("src/api/schema.rs"), "pub fn schema() {}\n");
    }
}

#[test]
fn an_ignored_file_that_appears_during_the_push_is_not_overwritten_either() {
    let project = Project::new();
    project.scratch.write("talos/.git/info/exclude", "/src/api\n");
    project.make_ready();
    let file = project.main.file("src/api/schema.rs");
    let script = format!(
        "mkdir -p '{}'; echo precious > '{}'",
        file.parent().unwrap().display(),
        file.display()
    );
    project.hook(project.origin.path(), "post-receive", &script);
    let landed = project.run("land 98").code(0).json();
    assert_eq!(landed["pending"][0]["code"], "sync_pending");
    assert_eq!(project.main.read("src/api/schema.rs"), "precious\n");
}

#[test]
fn changes_that_git_was_told_not_to_look_for_are_not_overwritten() {
    let project = Project::new();
    project.lane.commit_file("README.md", "theirs\n", "Edit");
    project.make_ready();
    // The base is checked out in another worktree than the coordinator's.
    project.main.git(["switch", "--quiet", "--detach"]);
    let second = project.scratch.path("second");
    let at = second.to_str().unwrap();
    project.main.git(["worktree", "add", "--quiet", at, "main"]);
    project.main.git(["-C", at, "update-index", "--assume-unchanged", "README.md"]);
    project.scratch.write("second/README.md", "mine\n");
    assert_eq!(codes(&project.run("land 98").code(1).json()), ["base_worktree_dirty"]);
    assert_eq!(std::fs::read_to_string(second.join("README.md")).unwrap(), "mine\n");
}

#[test]
fn options_that_the_branch_has_for_merges_do_not_apply() {
    for base in ["origin/main", "main"] {
        for options in ["--squash", "--no-commit --strategy=ours", "--no-ff"] {
            let project = Project::with(&DEFINITIONS.replace("origin/main", base), Repo::options());
            project.main.git(["config", "branch.main.mergeOptions", options]);
            project.make_ready();
            let landed = project.run("land 98").code(0).json();
            assert_eq!(landed["pending"], json!([]), "{base} {options}");
            assert_eq!(landed["base_after"], project.main.head().as_str(), "{base} {options}");
            assert_eq!(Project::dirt(&project.main), "");
        }
    }
}

#[test]
fn a_next_step_can_be_typed_as_it_stands() {
    let project = Project::new();
    project.make_ready();
    let second = project.scratch.path("it's second");
    project.main.git(["worktree", "add", "--quiet", "--force", second.to_str().unwrap(), "main"]);
    let answer = project.run("land 98").code(1).json();
    let next = answer["reasons"][0]["next"].as_str().unwrap();
    testkit::Tool::program("sh").args(["-c", next]).home(project.scratch.home()).run().code(0);
    project.run("land 98").code(0);
}
