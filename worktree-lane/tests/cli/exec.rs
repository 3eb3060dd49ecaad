//! `exec` and `add --exec`: the command is this process, in the lane and nowhere else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use testkit::{Terminal, Tool};

use crate::support::{World, codes, git, write};

/// The environment that a command in lane 98 sees.
fn environment(tool: Tool) -> BTreeMap<String, String> {
    let ran = tool.run();
    let text = String::from_utf8_lossy(&ran.code(0).stdout).into_owned();
    text.split('\0')
        .filter_map(|line| line.split_once('='))
        .map(|(k, v)| (k.into(), v.into()))
        .collect()
}

const ENV: [&str; 5] = ["exec", "98", "--", "env", "-0"];

#[test]
fn the_environment_is_the_callers_but_for_what_keeps_lanes_apart() {
    let world = World::new();
    let lane = world.lane_98();
    let secrets = [("GEMINI_API_KEY", "k"), ("MY_TOKEN", "t")];
    let with = |tool: Tool| {
        let tool = secrets.iter().fold(tool, |tool, (name, value)| tool.env(name, value));
        tool.env("LANE_ROLE", "of the lane that calls").env("PORT", "1").env("OLDPWD", "/")
    };
    let home = world.scratch.home();
    let here = with(Tool::program("env").arg("-0").dir(world.repo.path())).home(&home);
    let before = environment(here);
    let after = environment(with(world.tool(&ENV)).home(&home));
    let path = lane.to_str().unwrap();
    let target = format!("{path}/target");
    let around = lane.parent().unwrap().to_str().unwrap();
    let ours = [
        ("LANE_ID", "98"),
        ("LANE_PATH", path),
        ("LANE_BRANCH", "98-crud"),
        ("LANE_BASE", "origin/main"),
        ("CARGO_TARGET_DIR", &target),
        ("CARGO_BUILD_BUILD_DIR", &target),
        ("PORT", "20000"),
        ("PWD", path),
        ("GIT_CEILING_DIRECTORIES", around),
        ("GIT_CONFIG_COUNT", "2"),
        ("GIT_CONFIG_KEY_0", "gc.auto"),
        ("GIT_CONFIG_VALUE_0", "0"),
        ("GIT_CONFIG_KEY_1", "maintenance.auto"),
        ("GIT_CONFIG_VALUE_1", "false"),
    ];
    let mut expected = before;
    for gone in ["LANE_ROLE", "OLDPWD"] {
        expected.remove(gone);
    }
    expected.extend(ours.map(|(name, value)| (name.to_owned(), value.to_owned())));
    expected.remove("_");
    let mut after = after;
    after.remove("_");
    assert_eq!(after, expected);
}

#[test]
fn none_of_gits_local_variables_reaches_the_command() {
    let world = World::new();
    world.lane_98();
    let local = git(world.repo.path(), &["rev-parse", "--local-env-vars"]);
    let mut tool = world.tool(&ENV);
    for name in local.lines().filter(|name| *name != "GIT_CONFIG_COUNT") {
        // The values are harmless to this tool's own git, which is not given them either.
        tool = tool.env(name, "/nowhere");
    }
    let after = environment(tool);
    for name in local.lines().filter(|name| *name != "GIT_CONFIG_COUNT") {
        assert!(!after.contains_key(name), "{name}");
    }
}

#[test]
fn settings_of_git_that_are_there_stay_and_ours_come_after() {
    let world = World::new();
    world.lane_98();
    let with = |tool: Tool| {
        let tool = tool.env("GIT_CONFIG_COUNT", "2");
        let tool = tool.env("GIT_CONFIG_KEY_0", "user.nick").env("GIT_CONFIG_VALUE_0", "me");
        tool.env("GIT_CONFIG_KEY_1", "gc.auto").env("GIT_CONFIG_VALUE_1", "77")
    };
    let get = |key: &str| {
        with(world.tool(&["exec", "98", "--", "git", "config", "get", key]))
            .run()
            .code(0)
            .out()
            .trim()
            .to_owned()
    };
    assert_eq!([get("user.nick"), get("gc.auto")], ["me", "0"]);
    let bad = world.tool(&ENV).env("GIT_CONFIG_COUNT", "many").run();
    bad.code(2).stdout_is("").stderr_has("GIT_CONFIG_COUNT");
}

