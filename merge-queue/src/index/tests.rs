//! With and without the index, a journal amounts to the same.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use proptest::prelude::*;
use records::{
    Handoff, Landed, QueueEvent, Release, Stamp, StatusChange, TaskClaim, TaskId, TaskState,
};
use testkit::Scratch;

use super::packed::QUEUE;
use super::{Index, update};
use crate::rules::account::{self, Account};

fn stamp(ms: i64) -> Stamp {
    Stamp::of_millisecond(1_780_000_000_000 + ms).unwrap()
}

fn commit(number: u8) -> String {
    format!("{number:040x}")
}

/// An event of any sort about one of a few tasks, or about the whole queue.
fn event() -> impl Strategy<Value = QueueEvent> {
    (0..6_u8, 0..12_u8, 0..5_u8, any::<bool>(), 0..1000_i64).prop_map(
        |(task, sort, number, yes, at)| {
            let actor = if yes { "lead".into() } else { "J\u{fc}rgen \"x\"".to_owned() };
            let mut event = QueueEvent::of_queue(0, stamp(at), actor, "note");
            event.task = (task > 0).then(|| format!("t{task}").parse().unwrap());
            match sort {
                0 | 1 => {
                    event.kind = "claimed".into();
                    event.claim = Some(TaskClaim {
                        role: "A".into(),
                        owner: format!("o{number}"),
                        since: stamp(at),
                        until: stamp(at + 60_000),
                        preflight: None,
                        took_over: None,
                    });
                }
                2 => event.release = Some(Release { owner: "o1".into(), reason: None }),
                3 | 4 => {
                    let states = [TaskState::Todo, TaskState::Blocked, TaskState::Done];
                    event.status = Some(StatusChange {
                        to: states[usize::from(number) % 3],
                        reason: yes.then(|| "why".into()),
                        owner: None,
                        branch: None,
                        commit: yes.then(|| commit(number)),
                        reopened: number == 4,
                    });
                }
                5 | 6 => {
                    event.handoff = Some(Handoff {
                        owner: "A".into(),
                        model: None,
                        branch: "b".into(),
                        commit: commit(number),
                        commands: Vec::new(),
                        results: Vec::new(),
                        changed_files: Vec::new(),
                        risks: Vec::new(),
                        next_step: None,
                    });
                }
                7..=9 => {
                    event.kind = if yes { "landed".into() } else { "landing".into() };
                    event.landed = Some(Landed {
                        commit: commit(number),
                        branch: "b".into(),
                        base: "main".into(),
                        base_before: commit(9),
                        base_after: commit(number),
                        strategy: "no-ff".into(),
                        remote: None,
                        batch: None,
                        verified: None,
                    });
                }
                _ => {}
            }
            event
        },
    )
}

/// One line, now and then behind a blank one and the trace of an append that broke off.
fn lines(events: &[QueueEvent]) -> Vec<String> {
    let numbered = (1..).zip(events).map(|(seq, event)| QueueEvent { seq, ..event.clone() });
    let line = |event: QueueEvent| {
        let line = serde_json::to_string(&event).unwrap();
        match event.seq % 5 {
            3 => format!("\n{line}\n"),
            4 => format!("{}\n{line}\r\n", line.get(..20).unwrap()),
            _ => format!("{line}\n"),
        }
    };
    numbered.map(line).collect()
}

fn sync(scratch: &Scratch) -> Index {
    let (journal, path) = (scratch.path("queue.jsonl"), scratch.path("queue.db"));
    update::sync(&journal, &path).unwrap().unwrap()
}

/// The accounts by reading all of the journal.
fn accounts(journal: &Path) -> HashMap<String, Account> {
    let mut accounts: HashMap<String, Account> = HashMap::new();
    for (_, event) in journal::load::<QueueEvent>(journal).unwrap().records {
        let key = event.task.as_ref().map_or(QUEUE, |task| task.as_str());
        accounts.entry(key.into()).or_default().take_in(&event);
    }
    accounts
}

