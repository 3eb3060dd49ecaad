//! Whatever is asked in whatever order: a task has one owner at a time, and what speaks against a
//! claim is never forgotten.

use std::path::Path;
use std::time::Duration;

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;
use records::{QueueEvent, Stamp, StatusChange, TaskId, TaskState};

use super::{Answer, Claimant, Scene, claim, release, renew};
use crate::rules::definitions::{Definitions, Written};
use crate::rules::standing::Standing;

fn definitions() -> Definitions {
    let text = "queue:\n  roles: {A: , B: }\n  tasks:\n    - {id: t, title: T, role: A, depends_on: [d]}\n    - {id: d, title: D}\n";
    let file = Path::new("switchyard.yaml");
    crate::rules::validate::check(file, config::parse::<Written>(file, text).unwrap().unwrap())
}

fn at(seconds: u64) -> Stamp {
    let begin: Stamp = "2026-01-24T18:30:45Z".parse().unwrap();
    begin.after(Duration::from_secs(seconds)).unwrap()
}

/// What somebody asks for, and how many seconds after the request before.
#[derive(Debug, Clone)]
enum Request {
    Claim { owner: &'static str, role: &'static str, lease: u64, open: bool, done: bool },
    Renew { owner: &'static str, lease: u64 },
    Release { owner: &'static str },
    Say(TaskState),
}

fn owner() -> impl Strategy<Value = &'static str> {
    select(&["x", "y", "z"][..])
}

fn request() -> impl Strategy<Value = Request> {
    let state = select(&[TaskState::Todo, TaskState::Blocked, TaskState::InProgress][..]);
    let role = select(&["A", "A", "A", "B", "none"][..]);
    prop_oneof![
        4 => (owner(), role, 1..9_u64, any::<u8>(), any::<u8>()).prop_map(|(owner, role, lease, open, done)| {
            Request::Claim { owner, role, lease, open: open < 40, done: done < 20 }
        }),
        2 => (owner(), 1..9_u64).prop_map(|(owner, lease)| Request::Renew { owner, lease }),
        2 => owner().prop_map(|owner| Request::Release { owner }),
        1 => state.prop_map(Request::Say),
    ]
}

proptest! {
    #[test]
    fn a_task_has_one_owner_at_a_time(requests in proptest::collection::vec((request(), 0..6_u64), 0..60)) {
        let definitions = definitions();
        let task = definitions.task("t").unwrap();
        let dependency: TaskId = "d".parse().unwrap();
        let mut events: Vec<QueueEvent> = Vec::new();
        let mut clock = 0;
        for (request, seconds) in requests {
            clock += seconds;
            let now = at(clock);
            let standing = Standing::of(events.iter());
            let held = standing.live(now).map(|held| held.claim.owner.clone());
            let seq = events.len() as u64 + 1;
            let mut event = QueueEvent::blank(seq, now, "lead".into(), task.id.clone(), "");
            let mut scene =
                Scene { definitions: &definitions, task, standing: &standing, done: None, open: &[], now };
            let answer = match request {
                Request::Claim { owner, role, lease, open, done } => {
                    let waits = [&dependency];
                    scene.open = if open { &waits } else { &[] };
                    scene.done = done.then_some(1);
                    let lease = Duration::from_secs(lease);
                    let answer = claim(scene, Claimant { role, owner, lease }, Ok(None));
                    if let Answer::Granted(claim) = &answer {
                        prop_assert!(role == "A" && !open && !done && held.is_none());
                        prop_assert!(standing.blocked().is_none());
                        prop_assert_eq!(claim.took_over.is_some(), standing.lapsed(now).is_some_and(|old| old.claim.owner != owner));
                        prop_assert!(claim.until > now);
                    }
                    if let Answer::Holds(_) = &answer {
                        prop_assert_eq!(held.as_deref(), Some(owner));
                    }
                    if held.as_deref() == Some(owner) && role == "A" {
                        prop_assert!(matches!(answer, Answer::Holds(_)));
                    }
                    answer.put(&mut event.claim)
                }
                Request::Renew { owner, lease } => {
                    let answer = renew(scene, owner, Duration::from_secs(lease));
                    prop_assert_eq!(matches!(answer, Answer::Granted(_)), held.as_deref() == Some(owner));
                    answer.put(&mut event.claim)
                }
                Request::Release { owner } => {
                    let answer = release(scene, owner, None);
                    let last = standing.claim.as_ref().map(|held| held.claim.owner.as_str());
                    prop_assert_eq!(matches!(answer, Answer::Granted(_)), last == Some(owner));
                    answer.put(&mut event.release)
                }
                Request::Say(to) => {
                    let change = StatusChange { to, reason: None, owner: None, branch: None, commit: None, reopened: false };
                    Answer::Granted(change).put(&mut event.status)
                }
            };
            match answer {
                Answer::Granted(()) => events.push(event),
                Answer::Holds(seq) => prop_assert!(events.iter().any(|event| event.seq == seq)),
                Answer::Refused(reasons) => prop_assert!(!reasons.is_empty()),
            }
            let whole = Standing::of(events.iter());
            let mut steps = standing;
            events.last().filter(|event| event.seq == seq).into_iter().for_each(|event| steps.apply(event));
            prop_assert_eq!(whole, steps, "one event more is the fold's next step");
        }
    }

    /// A reason against a claim stays one whatever else speaks against it.
    #[test]
    fn another_reason_never_takes_one_away(blocked: bool, open: bool, done: bool, unfit: bool, other: bool) {
        let definitions = definitions();
        let task = definitions.task("t").unwrap();
        let dependency: TaskId = "d".parse().unwrap();
        let waits = [&dependency];
        let codes = |on: [bool; 5]| -> Vec<String> {
            let [blocked, open, done, unfit, other] = on;
            let (none, mut standing) = (Standing::default(), Standing::default());
            let mut event = QueueEvent::blank(1, at(0), "lead".into(), task.id.clone(), "");
            let scene = |standing| Scene { definitions: &definitions, task, standing, done: None, open: &[], now: at(0) };
            if other {
                let lease = Duration::from_secs(9);
                let answer = claim(scene(&none), Claimant { role: "A", owner: "y", lease }, Ok(None));
                assert_eq!(answer.put(&mut event.claim), Answer::Granted(()));
            }
            if blocked {
                event.status = Some(StatusChange {
                    to: TaskState::Blocked, reason: None, owner: None, branch: None, commit: None, reopened: false,
                });
            }
            standing.apply(&event);
            let scene = Scene { done: done.then_some(1), open: if open { &waits } else { &[] }, ..scene(&standing) };
            let lane = if unfit { Err(vec![records::Reason::without_step("lane_dirty", "x")]) } else { Ok(None) };
            match claim(scene, Claimant { role: "A", owner: "x", lease: Duration::from_secs(1) }, lane) {
                Answer::Refused(reasons) => reasons.into_iter().map(|reason| reason.code).collect(),
                Answer::Granted(_) | Answer::Holds(_) => Vec::new(),
            }
        };
        let all = [blocked, open, done, unfit, other];
        let expected: usize = all.iter().filter(|on| **on).count();
        prop_assert_eq!(codes(all).len(), expected);
        for one in 0..5 {
            let mut fewer = all;
            fewer[one] = false;
            let (fewer, all) = (codes(fewer), codes(all));
            prop_assert!(fewer.iter().all(|code| all.contains(code)));
        }
    }
}
