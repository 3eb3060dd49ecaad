//! `claim`, `renew`, `release`: one owner at a time, shown in plain git, ending with lease or process.

use std::path::Path;

use serde_json::Value;
use testkit::{Running, Tool};

use crate::support::{World, codes, git, write};

/// The reason that plain git shows for the lane at `path`; `None` when it is not locked.
fn lock_in_git(world: &World, path: &Path) -> Option<String> {
    let list = world.repo.git(["worktree", "list", "--porcelain"]);
    let mut lines = list.lines().skip_while(|l| *l != format!("worktree {}", path.display()));
    let lock = lines.by_ref().take_while(|l| !l.is_empty()).find(|l| l.starts_with("locked"))?;
    Some(lock.strip_prefix("locked").unwrap().trim().to_owned())
}

fn shadow(claim: &Value) -> String {
    let text = |key: &str| claim[key].as_str().unwrap().to_owned();
    format!("owner {} until {} by worktree-lane", text("owner"), text("until"))
}

/// Claims lane 98 with a lease that ends at once, and waits until it has.
fn claim_ended(world: &World, owner: &str) {
    world.run(&["claim", "98", "--owner", owner, "--ttl", "1ms"]).code(0);
    while world.run(&["list"]).json_lines()[1]["owner"] != Value::Null {}
}

#[test]
fn a_claim_shows_in_list_and_in_plain_git_and_is_gone_after_release() {
    let world = World::new();
    let path = world.lane_98();
    let claim = world.run(&["claim", "98", "--owner", "agent 1"]).code(0).json();
    assert_eq!((&claim["done"], &claim["owner"]), (&true.into(), &"agent 1".into()), "{claim}");
    assert_eq!(lock_in_git(&world, &path), Some(shadow(&claim)));
    let lane = &world.run(&["list"]).json_lines()[1];
    assert_eq!(lane["owner"], "agent 1");
    assert_eq!(lane["claimed_until"], claim["until"]);
    assert_eq!(lane["locked"], Value::Null, "the lock of a claim is none by hand");
    let released = world.run(&["release", "98", "--owner", "agent 1"]).code(0).json();
    assert_eq!((&released["done"], &released["owner"]), (&true.into(), &Value::Null));
    assert_eq!(lock_in_git(&world, &path), None);
    assert_eq!(world.run(&["list"]).json_lines()[1]["owner"], Value::Null);
    assert_eq!(world.events("98"), ["adding", "added", "claimed", "released"]);
    // Once more is no failure, and no event.
    world.run(&["release", "98", "--owner", "agent 1"]).code(0);
    assert_eq!(world.events("98").len(), 4);
}

#[test]
fn of_many_owners_at_once_one_gets_the_lane() {
    let world = World::new();
    let path = world.lane_98();
    for round in 0..6 {
        let start = |n: usize| {
            let owner = format!("agent-{round}-{n}");
            (world.tool(&["claim", "98", "--owner", &owner]).spawn(), owner)
        };
        let running: Vec<(Running, String)> = (0..32).map(start).collect();
        let mut winners = Vec::new();
        let mut refused = Vec::new();
        for (run, owner) in running {
            let ran = run.wait();
            if ran.exit_code() == Some(0) {
                winners.push(owner);
            } else {
                refused.push(ran.code(1).json());
            }
        }
        assert_eq!(winners.len(), 1, "round {round}: {winners:?}");
        let winner = &winners[0];
        for answer in refused {
            assert_eq!(codes(&answer), ["claimed"]);
            assert_eq!(answer["owner"], **winner, "round {round}: {answer}");
            assert_eq!(answer["retry_at"], answer["until"]);
        }
        assert!(lock_in_git(&world, &path).unwrap().starts_with(&format!("owner {winner} until ")));
        world.run(&["release", "98", "--owner", winner]).code(0);
    }
}

#[test]
fn its_owner_may_claim_again_and_renew_and_never_loses_time() {
    let world = World::new();
    world.lane_98();
    let first = world.run(&["claim", "98", "--owner", "a"]).code(0).json();
    let shorter = world.run(&["claim", "98", "--owner", "a", "--ttl", "1m"]).code(0).json();
    assert_eq!((&shorter["since"], &shorter["until"]), (&first["since"], &first["until"]));
    let renewed = world.run(&["renew", "98", "--owner", "a", "--ttl", "3h"]).code(0).json();
    assert_eq!(renewed["since"], first["since"]);
    assert!(renewed["until"].as_str() > first["until"].as_str(), "{renewed}");
    let last = world.run(&["renew", "98", "--owner", "a", "--ttl", "1s"]).code(0).json();
    assert_eq!(last["until"], renewed["until"]);
}

