//! Whatever happens to the files around a call: an answer that was paid for is printed.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use gemini_stub::Rule;
use serde_json::json;
use testkit::Ran;

use crate::world::{MODEL, World, approval, script};

fn world() -> World {
    World::new(script().rule(Rule::new("*", "*").respond(approval())))
}

fn state_dir(world: &World) -> PathBuf {
    world.scratch.path("home/.assemblyzero/gemini-retry")
}

#[track_caller]
fn answers(ran: &Ran, warning: &str) {
    ran.code(0).stderr_has(warning);
    let envelope = ran.json();
    assert_eq!(envelope["verdict"], "APPROVED", "{ran}");
    assert!(ran.err().lines().all(|line| line.starts_with("gemini-retry: ")), "{ran}");
}

#[test]
fn a_state_that_is_something_else_is_reported() {
    for name in ["state.json", "state.lock", "in-flight.json"] {
        let world = world();
        fs::create_dir_all(state_dir(&world).join(name).join("in the way")).unwrap();
        answers(&world.ask(), "the shared state is not used");
        assert_eq!(world.entries().len(), 1, "{name}");
    }
    let world = world();
    world.scratch.write("home/.assemblyzero/gemini-retry/logs", "in the way");
    answers(&world.ask(), "no log of this run");
}

#[test]
fn a_folder_in_which_nothing_can_be_made_is_reported() {
    // Not even the superuser makes files there.
    for dir in ["/proc", "/proc/not-there", "/dev/null/x"] {
        let ran = world().ask_with(&["--state-dir", dir]);
        answers(&ran, "the shared state is not used");
        ran.stderr_has("no log of this run");
    }
}

#[test]
fn a_disk_without_room_is_reported() {
    let world = world();
    world.ask().code(0);
    let script = format!(
        "trap '' XFSZ; ulimit -f 0; exec {} --no-audit -p 'Review this.'",
        env!("CARGO_BIN_EXE_gemini-retry")
    );
    let ran = testkit::Tool::program("bash")
        .args(["-c", &script])
        .dir(world.repo.path())
        .home(world.scratch.home())
        .env("GOOGLE_GEMINI_BASE_URL", world.stub.base_url())
        .run();
    answers(&ran, "the log of this run ends early");
    ran.stderr_has("the shared state is not used");
    // What was there is as it was.
    world.ask().code(0).stderr_is("");
}

/// Runs the tool against a service that does something between the request and the answer.
fn ask_and_meanwhile(world: &World, meanwhile: impl FnOnce()) -> Ran {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let running = world.start(&["--base-url", &url, "--node", "review_lld"]);
    let (stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(&stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    meanwhile();
    let text = json!({"verdict": "APPROVED", "critique": "Sound."}).to_string();
    let body = json!({
        "candidates": [{"finishReason": "STOP", "content": {"parts": [{"text": text}]}}],
        "modelVersion": MODEL,
    });
    let body = body.to_string();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    (&stream).write_all((head + &body).as_bytes()).unwrap();
    world.wait(running)
}

#[test]
fn a_state_that_goes_during_the_call_is_reported() {
    let world = world();
    let ran = ask_and_meanwhile(&world, || {
        fs::remove_dir_all(state_dir(&world)).unwrap();
        world.scratch.write("home/.assemblyzero/gemini-retry", "in the way");
    });
    answers(&ran, "the shared state is not used");
    assert_eq!(world.entries()[0]["id"], ran.json()["audit_id"]);
}

#[test]
fn an_audit_log_that_goes_during_the_call_costs_the_proof_and_not_the_answer() {
    let world = world();
    let logs = world.repo.file("logs");
    let ran = ask_and_meanwhile(&world, || {
        fs::remove_dir_all(&logs).unwrap();
        world.repo.write("logs", "in the way");
    });
    ran.stderr_has("the audit entry of this call is missing");
    assert_eq!(ran.exit_code(), Some(74), "{ran}");
    let envelope = ran.json();
    assert_eq!(envelope["verdict"], "APPROVED");
    assert!(envelope["audit_id"].is_null(), "a gate sees that there is no proof");
}
