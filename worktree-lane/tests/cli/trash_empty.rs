//! `trash empty` deletes what is somewhere else, and nothing besides.
//!
//! | what was killed, between | the next run |
//! |---|---|
//! | making the ref that keeps commits, and the rename to `.deleting` | the entry is whole; it is emptied or restored |
//! | the rename and `emptied` in the journal | records it, releases the ref, deletes |
//! | `emptied` and the end of the deletion | goes on deleting |
//! | the last file and the folder itself | removes the folder |
//!
//! Two at once: the lane's lock, then the lock of the deletion, let one do it. What somebody wrote into
//! the trash meanwhile is a refusal.

use std::path::PathBuf;

use testkit::{Tool, crash, rng};

use crate::support::{World, codes, commit, git, paste, write};

/// A landed lane in the trash: its name there and its folder.
fn trashed(world: &World) -> (String, PathBuf) {
    let path = world.lane_98();
    write(&path.join("target/out"), "built");
    let removal = world.run(&["remove", "98"]).code(0).json();
    let name = removal["trash"].as_str().unwrap().to_owned();
    let entry = world.state("trash").join(&name);
    (name, entry)
}

#[test]
fn an_entry_that_holds_nothing_of_its_own_is_deleted() {
    let world = World::new();
    let (name, entry) = trashed(&world);
    let shown = world.run(&["trash", "empty", &name, "--dry-run"]).code(0).json();
    assert_eq!((&shown["would_empty"], &shown["emptied"]), (&true.into(), &false.into()));
    assert!(entry.join("tree/README.md").exists());

    let answer = world.run(&["trash", "empty", &name]).code(0).json();
    assert_eq!(answer["schema"], "worktree-lane.emptying/1");
    assert_eq!((&answer["emptied"], &answer["kept"]), (&true.into(), &serde_json::Value::Null));
    assert_eq!(std::fs::read_dir(world.state("trash")).unwrap().count(), 0);
    assert_eq!(world.repo.git(["for-each-ref", "refs/lanes"]), "");
    assert_eq!(world.events("98"), ["adding", "added", "removing", "removed", "emptied"]);
    for ran in [world.run(&["trash", "empty", &name]), world.run(&["trash", "restore", &name])] {
        assert_eq!(codes(&ran.code(1).json()), ["unknown_entry"]);
    }
    for unknown in ["nope", "../trash", "a/b", ""] {
        let ran = world.run(&["trash", "empty", "--", unknown]);
        assert_eq!(codes(&ran.code(1).json()), ["unknown_entry"]);
    }
    world.run(&["add", "98", "crud"]).code(0);
}

#[test]
fn without_names_only_what_is_old_goes() {
    let world = World::new();
    let (name, entry) = trashed(&world);
    let ran = world.run(&["trash", "empty"]);
    ran.code(0).stderr_has("1 are younger than");
    assert_eq!(ran.json_lines().len(), 0);
    let ran = world.run(&["trash", "empty", &name, "--older", "2d"]);
    assert_eq!(codes(&ran.code(1).json()), ["too_young"]);
    // As if it had been there for long.
    let file = entry.join("entry.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let at = text.lines().find(|line| line.starts_with("  \"at\"")).unwrap();
    write(&file, text.replacen(at, "  \"at\": \"2020-01-01T00:00:00.000Z\",", 1));
    let answers = world.run(&["trash", "empty", "--older", "7d"]).code(0).json_lines();
    assert_eq!((answers.len(), &answers[0]["emptied"]), (1, &true.into()));
    assert!(!entry.exists());
    world.run(&["trash", "empty", "--older", "soon"]).code(2);
}

