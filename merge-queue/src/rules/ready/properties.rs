//! Properties of the decision: what weakens a task never turns a no into a yes.

mod world;

use std::collections::BTreeSet;

use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;
use records::{EvidenceResult, EvidenceSource, Landed, QueueEvent, ReviewStatus, TaskState};

use super::{Facts, History, Question, readiness};
use crate::rules::definitions::{Definitions, Strategy as Way};
use crate::rules::facts::{Branched, Coordinator, Merge, Relation, Rules};
use crate::rules::people::Person;
use crate::rules::policy;
use world::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn what_was_sent_back_is_not_ready_until_it_is_handed_over_again(
        events in history(), version in select(vec!["1", "2"]), why in why()
    ) {
        let facts = facts("1");
        let before = decide(events.clone(), &facts, Way::NoFf);
        let mut sent_back = events;
        sent_back.push(returned(version, why));
        let answer = decide(sent_back.clone(), &facts, Way::NoFf);
        prop_assert!(!answer.ready);
        prop_assert!(answer.reasons.iter().any(|reason| reason.code == "returned"));
        // Nothing but a handoff changes that, and a handoff of the same takes nothing else away.
        sent_back.extend(enough().into_iter().filter(|event| event.handoff.is_none()));
        prop_assert!(!decide(sent_back.clone(), &facts, Way::NoFf).ready);
        sent_back.push(handoff("1", "A", Some("opus")));
        let again = decide(sent_back, &facts, Way::NoFf);
        prop_assert!(again.ready || !before.ready, "{again:?}");
    }

    #[test]
    fn what_weakens_a_task_never_turns_a_no_into_a_yes(
        events in history(), weak in weakening(), at in 0_usize..10
    ) {
        // The model rule is about a known model: the task was implemented by one.
        let mut events = events;
        events.insert(0, handoff("1", "A", Some("opus")));
        let facts = facts("1");
        let mut weaker = events.clone();
        weaker.insert(at.min(weaker.len()), weak);
        let (before, after) = (
            decide(events, &facts, Way::NoFf),
            decide(weaker, &facts, Way::NoFf),
        );
        prop_assert!(before.ready || !after.ready, "{before:?}\n{after:?}");
    }

    /// An edit of the definitions that asks for more, made to those that ask for as little as they can.
    #[test]
    fn a_stricter_project_never_turns_a_no_into_a_yes(
        events in history(), declared in any::<bool>(), stricter in 0_usize..8
    ) {
        let mut lax = definitions();
        lax.policy.evidence = policy::Evidence::Optional;
        lax.policy.declared = policy::Declared::Counts;
        lax.policy.reviewers = policy::Reviewers::Shared;
        lax.tasks[0].acceptance_checks.clear();
        let mut events = events;
        if declared {
            events.push(evidence("1", EvidenceResult::Pass, EvidenceSource::Declared));
        }
        let mut strict = lax.clone();
        match stricter {
            0 => strict.policy.evidence = policy::Evidence::Required,
            1 => strict.policy.declared = policy::Declared::Ignored,
            2 => strict.policy.reviewers = policy::Reviewers::Distinct,
            3 => strict.policy.same_model = policy::SameModel::Never,
            4 => strict.routes[0].roles.push("E".into()),
            5 => strict.tasks[0].depends_on.push("u".parse().unwrap()),
            6 => strict.roles.get_mut("A").unwrap().model = Some("gemini".into()),
            _ => strict.tasks[0].role = Some("E".into()),
        }
        let facts = facts("1");
        let before = decide_by(&lax, events.clone(), &facts, Way::NoFf);
        let after = decide_by(&strict, events, &facts, Way::NoFf);
        prop_assert!(before.ready || !after.ready, "{before:?}\n{after:?}");
    }

    /// Whichever events are lost, and whatever is recorded afterwards: what speaks for the task then was all
    /// recorded afterwards.
    #[test]
    fn after_a_loss_only_what_is_recorded_afresh_speaks_for_a_task(
        events in history(),
        kept in proptest::collection::vec(any::<bool>(), 12),
        later in history(),
        optional in any::<bool>(),
    ) {
        let mut definitions = definitions();
        if optional {
            definitions.policy.evidence = policy::Evidence::Optional;
            definitions.tasks[0].acceptance_checks.clear();
        }
        let decide = |events: &[QueueEvent]| {
            decide_by(&definitions, events.to_vec(), &facts("1"), Way::NoFf).ready
        };
        let mut left: Vec<QueueEvent> =
            events.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(event, _)| event).collect();
        left.push(loss());
        prop_assert!(!decide(&left));
        left.push(lifted());
        left.extend(later.clone());
        prop_assert!(!decide(&left) || decide(&later));
    }

    #[test]
    fn one_more_check_never_turns_a_no_into_a_yes(events in history(), check in "[a-z]{1,3}") {
        let mut more = definitions();
        more.tasks[0].acceptance_checks.push(check);
        let facts = facts("1");
        let before = decide(events.clone(), &facts, Way::NoFf);
        let after = decide_by(&more, events, &facts, Way::NoFf);
        prop_assert!(before.ready || !after.ready, "{before:?}\n{after:?}");
    }

    #[test]
    fn an_edited_line_needs_checks_and_reviews_again(events in history()) {
        let mut events = events;
        // Whatever was said about other content, and even when the new commit is handed over.
        events.push(handoff("3", "A", None));
        let answer = decide(events, &facts("3"), Way::NoFf);
        prop_assert!(!answer.ready);
        let codes: Vec<&str> = answer.reasons.iter().map(|r| r.code.as_str()).collect();
        prop_assert!(codes.contains(&"check_not_run"), "{codes:?}");
    }

    #[test]
    fn a_worse_world_never_turns_a_no_into_a_yes(events in history(), worse in 0_usize..12) {
        let good = facts("1");
        let mut bad = good.clone();
        let mut strategy = Way::NoFf;
        let branched = |change: &dyn Fn(&mut Branched)| {
            let mut branched = good.branched().unwrap().clone();
            change(&mut branched);
            Relation::Branched(branched)
        };
        match worse {
            0 => bad.base_commit = None,
            1 => { bad.head = None; bad.relation = Relation::Unknown; }
            2 => bad.relation = Relation::Unrelated,
            3 => bad.relation = Relation::Several(vec!["a".into(), "b".into()]),
            4 => bad.coordinator = Some(Coordinator { dirt: vec!["x".into()], hidden: Vec::new() }),
            5 => bad.relation = branched(&|b| b.merge = Merge::Conflict(vec!["docs/a.md".into()])),
            6 => {
                strategy = Way::FfOnly;
                bad.relation = branched(&|b| b.merge_base = "older".into());
            }
            7 => bad.relation = branched(&|b| {
                let paths = vec![b"docs/a.md".to_vec(), b"src/other.rs".to_vec()];
                b.merge = Merge::Clean { tree: "merged".into(), paths };
            }),
            8 => bad.rules = Rules::Other(vec!["tasks.yaml".into()]),
            9 => bad.rules = Rules::Unknown,
            10 => bad.relation = Relation::CutOff,
            _ => bad.relation = branched(&|b| { b.people.extend(REVIEWERS.map(|name| Person::new(name.as_bytes(), b""))); }),
        }
        prop_assert!(!decide(events, &bad, strategy).ready);
    }

    #[test]
    fn the_same_question_has_the_same_answer(events in history()) {
        let facts = facts("1");
        let first = decide(events.clone(), &facts, Way::NoFf);
        prop_assert_eq!(&first, &decide(events, &facts, Way::NoFf));
        // Every no says why.
        prop_assert_eq!(first.ready, first.reasons.is_empty());
        prop_assert_eq!(first.ready, first.conditions.iter().all(|c| c.met));
    }
}

