//! Tasks, journals and facts for the properties of readiness.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use records::{
    Evidence, EvidenceResult, EvidenceSource, Handoff, Loss, LostEvents, QueueEvent, Returned,
    ReturnedFor, Review, ReviewStatus, StatusChange, TaskClaim, TaskState,
};

use records::merge_queue::Readiness;

use super::super::{Facts, History, Question, readiness};
use crate::rules::definitions::{Definitions, Strategy as Way, Written};
use crate::rules::diff::{Change, Side};
use crate::rules::facts::{Branched, Coordinator, Head, Merge, Relation, Rules};
use crate::rules::mailmap::Mailmap;
use crate::rules::people::Person;

pub(super) const AT: &str = "2026-01-24T18:30:45.000Z";

pub(super) fn definitions() -> Definitions {
    let text = "queue:\n  roles:\n    A: {}\n    D: {reviewer: true}\n    E: {reviewer: true}\n  tasks:\n    - {id: t, title: T, role: A, acceptance_checks: [make test]}\n  routes:\n    - {globs: ['docs/**'], roles: [D]}\n    - {globs: ['**'], roles: [E]}\n";
    let file = Path::new("switchyard.yaml");
    crate::rules::validate::check(file, config::parse::<Written>(file, text).unwrap().unwrap())
}

/// A branch at commit, tree and digest `version` that merges cleanly.
pub(super) fn facts(version: &str) -> Facts {
    let side = Side { mode: 0o100_644, id: version.into() };
    let path = b"docs/a.md".to_vec();
    Facts {
        base: "origin/main".into(),
        base_commit: Some("base".into()),
        fetched: true,
        reference: Some("98-t".into()),
        head: Some(Head { commit: format!("commit-{version}"), tree: format!("tree-{version}") }),
        rules: Rules::OfBase,
        relation: Relation::Branched(Branched {
            merge_base: "base".into(),
            changes: vec![Change { path: path.clone(), old: None, new: Some(side) }],
            digest: format!("digest-{version}"),
            people: BTreeSet::from([Person::new(b"ada", b"")]),
            mailmap: Mailmap::default(),
            merge: Merge::Clean { tree: "merged".into(), paths: vec![path] },
        }),
        coordinator: Some(Coordinator::default()),
        reached: BTreeSet::new(),
    }
}

pub(super) fn blank(kind: &str) -> QueueEvent {
    QueueEvent::blank(0, AT.parse().unwrap(), "lead".into(), "t".parse().unwrap(), kind)
}

pub(super) fn evidence(
    version: &str,
    result: EvidenceResult,
    source: EvidenceSource,
) -> QueueEvent {
    let evidence = Evidence {
        command: "make test".into(),
        exit_status: Some(0),
        result,
        commit: format!("commit-{version}"),
        tree: Some(format!("tree-{version}")),
        started_at: AT.parse().unwrap(),
        duration_ms: 1,
        output_tail: String::new(),
        source,
        reason: None,
        note: None,
    };
    QueueEvent { evidence: Some(evidence), ..blank("evidence") }
}

pub(super) fn handoff(version: &str, owner: &str, model: Option<&str>) -> QueueEvent {
    let handoff = Handoff {
        owner: owner.into(),
        model: model.map(Into::into),
        branch: "98-t".into(),
        commit: format!("commit-{version}"),
        commands: Vec::new(),
        results: Vec::new(),
        changed_files: Vec::new(),
        risks: Vec::new(),
        next_step: None,
    };
    QueueEvent { handoff: Some(handoff), ..blank("handoff") }
}

pub(super) fn review(
    version: &str,
    role: &str,
    reviewer: &str,
    model: Option<&str>,
    status: ReviewStatus,
) -> QueueEvent {
    let review = Review {
        role: role.into(),
        reviewer: reviewer.into(),
        model: model.map(Into::into),
        status,
        commit: format!("commit-{version}"),
        diff_digest: format!("digest-{version}"),
        note: None,
        exception: None,
    };
    QueueEvent { review: Some(review), ..blank("review") }
}

pub(super) fn approval(version: &str, role: &str) -> QueueEvent {
    let reviewer = if role == "E" { "eve" } else { "somebody" };
    review(version, role, reviewer, Some("gemini"), ReviewStatus::Approved)
}

/// Everybody who ever approves anything here.
pub(super) const REVIEWERS: [&str; 3] = ["somebody", "else", "eve"];

/// A claim makes its owner an implementer.
pub(super) fn claim(role: &str, owner: &str) -> QueueEvent {
    let at = AT.parse().unwrap();
    let claim = TaskClaim {
        role: role.into(),
        owner: owner.into(),
        since: at,
        until: at,
        preflight: None,
        took_over: None,
    };
    QueueEvent { claim: Some(claim), ..blank("claimed") }
}

pub(super) fn returned(version: &str, why: ReturnedFor) -> QueueEvent {
    let returned = Returned {
        commit: format!("commit-{version}"),
        base: "base".into(),
        why,
        paths: Vec::new(),
        against: Vec::new(),
        command: None,
        reason: None,
        output_tail: String::new(),
    };
    QueueEvent { returned: Some(returned), ..blank("returned") }
}

pub(super) fn why() -> impl Strategy<Value = ReturnedFor> {
    use ReturnedFor::{Conflict, Paths, Reverted, VerifyFailed};
    select(vec![Conflict, VerifyFailed, Paths, Reverted])
}

