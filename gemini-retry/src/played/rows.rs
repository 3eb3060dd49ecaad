//! The rows of the decision table, one after another: who is asked, how long is waited, what is
//! remembered, and how the run ends.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use gemini_stub::{Response, Rule, Script};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::world::{MODEL, Played, START, World, approval, project, script, told};

/// Bounds of a wait, in seconds.
type Span = (f64, f64);
/// No wait at all.
const AT_ONCE: Span = (0.0, 0.0);

/// The waits before each request but the first were within these bounds, and there was none before
/// the first and after the last.
#[track_caller]
fn waited(played: &Played, spans: &[Span]) {
    let waits: Vec<f64> = played.waits.iter().map(Duration::as_secs_f64).collect();
    let [first, between @ .., last] = waits.as_slice() else { panic!("{waits:?}") };
    assert_eq!((*first, *last), (0.0, 0.0), "{waits:?}");
    assert_eq!(between.len(), spans.len(), "{waits:?}");
    for (wait, (least, most)) in between.iter().zip(spans) {
        assert!(wait >= least && *wait <= most + 1e-6, "{wait} of {waits:?}: {least}..{most}");
    }
}

/// Every credential is told the same, again and again.
#[track_caller]
fn always(response: &Response, asked: &str, spans: &[Span], exit: u8, class: &str) -> Played {
    let played = World::new(2).play(told([response.clone()]), &[]);
    played.failed(exit, class);
    assert_eq!(played.asked(), asked, "{:?}", played.notes);
    waited(&played, spans);
    played
}

/// The first credential is told this, and the others answer.
fn first_is_told(response: &Response) -> Script {
    script()
        .rule(Rule::new("a", "*").respond(response.clone()))
        .rule(Rule::new("*", "*").respond(approval()))
}

/// The first credential is refused, and the next one is asked at once.
#[track_caller]
fn rotates(response: &Response) -> Played {
    let played = World::new(3).play(first_is_told(response), &[]);
    played.answered();
    assert_eq!(played.asked(), "ab", "{:?}", played.notes);
    waited(&played, &[AT_ONCE]);
    played
}

fn fixture(name: &str) -> Response {
    Response::fixture(name)
}

/// An error with one detail of this kind.
fn error(status: u16, kind: &str, detail: &Value) -> Response {
    let mut detail = detail.clone();
    detail["@type"] = format!("type.googleapis.com/google.rpc.{kind}").into();
    let error = json!({"code": status, "message": "no", "details": [detail]});
    Response::status(status).body(json!({ "error": error }))
}

fn reason(status: u16, reason: &str) -> Response {
    error(status, "ErrorInfo", &json!({ "reason": reason }))
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    Timestamp::from_second(at(START).as_second() + seconds).unwrap()
}

#[test]
fn row_1_and_13_a_full_model_is_waited_out_with_the_same_credential() {
    for full in [
        fixture("E07"),
        fixture("E26"),
        fixture("E27"),
        fixture("E39"),
        reason(500, "MODEL_CAPACITY_EXCEEDED"),
        reason(403, "MODEL_CAPACITY_EXHAUSTED"),
        Response::status(503),
        Response::status(529).body("<html>busy</html>"),
    ] {
        let script = told([full.clone(), full.clone(), full.clone(), full, approval()]);
        let played = World::new(3).play(script, &[]);
        played.answered().costs_nothing();
        assert_eq!(played.asked(), "aaaaa");
        waited(&played, &[(2.5, 5.0), (5.0, 10.0), (10.0, 20.0), (20.0, 40.0)]);
    }
}

#[test]
fn row_1_and_13_the_wait_that_the_service_asks_for_is_the_least() {
    for (full, floor) in [(fixture("E08"), 9.0), (fixture("E37"), 7.0)] {
        let script = told([full.clone(), full.clone(), full, approval()]);
        let played = World::new(2).play(script, &[]);
        assert_eq!(played.asked(), "aaaa");
        let second = (floor, f64::max(10.0, floor * 1.2));
        waited(&played, &[(floor, floor * 1.2), second, (10.0, 20.0)]);
    }
}