#[test]
fn this_process_becomes_the_command() {
    let world = World::new();
    let lane = world.lane_98();
    let running = world.tool(&["exec", "98", "--", "sh", "-c", "echo $$; pwd; exit 65"]).spawn();
    let pid = running.pid();
    running.wait().code(65).stdout_is(&format!("{pid}\n{}\n", lane.display()));
    // Words are passed as they are, and stdin too.
    let odd = ["exec", "98", "--", "printf", "%s|", "a b", "$HOME", "", "*", "--owner", "é\n"];
    world.run(&odd).code(0).stdout_is("a b|$HOME||*|--owner|é\n|");
    world
        .tool(&["exec", "98", "--", "cat"])
        .stdin("in\0\u{ff}")
        .run()
        .code(0)
        .stdout_is("in\0\u{ff}");
    // A signal that ends it is seen by who waits for it; a pause pauses it.
    let running = world.tool(&["exec", "98", "--", "sh", "-c", "echo ready; cat"]).stdin_open();
    let mut running = running.spawn();
    running.wait_for_line("ready");
    running.pause();
    running.resume();
    // Not SIGINT: where the tests run in the background of a shell, that one is ignored.
    running.terminate();
    assert_eq!(running.wait().exit_code(), None);
}

#[test]
fn statuses_of_a_shell_for_what_cannot_be_run() {
    let world = World::new();
    let lane = world.lane_98();
    write(&lane.join("plain"), "no program");
    let run = |command: &str| world.run(&["exec", "98", "--", command]);
    run("no-such-program").code(127).stdout_is("").stderr_has("no-such-program");
    run("./missing").code(127);
    run("./plain").code(126).stderr_has("cannot run ./plain");
    run("./src").code(126);
    world.scratch.program("bin/tool", "echo from PATH");
    let tool = world.tool(&["exec", "98", "--", "tool"]).path_first(world.scratch.path("bin"));
    tool.run().code(0).stdout_is("from PATH\n");
    world.run(&["exec", "98"]).code(2);
    world.run(&["exec", "98", "--"]).code(2);
}

#[test]
fn a_terminal_is_the_commands() {
    let world = World::new();
    world.lane_98();
    let script = "test -t 1 && test -t 2 && echo a terminal";
    let seen = Terminal::of_columns(80).run(&world.tool(&["exec", "98", "--", "sh", "-c", script]));
    assert_eq!(seen, "a terminal\n");
}

#[test]
fn no_lock_is_held_while_the_command_runs() {
    let world = World::new();
    world.lane_98();
    let running = world.tool(&["exec", "98", "--", "sh", "-c", "echo ready; cat"]).stdin_open();
    let mut running = running.spawn();
    running.wait_for_line("ready");
    let open = std::fs::read_dir(format!("/proc/{}/fd", running.pid())).unwrap();
    let open: Vec<PathBuf> =
        open.filter_map(|fd| std::fs::read_link(fd.unwrap().path()).ok()).collect();
    assert!(!open.iter().any(|file| file.starts_with(world.repo.path())), "{open:?}");
    world.run(&["claim", "98", "--owner", "a"]).code(0);
    running.wait().code(0);
}

#[test]
fn a_lane_that_lost_its_git_file_never_answers_for_the_main_worktree() {
    let world = World::new();
    world.run(&["add", "fix-login"]).code(0);
    let lane = world.repo.path().join(".worktrees/fix-login");
    // While the command runs.
    let script = "rm .git && mkdir -p deep && cd deep && git rev-parse --show-toplevel";
    let ran = world.run(&["exec", "fix-login", "--", "sh", "-c", script]);
    ran.code(128).stdout_is("").stderr_has("not a git repository");
    // And before it: nothing runs.
    let run = || world.run(&["exec", "fix-login", "--", "touch", "ran"]);
    run().code(1).stdout_is("").stderr_has("mismatch").stderr_has(".git file is gone");
    run().stderr_has("next: worktree-lane repair --dry-run fix-login");
    write(&lane.join(".git"), format!("gitdir: {}\n", world.repo.path().join(".git").display()));
    run().code(1).stderr_has("names another worktree");
    std::fs::remove_file(lane.join(".git")).unwrap();
    git(&lane, &["init", "--quiet"]);
    run().code(1).stderr_has("another repository is in its place");
    assert!(!lane.join("ran").exists());
    std::fs::remove_dir_all(&lane).unwrap();
    run().code(1).stderr_has("missing");
}

#[test]
fn a_colon_in_the_path_is_told() {
    let world = World::with("a:b/talos", testkit::Repo::options());
    world.run(&["add", "98", "crud"]).code(0);
    world.run(&["exec", "98", "--", "true"]).code(0).stderr_has("has a ':'");
}

