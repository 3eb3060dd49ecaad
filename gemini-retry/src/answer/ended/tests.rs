use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::answer::facts::Exchange;
use crate::answer::judge::{Answer, Form, judge};
use crate::answer::model::Wanted;
use crate::policy::classify::Class;

const MODEL: &str = "gemini-3.1-pro-preview";
const VERDICT: &str = r#"{"verdict":"APPROVED","critique":"Sound.","tier_1_issues":[]}"#;

fn ended(dialect: Dialect, code: i32, stdout: &str, stderr: &str) -> Ended {
    Ended {
        program: "p".into(),
        dialect,
        is_gemini: dialect == Dialect::GeminiJson,
        code: Some(code),
        signal: None,
        trouble: None,
        stdout: stdout.into(),
        stderr: stderr.into(),
    }
}

fn judged(ended: Ended, unverified: bool) -> (Facts, Result<Answer, Class>) {
    let wanted = Wanted::new(MODEL, vec![]).unwrap();
    let wanted = if unverified { wanted.or_unverified() } else { wanted };
    judge(&Exchange::Ended(ended), &wanted, &Form::Verdict, "Review this.")
}

fn class(ended: Ended) -> Class {
    judged(ended, true).1.unwrap_err()
}

fn main_role(requests: u64, errors: u64, total: u64) -> Value {
    let tokens = json!({"prompt": 10, "candidates": 5, "total": total, "cached": 0, "thoughts": 2});
    json!({"tokens": tokens, "roles": {"main":
        {"totalRequests": requests, "totalErrors": errors, "tokens": tokens}}})
}

fn reply(models: &Value) -> String {
    json!({"session_id": "s", "response": VERDICT, "stats": {"models": models}}).to_string()
}

fn gemini(models: &Value) -> (Facts, Result<Answer, Class>) {
    judged(ended(Dialect::GeminiJson, 0, &reply(models), ""), false)
}

#[test]
fn the_model_that_answered_is_proved_by_its_main_requests() {
    let router = json!({"tokens": {"total": 9}, "roles": {"utility_router": {"totalRequests": 1}}});
    let (facts, answer) = gemini(&json!({"gemini-2.5-flash": router, MODEL: main_role(1, 0, 17)}));
    assert!(answer.is_ok());
    assert_eq!(facts.model.as_deref(), Some(MODEL));
    assert_eq!(facts.usage.total_tokens, Some(17));
    // Without figures of its own, those of the model count.
    let old = json!({"tokens": {"total": 3}, "roles": {"main": {"totalRequests": 1}}});
    assert!(gemini(&json!({ MODEL: old })).1.is_ok());
}

#[test]
fn another_model_or_none_is_no_proof() {
    let flash = "gemini-2.5-flash";
    for (models, class) in [
        (json!({flash: main_role(1, 0, 17)}), Class::ModelMismatch),
        (json!({MODEL: main_role(1, 1, 0), flash: main_role(1, 0, 17)}), Class::ModelMismatch),
        // Both answered: which of them gave the verdict, nothing says.
        (json!({MODEL: main_role(1, 0, 17), flash: main_role(1, 0, 17)}), Class::ModelMismatch),
        (json!({MODEL: main_role(1, 1, 17)}), Class::ModelUnverified),
        (json!({MODEL: main_role(0, 0, 17)}), Class::ModelUnverified),
        (json!({MODEL: main_role(1, 0, 0)}), Class::ModelUnverified),
        (json!({MODEL: {"tokens": {"total": 17}}}), Class::ModelUnverified),
        (
            json!({MODEL: {"roles": {"main": {"totalRequests": true, "tokens": {"total": 1}}}}}),
            Class::ModelUnverified,
        ),
        (json!({}), Class::ModelUnverified),
        (json!([MODEL]), Class::ModelUnverified),
        (json!(null), Class::ModelUnverified),
    ] {
        assert_eq!(gemini(&models).1, Err(class), "{models}");
    }
}

