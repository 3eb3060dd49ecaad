//! The path that `make run` shows, played with pipes: every object that a tool prints and every
//! record that it stores must fit its schema in `docs/formats/`, and the tutorial must follow it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure must stop the test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::Value;
use walkthrough::{Ends, play, story};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn validator(file: &str) -> jsonschema::Validator {
    let path = docs().join("formats").join(file);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; run `make docs`", path.display()));
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn fits(file: &str, object: &Value) -> Result<(), String> {
    let errors: Vec<String> = validator(file)
        .iter_errors(object)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(format!("{file}: {}", errors.join("; "))) }
}

#[test]
fn every_step_behaves_and_every_object_fits_its_schema() {
    let seen = Mutex::new(BTreeSet::new());
    let mut shown = Vec::new();
    let summary = play(Ends::Pipes, &mut shown, |world, outcome| {
        for object in outcome.objects().unwrap_or_default() {
            let schema = object["schema"].as_str().ok_or("an object without schema")?;
            fits(&format!("{}.schema.json", schema.replace('/', ".")), &object)?;
            seen.lock().unwrap().insert(schema.to_owned());
        }
        let stored = [
            ("talos/.git/switchyard/queue.jsonl", "queue-event.schema.json"),
            ("talos/.git/switchyard/lanes.jsonl", "lane-event.schema.json"),
            ("talos/logs/governance_history.jsonl", "audit-entry.schema.json"),
        ];
        for (file, schema) in stored {
            for line in world.read(file).unwrap_or_default().lines() {
                fits(schema, &serde_json::from_str(line).map_err(|e| format!("{file}: {e}"))?)?;
                seen.lock().unwrap().insert(file.to_owned());
            }
        }
        Ok(())
    })
    .unwrap();
    let shown = String::from_utf8_lossy(&shown);
    assert!(summary.all_behaved(), "{shown}\n{:#?}", summary.failed());
    assert_eq!(summary.steps(), story().len());
    let seen = seen.into_inner().unwrap();
    for expected in [
        "lld-check.issue/1",
        "lld-check.document/1",
        "lld-check.gate/1",
        "lld-check.recorded/1",
        "lld-check.archived/1",
        "worktree-lane.lane/1",
        "worktree-lane.removal/1",
        "merge-queue.event/1",
        "merge-queue.route/1",
        "merge-queue.readiness/1",
        "merge-queue.landing/1",
        "consolidate.run/1",
        "view-audit.entry/1",
        "talos/.git/switchyard/queue.jsonl",
        "talos/.git/switchyard/lanes.jsonl",
        "talos/logs/governance_history.jsonl",
    ] {
        assert!(seen.contains(expected), "nothing of {expected} was seen: {seen:#?}");
    }
}

/// What a person sees at a terminal: tables, and the same steps.
#[test]
fn every_step_behaves_on_a_terminal() {
    let mut shown = Vec::new();
    let summary = play(Ends::Terminal, &mut shown, |_, outcome| {
        let json = outcome.seen.lines().find(|l| l.trim_start().starts_with("{\"schema\""));
        json.map_or(Ok(()), |line| Err(format!("JSON on a terminal: {line}")))
    })
    .unwrap();
    let shown = String::from_utf8_lossy(&shown);
    assert!(summary.all_behaved(), "{shown}\n{:#?}", summary.failed());
}

#[test]
fn the_tutorial_follows_the_path() {
    let tutorial = std::fs::read_to_string(docs().join("tutorial.md")).unwrap();
    let mut rest = tutorial.as_str();
    for step in story() {
        for line in step.command.lines() {
            let Some((_, after)) = rest.split_once(line) else {
                panic!("docs/tutorial.md lacks, or has out of order: {line}");
            };
            rest = after;
        }
    }
}
