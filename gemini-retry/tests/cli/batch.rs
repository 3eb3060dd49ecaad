//! Many requests at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};

use gemini_stub::{Response, Rule};
use serde_json::{Value, json};
use testkit::{Ran, Tool, crash};

use crate::world::{ALPHA, World, approval, script};

/// Everything is approved.
fn approving() -> World {
    World::new(script().rule(Rule::new("*", "*").respond(approval())))
}

/// What the request with this id asks.
fn prompt_of(id: &str) -> String {
    format!("Review number {}.", id.trim_start_matches('r'))
}

/// Requests `r0`, `r1`, …, whose prompts say so.
fn requests(count: usize) -> String {
    let line = |id: String| json!({"prompt": prompt_of(&id), "id": id}).to_string() + "\n";
    (0..count).map(|n| line(format!("r{n}"))).collect()
}

fn batch(world: &World, flags: &[&str], stdin: &str) -> Tool {
    world.tool().arg("batch").args(flags).stdin(stdin)
}

fn results(ran: &Ran) -> Vec<Value> {
    ran.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Results by their id.
fn by_id(results: &[Value]) -> BTreeMap<String, &Value> {
    let all: BTreeMap<_, _> = results.iter().map(|r| (r["id"].to_string(), r)).collect();
    assert_eq!(all.len(), results.len(), "an id has two results");
    all
}

/// How often each prompt reached the service.
fn asked(world: &World) -> BTreeMap<String, usize> {
    let mut asked = BTreeMap::new();
    for request in world.stub.requests() {
        *asked.entry(request.prompt()).or_default() += 1;
    }
    asked
}

#[test]
fn every_request_has_one_result_and_one_audit_entry() {
    let world = approving();
    let ran = world.run(batch(&world, &["--node", "review_lld", "--jobs", "4"], &requests(20)));
    ran.code(0).stderr_is("");
    let results = results(&ran);
    let by_id = by_id(&results);
    assert_eq!(by_id.len(), 20);
    let entries = world.entries();
    let audited: BTreeSet<&str> = entries.iter().map(|e| e["id"].as_str().unwrap()).collect();
    for result in &results {
        assert_eq!(result["schema"], "gemini-retry.result/1");
        assert_eq!((&result["outcome"], &result["exit"]), (&json!("reviewed"), &json!(0)));
        let review = &result["review"];
        assert_eq!(review["schema"], "gemini-retry.review/1");
        assert_eq!(
            (&review["verdict"], &review["node"]),
            (&json!("APPROVED"), &json!("review_lld"))
        );
        assert_eq!(result["audit_id"], review["audit_id"]);
        assert!(audited.contains(result["audit_id"].as_str().unwrap()));
        let line = result["line"].as_u64().unwrap();
        assert_eq!(result["id"], format!("r{}", line - 1));
    }
    assert_eq!((entries.len(), audited.len()), (20, 20));
    assert!(asked(&world).values().all(|times| *times == 1));
    let logs = world.scratch.path("home/.assemblyzero/gemini-retry/logs");
    let files = fs::read_dir(logs).unwrap().map(|e| e.unwrap().file_name());
    let files = files.filter(|name| name.to_string_lossy().ends_with(".jsonl"));
    assert_eq!(files.count(), 1, "one log for the whole batch");
    let runs: BTreeSet<String> =
        world.events_called("SUCCESS").iter().map(|e| e["run"].to_string()).collect();
    assert_eq!(runs.len(), 20, "each request has an id of its own in it");
    let named: BTreeSet<String> =
        world.events_called("START").iter().map(|e| e["id"].to_string()).collect();
    assert_eq!(named, by_id.keys().cloned().collect());
}

#[test]
fn a_request_that_hangs_holds_no_other_back() {
    let rule = Rule::new("*", "*").respond(Response::hang()).respond(approval());
    let world = World::new(script().rule(rule));
    world.credentials(&json!([{"name": "alpha", "key": ALPHA}]));
    let mut running = batch(&world, &["--jobs", "2"], &requests(6)).spawn();
    let mut ids: BTreeSet<String> = (0..6).map(|n| format!("r{n}")).collect();
    for _ in 0..5 {
        let result: Value = serde_json::from_str(&running.next_line().unwrap()).unwrap();
        assert!(ids.remove(result["id"].as_str().unwrap()), "{result}");
    }
    let hanging = prompt_of(ids.first().unwrap());
    assert_eq!(world.stub.requests()[0].prompt(), hanging);
    running.terminate();
    world.wait(running).code(143);
}

#[test]
fn no_more_requests_are_under_way_than_jobs() {
    for jobs in [1, 3] {
        let rule = Rule::new("*", "*").respond(approval().delay_ms(20));
        let world = World::new(script().rule(rule));
        let ran = world.run(batch(&world, &["--jobs", &jobs.to_string()], &requests(15)));
        assert_eq!(results(ran.code(0)).len(), 15);
        let most = world.stub.most_at_once();
        assert!((1..=jobs).contains(&most), "{most} at once with --jobs {jobs}");
    }
}

#[test]
fn a_project_has_two_calls_in_flight_at_most() {
    let rule = Rule::new("*", "*").respond(approval().delay_ms(20));
    let world = World::new(script().rule(rule));
    world.credentials(&json!([{"name": "alpha", "key": ALPHA}]));
    let ran = world.run(batch(&world, &["--jobs", "6"], &requests(12)));
    assert_eq!(results(ran.code(0)).len(), 12);
    assert!(world.stub.most_at_once() <= 2, "{}", world.stub.most_at_once());
}

#[test]
fn requests_say_what_differs_from_the_options_and_get_their_own_keys_back() {
    let world = approving();
    world.scratch.write("talos/doc.md", "# Some design\n");
    world.scratch.write("talos/prompt.txt", "Review this:\n# Some design\n");
    let lines = [
        json!({"prompt": "One.", "model": "gemini-3-flash", "issue": 7, "mine": {"a": [1]}}),
        json!({"id": 2.5, "prompt_file": "prompt.txt", "subject": "doc.md", "project": "other"}),
        json!({"id": "free", "prompt": "Three.", "schema": "none", "node": "chat"}),
    ];
    let stdin: String = lines.iter().map(|line| line.to_string() + "\n\n").collect();
    let flags = ["--issue", "98", "--node", "review_lld"];
    let ran = world.run(batch(&world, &flags, &stdin));
    let results = results(ran.code(0));
    let by_id = by_id(&results);
    let one = by_id["1"];
    assert_eq!(one["mine"], json!({"a": [1]}));
    assert_eq!((&one["review"]["issue_id"], &one["line"]), (&json!(7), &json!(1)));
    assert_eq!(one["review"]["model"], "gemini-3-flash");
    let two = by_id["2.5"];
    assert_eq!(two["review"]["subject"]["path"], "doc.md");
    assert_eq!((&two["review"]["issue_id"], &two["line"]), (&json!(98), &json!(3)));
    let free = by_id["\"free\""];
    assert_eq!(
        (&free["review"]["verdict"], &free["review"]["node"]),
        (&Value::Null, &json!("chat"))
    );
    let projects: BTreeSet<String> =
        world.entries().iter().map(|e| e["project"].as_str().unwrap().to_owned()).collect();
    assert_eq!(projects, BTreeSet::from(["other".to_owned(), "talos".to_owned()]));
}

#[test]
fn bad_lines_fail_by_themselves() {
    let world = approving();
    let stdin = "{\"id\":\"a\",\"prompt\":\"Review a.\"}\n\
        not json\n\
        {\"id\":\"b\"}\n\
        {\"id\":\"c\",\"prompt\":\"x\",\"prompt_file\":\"y\"}\n\
        {\"id\":\"a\",\"prompt\":\"Review a again.\"}\n\
        {\"id\":\"d\",\"prompt_file\":\"missing.txt\",\"mine\":1}\n\
        {\"id\":\"e\",\"prompt\":\" \"}\n\
        {\"id\":\"f\",\"prompt\":\"x\",\"model\":\"no/model\"}\n\
        {\"id\":\"g\",\"prompt\":\"Review g.\"}";
    let ran = world.run(batch(&world, &[], stdin));
    ran.code(1);
    let results = results(&ran);
    let by_line: BTreeMap<u64, &Value> =
        results.iter().map(|r| (r["line"].as_u64().unwrap(), r)).collect();
    assert_eq!(by_line.keys().copied().collect::<Vec<_>>(), (1..=9).collect::<Vec<_>>());
    for (line, id, exit, why) in [
        (2, json!(null), 65, "not JSON"),
        (3, json!("b"), 65, "neither prompt nor prompt_file"),
        (4, json!("c"), 65, "both prompt and prompt_file"),
        (5, json!("a"), 65, "stands in an earlier line"),
        (6, json!("d"), 2, "missing.txt"),
        (7, json!("e"), 65, "the prompt is empty"),
        (8, json!("f"), 2, "model"),
    ] {
        let result = by_line[&line];
        assert_eq!((&result["id"], &result["exit"]), (&id, &json!(exit)), "{result}");
        assert_eq!((&result["outcome"], &result["class"]), (&json!("failed"), &json!("request")));
        assert!(result["review"].is_null());
        let told = result["failure"].as_str().unwrap();
        assert!(told.starts_with(&format!("stdin:{line}: ")) && told.contains(why), "{told}");
        ran.stderr_has(told);
    }
    assert_eq!(by_line[&6]["mine"], 1);
    assert_eq!(
        (&by_line[&1]["outcome"], &by_line[&9]["outcome"]),
        (&json!("reviewed"), &json!("reviewed"))
    );
    ran.stderr_has("7 of 9 requests failed");
    assert_eq!(asked(&world).len(), 2);
}

#[test]
fn one_failure_stops_no_other_and_used_up_quotas_cost_no_further_call() {
    let rule = Rule::new("*", "*").respond(approval()).respond(Response::fixture("E01"));
    let world = World::new(script().rule(rule));
    let ran = world.run(batch(&world, &["--jobs", "1"], &requests(8)));
    ran.code(75);
    let results = results(&ran);
    assert_eq!(by_id(&results).len(), 8);
    let reviewed = results.iter().filter(|r| r["outcome"] == "reviewed").count();
    assert_eq!(reviewed, 2, "one for each credential");
    for failed in results.iter().filter(|r| r["outcome"] == "failed") {
        assert_eq!((&failed["class"], &failed["exit"]), (&json!("quota_day"), &json!(75)));
        assert!(failed["retry_at"].is_string() && failed["review"].is_null());
        let id = failed["id"].as_str().unwrap();
        ran.stderr_has(&format!("gemini-retry: {id}: quota_day"));
    }
    assert_eq!(world.calls(), (2, 2), "what is used up is not asked again");
}

#[test]
fn dead_keys_end_the_rest_without_a_call() {
    let world = World::new(script().rule(Rule::new("*", "*").respond(Response::fixture("E13"))));
    let ran = world.run(batch(&world, &["--jobs", "1"], &requests(5)));
    ran.code(2);
    assert_eq!(results(&ran).len(), 5);
    assert_eq!(world.calls(), (1, 1));
    let advice = ran.err().matches("a refused key is not asked again").count();
    assert!(advice <= 1, "{ran}");
}

#[test]
fn nothing_asked_is_nothing_failed() {
    let world = approving();
    world.run(batch(&world, &[], "\n \n")).code(0).stdout_is("").stderr_has("no request");
}

#[test]
fn a_batch_that_cannot_begin_reads_nothing() {
    let world = approving();
    for flags in [&["--jobs", "0"][..], &["--jobs", "257"], &["--model", "a b"], &["-"]] {
        world.run(batch(&world, flags, &requests(1))).code(2).stdout_is("");
    }
    world
        .run(batch(&world, &["--skip-done", "missing.jsonl"], &requests(1)))
        .code(2)
        .stdout_is("")
        .stderr_has("missing.jsonl")
        .stderr_has(">>");
    world.credentials(&json!([]));
    world.run(batch(&world, &[], &requests(1))).code(2).stdout_is("");
    assert!(asked(&world).is_empty());
}

/// A shell in the repository, with the tool as `$tool`.
fn shell(world: &World, line: &str, stdin: &str) -> Tool {
    let test = std::env::current_exe().unwrap();
    let bin = test.ancestors().nth(2).unwrap().join("gemini-retry");
    Tool::program("sh")
        .args(["-c", line])
        .dir(world.repo.path())
        .home(world.scratch.home())
        .env("tool", bin)
        .env("GOOGLE_GEMINI_BASE_URL", world.stub.base_url())
        .stdin(stdin)
}

/// Runs a batch whose results are appended to the file that says what is done.
fn appending(world: &World, flags: &str, stdin: &str) -> Tool {
    let line = format!("exec $tool batch --skip-done results.jsonl {flags} >> results.jsonl");
    shell(world, &line, stdin)
}

#[test]
fn what_is_done_is_skipped_and_what_failed_is_asked_again() {
    let world = approving();
    let line = |id: &str, outcome: &str| {
        format!("{{\"schema\":\"gemini-retry.result/1\",\"id\":{id},\"outcome\":\"{outcome}\"}}\n")
    };
    let before = line("\"r0\"", "reviewed")
        + &line("\"r1\"", "failed")
        + "damaged\n"
        + &line("4", "reviewed")
        + "{\"schema\":\"gemini-retry.resu";
    world.scratch.write("talos/results.jsonl", before.clone());
    let stdin = requests(3) + "{\"prompt\":\"Fourth.\"}\n{\"id\":5,\"prompt\":\"Fifth.\"}\n";
    let ran = world.run(appending(&world, "", &stdin));
    ran.code(0).stderr_has("results.jsonl:3, 5: 2 of its lines are no result");
    let prompts: Vec<String> = asked(&world).into_keys().collect();
    assert_eq!(prompts, ["Fifth.", "Review number 1.", "Review number 2."]);
    let after = world.scratch.read("talos/results.jsonl");
    let new = after.strip_prefix(&before).unwrap().strip_prefix('\n').unwrap();
    let ids: BTreeSet<String> = new
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].to_string())
        .collect();
    assert_eq!(ids, BTreeSet::from(["5".into(), "\"r1\"".into(), "\"r2\"".into()]));
    let again = world.run(appending(&world, "", &stdin));
    again.code(0);
    assert_eq!(asked(&world).len(), 3, "everything is done");
}