#[test]
fn chatter_before_the_object_does_no_harm_and_anything_behind_it_does() {
    let good = reply(&json!({MODEL: main_role(1, 0, 17)}));
    let of = |stdout: &str| judged(ended(Dialect::GeminiJson, 0, stdout, "noise\n"), false).1;
    assert!(of(&format!("Loaded cached credentials.\n{good}\n")).is_ok());
    for stdout in [
        format!("{good}\n{good}"),
        format!("{good} trailing"),
        format!("x {good}"),
        good.get(..good.len() - 1).unwrap().to_owned(),
        good.replace("\"session_id\"", "\"response\":\"\",\"session_id\""),
        String::new(),
    ] {
        assert_eq!(of(&stdout), Err(Class::Server), "{stdout}");
    }
}

#[test]
fn a_plain_answer_has_no_proof_and_cannot_pretend_one() {
    let pretended = reply(&json!({MODEL: main_role(1, 0, 17)}));
    let plain = |text: &str, unverified| judged(ended(Dialect::Plain, 0, text, ""), unverified).1;
    assert_eq!(plain(VERDICT, false), Err(Class::ModelUnverified));
    assert!(plain(VERDICT, true).is_ok());
    assert_eq!(plain(&pretended, false), Err(Class::ModelUnverified));
    assert_eq!(plain(&pretended, true), Err(Class::BadVerdict));
}

