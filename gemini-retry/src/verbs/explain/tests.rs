//! No bytes are too odd to be explained.

use proptest::prelude::*;

use super::*;

fn now() -> Timestamp {
    "2026-01-24T18:30:45Z".parse().unwrap()
}

fn explained(bytes: Vec<u8>, http: Option<u16>) -> Explanation {
    let wanted = Wanted::new("gemini-3.1-pro-preview", vec![]).unwrap();
    explain(Saved::of(bytes, http, None, now()), &wanted, &Form::Verdict, now())
}

#[test]
fn a_day_is_told_until_midnight_in_los_angeles_and_two_minutes_more() {
    let (_, fixture) = gemini_stub::fixture("E01").unwrap();
    let told = explained(fixture.body.to_string().into_bytes(), None);
    let cools = told.cools.unwrap();
    assert_eq!(cools.until.unwrap().to_string(), "2026-01-25T08:00:00.000Z");
    assert_eq!(cools.until_latest.unwrap().to_string(), "2026-01-25T08:02:00.000Z");
}

#[test]
fn a_key_in_a_deciding_value_is_taken_out() {
    let body = format!(r#"{{"candidates":[{{"finishReason":"AIza{}"}}]}}"#, "a".repeat(35));
    let told = explained(body.into_bytes(), None);
    assert_eq!(told.decided_by.unwrap().value.unwrap(), "[redacted]");
}

proptest! {
    #[test]
    fn whatever_is_not_accepted_has_a_row_a_class_and_a_ground(
        bytes in prop::collection::vec(any::<u8>(), 0..60), http in prop::option::of(100_u16..1000),
        head in "|HTTP/1.1 503 x\r\n\r\n|\\{\"http\":200,\"body\":",
    ) {
        let told = explained([head.into_bytes(), bytes].concat(), http);
        prop_assert!(told.class.is_some() && told.decided_by.is_some());
        prop_assert!(told.row.is_some_and(|row| (1..=25).contains(&row)));
        prop_assert!(told.action != ExplainedAction::Accept && told.exit != 0);
    }
}
