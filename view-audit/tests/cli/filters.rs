//! Filters against the plainest possible filter: parse every line, and look.

use jiff::Timestamp;
use serde_json::Value;
use testkit::{Logs, Scratch, rng};

use crate::project::{HISTORY, OLDER, entries, text, view};

#[derive(Debug, Default, Clone)]
struct Wanted {
    issues: Vec<u64>,
    verdicts: Vec<&'static str>,
    node: Option<&'static str>,
    failed: bool,
    model: Option<&'static str>,
    credential: Option<&'static str>,
    projects: Vec<String>,
    session: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    grep: Option<&'static str>,
    tail: Option<usize>,
}

impl Wanted {
    fn args(&self) -> Vec<String> {
        let mut args = Vec::new();
        for issue in &self.issues {
            args.extend(["--issue".to_owned(), issue.to_string()]);
        }
        for verdict in &self.verdicts {
            args.extend(["--verdict".to_owned(), (*verdict).to_owned()]);
        }
        if let Some(node) = self.node {
            args.extend(["--node".to_owned(), node.to_owned()]);
        }
        let mut flag = |flag: &str, value: Option<String>| {
            args.extend(value.into_iter().flat_map(|value| [format!("--{flag}"), value]));
        };
        flag("model", self.model.map(str::to_owned));
        flag("credential", self.credential.map(str::to_owned));
        flag("session", self.session.clone());
        flag("since", self.since.map(|at| at.to_string()));
        flag("until", self.until.map(|at| at.to_string()));
        flag("grep", self.grep.map(str::to_owned));
        self.projects.iter().for_each(|name| flag("project", Some(name.clone())));
        args.extend(self.failed.then(|| "--failed".to_owned()));
        match self.tail {
            Some(tail) => args.extend(["-n".to_owned(), tail.to_string()]),
            None => args.push("--all".to_owned()),
        }
        args
    }

    fn accepts(&self, entry: &Value, home: &str) -> bool {
        let failed = entry["outcome"] == "failed";
        let issue = entry["issue_id"].as_u64();
        let meaning = |word: &str| match word {
            "APPROVE" | "APPROVED" => 1,
            "BLOCK" | "BLOCKED" => 2,
            "REVISE" => 3,
            _ => 4,
        };
        let verdict = entry["verdict"].as_str().filter(|_| !failed).map(meaning);
        let node = entry["node"].as_str().unwrap_or_default();
        (self.issues.is_empty() || self.issues.iter().any(|wanted| issue == Some(*wanted)))
            && (self.verdicts.is_empty()
                || self.verdicts.iter().any(|v| verdict == Some(meaning(v))))
            && match self.node {
                None => true,
                Some("review_*") => node.starts_with("review_"),
                Some(exact) => node == exact,
            }
            && (!self.failed || failed)
            && self.accepts_rest(entry, home)
    }

    fn accepts_rest(&self, entry: &Value, home: &str) -> bool {
        let text = |key: &str| entry[key].as_str();
        let at: Timestamp = text("timestamp").unwrap().parse().unwrap();
        let model = text("model_verified").or(text("model")).unwrap();
        let project = text("project").unwrap_or(home);
        self.model.is_none_or(|wanted| model.starts_with(wanted.trim_end_matches('*')))
            && self.credential.is_none_or(|wanted| text("credential_used") == Some(wanted))
            && self.session.as_deref().is_none_or(|wanted| text("session_id") == Some(wanted))
            && (self.projects.is_empty() || self.projects.iter().any(|name| name == project))
            && self.since.is_none_or(|since| since <= at)
            && self.until.is_none_or(|until| at <= until)
            && self.grep.is_none_or(|word| any_text(entry, word))
    }
}

fn any_text(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => text.contains(word),
        Value::Array(items) => items.iter().any(|item| any_text(item, word)),
        Value::Object(members) => members.values().any(|item| any_text(item, word)),
        _ => false,
    }
}

