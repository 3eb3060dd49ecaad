//! Audit logs: entries as the tools write them and as their predecessor wrote them.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::words::Words;

/// Which generation an entry belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryShape {
    /// With `session_id`, `outcome`, `subject` and the rest of today's record.
    Current,
    /// The fifteen fields of the predecessor: `APPROVED` or `BLOCK`, no session, no subject.
    Predecessor,
}

/// 2026-01-24T18:30:45.000Z, in milliseconds since 1970.
const START: i64 = 1_769_279_445_000;

const PROJECTS: [&str; 3] = ["talos", "clio", "aletheia"];
const MODELS: [&str; 2] = ["gemini-3.1-pro-preview", "gemini-3-pro-preview"];
const FAILURES: [&str; 4] = ["quota_day", "quota_minute", "capacity", "model_mismatch"];

/// A seeded source of audit entries in order of time, a few seconds apart. Same seed and same
/// calls, same bytes.
#[derive(Debug, Clone)]
pub struct Logs {
    words: Words,
    now_ms: i64,
    session: String,
    predecessor_percent: u8,
}

impl Logs {
    /// The entries of this seed. One in five has the predecessor's shape.
    pub fn seeded(seed: u64) -> Self {
        let mut words = Words::seeded(seed);
        let session = words.hex(8);
        Self { words, now_ms: START, session, predecessor_percent: 20 }
    }

    /// How many of a hundred entries have the predecessor's shape.
    #[must_use]
    pub fn predecessor_percent(mut self, percent: u8) -> Self {
        self.predecessor_percent = percent;
        self
    }

    /// Starts a new session; the entries after it carry its id. Returns the id, eight hex digits.
    pub fn next_session(&mut self) -> String {
        self.session = self.words.hex(8);
        self.session.clone()
    }

    /// The next entry, of one shape or the other.
    pub fn entry(&mut self) -> Value {
        let old = self.words.rng().u8(..100) < self.predecessor_percent;
        self.entry_of(if old { EntryShape::Predecessor } else { EntryShape::Current })
    }

    /// The next entry, of this shape.
    pub fn entry_of(&mut self, shape: EntryShape) -> Value {
        self.now_ms += self.words.rng().i64(500..20_000);
        match shape {
            EntryShape::Current => self.current(),
            EntryShape::Predecessor => self.predecessor(),
        }
    }

    /// The next entry as one line with its line end.
    pub fn line(&mut self) -> String {
        format!("{}\n", self.entry())
    }

    /// Writes `logs/governance_history.jsonl` below `root` with `entries` entries.
    pub fn write_history(&mut self, root: &Path, entries: usize) -> PathBuf {
        let path = root.join("logs/governance_history.jsonl");
        self.write_lines(&path, |written, _| written < entries);
        path
    }

    /// Writes `logs/governance_history.jsonl` below `root`, at least `bytes` long.
    pub fn write_history_of_bytes(&mut self, root: &Path, bytes: u64) -> PathBuf {
        let path = root.join("logs/governance_history.jsonl");
        self.write_lines(&path, |_, size| size < bytes);
        path
    }

    /// Writes `shards` session shards with `entries` entries each into `logs/active/` below `root`.
    pub fn write_shards(&mut self, root: &Path, shards: usize, entries: usize) -> Vec<PathBuf> {
        (0..shards).map(|_| self.write_shard(root, entries)).collect()
    }

    /// Writes one session shard, named for its start and its session.
    pub fn write_shard(&mut self, root: &Path, entries: usize) -> PathBuf {
        let session = self.next_session();
        let start = timestamp(self.now_ms).strftime("%Y%m%dT%H%M%S").to_string();
        let path = root.join("logs/active").join(format!("{start}_{session}.jsonl"));
        self.write_lines(&path, |written, _| written < entries);
        path
    }

