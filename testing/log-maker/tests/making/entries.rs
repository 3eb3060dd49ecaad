//! What is made without damage.

use std::collections::HashSet;

use records::AuditEntry;
use serde_json::Value;
use testkit::Tool;

use crate::{HISTORY, bytes, exists, lines, made, shards};

fn entries(bytes: &[u8]) -> Vec<AuditEntry> {
    lines(bytes).iter().map(|line| serde_json::from_slice(line).unwrap()).collect()
}

#[test]
fn the_same_arguments_make_the_same_bytes() {
    let args = ["--bytes", "300kB", "--shards", "3", "--older", "20kB", "--damage", "0.1"];
    let (one, printed) = made(&args);
    let (two, again) = made(&args);
    assert_eq!(printed, again);
    assert_eq!(shards(&one), shards(&two));
    let mut names = vec![HISTORY.to_owned(), "logs/review_history.jsonl".to_owned()];
    names.push("damage.jsonl".to_owned());
    names.extend(shards(&one).iter().map(|name| format!("logs/active/{name}")));
    for name in names {
        assert!(bytes(&one, &name) == bytes(&two, &name), "{name} differs");
    }
    let (other, _) = made(&["--bytes", "300kB", "--seed", "2"]);
    assert!(bytes(&one, HISTORY) != bytes(&other, HISTORY));
}

#[test]
fn a_shorter_history_is_the_beginning_of_a_longer_one() {
    let (short, _) = made(&["--bytes", "100kB"]);
    let (long, _) = made(&["--bytes", "200kB", "--shards", "1"]);
    assert!(bytes(&long, HISTORY).starts_with(&bytes(&short, HISTORY)));
    assert!(!exists(&short.path("log/logs/active")));
}

#[test]
fn every_line_is_an_entry_in_order_of_time_and_no_id_comes_twice() {
    let (log, printed) = made(&["--bytes", "4MB"]);
    let bytes = bytes(&log, HISTORY);
    let entries = entries(&bytes);
    assert_eq!(printed["entries"], entries.len());
    assert_eq!(printed["lines"], entries.len());
    assert_eq!(printed["bytes"], bytes.len());
    assert_eq!(printed["damaged"], 0);
    assert!(bytes.len() >= 4_000_000 && bytes.len() < 4_100_000);
    let times: Vec<_> = entries.iter().filter_map(AuditEntry::at).collect();
    assert!(times.len() > entries.len() - 10, "nearly all have a time");
    assert!(times.is_sorted());
    let ids: Vec<_> = entries.iter().filter_map(|entry| entry.id.clone()).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
}

#[test]
fn what_filters_are_tried_on_is_there() {
    let (log, _) = made(&["--bytes", "6MB"]);
    let bytes = bytes(&log, HISTORY);
    let entries = entries(&bytes);
    let raw: Vec<Value> =
        lines(&bytes).iter().map(|line| serde_json::from_slice(line).unwrap()).collect();
    let words = |key: &str| -> HashSet<String> {
        raw.iter().filter_map(|entry| entry[key].as_str().map(str::to_owned)).collect()
    };
    for word in ["APPROVED", "REVISE", "BLOCKED", "BLOCK", "APPROVE", "DISCUSS", "block"] {
        assert!(words("verdict").contains(word), "{word}");
    }
    assert!(words("outcome").contains("failed"));
    assert!(words("failure_class").contains("quota_day"));
    assert_eq!(words("project").len(), 4);
    assert!(words("session_id").len() > 10);
    assert!(words("credential_used").len() > 5);
    assert!(words("issue_id").len() > 2, "issues as text");
    assert!(entries.iter().filter(|entry| entry.issue_id.is_some_and(|n| n.0 == 98)).count() > 20);
    assert!(entries.iter().any(|entry| entry.id.is_none()));
    assert!(entries.iter().any(|entry| entry.rotation_occurred == Some(true)));
    assert!(entries.iter().any(|entry| entry.raw_response.is_object()));
    assert!(entries.iter().any(|entry| entry.extra.contains_key("host")));
    let text = String::from_utf8(bytes).unwrap();
    for part in ["+02:00", "-05:00", "verd\\u0069ct", "issue\\u005fid", "—", "\\u2192", "\\\\\\\""]
    {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn shards_are_sessions_after_the_history_that_overlap() {
    let (log, _) = made(&["--bytes", "50kB", "--shards", "12", "--shard-bytes", "20kB"]);
    let last = entries(&bytes(&log, HISTORY)).iter().filter_map(AuditEntry::at).max().unwrap();
    let mut spans = Vec::new();
    for name in shards(&log) {
        let (stem, ending) = name.split_at(15 + 1 + 8);
        assert_eq!(ending, ".jsonl");
        let entries = entries(&bytes(&log, &format!("logs/active/{name}")));
        for entry in &entries {
            if let Some(session) = &entry.session_id {
                assert!(stem.ends_with(session.as_str()));
            }
        }
        let times: Vec<_> = entries.iter().filter_map(AuditEntry::at).collect();
        assert!(times.is_sorted());
        spans.push((*times.first().unwrap(), *times.last().unwrap()));
    }
    assert_eq!(spans.len(), 12);
    assert!(spans.iter().all(|(first, _)| *first > last));
    let overlapping = spans.windows(2).filter(|pair| pair[1].0 < pair[0].1).count();
    assert!(overlapping > 3, "{overlapping} of 11 begin before the one before them ends");
}

#[test]
fn the_older_history_is_earlier_and_of_older_shapes() {
    let (log, _) = made(&["--bytes", "50kB", "--older", "200kB"]);
    let older = entries(&bytes(&log, "logs/review_history.jsonl"));
    let first = entries(&bytes(&log, HISTORY)).iter().filter_map(AuditEntry::at).min().unwrap();
    assert!(older.iter().filter_map(AuditEntry::at).all(|at| at < first));
    assert!(older.iter().all(|entry| entry.subject.is_none() && entry.outcome.is_none()));
}

#[test]
fn a_log_that_is_there_is_not_overwritten() {
    let (log, _) = made(&["--bytes", "20kB"]);
    let before = bytes(&log, HISTORY);
    let ran = Tool::new("log-maker").arg("--seed=2").arg(log.path("log")).run();
    ran.code(74);
    ran.stderr_has("hint: name a new folder");
    assert!(bytes(&log, HISTORY) == before);
}

#[test]
fn what_is_no_size_and_no_share_is_refused() {
    for args in [["--bytes", "2 gigs"], ["--damage", "1.5"], ["--damage", "NaN"]] {
        Tool::new("log-maker").args(args).arg("nowhere").run().code(2);
    }
}
