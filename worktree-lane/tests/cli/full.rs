//! File systems without room, mounted in a namespace of their own.

use testkit::{Ran, Tool};

use crate::support::{World, codes};

/// How a script says that it may not mount anything.
pub(crate) const NOT_PERMITTED: i32 = 77;

/// Runs a script in the main worktree that may mount things; it ends with 77 when it may not. `$LANE`
/// is the tool, `$DISK` a folder. `None` where the system permits no namespaces: the test is left out,
/// and says so.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
pub(crate) fn with_mounts(world: &World, script: &str) -> Option<Ran> {
    let disk = world.scratch.path("disk");
    std::fs::create_dir_all(&disk).unwrap();
    let namespace = "exec unshare --user --map-root-user --mount sh -euc \"$0\"";
    let ran = Tool::program("sh")
        .args(["-c", namespace, script])
        .dir(world.repo.path())
        .env("DISK", disk.to_str().unwrap())
        .env("LANE", env!("CARGO_BIN_EXE_worktree-lane"))
        .run();
    let forbidden = ran.err().contains("unshare: ") || ran.exit_code() == Some(127);
    if ran.exit_code() == Some(NOT_PERMITTED) || forbidden {
        eprintln!("left out: this system permits no namespaces with mounts of their own");
        return None;
    }
    Some(ran)
}

/// Runs `add 98` onto a file system that was mounted with `options`.
fn add_onto(world: &World, options: &str) -> Option<Ran> {
    let script = format!(
        "mount -t tmpfs -o {options} none \"$DISK\" || exit {NOT_PERMITTED}\nset +e\n\
         \"$LANE\" add 98 x --format json; code=$?\n\
         test \"$(ls \"$DISK\")\" = '' && exit $code\nls \"$DISK\" >&2; exit 99"
    );
    with_mounts(world, &script)
}

fn project() -> World {
    let world = World::new();
    for n in 0..100 {
        world.repo.write(format!("data/{n}"), format!("{n}\n").repeat(4000));
    }
    let disk = world.scratch.path("disk");
    let config = format!(
        "lanes:\n  default: full\n  layouts:\n    full: {{path: '{}/{{id}}', branch: '{{id}}-{{slug}}'}}\n",
        disk.display()
    );
    world.repo.write("switchyard.yaml", config);
    world.repo.commit_all("Files");
    world.repo.git(["push", "--quiet"]);
    world
}

#[test]
fn no_room_is_known_before_anything_is_written() {
    let world = project();
    for (options, word) in [("size=200k", "bytes"), ("size=100m,nr_inodes=40", "inodes")] {
        let Some(ran) = add_onto(&world, options) else { return };
        let refused = ran.code(1).json();
        assert_eq!(codes(&refused), ["no_space"]);
        assert!(refused["reasons"][0]["message"].as_str().unwrap().contains(word), "{refused}");
        assert_eq!(world.repo.git(["worktree", "list"]).lines().count(), 1);
        assert!(world.events("98").is_empty());
    }
    assert_eq!(world.branches(), ["main"]);
}

#[test]
fn a_checkout_that_finds_no_room_is_undone() {
    let world = project();
    // What this checkout has says nothing about what the base has.
    world.repo.write("huge", "0123456789".repeat(200_000));
    world.repo.commit_all("A large file");
    world.repo.git(["push", "--quiet"]);
    world.repo.git(["reset", "--quiet", "--hard", "HEAD~1"]);
    let Some(ran) = add_onto(&world, "size=2600k") else { return };
    ran.code(74).stderr_has("unable to write file").stderr_has("nothing was left behind");
    assert_eq!(world.branches(), ["main"]);
    assert_eq!(world.repo.git(["worktree", "list"]).lines().count(), 1);
    assert_eq!(world.events("98"), ["adding", "add_failed"]);
}
