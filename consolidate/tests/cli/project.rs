//! A project with a log, and what can be asked about it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use records::consolidate::{Quarantined, Run};
use records::parse_noun;
use testkit::{Ran, Scratch, Tool};

pub(crate) const HISTORY: &str = "logs/governance_history.jsonl";
pub(crate) const QUARANTINE: &str = "logs/governance_history.quarantine.jsonl";

/// A folder with a log, in no repository.
pub(crate) struct Project {
    pub scratch: Scratch,
}

impl Project {
    pub(crate) fn new() -> Self {
        let project = Self { scratch: Scratch::new() };
        fs::create_dir_all(project.path("logs/active")).unwrap();
        project
    }

    pub(crate) fn root(&self) -> &Path {
        self.scratch.root()
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.scratch.path(below)
    }

    /// Writes a shard that nobody has written to for an hour.
    pub(crate) fn shard(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.scratch.write(Path::new("logs/active").join(name), bytes);
        settle(&path);
        path
    }

    pub(crate) fn history(&self, bytes: impl AsRef<[u8]>) {
        self.scratch.write(HISTORY, bytes);
    }

    pub(crate) fn tool(&self) -> Tool {
        Tool::new("consolidate").arg("--root").arg(self.root())
    }

    /// Runs it, expects success, and gives what it printed.
    #[track_caller]
    pub(crate) fn fold(&self) -> Run {
        run_of(self.tool().run().code(0))
    }

    /// What a reader sees.
    #[track_caller]
    pub(crate) fn seen(&self) -> String {
        seen(self.root())
    }

    /// The lines of the history.
    pub(crate) fn lines(&self) -> Vec<String> {
        let bytes = fs::read(self.path(HISTORY)).unwrap_or_default();
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }

    /// The bytes of every line in the quarantine.
    pub(crate) fn quarantined(&self) -> Vec<Vec<u8>> {
        let text = fs::read_to_string(self.path(QUARANTINE)).unwrap_or_default();
        text.lines()
            .map(|line| parse_noun::<Quarantined>(line).unwrap())
            .map(|reject| BASE64.decode(&reject.bytes_b64).unwrap())
            .collect()
    }

    /// The shards that writers and other tools see.
    pub(crate) fn shards(&self) -> Vec<String> {
        let active = fs::read_dir(self.path("logs/active")).unwrap();
        let mut names: Vec<_> = active
            .map(Result::unwrap)
            .filter(|found| found.file_name() != ".retired")
            .map(|found| found.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[track_caller]
pub(crate) fn run_of(ran: &Ran) -> Run {
    parse_noun(ran.out().trim_end()).unwrap()
}

#[track_caller]
pub(crate) fn seen(root: &Path) -> String {
    reader(root).run().code(0).out().to_owned()
}

/// The tool that reads logs.
pub(crate) fn reader(root: &Path) -> Tool {
    Tool::new("view-audit").args(["--all", "--format", "json", "--root"]).arg(root)
}

/// Makes a file look as if it was last written to an hour ago.
pub(crate) fn settle(path: &Path) {
    #[expect(clippy::disallowed_methods, reason = "the time of a file is set relative to now")]
    let hour_ago = SystemTime::now() - Duration::from_hours(1);
    File::options().append(true).open(path).unwrap().set_modified(hour_ago).unwrap();
}

/// An entry at this second.
pub(crate) fn entry(second: u32, id: &str) -> String {
    let (minute, second) = (second / 60, second % 60);
    format!("{{\"id\":\"{id}\",\"timestamp\":\"2026-01-24T18:{minute:02}:{second:02}Z\"}}")
}

/// Lines with their newlines.
pub(crate) fn text(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// Says that a test was left out, past the capture of the test harness: a run without it is no proof of
/// what it proves.
pub(crate) fn left_out(because: &str, ran: &Ran) {
    let mut stderr = io::stderr();
    writeln!(stderr, "left out, because {because}: {}", ran.err().trim_end()).unwrap();
}
