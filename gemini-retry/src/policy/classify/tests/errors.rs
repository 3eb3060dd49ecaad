//! The rows for errors: each signal alone, each against those of the rows after it, and errors that
//! nobody has seen yet.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::*;
use crate::policy::cooldown::cooldown;

fn info(reason: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason})
}

fn quota(id: &str, value: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaId": id, "quotaValue": value}]})
}

fn retry(delay: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
}

/// The row and the class of an error.
fn decided(http: u16, message: &str, details: &[&Value]) -> (u8, Class) {
    let body = json!({"error": {"code": http, "message": message, "details": details}});
    let decision = classify(&Facts::of(&reply(http, body.to_string()))).unwrap();
    (decision.row, decision.class)
}

#[test]
fn each_reason_that_the_service_names_has_its_row_whatever_the_status() {
    for (row, class, reasons) in [
        (1, Class::Capacity, &["MODEL_CAPACITY_EXHAUSTED", "MODEL_CAPACITY_EXCEEDED"][..]),
        (2, Class::Billing, &["BILLING_DISABLED", "INSUFFICIENT_G1_CREDITS_BALANCE"]),
        (
            3,
            Class::Auth,
            &[
                "API_KEY_INVALID",
                "CONSUMER_SUSPENDED",
                "CONSUMER_INVALID",
                "ACCESS_TOKEN_EXPIRED",
                "TOS_VIOLATION",
                "VALIDATION_REQUIRED",
            ],
        ),
        (
            4,
            Class::Permission,
            &[
                "SERVICE_DISABLED",
                "API_KEY_SERVICE_BLOCKED",
                "API_KEY_HTTP_REFERRER_BLOCKED",
                "USER_PROJECT_DENIED",
                "SECURITY_POLICY_VIOLATED",
            ],
        ),
    ] {
        for reason in reasons {
            for http in [400, 403, 404, 429, 500, 503] {
                assert_eq!(decided(http, "no", &[&info(reason)]), (row, class), "{http} {reason}");
            }
        }
    }
}

#[test]
fn words_of_a_message_count_only_where_the_table_says_so() {
    for words in ["Your key was Leaked", "you are denied access", "it is suspended"] {
        assert_eq!(decided(403, words, &[]), (3, Class::Auth), "{words}");
        assert_eq!(decided(400, words, &[]), (11, Class::InvalidRequest), "{words}");
    }
    let broke = "Your prepayment credits are depleted.";
    assert_eq!(decided(429, broke, &[]), (2, Class::Billing));
    assert_eq!(decided(429, "MODEL_CAPACITY_EXHAUSTED", &[]), (8, Class::Ambiguous429));
}

#[test]
fn the_earlier_row_decides_when_two_fit() {
    let signals = [
        (1, info("MODEL_CAPACITY_EXHAUSTED")),
        (2, info("BILLING_DISABLED")),
        (3, info("API_KEY_INVALID")),
        (4, info("SERVICE_DISABLED")),
        (5, quota("GenerateRequestsPerMinute", "0")),
        (6, quota("GenerateRequestsPerDay", "50")),
        (7, quota("GenerateRequestsPerMinute", "5")),
    ];
    for (place, (row, earlier)) in signals.iter().enumerate() {
        for (_, later) in &signals[place..] {
            assert_eq!(decided(429, "no", &[later, earlier]).0, *row, "{earlier} and {later}");
            assert_eq!(decided(429, "no", &[earlier, later]).0, *row, "{earlier} and {later}");
        }
    }
    assert_eq!(decided(429, "no", &[&info("QUOTA_EXHAUSTED"), &retry("5s")]).0, 6);
    assert_eq!(decided(429, "no", &[&info("RATE_LIMIT_EXCEEDED")]), (7, Class::QuotaMinute));
    let long = [&info("RATE_LIMIT_EXCEEDED"), &retry("301s")];
    assert_eq!(decided(429, "no", &long), (7, Class::QuotaDay));
}

