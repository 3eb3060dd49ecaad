//! `claim` and `release` killed at every system call that changes or may change something.
//!
//! | killed | journal | git's lock | what the next command finds |
//! |---|---|---|---|
//! | before the event | as before | as before | nothing has happened |
//! | in the event | a torn line | as before | the same: the line is completed and not believed |
//! | after the event | says so | as before | the change has happened; the lock is put right |
//! | in the lock | says so | old or new, never half | the same |
//! | after the lock | says so | says so | the change has happened |

use std::io::Write as _;

use serde_json::Value;
use testkit::{Ran, Tool};

use crate::support::World;

const CALLS: [&str; 10] = [
    "openat",
    "write",
    "fsync",
    "fdatasync",
    "flock",
    "linkat",
    "link",
    "rename",
    "unlink",
    "mkdir",
];

/// Runs the tool and kills it as it enters its `nth` call of `call`.
fn killed_at(world: &World, call: &str, nth: u32, args: &[&str]) -> Ran {
    let inject = format!("inject={call}:signal=KILL:when={nth}");
    let trace = format!("trace={call}");
    let strace =
        Tool::program("strace").args(["-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject]);
    strace.arg(Tool::binary("worktree-lane")).args(args).dir(world.repo.path()).run()
}

fn owner(world: &World) -> Value {
    world.run(&["list"]).code(0).json_lines()[1]["owner"].clone()
}

/// Git's lock shows who has the lane.
fn lock_is_right(world: &World, what: &str) {
    let list = world.repo.git(["worktree", "list", "--porcelain"]);
    let lock = list.lines().find_map(|line| line.strip_prefix("locked "));
    match owner(world).as_str() {
        Some(owner) => {
            assert!(lock.unwrap().starts_with(&format!("owner {owner} until ")), "{what}");
        }
        None => assert_eq!(lock, None, "{what}"),
    }
}

#[test]
fn whatever_a_kill_leaves_is_whole_for_the_next_command() {
    let world = World::new();
    world.lane_98();
    let probe = Tool::program("sh").args(["-c", "strace -qq -o /dev/null true"]).run();
    if probe.exit_code() != Some(0) {
        // Past the capture of the test harness: a run without it is no proof.
        let why = "left out, because there is no strace here";
        writeln!(std::io::stderr(), "{why}: {}", probe.err().trim_end()).unwrap();
        return;
    }
    let mut kills = 0;
    for call in CALLS {
        for command in ["claim", "release"] {
            for nth in 1.. {
                let what = format!("{command} at {call} {nth}");
                if command == "release" {
                    world.run(&["claim", "98", "--owner", "a"]).code(0);
                }
                let ran = killed_at(&world, call, nth, &[command, "98", "--owner", "a"]);
                let ended = ran.exit_code().is_some();
                kills += u32::from(!ended);
                // A reader takes it as it is; the next change mends it.
                let found = owner(&world);
                assert!(found == "a" || found == Value::Null, "{what}: {found}");
                let other = world.run(&["claim", "98", "--owner", "b"]);
                other.code(i32::from(found == "a"));
                lock_is_right(&world, &what);
                let holder = if found == "a" { "a" } else { "b" };
                world.run(&["release", "98", "--owner", holder]).code(0);
                lock_is_right(&world, &what);
                if ended {
                    ran.code(0);
                    break;
                }
            }
        }
    }
    assert!(kills > 40, "only {kills} runs were killed");
}
