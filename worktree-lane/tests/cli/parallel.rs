//! Many runs at once.

use testkit::Running;

use crate::support::{World, codes, git};

#[test]
fn twelve_lanes_at_once_all_succeed() {
    let world = World::new();
    let start = |n: usize| world.tool(&["add", &format!("{n}"), "x"]).spawn();
    let running: Vec<Running> = (1..=12).map(start).collect();
    // Readers meanwhile must not trip over a half-registered worktree.
    for _ in 0..10 {
        world.run(&["list"]).code(0);
    }
    for run in running {
        run.wait().code(0);
    }
    assert_eq!(world.branches().len(), 13);
    for n in 1..=12 {
        let path = world.beside(&format!("talos-{n}"));
        assert_eq!(git(&path, &["status", "--porcelain"]), "");
        assert_eq!(world.events(&n.to_string()), ["adding", "added"]);
    }
    let mut args = vec!["remove".to_owned()];
    args.extend((1..=12).map(|n| n.to_string()));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    assert!(world.run(&args).code(0).json_lines().iter().all(|r| r["removed"] == true));
}

#[test]
fn fifty_lanes_at_once_all_succeed() {
    let world = World::new();
    // Every other one fetches, and all of those into the same ref.
    let start = |n: usize| {
        let tool = world.tool(&["add", &format!("{n}"), "x"]);
        if n.is_multiple_of(2) { tool.arg("--no-fetch").spawn() } else { tool.spawn() }
    };
    let running: Vec<Running> = (1..=50).map(start).collect();
    for run in running {
        run.wait().code(0);
    }
    assert_eq!(world.branches().len(), 51);
    assert_eq!(world.repo.git(["worktree", "list"]).lines().count(), 51);
    for n in 1..=50 {
        assert_eq!(git(&world.beside(&format!("talos-{n}")), &["status", "--porcelain"]), "");
    }
}

#[test]
fn of_twelve_for_one_lane_exactly_one_wins() {
    let world = World::new();
    let running: Vec<Running> =
        (0..12).map(|n| world.tool(&["add", "98", &format!("slug-{n}")]).spawn()).collect();
    let mut won = 0;
    for run in running {
        let ran = run.wait();
        if ran.exit_code() == Some(0) {
            won += 1;
        } else {
            let answer = ran.code(1).json();
            assert_eq!(codes(&answer)[0], "lane_exists");
        }
    }
    assert_eq!(won, 1);
    assert_eq!(world.branches().len(), 2);
    assert_eq!(world.events("98"), ["adding", "added"]);
    assert_eq!(world.repo.git(["worktree", "list"]).lines().count(), 2);
}

#[test]
fn lanes_that_want_one_path_or_one_branch() {
    let world = World::new();
    world.repo.write(
        "switchyard.yaml",
        "lanes:\n  default: same\n  layouts:\n    same: {path: '../{slug}', branch: '{slug}'}\n",
    );
    let start = |n: usize| world.tool(&["add", &format!("{n}"), "one"]).spawn();
    let running: Vec<Running> = (1..=8).map(start).collect();
    let won = running.into_iter().map(Running::wait).filter(|r| r.exit_code() == Some(0)).count();
    assert_eq!(won, 1);
    assert_eq!(world.branches(), ["main", "one"]);
}

#[test]
fn the_base_moves_while_lanes_are_made() {
    let world = World::new();
    let other = world.scratch.path("other");
    git(
        world.scratch.root(),
        &["clone", "--quiet", world.origin.path().to_str().unwrap(), "other"],
    );
    crate::support::commit(&other, "landed");
    git(&other, &["push", "--quiet"]);
    // All of them fetch the same new commit into the same ref.
    let start = |n: usize| world.tool(&["add", &format!("{n}"), "x"]).spawn();
    let running: Vec<Running> = (1..=8).map(start).collect();
    for run in running {
        run.wait().code(0);
    }
}

#[test]
fn a_lane_is_removed_once() {
    let world = World::new();
    world.lane_98();
    let running: Vec<Running> = (0..6).map(|_| world.tool(&["remove", "98"]).spawn()).collect();
    let mut removed = 0;
    for run in running {
        let ran = run.wait();
        let answer = ran.json();
        if answer["removed"] == true {
            removed += 1;
        } else {
            assert_eq!(codes(&answer), ["unknown_lane"]);
        }
    }
    assert_eq!(removed, 1);
    assert_eq!(world.run(&["trash", "list"]).json_lines().len(), 1);
}

#[test]
fn others_who_make_worktrees_without_a_lock_do_not_disturb() {
    let world = World::new();
    let by_hand = |n: usize| {
        let path = world.scratch.path(format!("by-hand-{n}"));
        let args = ["worktree", "add", "--quiet", "--no-checkout", "-b", &format!("b{n}")];
        testkit::Tool::program("git").args(args).arg(path).dir(world.repo.path()).spawn()
    };
    for round in 0..5 {
        let others: Vec<Running> = (0..6).map(|n| by_hand(round * 6 + n)).collect();
        let ours = ["add", &format!("{}", round + 1), "x", "--no-fetch"];
        let ours = world.tool(&ours).spawn();
        ours.wait().code(0);
        // Some of these fail, as plain git does.
        for other in others {
            drop(other.wait());
        }
    }
}
