//! What is left out when little is kept changes no answer.

use proptest::prelude::*;
use testkit::Scratch;

use super::*;
use crate::run::open;

/// Ids and instants are few, so that many are equal; some entries state none.
fn line() -> impl Strategy<Value = String> {
    let id = prop::sample::select(vec!["a", "b", "cc"]);
    let at = prop_oneof![
        8 => (0..6_u8).prop_map(|second| format!("\"2026-01-24T18:30:0{second}Z\"")),
        2 => Just("null".to_owned()),
    ];
    prop_oneof![
        9 => (id, at, 0..3_u8).prop_map(|(id, at, issue)| {
            format!("{{\"id\":\"{id}\",\"timestamp\":{at},\"issue_id\":{issue}}}")
        }),
        1 => Just("{\"id\":\"a\",\"timest".to_owned()),
        1 => Just(String::new()),
    ]
}

fn file(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(line().prop_map(|line| line + "\n"), 0..most)
        .prop_map(|lines| lines.concat())
}

#[derive(Debug)]
struct Files {
    history: String,
    older: Option<String>,
    shards: Vec<String>,
}

fn log() -> impl Strategy<Value = Files> {
    let older = prop::option::weighted(0.3, file(5));
    (file(7), older, prop::collection::vec(file(6), 0..4))
        .prop_map(|(history, older, shards)| Files { history, older, shards })
}

/// Long lines in front make a history of which not all is in memory.
fn written(logs: &[Files], scratch: &Scratch, pad: usize) -> Vec<Root> {
    let pad =
        format!("{{\"id\":\"{}\",\"timestamp\":\"2026-01-24T18:30:00Z\"}}\n", "p".repeat(pad));
    let write = |(number, log): (usize, &Files)| {
        let root = format!("p{number}");
        let logs = format!("{root}/logs");
        scratch.write(format!("{logs}/governance_history.jsonl"), pad.clone() + &log.history);
        if let Some(older) = &log.older {
            scratch.write(format!("{logs}/review_history.jsonl"), older);
        }
        for (number, shard) in log.shards.iter().enumerate() {
            scratch.write(format!("{logs}/active/s{number}.jsonl"), shard);
        }
        Root::at(scratch.path(root))
    };
    logs.iter().enumerate().map(write).collect()
}

fn shown(view: &View, places: &[Place]) -> Vec<(usize, String)> {
    let show =
        |place: &Place| (place.log, view.bytes(&place.place).unwrap().escape_ascii().to_string());
    places.iter().map(show).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn with_little_kept_the_same_entries_are_found(
        logs in prop::collection::vec(log(), 1..3),
        wanted in 0..9_usize,
        issue in 0..3_u64,
        pad in prop::sample::select(vec![0, 0, 100_000, 800_000]),
    ) {
        let scratch = Scratch::in_memory();
        let roots = written(&logs, &scratch, pad);
        let all = |filter: &Filter, wanted| {
            let (mut view, failed) = open(&roots, Reading::All, None);
            assert!(failed.is_none());
            let places = view.find(filter, wanted).unwrap();
            (shown(&view, &places), view.damages)
        };
        let (mut view, _) = open(&roots, Reading::Last(wanted), None);
        if let Some(places) = view.find_last(wanted) {
            let (expected, damages) = all(&Filter::default(), wanted);
            prop_assert_eq!(shown(&view, &places), expected);
            prop_assert_eq!(format!("{:?}", view.damages), format!("{damages:?}"));
        } else {
            prop_assert!(wanted > 0);
        }
        let filter = Filter { issues: vec![records::IssueNumber(issue)], ..Filter::default() };
        for wanted in [wanted, usize::MAX] {
            let (mut view, _) = open(&roots, Reading::Wanted(&filter), None);
            let places = view.find(&filter, wanted).unwrap();
            prop_assert_eq!(shown(&view, &places), all(&filter, wanted).0);
        }
        let matches = |reading| {
            let (mut view, _) = open(&roots, reading, None);
            let matches = view.find_id("c").unwrap();
            (shown(&view, &matches.places), matches.ids)
        };
        prop_assert_eq!(matches(Reading::Id("c")), matches(Reading::All));
    }
}

/// What is asked for most is found without falling back.
#[test]
fn the_last_few_of_a_long_log_are_found_with_little_kept() {
    let scratch = Scratch::new();
    let mut logs = testkit::Logs::seeded(7);
    logs.write_history(scratch.root(), 3000);
    logs.write_shards(scratch.root(), 20, 9);
    let roots = [Root::at(scratch.root())];
    let found = |reading| {
        let (mut view, _) = open(&roots, reading, None);
        let places = view.find_last(10).unwrap();
        let kept: usize = places.iter().filter(|p| matches!(p.place, Where::Memory(_))).count();
        (shown(&view, &places), kept)
    };
    let few = found(Reading::Last(10));
    assert_eq!(few, found(Reading::All));
    assert!(few.1 > 0);
}

#[test]
fn a_copy_stands_where_the_first_one_does_also_when_that_was_read_long_before() {
    let scratch = Scratch::new();
    let entry = |id: &str, second: u8| {
        format!("{{\"id\":\"{id}\",\"timestamp\":\"2026-01-24T18:30:0{second}Z\"}}\n")
    };
    let first = entry("b", 5) + &entry("a", 5);
    let log = |shards| Files { history: String::new(), older: None, shards };
    let logs = [log(vec![first, entry("c", 0).repeat(3) + &entry("b", 5)])];
    let roots = written(&logs, &scratch, 0);
    let found = |reading| {
        let (mut view, _) = open(&roots, reading, None);
        view.find_last(1).map(|places| shown(&view, &places))
    };
    let all = found(Reading::All).unwrap();
    assert!(all[0].1.contains(r#"id\":\"a"#), "{all:?}");
    assert_eq!(found(Reading::Last(1)).unwrap(), all);
}