    fn write_lines(&mut self, path: &Path, more: impl Fn(usize, u64) -> bool) {
        let parent = path.parent().expect("a path in a directory");
        std::fs::create_dir_all(parent).expect("create the log directory");
        let file = std::fs::File::create(path).expect("create a log file");
        let mut out = std::io::BufWriter::new(file);
        let (mut written, mut size) = (0, 0);
        while more(written, size) {
            let line = self.line();
            out.write_all(line.as_bytes()).expect("write a log line");
            written += 1;
            size += line.len() as u64;
        }
        out.flush().expect("write a log file");
    }

    fn current(&mut self) -> Value {
        let words = &mut self.words;
        let issue = words.rng().u32(1..400);
        let node = *words.pick(&["review_lld", "review_lld", "review_implementation"]);
        let failed = words.rng().u8(..10) == 0;
        let verdict = *words.pick(&["APPROVED", "APPROVED", "REVISE", "BLOCKED"]);
        let model = *words.pick(&MODELS);
        let attempts = words.rng().u32(1..4);
        let critique = words.paragraph(3);
        let issues: Vec<String> = match verdict {
            "BLOCKED" if !failed => (0..2).map(|_| words.sentence(6)).collect(),
            _ => Vec::new(),
        };
        let (prompt, output) = (words.rng().u32(500..9000), words.rng().u32(50..900));
        let thought = words.rng().u32(..2000);
        let usage = json!({
            "prompt_tokens": prompt,
            "output_tokens": output,
            "thought_tokens": thought,
            "cached_tokens": 0,
            "total_tokens": prompt + output + thought,
        });
        let slug = words.slug(2);
        json!({
            "id": words.uuid_v7(self.now_ms),
            "timestamp": format!("{:.3}", timestamp(self.now_ms)),
            "session_id": self.session,
            "project": words.pick(&PROJECTS),
            "node": node,
            "issue_id": issue,
            "verdict": if failed { Value::Null } else { json!(verdict) },
            "outcome": if failed { "failed" } else { "reviewed" },
            "failure_class": if failed { json!(words.pick(&FAILURES)) } else { Value::Null },
            "critique": if failed { Value::Null } else { json!(critique) },
            "tier_1_issues": issues,
            "subject": {
                "path": format!("docs/LLDs/active/{issue}-{slug}.md"),
                "sha256": words.hex(64),
            },
            "model": model,
            "model_verified": if failed { Value::Null } else { json!(model) },
            "credential_used": format!("team-{}", words.pick(&["a", "b", "c"])),
            "rotation_occurred": attempts > 2,
            "attempts": attempts,
            "duration_ms": words.rng().u32(800..90_000),
            "usage": if failed { Value::Null } else { usage },
            "response_id": if failed { Value::Null } else { json!(words.hex(16)) },
            "raw_response": if failed { Value::Null } else { json!(format!("{{\"verdict\":\"{verdict}\"}}")) },
        })
    }

    fn predecessor(&mut self) -> Value {
        let words = &mut self.words;
        let micros = words.rng().u16(..1000);
        let seconds = timestamp(self.now_ms).strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let millis = self.now_ms % 1000;
        let verdict = *words.pick(&["APPROVED", "BLOCK"]);
        let outage = verdict == "BLOCK" && words.rng().u8(..4) == 0;
        let issues: Vec<String> = match (verdict, outage) {
            // How the predecessor wrote down a failed call: as a rejection.
            (_, true) => vec!["API call failed".to_owned()],
            ("BLOCK", _) => vec![words.sentence(7)],
            _ => Vec::new(),
        };
        let attempts = words.rng().u32(1..4);
        json!({
            "id": words.uuid_v4(),
            "sequence_id": words.rng().u32(..3),
            "timestamp": format!("{seconds}.{millis:03}{micros:03}+00:00"),
            "node": "review_lld",
            "model": "gemini-3-pro-preview",
            "model_verified": "gemini-3-pro-preview",
            "issue_id": words.rng().u32(1..400),
            "verdict": verdict,
            "critique": words.paragraph(2),
            "tier_1_issues": issues,
            "raw_response": "",
            "duration_ms": words.rng().u32(800..90_000),
            "credential_used": "credential-1",
            "rotation_occurred": attempts > 2,
            "attempts": attempts,
        })
    }
}

fn timestamp(unix_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(unix_ms).expect("a time of our era")
}
