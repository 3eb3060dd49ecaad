//! The command transport: every way in which a program ends, or does not.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::Running;

use crate::command::{GEMINI, VERDICT, plain, reply, stats, world};
use crate::world::{MODEL, OTHER, World, failed};

/// A grandchild that ignores every signal it can, holds the pipes, and writes its number down.
fn stubborn(world: &World) -> String {
    let pids = world.scratch.path("pids");
    format!(
        "trap '' TERM INT HUP; sh -c 'trap \"\" TERM INT HUP; echo $$ >> \"{0}\"; while :; do \
         tail -f /dev/null; done' &\necho $$ >> '{0}'",
        pids.display()
    )
}

/// Waits until the tool's program has written down so many numbers of processes.
#[track_caller]
fn pids(world: &World, count: usize, running: Option<&Running>) -> Vec<u32> {
    let path = world.scratch.path("pids");
    loop {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let pids: Vec<u32> =
            text.split_inclusive('\n').filter_map(|l| l.strip_suffix('\n')?.parse().ok()).collect();
        if pids.len() >= count {
            return pids;
        }
        assert!(running.is_some_and(|r| !r.has_ended()), "only {pids:?}");
        std::thread::yield_now();
    }
}

/// Nobody of these is left but the dead that nobody has collected. A killed process may need a moment
/// to die on a machine under load; one that was not killed never does.
#[track_caller]
fn all_gone(pids: &[u32]) {
    let begun = Instant::now();
    for pid in pids {
        while alive(*pid) {
            assert!(begun.elapsed() < Duration::from_mins(1), "{pid} lives");
            std::thread::yield_now();
        }
    }
}

fn no_folder_is_left(world: &World) {
    let folders = world.scratch.path("home/.assemblyzero/gemini-retry/asking");
    assert_eq!(Path::new(&folders).read_dir().unwrap().count(), 0);
}

#[test]
fn a_signal_ends_the_whole_tree() {
    for (name, code) in [("term", 143), ("int", 130)] {
        let world = world();
        world.program("agy", &format!("{}\nwhile :; do tail -f /dev/null; done", stubborn(&world)));
        let running = plain(&world).spawn();
        let pids = pids(&world, 2, Some(&running));
        if name == "term" {
            running.terminate();
        } else {
            running.interrupt();
        }
        let ran = world.wait(running);
        failed(&ran, code, "cancelled");
        all_gone(&pids);
        no_folder_is_left(&world);
        assert_eq!(world.entries()[0]["failure_class"], "cancelled");
    }
}

#[test]
fn a_second_signal_leaves_nobody_behind_either() {
    let world = world();
    world.program("agy", &format!("{}\nwhile :; do tail -f /dev/null; done", stubborn(&world)));
    let running = plain(&world).spawn();
    let pids = pids(&world, 2, Some(&running));
    // Two of one kind could arrive as one.
    running.interrupt();
    running.terminate();
    world.wait(running).stdout_is("");
    all_gone(&pids);
}

fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start().to_owned();
    !(state.is_empty() || state.starts_with(['Z', 'X']))
}

#[test]
fn the_deadline_ends_the_whole_tree() {
    let world = world();
    world.program("agy", &format!("{}\nwhile :; do tail -f /dev/null; done", stubborn(&world)));
    // On a machine under load the program may not even begin in a short time.
    for deadline in ["2s", "8s", "30s", "120s"] {
        let ran = world.run(plain(&world).args(["--deadline", deadline]));
        assert_eq!(failed(&ran, 74, "timeout")["result"], "deadline");
        let text = std::fs::read_to_string(world.scratch.path("pids")).unwrap_or_default();
        if text.lines().count() >= 2 {
            break;
        }
    }
    all_gone(&pids(&world, 2, None));
    no_folder_is_left(&world);
}

#[test]
fn what_a_program_leaves_behind_does_not_hold_the_answer_up() {
    let world = world();
    let script = format!("cat > /dev/null\n{}\n", stubborn(&world));
    // It answers only after the grandchild has said that it is there.
    let wait = format!(
        "while [ \"$(wc -l < '{}')\" -lt 2 ]; do :; done",
        world.scratch.path("pids").display()
    );
    world.program("agy", &format!("{script}{wait}\necho '{VERDICT}'"));
    let envelope = world.run(plain(&world)).code(0).json();
    assert_eq!(envelope["attempts"], 1);
    all_gone(&pids(&world, 2, None));
}

#[test]
fn a_program_that_does_not_read_its_input_may_answer() {
    let world = world();
    world.program("agy", &format!("exec 0<&-\necho '{VERDICT}'"));
    let prompt = "A line of the prompt.\n".repeat(100_000);
    let tool = world.command("agy").args(["--allow-unverified-model", "-"]).stdin(prompt);
    world.run(tool).code(0);
}

#[test]
fn one_that_answers_before_it_reads_does_not_block() {
    let world = world();
    let noise =
        "head -c 3000000 /dev/zero | tr '\\0' ' '; head -c 3000000 /dev/zero | tr '\\0' 'x' >&2";
    world.program("agy", &format!("{noise}\ncat > /dev/null\necho '{VERDICT}'"));
    let prompt = "A line of the prompt.\n".repeat(100_000);
    let tool = world.command("agy").args(["--allow-unverified-model", "-"]).stdin(prompt);
    world.run(tool).code(0);
}

#[test]
fn one_that_never_stops_writing_is_stopped() {
    let world = world();
    world.program("agy", "cat > /dev/null; exec yes");
    let ran = world.run(plain(&world));
    failed(&ran, 1, "unknown");
    ran.stderr_has("agy writes more than any answer has");
}