#[test]
fn results_that_would_be_overwritten_are_refused() {
    let world = approving();
    world.scratch.write("talos/results.jsonl", "");
    let line = "$tool batch --skip-done results.jsonl > results.jsonl";
    let ran = world.run(shell(&world, line, &requests(1)));
    ran.code(2).stderr_has("would overwrite it").stderr_has(">>");
    assert!(asked(&world).is_empty());
}

/// Killed again and again, and resumed: none that has a result is asked again, and none is lost.
#[test]
fn a_killed_batch_goes_on_where_it_was() {
    const COUNT: usize = 40;
    const JOBS: usize = 3;
    let rule = Rule::new("*", "*").respond(approval().delay_ms(2));
    let world = World::new(script().rule(rule));
    let stdin = requests(COUNT);
    let path = world.scratch.path("talos/results.jsonl");
    File::create(&path).unwrap();
    let mut rng = testkit::Rng::with_seed(7);
    let mut kills = 0;
    for round in 0.. {
        let before = answered(&path);
        let asked_before = asked(&world);
        let running = appending(&world, &format!("--jobs {JOBS}"), &stdin).spawn();
        let ended = if kills < 5 {
            let lines = fs::read(&path).unwrap().len() + rng.usize(1..6000);
            let calls = world.stub.requests().len() + rng.usize(1..12);
            crash::when(running, || {
                fs::metadata(&path).unwrap().len() >= lines as u64
                    || world.stub.requests().len() >= calls
            })
        } else {
            crash::Crash::Finished(running.wait())
        };
        kills += usize::from(ended.was_killed());
        let asked_after = asked(&world);
        for id in &before {
            let prompt = prompt_of(id);
            assert_eq!(asked_after[&prompt], asked_before[&prompt], "{id} was done, round {round}");
        }
        if !ended.was_killed() {
            ended.ran().code(0);
            break;
        }
    }
    assert!(kills > 0, "nothing was killed");
    assert_eq!(answered(&path).len(), COUNT, "nothing is lost");
    // Each kill costs what the workers had in hand, what waited for the desk, and what lay on it.
    let most = COUNT + kills * (JOBS + JOBS + JOBS + 1);
    let calls = world.stub.requests().len();
    assert!(calls <= most, "{calls} calls, and at most {most} can be explained");
}

