//! A repository with issues, documents and an audit log, made by hand.

use std::fs;
use std::io::Write as _;

use serde_json::{Value, json};
use testkit::{Ran, Repo, Scratch, Tool};

pub(crate) const DOCUMENT: &str = "docs/LLDs/active/98-schema-backend-crud.md";
pub(crate) const SHARD: &str = "logs/active/20260124T183045_a1b2c3d4.jsonl";
pub(crate) const HISTORY: &str = "logs/governance_history.jsonl";

pub(crate) const ISSUES: &str = r#"[
  {"number": 96, "title": "Refuse unsigned uploads", "state": "OPEN", "labels": [{"name": "security"}], "url": "u"},
  {"number": 98, "title": "Schema backend CRUD", "state": "OPEN", "labels": [{"name": "core"}], "url": "u"},
  {"number": 99, "title": "Schema list", "state": "OPEN", "labels": [], "url": "u"},
  {"number": 90, "title": "Old", "state": "CLOSED", "labels": [], "url": "u"}
]
"#;

pub(crate) const DESIGN: &str = "\
# 98 - Feature: Schema backend CRUD

## 1. Context & Goal
* **Issue:** #98
* **Status:** Draft

## 2. Proposed Changes
An update names the revision that it read; `/items/{id}` answers.

## 7. Definition of Done
- [ ] The four operations with tests
";

pub(crate) struct World {
    pub(crate) scratch: Scratch,
    pub(crate) repo: Repo,
}

impl World {
    /// A repository with one commit, and the list of issues remembered.
    pub(crate) fn new() -> Self {
        let world = Self::without_list();
        world.tool(["coverage", "-"]).stdin(ISSUES).run().code(0);
        world
    }

    pub(crate) fn without_list() -> Self {
        let scratch = Scratch::new();
        let repo = Repo::init(scratch.path("talos"));
        repo.commit_file("README.md", "talos\n", "Begin");
        Self { scratch, repo }
    }

    /// The same with the LLD of issue 98 committed.
    pub(crate) fn with_document(text: impl AsRef<[u8]>) -> Self {
        let world = Self::new();
        world.repo.commit_file(DOCUMENT, text, "Add the LLD");
        world
    }

    /// The same with an approval of that text in a live shard.
    pub(crate) fn approved() -> Self {
        let world = Self::with_document(DESIGN);
        world.log(SHARD, &[world.entry("APPROVED", "e1")]);
        world
    }

    pub(crate) fn tool<const N: usize>(&self, args: [&str; N]) -> Tool {
        Tool::new("lld-check").args(args).dir(self.repo.path())
    }

    pub(crate) fn gate(&self) -> Ran {
        self.tool(["gate", "98"]).run()
    }

    /// Expects a closed gate and gives the codes of its reasons.
    #[track_caller]
    pub(crate) fn closed(&self) -> Vec<String> {
        let ran = self.gate();
        let gate = ran.code(1).json();
        assert_eq!(gate["open"], false, "{ran}");
        codes(&gate)
    }

    /// The digest of the LLD as `prompt` states it.
    #[track_caller]
    pub(crate) fn digest(&self) -> String {
        let ran = self.tool(["prompt", "98"]).run();
        let header = ran.code(0).out().lines().next().unwrap().to_owned();
        let header: Value =
            serde_json::from_str(header.strip_prefix("Subject: ").unwrap()).unwrap();
        header["sha256"].as_str().unwrap().to_owned()
    }

    /// An audit entry on the LLD as it stands.
    #[track_caller]
    pub(crate) fn entry(&self, verdict: &str, id: &str) -> Value {
        entry(verdict, id, "2026-01-24T18:30:45.000Z", &self.digest())
    }

    /// What `gemini-retry` would print for that entry.
    pub(crate) fn envelope(entry: &Value) -> String {
        let mut envelope = json!({
            "schema": "gemini-retry.review/1",
            "verdict_word": entry["verdict"],
            "response": {},
            "model": "gemini-3.1-pro-preview",
            "credential_used": "a",
            "attempts": 1,
            "rotation_occurred": false,
            "duration_ms": 5,
            "usage": {},
            "response_id": "r",
            "audit_id": entry["id"],
        });
        for key in [
            "verdict",
            "critique",
            "tier_1_issues",
            "issue_id",
            "node",
            "subject",
            "model_verified",
        ] {
            envelope[key] = entry[key].clone();
        }
        format!("{envelope}\n")
    }

    pub(crate) fn record(&self, envelope: &str) -> Ran {
        self.tool(["record", "98", "-"]).stdin(envelope).run()
    }

    /// Appends entries to a log.
    pub(crate) fn log(&self, path: &str, entries: &[Value]) {
        for entry in entries {
            self.log_raw(path, &format!("{entry}\n"));
        }
    }

    pub(crate) fn log_raw(&self, path: &str, text: &str) {
        let path = self.repo.file(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn document(&self) -> String {
        self.repo.read(DOCUMENT)
    }
}

pub(crate) fn entry(verdict: &str, id: &str, timestamp: &str, sha256: &str) -> Value {
    json!({
        "id": id,
        "timestamp": timestamp,
        "session_id": "a1b2c3d4",
        "project": "talos",
        "node": "review_lld",
        "issue_id": 98,
        "verdict": verdict,
        "outcome": "reviewed",
        "failure_class": null,
        "critique": "The limit is not tested. Add a test.",
        "tier_1_issues": [],
        "subject": {"path": DOCUMENT, "sha256": sha256},
        "model": "gemini-3.1-pro-preview",
        "model_verified": "gemini-3.1-pro-preview",
        "credential_used": "a",
        "rotation_occurred": false,
        "attempts": 1,
        "duration_ms": 5,
        "usage": {},
        "response_id": "r",
        "raw_response": "{}",
    })
}

/// The codes of the reasons of an answer.
pub(crate) fn codes(answer: &Value) -> Vec<String> {
    let reasons = answer["reasons"].as_array().unwrap();
    reasons.iter().map(|reason| reason["code"].as_str().unwrap().to_owned()).collect()
}
