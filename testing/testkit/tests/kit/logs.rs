//! Audit logs.

use std::collections::BTreeSet;

use serde_json::Value;
use testkit::{EntryShape, Logs, Scratch};

fn parsed(text: &str) -> Vec<Value> {
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn keys(entry: &Value) -> Vec<&str> {
    entry.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_same_seed_gives_the_same_files() {
    let write = |seed| {
        let scratch = Scratch::new();
        let mut logs = Logs::seeded(seed);
        let mut files = vec![logs.write_history(scratch.root(), 200)];
        files.extend(logs.write_shards(scratch.root(), 4, 25));
        let relative =
            files.iter().map(|file| file.strip_prefix(scratch.root()).unwrap().to_owned());
        let contents = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
        relative.zip(contents).collect::<Vec<_>>()
    };
    assert_eq!(write(11), write(11));
    assert_ne!(write(11), write(12));
}

#[test]
fn history_and_shards_have_the_size_and_names_asked_for() {
    let scratch = Scratch::new();
    let mut logs = Logs::seeded(1);
    let history = logs.write_history(scratch.root(), 300);
    assert_eq!(history, scratch.path("logs/governance_history.jsonl"));
    let shards = logs.write_shards(scratch.root(), 5, 20);
    let mut all = parsed(&std::fs::read_to_string(&history).unwrap());
    assert_eq!(all.len(), 300);
    for shard in &shards {
        assert_eq!(shard.parent().unwrap(), scratch.path("logs/active"));
        let name = shard.file_name().unwrap().to_str().unwrap();
        let (start, session) = name.strip_suffix(".jsonl").unwrap().split_once('_').unwrap();
        assert!(start.len() == 15 && start.starts_with("20260124T"), "{name}");
        assert!(
            session.len() == 8 && session.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{name}"
        );
        let entries = parsed(&std::fs::read_to_string(shard).unwrap());
        assert_eq!(entries.len(), 20);
        for entry in entries.iter().filter(|entry| entry.get("session_id").is_some()) {
            assert_eq!(entry["session_id"], session);
        }
        all.extend(entries);
    }
    let ids: BTreeSet<&str> = all.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 400, "ids are unique");
    let stamps: Vec<&str> =
        all.iter().map(|entry| entry["timestamp"].as_str().unwrap().get(..23).unwrap()).collect();
    assert!(stamps.is_sorted(), "time only goes forward");
    let old = all.iter().filter(|entry| entry.get("sequence_id").is_some()).count();
    assert!((40..120).contains(&old), "about one in five: {old}");
}

#[test]
fn a_history_can_be_of_any_length_in_bytes() {
    let scratch = Scratch::new();
    let path = Logs::seeded(2).write_history_of_bytes(scratch.root(), 1_000_000);
    let length = std::fs::metadata(path).unwrap().len();
    assert!((1_000_000..1_010_000).contains(&length), "{length}");
}

#[test]
fn the_predecessors_entries_have_its_fifteen_fields() {
    let mut logs = Logs::seeded(3).predecessor_percent(100);
    let mut outages = 0;
    for _ in 0..200 {
        let entry = logs.entry();
        assert_eq!(
            keys(&entry),
            [
                "id",
                "sequence_id",
                "timestamp",
                "node",
                "model",
                "model_verified",
                "issue_id",
                "verdict",
                "critique",
                "tier_1_issues",
                "raw_response",
                "duration_ms",
                "credential_used",
                "rotation_occurred",
                "attempts",
            ]
        );
        assert!(entry["timestamp"].as_str().unwrap().ends_with("+00:00"));
        assert!(["APPROVED", "BLOCK"].contains(&entry["verdict"].as_str().unwrap()));
        outages += usize::from(entry["tier_1_issues"][0] == "API call failed");
    }
    assert!(outages > 0, "outages were written as rejections");
}

#[test]
fn todays_entries_never_call_an_outage_a_verdict() {
    let mut logs = Logs::seeded(4);
    let entries: Vec<Value> = (0..300).map(|_| logs.entry_of(EntryShape::Current)).collect();
    let failed: Vec<&Value> = entries.iter().filter(|entry| entry["outcome"] == "failed").collect();
    assert!(!failed.is_empty() && failed.len() < 100, "{}", failed.len());
    for entry in &entries {
        let has_failed = entry["outcome"] == "failed";
        assert_eq!(entry["verdict"].is_null(), has_failed);
        assert_eq!(entry["failure_class"].is_null(), !has_failed);
        assert_eq!(entry["subject"]["sha256"].as_str().unwrap().len(), 64);
        assert_eq!(entry["id"].as_str().unwrap().as_bytes()[14], b'7');
        assert!(entry["timestamp"].as_str().unwrap().ends_with('Z'));
    }
    assert_eq!(
        keys(&entries[0]),
        [
            "id",
            "timestamp",
            "session_id",
            "project",
            "node",
            "issue_id",
            "verdict",
            "outcome",
            "failure_class",
            "critique",
            "tier_1_issues",
            "subject",
            "model",
            "model_verified",
            "credential_used",
            "rotation_occurred",
            "attempts",
            "duration_ms",
            "usage",
            "response_id",
            "raw_response",
        ]
    );
}

/// The generator writes the records by hand, so that tests do not read what the code under test
/// wrote; this keeps it in step with the type.
#[test]
fn todays_entries_are_the_audit_entries_of_the_wire_format() {
    let mut logs = Logs::seeded(5);
    for _ in 0..200 {
        let entry = logs.entry_of(EntryShape::Current);
        let read: records::AuditEntry = serde_json::from_value(entry.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), entry);
        assert!(read.extra.is_empty(), "{:?}", read.extra);
        assert_eq!(read.verdict().is_none(), entry["verdict"].is_null());
    }
}
