//! What a person at a terminal sees, and what nobody may see there.

use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gemini_stub::{Response, Rule};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde_json::json;
use testkit::Terminal;

use crate::world::{OTHER, World, approval, script};

/// Far longer than any step takes: a test that hangs must end.
const LIMIT: Duration = Duration::from_mins(5);

/// The tool without any of the environment of whoever runs the tests.
fn tool(world: &World, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gemini-retry"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", world.scratch.home())
        .env("TERM", "xterm")
        .env("TZ", "UTC")
        .env("GOOGLE_GEMINI_BASE_URL", world.stub.base_url())
        .current_dir(world.repo.path())
        .args(words);
    command
}

fn shows_what_is_typed(screen: &File) -> bool {
    tcgetattr(screen).unwrap().local_modes.contains(LocalModes::ECHO)
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LIMIT, "never came: {what}");
        std::thread::yield_now();
    }
}

/// A shell that takes the terminal back after Ctrl-Z leaves it showing everything; a program that
/// goes on (`fg`) must hide again what is typed.
#[test]
fn a_key_that_is_typed_is_never_shown_not_even_after_a_pause() {
    let world = World::new(script());
    let mut terminal = Terminal::of_columns(100);
    let mut command = tool(&world, &["keys", "add", "gamma", "--format", "json"]);
    command.stdin(terminal.for_tool()).stdout(Stdio::piped()).stderr(terminal.for_tool());
    let child = terminal.start(command);
    let asked = terminal.read_until("not shown");
    assert!(asked.contains("the key, which is not shown:"), "{asked:?}");
    wait_until("the echo is off", || !shows_what_is_typed(&terminal.screen));

    let mut shell = tcgetattr(&terminal.screen).unwrap();
    shell.local_modes.insert(LocalModes::ECHO);
    tcsetattr(&terminal.screen, OptionalActions::Now, &shell).unwrap();
    kill_process(Pid::from_child(&child), Signal::CONT).unwrap();
    wait_until("the echo is off again", || !shows_what_is_typed(&terminal.screen));

    terminal.screen.write_all(format!("{OTHER}\n").as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success());
    assert!(String::from_utf8(ended.stdout).unwrap().contains("\"added\""));
    assert!(shows_what_is_typed(&terminal.screen), "the echo is on as before");
    let seen = terminal.read_until("no such text: all of it");
    assert!(!seen.contains("AQ.Another"), "{seen:?}");
    assert!(world.scratch.read("home/.assemblyzero/gemini-credentials.json").contains(OTHER));
}

/// Ctrl-C gives the terminal back as it was.
#[test]
fn an_interrupted_question_for_a_key_leaves_a_terminal_that_shows() {
    let world = World::new(script());
    let mut terminal = Terminal::of_columns(100);
    let mut command = tool(&world, &["keys", "add", "gamma"]);
    command.stdin(terminal.for_tool()).stdout(Stdio::piped()).stderr(terminal.for_tool());
    let mut child = terminal.start(command);
    terminal.read_until("not shown");
    wait_until("the echo is off", || !shows_what_is_typed(&terminal.screen));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(shows_what_is_typed(&terminal.screen));
}

/// Results and progress share a screen: results stay, progress stands below them and goes.
#[test]
fn a_batch_shows_results_for_people_and_how_far_it_is() {
    let world = World::new(
        script()
            .rule(Rule::new("*", "slow").respond(Response::hang()))
            .rule(Rule::new("*", "*").respond(approval())),
    );
    let mut terminal = Terminal::of_columns(100);
    let requests = [
        json!({"id": "first", "prompt": "Review this."}),
        json!({"id": "second", "prompt": "Review that."}),
        json!({"id": "third", "prompt": "Review it all.", "model": "slow"}),
    ];
    let path = world.scratch.write("requests", requests.map(|line| format!("{line}\n")).concat());
    let mut command = tool(&world, &["batch", "--jobs", "1"]);
    command
        .stdin(File::open(path).unwrap())
        .stdout(terminal.for_tool())
        .stderr(terminal.for_tool());
    let mut child = terminal.start(command);
    let seen = terminal.read_until("2/… done, 0 failed, 1 in flight");
    assert!(seen.contains("2/… done, 0 failed, 1 in flight"), "{seen:?}");
    for id in ["first", "second"] {
        assert!(seen.contains(&format!("{id}: APPROVED")), "{seen:?}");
    }
    assert!(seen.contains("Sound, and small enough."), "{seen:?}");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let rest = terminal.read_until("stopped by signal 2; 2 requests are answered");
    let (before, told) = rest.rsplit_once("gemini-retry: ").unwrap();
    assert!(told.starts_with("stopped by signal 2"), "{rest:?}");
    assert!(before.contains("\u{1b}[2K"), "the progress is taken away: {rest:?}");
    child.wait().unwrap();
}