pub(super) fn status(to: TaskState) -> QueueEvent {
    let (reason, owner, branch, commit) = (None, None, None, None);
    let change = StatusChange { to, reason, owner, branch, commit, reopened: false };
    QueueEvent { status: Some(change), ..blank("status") }
}

/// That events about the task are lost; it is written with the word that the task is blocked.
pub(super) fn loss() -> QueueEvent {
    let events = vec![LostEvents { first: 1, last: 1 }];
    let lost = Some(Loss { events, reason: "no copy".into() });
    QueueEvent { kind: "lost".into(), lost, ..status(TaskState::Blocked) }
}

/// What somebody says who has looked.
pub(super) fn lifted() -> QueueEvent {
    status(TaskState::InProgress)
}

/// Events that together make version 1 ready.
pub(super) fn enough() -> Vec<QueueEvent> {
    vec![
        evidence("1", EvidenceResult::Pass, EvidenceSource::Ran),
        handoff("1", "A", Some("opus")),
        approval("1", "D"),
        approval("1", "E"),
    ]
}

/// Any event that the tool may have recorded.
pub(super) fn anything() -> impl Strategy<Value = QueueEvent> {
    let version = select(vec!["1", "2"]);
    let role = select(vec!["A", "D", "E", "F"]);
    let person = select(vec!["A", "ada", "ADA", "somebody", "else"]);
    let model = select(vec![None, Some("opus"), Some("Opus"), Some("gemini")]);
    prop_oneof![
        (version.clone(), any::<bool>(), any::<bool>()).prop_map(|(version, pass, ran)| {
            let result = if pass { EvidenceResult::Pass } else { EvidenceResult::Fail };
            evidence(
                version,
                result,
                if ran { EvidenceSource::Ran } else { EvidenceSource::Declared },
            )
        }),
        (version.clone(), person.clone(), model.clone())
            .prop_map(|(version, owner, model)| handoff(version, owner, model)),
        (version, role, person, model, any::<bool>()).prop_map(
            |(version, role, person, model, approved)| {
                let status =
                    if approved { ReviewStatus::Approved } else { ReviewStatus::ChangesRequested };
                review(version, role, person, model, status)
            }
        ),
        (select(vec!["A", "D"]), select(vec!["A", "somebody", "new"]))
            .prop_map(|(role, owner)| claim(role, owner)),
        (select(vec!["1", "2"]), why()).prop_map(|(version, why)| returned(version, why)),
        select(vec![TaskState::Todo, TaskState::InProgress, TaskState::Blocked]).prop_map(status),
        Just(blank("note")),
    ]
}

/// Events that can only count against the task.
pub(super) fn weakening() -> impl Strategy<Value = QueueEvent> {
    let version = select(vec!["1", "2"]);
    let role = select(vec!["A", "D", "E", "F"]);
    let anybody = select(vec!["A", "ada", "somebody", "else"]);
    prop_oneof![
        version.clone().prop_map(|v| evidence(v, EvidenceResult::Fail, EvidenceSource::Ran)),
        version.clone().prop_map(|v| evidence(v, EvidenceResult::Pass, EvidenceSource::Declared)),
        version.clone().prop_map(|v| evidence(v, EvidenceResult::Fail, EvidenceSource::Declared)),
        Just(handoff("2", "A", None)),
        (select(vec!["1", "2"]), why()).prop_map(|(version, why)| returned(version, why)),
        (role.clone(), select(REVIEWERS.to_vec())).prop_map(|(role, owner)| claim(role, owner)),
        (version, role.clone(), anybody).prop_map(|(v, role, who)| review(
            v,
            role,
            who,
            None,
            ReviewStatus::ChangesRequested
        )),
        role.clone().prop_map(|role| review("2", role, "else", None, ReviewStatus::Approved)),
        role.clone().prop_map(|role| review("1", role, "Ada", None, ReviewStatus::Approved)),
        role.prop_map(|role| review("1", role, "else", Some("OPUS"), ReviewStatus::Approved)),
        Just(status(TaskState::Blocked)),
        Just(loss()),
    ]
}

pub(super) fn decide(events: Vec<QueueEvent>, facts: &Facts, strategy: Way) -> Readiness {
    decide_by(&definitions(), events, facts, strategy)
}

pub(super) fn decide_by(
    definitions: &Definitions,
    events: Vec<QueueEvent>,
    facts: &Facts,
    strategy: Way,
) -> Readiness {
    let mut history = History { events, ..History::default() };
    for (event, seq) in history.events.iter_mut().zip(1..) {
        event.seq = seq;
    }
    let task = definitions.task("t").unwrap();
    readiness(Question { definitions, task, history: &history, facts, strategy })
}

/// Most of what is enough, in any order, among a few other events: often a yes, and a no for want
/// of one thing still more often.
pub(super) fn history() -> impl Strategy<Value = Vec<QueueEvent>> {
    let most = proptest::collection::vec(0_usize..4, 3..7)
        .prop_map(|picks| picks.into_iter().filter_map(|pick| enough().into_iter().nth(pick)));
    let few = proptest::collection::vec((anything(), 0_usize..8), 0..3);
    (most, few).prop_map(|(most, few)| {
        let mut events: Vec<QueueEvent> = most.collect();
        for (event, at) in few {
            events.insert(at.min(events.len()), event);
        }
        events
    })
}
