//! Every answer that was seen in the wild, and bodies that nobody has seen yet.

use gemini_stub::fixtures;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::answer::facts::Exchange;
use crate::answer::judge::{Answer, Form, judge};
use crate::answer::model::Wanted;

mod errors;

const MODEL: &str = "gemini-3.1-pro-preview";

fn judged(exchange: &Exchange) -> Result<Answer, Class> {
    let wanted = Wanted::new(MODEL, vec![]).unwrap();
    judge(exchange, &wanted, &Form::Verdict, "Review this.").1
}

fn reply(http: u16, body: impl Into<Vec<u8>>) -> Exchange {
    Exchange::Reply { http, retry_after: None, body: body.into() }
}

fn class_of(http: u16, body: &Value) -> Option<Class> {
    judged(&reply(http, body.to_string())).err()
}

#[test]
fn every_fixture_has_its_class() {
    let expected = [
        ("E01", Some(Class::QuotaDay)),
        ("E02", Some(Class::QuotaMinute)),
        ("E03", Some(Class::QuotaMinute)),
        ("E04", Some(Class::NoEntitlement)),
        ("E05", Some(Class::Ambiguous429)),
        ("E06", Some(Class::QuotaMinute)),
        ("E07", Some(Class::Capacity)),
        ("E08", Some(Class::Capacity)),
        ("E09", Some(Class::QuotaDay)),
        ("E10", Some(Class::QuotaMinute)),
        ("E11", Some(Class::Billing)),
        ("E12", Some(Class::Billing)),
        ("E13", Some(Class::Auth)),
        ("E14", Some(Class::Auth)),
        ("E15", Some(Class::Auth)),
        ("E16", Some(Class::Auth)),
        ("E17", Some(Class::Permission)),
        ("E18", Some(Class::Permission)),
        ("E19", Some(Class::Auth)),
        ("E20", Some(Class::Permission)),
        ("E21", Some(Class::Precondition)),
        ("E22", Some(Class::InvalidRequest)),
        ("E23", Some(Class::InvalidRequest)),
        ("E24", Some(Class::PromptTooLong)),
        ("E25", Some(Class::ModelUnavailable)),
        ("E26", Some(Class::Capacity)),
        ("E27", Some(Class::Capacity)),
        ("E28", Some(Class::Server)),
        ("E29", Some(Class::Timeout)),
        ("E30", Some(Class::Timeout)),
        ("E31", Some(Class::Auth)),
        ("E32", Some(Class::Ambiguous429)),
        ("E33", Some(Class::QuotaMinute)),
        ("E34", Some(Class::Auth)),
        ("E35", Some(Class::Auth)),
        ("E36", Some(Class::Server)),
        ("E37", Some(Class::Capacity)),
        // A code in words, of another interface: nothing says which quota.
        ("E38", Some(Class::Ambiguous429)),
        ("E39", Some(Class::Capacity)),
        ("S01", None),
        ("S02", None),
        ("S03", None),
        ("S04", Some(Class::BadVerdict)),
        ("S05", Some(Class::BadVerdict)),
        ("S06", Some(Class::BadVerdict)),
        ("S07", Some(Class::Truncated)),
        ("S08", Some(Class::Truncated)),
        ("S09", Some(Class::Empty)),
        ("S10", Some(Class::SafetyBlock)),
        ("S11", Some(Class::AnswerBlocked)),
        ("S12", Some(Class::Recitation)),
        ("S13", Some(Class::ModelMismatch)),
        ("S14", Some(Class::ModelUnverified)),
        ("S15", Some(Class::ModelMismatch)),
        ("S16", Some(Class::Empty)),
        ("S17", None),
    ];
    assert_eq!(expected.len(), fixtures().len(), "a fixture without an expectation");
    for (name, fixture) in fixtures() {
        let id = name.split('_').next().unwrap();
        let class = expected.iter().find(|(known, _)| *known == id).expect(name).1;
        let body = match &fixture.body {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert_eq!(judged(&reply(fixture.status, body)).err(), class, "{name}");
    }
}

#[test]
fn a_status_without_a_body_means_what_it_says() {
    for (http, class) in [
        (301, Class::RedirectRefused),
        (307, Class::RedirectRefused),
        (400, Class::InvalidRequest),
        (401, Class::Auth),
        (402, Class::Billing),
        (403, Class::Permission),
        (404, Class::ModelUnavailable),
        (408, Class::Timeout),
        (413, Class::InvalidRequest),
        (418, Class::Unknown),
        (429, Class::Ambiguous429),
        (500, Class::Server),
        (503, Class::Capacity),
        (529, Class::Capacity),
        (599, Class::Server),
        (200, Class::Server),
        (204, Class::Server),
        (100, Class::Unknown),
        (999, Class::Unknown),
    ] {
        assert_eq!(judged(&reply(http, "")).err(), Some(class), "{http}");
    }
}

#[test]
fn a_429_follows_its_details_and_not_its_words() {
    let with = |details: Value| {
        json!({"error": {"code": "429", "message": "RetryInfo 5s PerDay",
        "status": "RESOURCE_EXHAUSTED", "details": details}})
    };
    let retry = |delay: &str| json!([{"@type": "x/google.rpc.RetryInfo", "retryDelay": delay}]);
    assert_eq!(class_of(429, &with(json!([]))), Some(Class::Ambiguous429));
    assert_eq!(class_of(429, &with(json!("odd"))), Some(Class::Ambiguous429));
    assert_eq!(class_of(429, &with(retry("45.837906927s"))), Some(Class::QuotaMinute));
    assert_eq!(class_of(429, &with(retry("301s"))), Some(Class::QuotaDay));
    let quota = |value: Value| {
        json!([{"@type": "x/google.rpc.QuotaFailure",
        "violations": [{"quotaId": "PerMinute", "quotaValue": value}]}])
    };
    assert_eq!(class_of(429, &with(quota(json!(0)))), Some(Class::NoEntitlement));
    assert_eq!(class_of(429, &with(quota(json!("0")))), Some(Class::NoEntitlement));
    assert_eq!(class_of(429, &with(quota(json!("60")))), Some(Class::QuotaMinute));
    let header =
        Exchange::Reply { http: 429, retry_after: Some(Duration::from_secs(7)), body: vec![] };
    assert_eq!(judged(&header).err(), Some(Class::QuotaMinute));
}

#[test]
fn an_error_without_a_known_status_is_no_success() {
    for error in [json!({}), json!("x"), json!(7), json!({"code": 200}), json!({"code": "odd"})] {
        let mut body = sound();
        body["error"] = error.clone();
        assert_eq!(class_of(200, &body), Some(Class::Unknown), "{error}");
    }
}

#[test]
fn the_text_under_review_decides_nothing() {
    let mut body = sound();
    let text = json!({"verdict": "BLOCKED", "critique":
        "429 RESOURCE_EXHAUSTED QUOTA_EXHAUSTED API_KEY_INVALID prepayment credits are depleted"});
    body["candidates"][0]["content"]["parts"][0]["text"] = text.to_string().into();
    assert_eq!(class_of(200, &body), None);
}

/// A body that is a proper answer.
fn sound() -> Value {
    let text = json!({"verdict": "APPROVED", "critique": "c", "tier_1_issues": []}).to_string();
    json!({
        "candidates": [{"index": 0, "finishReason": "STOP",
            "content": {"role": "model", "parts": [{"text": text}]}}],
        "usageMetadata": {"promptTokenCount": 1},
        "modelVersion": MODEL,
        "responseId": "r",
    })
}

/// What a body must be for its reading as a success to be right, looked at in another way than the
/// tool does.
fn is_proper(body: &[u8]) -> bool {
    let value: Value = serde_json::from_slice(body).unwrap();
    let value = if value.is_array() { value[0].clone() } else { value };
    let candidate = &value["candidates"][0];
    let parts = candidate["content"]["parts"].as_array().unwrap();
    let text: String =
        parts.iter().filter(|p| p["thought"] != true).filter_map(|p| p["text"].as_str()).collect();
    let object = text.get(text.find('{').unwrap()..=text.rfind('}').unwrap()).unwrap();
    let object: Value = serde_json::from_str(object).unwrap();
    value["error"].is_null()
        && value["promptFeedback"]["blockReason"].is_null()
        && candidate["finishReason"] == "STOP"
        && value["modelVersion"].as_str().is_some_and(|m| m.starts_with(MODEL))
        && object["verdict"].is_string()
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[A-Z_]{0,8}|STOP|MAX_TOKENS|22s|0|gemini-3.1-pro-preview|flash".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let key = "error|candidates|content|parts|text|thought|finishReason|modelVersion|code|\
            message|status|details|@type|reason|violations|quotaId|retryDelay|promptFeedback";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// So many bytes at some place are replaced by others.
fn any_edit() -> impl Strategy<Value = (prop::sample::Index, usize, String)> {
    let new = r#"[ -~]{0,3}|[{}\[\]",:]|"STOP"|"MAX_TOKENS"|null|APPROVED|BLOCKED|,"error":\{\}"#;
    (any::<prop::sample::Index>(), 0_usize..40, new)
}

proptest! {
    #[test]
    fn no_bytes_panic_and_none_are_a_success(http in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert!(judged(&reply(http, body)).is_err());
    }

    #[test]
    fn no_json_is_a_success_unless_it_is_proper(http in prop_oneof![Just(200_u16), 200_u16..600], body in any_json()) {
        let bytes = body.to_string().into_bytes();
        if judged(&reply(http, bytes.clone())).is_ok() {
            prop_assert!((200..300).contains(&http) && is_proper(&bytes));
        }
    }

    #[test]
    fn a_sound_body_with_one_part_replaced_passes_only_when_it_is_proper(
        place in prop::sample::select(vec![
            "/error", "/promptFeedback", "/candidates", "/candidates/0", "/candidates/0/finishReason",
            "/candidates/0/content", "/candidates/0/content/parts", "/candidates/0/content/parts/0",
            "/candidates/0/content/parts/0/text", "/modelVersion", "/usageMetadata", "/responseId",
        ]),
        with in any_json(),
    ) {
        let mut body = sound();
        body["error"] = Value::Null;
        body["promptFeedback"] = Value::Null;
        *body.pointer_mut(place).unwrap() = with;
        let bytes = body.to_string().into_bytes();
        if judged(&reply(200, bytes.clone())).is_ok() {
            prop_assert!(is_proper(&bytes), "{}", body);
        }
    }

    #[test]
    fn a_shape_with_bytes_put_in_or_taken_out_passes_only_when_it_is_proper(
        shape in any::<prop::sample::Index>(),
        edits in prop::collection::vec(any_edit(), 0..6),
        http in prop::option::of(200_u16..600),
    ) {
        let shapes: Vec<_> = fixtures().values().collect();
        let shape = shape.get(&shapes);
        let mut bytes = match &shape.body {
            Value::String(text) => text.clone().into_bytes(),
            other => other.to_string().into_bytes(),
        };
        for (from, length, new) in edits {
            let from = from.index(bytes.len() + 1);
            let end = (from + length).min(bytes.len());
            bytes.splice(from..end, new.bytes());
        }
        let http = http.unwrap_or(shape.status);
        if judged(&reply(http, bytes.clone())).is_ok() {
            prop_assert!((200..300).contains(&http));
            prop_assert!(is_proper(&bytes), "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn a_sound_body_that_is_cut_anywhere_is_no_success(cut in 0_usize..400) {
        let bytes = sound().to_string().into_bytes();
        prop_assert!(judged(&reply(200, bytes.clone())).is_ok());
        let cut = cut.min(bytes.len() - 1);
        prop_assert!(judged(&reply(200, bytes[..cut].to_vec())).is_err());
    }

    #[test]
    fn a_sound_body_under_any_other_status_is_no_success(http in 300_u16..1000) {
        prop_assert!(class_of(http, &sound()).is_some());
    }
}
