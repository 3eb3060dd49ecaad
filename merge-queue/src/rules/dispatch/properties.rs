//! What is called ready can be claimed, and what is recommended is ready.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;
use records::merge_queue::NextAction;
use records::{QueueEvent, Stamp, StatusChange, TaskState};
use serde_json::json;

use super::{blockers, recommendations};
use crate::history::History;
use crate::rules::awaited::Awaited;
use crate::rules::claim::{Answer, Claimant, Scene, claim};
use crate::rules::definitions::{Definitions, Written};
use crate::rules::survey::Survey;

fn definitions() -> Definitions {
    let text = "queue:\n  roles: {A: , B: , D: {reviewer: true}}\n  tasks:\n    - {id: low, title: T, role: A, priority: 3}\n    - {id: late, title: T, role: A, priority: 1, sequence: 2}\n    - {id: soon, title: T, role: A, priority: 1, sequence: 1}\n    - {id: old, title: T, priority: 1}\n    - {id: waits, title: T, role: B, depends_on: [soon]}\n";
    let file = Path::new("switchyard.yaml");
    crate::rules::validate::check(file, config::parse::<Written>(file, text).unwrap().unwrap())
}

fn now() -> Stamp {
    "2026-01-24T18:30:45.000Z".parse().unwrap()
}

/// Something that happened to a task: a claim that runs or is over, work, or words.
fn event() -> impl Strategy<Value = QueueEvent> {
    let tasks = select(&["low", "late", "soon", "old", "waits"][..]);
    let claim = (select(&["A", "B"][..]), select(&["x", "y"][..]), select(&["17", "19"][..]));
    let happened = prop_oneof![
        claim.prop_map(|(role, owner, hour)| json!({"kind": "claimed", "claim": {
            "role": role, "owner": owner, "since": now(), "until": format!("2026-01-24T{hour}:00:00.000Z"),
        }})),
        select(&["todo", "blocked", "in_progress"][..])
            .prop_map(|to| json!({"kind": "status", "status": {"to": to}})),
        select(&["a", "b"][..]).prop_map(|commit| json!({"kind": "handoff", "handoff": {
            "owner": "x", "branch": "b", "commit": commit,
        }})),
        select(&["base", "gone"][..])
            .prop_map(|commit| json!({"kind": "status", "status": {"to": "done", "commit": commit}})),
    ];
    (tasks, happened).prop_map(|(task, mut happened)| {
        let object = happened.as_object_mut().unwrap();
        object.extend([("seq".into(), json!(0)), ("at".into(), json!(now()))]);
        object.extend([("actor".into(), json!("lead")), ("task".into(), json!(task))]);
        serde_json::from_value(happened).unwrap()
    })
}

proptest! {
    #[test]
    fn what_is_ready_can_be_claimed(events in proptest::collection::vec(event(), 0..12)) {
        let definitions = definitions();
        let mut history = History { events, ..History::default() };
        for (seq, event) in (1..).zip(&mut history.events) {
            event.seq = seq;
        }
        let reached = BTreeSet::from(["base".to_owned()]);
        let survey = Survey::new(&definitions, &history, &reached, now());
        for surveyed in &survey.tasks {
            let open: Vec<_> = survey.open(surveyed.task).collect();
            let (task, standing) = (surveyed.task, &surveyed.standing);
            let scene =
                Scene { definitions: &definitions, task, standing, done: surveyed.done, open: &open, now: now() };
            let role = task.role.as_deref().unwrap_or("A");
            let claimant = Claimant { role, owner: "z", lease: Duration::from_secs(1) };
            let granted = matches!(claim(scene, claimant, Ok(None)), Answer::Granted(_));
            let free = blockers(&survey, surveyed);
            prop_assert!(!free.is_empty() || granted);
            // What waits for review may be claimed, but nobody is sent there.
            let only_in_review = free.iter().all(|reason| reason.code == "in_review");
            prop_assert_eq!(granted, only_in_review, "{:?}", free);
        }
        let all = recommendations(&definitions, &survey, &Awaited::new());
        let roles: Vec<&str> = all.iter().map(|next| next.role.as_str()).collect();
        prop_assert_eq!(roles, ["A", "B", "D"]);
        let mut offered = BTreeSet::new();
        for next in all.iter().filter(|next| next.action != NextAction::Wait) {
            let surveyed = survey.tasks.iter().find(|one| Some(&one.task.id) == next.task.as_ref()).unwrap();
            let free = blockers(&survey, surveyed).is_empty();
            prop_assert!(survey.state(surveyed) != TaskState::Blocked && surveyed.done.is_none());
            if next.action == NextAction::Claim {
                prop_assert!(free && offered.insert(next.task.clone()));
                let earlier = survey.tasks.iter().take_while(|one| Some(&one.task.id) != next.task.as_ref());
                for one in earlier.filter(|one| one.task.role.as_ref() == Some(&next.role)) {
                    prop_assert!(!blockers(&survey, one).is_empty());
                }
            }
        }
    }

    /// What cannot be read may forbid it.
    #[test]
    fn nothing_is_ready_when_the_journal_is_damaged(events in proptest::collection::vec(event(), 0..6)) {
        let definitions = definitions();
        let damage = records::merge_queue::Mistake {
            code: "journal_damaged".into(),
            file: "queue.jsonl".into(),
            line: 3,
            column: 0,
            message: "not JSON".into(),
        };
        let history = History { events, damage: vec![damage], ..History::default() };
        let survey = Survey::new(&definitions, &history, &BTreeSet::new(), now());
        prop_assert!(survey.tasks.iter().all(|one| !blockers(&survey, one).is_empty()));
        let all = recommendations(&definitions, &survey, &Awaited::new());
        prop_assert!(all.iter().all(|next| next.action != NextAction::Claim));
    }
}

#[test]
fn tasks_come_by_priority_then_sequence_then_age() {
    let definitions = definitions();
    let survey = Survey::new(&definitions, &History::default(), &BTreeSet::new(), now());
    let order: Vec<&str> = survey.tasks.iter().map(|one| one.task.id.as_str()).collect();
    assert_eq!(order, ["soon", "late", "old", "low", "waits"]);
}

#[test]
fn a_task_for_everybody_is_offered_once_and_to_no_reviewer() {
    let text =
        "queue:\n  roles: {A: , B: , D: {reviewer: true}}\n  tasks:\n    - {id: any, title: T}\n";
    let file = Path::new("switchyard.yaml");
    let written = config::parse::<Written>(file, text).unwrap().unwrap();
    let definitions = crate::rules::validate::check(file, written);
    let survey = Survey::new(&definitions, &History::default(), &BTreeSet::new(), now());
    let actions: Vec<NextAction> = recommendations(&definitions, &survey, &Awaited::new())
        .iter()
        .map(|next| next.action)
        .collect();
    assert_eq!(actions, [NextAction::Claim, NextAction::Wait, NextAction::Wait]);
    let change = StatusChange {
        to: TaskState::Blocked,
        reason: None,
        owner: None,
        branch: None,
        commit: None,
        reopened: false,
    };
    let mut blocked = QueueEvent::blank(1, now(), "lead".into(), "any".parse().unwrap(), "status");
    blocked.status = Some(change);
    let history = History { events: vec![blocked], ..History::default() };
    let survey = Survey::new(&definitions, &history, &BTreeSet::new(), now());
    let all = recommendations(&definitions, &survey, &Awaited::new());
    assert!(all.iter().all(|next| next.action == NextAction::Wait), "{all:?}");
}