#[test]
fn enough_is_enough_and_any_of_it_less_is_not() {
    let facts = facts("1");
    assert!(decide(enough(), &facts, Way::NoFf).ready);
    assert!(decide(enough(), &facts, Way::FfOnly).ready);
    for left_out in 0..enough().len() {
        let mut events = enough();
        events.remove(left_out);
        assert!(!decide(events, &facts, Way::NoFf).ready, "{left_out}");
    }
}

#[test]
fn the_newest_run_and_the_newest_handoff_count() {
    let facts = facts("1");
    let failed = || evidence("1", EvidenceResult::Fail, EvidenceSource::Ran);
    for (event, code) in
        [(failed(), "check_failed"), (handoff("2", "A", None), "handoff_other_commit")]
    {
        let mut earlier = enough();
        earlier.insert(0, event.clone());
        assert!(decide(earlier, &facts, Way::NoFf).ready, "{code}");
        let mut later = enough();
        later.push(event);
        let answer = decide(later, &facts, Way::NoFf);
        let codes: Vec<&str> = answer.reasons.iter().map(|r| r.code.as_str()).collect();
        assert_eq!(codes, [code]);
    }
}

#[test]
fn the_order_of_the_journal_decides_and_not_the_clock() {
    let facts = facts("1");
    let request = || review("1", "D", "else", None, ReviewStatus::ChangesRequested);
    for at in [AT, "2020-01-01T00:00:00.000Z", "2030-01-01T00:00:00.000Z"] {
        let at = at.parse().unwrap();
        let mut later = enough();
        later.push(QueueEvent { at, ..request() });
        let answer = decide(later, &facts, Way::NoFf);
        assert!(!answer.ready && answer.reasons.iter().any(|r| r.code == "changes_requested"));
        let mut earlier = enough();
        earlier.insert(0, QueueEvent { at, ..request() });
        assert!(decide(earlier, &facts, Way::NoFf).ready);
    }
}