#[test]
fn an_end_with_0_is_no_success_by_itself() {
    for (dialect, stdout, expected) in [
        (Dialect::Plain, "", Class::Empty),
        (Dialect::Plain, " \n\n", Class::Empty),
        (Dialect::Plain, "Error: not logged in", Class::Unknown),
        (Dialect::Plain, "\n error: not logged in", Class::Unknown),
        (Dialect::Plain, "[API Error: x]", Class::Unknown),
        (Dialect::Plain, "I am ready.", Class::BadVerdict),
        (Dialect::GeminiJson, r#"{"session_id":"s","response":"","stats":{}}"#, Class::Empty),
        (Dialect::GeminiJson, r#"{"session_id":"s","stats":{}}"#, Class::Empty),
        (Dialect::GeminiJson, r#"{"response":7}"#, Class::Empty),
        (
            Dialect::GeminiJson,
            r#"{"response":"x","error":{"type":"INVALID_STREAM","message":"m"}}"#,
            Class::Unknown,
        ),
        (
            Dialect::GeminiJson,
            r#"{"response":"x","error":{"message":"m","code":429}}"#,
            Class::Ambiguous429,
        ),
        (Dialect::GeminiJson, "Error: x", Class::Unknown),
        (Dialect::GeminiJson, r#"{"response":"[API Error: x]"}"#, Class::Unknown),
        (Dialect::GeminiJson, r#"{"response":"Error: x"}"#, Class::BadVerdict),
    ] {
        assert_eq!(class(ended(dialect, 0, stdout, "")), expected, "{stdout}");
    }
}

#[test]
fn a_banner_in_front_of_a_verdict_is_a_failure_and_one_inside_is_text() {
    let text = format!("Error: quota\n{VERDICT}");
    assert_eq!(class(ended(Dialect::Plain, 0, &text, "")), Class::Unknown);
    let verdict = VERDICT.replace("Sound.", "Error: 429 RESOURCE_EXHAUSTED is handled.");
    assert!(judged(ended(Dialect::Plain, 0, &verdict, "Error: 429"), true).1.is_ok());
}

#[test]
fn every_exit_code_of_the_client_has_its_class() {
    for (code, expected) in [
        (1, Class::Unknown),
        (41, Class::Auth),
        (42, Class::InvalidRequest),
        (44, Class::Precondition),
        (52, Class::Precondition),
        (53, Class::Unknown),
        (54, Class::Unknown),
        (55, Class::Precondition),
        (130, Class::Unknown),
        (144, Class::InvalidRequest),
        (145, Class::Auth),
        (146, Class::Billing),
        (147, Class::Permission),
        (148, Class::ModelUnavailable),
        (173, Class::Ambiguous429),
        (244, Class::Server),
        (246, Class::Server),
        (247, Class::Capacity),
        (248, Class::Timeout),
        (255, Class::Unknown),
    ] {
        assert_eq!(class(ended(Dialect::GeminiJson, code, VERDICT, "")), expected, "{code}");
        // Another program's codes mean nothing, but never success.
        assert_eq!(class(ended(Dialect::Plain, code, VERDICT, "")), Class::Unknown, "{code}");
    }
}

#[test]
fn the_error_object_on_stderr_decides_more_exactly_than_the_code() {
    let inner = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [
        {"@type": "x/google.rpc.QuotaFailure", "violations": [
            {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}});
    let outer = |message: &str, code: u64| json!({"error": {"type": "ApiError", "message": message, "code": code}});
    let messages = [inner.to_string(), format!("got status: 429 Too Many Requests. {inner}")];
    for message in messages {
        for form in [outer(&message, 429).to_string(), format!("{:#}", outer(&message, 1))] {
            let stderr = format!("[log] {{\"error\": 1}}\n{form}\nbye\n");
            assert_eq!(class(ended(Dialect::GeminiJson, 173, "", &stderr)), Class::QuotaDay);
        }
    }
    let auth = outer("Please set an auth method", 41).to_string();
    let (facts, judged) = judged(ended(Dialect::GeminiJson, 41, "", &auth), false);
    assert_eq!(judged, Err(Class::Auth));
    assert_eq!(facts.story(), "p ended with 41: Please set an auth method");
    let last = outer("second", 403);
    let stderr = format!("{}\n{last}", outer("first", 429));
    assert_eq!(class(ended(Dialect::GeminiJson, 1, "", &stderr)), Class::Permission);
}

#[test]
fn what_stops_a_program_is_never_an_answer() {
    for (trouble, expected) in [
        (Trouble::TooMuch, Class::Unknown),
        (Trouble::Open, Class::Unknown),
        (Trouble::WantsTerminal, Class::Auth),
    ] {
        for dialect in [Dialect::Plain, Dialect::GeminiJson] {
            let good = match dialect {
                Dialect::Plain => VERDICT.to_owned(),
                Dialect::GeminiJson => reply(&json!({MODEL: main_role(1, 0, 17)})),
            };
            let stopped = Ended { trouble: Some(trouble), ..ended(dialect, 0, &good, "") };
            assert_eq!(class(stopped), expected, "{trouble:?}");
        }
    }
    let killed = Ended { code: None, signal: Some(9), ..ended(Dialect::Plain, 0, VERDICT, "") };
    let (facts, judged) = judged(killed, true);
    assert_eq!(judged, Err(Class::Unknown));
    assert_eq!(facts.story(), "p was ended by signal 9");
}

#[test]
fn bytes_that_are_no_text_are_no_answer() {
    let odd = Ended {
        stdout: b"{\"verdict\":\"APPROVED\xff\"}".to_vec(),
        ..ended(Dialect::Plain, 0, "", "")
    };
    let (facts, judged) = judged(odd, true);
    assert_eq!(judged, Err(Class::Server));
    assert!(facts.story().contains("not in the expected form"), "{}", facts.story());
}

proptest! {
    #[test]
    fn no_output_panics_or_passes_without_a_verdict_and_proof(
        json_dialect in any::<bool>(),
        code in prop_oneof![Just(0), 0..=255_i32],
        stdout in prop::collection::vec(any::<u8>(), 0..80),
        stderr in "(\\{|\\}|\"error\":|\"message\":|\"x\"|\n|,|4){0,20}",
    ) {
        let dialect = if json_dialect { Dialect::GeminiJson } else { Dialect::Plain };
        let ended = Ended { stdout, ..ended(dialect, code, "", &stderr) };
        prop_assert!(judged(ended, false).1.is_err());
    }

    #[test]
    fn only_an_end_with_0_passes_and_only_with_the_right_model(
        code in prop_oneof![Just(0), 1..=255_i32],
        requests in 0..3_u64, errors in 0..3_u64, total in 0..3_u64,
        model in prop_oneof![Just(MODEL), Just("gemini-2.5-flash")],
    ) {
        let stdout = reply(&json!({model: main_role(requests, errors, total)}));
        let passed = judged(ended(Dialect::GeminiJson, code, &stdout, ""), false).1.is_ok();
        let proved = requests > errors && total > 0 && model == MODEL;
        prop_assert_eq!(passed, code == 0 && proved);
    }

    #[test]
    fn shreds_of_json_never_pass(
        stdout in "(\\{|\\}|\"response\":|\"stats\":|\"error\":|\"\"|null|,|\n|\\{\"verdict\":\"APPROVED\"){0,14}",
    ) {
        prop_assert!(judged(ended(Dialect::GeminiJson, 0, &stdout, ""), false).1.is_err());
        prop_assert!(judged(ended(Dialect::Plain, 0, &stdout, ""), false).1.is_err());
    }
}
