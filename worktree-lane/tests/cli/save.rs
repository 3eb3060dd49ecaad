//! `save`: what it keeps, what it says it does not, and what `remove` makes of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use testkit::{Repo, Tool};

use crate::kept::{files, restore, staged};
use crate::support::{World, codes, commit, git, git_that, write};

fn refs(world: &World) -> Vec<String> {
    let text = world.repo.git(["for-each-ref", "--format=%(refname)", "refs/lanes/saved"]);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn nothing_to_save_is_no_failure_and_makes_nothing() {
    let world = World::new();
    let lane = world.lane_98();
    write(&lane.join("run.log"), "ignored");
    for form in ["commit", "patch", "bundle"] {
        let answer = world.save(&lane, &["--as", form], 0);
        assert_eq!(answer["saved"], false);
        assert!(answer["ref"].is_null() && answer["file"].is_null(), "{answer}");
    }
    assert_eq!(refs(&world), Vec::<String>::new());
    assert_eq!(world.events("98"), ["adding", "added"]);
    world.run(&["save", "98", "--list"]).code(0).stdout_is("");
}

#[test]
fn staged_unstaged_and_untracked_work_comes_back_by_the_printed_commands() {
    let world = World::new();
    let lane = world.lane_98();
    write(&lane.join("src/main.rs"), "staged\n");
    write(&lane.join("gone"), "x");
    git(&lane, &["add", "--all"]);
    write(&lane.join("src/main.rs"), "staged\nand more, without a newline");
    fs::remove_file(lane.join("README.md")).unwrap();
    write(&lane.join("new file/-deep\nname"), b"\0\xff\r\n");
    let answer = world.save(&lane, &[], 0);
    let counts = ["tracked", "untracked", "ignored"].map(|key| answer[key].as_u64().unwrap());
    assert_eq!(counts, [3, 1, 0]);
    // Only the ref holds it.
    world.repo.git(["gc", "--quiet", "--prune=now"]);
    let back = world.restored(&answer);
    assert_eq!(files(&back), files(&lane));
    assert_eq!(staged(&back), staged(&lane));
    let shown = Tool::program("sh").args(["-c", answer["look"].as_str().unwrap()]).run();
    shown.code(0).stdout_has("and more, without a newline");
    assert_eq!(world.events("98"), ["adding", "added", "saved"]);
}

#[test]
fn the_same_work_has_one_ref_and_other_work_another() {
    let world = World::new();
    let lane = world.lane_98();
    write(&lane.join("a"), "1");
    let first = world.save(&lane, &[], 0);
    let again = world.save(&lane, &[], 0);
    assert_eq!((&again["ref"], &again["repeated"]), (&first["ref"], &true.into()));
    write(&lane.join("a"), "2");
    let second = world.save(&lane, &[], 0);
    assert_ne!(second["ref"], first["ref"]);
    write(&lane.join("a"), "1");
    assert_eq!(world.save(&lane, &[], 0)["ref"], first["ref"]);
    assert_eq!(refs(&world).len(), 2);
    assert_eq!(world.events("98"), ["adding", "added", "saved", "saved"]);
    let list = world.run(&["save", "98", "--list"]).code(0).json_lines();
    let listed: Vec<_> = list.iter().map(|saved| &saved["ref"]).collect();
    assert_eq!(listed, [&first["ref"], &second["ref"]]);
}

#[test]
fn many_at_once_give_one_answer() {
    let world = World::new();
    let lane = world.lane_98();
    write(&lane.join("a"), "1");
    let all: Vec<_> = (0..6).map(|_| world.tool(&["save", "98"]).spawn()).collect();
    let answers: Vec<_> = all.into_iter().map(|run| run.wait().code(0).json()).collect();
    assert!(answers.iter().all(|answer| answer["ref"] == answers[0]["ref"]));
    let fresh = answers.iter().filter(|answer| answer["repeated"] == false);
    assert_eq!((fresh.count(), refs(&world).len()), (1, 1));
}

#[test]
fn a_saved_lane_may_go_until_it_is_worked_in_again() {
    let world = World::new();
    let lane = world.lane_98();
    write(&lane.join("a"), "1");
    write(&lane.join("README.md"), "changed\n");
    git(&lane, &["update-index", "--assume-unchanged", "src/main.rs"]);
    write(&lane.join("src/main.rs"), "hidden\n");
    let refused = world.run(&["remove", "98"]).code(1).json();
    assert_eq!(codes(&refused), ["uncommitted", "untracked", "hidden_changes"]);
    for reason in refused["reasons"].as_array().unwrap() {
        assert_eq!(reason["next"], "worktree-lane save 98");
    }
    world.save(&lane, &[], 0);
    write(&lane.join("a"), "2");
    let refused = world.run(&["remove", "98"]).code(1).json();
    assert_eq!(codes(&refused), ["uncommitted", "untracked", "hidden_changes"]);
    let answer = world.save(&lane, &[], 0);
    let before = files(&lane);
    world.run(&["remove", "98"]).code(0);
    fs::remove_dir_all(world.state("trash")).unwrap();
    world.repo.git(["gc", "--quiet", "--prune=now"]);
    assert_eq!(files(&world.restored(&answer)), before);
}

#[test]
fn precious_ignored_files_are_saved_when_asked() {
    let world = World::new();
    let lane = world.lane_98();
    write(&lane.join("dev.db"), "rows");
    write(&lane.join("target/out"), "built");
    world.save(&lane, &[], 0);
    let refused = world.run(&["remove", "98"]).code(1).json();
    assert_eq!(codes(&refused), ["ignored_precious"]);
    assert_eq!(refused["reasons"][0]["next"], "worktree-lane save 98 --ignored");
    let answer = world.save(&lane, &["--ignored"], 0);
    assert_eq!(answer["ignored"], 2);
    assert_eq!(files(&world.restored(&answer)), files(&lane));
    write(&lane.join("dev.db"), "more rows");
    assert_eq!(codes(&world.run(&["remove", "98"]).code(1).json()), ["ignored_precious"]);
    world.save(&lane, &["--ignored"], 0);
    world.run(&["remove", "98"]).code(0);
}

#[test]
fn a_patch_has_every_file_and_replaces_none() {
    let world = World::new();
    let lane = world.lane_98();
    write(&lane.join("src/main.rs"), "changed");
    write(&lane.join("blob"), b"\0\x01binary");
    git(&lane, &["add", "blob"]);
    fs::remove_file(lane.join("README.md")).unwrap();
    write(&lane.join("untracked"), "x\n");
    fs::set_permissions(lane.join("untracked"), fs::Permissions::from_mode(0o755)).unwrap();
    let out = world.beside("out.patch");
    let to = ["--as", "patch", "--output", out.to_str().unwrap()];
    let answer = world.save(&lane, &to, 0);
    assert_eq!(answer["file"].as_str(), out.to_str());
    let back = world.fresh(&answer);
    git(&back, &["apply", out.to_str().unwrap()]);
    assert_eq!(files(&back), files(&lane));
    // Never over a file, and never into the lane.
    let before = fs::read(&out).unwrap();
    assert_eq!(codes(&world.save(&lane, &to, 1)), ["file_exists"]);
    assert_eq!(fs::read(&out).unwrap(), before);
    let inside = lane.join("src/out.patch");
    let inside = ["--as", "patch", "--output", inside.to_str().unwrap()];
    assert_eq!(codes(&world.save(&lane, &inside, 1)), ["inside_lane"]);
    let wrong = world.run(&["save", "98", "--output", "x"]);
    wrong.code(2).stderr_has("--as patch");
    // Without a name of the user's.
    let own = world.save(&lane, &["--as", "patch"], 0);
    assert_eq!(world.save(&lane, &["--as", "patch"], 0)["file"], own["file"]);
    assert_eq!(fs::read(own["file"].as_str().unwrap()).unwrap(), before);
}

#[test]
fn a_bundle_has_the_save_and_the_commits_that_no_remote_has() {
    let world = World::new();
    let lane = world.lane_98();
    let tip = commit(&lane, "work");
    write(&lane.join("untracked"), "x");
    let answer = world.save(&lane, &["--as", "bundle"], 0);
    let file = answer["file"].as_str().unwrap();
    let clone = world.beside("clone");
    git(
        Path::new("/"),
        &["clone", "-q", world.origin.path().to_str().unwrap(), clone.to_str().unwrap()],
    );
    for command in answer["use_file"].as_array().unwrap() {
        Tool::program("sh").args(["-c", command.as_str().unwrap()]).dir(&clone).run().code(0);
    }
    git(&clone, &["fetch", "-q", file, "98-crud:98-crud"]);
    git(&clone, &["checkout", "-q", "98-crud"]);
    assert_eq!(git(&clone, &["rev-parse", "HEAD"]), tip);
    restore(&answer, &clone);
    assert_eq!(files(&clone), files(&lane));
    // The commits alone, when nothing is uncommitted.
    fs::remove_file(lane.join("untracked")).unwrap();
    let answer = world.save(&lane, &["--as", "bundle"], 0);
    assert!(answer["ref"].is_null() && answer["file"].is_string(), "{answer}");
    // What a remote has is not in it.
    git(&lane, &["push", "-q", "origin", "98-crud"]);
    assert!(world.save(&lane, &["--as", "bundle"], 0)["file"].is_null());
}

#[test]
fn what_git_cannot_keep_is_said() {
    let world = World::new();
    let lane = world.lane_98();
    fs::create_dir_all(lane.join("empty/inner")).unwrap();
    Tool::program("mkfifo").arg(lane.join("pipe")).run().code(0);
    let socket = std::os::unix::net::UnixListener::bind(lane.join("socket")).unwrap();
    let answer = world.save(&lane, &[], 0);
    let left = |answer: &serde_json::Value, key: &str| -> Vec<String> {
        let all = answer[key].as_array().unwrap();
        all.iter().map(|one| one["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(left(&answer, "left_out"), ["empty/inner", "pipe", "socket"]);
    drop(socket);
    // A repository inside holds bytes, so it is a no; the rest is saved.
    Repo::init(lane.join("tool")).commit_file("x", "x", "x");
    write(&lane.join("a"), "1");
    write(&lane.join("git~1/x"), "1");
    let answer = world.save(&lane, &[], 1);
    assert_eq!(left(&answer, "not_saved"), ["git~1/x", "tool"]);
    assert_eq!(answer["saved"], true);
    // And the lane does not go on the strength of such a save.
    let refused = world.run(&["remove", "98"]).code(1).json();
    assert_eq!(codes(&refused), ["untracked", "embedded_repository"]);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_rest_is_saved() {
    let world = World::new();
    let lane = world.lane_98();
    write(&lane.join("secret"), "1");
    write(&lane.join("src/main.rs"), "changed");
    write(&lane.join("open"), "1");
    write(&lane.join("closed/x"), "1");
    for (path, mode) in [("secret", 0o000), ("src/main.rs", 0o200), ("closed", 0o000)] {
        fs::set_permissions(lane.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    // Root may read everything, unless it gives that up.
    let tool = Tool::binary("worktree-lane");
    let run = if rustix::process::getuid().is_root() {
        let without = ["--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"];
        Tool::program("setpriv").args(without).arg(tool)
    } else {
        Tool::program(tool)
    };
    let answer = run.args(["save", "98"]).dir(world.repo.path()).run().code(1).json();
    let missed = answer["not_saved"].as_array().unwrap();
    let names: Vec<_> = missed.iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert_eq!(names, ["closed", "secret", "src/main.rs"]);
    assert_eq!((&answer["saved"], &answer["untracked"]), (&true.into(), &2.into()));
    assert_eq!(fs::read_to_string(world.restored(&answer).join("open")).unwrap(), "1");
}

#[test]
fn there_must_be_a_lane() {
    let world = World::new();
    assert_eq!(codes(&world.run(&["save", "99"]).code(1).json()), ["unknown_lane"]);
    let lane = world.lane_98();
    let other = world.beside("other");
    world.repo.git(["worktree", "add", "-q", "-b", "other", other.to_str().unwrap()]);
    assert_eq!(codes(&world.run(&["save", "other"]).code(1).json()), ["foreign"]);
    fs::rename(&lane, world.beside("elsewhere")).unwrap();
    assert_eq!(codes(&world.run(&["save", "98"]).code(1).json()), ["missing"]);
    Repo::init(&lane);
    assert_eq!(codes(&world.run(&["save", "98"]).code(1).json()), ["mismatch"]);
}

#[test]
fn a_collection_in_between_makes_no_half_save() {
    let world = World::new();
    let path = world.lane_98();
    write(&path.join("README.md"), "changed\n");
    let bin = git_that(&world, "hash-object -t commit", "git gc --quiet --prune=now");
    let ran = world.tool(&["save", "98"]).path_first(bin).run();
    ran.code(75).stderr_has("git gc --prune=now");
    assert_eq!(world.repo.git(["for-each-ref", "refs/lanes"]), "");
    assert_eq!(world.events("98"), ["adding", "added"]);
    let save = world.run(&["save", "98"]).code(0).json();
    let readme = format!("{}:README.md", save["ref"].as_str().unwrap());
    assert_eq!(world.repo.git(["show", &readme]), "changed");
}
