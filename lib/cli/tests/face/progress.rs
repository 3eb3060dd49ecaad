//! Signs of life: on a terminal only, and only for work that lasts.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::face;

/// A terminal: what the tool writes to, and what a person sees.
fn terminal() -> (OwnedFd, File) {
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&screen).unwrap();
    unlockpt(&screen).unwrap();
    let name = ptsname(&screen, Vec::new()).unwrap();
    let keyboard = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    (keyboard.into(), File::from(screen))
}

fn work(stderr: Stdio) -> Child {
    let mut command = Command::new(face());
    command.arg("--work").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
    #[expect(clippy::disallowed_methods, reason = "a terminal cannot be given to repo::Program")]
    command.spawn().unwrap()
}

/// Everything until `needle` shows, or until the terminal is closed.
fn read_until(screen: &mut File, needle: &str) -> String {
    let mut seen = String::new();
    let mut buffer = [0; 1024];
    while !seen.contains(needle) {
        match screen.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => seen.push_str(&String::from_utf8_lossy(&buffer[..read])),
        }
    }
    seen
}

#[test]
fn work_that_lasts_shows_on_a_terminal() {
    let (tool_side, mut screen) = terminal();
    let mut child = work(tool_side.into());
    let seen = read_until(&mut screen, "thinking");
    assert!(seen.contains("thinking"), "{seen:?}");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn short_work_shows_nothing() {
    let (tool_side, mut screen) = terminal();
    let mut child = work(tool_side.into());
    drop(child.stdin.take());
    assert_eq!(read_until(&mut screen, "thinking"), "");
    assert!(child.wait().unwrap().success());
}

/// The second process begins later and has shown its sign of life, so the first has had the time.
#[test]
fn nothing_shows_where_stderr_is_no_terminal() {
    let mut piped = work(Stdio::piped());
    let (tool_side, mut screen) = terminal();
    let mut shown = work(tool_side.into());
    assert!(read_until(&mut screen, "thinking").contains("thinking"));
    drop(piped.stdin.take());
    drop(shown.stdin.take());
    let ended = piped.wait_with_output().unwrap();
    assert!(ended.stderr.is_empty() && ended.status.success());
    assert!(shown.wait().unwrap().success());
}