#[test]
fn row_1_and_13_a_model_that_stays_full_ends_the_run_within_its_bounds() {
    let world = World::new(2).each_takes(Duration::from_secs(3));
    let played = world.play(told([fixture("E26")]), &["--deadline", "100"]);
    played.failed(75, "capacity").costs_nothing();
    assert!(played.calls.iter().all(|name| name == "a") && played.calls.len() >= 4);
    assert!(played.elapsed <= Duration::from_secs(100), "{:?}", played.elapsed);
    let retry_at: Timestamp = played.last()["retry_at"].as_str().unwrap().parse().unwrap();
    assert!(retry_at >= after(0) + played.elapsed);
}

#[test]
fn row_2_without_money_the_whole_account_rests_for_a_day() {
    for broke in [
        fixture("E11"),
        fixture("E12"),
        reason(403, "BILLING_DISABLED"),
        reason(429, "INSUFFICIENT_G1_CREDITS_BALANCE"),
        Response::status(402).body("<html>"),
        // The row before that of dead keys.
        reason(402, "API_KEY_INVALID"),
    ] {
        let world = World::new(3).label(0, "billing", "acme").label(1, "billing", "acme");
        let played = world.play(first_is_told(&broke), &[]);
        played.answered();
        assert_eq!(played.asked(), "ac");
        waited(&played, &[AT_ONCE]);
        assert_eq!(played.cools("b:acme"), ("billing".into(), after(86_400)));
        assert_eq!(played.state["credentials"], json!({}));
    }
    let played = World::new(3).play(told([fixture("E11")]), &[]);
    played.failed(75, "billing");
    assert_eq!((played.asked().as_str(), played.elapsed), ("abc", Duration::ZERO));
    assert_eq!(played.last()["retry_at"], "2026-01-25T18:30:45.000Z");
}

#[test]
fn row_3_a_dead_key_is_retired_and_the_next_one_asked_at_once() {
    let says =
        |words: &str| Response::status(403).body(json!({"error": {"code": 403, "message": words}}));
    for dead in [
        fixture("E13"),
        fixture("E14"),
        fixture("E15"),
        fixture("E16"),
        fixture("E19"),
        fixture("E31"),
        fixture("E34"),
        fixture("E35"),
        reason(403, "CONSUMER_INVALID"),
        reason(403, "CONSUMER_SUSPENDED"),
        Response::status(401),
        // The row before that of missing permissions.
        reason(401, "SERVICE_DISABLED"),
        says("This key is suspended"),
    ] {
        let played = rotates(&dead);
        let retired = &played.state["credentials"]["a"];
        assert_eq!(retired["reason"], "auth");
        assert!(retired["fp"].as_str().is_some_and(|fp| fp.starts_with("sha256:")));
        assert_eq!(played.state["scopes"], json!({}));
        assert!(played.state["credentials"].get("b").is_none());
    }
}

#[test]
fn row_3_when_all_keys_are_dead_nobody_is_asked_again() {
    let world = World::new(3);
    let played = world.play(told([fixture("E13")]), &[]);
    played.failed(2, "auth");
    assert_eq!((played.asked().as_str(), played.elapsed), ("abc", Duration::ZERO));
    let played = world.play(told([approval()]), &[]);
    played.failed(2, "auth");
    assert_eq!(played.asked(), "");
    // Another key under the same name is another key.
    let played =
        world.label(1, "key", "key-of-c-for-tests").without(2).play(told([approval()]), &[]);
    played.answered();
    assert_eq!(played.asked(), "c", "the server knows the key by its old name");
}

