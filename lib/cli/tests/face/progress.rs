//! Signs of life: on a terminal only, and only for work that lasts.

use std::process::{Child, Command, Stdio};

use testkit::Terminal;

use crate::face;

const COLUMNS: u16 = 80;

fn work() -> Command {
    let mut command = Command::new(face());
    command.arg("--work").stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// The same with what it says on stderr at a terminal.
fn shown() -> (Child, Terminal) {
    let mut terminal = Terminal::of_columns(COLUMNS);
    let mut command = work();
    command.stderr(terminal.for_tool());
    (terminal.start(command), terminal)
}

#[test]
fn work_that_lasts_shows_on_a_terminal() {
    let (mut child, mut terminal) = shown();
    let seen = terminal.read_until("thinking");
    assert!(seen.contains("thinking"), "{seen:?}");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn short_work_shows_nothing() {
    let (mut child, mut terminal) = shown();
    drop(child.stdin.take());
    assert_eq!(terminal.read_until("thinking"), "");
    assert!(child.wait().unwrap().success());
}

/// The second process begins later and has shown its sign of life, so the first has had the time.
#[test]
fn nothing_shows_where_stderr_is_no_terminal() {
    let mut command = work();
    command.stderr(Stdio::piped());
    #[expect(clippy::disallowed_methods, reason = "what it does beside the one at a terminal")]
    let mut piped = command.spawn().unwrap();
    let (mut shown, mut terminal) = shown();
    assert!(terminal.read_until("thinking").contains("thinking"));
    drop(piped.stdin.take());
    drop(shown.stdin.take());
    let ended = piped.wait_with_output().unwrap();
    assert!(ended.stderr.is_empty() && ended.status.success());
    assert!(shown.wait().unwrap().success());
}
