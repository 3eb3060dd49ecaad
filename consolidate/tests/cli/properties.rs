//! Any shards and any history.

use std::fs;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::project::{HISTORY, Project, entry, text};

/// A line of a shard, and whether it is an entry.
#[derive(Debug, Clone)]
enum Line {
    /// Its instant follows from its id, so equal ids are equal entries.
    Entry {
        id: u32,
    },
    /// Without an id: every one counts.
    Anonymous {
        second: u32,
    },
    Bad(Vec<u8>),
    Blank,
}

fn line() -> impl Strategy<Value = Line> {
    prop_oneof![
        6 => (0..30_u32).prop_map(|id| Line::Entry { id }),
        2 => (0..50_u32).prop_map(|second| Line::Anonymous { second }),
        1 => proptest::collection::vec(any::<u8>().prop_filter("one line", |b| *b != b'\n'), 1..20)
            .prop_map(Line::Bad),
        1 => Just(Line::Blank),
    ]
}

fn bytes(line: &Line) -> Vec<u8> {
    match line {
        Line::Entry { id } => entry(id * 7 % 50, &format!("i{id}")).into_bytes(),
        Line::Anonymous { second } => {
            format!("{{\"timestamp\":\"2026-01-24T18:00:{:02}+00:00\"}}", second % 60).into_bytes()
        }
        // Never an object, never blank.
        Line::Bad(bytes) => [b"!".as_slice(), bytes].concat(),
        Line::Blank => b"  ".to_vec(),
    }
}

fn second_of(line: &str) -> u32 {
    let (_, after) = line.split_once("T18:00:").unwrap();
    after.get(..2).unwrap().parse().unwrap()
}

#[test]
fn one_run_keeps_every_entry_once_in_order_and_a_second_one_changes_nothing() {
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    let shards = proptest::collection::vec(proptest::collection::vec(line(), 0..12), 0..5);
    let history = proptest::collection::vec((0..30_u32, any::<bool>()), 0..20);
    let outcome = TestRunner::new(config).run(&(shards, history), |(shards, history)| {
        let project = Project::new();
        let mut old: Vec<String> = history
            .iter()
            .map(|(id, named)| {
                let line =
                    if *named { Line::Entry { id: *id } } else { Line::Anonymous { second: *id } };
                String::from_utf8(bytes(&line)).unwrap()
            })
            .collect();
        old.sort_by_key(|line| second_of(line));
        old.dedup();
        project.history(text(&old));

        let (mut entries, mut rejects) = (old, Vec::new());
        for (number, shard) in shards.iter().enumerate() {
            let mut content = Vec::new();
            for line in shard {
                let bytes = bytes(line);
                content.extend_from_slice(&bytes);
                content.push(b'\n');
                match line {
                    Line::Entry { .. } => {
                        let text = String::from_utf8(bytes).unwrap();
                        if !entries.contains(&text) {
                            entries.push(text);
                        }
                    }
                    Line::Anonymous { .. } => entries.push(String::from_utf8(bytes).unwrap()),
                    Line::Bad(_) => rejects.push(bytes),
                    Line::Blank => {}
                }
            }
            project.shard(&format!("{number}.jsonl"), content);
        }
        let before = project.seen();
        let run = project.fold();
        prop_assert_eq!(project.seen(), before);
        prop_assert_eq!(run.quarantined, rejects.len() as u64);

        let lines = project.lines();
        prop_assert!(lines.is_sorted_by_key(|line| second_of(line)));
        let mut sorted = lines;
        sorted.sort();
        entries.sort();
        prop_assert_eq!(sorted, entries);
        let mut kept = project.quarantined();
        kept.sort();
        rejects.sort();
        prop_assert_eq!(kept, rejects);

        let after = fs::read(project.path(HISTORY)).unwrap();
        let again = project.fold();
        prop_assert_eq!((again.shards, again.bytes_written), (0, 0));
        prop_assert_eq!(fs::read(project.path(HISTORY)).unwrap(), after);
        Ok(())
    });
    outcome.unwrap();
}