/// Compares everything that the index answers with what a reader of all of the journal finds.
fn same(index: &mut Index, journal: &Path, tip: &str, reached: &BTreeSet<String>) {
    assert_eq!(index.accounts().unwrap(), accounts(journal));
    let loaded = journal::load::<QueueEvent>(journal).unwrap();
    let all: Vec<QueueEvent> = loaded.records.into_iter().map(|(_, event)| event).collect();
    assert_eq!(index.events(), all.len() as u64);
    assert_eq!(index.remarks().count(), loaded.damaged.len());
    let ask = |commits: &BTreeSet<&str>| -> Result<BTreeSet<String>, ()> {
        // The tips are ancestors of each other.
        let there = commits.iter().filter(|commit| reached.contains(**commit) || commit.len() < 40);
        Ok(there.map(|commit| (*commit).to_owned()).collect())
    };
    let stands = account::stands(&all, reached);
    assert_eq!(index.stands(Some(tip), true, ask).unwrap(), Ok(stands));
    let ended: BTreeSet<&str> = all
        .iter()
        .filter(|event| event.kind == "landed")
        .filter_map(|event| event.landed.as_ref().map(|landed| landed.base_after.as_str()))
        .collect();
    for task in ["t1", "t2", "nobody"] {
        let task: TaskId = task.parse().unwrap();
        let open = |event: &&QueueEvent| {
            let landing = event.landed.as_ref().filter(|_| event.kind == "landing");
            let open = landing.is_some_and(|landing| !ended.contains(landing.base_after.as_str()));
            open || event.task.as_ref().is_none_or(|of| *of == task)
        };
        let events = index.events_of(&BTreeSet::from([&task])).unwrap();
        // A landing that began again after it had ended may be there besides.
        let found: Vec<&QueueEvent> = events.iter().filter(open).collect();
        assert_eq!(found, all.iter().filter(open).collect::<Vec<_>>());
        assert!(events.iter().all(|event| open(&event) || event.kind == "landing"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any prefix of any journal, reached in any steps, while the base moves on.
    #[test]
    fn any_prefix_is_the_same_with_and_without_it(
        events in proptest::collection::vec(event(), 1..40),
        steps in proptest::collection::vec(1..12_usize, 1..6),
    ) {
        let scratch = Scratch::in_memory();
        let lines = lines(&events);
        let mut until = 0;
        let mut reached = BTreeSet::new();
        for (step, number) in steps.into_iter().zip(0_u8..) {
            until = (until + step).min(lines.len());
            let journal = scratch.write("queue.jsonl", lines[..until].concat());
            reached.insert(commit(number % 5));
            let tip = format!("tip{number}");
            same(&mut sync(&scratch), &journal, &tip, &reached);
            // Once more from what is kept, and made anew.
            same(&mut sync(&scratch), &journal, &tip, &reached);
            let kept = std::fs::read(scratch.path("queue.db")).unwrap();
            std::fs::remove_file(scratch.path("queue.db")).unwrap();
            same(&mut sync(&scratch), &journal, &tip, &reached);
            scratch.write("queue.db", kept);
        }
    }
}

#[test]
fn accounts_are_spread_over_more_pieces_as_they_become_more() {
    let scratch = Scratch::in_memory();
    let note = |number: u64| {
        let task = format!("task-{number}").parse().unwrap();
        QueueEvent::blank(number, stamp(0), "lead".into(), task, "note")
    };
    let mut text = String::new();
    let mut spread = BTreeSet::new();
    for number in 1..=3000 {
        text.push_str(&serde_json::to_string(&note(number)).unwrap());
        text.push('\n');
        if number % 300 == 0 {
            let journal = scratch.write("queue.jsonl", &text);
            let mut index = sync(&scratch);
            spread.insert(index.header.spread);
            assert_eq!(index.accounts().unwrap(), accounts(&journal));
        }
    }
    assert!(spread.len() > 1, "{spread:?}");
}
