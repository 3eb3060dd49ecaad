//! `sync`: what it does, and that a refusal or a conflict leaves every byte.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use testkit::Tool;

use crate::kept::{Seen, files};
use crate::support::{World, codes, commit, git, paste, status, write};

/// Adds a commit to the base by way of a clone of its own.
pub(crate) fn advance(world: &World, name: &str, content: &str) -> String {
    let clone = world.beside("other");
    if !clone.exists() {
        let origin = world.origin.path().to_str().unwrap();
        git(world.repo.path(), &["clone", "--quiet", origin, clone.to_str().unwrap()]);
        git(&clone, &["config", "user.name", "Other"]);
        git(&clone, &["config", "user.email", "other@example.com"]);
    }
    write(&clone.join(name), content);
    git(&clone, &["add", "--all", "--force"]);
    git(&clone, &["commit", "--quiet", "--message", &format!("Base: {name}")]);
    git(&clone, &["push", "--quiet", "origin", "HEAD:main"]);
    git(&clone, &["rev-parse", "HEAD"])
}

fn sync(world: &World, args: &[&str], code: i32) -> Value {
    world.run(&[&["sync", "98"], args].concat()).code(code).json()
}

/// Every byte and time of the lane and of git's folder for it. A file that was there for a moment has
/// left its mark on the time of the folder.
fn still(world: &World, lane: &Path) -> Vec<Seen> {
    let mut all = world.untouched(lane);
    for (mode, time, _) in all.iter_mut().flat_map(|seen| seen.values_mut()) {
        if *mode & 0o170_000 == 0o040_000 {
            *time = 0;
        }
    }
    all
}

/// A sync that must not change anything of the lane.
#[track_caller]
fn refused(world: &World, lane: &Path, args: &[&str]) -> Value {
    world.repo.git(["fetch", "--quiet"]);
    let before = still(world, lane);
    let answer = sync(world, args, 1);
    assert!(still(world, lane) == before, "{answer}");
    assert_eq!(answer["synced"], false);
    assert!(!world.events("98").contains(&"synced".to_owned()));
    answer
}

#[test]
fn a_private_lane_is_rebased_onto_the_base_as_fetched() {
    let world = World::new();
    let lane = world.lane_98();
    let begun = git(&lane, &["rev-parse", "HEAD"]);
    let nothing = sync(&world, &[], 0);
    assert_eq!((&nothing["up_to_date"], &nothing["synced"]), (&true.into(), &false.into()));
    write(&lane.join("mine"), "mine\n");
    git(&lane, &["add", "mine"]);
    let message = "Subject\n\nBody  \n# no comment\n";
    git(
        &lane,
        &[
            "commit",
            "--quiet",
            "--cleanup=verbatim",
            "--message",
            message,
            "--author=Anna Ä <a@example.com>",
            "--date=@1700000000 +0330",
        ],
    );
    let before = git(&lane, &["rev-parse", "HEAD"]);
    let base = advance(&world, "theirs/new", "theirs\n");
    write(&lane.join("run.log"), "ignored");
    write(&lane.join("note"), "untracked");
    let answer = sync(&world, &[], 0);
    assert_eq!(answer["way"], "rebase");
    assert_eq!((&answer["fetched"], &answer["behind"]), (&true.into(), &1.into()));
    assert_eq!(answer["before"], before);
    assert_eq!(answer["after"], git(&lane, &["rev-parse", "98-crud"]));
    assert_eq!(git(&lane, &["rev-parse", "HEAD^", "ORIG_HEAD"]), format!("{base}\n{before}"));
    let format = "--format=%an%n%ae%n%ad%n%B";
    let of = |commit: &str| git(&lane, &["log", "-1", "--date=raw", format, commit]);
    assert_eq!(of("HEAD"), of(&before));
    assert_eq!(fs::read_to_string(lane.join("theirs/new")).unwrap(), "theirs\n");
    assert_eq!(git(&lane, &["status", "--porcelain"]), "?? note");
    let log = git(&lane, &["reflog", "-1", "98-crud"]);
    assert!(log.contains("worktree-lane sync: rebased onto origin/main"), "{log}");
    assert_eq!(world.events("98"), ["adding", "added", "synced"]);
    let listed = world.run(&["list"]).code(0).json_lines();
    let listed = listed.iter().find(|row| row["lane"] == "98").unwrap();
    assert_eq!(listed["base_commit"], base);
    assert_ne!(begun, base);
    // And back.
    paste(&world, answer["undo"].as_str().unwrap());
    assert_eq!(git(&lane, &["rev-parse", "HEAD"]), before);
    assert!(!lane.join("theirs").exists());
}

