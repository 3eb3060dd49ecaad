//! What a log holds before a run.

use std::fs;
use std::io::Write as _;
use std::path::Path;

pub(super) const HISTORY: &str = "governance_history.jsonl";

/// The files of a log, below its folder.
#[derive(Debug, Clone, Default)]
pub(super) struct Scene {
    pub files: Vec<(String, Vec<u8>)>,
    /// Every line that was stored, entries and rubbish.
    pub lines: Vec<Vec<u8>>,
}

impl Scene {
    pub(super) fn file(mut self, path: &str, lines: &[&str]) -> Self {
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        self.lines.extend(lines.iter().map(|line| line.as_bytes().to_vec()));
        self.files.push((path.to_owned(), text.into_bytes()));
        self
    }

    /// A retired shard that has grown: its first line is in the history.
    fn grown(mut self, stem: &str, before: &str, since: &str) -> Self {
        let path = format!("active/.retired/{stem}.claim-1.{}", before.len() + 1);
        self.files.push((path, format!("{before}\n{since}\n").into_bytes()));
        self.lines.push(since.as_bytes().to_vec());
        self
    }

    /// Makes the folder `logs` hold this and nothing else.
    pub(super) fn build(&self, logs: &Path) {
        if logs.exists() {
            fs::remove_dir_all(logs).unwrap();
        }
        fs::create_dir_all(logs.join("active/.retired")).unwrap();
        for (path, bytes) in &self.files {
            fs::File::create(logs.join(path)).and_then(|mut file| file.write_all(bytes)).unwrap();
        }
    }
}

/// One shard whose entries belong before and behind the last line of the history.
pub(super) fn one_shard() -> Scene {
    Scene::default()
        .file(HISTORY, &[r#"{"id":"h1","timestamp":"2026-01-24T18:30:01Z"}"#, H5])
        .file("active/s.jsonl", &[E4, E6])
}

/// Two shards with rubbish, a duplicate of a line of the history, and an entry without an id; and a
/// shard that was folded before and has grown since.
pub(super) fn several_shards() -> Scene {
    Scene::default()
        .file(HISTORY, &[r#"{"id":"h1","timestamp":"2026-01-24T18:30:01Z"}"#, H5, OLD])
        .file("active/s.jsonl", &[E4, "7", H5, E6])
        .file("active/t.jsonl", &[r#"{"timestamp":"2026-01-24T18:30:03Z","t":3}"#, "{\"cut"])
        .grown("u", OLD, r#"{"timestamp":"2026-01-24T18:30:02Z","u":2}"#)
}

/// Besides a shard, one that was folded to its end.
pub(super) fn put_away() -> Scene {
    let mut scene = Scene::default().file(HISTORY, &[H5, OLD]).file("active/s.jsonl", &[E4, E6]);
    let path = format!("active/{FOLDED}");
    scene.files.push((path, format!("{OLD}\n").into_bytes()));
    scene
}

/// No history yet.
pub(super) fn first_run() -> Scene {
    Scene::default().file("active/s.jsonl", &[E6, E4])
}

/// Nothing that anybody can read.
pub(super) fn only_rubbish() -> Scene {
    Scene::default().file(HISTORY, &[H5]).file("active/s.jsonl", &["rubbish"])
}

/// The shard of [`put_away`] that was folded, below `active`.
pub(super) const FOLDED: &str = ".retired/v.claim-1.45";

const H5: &str = r#"{"id":"h5","timestamp":"2026-01-24T18:30:05Z"}"#;
const E4: &str = r#"{"timestamp":"2026-01-24T18:30:04Z","e":4}"#;
const E6: &str = r#"{"timestamp":"2026-01-24T18:30:06Z","e":6}"#;
/// It is in the history, and in a shard that was folded.
const OLD: &str = r#"{"timestamp":"2026-01-24T18:30:06Z","old":6}"#;