#[test]
fn row_4_without_permission_the_model_rests_for_an_hour_and_then_for_a_day() {
    for refused in [
        fixture("E17"),
        fixture("E18"),
        fixture("E20"),
        reason(400, "SERVICE_DISABLED"),
        reason(403, "USER_PROJECT_DENIED"),
        reason(403, "SECURITY_POLICY_VIOLATED"),
        reason(400, "API_KEY_IP_ADDRESS_BLOCKED"),
        Response::status(403).body("<html>forbidden</html>"),
    ] {
        let world = World::new(2);
        let played = world.play(first_is_told(&refused), &[]);
        played.answered();
        assert_eq!(played.asked(), "ab");
        assert_eq!(played.cools(&project("a")), ("permission".into(), after(3600)));
        let played = world.at("2026-01-24T20:30:45Z").play(told([refused]), &[]);
        played.failed(75, "permission");
        assert_eq!(played.asked(), "ab");
        assert_eq!(played.cools(&project("a")), ("permission".into(), after(7200 + 86_400)));
        assert_eq!(played.cools(&project("b")), ("permission".into(), after(7200 + 3600)));
    }
}

#[test]
fn row_5_a_plan_without_the_model_rests_for_a_day() {
    let violation = |value: Value| {
        let id = "GenerateRequestsPerMinutePerProjectPerModel";
        error(429, "QuotaFailure", &json!({"violations": [{"quotaId": id, "quotaValue": value}]}))
    };
    for nothing in [fixture("E04"), violation(json!("0")), violation(json!(0))] {
        let played = rotates(&nothing);
        assert_eq!(played.cools(&project("a")), ("no_entitlement".into(), after(86_400)));
    }
    // Any other number is a limit.
    let played = rotates(&violation(json!("10")));
    assert_eq!(played.cools(&project("a")).0, "quota_minute");
}

