//! `sync` killed at any point.
//!
//! | killed | what is there | the next command for the lane |
//! |---|---|---|
//! | before the intent | the lane as it was; objects | does all of it |
//! | after the intent, before or after the lock | the lane as it was | takes both away |
//! | while git writes the files, git lives on | git holds the lane's lock until they are written | puts them back |
//! | with git, while it writes the files | some old, some new, one cut off, one gone | puts them back |
//! | before the branch is moved | all files new, branch and index old | puts them back |
//! | after the branch, before the index | files and branch new, index old | completes it |
//! | after the index, before the event or with no end of it | the lane after; no event | writes it |
//! | after the event, or after the lock | the lane after | takes the intent away |

use std::fs;
use std::path::{Path, PathBuf};

use testkit::{crash, rng};

use crate::kept::files;
use crate::support::{World, commit, git, write};
use crate::sync::advance;

/// A lane with a commit and ignored and untracked files, behind a base that changes, adds and removes
/// files, makes a file a folder, a folder a file and a file a link, and has line endings converted.
fn lane_behind(world: &World) -> PathBuf {
    advance(world, ".gitattributes", "*.crlf text eol=crlf\n");
    for name in ["text.crlf", "folder/a", "folder/b", "file", "gone/deep/x", "large", "linked"] {
        advance(world, name, &format!("{name} in the beginning\n"));
    }
    let lane = world.lane_98();
    commit(&lane, "mine");
    write(&lane.join("run.log"), "ignored");
    write(&lane.join("note"), "untracked");
    let clone = world.beside("other");
    fs::remove_dir_all(clone.join("folder")).unwrap();
    fs::remove_dir_all(clone.join("gone")).unwrap();
    for name in ["file", "linked"] {
        fs::remove_file(clone.join(name)).unwrap();
    }
    write(&clone.join("folder"), "now a file\n");
    write(&clone.join("text.crlf"), "one\ntwo\n");
    write(&clone.join("file/inside/x"), "now in a folder\n");
    std::os::unix::fs::symlink("large", clone.join("linked")).unwrap();
    write(&clone.join("large"), "new\n".repeat(200_000));
    for number in 0..40 {
        write(&clone.join(format!("many/{number}")), format!("{number}\n").repeat(500));
    }
    advance(world, "README.md", "changed\n");
    world.repo.git(["fetch", "--quiet"]);
    lane
}

fn admin(world: &World) -> PathBuf {
    world.repo.path().join(".git/worktrees/talos-98")
}

/// What every state must come to: wholly before, or wholly after.
fn whole(world: &World, lane: &Path, before: &str, round: &str) -> bool {
    world.wait_for_orphans("98");
    world.run(&["save", "98"]).code(0);
    assert!(!admin(world).join("switchyard-sync").exists(), "{round}");
    assert!(!admin(world).join("index.lock").exists(), "{round}");
    assert_eq!(git(lane, &["status", "--porcelain"]), "?? note", "{round}");
    assert_eq!(fs::read_to_string(lane.join("run.log")).unwrap(), "ignored", "{round}");
    assert_eq!(git(lane, &["symbolic-ref", "HEAD"]), "refs/heads/98-crud", "{round}");
    let after = git(lane, &["rev-parse", "HEAD"]) != before;
    let recorded = world.events("98").iter().filter(|kind| *kind == "synced").count();
    assert_eq!(recorded, usize::from(after), "{round}: the journal");
    // Every file is the commit's to the last byte, and none is left of the other side.
    let fresh = world.beside("fresh");
    world.repo.git(["worktree", "add", "--quiet", "--detach", fresh.to_str().unwrap(), "98-crud"]);
    let mut expected = files(&fresh);
    world.repo.git(["worktree", "remove", fresh.to_str().unwrap()]);
    for extra in ["run.log", "note"] {
        expected.insert(extra.into(), files(lane)[Path::new(extra)].clone());
    }
    assert!(files(lane) == expected, "{round}: the files");
    assert!(git(lane, &["ls-files", "--others"]).lines().count() == 2, "{round}");
    after
}

/// Back to the beginning, also in the journal.
fn again(world: &World, lane: &Path, before: &str) {
    git(lane, &["reset", "--quiet", "--hard", before]);
    let file = world.state("lanes.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    let kept: Vec<&str> = text.lines().filter(|line| !line.contains("\"synced\"")).collect();
    write(&file, kept.join("\n") + "\n");
}

#[test]
fn a_killed_sync_leaves_the_lane_before_or_after() {
    let world = World::new();
    let lane = lane_behind(&world);
    let before = git(&lane, &["rev-parse", "HEAD"]);
    let (mut rng, mut killed, mut moved) = (rng(41), 0, 0);
    let watched = [
        admin(&world).join("switchyard-sync"),
        admin(&world).join("index.lock"),
        lane.join("file/inside"),
        lane.join("many/39"),
        admin(&world).join("ORIG_HEAD"),
    ];
    for round in 0..40 {
        let orig = admin(&world).join("ORIG_HEAD");
        if orig.exists() {
            fs::remove_file(orig).unwrap();
        }
        let running = world.tool(&["sync", "98", "--no-fetch"]).spawn();
        let crash = match watched.get(round % (watched.len() + 1)) {
            Some(path) => crash::when(running, || path.symlink_metadata().is_ok()),
            None => crash::after_turns(running, &mut rng, 30_000),
        };
        killed += usize::from(crash.was_killed());
        moved += usize::from(whole(&world, &lane, &before, &format!("round {round}")));
        again(&world, &lane, &before);
    }
    assert!(killed > 15, "only {killed} of 40 were killed");
    assert!(moved > 0 && moved < 40, "{moved} of 40 came to the new commit");
}