#[test]
fn another_owner_neither_claims_nor_renews_nor_releases() {
    let world = World::new();
    let path = world.lane_98();
    let held = world.run(&["claim", "98", "--owner", "a"]).code(0).json();
    let events = world.events("98");
    for command in ["claim", "renew", "release"] {
        let refused = world.run(&[command, "98", "--owner", "b"]).code(1).json();
        assert_eq!(codes(&refused), ["claimed"], "{refused}");
        assert_eq!((&refused["owner"], &refused["retry_at"]), (&held["owner"], &held["until"]));
    }
    assert_eq!(world.events("98"), events);
    assert_eq!(lock_in_git(&world, &path), Some(shadow(&held)));
}

#[test]
fn a_lease_that_has_ended_is_taken_over_and_not_renewed() {
    let world = World::new();
    let path = world.lane_98();
    claim_ended(&world, "a");
    let stale = lock_in_git(&world, &path).unwrap();
    assert!(stale.starts_with("owner a until "), "{stale}");
    let refused = world.run(&["renew", "98", "--owner", "a"]).code(1).json();
    assert_eq!(codes(&refused), ["claim_ended"]);
    assert_eq!(
        (&refused["ended"]["owner"], &refused["ended"]["by"]),
        (&"a".into(), &"lease".into())
    );
    assert_eq!(lock_in_git(&world, &path), None, "the next command took it off");
    let taken = world.run(&["claim", "98", "--owner", "b"]).code(0).json();
    assert_eq!((&taken["owner"], &taken["ended"]["owner"]), (&"b".into(), &"a".into()));
    assert_eq!(lock_in_git(&world, &path), Some(shadow(&taken)));
    let journal = std::fs::read_to_string(world.state("lanes.jsonl")).unwrap();
    assert!(journal.contains("taken over: the lease of 'a' ended at "), "{journal}");
    assert_eq!(codes(&world.run(&["release", "98", "--owner", "a"]).code(1).json()), ["claimed"]);
    assert_eq!(codes(&world.run(&["renew", "98", "--owner", "a"]).code(1).json()), ["claimed"]);
}

#[test]
fn giving_up_what_has_ended_is_fine_and_says_so() {
    let world = World::new();
    world.lane_98();
    claim_ended(&world, "a");
    let other = world.run(&["release", "98", "--owner", "b"]).code(0).json();
    assert_eq!((&other["done"], &other["ended"]["owner"]), (&true.into(), &"a".into()));
    let released = world.run(&["release", "98", "--owner", "a"]).code(0).json();
    assert_eq!((&released["done"], &released["ended"]["by"]), (&true.into(), &"lease".into()));
    assert_eq!(world.events("98").last().unwrap(), "released");
    let refused = world.run(&["renew", "98", "--owner", "a"]).code(1).json();
    assert_eq!(codes(&refused), ["not_claimed"]);
}

#[test]
fn a_claim_ends_with_its_process() {
    let world = World::new();
    world.lane_98();
    let sleeper = Tool::program("sleep").arg("1000").spawn();
    let pid = sleeper.pid().to_string();
    let claim = world.run(&["claim", "98", "--owner", "a", "--pid", &pid]).code(0).json();
    assert_eq!(claim["pid"], sleeper.pid());
    let again = world.run(&["claim", "98", "--owner", "b"]).code(1).json();
    assert_eq!(codes(&again), ["claimed"]);
    // The same owner's name for a second process would be two at work.
    let own = std::process::id().to_string();
    let two = world.run(&["claim", "98", "--owner", "a", "--pid", &own]).code(1).json();
    assert_eq!(codes(&two), ["claimed"]);
    sleeper.kill();
    drop(sleeper.wait());
    assert_eq!(world.run(&["list"]).json_lines()[1]["owner"], Value::Null);
    let taken = world.run(&["claim", "98", "--owner", "b"]).code(0).json();
    assert_eq!((&taken["ended"]["by"], &taken["ended"]["owner"]), (&"process".into(), &"a".into()));
    world.run(&["claim", "98", "--owner", "b", "--pid", &pid]).code(2).stderr_has("no process");
}

