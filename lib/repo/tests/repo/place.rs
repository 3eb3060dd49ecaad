//! Finding a repository from any folder, in every layout that users have.

use repo::{Error, Git, Place, default_base, exclude, worktrees};
use testkit::{Repo, Scratch};

#[test]
fn main_and_linked_worktrees_share_one_state() {
    let scratch = Scratch::new();
    let project = Repo::init(scratch.path("project"));
    project.commit_file("a.txt", "a", "first");
    project.git(["worktree", "add", "-q", "../project-98", "-b", "98-x"]);
    let root = scratch.path("project").canonicalize().unwrap();
    let main = Place::find(&root).unwrap();
    std::fs::create_dir_all(scratch.path("project-98/deep/er")).unwrap();
    let lane = Place::find(&scratch.path("project-98/deep/er")).unwrap();
    assert_eq!(main.state_dir(), lane.state_dir());
    assert_eq!(lane.main_worktree().unwrap(), root);
    assert_eq!(lane.logs_dir().unwrap(), root.join("logs"));
    assert!(lane.is_linked() && !main.is_linked());
    assert_eq!(lane.project_name().unwrap(), "project");
    let asked = Git::new(lane.worktree()).text(["rev-parse", "--show-toplevel"]).unwrap();
    assert_eq!(lane.worktree().to_str(), Some(asked.as_str()));
}

#[test]
fn a_symlink_to_the_checkout_is_the_checkout() {
    let scratch = Scratch::new();
    Repo::init(scratch.path("project"));
    std::os::unix::fs::symlink(scratch.path("project"), scratch.path("link")).unwrap();
    let direct = Place::find(&scratch.path("project")).unwrap();
    assert_eq!(Place::find(&scratch.path("link")).unwrap(), direct);
}

#[test]
fn what_is_no_checkout_is_refused_by_name() {
    let scratch = Scratch::new();
    let outside = scratch.path("outside");
    std::fs::create_dir_all(&outside).unwrap();
    assert!(matches!(Place::find(&outside), Err(Error::NotARepository { .. })));

    let project = Repo::init(scratch.path("project"));
    project.commit_file("a.txt", "a", "first");
    project.git(["clone", "-q", "--bare", ".", "../bare.git"]);
    assert!(matches!(Place::find(&scratch.path("bare.git/refs")), Err(Error::Bare { .. })));

    std::fs::create_dir_all(scratch.path("broken")).unwrap();
    scratch.write("broken/.git", "gitdir: /nowhere\n");
    assert!(matches!(Place::find(&scratch.path("broken")), Err(Error::Damaged { .. })));
}

#[test]
fn a_bare_repository_with_worktrees_has_no_main_worktree() {
    let scratch = Scratch::new();
    let seed = Repo::init(scratch.path("seed"));
    seed.commit_file("a.txt", "a", "first");
    std::fs::create_dir_all(scratch.path("hub")).unwrap();
    seed.git(["clone", "-q", "--bare", ".", "../hub/.git"]);
    let hub = Git::new(scratch.path("hub"));
    hub.text(["worktree", "add", "-q", "../lane", "-b", "lane"]).unwrap();
    let lane = Place::find(&scratch.path("lane")).unwrap();
    assert!(matches!(lane.main_worktree(), Err(Error::Bare { .. })));
    assert!(lane.state_dir().ends_with("hub/.git/switchyard"));
    // Git then moves the setting to another file.
    Git::new(lane.worktree()).text(["sparse-checkout", "set", "--skip-checks", "a.txt"]).unwrap();
    let lane = Place::find(&scratch.path("lane")).unwrap();
    assert!(matches!(lane.main_worktree(), Err(Error::Bare { .. })));
}

#[test]
fn a_main_worktree_that_git_does_not_record_is_unknown_and_not_bare() {
    let scratch = Scratch::new();
    let seed = Repo::init(scratch.path("seed"));
    seed.commit_file("a.txt", "a", "first");
    seed.git(["clone", "-q", "--separate-git-dir", "../apart", ".", "../project"]);
    let main = Place::find(&scratch.path("project")).unwrap();
    assert_eq!(main.main_worktree().unwrap(), main.worktree());
    Git::new(main.worktree()).text(["worktree", "add", "-q", "../lane", "-b", "lane"]).unwrap();
    let lane = Place::find(&scratch.path("lane")).unwrap();
    assert!(matches!(lane.main_worktree(), Err(Error::MainUnknown { .. })));
}

