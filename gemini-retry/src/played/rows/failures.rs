//! Rows 9 to 12, and 14 to 25: the request is wrong, the way is broken, the answer is none.

use std::io::{Read as _, Write as _};

use super::*;

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