/// The states that only a kill of git too, or a power failure, leaves, made by hand.
#[test]
fn each_state_between_two_steps_is_settled() {
    let world = World::new();
    let lane = lane_behind(&world);
    let before = git(&lane, &["rev-parse", "HEAD"]);
    world.run(&["sync", "98", "--no-fetch"]).code(0);
    let after = git(&lane, &["rev-parse", "HEAD"]);
    let new_index = fs::read(admin(&world).join("index")).unwrap();
    let base = git(&lane, &["rev-parse", "origin/main"]);
    let intent = format!(
        r#"{{"at":"2026-01-24T18:30:45Z","before":"{before}","after":"{after}","base":"origin/main","base_commit":"{base}","note":"x"}}"#
    );
    for state in 0..7 {
        again(&world, &lane, &before);
        write(&admin(&world).join("switchyard-sync"), &intent);
        let index = admin(&world).join("index");
        let old_index = fs::read(&index).unwrap();
        if state > 0 {
            git(&lane, &["read-tree", "-m", "-u", &before, &after]);
            write(&index, &old_index);
            write(&admin(&world).join("index.lock"), "worktree-lane sync\n");
        }
        match state {
            // Half of a file, a file that git has just begun, one that it has just taken away.
            2 => {
                let half = "new\n".repeat(1000);
                write(&lane.join("large"), half.trim_end());
                write(&lane.join("many/7"), "");
                fs::remove_file(lane.join("README.md")).unwrap();
                fs::remove_file(lane.join("linked")).unwrap();
                fs::remove_dir_all(lane.join("file")).unwrap();
            }
            4 => {
                git(&lane, &["update-ref", "refs/heads/98-crud", &after]);
            }
            5 | 6 => {
                git(&lane, &["update-ref", "refs/heads/98-crud", &after]);
                write(&index, &new_index);
            }
            _ => {}
        }
        // In the third state somebody has removed it by hand.
        if [3, 6].contains(&state) {
            fs::remove_file(admin(&world).join("index.lock")).unwrap();
        }
        let is_after = whole(&world, &lane, &before, &format!("state {state}"));
        assert_eq!(is_after, state >= 4, "state {state}");
    }
}

#[test]
fn what_somebody_wrote_after_the_kill_stays() {
    let world = World::new();
    let lane = lane_behind(&world);
    let before = git(&lane, &["rev-parse", "HEAD"]);
    world.run(&["sync", "98", "--no-fetch"]).code(0);
    let after = git(&lane, &["rev-parse", "HEAD"]);
    again(&world, &lane, &before);
    let index = fs::read(admin(&world).join("index")).unwrap();
    git(&lane, &["read-tree", "-m", "-u", &before, &after]);
    write(&admin(&world).join("index"), &index);
    write(&admin(&world).join("index.lock"), "worktree-lane sync\n");
    let intent = format!(
        r#"{{"at":"2026-01-24T18:30:45Z","before":"{before}","after":"{after}","base":"b","base_commit":"{before}","note":"x"}}"#
    );
    write(&admin(&world).join("switchyard-sync"), intent);
    // It is told by every command, and settled by those that take the lane.
    let preflight = world.run(&["preflight", "98", "--no-fetch"]).code(1).json();
    assert!(preflight.to_string().contains("a sync that was cut short"), "{preflight}");
    write(&lane.join("README.md"), "somebody's\n");
    write(&lane.join("many/3"), "somebody's too\n");
    fs::remove_file(lane.join("linked")).unwrap();
    std::os::unix::fs::symlink("elsewhere", lane.join("linked")).unwrap();
    let ran = world.run(&["save", "98"]);
    ran.code(0).stderr_has("README.md, linked").stderr_has("many/3");
    assert_eq!(fs::read_to_string(lane.join("README.md")).unwrap(), "somebody's\n");
    assert_eq!(fs::read_to_string(lane.join("many/3")).unwrap(), "somebody's too\n");
    assert_eq!(fs::read_link(lane.join("linked")).unwrap(), Path::new("elsewhere"));
    let status = git(&lane, &["status", "--porcelain"]);
    assert_eq!(status, " M README.md\n T linked\n?? many/\n?? note");
    assert_eq!(git(&lane, &["rev-parse", "HEAD"]), before);
    // A lock that is not ours is left alone.
    write(&admin(&world).join("index.lock"), "");
    let refused = world.run(&["sync", "98", "--no-fetch"]).code(1).json();
    assert!(refused.to_string().contains("index.lock"), "{refused}");
}
