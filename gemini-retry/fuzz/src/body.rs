//! A reply of any status with any bytes: nothing panics, and only a proper answer is one.

use std::time::Duration;

use serde_json::Value;

use crate::MODEL;
use crate::answer::facts::Exchange;
use crate::answer::judge::{Answer, Form, judge};
use crate::answer::model::Wanted;
use crate::policy::classify::classify;

/// The first two bytes are the status, the third is `Retry-After`, the rest is the body.
pub fn check(input: &[u8]) {
    let [high, low, wait, body @ ..] = input else { return };
    let http = 100 + u16::from_be_bytes([*high, *low]) % 900;
    let retry_after = (*wait > 0).then(|| Duration::from_secs(u64::from(*wait)));
    let exchange = Exchange::Reply { http, retry_after, body: body.to_vec() };
    let wanted = Wanted::new(MODEL, vec![]).expect("a name");
    for form in [Form::Verdict, Form::Free] {
        let (facts, judged) = judge(&exchange, &wanted, &form, "Review this.");
        let decision = classify(&facts);
        // What people and logs are told.
        let told = facts.clone().cleaned(str::to_owned).story();
        assert!(told.chars().count() < 4000);
        match (judged, decision) {
            (Ok(answer), None) => is_proper(http, body, &answer),
            (Ok(_), Some(decision)) => panic!("accepted in spite of row {}", decision.row),
            (Err(class), Some(decision)) => {
                assert_eq!(class, decision.class);
                assert!((1..=25).contains(&decision.row));
            }
            (Err(class), None) => panic!("{} without a reason", class.name()),
        }
    }
}

/// An accepted reply, read in another way than the tool does.
fn is_proper(http: u16, body: &[u8], answer: &Answer) {
    let value: Value = serde_json::from_slice(body).expect("JSON");
    let value = if value.is_array() { value[0].clone() } else { value };
    assert!((200..300).contains(&http) && value["error"].is_null());
    assert_eq!(value["candidates"][0]["finishReason"], "STOP");
    assert_eq!(value["candidates"].as_array().map(Vec::len), Some(1));
    let served = value["modelVersion"].as_str().expect("a model").trim();
    let served = served.rsplit('/').next().unwrap_or_default();
    assert!(served.starts_with(MODEL), "{served}");
    let parts = value["candidates"][0]["content"]["parts"].as_array().expect("parts");
    let spoken = parts.iter().filter(|part| part["thought"] != true);
    let text: String = spoken.filter_map(|part| part["text"].as_str()).collect();
    match answer {
        Answer::Text(given) => assert_eq!(*given, text),
        Answer::Review(review) => assert!(text.contains(&review.written)),
        Answer::Object(_) => panic!("no schema was given"),
    }
}
