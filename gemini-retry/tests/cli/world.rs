//! A repository, a home with credentials, and a service.

use std::fs::{self, Permissions, set_permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gemini_stub::{Response, Script, Stub};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use testkit::{Ran, Repo, Running, Scratch, Tool};

pub(crate) const MODEL: &str = "gemini-3.1-pro-preview";
/// Keys of the tests; none may ever be found outside the credentials file.
pub(crate) const ALPHA: &str = "AIzaTestKeyOfAlpha-0123456789_abcdefghij";
pub(crate) const BETA: &str = "key-of-beta-that-fits-no-known-pattern";
pub(crate) const OTHER: &str = "AQ.Another-Key_0123456789abcdefghij";

pub(crate) struct World {
    pub(crate) scratch: Scratch,
    pub(crate) repo: Repo,
    pub(crate) stub: Stub,
}

/// A script that knows the keys of the tests.
pub(crate) fn script() -> Script {
    Script::new().key("alpha", ALPHA).key("beta", BETA).key("other", OTHER)
}

/// An answer that is accepted.
pub(crate) fn approval() -> Response {
    Response::verdict(json!({
        "verdict": "APPROVED", "critique": "Sound, and small enough.", "tier_1_issues": [],
    }))
}

impl World {
    /// Credentials `alpha` and `beta`, each with a project of its own.
    pub(crate) fn new(script: Script) -> Self {
        let scratch = Scratch::new();
        let repo = Repo::init(scratch.path("talos"));
        repo.commit_file("README.md", "talos\n", "Begin");
        let world = Self { scratch, repo, stub: Stub::start(script) };
        world.credentials(&json!([
            {"name": "alpha", "type": "api_key", "key": ALPHA, "account-name": "a@example.invalid"},
            {"name": "beta", "key": BETA, "project": "second"},
        ]));
        world
    }

    pub(crate) fn credentials(&self, entries: &Value) {
        let text = json!({"credentials": entries}).to_string();
        let path = self.scratch.write("home/.assemblyzero/gemini-credentials.json", text);
        set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    }

    /// The tool in the repository, in a hurry.
    pub(crate) fn tool(&self) -> Tool {
        Tool::new("gemini-retry")
            .dir(self.repo.path())
            .home(self.scratch.home())
            .env("GOOGLE_GEMINI_BASE_URL", self.stub.base_url())
            .env("GEMINI_RETRY_BASE_DELAY", "0.001")
            .env("GEMINI_RETRY_DEADLINE", deadline().as_secs_f64().to_string())
    }

    /// Asks for a review and checks that no key got out.
    #[track_caller]
    pub(crate) fn ask(&self) -> Ran {
        self.ask_with(&["--issue", "98", "--node", "review_lld"])
    }

    #[track_caller]
    pub(crate) fn ask_with(&self, flags: &[&str]) -> Ran {
        self.run(self.tool().args(flags).arg("-").stdin("Review this.\n"))
    }

    /// Runs the tool and checks that no key got out.
    #[track_caller]
    pub(crate) fn run(&self, tool: Tool) -> Ran {
        self.wait(tool.spawn())
    }

    /// The same for one that was started before.
    #[track_caller]
    pub(crate) fn wait(&self, running: Running) -> Ran {
        let ran = running.wait();
        self.no_key_in(&ran);
        ran
    }

    /// Makes a program of this name out of a shell script and puts it on the PATH of `tool`.
    pub(crate) fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.scratch.write(format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
        set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// The tool with `--command`, with programs of this world first on its PATH.
    pub(crate) fn command(&self, line: &str) -> Tool {
        self.tool().path_first(self.scratch.path("bin")).args(["--command", line])
    }

    #[track_caller]
    pub(crate) fn start(&self, flags: &[&str]) -> Running {
        self.tool().args(flags).arg("-").stdin("Review this.\n").spawn()
    }

    /// Looks for keys in what the run printed and in every file but the credentials.
    #[track_caller]
    fn no_key_in(&self, ran: &Ran) {
        let mut places = vec![
            ("stdout".to_owned(), ran.stdout.clone()),
            ("stderr".to_owned(), ran.stderr.clone()),
        ];
        for path in files(self.scratch.root()) {
            if !path.ends_with("gemini-credentials.json") {
                match fs::read(&path) {
                    Ok(bytes) => places.push((path.display().to_string(), bytes)),
                    // Another run replaced the shared state since the folder was listed: what it
                    // put there is looked at when that run has ended.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => panic!("{}: {error}", path.display()),
                }
            }
        }
        for (name, bytes) in places {
            let text = String::from_utf8_lossy(&bytes);
            for key in [ALPHA, BETA, OTHER] {
                // The beginning of a key is a leak, too.
                assert!(
                    !text.contains(key.get(..16).unwrap()),
                    "a key is in {name}: {text}\n{ran}"
                );
            }
        }
    }

    /// The shared state. It has no file before somebody learns something.
    pub(crate) fn state(&self) -> Value {
        let path = "home/.assemblyzero/gemini-retry/state.json";
        if !self.scratch.path(path).exists() {
            return json!({"scopes": {}, "credentials": {}});
        }
        serde_json::from_str(&self.scratch.read(path)).unwrap()
    }

    /// What is in flight, as the state says.
    pub(crate) fn in_flight(&self) -> Value {
        let path = "home/.assemblyzero/gemini-retry/in-flight.json";
        serde_json::from_str(&self.scratch.read(path)).unwrap()
    }

    /// The shared state, if anything was worth remembering.
    pub(crate) fn try_state(&self) -> Value {
        let path = self.scratch.path("home/.assemblyzero/gemini-retry/state.json");
        match fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text).unwrap(),
            Err(error) if error.kind() == ErrorKind::NotFound => Value::Null,
            Err(error) => panic!("{error}"),
        }
    }

    /// Every audit entry, shard after shard.
    pub(crate) fn entries(&self) -> Vec<Value> {
        json_lines(&self.repo.file("logs/active"))
    }

    /// Every event of every run, in order within a run.
    pub(crate) fn events(&self) -> Vec<Value> {
        json_lines(&self.scratch.path("home/.assemblyzero/gemini-retry/logs"))
    }

    /// The events of one name.
    pub(crate) fn events_called(&self, name: &str) -> Vec<Value> {
        self.events().into_iter().filter(|e| e["event"] == name).collect()
    }

    /// The same while a run is writing: a line that is not whole yet is left out.
    pub(crate) fn try_events_called(&self, name: &str) -> Vec<Value> {
        let paths = files(&self.scratch.path("home/.assemblyzero/gemini-retry/logs"));
        let text = paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect::<String>();
        let events = text.lines().filter_map(|line| serde_json::from_str(line).ok());
        events.filter(|event: &Value| event["event"] == name).collect()
    }

    /// Calls that reached the service with the keys alpha and beta.
    pub(crate) fn calls(&self) -> (usize, usize) {
        (self.stub.calls("alpha"), self.stub.calls("beta"))
    }
}