#[test]
fn a_lane_that_others_can_have_is_merged_and_says_so() {
    let world = World::new();
    let lane = world.lane_98();
    let mine = commit(&lane, "mine");
    git(&lane, &["push", "--quiet", "origin", "98-crud"]);
    let base = advance(&world, "theirs", "theirs\n");
    let answer = refused(&world, &lane, &["--rebase", "--no-fetch"]);
    assert_eq!(codes(&answer), ["shared"]);
    assert_eq!(answer["reasons"][0]["next"], "worktree-lane sync 98 --merge");
    let answer = sync(&world, &[], 0);
    assert_eq!(answer["way"], "merge");
    assert!(answer["instead"].as_str().unwrap().contains("remote branch"), "{answer}");
    assert_eq!(git(&lane, &["rev-parse", "HEAD^1", "HEAD^2"]), format!("{mine}\n{base}"));
    let subject = git(&lane, &["log", "-1", "--format=%s"]);
    assert_eq!(subject, "Merge remote-tracking branch 'origin/main' into 98-crud");
    assert_eq!(git(&lane, &["status", "--porcelain"]), "");
}

#[test]
fn a_lane_without_commits_goes_to_the_base_and_a_setting_is_a_preference() {
    let world = World::new();
    let lane = world.lane_98();
    let base = advance(&world, "theirs", "theirs\n");
    sync(&world, &[], 0);
    assert_eq!(git(&lane, &["rev-parse", "HEAD"]), base);
    world.repo.write("switchyard.yaml", "lanes:\n  sync: merge\n");
    commit(&lane, "mine");
    advance(&world, "more", "more\n");
    let answer = sync(&world, &[], 0);
    assert_eq!((&answer["way"], &answer["instead"]), (&"merge".into(), &Value::Null));
    assert_eq!(git(&lane, &["rev-list", "--merges", "--count", "HEAD"]), "1");
    // Written anew, the merge would be lost.
    advance(&world, "again", "again\n");
    let answer = refused(&world, &lane_of(&world), &["--rebase", "--no-fetch"]);
    assert_eq!(codes(&answer), ["merge_commits"]);
    world.repo.write("switchyard.yaml", "lanes:\n  sync: squash\n");
    world.run(&["sync", "98"]).code(2).stderr_has("unknown variant `squash`");
}

fn lane_of(world: &World) -> std::path::PathBuf {
    // Its journal has a `synced` already, which a refusal would be blamed for.
    let file = world.state("lanes.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    let kept: Vec<&str> = text.lines().filter(|line| !line.contains("\"synced\"")).collect();
    write(&file, kept.join("\n") + "\n");
    world.beside("talos-98")
}

#[test]
fn what_the_base_has_already_is_left_out() {
    let world = World::new();
    let lane = world.lane_98();
    let landed = commit(&lane, "landed");
    let own = commit(&lane, "own");
    let empty = ["commit", "--quiet", "--allow-empty", "--message", "empty"];
    git(&lane, &empty);
    advance(&world, "landed", "landed\n");
    advance(&world, "landed", "landed, and changed since\n");
    let answer = sync(&world, &[], 0);
    assert_eq!(answer["dropped"][0]["commit"], landed);
    assert_eq!(answer["dropped"][0]["subject"], "landed");
    assert_eq!(answer["dropped"].as_array().unwrap().len(), 1, "{own}");
    assert_eq!(git(&lane, &["log", "--format=%s", "origin/main.."]), "empty\nown");
    let text = fs::read_to_string(lane.join("landed")).unwrap();
    assert_eq!(text, "landed, and changed since\n");
}

#[test]
fn a_conflict_leaves_every_byte_and_names_both_sides() {
    let world = World::new();
    let lane = world.lane_98();
    commit(&lane, "fine");
    write(&lane.join("src/main.rs"), "fn main() { ours() }\n");
    let ours = commit(&lane, "also [odd] *name");
    let theirs = advance(&world, "src/main.rs", "fn main() { theirs() }\n");
    advance(&world, "elsewhere", "x");
    for way in ["--rebase", "--merge"] {
        let answer = refused(&world, &lane, &[way, "--no-fetch"]);
        assert_eq!(codes(&answer), ["conflict"]);
        let conflict = &answer["conflict"];
        assert_eq!(conflict["files"], serde_json::json!(["src/main.rs"]));
        assert_eq!(conflict["lane_commits"][0]["commit"], ours);
        assert_eq!(conflict["base_commits"].as_array().unwrap().len(), 1);
        assert_eq!(conflict["base_commits"][0]["commit"], theirs);
        assert_eq!(conflict["base_commits"][0]["subject"], "Base: src/main.rs");
        let stopped = if way == "--rebase" { Value::from(ours.clone()) } else { Value::Null };
        assert_eq!(conflict["stopped_at"]["commit"], stopped);
        // By hand it comes to the same stop.
        let next = answer["reasons"][0]["next"].as_str().unwrap();
        Tool::program("sh").args(["-c", next]).run().code(1);
        assert!(git(&lane, &["status", "--porcelain"]).contains("UU src/main.rs"));
        git(&lane, &[way.trim_start_matches('-'), "--abort"]);
    }
    world.run(&["sync", "98", "--format", "table"]).code(1).stdout_has("both sides changed");
}