#[test]
fn an_end_without_an_answer_is_an_error_of_its_class() {
    for (script, code, class, why) in [
        ("exit 3", 1, "unknown", "agy ended with 3"),
        ("echo 'cannot find the model' >&2; exit 3", 1, "unknown", "agy ended with 3: cannot find"),
        ("echo 'Error: not signed in'", 1, "unknown", "agy ended with 0: Error: not signed in"),
        ("exit 0", 65, "empty", "the answer is empty"),
        ("printf '  \\n'", 65, "empty", "the answer is empty"),
        ("kill -9 $$", 1, "unknown", "agy was ended by signal 9"),
        ("printf '{\"verdict\":\"\\377\"}'", 74, "server", "not in the expected form"),
        ("echo 'I am ready.'", 65, "bad_verdict", "no JSON object"),
        (
            "echo '{\"error\":{\"code\":400,\"message\":\"wrong\"}}' >&2; exit 1",
            1,
            "invalid_request",
            "agy ended with 1: wrong",
        ),
    ] {
        let world = world();
        world.program("agy", &format!("cat > /dev/null; {script}"));
        let ran = world.run(plain(&world));
        failed(&ran, code, class);
        ran.stderr_has(why);
        assert_eq!(world.entries()[0]["failure_class"], class);
    }
}

#[test]
fn the_exit_codes_of_the_client_are_understood() {
    for (status, code, class) in [
        (41, 2, "auth"),
        (42, 1, "invalid_request"),
        (44, 1, "precondition"),
        (52, 1, "precondition"),
        (53, 1, "unknown"),
        (54, 1, "unknown"),
        (55, 1, "precondition"),
        (130, 1, "unknown"),
        (144, 1, "invalid_request"),
        (147, 75, "permission"),
        (148, 1, "model_unavailable"),
        (173, 75, "ambiguous_429"),
        (244, 74, "server"),
        (247, 75, "capacity"),
    ] {
        let world = world();
        world.program("gemini", &format!("cat > /dev/null; exit {status}"));
        let tool = world.command(GEMINI).args(["--deadline", "30s", "--max-attempts", "6", "-"]);
        let ran = world.run(tool.stdin("Review.\n"));
        failed(&ran, code, class);
        assert_eq!(world.events_called("ERROR")[0]["exit_code"], status);
    }
}

#[test]
fn every_form_of_the_clients_answer_is_understood() {
    let error = json!({"type": "ApiError", "message": "x", "code": 404});
    let answer =
        |response: &str| json!({"session_id": "s", "response": response, "stats": stats(MODEL)});
    let mut with_error = answer(VERDICT);
    with_error["error"] = error;
    let mut warned = answer(VERDICT);
    warned["warnings"] = json!(["x"]);
    for (stdout, expected) in [
        (format!("Loaded cached credentials.\n{}", reply(MODEL)), Ok(())),
        (format!("{:#}", answer(VERDICT)), Ok(())),
        (warned.to_string(), Ok(())),
        (with_error.to_string(), Err((1, "model_unavailable"))),
        (answer("").to_string(), Err((65, "empty"))),
        (answer("no verdict").to_string(), Err((65, "bad_verdict"))),
        (json!({"response": VERDICT}).to_string(), Err((1, "model_unverified"))),
        ("Error: x".into(), Err((1, "unknown"))),
        (VERDICT.into(), Err((65, "empty"))),
        ("no json".into(), Err((74, "server"))),
    ] {
        let world = world();
        world.program("gemini", &format!("cat > /dev/null\ncat <<'EOF'\n{stdout}\nEOF"));
        let ran = world.run(world.command(GEMINI).arg("-").stdin("Review.\n"));
        match expected {
            Ok(()) => assert_eq!(ran.code(0).json()["verdict"], "APPROVED"),
            Err((code, class)) => drop(failed(&ran, code, class)),
        }
    }
}

#[test]
fn what_a_program_says_is_told_without_keys() {
    let world = world();
    let said = "AIza\"$(echo FakeKeyOfNobody-0123456789_abcdefghij)\"";
    world.program("agy", &format!("cat > /dev/null; echo \"rejected \"{said} >&2; exit 1"));
    let ran = world.run(plain(&world));
    failed(&ran, 1, "unknown");
    ran.stderr_has("agy ended with 1: rejected [redacted]");
    world.credentials(&json!([{"name": "o", "key_env": "O_KEY"}]));
    world.program("tell", "cat > /dev/null; echo \"{\\\"error\\\":{\\\"message\\\":\\\"key $GEMINI_API_KEY\\\"}}\" >&2; exit 1");
    let tool = world.command("tell").env("O_KEY", OTHER).args(["-p", "Review."]);
    let ran = world.run(tool);
    failed(&ran, 1, "unknown");
    ran.stderr_has("tell ended with 1: key [redacted]");
}

#[test]
fn a_verdict_that_cannot_be_read_is_asked_for_again() {
    let world = world();
    let seen = world.scratch.path("seen");
    let script = format!(
        "cat >> '{0}'; if [ \"$(grep -c '^Review' '{0}')\" -gt 1 ]; then echo '{VERDICT}'; else echo no; fi",
        seen.display()
    );
    world.program("agy", &script);
    let tool = plain(&world).limit(Duration::from_mins(5));
    assert_eq!(world.run(tool).code(0).json()["attempts"], 2);
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(seen.contains("could not be read"), "{seen}");
}
