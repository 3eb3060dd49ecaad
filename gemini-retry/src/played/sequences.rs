//! Whatever the service answers, in whatever order: bounds and promises that hold for every run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gemini_stub::{After, Response, Rule, Script, fixtures};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use super::world::{NAMES, Played, World, approval, project, script};

/// The replies that are answers.
const ANSWERS: [&str; 5] =
    ["verdict", "S01_ok", "S02_ok_thought_part", "S03_fenced", "S17_braces_in_strings"];

fn any_response() -> impl Strategy<Value = Response> {
    let shapes: Vec<&str> = fixtures().keys().map(String::as_str).collect();
    let fault = prop::sample::select(vec![
        Response::reset(),
        approval().truncate(60),
        approval().reset_after_bytes(60),
        approval().finish("MAX_TOKENS"),
        approval().model_version("gemini-2.5-flash"),
        Response::status(307).header("location", "http://127.0.0.1:9/"),
        Response::status(529),
        Response::status(408),
        Response::status(200).body("<html>"),
        Response::status(429).header("retry-after", "400"),
        Response::status(503).header("retry-after", "90"),
    ]);
    let answer = Just(approval());
    prop_oneof![6 => prop::sample::select(shapes).prop_map(Response::fixture), 3 => fault, 1 => answer]
}

/// What each of the credentials is told, over and over.
fn any_script() -> impl Strategy<Value = Script> {
    let told = prop::collection::vec(any_response(), 1..6);
    prop::collection::vec(told, NAMES.len()).prop_map(|all| {
        NAMES.iter().zip(all).fold(script(), |script, (name, told)| {
            let rule = told.into_iter().fold(Rule::new(name, "*"), Rule::respond);
            script.rule(rule.after(After::Cycle))
        })
    })
}

/// What one after another learnt, from the logs of the runs.
#[derive(Default)]
struct Known {
    cool: BTreeMap<String, Timestamp>,
    dead: BTreeSet<String>,
}

impl Known {
    /// Goes through the log of a run: no call may go against what was known before it.
    fn follow(&mut self, played: &Played) -> Result<(), TestCaseError> {
        for event in &played.events {
            let text = |key: &str| event[key].as_str().unwrap_or_default();
            let time = |key: &str| text(key).parse::<Timestamp>().unwrap();
            match text("event") {
                "ATTEMPT" => {
                    let name = text("credential");
                    prop_assert!(!self.dead.contains(name), "{name} is dead: {event}");
                    for scope in [project(text("project")), format!("b:{}", text("project"))] {
                        let until = self.cool.get(&scope);
                        let free = until.is_none_or(|until| *until <= time("ts"));
                        prop_assert!(free, "{scope} cools until {until:?}: {event}");
                    }
                }
                "COOLDOWN_SET" => {
                    self.cool.insert(text("scope").to_owned(), time("until"));
                }
                "ERROR" if text("error_type") == "auth" => {
                    self.dead.insert(text("credential").to_owned());
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn keeps_its_promises(
    played: &Played,
    deadline: Duration,
    most: usize,
) -> Result<(), TestCaseError> {
    let notes = &played.notes;
    prop_assert!(played.elapsed <= deadline, "{:?}: {notes:?}", played.elapsed);
    prop_assert!(played.calls.len() <= most, "{notes:?}");
    prop_assert_eq!(played.entries.len(), usize::from(!played.calls.is_empty()));
    let answered = played.given.last().is_some_and(|given| ANSWERS.contains(&given.as_str()));
    if played.exit == 0 {
        prop_assert!(answered, "{:?} is no answer", played.given);
        let envelope: Value = serde_json::from_str(&played.stdout).unwrap();
        prop_assert_eq!(&played.entries[0]["id"], &envelope["audit_id"]);
        prop_assert_eq!(&played.entries[0]["verdict"], &envelope["verdict"]);
    } else {
        prop_assert!([1, 2, 65, 74, 75].contains(&played.exit), "{}", played.exit);
        prop_assert_eq!(played.stdout.as_str(), "");
        let last = played.last();
        prop_assert!(last["class"].is_string(), "{}", last);
        prop_assert_eq!(last["retry_at"].is_string(), played.exit == 75, "{}", last);
        prop_assert!(played.entries.iter().all(|entry| entry["verdict"].is_null()));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 40, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn no_sequence_of_replies_breaks_a_promise(
        first in any_script(),
        second in any_script(),
        count in 2_usize..=NAMES.len(),
        deadline in 1_u64..2000,
        share in 0_u32..=25,
        most in 1_usize..=9,
        one_project in any::<bool>(),
    ) {
        let deadline = Duration::from_secs(deadline);
        // Never more than a call must have left; a longer one would be a timeout.
        let took = (deadline * share / 100).min(Duration::from_secs(20));
        let world = World::new(count).each_takes(took);
        let mut world = if one_project { world.label(1, "project", "a") } else { world };
        let seconds = deadline.as_secs().to_string();
        let attempts = most.to_string();
        let flags = ["--deadline", &seconds, "--max-attempts", &attempts];
        let mut known = Known::default();
        for script in [first, second] {
            let played = world.play(script, &flags);
            keeps_its_promises(&played, deadline, most)?;
            known.follow(&played)?;
            world.passes(played.elapsed);
        }
    }
}
