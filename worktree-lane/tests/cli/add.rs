use std::os::unix::fs::symlink;

use testkit::{Repo, Scratch, Tool};

use crate::support::{World, codes, commit, git, write};

#[test]
fn an_issue_gets_its_folder_and_branch_from_the_fetched_base() {
    let world = World::new();
    let old = world.repo.head();
    // Somebody else lands something that this clone has not seen.
    let other = world.scratch.path("other");
    git(
        world.scratch.root(),
        &["clone", "--quiet", world.origin.path().to_str().unwrap(), "other"],
    );
    let landed = commit(&other, "landed");
    git(&other, &["push", "--quiet"]);

    let lane = world.run(&["add", "98", "schema-backend-crud", "--actor", "lead"]).code(0).json();
    let path = world.beside("talos-98");
    assert_eq!(lane["schema"], "worktree-lane.lane/1");
    assert_eq!(lane["path"], path.to_str().unwrap());
    assert_eq!(lane["branch"], "98-schema-backend-crud");
    assert_eq!(
        (&lane["base"], &lane["base_commit"]),
        (&"origin/main".into(), &landed.clone().into())
    );
    assert_eq!(lane["locked"], serde_json::Value::Null);
    assert_ne!(old, landed);
    assert_eq!(git(&path, &["rev-parse", "HEAD"]), landed);
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    // No upstream: pushing to the base by accident must not be what `git push` does.
    let ran = Tool::program("git").args(["rev-parse", "@{upstream}"]).dir(&path).run();
    ran.code(128).stderr_has("no upstream");
    assert_eq!(world.events("98"), ["adding", "added"]);
    world.run(&["path", "98"]).code(0).stdout_is(&format!("{}\n", path.display()));
    world.run(&["path", "#098"]).code(0).stdout_is(&format!("{}\n", path.display()));
    world.run(&["path", "98-schema-backend-crud"]).code(0);
}

#[test]
fn a_task_and_a_role_have_their_own_layouts() {
    let world = World::new();
    let task = world.run(&["add", "fix-login"]).code(0).json();
    assert_eq!(task["branch"], "fix-login");
    let path = world.repo.path().join(".worktrees/fix-login");
    assert_eq!(task["path"], path.to_str().unwrap());
    assert_eq!(world.repo.git(["status", "--porcelain"]), "", "the main worktree became dirty");

    let role = world.run(&["add", "--role", "B-ui"]).code(0).json();
    assert_eq!((&role["lane"], &role["branch"]), (&"B-ui".into(), &"agent/B-ui".into()));
    assert_eq!(role["path"], world.beside("talos-B-ui").to_str().unwrap());
    world.run(&["path", "B-ui"]).code(0);

    let both = world.run(&["add", "99", "x", "--role", "B-ui", "--layout", "issue"]).code(0).json();
    assert_eq!(both["role"], "B-ui");
    world.run(&["path", "B-ui"]).code(0).stdout_has("talos-B-ui");
}