#[test]
fn of_two_delays_the_longer_one_counts() {
    let body = |delay: &str| json!({"error": {"code": 429, "details": [retry(delay)]}}).to_string();
    for (delay, header, class) in [
        ("22s", 400, Class::QuotaDay),
        ("400s", 22, Class::QuotaDay),
        ("300s", 300, Class::QuotaMinute),
    ] {
        let retry_after = Some(Duration::from_secs(header));
        let exchange = Exchange::Reply { http: 429, retry_after, body: body(delay).into() };
        assert_eq!(judged(&exchange).err(), Some(class), "{delay} and {header}");
    }
}

/// Errors with the details that the tool reads, whole and damaged.
fn any_error() -> impl Strategy<Value = (u16, Value)> {
    let reason = "MODEL_CAPACITY_EXHAUSTED|BILLING_DISABLED|API_KEY_INVALID|SERVICE_DISABLED|\
        QUOTA_EXHAUSTED|RATE_LIMIT_EXCEEDED|API_KEY_[A-Z]{1,4}_BLOCKED|[A-Z]{0,6}";
    let id = "RequestsPer(Day|Minute)|Daily|[a-z]{0,4}";
    let number =
        prop_oneof![any::<i64>().prop_map(Value::from), "0|-?[0-9]{1,25}".prop_map(Value::from)];
    let span = "-?[0-9]{1,25}(\\.[0-9]{1,12})?s|[0-9]{1,3}h[0-9]{1,3}m|[a-z ]{0,4}";
    let detail = (reason, id, number.clone(), span, any::<i64>(), 0..5_u8).prop_map(
        |(reason, id, value, span, second, kind)| {
            let at = Timestamp::from_second(second % 10_000_000_000).map(|at| at.to_string());
            match kind {
                0 => info(&reason),
                1 => json!({"@type": "x.ErrorInfo", "reason": reason, "metadata": {
                    "quota_limit": id, "quota_limit_value": value, "quotaResetDelay": span,
                    "quotaResetTimeStamp": at.unwrap_or_default()}}),
                2 => json!({"@type": "x.QuotaFailure", "violations": [value, {"quotaId": id, "quotaValue": value}]}),
                3 => retry(&span),
                _ => value,
            }
        },
    );
    let message = "limit: [0-9]{0,25}|the input token count exceeds the maximum|leaked|\
        Provisioned Throughput|prepayment credits are depleted|[ -~]{0,9}";
    let status = "RESOURCE_EXHAUSTED|FAILED_PRECONDITION|UNAVAILABLE|[A-Z]{0,4}";
    let http = prop_oneof![
        prop::sample::select(vec![200, 307, 400, 401, 402, 403, 404, 408, 429, 500, 503]),
        100_u16..1000,
    ];
    let details = prop::collection::vec(detail, 0..4);
    (http, number, message, status, details, 0..3_u8).prop_map(
        |(http, code, message, status, details, wrapped)| {
            let error = json!({"error": {"code": code, "message": message, "status": status,
                "details": details}});
            let wrap = |inner: Value| json!({"error": {"message": inner.to_string()}});
            (http, (0..wrapped).fold(error, |error, _| wrap(error)))
        },
    )
}

#[test]
fn errors_that_nobody_has_seen_yet_never_panic_and_reach_every_class() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..4000 {
        let (http, body) = any_error().new_tree(&mut runner).unwrap().current();
        let facts = Facts::of(&reply(http, body.to_string()));
        let decision = classify(&facts).unwrap();
        reached.insert(decision.class);
        // Neither the words for people nor the length of a pause may stumble over a number.
        assert!(!facts.story().is_empty(), "{body}");
        let now = Timestamp::from_second(1_769_279_445).unwrap();
        if let Some((_, until)) = cooldown(decision.class, &facts, now, 0, 1.0) {
            assert!(until > now, "{body}");
        }
    }
    let of_errors = [
        Class::Capacity,
        Class::Billing,
        Class::Auth,
        Class::Permission,
        Class::NoEntitlement,
        Class::QuotaDay,
        Class::QuotaMinute,
        Class::Ambiguous429,
        Class::Precondition,
        Class::PromptTooLong,
        Class::InvalidRequest,
        Class::ModelUnavailable,
        Class::Timeout,
        Class::Server,
        Class::RedirectRefused,
        Class::Unknown,
    ];
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), of_errors);
}