#[test]
fn row_6_a_used_up_day_lasts_until_midnight_in_los_angeles() {
    for (now, midnight) in [
        (START, "2026-01-25T08:00:00Z"),
        ("2026-01-25T07:59:59Z", "2026-01-25T08:00:00Z"),
        ("2026-01-25T08:00:00Z", "2026-01-26T08:00:00Z"),
        // The clocks go forward on 2026-03-08 at 02:00 there.
        ("2026-03-07T09:00:00Z", "2026-03-08T08:00:00Z"),
        ("2026-03-08T07:59:00Z", "2026-03-08T08:00:00Z"),
        ("2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
        ("2026-03-08T10:30:00Z", "2026-03-09T07:00:00Z"),
        // And back on 2026-11-01.
        ("2026-10-31T23:00:00Z", "2026-11-01T07:00:00Z"),
        ("2026-11-01T06:59:00Z", "2026-11-01T07:00:00Z"),
        ("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),
        ("2026-11-01T09:30:00Z", "2026-11-02T08:00:00Z"),
        ("2026-12-31T20:00:00Z", "2027-01-01T08:00:00Z"),
        ("2027-01-01T07:30:00Z", "2027-01-01T08:00:00Z"),
    ] {
        let played = World::new(2).at(now).play(first_is_told(&fixture("E01")), &[]);
        played.answered();
        assert_eq!((played.asked().as_str(), played.elapsed), ("ab", Duration::ZERO));
        let (reason, until) = played.cools(&project("a"));
        assert_eq!(reason, "quota_day");
        let late = at(midnight).duration_until(until).as_secs_f64();
        assert!((0.0..=120.0).contains(&late), "{now}: {until}");
    }
}

#[test]
fn row_6_an_instant_that_the_service_names_is_kept_to_the_last_digit() {
    let played = rotates(&fixture("E09"));
    let (reason, until) = played.cools(&project("a"));
    // Three fields say when; the latest is RetryInfo with 54718.638305887s.
    let told = at("2026-01-24T18:30:45Z") + Duration::new(54_718, 638_305_887);
    assert!(reason == "quota_day" && until >= told, "{until}");
    assert!(until <= told + Duration::from_millis(1), "{until}");
    let day = reason_and_quota("GenerateContentRequestsDailyPerProject");
    assert_eq!(rotates(&day).cools(&project("a")).0, "quota_day");
    let wait = error(429, "RetryInfo", &json!({"retryDelay": "301s"}));
    assert_eq!(rotates(&wait).cools(&project("a")), ("quota_day".into(), after(301)));
}

/// An `ErrorInfo` that names a limit, as paid plans get it.
fn reason_and_quota(limit: &str) -> Response {
    let detail = json!({"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit": limit}});
    error(429, "ErrorInfo", &detail)
}

#[test]
fn row_6_when_no_day_is_left_the_run_ends_at_once_and_the_next_one_asks_nobody() {
    let world = World::new(3);
    let played = world.play(told([fixture("E01")]), &[]);
    played.failed(75, "quota_day");
    assert_eq!((played.asked().as_str(), played.elapsed), ("abc", Duration::ZERO));
    let first =
        ["a", "b", "c"].map(|name| played.cools(&project(name)).1).into_iter().min().unwrap();
    let retry_at = |played: &Played| at(played.last()["retry_at"].as_str().unwrap());
    assert_eq!(retry_at(&played), first);
    let played = world.play(told([approval()]), &[]);
    played.failed(75, "quota_day");
    assert_eq!((played.asked().as_str(), retry_at(&played)), ("", first));
}

#[test]
fn row_6_a_day_that_ends_before_the_deadline_is_waited_for() {
    let world = World::new(1).at("2026-03-09T06:55:00Z");
    let played = world.play(told([fixture("E01"), approval()]), &["--deadline", "10m"]);
    played.answered();
    assert_eq!(played.asked(), "aa");
    waited(&played, &[(300.0, 420.0)]);
    assert_eq!(played.state["scopes"], json!({}), "a success forgets what is over");
}

#[test]
fn row_7_a_used_up_minute_lasts_as_long_as_the_service_says_and_no_shorter() {
    let retry = |delay: &str| error(429, "RetryInfo", &json!({ "retryDelay": delay }));
    for (full, least, most) in [
        (fixture("E02"), 44.097_740_004, 52.918),
        (fixture("E03"), 51.3, 61.561),
        (fixture("E06"), 60.0, 72.001),
        (fixture("E10"), 1.0, 1.201),
        (fixture("E33"), 60.0, 72.001),
        (retry("45.837906927s"), 45.837_906_927, 55.007),
        (retry("0s"), 1.0, 1.201),
        (retry("300s"), 300.0, 360.001),
        (Response::status(429).header("retry-after", "7"), 7.0, 8.401),
    ] {
        let played = rotates(&full);
        let (reason, until) = played.cools(&project("a"));
        let lasts = at(START).duration_until(until).as_secs_f64();
        assert_eq!(reason, "quota_minute");
        assert!(lasts >= least && lasts <= most, "{lasts}: {least}..{most}");
        // Alone, the credential waits and is asked again.
        let played = World::new(1).play(told([full, approval()]), &[]);
        played.answered();
        assert_eq!(played.asked(), "aa");
        waited(&played, &[(least, most)]);
    }
}

#[test]
fn row_7_keys_of_one_project_share_its_minute() {
    let world = World::new(3).label(0, "project", "one").label(1, "project", "one");
    let played = world.play(first_is_told(&fixture("E02")), &[]);
    played.answered();
    assert_eq!(played.asked(), "ac");
    waited(&played, &[AT_ONCE]);
}

#[test]
fn row_7_a_minute_that_outlasts_the_deadline_ends_the_run_at_once() {
    let world = World::new(1);
    let played = world.play(told([fixture("E02")]), &["--deadline", "40"]);
    played.failed(75, "quota_minute");
    assert_eq!((played.asked().as_str(), played.elapsed), ("a", Duration::ZERO));
    let played = world.play(told([approval()]), &["--deadline", "40"]);
    played.failed(75, "quota_minute");
    assert_eq!(played.asked(), "");
}

#[test]
fn row_7_no_project_is_asked_in_more_than_three_rounds() {
    let played = World::new(2).play(told([fixture("E02")]), &["--deadline", "1h"]);
    played.failed(75, "quota_minute");
    let count = |name| played.calls.iter().filter(|call| *call == name).count();
    assert_eq!((count("a"), count("b")), (3, 3));
    let retry_at = at(played.last()["retry_at"].as_str().unwrap());
    let first = ["a", "b"].map(|name| played.cools(&project(name)).1).into_iter().min();
    assert_eq!(Some(retry_at), first);
    assert!(retry_at > after(0) + played.elapsed, "both cool down");
}

#[test]
fn row_8_a_refusal_without_a_reason_lasts_longer_each_time_and_never_until_midnight() {
    for vague in [fixture("E05"), fixture("E32"), fixture("E38"), Response::status(429)] {
        let world = World::new(1);
        let played = world.play(told([vague.clone()]), &["--deadline", "1h"]);
        played.failed(75, "ambiguous_429");
        assert_eq!(played.asked(), "aaa");
        waited(&played, &[(60.0, 60.0), (120.0, 120.0)]);
        assert_eq!(played.cools(&project("a")), ("ambiguous_429".into(), after(180 + 300)));
        let world = world.at("2026-01-24T18:40:00Z");
        let played = world.play(told([vague.clone()]), &["--deadline", "5m"]);
        played.failed(75, "ambiguous_429");
        let until = at("2026-01-24T18:55:00Z");
        assert_eq!(played.cools(&project("a")), ("ambiguous_429".into(), until));
        assert_eq!(rotates(&vague).cools(&project("a")).1, after(60));
    }
}

#[test]
fn row_9_what_a_place_may_not_have_is_asked_for_elsewhere_once() {
    always(&fixture("E21"), "ab", &[AT_ONCE], 1, "precondition").costs_nothing();
    let played = World::new(1).play(told([fixture("E21")]), &[]);
    played.failed(1, "precondition").costs_nothing();
    assert_eq!(played.asked(), "a");
}

#[test]
fn rows_10_to_12_a_wrong_request_is_sent_once_and_costs_no_credential_anything() {
    let says = |status: u16, words: &str| {
        Response::status(status).body(json!({"error": {"code": status, "message": words}}))
    };
    for (wrong, class) in [
        (fixture("E24"), "prompt_too_long"),
        (fixture("E22"), "invalid_request"),
        (fixture("E23"), "invalid_request"),
        (Response::status(400), "invalid_request"),
        (says(413, "too large"), "invalid_request"),
        (Response::status(415).body("<html>"), "invalid_request"),
        (says(422, "no"), "invalid_request"),
        (fixture("E25"), "model_unavailable"),
        (Response::status(404).body("<html>"), "model_unavailable"),
    ] {
        always(&wrong, "a", &[], 1, class).costs_nothing();
    }
    let played = always(&fixture("E24"), "a", &[], 1, "prompt_too_long");
    let notes = played.notes.concat();
    assert!(notes.contains("1042913") && notes.contains("1048576"), "{notes}");
}

#[test]
fn row_14_a_timeout_is_tried_again_twice_and_then_once_elsewhere() {
    let (first, second) = ((2.5, 5.0), (5.0, 10.0));
    for late in [fixture("E29"), fixture("E30"), Response::status(408).body("<html>")] {
        always(&late, "aaab", &[first, second, AT_ONCE], 74, "timeout").costs_nothing();
        let played = World::new(1).play(told([late]), &[]);
        played.failed(74, "timeout").costs_nothing();
        assert_eq!(played.asked(), "aaa");
        waited(&played, &[first, second]);
    }
}

#[test]
fn row_14_a_server_that_never_ends_its_answer_is_a_timeout() {
    for late in [Response::hang(), approval().drip_ms_per_byte(600_000)] {
        let played = World::new(2).play(told([late]), &["--attempt-timeout", "0.05"]);
        assert_eq!((played.exit, played.stdout.as_str()), (74, ""), "{:?}", played.notes);
        assert_eq!(played.last()["class"], "timeout");
        played.costs_nothing();
        // On a busy machine the time may be over before the server has seen the request.
        let attempts = played.events.iter().filter(|event| event["event"] == "ATTEMPT");
        let asked: String = attempts.filter_map(|event| event["credential"].as_str()).collect();
        assert_eq!(asked, "aaab");
        let waited = played.elapsed.as_secs_f64();
        assert!((7.5..=15.0).contains(&waited), "{waited}");
    }
}

#[test]
fn row_14_a_timeout_stays_one_when_the_others_rest_until_tomorrow() {
    let world = World::new(2);
    let used_up = script().rule(Rule::new("*", "*").respond(fixture("E01")));
    world.play(used_up, &["--max-attempts", "1"]).failed(75, "quota_day");
    let played = world.play(told([fixture("E29")]), &[]);
    played.failed(74, "timeout");
    assert_eq!(played.asked(), "bbb");
}

#[test]
fn row_15_a_server_that_fails_is_asked_four_more_times() {
    let spans = [(0.0, 1.0), (0.0, 2.0), (0.0, 4.0), (0.0, 8.0)];
    for broken in [
        fixture("E28"),
        fixture("E36"),
        Response::status(520),
        Response::status(501).body(json!({"error": {"code": 501, "status": "UNIMPLEMENTED"}})),
        Response::status(200),
        Response::status(200).body("<html>"),
        Response::status(200).body("[1]"),
    ] {
        always(&broken, "aaaaa", &spans, 74, "server").costs_nothing();
    }
    let script = told([fixture("E28"), fixture("E28"), approval()]);
    let played = World::new(2).play(script, &[]);
    played.answered().costs_nothing();
    assert_eq!(played.asked(), "aaa");
}

#[test]
fn row_16_a_redirect_is_not_followed() {
    for status in [300, 301, 302, 303, 307, 308] {
        let away = Response::status(status).header("location", "http://127.0.0.1:9/x");
        always(&away, "a", &[], 74, "redirect_refused").costs_nothing();
    }
    always(&Response::status(304), "a", &[], 74, "redirect_refused").costs_nothing();
}

const NETWORK: [Span; 5] = [(0.0, 1.0), (0.0, 2.0), (0.0, 4.0), (0.0, 8.0), (0.0, 16.0)];

#[test]
fn row_17_a_connection_that_breaks_is_made_five_more_times() {
    for broken in [
        Response::reset(),
        approval().reset_after_bytes(40),
        approval().truncate(0),
        approval().truncate(120),
    ] {
        always(&broken, "aaaaaa", &NETWORK, 74, "network").costs_nothing();
    }
    let played = World::new(2).play(told([approval().truncate(120), approval()]), &[]);
    played.answered().costs_nothing();
    // The request that broke in the middle of its answer counts.
    let envelope: Value = serde_json::from_str(&played.stdout).unwrap();
    assert_eq!((played.asked().as_str(), &envelope["attempts"]), ("aa", &json!(2)));
}

#[test]
fn row_17_no_connection_at_all_is_the_same() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    // A label of more than 63 characters is no name that could be looked up.
    let unknown = format!("https://{}.invalid", "x".repeat(64));
    for url in [refused, unknown] {
        let played = World::new(2).play(told([approval()]), &["--base-url", &url]);
        assert_eq!((played.exit, played.asked().as_str()), (74, ""), "{:?}", played.notes);
        let last = played.last();
        assert_eq!((&last["class"], &last["attempts"]), (&json!("network"), &json!(6)));
        assert!(played.elapsed <= Duration::from_secs(31), "{:?}", played.elapsed);
        assert_eq!(played.entries.len(), 1);
        played.costs_nothing();
    }
}