#[test]
fn a_request_by_a_role_that_no_route_demands_counts_too() {
    let mut events = enough();
    events.push(review("1", "F", "else", None, ReviewStatus::ChangesRequested));
    assert!(!decide(events.clone(), &facts("1"), Way::NoFf).ready);
    // The implementer cannot take it back; somebody else in that role can.
    events.push(review("1", "F", "Ada", None, ReviewStatus::Approved));
    assert!(!decide(events.clone(), &facts("1"), Way::NoFf).ready);
    events.push(review("1", "F", "else", None, ReviewStatus::Approved));
    assert!(decide(events, &facts("1"), Way::NoFf).ready);
}

#[test]
fn a_blocked_task_is_not_ready_until_somebody_says_otherwise() {
    let mut events = enough();
    events.push(status(TaskState::Blocked));
    let codes = |events: &[QueueEvent]| -> Vec<String> {
        let answer = decide(events.to_vec(), &facts("1"), Way::NoFf);
        answer.reasons.into_iter().map(|reason| reason.code).collect()
    };
    assert_eq!(codes(&events), ["task_blocked"]);
    // Nothing else lifts it.
    events.extend(enough());
    events.push(claim("A", "A"));
    assert_eq!(codes(&events), ["task_blocked"]);
    events.push(status(TaskState::InProgress));
    assert_eq!(codes(&events), [""; 0]);
}

#[test]
fn what_was_recorded_before_a_loss_does_not_count_and_what_speaks_against_the_task_does() {
    let codes = |events: &[QueueEvent]| -> Vec<String> {
        let answer = decide(events.to_vec(), &facts("1"), Way::NoFf);
        answer.reasons.into_iter().map(|reason| reason.code).collect()
    };
    let mut events = enough();
    events.push(review("1", "F", "else", None, ReviewStatus::ChangesRequested));
    events.push(loss());
    assert_eq!(
        codes(&events),
        [
            "before_loss",
            "before_loss",
            "before_loss",
            "before_loss",
            "changes_requested",
            "task_blocked"
        ]
    );
    events.push(lifted());
    let fresh = enough();
    for (count, left) in [(1, 4), (2, 3), (3, 2), (4, 1)] {
        events.push(fresh[count - 1].clone());
        assert_eq!(codes(&events).len(), left, "{count}");
    }
    assert_eq!(codes(&events), ["changes_requested"]);
    events.push(review("1", "F", "else", None, ReviewStatus::Approved));
    assert_eq!(codes(&events), [""; 0]);
    // Once more, and with it the request: that it was resolved is no longer known.
    events.push(loss());
    assert_eq!(codes(&events).len(), 6);
}

#[test]
fn a_dependency_that_may_have_been_opened_again_is_not_done() {
    let mut definitions = definitions();
    definitions.tasks[0].depends_on.push("u".parse().unwrap());
    let of_dependency = |event: QueueEvent| QueueEvent { task: "u".parse().ok(), ..event };
    let done = || {
        let mut event = status(TaskState::Done);
        event.status.as_mut().unwrap().commit = Some("landed".into());
        of_dependency(event)
    };
    let landed = || {
        let landed = Landed {
            commit: "commit-1".into(),
            branch: "b".into(),
            base: "main".into(),
            base_before: "before".into(),
            base_after: "landed".into(),
            strategy: "no-ff".into(),
            remote: None,
            batch: None,
            verified: None,
        };
        of_dependency(QueueEvent { landed: Some(landed), ..blank("landed") })
    };
    let facts = Facts { reached: BTreeSet::from(["landed".to_owned()]), ..facts("1") };
    let codes = |first: &[QueueEvent]| -> Vec<String> {
        let events = first.iter().cloned().chain(enough()).collect();
        let answer = decide_by(&definitions, events, &facts, Way::NoFf);
        answer.reasons.into_iter().map(|reason| reason.code).collect()
    };
    assert_eq!(codes(&[landed()]), [""; 0]);
    assert_eq!(codes(&[landed(), of_dependency(loss())]), ["before_loss"]);
    assert_eq!(codes(&[landed(), of_dependency(loss()), done()]), [""; 0]);
    assert_eq!(codes(&[done(), of_dependency(loss())]), ["dependency_open"]);
    assert_eq!(codes(&[done(), of_dependency(loss()), done()]), [""; 0]);
}

#[test]
fn a_damaged_journal_or_a_mistake_in_the_definitions_is_never_ready() {
    let mistake = || records::merge_queue::Mistake {
        code: "journal_damaged".into(),
        file: "queue.jsonl".into(),
        line: 3,
        column: 0,
        message: "not JSON".into(),
    };
    let mut definitions = definitions();
    let mut history = History { events: enough(), ..History::default() };
    let facts = facts("1");
    let ask = |definitions: &Definitions, history: &History| {
        let task = definitions.task("t").unwrap();
        let strategy = Way::NoFf;
        readiness(Question { definitions, task, history, facts: &facts, strategy })
    };
    assert!(ask(&definitions, &history).ready);
    history.damage.push(mistake());
    assert_eq!(ask(&definitions, &history).reasons[0].code, "journal_damaged");
    history.damage.clear();
    definitions.mistakes.push(mistake());
    assert_eq!(ask(&definitions, &history).reasons[0].code, "definitions_invalid");
}