#[test]
fn everything_against_it_is_told_at_once() {
    let world = World::new();
    let lane = world.lane_98();
    commit(&lane, "mine");
    advance(&world, "notes/a.log", "the base's");
    advance(&world, "new", "the base's");
    advance(&world, "folder", "a file in the base");
    write(&lane.join("notes/a.log"), "ignored, and nowhere else");
    write(&lane.join("new"), "untracked, and nowhere else");
    write(&lane.join("folder/deep/x"), "in a folder");
    write(&lane.join("free"), "in nobody's way");
    let answer = refused(&world, &lane, &["--no-fetch"]);
    assert_eq!(codes(&answer), ["in_the_way"]);
    let message = answer["reasons"][0]["message"].as_str().unwrap();
    for name in ["notes/a.log", "new", "folder/deep/x"] {
        assert!(message.contains(name), "{message}");
    }
    assert!(!message.contains("free"), "{message}");
    write(&lane.join("README.md"), "changed\n");
    git(&lane, &["update-index", "--assume-unchanged", "src/main.rs"]);
    write(&lane.join("src/main.rs"), "hidden");
    world.run(&["claim", "98", "--owner", "agent-1"]).code(0);
    let answer = refused(&world, &lane, &["--no-fetch"]);
    let all = ["claimed", "uncommitted", "hidden_changes", "in_the_way"];
    assert_eq!(codes(&answer), all);
    let answer = refused(&world, &lane, &["--no-fetch", "--owner", "agent-1"]);
    assert_eq!(codes(&answer), all[1..]);
    world.run(&["lock", "98"]).code(0);
    git(&lane, &["bisect", "start"]);
    let answer = refused(&world, &lane, &["--no-fetch", "--owner", "agent-1"]);
    let all = ["locked", "operation_in_progress", "uncommitted", "hidden_changes", "in_the_way"];
    assert_eq!(codes(&answer), all);
}

#[test]
fn a_lane_that_is_not_on_its_own_branch_is_refused() {
    let world = World::new();
    let lane = world.lane_98();
    commit(&lane, "mine");
    advance(&world, "theirs", "x");
    git(&lane, &["switch", "--quiet", "--detach"]);
    let answer = refused(&world, &lane, &["--no-fetch"]);
    assert_eq!(codes(&answer), ["detached"]);
    git(&lane, &["switch", "--quiet", "--create", "other"]);
    let answer = refused(&world, &lane, &["--no-fetch"]);
    assert_eq!(codes(&answer), ["other_branch"]);
    paste(&world, answer["reasons"][0]["next"].as_str().unwrap());
    // The branch `other` has the lane's commit too.
    assert_eq!(sync(&world, &[], 0)["way"], "merge");
}

#[test]
fn other_worktrees_and_half_lanes_are_refused() {
    let world = World::new();
    let lane = world.lane_98();
    advance(&world, "theirs", "x");
    assert_eq!(codes(&sync_of(&world, "nothing")), ["unknown_lane"]);
    let foreign = world.beside("foreign");
    world.repo.git(["worktree", "add", "--quiet", "-b", "theirs", foreign.to_str().unwrap()]);
    assert_eq!(codes(&sync_of(&world, "theirs")), ["foreign"]);
    let twice = world.beside("twice");
    world.repo.git(["worktree", "add", "--quiet", "--force", twice.to_str().unwrap(), "98-crud"]);
    let answer = sync_of(&world, "98");
    assert_eq!(codes(&answer), ["branch_checked_out"]);
    world.repo.git(["worktree", "remove", twice.to_str().unwrap()]);
    fs::rename(lane.join(".git"), lane.join("kept")).unwrap();
    assert_eq!(codes(&sync_of(&world, "98")), ["mismatch"]);
    fs::remove_dir_all(&lane).unwrap();
    assert_eq!(codes(&sync_of(&world, "98")), ["missing"]);
}