#[test]
fn row_17_no_encryption_is_no_connection() {
    let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", plain.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for connection in plain.incoming().take(6) {
            let mut connection = connection.unwrap();
            let mut begin = [0; 512];
            let read = connection.read(&mut begin).unwrap();
            heard.extend_from_slice(&begin[..read]);
            connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        }
        heard
    });
    let played = World::new(2).play(told([approval()]), &["--base-url", &url]);
    assert_eq!((played.exit, played.stdout.as_str()), (74, ""), "{:?}", played.notes);
    let last = played.last();
    assert_eq!((&last["class"], &last["attempts"]), (&json!("network"), &json!(6)));
    let heard = server.join().unwrap();
    assert!(!heard.windows(6).any(|bytes| bytes == b"key-of"), "no key goes out in the open");
}

#[test]
fn row_18_what_is_blocked_for_good_is_not_asked_again() {
    for finish in ["PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "LANGUAGE"] {
        always(&approval().finish(finish), "a", &[], 1, "safety_block").costs_nothing();
    }
    always(&fixture("S10"), "a", &[], 1, "safety_block").costs_nothing();
    for once_more in [fixture("S11"), approval().finish("SAFETY"), approval().finish("OTHER")] {
        always(&once_more, "aa", &[AT_ONCE], 1, "answer_blocked").costs_nothing();
    }
}

