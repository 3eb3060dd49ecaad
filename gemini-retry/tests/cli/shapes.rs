//! Every shape of a reply that is known, one line each: what the built tool makes of it.

use gemini_stub::{Response, Rule, fixtures};
use serde_json::{Value, json};

use crate::world::{MODEL, World, approval, failed, script};

/// What a refusal leaves behind.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Held {
    /// Nothing is held against anybody.
    Nothing,
    /// The project rests for this model.
    Project,
    /// The whole account rests.
    Account,
    /// The key is dead.
    Key,
}
use Held::{Account, Key, Nothing, Project};

/// When both credentials are told the same: the fixture, the class, the exit code, the calls of the
/// two, what is held, and the result on the last line. At most six requests are sent.
type Line = (&'static str, &'static str, i32, (usize, usize), Held, &'static str);

const REFUSALS: &[Line] = &[
    ("E01", "quota_day", 75, (1, 1), Project, "later"),
    ("E02", "quota_minute", 75, (1, 1), Project, "later"),
    ("E03", "quota_minute", 75, (1, 1), Project, "later"),
    ("E04", "no_entitlement", 75, (1, 1), Project, "later"),
    ("E05", "ambiguous_429", 75, (1, 1), Project, "later"),
    ("E06", "quota_minute", 75, (1, 1), Project, "later"),
    ("E09", "quota_day", 75, (1, 1), Project, "later"),
    ("E11", "billing", 75, (1, 1), Account, "later"),
    ("E12", "billing", 75, (1, 1), Account, "later"),
    ("E13", "auth", 2, (1, 1), Key, "no_credentials"),
    ("E14", "auth", 2, (1, 1), Key, "no_credentials"),
    ("E15", "auth", 2, (1, 1), Key, "no_credentials"),
    ("E16", "auth", 2, (1, 1), Key, "no_credentials"),
    ("E17", "permission", 75, (1, 1), Project, "later"),
    ("E18", "permission", 75, (1, 1), Project, "later"),
    ("E19", "auth", 2, (1, 1), Key, "no_credentials"),
    ("E20", "permission", 75, (1, 1), Project, "later"),
    ("E31", "auth", 2, (1, 1), Key, "no_credentials"),
    ("E32", "ambiguous_429", 75, (1, 1), Project, "later"),
    ("E33", "quota_minute", 75, (1, 1), Project, "later"),
    ("E34", "auth", 2, (1, 1), Key, "no_credentials"),
    ("E35", "auth", 2, (1, 1), Key, "no_credentials"),
    ("E38", "ambiguous_429", 75, (1, 1), Project, "later"),
];

/// It is over in a second, and so it is asked for twice only.
const BRIEF: Line = ("E10", "quota_minute", 75, (1, 1), Project, "max_attempts");
/// They ask for a wait of seconds, and so they are asked for once only.
const PATIENT: &[Line] = &[
    ("E08", "capacity", 75, (1, 0), Nothing, "max_attempts"),
    ("E37", "capacity", 75, (1, 0), Nothing, "max_attempts"),
];

const FAILURES: &[Line] = &[
    ("E07", "capacity", 75, (6, 0), Nothing, "max_attempts"),
    ("E21", "precondition", 1, (1, 1), Nothing, "no_answer"),
    ("E22", "invalid_request", 1, (1, 0), Nothing, "no_answer"),
    ("E23", "invalid_request", 1, (1, 0), Nothing, "no_answer"),
    ("E24", "prompt_too_long", 1, (1, 0), Nothing, "no_answer"),
    ("E25", "model_unavailable", 1, (1, 0), Nothing, "no_answer"),
    ("E26", "capacity", 75, (6, 0), Nothing, "max_attempts"),
    ("E27", "capacity", 75, (6, 0), Nothing, "max_attempts"),
    ("E28", "server", 74, (5, 0), Nothing, "failed"),
    ("E29", "timeout", 74, (3, 1), Nothing, "failed"),
    ("E30", "timeout", 74, (3, 1), Nothing, "failed"),
    ("E36", "server", 74, (5, 0), Nothing, "failed"),
    ("E39", "capacity", 75, (6, 0), Nothing, "max_attempts"),
    ("S04", "bad_verdict", 65, (3, 0), Nothing, "unreadable_answer"),
    ("S05", "bad_verdict", 65, (3, 0), Nothing, "unreadable_answer"),
    ("S06", "bad_verdict", 65, (3, 0), Nothing, "unreadable_answer"),
    ("S07", "truncated", 65, (2, 0), Nothing, "unreadable_answer"),
    ("S08", "truncated", 65, (2, 0), Nothing, "unreadable_answer"),
    ("S09", "empty", 65, (4, 0), Nothing, "unreadable_answer"),
    ("S10", "safety_block", 1, (1, 0), Nothing, "no_answer"),
    ("S11", "answer_blocked", 1, (2, 0), Nothing, "no_answer"),
    ("S12", "recitation", 1, (2, 0), Nothing, "no_answer"),
    ("S13", "model_mismatch", 1, (2, 1), Nothing, "no_answer"),
    ("S14", "model_unverified", 1, (1, 0), Nothing, "no_answer"),
    ("S15", "model_mismatch", 1, (2, 1), Nothing, "no_answer"),
    ("S16", "empty", 65, (4, 0), Nothing, "unreadable_answer"),
];

/// Answers: the fixture and the verdict.
const ANSWERS: &[(&str, &str)] =
    &[("S01", "APPROVED"), ("S02", "APPROVED"), ("S03", "APPROVED"), ("S17", "BLOCKED")];

/// What the shared state holds against the credential that stands at `place`.
fn held(state: &Value, place: usize) -> Vec<(Held, String)> {
    let (name, project) = [("alpha", "alpha"), ("beta", "second")][place];
    let places = [
        (Project, &state["scopes"][format!("p:{project}|m:{MODEL}")]),
        (Account, &state["scopes"][format!("b:{project}")]),
        (Key, &state["credentials"][name]),
    ];
    let entries = places.into_iter().filter(|(_, entry)| entry.is_object());
    entries.map(|(what, entry)| (what, entry["reason"].as_str().unwrap().to_owned())).collect()
}

#[track_caller]
fn check(line: &Line, attempts: &str) {
    let (shape, class, code, calls, what, result) = *line;
    let rule = Rule::new("*", "*").respond(Response::fixture(shape));
    let world = World::new(script().rule(rule));
    let ran = world.ask_with(&["--max-attempts", attempts, "--deadline", "43"]);
    let last = failed(&ran, code, class);
    assert_eq!(world.calls(), calls, "{shape}: {ran}");
    assert_eq!((&last["result"], &last["attempts"]), (&result.into(), &(calls.0 + calls.1).into()));
    assert_eq!(last["retry_at"].is_string(), code == 75, "{shape}: {ran}");
    let state = world.try_state();
    for (place, count) in [calls.0, calls.1].into_iter().enumerate() {
        let expected =
            if what == Nothing || count == 0 { vec![] } else { vec![(what, class.to_owned())] };
        assert_eq!(held(&state, place), expected, "{shape}: {state}");
    }
    let entries = world.entries();
    let [entry] = entries.as_slice() else { panic!("{shape}: {entries:?}") };
    assert_eq!((&entry["outcome"], &entry["failure_class"]), (&json!("failed"), &json!(class)));
    assert_eq!(entry["rotation_occurred"], calls.1 > 0, "{shape}: {entry}");
    assert!(entry["verdict"].is_null() && entry["id"] == last["audit_id"], "{shape}: {entry}");
}

#[test]
fn what_is_refused_to_both_credentials_ends_at_once() {
    for line in REFUSALS {
        check(line, "6");
    }
    check(&BRIEF, "2");
}

#[test]
fn what_is_refused_to_one_credential_is_asked_of_the_other() {
    for (shape, class, _, _, what, _) in REFUSALS.iter().chain([&BRIEF]) {
        let world = World::new(
            script()
                .rule(Rule::new("alpha", "*").respond(Response::fixture(shape)))
                .rule(Rule::new("*", "*").respond(approval())),
        );
        let envelope = world.ask().code(0).json();
        assert_eq!(world.calls(), (1, 1), "{shape}");
        assert_eq!(envelope["verdict"], "APPROVED");
        assert_eq!(envelope["credential_used"], "beta");
        assert_eq!(
            (&envelope["attempts"], &envelope["rotation_occurred"]),
            (&json!(2), &json!(true))
        );
        let state = world.try_state();
        assert_eq!(held(&state, 0), [(*what, (*class).to_owned())], "{shape}: {state}");
        assert_eq!(held(&state, 1), [], "{shape}: {state}");
    }
}

#[test]
fn what_no_other_credential_would_cure_costs_none_of_them_anything() {
    for line in FAILURES {
        check(line, "6");
    }
    for line in PATIENT {
        check(line, "1");
    }
}

#[test]
fn an_answer_is_printed_and_nothing_else() {
    for (shape, verdict) in ANSWERS {
        let rule = Rule::new("*", "*").respond(Response::fixture(shape));
        let world = World::new(script().rule(rule));
        let ran = world.ask();
        let envelope = ran.code(0).stderr_is("").json();
        assert_eq!(envelope["verdict"], *verdict, "{shape}: {ran}");
        assert_eq!((world.calls(), &envelope["attempts"]), ((1, 0), &json!(1)), "{shape}");
        let entries = world.entries();
        let [entry] = entries.as_slice() else { panic!("{shape}: {entries:?}") };
        assert_eq!((&entry["outcome"], &entry["verdict"]), (&json!("reviewed"), &json!(verdict)));
        assert_eq!(entry["id"], envelope["audit_id"]);
        assert_eq!((held(&world.try_state(), 0), held(&world.try_state(), 1)), (vec![], vec![]));
    }
}

#[test]
fn no_shape_is_forgotten() {
    let lines = REFUSALS.iter().chain([&BRIEF]).chain(PATIENT).chain(FAILURES);
    let mut expected: Vec<&str> = lines.map(|line| line.0).collect();
    expected.extend(ANSWERS.iter().map(|(shape, _)| *shape));
    expected.sort_unstable();
    let mut known: Vec<&str> =
        fixtures().keys().map(|name| name.split('_').next().unwrap()).collect();
    known.sort_unstable();
    assert_eq!(expected, known);
    assert_eq!(known.len(), 56);
}