fn sync_of(world: &World, lane: &str) -> Value {
    world.run(&["sync", lane]).code(1).json()
}

#[test]
fn a_base_that_was_rewritten_takes_its_old_commits_along() {
    let world = World::new();
    advance(&world, "taken back", "x");
    let lane = world.lane_98();
    commit(&lane, "mine");
    let clone = world.beside("other");
    git(&clone, &["reset", "--quiet", "--hard", "HEAD^"]);
    commit(&clone, "instead");
    git(&clone, &["push", "--quiet", "--force", "origin", "HEAD:main"]);
    let answer = refused(&world, &lane, &["--merge", "--no-fetch"]);
    assert_eq!(codes(&answer), ["base_rewritten"]);
    sync(&world, &[], 0);
    assert!(!lane.join("taken back").exists());
    assert_eq!(git(&lane, &["log", "--format=%s", "origin/main.."]), "mine");
}

#[test]
fn a_submodule_that_is_checked_out_would_stay_behind() {
    let world = World::new();
    let module = world.beside("module");
    git(world.repo.path(), &["init", "--quiet", module.to_str().unwrap()]);
    let first = commit(&module, "one");
    let second = commit(&module, "two");
    let clone = world.beside("other");
    advance(&world, "start", "x");
    let url = module.to_str().unwrap();
    git(&clone, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "sub"]);
    git(&clone.join("sub"), &["checkout", "--quiet", &first]);
    advance(&world, "with", "x");
    let lane = world.lane_98();
    let update = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init"];
    git(&lane, &update);
    git(&clone.join("sub"), &["checkout", "--quiet", &second]);
    advance(&world, "moved", "x");
    assert_eq!(codes(&refused(&world, &lane, &["--no-fetch"])), ["submodules"]);
    git(&lane, &["submodule", "--quiet", "deinit", "sub"]);
    sync(&world, &[], 0);
    assert_eq!(git(&lane, &["rev-parse", "HEAD:sub"]), second);
    assert_eq!(status(&lane).lines().filter(|line| !line.starts_with('#')).count(), 0);
}

#[test]
fn no_hook_runs_and_a_missing_remote_changes_nothing() {
    let world = World::new();
    let lane = world.lane_98();
    commit(&lane, "mine");
    advance(&world, "theirs", "x");
    for name in
        ["post-checkout", "post-merge", "post-rewrite", "reference-transaction", "pre-rebase"]
    {
        let hook = world.repo.path().join(".git/hooks").join(name);
        write(&hook, "#!/bin/sh\ntouch \"$(dirname \"$0\")/ran\"\nexit 1\n");
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let aside = world.beside("away");
    fs::rename(world.origin.path(), &aside).unwrap();
    let before = still(&world, &lane);
    world.run(&["sync", "98"]).code(74).stderr_has("--no-fetch");
    assert!(still(&world, &lane) == before);
    fs::rename(&aside, world.origin.path()).unwrap();
    let bytes = files(&lane);
    sync(&world, &[], 0);
    assert!(!world.repo.path().join(".git/hooks/ran").exists());
    assert_eq!(files(&lane).len(), bytes.len() + 1);
}

#[test]
fn commits_are_signed_where_commits_are_signed() {
    let world = World::new();
    let lane = world.lane_98();
    commit(&lane, "mine");
    advance(&world, "theirs", "x");
    world.repo.git(["config", "commit.gpgSign", "true"]);
    world.repo.git(["config", "gpg.program", "/bin/false"]);
    let before = still(&world, &lane);
    for way in ["--merge", "--rebase"] {
        world.run(&["sync", "98", way]).code(74).stderr_has("sign");
    }
    world.repo.git(["fetch", "--quiet"]);
    assert_eq!(still(&world, &lane)[0], before[0]);
    let signer = world.beside("signer");
    let script = "#!/bin/sh\ncat > /dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\n\
                  printf '%s\\n\\nx\\n%s\\n' '-----BEGIN PGP SIGNATURE-----' '-----END PGP SIGNATURE-----'\n";
    write(&signer, script);
    fs::set_permissions(&signer, fs::Permissions::from_mode(0o755)).unwrap();
    world.repo.git(["config", "gpg.program", signer.to_str().unwrap()]);
    sync(&world, &[], 0);
    let raw = git(&lane, &["cat-file", "commit", "HEAD"]);
    assert!(raw.contains("gpgsig -----BEGIN"), "{raw}");
}
