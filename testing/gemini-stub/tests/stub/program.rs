//! The program around the library.

use testkit::{Running, Scratch, Tool};

const SCRIPT: &str = r#"{"keys":{"alpha":"A"},"rules":[
  {"key":"alpha","model":"*","responses":[{"fixture":"E26"}]}]}"#;

fn tool(scratch: &Scratch) -> Tool {
    Tool::new("gemini-stub").arg("--script").arg(scratch.write("script.json", SCRIPT))
}

/// Starts it without a command and returns what the ready line says.
fn started(scratch: &Scratch) -> (Running, serde_json::Value) {
    let mut running = tool(scratch).stdin_open().spawn();
    let line = running.next_line().unwrap();
    (running, serde_json::from_str(&line).unwrap())
}

fn get(port: &serde_json::Value) -> String {
    use std::io::{Read as _, Write as _};
    let port = u16::try_from(port.as_u64().unwrap()).unwrap();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET /nothing HTTP/1.0\r\n\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_says_when_it_is_ready_and_serves_until_stdin_closes() {
    let scratch = Scratch::new();
    let (mut running, ready) = started(&scratch);
    assert_eq!(ready["schema"], "gemini-stub.ready/1");
    assert_eq!(ready["base_url"], format!("http://127.0.0.1:{}", ready["port"]));
    assert_eq!(ready["pid"], running.pid());
    assert!(get(&ready["port"]).starts_with("HTTP/1.1 404 "));
    running.close_stdin();
    running.wait().code(0).stderr_is("");
}

#[test]
fn it_serves_until_sigterm() {
    let scratch = Scratch::new();
    let (mut running, ready) = started(&scratch);
    assert!(get(&ready["port"]).starts_with("HTTP/1.1 404 "));
    running.terminate();
    while running.next_line().is_some() {}
    running.wait().code(0).stderr_is("");
}

#[test]
fn a_command_runs_against_it_and_its_code_is_passed_on() {
    let scratch = Scratch::new();
    let port_file = scratch.path("port");
    let show = format!("echo $GOOGLE_GEMINI_BASE_URL; cat {}; exit 7", port_file.display());
    let ran =
        tool(&scratch).arg("--port-file").arg(&port_file).args(["--", "sh", "-c", &show]).run();
    ran.code(7).stderr_is("");
    let lines: Vec<&str> = ran.out().lines().collect();
    assert_eq!(
        lines[0],
        format!("http://127.0.0.1:{}", lines[1]),
        "only the command writes to stdout"
    );
}

#[test]
fn a_command_ended_by_a_signal_gives_128_and_the_number() {
    let scratch = Scratch::new();
    tool(&scratch).args(["--", "sh", "-c", "kill -KILL $$"]).run().code(137);
}

#[test]
fn sigterm_is_passed_on_to_the_command() {
    let scratch = Scratch::new();
    let wait = "sleep 600 >&- 2>&- & trap \"kill $!; echo told; exit 3\" TERM; echo up; wait";
    let mut running = tool(&scratch).args(["--", "sh", "-c", wait]).spawn();
    running.wait_for_line("up");
    running.terminate();
    running.wait_for_line("told");
    running.wait().code(3);
}

#[test]
fn the_log_names_the_credential() {
    let scratch = Scratch::new();
    let log = scratch.path("log.jsonl");
    let (mut running, ready) = {
        let mut running = tool(&scratch).arg("--log").arg(&log).stdin_open().spawn();
        let line = running.next_line().unwrap();
        (running, serde_json::from_str::<serde_json::Value>(&line).unwrap())
    };
    get(&ready["port"]);
    running.close_stdin();
    running.wait().code(0);
    let line: serde_json::Value =
        serde_json::from_str(scratch.read("log.jsonl").trim_end()).unwrap();
    assert_eq!(
        (&line["schema"], &line["given"]),
        (&"gemini-stub.request/1".into(), &"not-found".into())
    );
}

#[test]
fn a_bad_script_is_one_line_and_code_2() {
    let scratch = Scratch::new();
    for (text, expected) in [
        ("{\"rules\":\n 7}", "line 2"),
        ("{\"keys\":{\"a\":\"\"}}", "keys.a: "),
        ("", "EOF"),
        ("\u{0}\u{1}", "line 1"),
    ] {
        let path = scratch.write("bad.json", text);
        let ran = Tool::new("gemini-stub").arg("--script").arg(&path).run();
        ran.code(2).stdout_is("").stderr_has(expected);
        ran.stderr_has(&format!("gemini-stub: {}: ", path.display()));
        assert_eq!(ran.err().lines().count(), 1, "{}", ran.err());
    }
    let missing = scratch.path("missing.json");
    let ran = Tool::new("gemini-stub").arg("--script").arg(&missing).run();
    ran.code(2).stderr_has(&format!("gemini-stub: {}: cannot be read", missing.display()));
    Tool::new("gemini-stub").run().code(2).stdout_is("").stderr_has("--script");
}

#[test]
fn what_the_world_refuses_is_code_74() {
    let scratch = Scratch::new();
    tool(&scratch)
        .args(["--", "/nonexistent/program"])
        .run()
        .code(74)
        .stderr_has("cannot be started");
    tool(&scratch)
        .args(["--log", "/nonexistent/log"])
        .run()
        .code(74)
        .stderr_has("/nonexistent/log");
    let nowhere = tool(&scratch).args(["--port-file", "/nonexistent/port"]).run();
    nowhere.code(74).stderr_has("/nonexistent/port");
    let (running, ready) = started(&scratch);
    let taken = tool(&scratch).args(["--port", &ready["port"].to_string()]).run();
    taken.code(74).stdout_is("").stderr_has("cannot listen");
    drop(running);
}

#[test]
fn a_log_that_cannot_be_written_is_code_74() {
    let scratch = Scratch::new();
    let mut running = tool(&scratch).args(["--log", "/dev/full"]).stdin_open().spawn();
    let ready: serde_json::Value = serde_json::from_str(&running.next_line().unwrap()).unwrap();
    get(&ready["port"]);
    running.close_stdin();
    running.wait().code(74).stderr_has("the log could not be written");
}
