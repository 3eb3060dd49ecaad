//! Whether the work of a lane is in the base: what git's own shortcuts take for the same is not.

use std::path::Path;

use testkit::Tool;

use crate::support::{World, codes, git, write};

/// A world in which the base's `file` is `begin`, a lane makes it `ours` and the base makes it
/// `theirs`.
fn both_change(begin: &[u8], ours: &[u8], theirs: &[u8], before: fn(&World)) -> World {
    let world = World::new();
    before(&world);
    world.repo.write("file", begin);
    world.repo.commit_all("Begin the file");
    world.repo.git(["push", "--quiet"]);
    let lane = world.lane_98();
    put(&lane, ours);
    put(world.repo.path(), theirs);
    world.repo.git(["push", "--quiet"]);
    world
}

fn put(dir: &Path, bytes: &[u8]) {
    write(&dir.join("file"), bytes);
    git(dir, &["commit", "--quiet", "--all", "--message", "Change the file"]);
}

#[track_caller]
fn not_landed(world: &World) {
    let removal = world.run(&["remove", "98"]).code(1).json();
    assert_eq!(codes(&removal), ["unmerged_commits"], "{removal}");
}

#[test]
fn a_commit_that_differs_in_blanks_only_has_not_landed() {
    let world = both_change(b"a\nb\n", b"  a\nb\n", b"\ta\nb\n", |_| {});
    assert_eq!(world.repo.git(["cherry", "main", "98-crud"]).chars().next(), Some('-'));
    not_landed(&world);
}

#[test]
fn the_same_commit_has_landed_also_when_it_was_changed_again() {
    for (begin, ours, after) in [
        (&b"a\nb\n"[..], &b"  a\nb\n"[..], &b"  a\nb\nc\n"[..]),
        (&[0, 1, 2], &[0, 3, 2], &[0, 4, 2]),
    ] {
        let world = both_change(begin, ours, ours, |_| {});
        put(world.repo.path(), after);
        world.repo.git(["push", "--quiet"]);
        let removal = world.run(&["remove", "98"]).code(0).json();
        assert_eq!(removal["branch_deleted"], true);
    }
}

#[test]
fn another_change_of_a_binary_file_has_not_landed() {
    not_landed(&both_change(&[0, 1, 2], &[0, 3, 2], &[0, 4, 2], |_| {}));
}

#[test]
fn a_merge_driver_that_always_takes_the_base_proves_nothing() {
    not_landed(&both_change(b"1\n", b"2\n", b"3\n", |world| {
        world.repo.write(".gitattributes", "file merge=ours\n");
        world.repo.git(["config", "merge.ours.driver", "true"]);
    }));
    not_landed(&both_change(b"1\n", b"2\n", b"3\n", |world| {
        world.repo.git(["config", "merge.ours.driver", "true"]);
        write(&world.repo.path().join(".git/info/attributes"), "file merge=ours\n");
    }));
    // A line that the lane has taken out, and that `union` would bring back.
    not_landed(&both_change(b"a\nb\nc\n", b"a\nc\n", b"a\nB\nc\n", |world| {
        world.repo.write(".gitattributes", "file merge=union\n");
    }));
}

#[test]
fn a_squash_is_known_also_where_merge_drivers_are_set_up() {
    let world = World::new();
    world.repo.git(["config", "merge.ours.driver", "true"]);
    let lane = world.lane_98();
    for name in ["one", "two"] {
        crate::support::commit(&lane, name);
    }
    world.repo.git(["merge", "--quiet", "--squash", "98-crud"]);
    world.repo.commit_all("Both");
    world.repo.git(["push", "--quiet"]);
    let removal = world.run(&["remove", "98"]).code(0).json();
    assert_eq!(removal["branch_deleted"], true);
}

