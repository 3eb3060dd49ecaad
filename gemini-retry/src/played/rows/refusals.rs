//! Rows 1 to 8, and 13: the model is full, the key is refused, a quota is used up.

use super::*;

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
        (fixture("E02"), 44.0, 52.801),
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
