//! What `--damage` does, and what it says it did.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::{HISTORY, bytes, lines, made};

const KINDS: [&str; 6] = ["torn", "glued", "nul", "encoding", "scalar", "conflict"];

fn is_object(line: &[u8]) -> bool {
    serde_json::from_slice::<Value>(line).is_ok_and(|value| value.is_object())
}

#[test]
fn the_record_names_every_line_that_is_no_entry_and_no_other() {
    let (log, printed) = made(&["--bytes", "2MB", "--damage", "0.1"]);
    let record: Vec<Value> = lines(&bytes(&log, "damage.jsonl"))
        .iter()
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(printed["damaged"], record.len());
    let mut kinds: HashMap<&str, u64> = HashMap::new();
    for place in &record {
        assert_eq!(place["file"], HISTORY);
        *kinds.entry(place["kind"].as_str().unwrap()).or_default() += 1;
    }
    assert!(KINDS.iter().all(|kind| kinds.contains_key(kind)), "{kinds:?}");
    let recorded: HashSet<u64> =
        record.iter().map(|place| place["line"].as_u64().unwrap()).collect();
    let history = bytes(&log, HISTORY);
    let odd: HashSet<u64> =
        (1..).zip(lines(&history)).filter(|(_, line)| !is_object(line)).map(|(n, _)| n).collect();
    assert_eq!(recorded, odd);
    let lost: u64 = record.iter().map(|place| place["entries"].as_u64().unwrap()).sum();
    let readable = lines(&history).iter().filter(|line| is_object(line)).count() as u64;
    assert_eq!(printed["entries"].as_u64().unwrap(), readable + lost);
    assert_eq!(printed["lines"], lines(&history).len());
}

#[test]
fn the_lines_that_are_not_damaged_are_those_of_the_log_without_damage() {
    let (damaged, one) = made(&["--bytes", "500kB", "--damage", "0.2"]);
    let (clean, two) = made(&["--bytes", "500kB"]);
    assert_eq!(one["entries"], two["entries"]);
    let clean = bytes(&clean, HISTORY);
    let all: HashSet<&[u8]> = lines(&clean).into_iter().collect();
    let damaged = bytes(&damaged, HISTORY);
    assert!(lines(&damaged).iter().filter(|line| is_object(line)).all(|line| all.contains(line)));
}
