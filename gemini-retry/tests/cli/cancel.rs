//! Each signal that asks to stop, at each point of a run: it ends while the service still hangs,
//! prints no answer, and is in the audit log as a call that failed.

use std::net::{Ipv4Addr, TcpListener};

use gemini_stub::{Response, Rule};
use testkit::Running;

use crate::world::{World, approval, failed, script};

/// A way to ask a process to stop.
type Signal = fn(&Running);
/// With the exit code, which is 128 and the signal's number.
const SIGNALS: [(Signal, i32); 3] =
    [(Running::hang_up, 129), (Running::interrupt, 130), (Running::terminate, 143)];

fn all(response: &Response) -> World {
    World::new(script().rule(Rule::new("*", "*").respond(response.clone())))
}

/// Sends each signal once the run is where `reach` waits for it to be.
#[track_caller]
fn stops(response: &Response, reach: impl Fn(&World, &Running)) {
    for (signal, code) in SIGNALS {
        let world = all(response);
        let running = world.start(&["--node", "review_lld"]);
        reach(&world, &running);
        signal(&running);
        is_cancelled(&world, running, code);
    }
}

#[track_caller]
fn is_cancelled(world: &World, running: Running, code: i32) {
    let ran = world.wait(running);
    let line = failed(&ran, code, "cancelled");
    assert_eq!((&line["result"], &line["attempts"]), (&"cancelled".into(), &1.into()), "{ran}");
    assert_eq!(world.events_called("CANCELLED").len(), 1, "{ran}");
    let entries = world.entries();
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(entry["id"], line["audit_id"]);
    assert_eq!(entry["outcome"], "failed");
    assert_eq!(entry["failure_class"], "cancelled");
    assert!(entry["verdict"].is_null(), "{entry}");
}

#[test]
fn while_it_waits() {
    stops(&Response::fixture("E08"), |world, running| {
        let logs = world.scratch.path("home/.assemblyzero/gemini-retry/logs");
        // The wait is in the log before it begins.
        while !logs.exists() || world.try_events_called("WAIT").is_empty() {
            assert!(!running.has_ended());
            std::thread::yield_now();
        }
    });
}

#[test]
fn while_it_connects() {
    for (signal, code) in SIGNALS {
        let world = all(&approval());
        // It takes connections and says nothing: encryption is never agreed on.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let running = world.start(&["--base-url", &url]);
        let held = listener.accept().unwrap();
        signal(&running);
        is_cancelled(&world, running, code);
        drop(held);
    }
}

#[test]
fn while_the_service_is_silent() {
    stops(&Response::hang(), |world, _| world.stub.wait_for_calls(1));
}

#[test]
fn while_the_answer_drips() {
    stops(&approval().drip_ms_per_byte(600_000), |world, _| world.stub.wait_for_calls(1));
}