#[test]
fn a_branch_that_another_worktree_is_on_is_kept() {
    let world = World::new();
    world.lane_98();
    let other = world.scratch.path("other");
    let other = other.to_str().unwrap();
    world.repo.git(["worktree", "add", "--quiet", "--force", other, "98-crud"]);
    let removal = world.run(&["remove", "98"]).code(0).json();
    assert_eq!((&removal["removed"], &removal["branch_deleted"]), (&true.into(), &false.into()));
    assert_eq!(git(Path::new(other), &["status", "--porcelain"]), "");
}

#[test]
fn a_branch_that_a_rebase_elsewhere_goes_back_to_is_kept() {
    let world = World::new();
    let lane = world.lane_98();
    git(&lane, &["switch", "--quiet", "--create", "aside"]);
    world.repo.commit_file("more", "more\n", "More");
    world.repo.git(["push", "--quiet"]);
    world.repo.git(["switch", "--quiet", "98-crud"]);
    world.repo.git(["reset", "--quiet", "--hard", "main"]);
    let exec = ["rebase", "--quiet", "--exec", "false", "HEAD~1"];
    Tool::program("git").args(exec).dir(world.repo.path()).run().code(1);
    git(&lane, &["switch", "--quiet", "--ignore-other-worktrees", "98-crud"]);
    let removal = world.run(&["remove", "98"]).code(0).json();
    assert_eq!(removal["branch_deleted"], false);
    world.repo.git(["rebase", "--continue"]);
    assert_eq!(world.repo.git(["symbolic-ref", "HEAD"]), "refs/heads/98-crud");
}

#[test]
fn without_a_remote_nothing_is_pushed_to_one() {
    let world = World::new();
    world.repo.git(["remote", "remove", "origin"]);
    let lane = world.lane_98();
    crate::support::commit(&lane, "work");
    let removal = world.run(&["remove", "98"]).code(1).json();
    let next = removal["reasons"][0]["next"].as_str().unwrap();
    assert!(!next.contains("git"), "{next}");
}

#[test]
fn a_squash_with_more_in_it_than_the_lane_has_no_proof_after_the_base_went_on() {
    let world = World::new();
    let lane = world.lane_98();
    for text in ["one\n", "one\ntwo\n"] {
        write(&lane.join("file"), text);
        git(&lane, &["add", "file"]);
        git(&lane, &["commit", "--quiet", "--message", text.trim()]);
    }
    world.repo.git(["merge", "--quiet", "--squash", "98-crud"]);
    world.repo.write("besides", "somebody else's\n");
    world.repo.commit_all("Squashed, and more");
    world.repo.commit_file("file", "one\n2\nthree\n", "Other lines");
    world.repo.git(["push", "--quiet"]);
    not_landed(&world);
}

#[test]
fn far_behind_it_is_either_certain_or_not_known() {
    let world = World::new();
    let working = world.lane_98();
    world.run(&["add", "99", "x"]).code(0);
    let like_the_base = world.beside("talos-99");
    for (lane, file) in [(&working, "README.md"), (&like_the_base, "counter")] {
        write(&lane.join(file), "lane\n");
        git(lane, &["add", file]);
        git(lane, &["commit", "--quiet", "--message", "Work"]);
    }
    let commit = |number: u32| {
        let from = if number == 0 { "from refs/heads/main^0\n" } else { "" };
        let who = "committer t <t@example.org> 1769300000 +0000";
        let length = number.to_string().len();
        format!(
            "commit refs/heads/main\n{who}\ndata 1\nx\n{from}M 644 inline counter\n\
             data {length}\n{number}\n"
        )
    };
    let commits = (0..501).map(commit).collect::<Vec<_>>().concat();
    let import = Tool::program("git").args(["fast-import", "--quiet"]).stdin(commits);
    import.dir(world.repo.path()).run().code(0);
    world.repo.git(["push", "--quiet", "origin", "main"]);
    assert_eq!(world.row("98")["merged"], "no");
    assert_eq!(world.row("98")["problems"], serde_json::json!([]));
    let unknown = world.row("99");
    assert!(unknown["merged"].is_null(), "{unknown}");
    assert_eq!(unknown["problems"][0]["code"], "merge_unproven");
}