/// Rewrites the process of the last event, as another machine or an earlier start would have it.
fn with_process(world: &World, key: &str, value: &str) {
    let file = world.state("lanes.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    let last = text.lines().last().unwrap();
    let mut event: Value = serde_json::from_str(last).unwrap();
    event["claim"]["process"][key] = value.into();
    write(&file, text.replace(last, &event.to_string()));
}

#[test]
fn a_machine_that_was_started_anew_ends_claims_and_another_machine_does_not() {
    let pid = std::process::id().to_string();
    for (key, value, exit) in
        [("boot", "an-earlier-one", 0), ("machine", "another", 1), ("space", "pid:[1]", 1)]
    {
        let world = World::new();
        world.lane_98();
        world.run(&["claim", "98", "--owner", "a", "--pid", &pid]).code(0);
        with_process(&world, key, value);
        if key == "machine" {
            with_process(&world, "boot", "another");
        }
        world.run(&["claim", "98", "--owner", "b"]).code(exit);
    }
}

#[test]
fn a_lock_set_by_hand_survives_claim_and_release() {
    let world = World::new();
    let path = world.lane_98();
    for reason in ["demo on Monday", "", "two\nlines", "owner me"] {
        world.repo.git(["worktree", "lock", "--reason", reason, path.to_str().unwrap()]);
        let before = lock_in_git(&world, &path);
        world.run(&["claim", "98", "--owner", "a"]).code(0);
        assert_eq!(lock_in_git(&world, &path), before);
        assert_eq!(world.run(&["list"]).json_lines()[1]["owner"], "a");
        world.run(&["renew", "98", "--owner", "a"]).code(0);
        world.run(&["release", "98", "--owner", "a"]).code(0);
        assert_eq!(lock_in_git(&world, &path), before);
        assert_eq!(world.run(&["list"]).json_lines()[1]["locked"], reason);
        world.repo.git(["worktree", "unlock", path.to_str().unwrap()]);
    }
}

#[test]
fn a_claimed_lane_is_not_removed_though_its_lock_was_taken_off_by_hand() {
    let world = World::new();
    let path = world.lane_98();
    world.run(&["claim", "98", "--owner", "a"]).code(0);
    let plain = ["worktree", "remove", path.to_str().unwrap()];
    Tool::program("git").args(plain).dir(world.repo.path()).run().code(128);
    world.repo.git(["worktree", "unlock", path.to_str().unwrap()]);
    let refused = world.run(&["remove", "98"]).code(1).json();
    assert_eq!(codes(&refused), ["claimed"], "{refused}");
    assert!(lock_in_git(&world, &path).is_some(), "the next command put it back");
    assert_eq!(codes(&world.run(&["remove", "98"]).code(1).json()), ["claimed"]);
    world.run(&["release", "98", "--owner", "a"]).code(0);
    world.run(&["remove", "98"]).code(0);
}

#[test]
fn an_ended_claim_keeps_no_lane_and_does_not_come_back_from_the_trash() {
    let world = World::new();
    let path = world.lane_98();
    claim_ended(&world, "a");
    let removed = world.run(&["remove", "98"]).code(0).json();
    world.run(&["trash", "restore", removed["trash"].as_str().unwrap()]).code(0);
    assert_eq!(lock_in_git(&world, &path), None);
    let claim = world.run(&["claim", "98", "--owner", "b"]).code(0).json();
    assert_eq!(claim["ended"], Value::Null);
}

#[test]
fn odd_owners() {
    let world = World::new();
    let path = world.lane_98();
    for owner in ["Ann O'Neil", "\"q\" $(x) `y`", "é 名", "-x", "a until b by worktree-lane"] {
        let flag = format!("--owner={owner}");
        let claim = world.run(&["claim", "98", &flag]).code(0).json();
        assert_eq!(claim["owner"], owner);
        let list = world.repo.git(["worktree", "list", "--porcelain", "-z"]);
        assert!(list.contains(&format!("locked {}\0", shadow(&claim))), "{list:?}");
        world.run(&["release", "98", &flag]).code(0);
        assert_eq!(lock_in_git(&world, &path), None);
        // What is to be done next can be pasted.
        let refused = world.run(&["renew", "98", &flag]).code(1).json();
        let next = refused["reasons"][0]["next"].as_str().unwrap();
        let bin = Tool::binary("worktree-lane");
        let sh = Tool::program("sh").args(["-c", next]).path_first(bin.parent().unwrap());
        sh.dir(world.repo.path()).run().code(0);
        world.run(&["release", "98", &flag]).code(0);
    }
    for owner in ["", " ", "a\nb", "\u{1b}[31m", " a"] {
        let ran = world.run(&["claim", "98", &format!("--owner={owner}")]);
        ran.code(2).stdout_is("");
    }
    world.run(&["claim", "98"]).code(2).stderr_has("--owner");
    world.run(&["claim", "98", "--owner", "a", "--ttl", "0s"]).code(2).stderr_has("1ms");
    world.run(&["claim", "98", "--owner", "a", "--ttl", "1000h"]).code(2).stderr_has("168h");
}

#[test]
fn what_is_no_whole_lane_is_not_claimed() {
    let world = World::new();
    let path = world.lane_98();
    let by_hand = world.beside("by-hand");
    git(world.repo.path(), &["worktree", "add", "-q", "-b", "mine", by_hand.to_str().unwrap()]);
    let code = |args: &[&str]| {
        let answer = world.run(args).code(1).json();
        codes(&answer).join(" ")
    };
    assert_eq!(code(&["claim", "99", "--owner", "a"]), "unknown_lane");
    assert_eq!(code(&["claim", "mine", "--owner", "a"]), "foreign");
    assert_eq!(code(&["release", "mine", "--owner", "a"]), "foreign");
    world.run(&["claim", "98", "--owner", "a"]).code(0);
    std::fs::rename(&path, world.beside("away")).unwrap();
    assert_eq!(code(&["claim", "98", "--owner", "a"]), "missing");
    assert_eq!(code(&["renew", "98", "--owner", "a"]), "missing");
    world.run(&["release", "98", "--owner", "a"]).code(0);
}
