//! What a person at a terminal sees while a command runs.

use std::fs::File;
use std::io::Read as _;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::project::Project;

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
fn the_output_of_a_command_shows_as_it_comes_and_its_end_is_recorded() {
    let project = Project::new();
    let gate = project.scratch.path("gate");
    testkit::Tool::program("mkfifo").arg(&gate).run().code(0);
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&screen).unwrap();
    unlockpt(&screen).unwrap();
    let name = ptsname(&screen, Vec::new()).unwrap();
    let terminal = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let mut screen = File::from(screen);

    let script = format!("echo before; read go < '{}'; echo after >&2; exit 3", gate.display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_merge-queue"));
    command
        .args(["--actor", "lead", "--format", "table", "evidence", "98", "--lane"])
        .arg(project.lane.path())
        .args(["--", "sh", "-c", &script])
        .current_dir(project.main.path())
        .env("HOME", project.scratch.home())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(terminal);
    #[expect(clippy::disallowed_methods, reason = "a terminal cannot be given to repo::Program")]
    let child = command.spawn().unwrap();
    drop(command);
    // The command still waits at the gate.
    let seen = read_until(&mut screen, "before");
    assert!(seen.contains("before") && !seen.contains("after"), "{seen:?}");
    let mut opened = File::options().write(true).open(&gate).unwrap();
    std::io::Write::write_all(&mut opened, b"go\n").unwrap();
    drop(opened);
    assert!(read_until(&mut screen, "after").contains("after"));
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    // It is not shown a second time.
    let page = String::from_utf8(ended.stdout).unwrap();
    assert!(page.contains("fail") && !page.contains("before\n"), "{page}");
    let event = project.events().pop().unwrap();
    assert_eq!(event["evidence"]["output_tail"], "before\nafter\n");
}