/// The usual deadline, but never beyond the next midnight in Los Angeles: a run that sees the quota
/// of a day come back in time waits for it, and these tests are about runs that do not.
fn deadline() -> Duration {
    let now = cli::clock::now().instant();
    let here = now.to_zoned(TimeZone::get("America/Los_Angeles").unwrap());
    let midnight = here.tomorrow().unwrap().start_of_day().unwrap();
    let left = Duration::try_from(now.duration_until(midnight.timestamp())).unwrap();
    (left / 2).clamp(Duration::from_secs(1), Duration::from_mins(20))
}

/// The last line on stderr, which is for scripts.
#[track_caller]
pub(crate) fn last_line(ran: &Ran) -> Value {
    let line = ran.err().lines().last().unwrap_or_else(|| panic!("stderr is empty\n{ran}"));
    let json = line.strip_prefix("gemini-retry: ").unwrap_or_else(|| panic!("{line}\n{ran}"));
    serde_json::from_str(json).unwrap_or_else(|e| panic!("{e}: {line}"))
}

/// A failed run: this exit, nothing on stdout, and this class on the last line.
#[track_caller]
pub(crate) fn failed(ran: &Ran, code: i32, class: &str) -> Value {
    ran.code(code).stdout_is("");
    let line = last_line(ran);
    assert_eq!(line["class"], class, "{ran}");
    line
}

fn json_lines(dir: &Path) -> Vec<Value> {
    let mut paths = files(dir);
    paths.sort();
    let lines = paths.iter().flat_map(|path| {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    });
    lines.collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let each = entries.flat_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path) } else { vec![path] }
    });
    each.collect()
}
