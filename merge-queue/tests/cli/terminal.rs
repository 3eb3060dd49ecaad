//! What a person at a terminal sees while a command runs.

use std::fs::File;
use std::process::{Command, Stdio};

use testkit::Terminal;

use crate::project::Project;

#[test]
fn the_output_of_a_command_shows_as_it_comes_and_its_end_is_recorded() {
    let project = Project::new();
    let gate = project.scratch.path("gate");
    testkit::Tool::program("mkfifo").arg(&gate).run().code(0);
    let mut terminal = Terminal::of_columns(80);

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
        .stderr(terminal.for_tool());
    let child = terminal.start(command);
    // The command still waits at the gate.
    let seen = terminal.read_until("before");
    assert!(seen.contains("before") && !seen.contains("after"), "{seen:?}");
    let mut opened = File::options().write(true).open(&gate).unwrap();
    std::io::Write::write_all(&mut opened, b"go\n").unwrap();
    drop(opened);
    assert!(terminal.read_until("after").contains("after"));
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    // It is not shown a second time.
    let page = String::from_utf8(ended.stdout).unwrap();
    assert!(page.contains("fail") && !page.contains("before\n"), "{page}");
    let event = project.events().pop().unwrap();
    assert_eq!(event["evidence"]["output_tail"], "before\nafter\n");
}