#[test]
fn layouts_of_the_project_are_used() {
    let world = World::new();
    world.repo.write(
        "switchyard.yaml",
        "lanes:\n  default: near\n  layouts:\n    near: {path: 'lanes [x]/{repo}/{id}', branch: 'wip/{id}'}\n",
    );
    world.repo.commit_all("Configure lanes");
    let lane = world.run(&["add", "7", "--base", "main"]).code(0).json();
    assert_eq!(lane["branch"], "wip/7");
    let path = world.repo.path().join("lanes [x]/talos/7");
    assert_eq!(lane["path"], path.to_str().unwrap());
    assert_eq!(world.repo.git(["status", "--porcelain"]), "");
    world
        .run(&["--show-config"])
        .code(0)
        .stdout_has(r#""key":"lanes.default","value":"near","source":"#)
        .stdout_has("switchyard.yaml");
    world
        .run(&["--show-config", "--format", "table"])
        .code(0)
        .stdout_has("KEY")
        .stdout_has("lanes.default");
    world.run(&["--format", "table"]).code(2).stderr_has("no command was given");

    world.repo.write("switchyard.yaml", "lanes:\n  layuots: {}\n");
    let before = world.traces();
    world.run(&["add", "8"]).code(2).stderr_has("switchyard.yaml:2:3").stderr_has("layouts");
    assert_eq!(world.traces(), before);
}

#[test]
fn every_refusal_names_its_reason_and_leaves_nothing() {
    let world = World::new();
    let scratch = world.scratch.root();
    write(&world.beside("talos-1").join("mine"), "x");
    write(&world.beside("talos-2"), "a file");
    symlink("/nowhere", world.beside("talos-3")).unwrap();
    std::fs::create_dir(world.beside("talos-4")).unwrap();
    world.repo.branch("5-x");
    world.repo.git([
        "worktree",
        "add",
        "--quiet",
        "-b",
        "6-x",
        scratch.join("six").to_str().unwrap(),
    ]);
    world.repo.branch("7-x/deep");
    world.repo.branch("8-X");
    world.repo.git([
        "worktree",
        "add",
        "--quiet",
        "-b",
        "gone",
        world.beside("talos-9").to_str().unwrap(),
    ]);
    std::fs::rename(world.beside("talos-9"), scratch.join("moved-away")).unwrap();
    symlink(scratch, world.repo.path().join(".worktrees")).unwrap();
    let before = world.traces();
    let cases: [(&[&str], &[&str]); 12] = [
        (&["1", "x"], &["path_exists"]),
        (&["2", "x"], &["path_exists"]),
        (&["3", "x"], &["path_exists"]),
        (&["4", "x"], &["path_exists"]),
        (&["5", "x"], &["branch_exists"]),
        (&["6", "x"], &["branch_checked_out"]),
        (&["7", "x"], &["branch_ref_conflict"]),
        (&["8", "x"], &["branch_exists"]),
        (&["9", "x"], &["registered_missing"]),
        (&["T-1"], &["path_not_safe"]),
        (&["10", "x", "--base", "nope"], &["base_unknown"]),
        (&["10", "x", "--base", "origin/nope"], &["base_unknown"]),
    ];
    for (args, expected) in cases {
        let args: Vec<&str> = ["add"].iter().chain(args).copied().collect();
        let refused = world.run(&args).code(1).json();
        assert_eq!(refused["schema"], "worktree-lane.refused/1");
        assert_eq!(codes(&refused), expected, "{refused}");
        assert_eq!(world.traces(), before, "{args:?} left something");
    }
    assert!(world.events("1").is_empty());
}

#[test]
fn all_reasons_are_given_at_once() {
    let world = World::new();
    world.lane_98();
    let refused = world.run(&["add", "98", "crud"]).code(1).json();
    assert_eq!(codes(&refused), ["lane_exists", "path_exists", "branch_checked_out"]);
    // On a file system that ignores case it would be the same folder.
    world.run(&["add", "Ta"]).code(0);
    let refused = world.run(&["add", "tA"]).code(1).json();
    assert_eq!(codes(&refused), ["lane_exists", "branch_checked_out"]);
    world.run(&["add", "98", "crud", "--format", "table"]).code(1).stdout_has("lane_exists");
}

#[test]
fn wrong_usage_is_told_and_changes_nothing() {
    let world = World::new();
    let before = world.traces();
    let wrong: [&[&str]; 14] = [
        &["add"],
        &["add", "98"],
        &["add", "--", "-x"],
        &["add", "-x"],
        &["add", "../x"],
        &["add", "a b"],
        &["add", "a\nb"],
        &["add", "HEAD"],
        &["add", "0", "x"],
        &["add", "98", "a/b"],
        &["add", "98", ".."],
        &["add", "--role", "a/b"],
        &["add", "98", "x", "--layout", "nope"],
        &["add", "T-1", "--layout", "role"],
    ];
    for args in wrong {
        world.run(args).code(2).stdout_is("");
        assert_eq!(world.traces(), before, "{args:?}");
    }
    let nowhere = Scratch::new();
    Tool::new("worktree-lane").args(["list"]).dir(nowhere.root()).run().code(2);
}

#[test]
fn a_repository_without_a_commit_has_nothing_to_start_from() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("empty"));
    let ran = Tool::new("worktree-lane").args(["add", "98", "x"]).dir(repo.path()).run();
    assert_eq!(codes(&ran.code(1).json()), ["no_commit_yet"]);
    assert!(!scratch.path("empty-98").exists());
}

#[test]
fn a_fetch_that_fails_is_no_reason_to_start_from_something_old() {
    let world = World::new();
    std::fs::rename(world.origin.path(), world.scratch.path("unplugged")).unwrap();
    let before = world.traces();
    let ran = world.run(&["add", "98", "x"]);
    ran.code(74).stdout_is("").stderr_has("--no-fetch");
    assert_eq!(world.traces(), before);
    world.run(&["add", "98", "x", "--no-fetch"]).code(0);
}

#[test]
fn a_base_that_means_two_things_is_not_guessed_at() {
    let world = World::new();
    world.repo.branch("origin/main");
    let refused = world.run(&["add", "98", "x"]).code(1).json();
    assert_eq!(codes(&refused), ["base_ambiguous"]);
    let lane = world.run(&["add", "98", "x", "--base", "refs/remotes/origin/main"]).code(0).json();
    assert_eq!(lane["base_commit"], world.repo.rev("refs/remotes/origin/main"));
}

#[test]
fn a_base_may_be_a_commit_a_tag_or_a_local_branch() {
    let world = World::new();
    let first = world.repo.head();
    world.repo.git(["tag", "v1"]);
    world.repo.commit_file("more", "more\n", "More");
    for (id, base, expected) in [
        ("1", first.as_str(), first.clone()),
        ("2", "v1", first.clone()),
        ("3", "main", world.repo.head()),
        ("4", "origin/HEAD", first.clone()),
    ] {
        let lane = world.run(&["add", id, "x", "--base", base]).code(0).json();
        assert_eq!(lane["base_commit"], expected.as_str());
    }
}