#[test]
fn filters_find_what_a_plain_search_finds() {
    let mut rng = rng(5);
    for seed in 0..8 {
        let scratch = Scratch::new();
        let mut logs = Logs::seeded(seed).predecessor_percent(40);
        let older: Vec<_> = (0..30).map(|_| logs.entry().to_string()).collect();
        scratch.write(OLDER, text(&older));
        logs.write_history(scratch.root(), 120);
        let mut beside = logs.clone();
        logs.write_shards(scratch.root(), 4, 10);
        beside.next_session();
        beside.write_shard(scratch.root(), 30);

        let mut lines: Vec<String> = older;
        let mut files = vec![scratch.path(HISTORY)];
        let active = std::fs::read_dir(scratch.path("logs/active")).unwrap();
        files.extend(active.map(|found| found.unwrap().path()));
        files[1..].sort();
        for file in files {
            lines.extend(std::fs::read_to_string(file).unwrap().lines().map(str::to_owned));
        }
        let parsed = |line: &String| serde_json::from_str::<Value>(line).unwrap();
        lines.sort_by_key(|line| {
            parsed(line)["timestamp"].as_str().unwrap().parse::<Timestamp>().unwrap()
        });
        let issues: Vec<u64> =
            lines.iter().filter_map(|line| parsed(line)["issue_id"].as_u64()).collect();
        let home = scratch.root().file_name().unwrap().to_str().unwrap().to_owned();
        for _ in 0..24 {
            let pick = |rng: &mut testkit::Rng| issues[rng.usize(..issues.len())];
            let some = |rng: &mut testkit::Rng| parsed(&lines[rng.usize(..lines.len())]);
            let at = |entry: &Value| entry["timestamp"].as_str().unwrap().parse().unwrap();
            let rare = |rng: &mut testkit::Rng| rng.u8(..5) == 0;
            let wanted = Wanted {
                model: rare(&mut rng).then_some("gemini-3-*"),
                credential: rare(&mut rng).then_some("team-a"),
                projects: if rare(&mut rng) {
                    vec!["talos".to_owned(), home.clone()]
                } else {
                    Vec::new()
                },
                session: rare(&mut rng)
                    .then(|| some(&mut rng)["session_id"].as_str().map(str::to_owned))
                    .flatten(),
                since: rare(&mut rng).then(|| at(&some(&mut rng))),
                until: rare(&mut rng).then(|| at(&some(&mut rng))),
                grep: rare(&mut rng).then_some("a"),
                issues: (0..rng.usize(..3) * 4).map(|_| pick(&mut rng)).collect(),
                verdicts: ["BLOCKED", "APPROVE", "REVISE", "BLOCK"]
                    .into_iter()
                    .filter(|_| rng.u8(..4) == 0)
                    .collect(),
                node: [None, None, Some("review_lld"), Some("review_*"), Some("designer")]
                    [rng.usize(..5)],
                failed: rng.u8(..6) == 0,
                tail: rng.bool().then(|| rng.usize(..25)),
            };
            let mut expected: Vec<_> =
                lines.iter().filter(|l| wanted.accepts(&parsed(l), &home)).cloned().collect();
            if let Some(tail) = wanted.tail {
                expected.drain(..expected.len().saturating_sub(tail));
            }
            let ran = view(scratch.root()).args(wanted.args()).run();
            assert_eq!(entries(ran.code(0)), expected, "{wanted:?}");
        }
    }
}

#[test]
fn words_inside_texts_and_keys_inside_objects_do_not_match() {
    let scratch = Scratch::new();
    let lines = [
        r#"{"timestamp":"2026-01-24T18:30:01Z","critique":"\"issue_id\":98","issue_id":1}"#,
        r#"{"timestamp":"2026-01-24T18:30:02Z","usage":{"issue_id":98}}"#,
        r#"{"timestamp":"2026-01-24T18:30:03Z","issue_\u0069d":98}"#,
        r##"{"timestamp":"2026-01-24T18:30:04Z","issue_id":"#98"}"##,
        r#"{"timestamp":"2026-01-24T18:30:05Z","issue_id":98.5}"#,
        r#"{"timestamp":"2026-01-24T18:30:06Z","issue_id":98,"issue_id":7}"#,
    ];
    scratch.write(HISTORY, text(&lines));
    let ran = view(scratch.root()).args(["--issue", "98"]).run();
    assert_eq!(entries(&ran), [lines[2], lines[3]]);
    view(scratch.root()).args(["--issue", "ninety"]).run().code(2);
}

#[test]
fn texts_are_searched_as_people_read_them() {
    let scratch = Scratch::new();
    let lines = [
        r#"{"timestamp":"2026-01-24T18:30:01Z","critique":"a \"race\" here\nand there"}"#,
        r#"{"timestamp":"2026-01-24T18:30:02Z","race":1,"usage":{"notes":["caf\u00e9"]}}"#,
    ];
    scratch.write(HISTORY, text(&lines));
    let found = |regex: &str| entries(view(scratch.root()).args(["--grep", regex]).run().code(0));
    assert_eq!(found("\"race\" here$"), [""; 0]);
    assert_eq!(found("(?m)\"race\" here$"), lines[..1]);
    assert_eq!(found("(?i)CAFÉ"), lines[1..]);
    assert_eq!(found("^race"), [""; 0]);
    view(scratch.root()).args(["--grep", "("]).run().code(2);
}

#[test]
fn dates_are_local_days_and_entries_without_a_time_match_none() {
    let scratch = Scratch::new();
    let lines = [
        r#"{"timestamp":"2026-01-23T15:00:00Z"}"#,
        r#"{"timestamp":"some day"}"#,
        r#"{"timestamp":"2026-01-24T14:59:59.999Z"}"#,
        r#"{"timestamp":"2026-01-24T15:00:00Z"}"#,
    ];
    scratch.write(HISTORY, text(&lines));
    let day = ["--since", "2026-01-24", "--until", "2026-01-24"];
    let ran = view(scratch.root()).args(day).env("TZ", "Asia/Tokyo").run();
    assert_eq!(entries(ran.code(0)), [lines[0], lines[2]]);
    let ran = view(scratch.root()).args(["--since", "24h"]).run();
    assert_eq!(entries(ran.code(0)), [""; 0]);
    let ran = view(scratch.root()).args(["--until", "0d"]).run();
    assert_eq!(entries(ran.code(0)), [lines[0], lines[2], lines[3]]);
    view(scratch.root()).args(["--since", "soon"]).run().code(2).stderr_has("'soon' is no time");
}
