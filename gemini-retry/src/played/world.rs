//! Credentials, a service and the files of a user, for runs on a played clock.

use std::collections::BTreeSet;
use std::fs::{DirEntry, Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use gemini_stub::{Response, Rule, Script, Stub};
use jiff::Timestamp;
use serde_json::{Value, json};
use testkit::Scratch;

use super::clock::PlayedClock;
use crate::call::attempts::Run;
use crate::call::client::Client;
use crate::call::interrupt::Signals;
use crate::run::{Shown, finish};
use crate::setup::args::Args;
use crate::setup::credentials::{self, Asker};
use crate::setup::request::Request;
use crate::setup::settings::Settings;

/// What is asked where a test says nothing else.
pub(super) const MODEL: &str = "gemini-3.1-pro-preview";
/// A Saturday morning in Los Angeles; midnight there is at 08:00 UTC.
pub(super) const START: &str = "2026-01-24T18:30:45Z";
/// The credentials, each with a project and an account of its own.
pub(super) const NAMES: [&str; 3] = ["a", "b", "c"];

/// A user's files, which several runs may share.
pub(super) struct World {
    scratch: Scratch,
    credentials: Value,
    start: Timestamp,
    took: Duration,
}

/// What one run did.
pub(super) struct Played {
    /// The credentials that asked, one for each request that the server took.
    pub(super) calls: Vec<String>,
    /// How long was waited before each request, and after the last.
    pub(super) waits: Vec<Duration>,
    /// Everything that passed on the clock.
    pub(super) elapsed: Duration,
    /// The exit code.
    pub(super) exit: u8,
    /// What went to stdout.
    pub(super) stdout: String,
    /// What went to stderr, a line each.
    pub(super) notes: Vec<String>,
    /// The shared state afterwards.
    pub(super) state: Value,
    /// The names of the replies, in the order in which they were given.
    pub(super) given: Vec<String>,
    /// The log of the run.
    pub(super) events: Vec<Value>,
    /// What the run added to the audit log.
    pub(super) entries: Vec<Value>,
}

/// An answer that is accepted.
pub(super) fn approval() -> Response {
    Response::verdict(json!({"verdict": "APPROVED", "critique": "Sound.", "tier_1_issues": []}))
}

/// What all credentials are told: these in turn, and the last one again and again.
pub(super) fn told(responses: impl IntoIterator<Item = Response>) -> Script {
    script().rule(responses.into_iter().fold(Rule::new("*", "*"), Rule::respond))
}

/// A script that knows the keys and says nothing.
pub(super) fn script() -> Script {
    NAMES.iter().fold(Script::new(), |script, name| script.key(name, &key(name)))
}

fn key(name: &str) -> String {
    format!("key-of-{name}-for-tests")
}

impl World {
    /// The credentials `a`, `b`, … of that number.
    pub(super) fn new(count: usize) -> Self {
        let entry = |name: &&str| json!({"name": name, "key": key(name)});
        Self {
            scratch: Scratch::new(),
            credentials: NAMES.iter().take(count).map(entry).collect(),
            start: START.parse().unwrap(),
            took: Duration::ZERO,
        }
    }

    /// Other labels for the credential at `place`.
    pub(super) fn label(mut self, place: usize, what: &str, label: &str) -> Self {
        self.credentials[place][what] = label.into();
        self
    }

    /// Without the credential at `place`.
    pub(super) fn without(mut self, place: usize) -> Self {
        self.credentials.as_array_mut().unwrap().remove(place);
        self
    }

    /// The next runs begin at this time.
    pub(super) fn at(mut self, start: &str) -> Self {
        self.start = start.parse().unwrap();
        self
    }

    /// The next run begins so much later.
    pub(super) fn passes(&mut self, time: Duration) {
        self.start += time;
    }

    /// Each request takes so long on the clock.
    pub(super) fn each_takes(mut self, took: Duration) -> Self {
        self.took = took;
        self
    }

    /// Plays a run against `script`.
    pub(super) fn play(&self, script: Script, flags: &[&str]) -> Played {
        let stub = Arc::new(Stub::start(script));
        let clock = PlayedClock::at(self.start, self.took, Arc::clone(&stub));
        let file = self
            .scratch
            .write("credentials.json", json!({"credentials": self.credentials}).to_string());
        set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        let logs = self.scratch.path("logs");
        let before = lines(&logs);

        let state_dir = self.scratch.path("state");
        let mut words = vec!["gemini-retry", "-p", "Review this."];
        let url = stub.base_url();
        words.extend(["--state-dir", state_dir.to_str().unwrap()]);
        words.extend([
            "--log-dir",
            logs.to_str().unwrap(),
            "--credentials",
            file.to_str().unwrap(),
        ]);
        words.extend(flags);
        if !flags.contains(&"--base-url") {
            words.extend(["--base-url", &url]);
        }
        let args = Args::try_parse_from(words).unwrap();
        let env = |_: &str| None;
        let settings = Settings::new(&args.ask.call, env).unwrap();
        let request = Request::typed(&args.ask, settings.bounds).unwrap();
        let pool = credentials::load(&file, Asker::Rest, env).unwrap();
        let clock_of_run = Box::new(Arc::clone(&clock));
        let earlier = files(&state_dir.join("logs"));
        let client = Client::new(settings, pool, Signals::default(), clock_of_run);
        let said = finish(Run::begin(&client, &request), args.ask.print);

        let stdout = match said.answer {
            Some(Shown::Envelope(envelope)) => records::print_noun(&*envelope).unwrap() + "\n",
            Some(Shown::Line(line)) => line + "\n",
            None => String::new(),
        };
        let mut notes = said.notes;
        let exit = said.end.unwrap_or_else(|failure| {
            notes.push(failure.to_string());
            failure.exit()
        });
        let seen = stub.requests();
        let state = std::fs::read_to_string(state_dir.join("state.json")).unwrap_or_default();
        Played {
            calls: seen.iter().map(|request| request.key.clone().unwrap_or_default()).collect(),
            given: seen.iter().map(|request| request.given.clone()).collect(),
            events: events(files(&state_dir.join("logs")).difference(&earlier)),
            waits: clock.waits(),
            elapsed: crate::call::clock::Clock::elapsed(&clock),
            exit: exit.code(),
            stdout,
            notes,
            state: serde_json::from_str(&state).unwrap_or_default(),
            entries: lines(&logs)
                .difference(&before)
                .map(|l| serde_json::from_str(l).unwrap())
                .collect(),
        }
    }
}

impl Played {
    /// The last line on stderr, which is for scripts.
    pub(super) fn last(&self) -> Value {
        serde_json::from_str(self.notes.last().unwrap()).unwrap()
    }

    /// The names of the calls' credentials in one word.
    pub(super) fn asked(&self) -> String {
        self.calls.concat()
    }

    /// The run gave no answer: this exit and class on all three ways.
    #[track_caller]
    pub(super) fn failed(&self, exit: u8, class: &str) -> &Self {
        assert_eq!((self.exit, self.stdout.as_str()), (exit, ""), "{:?}", self.notes);
        assert_eq!(self.last()["class"], class, "{:?}", self.notes);
        let count = usize::from(!self.calls.is_empty());
        assert_eq!(self.entries.len(), count, "one entry for a run that asked");
        for entry in &self.entries {
            assert_eq!(
                (&entry["outcome"], &entry["failure_class"]),
                (&json!("failed"), &json!(class))
            );
            assert!(entry["verdict"].is_null(), "{entry}");
        }
        self
    }

    /// The run gave the answer, and the audit log has it.
    #[track_caller]
    pub(super) fn answered(&self) -> &Self {
        assert_eq!(self.exit, 0, "{:?}", self.notes);
        let envelope: Value = serde_json::from_str(&self.stdout).unwrap();
        assert_eq!(envelope["verdict"], "APPROVED");
        let [entry] = self.entries.as_slice() else { panic!("{:?}", self.entries) };
        assert_eq!(entry["id"], envelope["audit_id"]);
        assert_eq!(entry["outcome"], "reviewed");
        self
    }

    /// The cool-down of a scope: its reason and its end.
    #[track_caller]
    pub(super) fn cools(&self, scope: &str) -> (String, Timestamp) {
        let held = &self.state["scopes"][scope];
        let text =
            |key: &str| held[key].as_str().unwrap_or_else(|| panic!("{scope}: {}", self.state));
        (text("reason").to_owned(), text("until").parse().unwrap())
    }

    /// Nothing is held against anybody.
    #[track_caller]
    pub(super) fn costs_nothing(&self) -> &Self {
        // A state that was never written holds nothing.
        let nothing = |what: &Value| what.is_null() || *what == json!({});
        let held = ["scopes", "credentials"].map(|part| &self.state[part]);
        assert!(held.into_iter().all(nothing), "{}", self.state);
        self
    }
}

/// The scope of a credential's project.
pub(super) fn project(name: &str) -> String {
    format!("p:{name}|m:{MODEL}")
}

fn files(dir: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn events<'a>(logs: impl Iterator<Item = &'a PathBuf>) -> Vec<Value> {
    let text: String = logs.map(|log| std::fs::read_to_string(log).unwrap()).collect();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every line of the audit log.
fn lines(logs: &Path) -> BTreeSet<String> {
    let shards = std::fs::read_dir(logs.join("active")).into_iter().flatten();
    let text = |shard: std::io::Result<DirEntry>| std::fs::read_to_string(shard.unwrap().path());
    let lines = shards.map(|shard| text(shard).unwrap());
    lines.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}