#[test]
fn a_failed_checkout_is_undone() {
    let world = World::new();
    // A filter that is required and fails: git stops in the middle of the checkout.
    world.repo.write(".gitattributes", "z.bin filter=broken\n");
    world.repo.write("z.bin", "x\n");
    world.repo.commit_all("Filtered");
    world.repo.git(["push", "--quiet"]);
    world.repo.git(["config", "filter.broken.smudge", "false"]);
    world.repo.git(["config", "filter.broken.required", "true"]);
    let before = world.traces();
    let ran = world.run(&["add", "98", "x"]);
    ran.code(74).stdout_is("").stderr_has("nothing was left behind");
    assert_eq!(world.traces(), before);
    assert_eq!(world.events("98"), ["adding", "add_failed"]);
    world.run(&["add", "T-1"]).code(74);
    let mut after = world.traces();
    assert_eq!(after, before, "the folder .worktrees was left");
    world.repo.git(["config", "--unset", "filter.broken.required"]);
    world.run(&["add", "98", "x"]).code(0);
    after = world.traces();
    assert_ne!(after, before);
}

#[test]
fn git_that_refuses_is_undone() {
    let world = World::new();
    let before = world.traces();
    // The folder for worktrees cannot be made.
    write(&world.repo.path().join(".git/worktrees"), "in the way");
    world.run(&["add", "98", "x"]).code(74).stderr_has("worktree");
    std::fs::remove_file(world.repo.path().join(".git/worktrees")).unwrap();
    assert_eq!(world.traces(), before);
    world.run(&["add", "98", "x"]).code(0);
}

#[test]
fn hooks_of_the_repository_do_not_run() {
    let world = World::new();
    for hook in ["post-checkout", "reference-transaction"] {
        let file = world.repo.path().join(".git/hooks").join(hook);
        write(&file, "#!/bin/sh\necho ran >> \"$(git rev-parse --git-common-dir)/hook-ran\"\n");
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
    }
    world.run(&["add", "98", "x"]).code(0);
    assert!(!world.repo.path().join(".git/hook-ran").exists());
}

#[test]
fn list_shows_every_worktree_and_says_whose_it_is() {
    let world = World::new();
    world.lane_98();
    let foreign = world.scratch.path("by-hand");
    world.repo.git(["worktree", "add", "--quiet", "-b", "by-hand", foreign.to_str().unwrap()]);
    world.repo.git(["worktree", "lock", "--reason", "mine", foreign.to_str().unwrap()]);
    let missing = world.scratch.path("missing");
    world.repo.git(["worktree", "add", "--quiet", "--detach", missing.to_str().unwrap()]);
    std::fs::remove_dir_all(&missing).unwrap();

    let lanes = world.run(&["list"]).code(0).json_lines();
    let kinds: Vec<_> = lanes.iter().map(|l| l["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.len(), 4);
    assert_eq!(kinds[0], "main");
    let of = |path: &std::path::Path| {
        lanes.iter().find(|l| l["path"] == path.to_str().unwrap()).unwrap()
    };
    assert_eq!(of(&world.beside("talos-98"))["lane"], "98");
    assert_eq!(of(&world.beside("talos-98"))["kind"], "lane");
    assert_eq!(
        (&of(&foreign)["kind"], &of(&foreign)["locked"]),
        (&"foreign".into(), &"mine".into())
    );
    assert_eq!(of(&missing)["missing"], true);
    world
        .run(&["list", "--format", "table"])
        .code(0)
        .stdout_has("foreign, locked: mine")
        .stdout_has("foreign, missing");

    world.repo.git(["worktree", "remove", world.beside("talos-98").to_str().unwrap()]);
    assert_eq!(world.run(&["list"]).json_lines().len(), 3);
    let all = world.run(&["list", "--all"]).json_lines();
    let gone = all.iter().find(|l| l["lane"] == "98").unwrap();
    assert_eq!(gone["missing"], true);
}

#[test]
fn path_says_why_on_stderr_and_nothing_on_stdout() {
    let world = World::new();
    let path = world.lane_98();
    world.run(&["path", "99"]).code(1).stdout_is("").stderr_has("no such lane");
    world.run(&["path", "99", "--format", "json"]).code(1).stdout_is("");
    std::fs::rename(&path, world.scratch.path("elsewhere")).unwrap();
    world.run(&["path", "98"]).code(1).stdout_is("").stderr_has("is gone");
}

#[test]
fn a_damaged_journal_stops_changes_and_not_list() {
    let world = World::new();
    world.lane_98();
    let journal = world.state("lanes.jsonl");
    let mut text = std::fs::read_to_string(&journal).unwrap();
    text.insert_str(0, "{not json}\n");
    write(&journal, &text);
    let before = world.traces();
    world.run(&["add", "99", "x"]).code(65).stderr_has("lanes.jsonl");
    world.run(&["remove", "98"]).code(65);
    assert_eq!(world.traces(), before);
    let lanes = world.run(&["list"]);
    lanes.code(0).stderr_has("lanes.jsonl");
    assert_eq!(lanes.json_lines().len(), 2);
}
