//! A child that is talked to while it runs.

use testkit::Tool;

use crate::panic_of;

fn sh(script: &str) -> Tool {
    Tool::program("sh").args(["-c", script])
}

#[test]
fn lines_come_one_by_one_and_stay_part_of_the_output() {
    let mut running = Tool::program("cat").stdin_open().spawn();
    for line in ["one", "two"] {
        running.write_stdin(format!("{line}\n"));
        assert_eq!(running.next_line().as_deref(), Some(line));
    }
    assert!(!running.has_ended());
    running.write_stdin("no line end");
    running.close_stdin();
    assert_eq!(running.next_line().as_deref(), Some("no line end"));
    assert_eq!(running.next_line(), None);
    running.wait().code(0).stdout_is("one\ntwo\nno line end");
}

#[test]
fn a_line_is_waited_for_in_either_stream() {
    let mut running = sh("echo a; echo the needle; echo c; echo x >&2; echo why >&2").spawn();
    assert_eq!(running.wait_for_line("needle"), "the needle");
    assert_eq!(running.wait_for_stderr("wh"), "why");
    running.wait().code(0).stdout_is("a\nthe needle\nc\n").stderr_is("x\nwhy\n");
    let message = panic_of(|| sh("echo a; echo b >&2").spawn().wait_for_line("needle"));
    assert!(message.contains("without a line containing \"needle\""), "{message}");
}

#[test]
fn sigterm_reaches_the_process() {
    let mut running = sh("trap 'echo told; exit 5' TERM; echo up; read line").stdin_open().spawn();
    running.wait_for_line("up");
    running.terminate();
    running.close_stdin();
    running.wait().code(5).stdout_has("told");
}

#[test]
fn a_kill_takes_the_whole_group() {
    let limit = std::time::Duration::from_secs(20);
    let mut running = sh("sleep 600 & echo up; wait").limit(limit).spawn();
    running.wait_for_line("up");
    running.kill();
    // This ends only because nobody holds the output any more.
    running.wait().killed_by(9);
}

#[test]
fn killed_alone_it_leaves_its_children() {
    let mut running = sh("sleep 600 >&- 2>&- & echo $!; wait").spawn();
    let child = running.next_line().unwrap();
    running.kill_alone();
    running.wait().killed_by(9);
    sh(&format!("kill -KILL {child}")).run().code(0);
}

#[test]
fn dropping_it_kills_it() {
    let mut running = sh("echo $$; exec sleep 600").spawn();
    let pid = running.next_line().unwrap();
    assert_eq!(pid, running.pid().to_string());
    drop(running);
    sh(&format!("kill -0 {pid}")).run().code(1).stderr_has("No such process");
}

#[test]
fn a_paused_process_goes_on_when_resumed() {
    let mut running = Tool::program("cat").stdin_open().spawn();
    running.pause();
    running.write_stdin("x\n");
    running.resume();
    assert_eq!(running.next_line().as_deref(), Some("x"));
    running.wait().code(0);
}

#[test]
fn an_ended_process_can_still_be_signalled() {
    let mut running = sh("exit 4").spawn();
    assert_eq!(running.next_line(), None);
    while !running.has_ended() {
        std::thread::yield_now();
    }
    running.terminate();
    running.kill();
    running.wait().code(4);
}