/// Ids with an answer in a file of results that may be torn.
fn answered(path: &std::path::Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut ids = BTreeSet::new();
    for line in lines.filter(|line| line["outcome"] == "reviewed") {
        assert!(ids.insert(line["id"].as_str().unwrap().to_owned()), "{line} is there twice");
    }
    ids
}

#[test]
fn a_signal_cancels_what_is_under_way() {
    for (interrupt, code) in [(false, 143), (true, 130)] {
        let rule = Rule::new("*", "*").respond(approval()).respond(Response::hang());
        let world = World::new(script().rule(rule));
        // Stdin stays open: a worker that waits for a line must not hold the end back.
        let mut running = world.tool().args(["batch", "--jobs", "5"]).stdin_open().spawn();
        running.write_stdin(requests(4));
        world.stub.wait_for_calls(4);
        let mut printed = vec![running.next_line().unwrap()];
        printed.push(running.next_line().unwrap());
        if interrupt {
            running.interrupt();
        } else {
            running.terminate();
        }
        // Until it is gone: `wait` closes stdin.
        while !running.has_ended() {
            std::thread::yield_now();
        }
        let ran = world.wait(running);
        ran.code(code).stderr_has("stopped by signal");
        for line in ran.out().lines() {
            let result: Value = serde_json::from_str(line).unwrap();
            assert_eq!(result["outcome"], "reviewed");
        }
        assert_eq!(ran.out().lines().count(), 2, "cancelled requests have no result");
        let classes: Vec<String> =
            world.entries().iter().map(|e| e["failure_class"].to_string()).collect();
        assert_eq!(classes.iter().filter(|c| *c == "\"cancelled\"").count(), 2, "{classes:?}");
        assert_eq!(classes.len(), 4);
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let rule = Rule::new("*", "*").respond(approval().delay_ms(5));
    let world = World::new(script().rule(rule));
    let line = "{ $tool batch --jobs 2; echo status $? >&2; } | head -n 1";
    let ran = world.run(shell(&world, line, &requests(400)));
    ran.code(0).stderr_is("status 0\n");
    assert_eq!(ran.out().lines().count(), 1);
    let calls = world.stub.requests().len();
    assert!(calls < 400, "it went on without a reader");
    // Each worker may have been stopped on the way to the service, which has not seen that call.
    let entries = world.entries().len();
    assert!((calls..=calls + 2).contains(&entries), "{calls} calls, {entries} entries");
}

#[test]
fn a_full_disk_is_no_quiet_end() {
    let world = approving();
    let line = "$tool batch --jobs 1 > /dev/full";
    let ran = world.run(shell(&world, line, &requests(50)));
    ran.code(74).stderr_has("cannot write to stdout");
    assert!(world.stub.requests().len() < 50);
}

#[test]
fn an_audit_log_that_cannot_be_written_stops_it() {
    let world = approving();
    world.scratch.write("talos/logs", "in the way");
    let ran = world.run(batch(&world, &[], &requests(5)));
    ran.code(74).stdout_is("");
    assert!(asked(&world).is_empty());
}

/// Lines are taken when somebody has time for them, and not before.
#[test]
fn stdin_is_read_as_it_comes() {
    let world = approving();
    let mut running = world.tool().args(["batch", "--jobs", "3"]).stdin_open().spawn();
    for n in 0..4 {
        running.write_stdin(format!("{{\"id\":{n},\"prompt\":\"Review this.\"}}\n"));
        let result: Value = serde_json::from_str(&running.next_line().unwrap()).unwrap();
        assert_eq!(result["id"], n);
    }
    running.close_stdin();
    world.wait(running).code(0);
}