#[test]
fn what_was_changed_in_the_trash_is_nowhere_else() {
    let cases: [(&str, &str); 5] = [
        ("README.md", "uncommitted"),
        ("new/file", "untracked"),
        ("vault/dev.db", "ignored_precious"),
        ("target/clone/.git/HEAD", "embedded_repository"),
        ("target/more", ""),
    ];
    for (file, code) in cases {
        let world = World::new();
        let (name, entry) = trashed(&world);
        write(&entry.join("tree").join(file), "written later\n");
        let ran = world.run(&["trash", "empty", &name]);
        if code.is_empty() {
            ran.code(0);
            continue;
        }
        let answer = ran.code(1).json();
        assert_eq!(codes(&answer), [code], "{answer}");
        assert_eq!(std::fs::read(entry.join("tree").join(file)).unwrap(), b"written later\n");
        // The step that is offered is the safe one, and it works.
        let next = answer["reasons"][0]["next"].as_str().unwrap();
        paste(&world, next);
        let lane = world.beside("talos-98");
        assert_eq!(std::fs::read(lane.join(file)).unwrap(), b"written later\n");
    }
}

#[test]
fn a_process_in_the_trash_keeps_the_entry() {
    let world = World::new();
    let (name, entry) = trashed(&world);
    let cat = Tool::program("cat").dir(entry.join("tree/src")).stdin_open().spawn();
    let answer = world.run(&["trash", "empty", &name]).code(1).json();
    assert_eq!(codes(&answer), ["process_inside"]);
    cat.wait().code(0);
    world.run(&["trash", "empty", &name]).code(0);
}

#[test]
fn files_without_gits_folder_for_them_stay_and_what_a_person_deleted_is_tidied_up() {
    let world = World::new();
    let (name, entry) = trashed(&world);
    let aside = world.scratch.path("admin");
    std::fs::rename(entry.join("admin"), &aside).unwrap();
    let answer = world.run(&["trash", "empty", &name]).code(1).json();
    assert_eq!(codes(&answer), ["trash_incomplete"]);
    std::fs::rename(&aside, entry.join("admin")).unwrap();
    std::fs::remove_dir_all(entry.join("tree")).unwrap();
    world.run(&["trash", "empty", &name]).code(0);
    assert!(!entry.exists());
}

#[test]
fn commits_that_nothing_else_has_are_kept() {
    let world = World::new();
    let path = world.lane_98();
    let amended = commit(&path, "draft");
    git(&path, &["commit", "--quiet", "--amend", "--message", "final"]);
    git(&path, &["push", "--quiet", "origin", "HEAD:main"]);
    world.repo.git(["fetch", "--quiet"]);
    let name = world.run(&["remove", "98"]).code(0).json()["trash"].as_str().unwrap().to_owned();
    let answer = world.run(&["trash", "empty", &name]).code(0).json();
    assert_eq!(answer["kept"], format!("refs/lanes/emptied/{name}"));
    world.repo.git(["reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all"]);
    world.repo.git(["gc", "--quiet", "--prune=now"]);
    assert_eq!(world.repo.git(["cat-file", "-t", &amended]), "commit");
    assert_eq!(world.repo.git(["show", &format!("{amended}:draft")]), "draft");
}

/// Two entries that hold the same commit do not rely on each other.
#[test]
fn the_last_of_two_entries_takes_no_commit_along() {
    let world = World::new();
    let (first, _) = trashed(&world);
    let path = world.lane_98();
    git(&path, &["switch", "--quiet", "--detach"]);
    let work = commit(&path, "work");
    world.repo.git(["tag", "held", &work]);
    let second = world.run(&["remove", "98"]).code(0).json()["trash"].as_str().unwrap().to_owned();
    world.repo.git(["update-ref", &format!("refs/lanes/trash/{first}"), &work]);
    world.repo.git(["tag", "--delete", "held"]);
    for name in [first, second] {
        let answer = world.run(&["trash", "empty", &name]).code(0).json();
        assert_eq!(answer["emptied"], true);
    }
    world.repo.git(["gc", "--quiet", "--prune=now"]);
    assert_eq!(world.repo.git(["cat-file", "-t", &work]), "commit");
}

#[test]
fn links_are_deleted_and_not_followed_and_closed_folders_are_opened() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let world = World::new();
    let (name, entry) = trashed(&world);
    let outside = world.scratch.path("outside");
    write(&outside.join("kept"), "x");
    let target = entry.join("tree/target");
    symlink(&outside, target.join("link")).unwrap();
    write(&target.join("closed/deep/file"), "x");
    for folder in ["closed/deep", "closed"] {
        let closed = std::fs::Permissions::from_mode(0o555);
        std::fs::set_permissions(target.join(folder), closed).unwrap();
    }
    world.run(&["trash", "empty", &name]).code(0);
    assert!(!entry.exists() && outside.join("kept").exists());
}