#[test]
fn the_git_folder_of_a_checkout_is_not_called_bare() {
    let scratch = Scratch::new();
    let project = Repo::init(scratch.path("project"));
    let error = Place::find(&project.file(".git/refs")).unwrap_err();
    assert!(matches!(error, Error::Bare { .. }), "{error}");
    assert!(!error.to_string().contains("bare"), "{error}");
}

#[test]
fn excluded_patterns_hide_files_in_every_worktree_and_are_added_once() {
    let scratch = Scratch::new();
    let project = Repo::init(scratch.path("project"));
    project.commit_file("a.txt", "a", "first");
    let place = Place::find(&scratch.path("project")).unwrap();
    scratch.write("project/logs/active/x.jsonl", "{}\n");
    assert!(!project.git(["status", "--porcelain"]).trim().is_empty());
    exclude(&place, "/logs/active/").unwrap();
    exclude(&place, "/logs/active/").unwrap();
    assert_eq!(project.git(["status", "--porcelain"]).trim(), "");
    let text = scratch.read("project/.git/info/exclude");
    assert_eq!(text.matches("/logs/active/").count(), 1);
}

#[test]
fn the_base_is_what_the_remote_says_then_the_usual_names() {
    let scratch = Scratch::new();
    let project = Repo::init(scratch.path("project"));
    let git = Git::new(scratch.path("project"));
    assert_eq!(default_base(&git).unwrap(), None);
    project.commit_file("a.txt", "a", "first");
    assert_eq!(default_base(&git).unwrap().as_deref(), Some("main"));
    project.bare_origin();
    assert_eq!(default_base(&git).unwrap().as_deref(), Some("origin/main"));
    project.git(["push", "-q", "origin", "main:trunk"]);
    project.git(["fetch", "-q"]);
    project.git(["remote", "set-head", "origin", "trunk"]);
    assert_eq!(default_base(&git).unwrap().as_deref(), Some("origin/trunk"));
    project.git(["tag", "origin/trunk"]);
    assert_eq!(default_base(&git).unwrap().as_deref(), Some("origin/trunk"), "beside such a tag");
    project.git(["remote", "add", "feature/x", "."]);
    assert_eq!(
        repo::remote_of(&git, "feature/x/y").unwrap(),
        Some(("feature/x".into(), "y".into()))
    );
    assert_eq!(
        repo::remote_of(&git, "origin/feature/x").unwrap(),
        Some(("origin".into(), "feature/x".into()))
    );
    assert_eq!(repo::remote_of(&git, "feature/x").unwrap(), None);
}

#[test]
fn a_name_is_a_commit_or_none_and_not_knowing_is_an_error() {
    let scratch = Scratch::new();
    let project = Repo::init(scratch.path("project"));
    let commit = project.commit_file("a.txt", "a", "first");
    let git = Git::new(project.path());
    assert_eq!(git.commit("main").unwrap().as_deref(), Some(commit.as_str()));
    for none in ["nowhere", "^main", "main..main", "main:a.txt", "-x", "", "main^{tree}", "a b"] {
        assert_eq!(git.commit(none).unwrap(), None, "{none}");
    }
    assert_eq!(git.at_ref("refs/heads/main").unwrap(), Some(commit.clone()));
    for none in ["refs/heads/main~0", "refs/heads/main@{0}", "refs/heads/../heads/main", ""] {
        assert_eq!(git.at_ref(none).unwrap(), None, "{none}");
    }
    let (folder, file) = commit.split_at(2);
    let object = project.file(format!(".git/objects/{folder}/{file}"));
    std::fs::remove_file(&object).unwrap();
    project.write(&object, "no object");
    assert!(matches!(git.commit("main"), Err(Error::Failed { .. })));
}

#[test]
fn an_error_names_the_git_command_and_not_its_settings() {
    let scratch = Scratch::new();
    let git = Git::new(scratch.root());
    let error = git.text(["-c", "a.b=c", "--no-pager", "log", "--oneline"]).unwrap_err();
    assert!(error.to_string().starts_with("git log: "), "{error}");
    let limited = git.with_limit(std::time::Duration::from_millis(1));
    let error = limited.text(["-c", "alias.wait=!sleep 1000", "wait"]).unwrap_err();
    assert!(error.to_string().starts_with("git wait: still running"), "{error}");
}

#[test]
fn worktrees_of_a_reftable_repository_are_listed() {
    let scratch = Scratch::new();
    let dir = scratch.path("project");
    std::fs::create_dir_all(&dir).unwrap();
    let git = Git::new(&dir);
    git.text(["init", "-q", "--ref-format=reftable", "."]).unwrap();
    let place = Place::find(&dir).unwrap();
    assert_eq!(worktrees(&git).unwrap()[0].path, place.worktree());
}