#[test]
fn rows_19_and_20_another_sample_is_tried_once() {
    always(&fixture("S12"), "aa", &[AT_ONCE], 1, "recitation").costs_nothing();
    always(&fixture("S07"), "aa", &[AT_ONCE], 65, "truncated").costs_nothing();
    always(&fixture("S08"), "aa", &[AT_ONCE], 65, "truncated").costs_nothing();
    // Never, even when the text alone would pass.
    always(&approval().finish("MAX_TOKENS"), "aa", &[AT_ONCE], 65, "truncated").costs_nothing();
    for other in ["S07", "S12"] {
        let played = World::new(2).play(told([fixture(other), approval()]), &[]);
        played.answered().costs_nothing();
        assert_eq!(played.asked(), "aa");
    }
}

#[test]
fn row_21_an_empty_answer_is_asked_for_three_more_times() {
    let spans = [(0.5, 1.0), (1.0, 2.0), (2.0, 4.0)];
    for empty in [
        fixture("S09"),
        fixture("S16"),
        Response::text(" \n"),
        Response::status(200).body(json!({"candidates": [], "modelVersion": MODEL})),
    ] {
        always(&empty, "aaaa", &spans, 65, "empty").costs_nothing();
    }
}

#[test]
fn rows_22_and_23_another_model_is_no_answer() {
    always(&fixture("S14"), "a", &[], 1, "model_unverified").costs_nothing();
    for other in [fixture("S13"), fixture("S15"), approval().model_version("x")] {
        always(&other, "aab", &[AT_ONCE, AT_ONCE], 1, "model_mismatch").costs_nothing();
        let played = World::new(1).play(told([other.clone()]), &[]);
        played.failed(1, "model_mismatch");
        assert_eq!(played.asked(), "aa");
        // The first credential is served by the wrong one, the next one by the right one.
        let played = World::new(3).play(first_is_told(&other), &[]);
        played.answered();
        assert_eq!(played.asked(), "aab");
    }
}

#[test]
fn row_24_an_answer_that_is_no_verdict_is_asked_for_twice_more() {
    for prose in [fixture("S04"), fixture("S05"), fixture("S06"), Response::text("{}")] {
        always(&prose, "aaa", &[AT_ONCE, AT_ONCE], 65, "bad_verdict").costs_nothing();
        let played = World::new(2).play(told([prose.clone(), prose, approval()]), &[]);
        played.answered();
        assert_eq!(played.asked(), "aaa");
    }
}

#[test]
fn row_25_what_is_not_known_is_tried_once_more() {
    for odd in [
        Response::status(418).body(json!({"error": {"message": "I am a teapot"}})),
        Response::status(200).body(json!({"error": {"message": "?"}})),
        approval().finish("SOMETHING_NEW"),
        approval().finish("MALFORMED_FUNCTION_CALL"),
    ] {
        always(&odd, "aa", &[AT_ONCE], 1, "unknown").costs_nothing();
    }
    let odd = Response::status(418).body(json!({"error": {"message": "I am"}})).echo_key();
    let notes = always(&odd, "aa", &[AT_ONCE], 1, "unknown").notes.concat();
    assert!(notes.contains("I am") && notes.contains("[redacted]"), "{notes}");
}