#[test]
fn two_at_once_delete_it_once() {
    for _ in 0..5 {
        let world = World::new();
        let (name, entry) = trashed(&world);
        let runs: Vec<_> = (0..4).map(|_| world.tool(&["trash", "empty", &name]).spawn()).collect();
        let done = runs.into_iter().map(testkit::Running::wait);
        let done: Vec<_> = done.map(|ran| ran.json()["emptied"] == true).collect();
        assert_eq!(done.iter().filter(|emptied| **emptied).count(), 1);
        assert!(!entry.exists());
        let emptied = world.events("98").iter().filter(|kind| *kind == "emptied").count();
        assert_eq!(emptied, 1);
    }
}

#[test]
fn a_killed_one_is_completed_or_leaves_the_entry_whole() {
    let mut rng = rng(17);
    let mut killed = 0;
    for round in 0..12 {
        let world = World::new();
        let path = world.lane_98();
        let draft = commit(&path, "draft");
        git(&path, &["commit", "--quiet", "--amend", "--message", "final"]);
        git(&path, &["push", "--quiet", "origin", "HEAD:main"]);
        world.repo.git(["fetch", "--quiet"]);
        for number in 0..200 {
            write(&path.join(format!("target/{number}")), "built");
        }
        let name =
            world.run(&["remove", "98"]).code(0).json()["trash"].as_str().unwrap().to_owned();
        let entry = world.state("trash").join(&name);
        let going = world.state("trash").join(format!("{name}.deleting"));
        let emptied = || world.events("98").last().is_some_and(|kind| kind == "emptied");
        let running = world.tool(&["trash", "empty", &name]).spawn();
        let crash = match round % 6 {
            0 => crash::when(running, || going.exists()),
            1 => crash::when(running, emptied),
            2 => crash::when(running, || going.exists() && !going.join("tree").exists()),
            3 => {
                crash::when(running, || world.repo.path().join(".git/refs/lanes/emptied").exists())
            }
            _ => crash::after_turns(running, &mut rng, 4000),
        };
        killed += usize::from(crash.was_killed());
        if entry.exists() && round % 2 == 0 {
            // Not begun: it can still come back, whole.
            world.run(&["trash", "restore", &name]).code(0);
            assert!(path.join("target/199").exists());
            assert_eq!(git(&path, &["rev-parse", "HEAD@{1}"]), draft);
        } else {
            let again = world.run(&["trash", "empty"]);
            again.code(0);
            world.run(&["trash", "empty", &name]);
            assert_eq!(std::fs::read_dir(world.state("trash")).unwrap().count(), 0, "{round}");
            let events = world.events("98");
            let told = events.iter().filter(|kind| *kind == "emptied").count();
            assert_eq!(told, 1, "round {round}: {events:?}");
            assert!(!world.repo.git(["for-each-ref", "refs/lanes"]).contains("refs/lanes/trash"));
            let expire = ["reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all"];
            world.repo.git(expire);
            world.repo.git(["gc", "--quiet", "--prune=now"]);
            assert_eq!(world.repo.git(["cat-file", "-t", &draft]), "commit", "round {round}");
        }
    }
    assert!(killed > 4, "only {killed} of 12 were killed");
}

#[test]
fn one_that_cannot_be_finished_keeps_no_other() {
    let world = World::new();
    let (name, entry) = trashed(&world);
    write(&world.state("trash/97-20260101T000000.deleting/entry.json"), "{");
    let ran = world.run(&["trash", "empty", &name]);
    ran.code(65).stderr_has("97-20260101T000000.deleting/entry.json");
    assert_eq!(ran.json()["emptied"], true);
    assert!(!entry.exists());
    world.lane_98();
    std::fs::remove_dir_all(world.beside("talos-98")).unwrap();
    let ran = world.run(&["repair", "98"]);
    assert_eq!(ran.code(65).json()["repaired"], true);
}
