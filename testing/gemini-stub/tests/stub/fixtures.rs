//! Every fixture arrives as the file says.

use std::collections::BTreeSet;

use gemini_stub::{Response, Rule, Script, Stub, fixtures};
use serde_json::Value;

use crate::client::call;

const KEY: &str = "AIza-secret-of-alpha";

fn file() -> Value {
    serde_json::from_str(include_str!("../../fixtures/errors.json")).unwrap()
}

#[test]
fn every_fixture_is_served_byte_for_byte() {
    let file = file();
    let all = file.as_object().unwrap();
    let mut rule = Rule::new("alpha", "*");
    for name in all.keys() {
        rule = rule.respond(Response::fixture(name));
    }
    let stub = Stub::start(Script::new().key("alpha", KEY).rule(rule));
    for (name, expected) in all {
        let reply = call(&stub, KEY);
        assert_eq!(u64::from(reply.status), expected["status"].as_u64().unwrap(), "{name}");
        for (header, value) in expected["headers"].as_object().unwrap() {
            assert_eq!(reply.header(header), value.as_str(), "{name}: {header}");
        }
        let body = match &expected["body"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert_eq!(reply.text(), body.replace("{{KEY}}", KEY), "{name}");
    }
    let given: Vec<String> = stub.requests().into_iter().map(|seen| seen.given).collect();
    assert!(given.iter().eq(all.keys()), "the log names them in order");
}

#[test]
fn ids_are_short_names_of_their_own() {
    let ids: BTreeSet<&str> =
        fixtures().keys().map(|name| name.split('_').next().unwrap()).collect();
    assert_eq!(ids.len(), fixtures().len());
    let expected: BTreeSet<String> =
        (1..=39).map(|n| format!("E{n:02}")).chain((1..=17).map(|n| format!("S{n:02}"))).collect();
    assert!(ids.iter().copied().eq(expected.iter().map(String::as_str)));
    for (full, found) in fixtures() {
        let id = full.split('_').next().unwrap();
        let (by_id, fixture) = gemini_stub::fixture(id).unwrap();
        assert_eq!((by_id, fixture.status), (full.as_str(), found.status));
    }
    assert!(gemini_stub::fixture("E").is_none() && gemini_stub::fixture("E99").is_none());
}

/// The facts on which a client decides, for the fixtures whose wording is ours.
#[test]
fn the_decisive_details_are_in_place() {
    let file = file();
    let error = |name: &str, pointer: &str| {
        let body = &file[name]["body"];
        let body = if body.is_array() { &body[0] } else { body };
        body.pointer(pointer).unwrap_or(&Value::Null).clone()
    };
    let violation = "/error/details/0/violations/0/quotaId";
    let day = "GenerateRequestsPerDayPerProjectPerModel-FreeTier";
    assert_eq!(error("E01_quota_day", violation), day);
    assert_eq!(error("E01_quota_day", "/error/details/2/retryDelay"), "22s");
    assert_eq!(
        error("E07_capacity_codeassist_429", "/error/details/0/reason"),
        "MODEL_CAPACITY_EXHAUSTED"
    );
    assert_eq!(error("E07_capacity_codeassist_429", "/error/errors/0/reason"), "rateLimitExceeded");
    assert_eq!(error("E10_codeassist_rate_limit", "/error/details/1/retryDelay"), "0.539477544s");
    assert_eq!(error("E13_key_invalid", "/error/details/0/reason"), "API_KEY_INVALID");
    assert_eq!(error("E38_interactions_style", "/error/code"), "quota_exceeded");
    let says = |name: &str, words: &str| {
        let message = error(name, "/error/message");
        assert!(message.as_str().unwrap().contains(words), "{name} says {words:?}");
    };
    says("E02_quota_minute", "Please retry in 44.097740004s.");
    says("E04_limit_zero", "limit: 0, model: gemini-3-pro");
    says("E09_codeassist_quota_exhausted", "reset after 15h11m58s");
    says("E11_prepay_402", "prepayment credits are depleted");
    says("E12_prepay_429_legacy", "prepayment credits are depleted");
    says("E15_key_leaked", "leaked");
    says("E19_project_denied", "denied access");
    says("E24_prompt_too_long", "input token count (1042913) exceeds the maximum number of tokens");
}