#[test]
fn a_claimed_lane_is_its_owners() {
    let world = World::new();
    world.lane_98();
    let run = |owner: &[&str]| {
        let args = [&["exec", "98"], owner, &["--", "sh", "-c", "echo $LANE_OWNER"]].concat();
        world.run(&args)
    };
    run(&[]).code(0).stdout_is("\n");
    run(&["--owner", "a"]).code(1).stdout_is("").stderr_has("not_claimed");
    world.run(&["claim", "98", "--owner", "a"]).code(0);
    run(&["--owner", "a"]).code(0).stdout_is("a\n");
    run(&["--owner", "b"]).code(1).stdout_is("").stderr_has("claimed by 'a'");
    run(&[]).code(1).stderr_has("claimed");
    // Inside, the owner is known.
    let inner = "worktree-lane renew 98 && worktree-lane exec 98 -- true";
    let bin = Tool::binary("worktree-lane");
    let args = ["exec", "98", "--owner", "a", "--", "sh", "-c", inner];
    world.tool(&args).path_first(bin.parent().unwrap()).run().code(0);
}

#[test]
fn each_lane_has_a_port_while_it_is_there() {
    let world = World::new();
    let add = |id: &str| {
        world.run(&["add", id, "x", "--no-fetch"]).code(0);
    };
    let port = |id: &str| {
        let ran = world.run(&["exec", id, "--", "sh", "-c", "echo $PORT"]);
        ran.code(0).out().trim().to_owned()
    };
    for id in ["1", "2", "3"] {
        add(id);
    }
    // At once, and in any order.
    let ask = |id: &str| world.tool(&["exec", id, "--", "sh", "-c", "echo $PORT"]).spawn();
    let asked: Vec<_> = ["3", "1", "2", "1", "3", "2"].map(ask).into_iter().collect();
    let got: Vec<String> =
        asked.into_iter().map(|run| run.wait().code(0).out().to_owned()).collect();
    assert_eq!((&got[0], &got[1], &got[2]), (&got[4], &got[3], &got[5]));
    let mut all = vec![got[0].trim(), got[1].trim(), got[2].trim()];
    all.sort_unstable();
    assert_eq!(all, ["20000", "20100", "20200"]);
    let second = port("2");
    let gone = world.run(&["remove", "2"]).code(0).json();
    add("4");
    assert_eq!(port("4"), second, "the smallest free one");
    world.run(&["trash", "restore", gone["trash"].as_str().unwrap()]).code(0);
    assert_eq!(port("2"), "20300");
    assert_eq!(port("4"), second);
    world.repo.write("switchyard.yaml", "lanes:\n  ports: {base: 3000, step: 1}\n");
    assert_eq!(port("2"), "3003");
    world.repo.write("switchyard.yaml", "lanes:\n  ports: {base: 65535, step: 9}\n");
    world.run(&["exec", "2", "--", "true"]).code(2).stderr_has("beyond port 65535");
    write(&world.state("lanes.slots.json"), "{");
    world.run(&["exec", "2", "--", "true"]).code(65).stderr_has("lanes.slots.json");
}

#[test]
fn what_is_no_whole_lane_runs_nothing() {
    let world = World::new();
    let by_hand = world.beside("by-hand");
    git(world.repo.path(), &["worktree", "add", "-q", "-b", "mine", by_hand.to_str().unwrap()]);
    world.run(&["exec", "mine", "--", "touch", "ran"]).code(1).stderr_has("foreign");
    world.run(&["exec", "99", "--", "touch", "ran"]).code(1).stderr_has("unknown_lane");
    assert!(!Path::new(&by_hand).join("ran").exists());
}

#[test]
fn add_claims_the_lane_and_runs_a_line_of_shell_in_it() {
    let world = World::new();
    let shell = "echo \"$LANE_ID of $LANE_OWNER\" | tee said; exit 7";
    let args = ["add", "98", "crud", "--lock-as", "agent 1", "--ttl", "3h", "--exec", shell];
    let ran = world.run(&args);
    let out = ran.code(7).out().to_owned();
    let (answer, said) = out.split_once('\n').unwrap();
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
    assert_eq!(answer["owner"], "agent 1");
    assert_eq!(said, "98 of agent 1\n");
    let lane = world.beside("talos-98");
    assert!(lane.join("said").exists(), "the lane stays");
    assert_eq!(world.events("98"), ["adding", "added", "claimed"]);
    let list = world.repo.git(["worktree", "list", "--porcelain"]);
    assert!(list.contains("locked owner agent 1 until "), "{list}");
    let refused = world.run(&["claim", "98", "--owner", "b"]).code(1).json();
    assert_eq!(codes(&refused), ["claimed"]);
    // A lane that is not made runs nothing.
    let again = world.run(&["add", "98", "crud", "--exec", "echo ran > ran"]).code(1).json();
    assert_eq!(codes(&again)[0], "lane_exists");
    assert!(!lane.join("ran").exists());
    world.run(&["add", "99", "x", "--ttl", "1h"]).code(2).stderr_has("--lock-as");
    world.run(&["add", "99", "x", "--lock-as", "a\nb"]).code(2);
}
