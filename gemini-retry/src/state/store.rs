//! The state's files with a lock beside them, in a folder of the user's own: `state.json` for what
//! must outlive a power cut, and `in-flight.json` for what changes with every call.
//!
//! Nothing here can fail a run. When the files cannot be used, the run goes on with what it knows
//! itself and says so once. It tries again each time, and tells the others what it learnt meanwhile.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cli::Failure;
use jiff::Timestamp;
use journal::Lock;
use records::Stamp;
use serde::de::DeserializeOwned;

use crate::state::in_flight::InFlight;
use crate::state::process::Process;
use crate::state::{State, VERSION};

/// How long another process may hold the lock; its own work under it takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same once a signal has asked to stop, for everything that is left to do.
const HURRY: Duration = Duration::from_millis(50);
/// How often who waits looks whether a signal came.
const LOOK: Duration = Duration::from_millis(20);

/// More than any number of credentials and models needs.
const LONGEST_FILE: u64 = 8 << 20;

/// The state that all processes share.
pub(crate) struct Store {
    file: PathBuf,
    live: PathBuf,
    lock: PathBuf,
    /// Held only while waiting for the lock, so that who has just given the lock back stands behind
    /// those who wait. Otherwise a busy process takes it again before anybody looks.
    queue: PathBuf,
    memory: State,
    /// Whether the files could be used the last time.
    shared: bool,
    /// What was learnt and does not stand in the files.
    unsaved: State,
    patience: Duration,
    /// Whether a signal asks to stop.
    is_stopped: Box<dyn Fn() -> bool + Send>,
    /// Until when locks are waited for, once one does.
    last_moment: Option<Instant>,
    /// Whether it was said that the files cannot be used.
    said: bool,
    warnings: Vec<String>,
}

/// Why the file is not used any more.
struct Trouble(String);

impl<E: std::error::Error> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl Store {
    /// The state in the folder `dir`, which is made when it is missing.
    pub(crate) fn open(dir: &Path) -> Self {
        let mut store = Self {
            file: dir.join("state.json"),
            live: dir.join("in-flight.json"),
            lock: dir.join("state.lock"),
            queue: dir.join("state.queue"),
            memory: State::default(),
            shared: true,
            unsaved: State::default(),
            patience: PATIENCE,
            is_stopped: Box::new(|| false),
            last_moment: None,
            said: false,
            warnings: Vec::new(),
        };
        if let Err(error) = make_private_dir(dir) {
            store.go_alone(&format!("cannot make {}: {error}", dir.display()));
        }
        store
    }

    /// The same for runs that are over after `deadline`, or when `is_stopped` says so: waiting for
    /// others must use up neither.
    pub(crate) fn within(
        self,
        deadline: Duration,
        is_stopped: impl Fn() -> bool + Send + 'static,
    ) -> Self {
        let patience = (deadline / 8).clamp(HURRY, PATIENCE);
        Self { patience, is_stopped: Box::new(is_stopped), ..self }
    }

    /// Lets `change` look at the state and change it, under the lock. It must be quick: no network,
    /// no sleep.
    pub(crate) fn transact<T>(
        &mut self,
        now: Timestamp,
        change: impl FnOnce(&mut State) -> T,
    ) -> T {
        // Who went on alone looks again, but has waited enough.
        let patience = if self.shared { self.patience } else { Duration::ZERO };
        self.transact_within(patience, now, change)
    }

    /// Tries once more, with patience, to tell others what was learnt meanwhile.
    pub(crate) fn save_the_rest(&mut self, now: Timestamp) {
        if !self.shared && !self.unsaved.knows_nothing() {
            self.transact_within(self.patience, now, |_| ());
            if !self.shared {
                self.warnings.push("no other run knows what this one learnt meanwhile".to_owned());
            }
        }
    }

    fn transact_within<T>(
        &mut self,
        patience: Duration,
        now: Timestamp,
        change: impl FnOnce(&mut State) -> T,
    ) -> T {
        let held = self.take_over(patience, now);
        // What is repaired is written down: a cool-down that begins now would do so for ever.
        let found = self.memory.clone();
        if held.is_some() {
            self.memory.learn_from(&self.unsaved);
        }
        self.memory.settle(now);
        self.memory.live.settle(now, Process::is_gone);
        let live = self.memory.live.clone();
        let result = change(&mut self.memory);
        let has_moved = self.memory.live != live;
        let has_learnt = State { live: self.memory.live.clone(), ..found.clone() } != self.memory;
        if has_learnt {
            self.memory.rev += 1;
            self.memory.updated_at = Some(Stamp::new(now));
        }
        if has_moved {
            self.memory.live.rev += 1;
        }
        let written = held.as_ref().map(|_| self.write(has_learnt, has_moved));
        drop(held);
        if let Some(Ok(())) = written {
            self.shared = true;
            self.unsaved = State::default();
            return result;
        }
        if let Some(Err(Trouble(why))) = written {
            self.go_alone(&why);
        }
        self.unsaved.learn_from(&self.memory.learnt_since(&found));
        self.unsaved.unlearn(&self.memory);
        result
    }

    /// The same for a change that is worth nothing unless all processes see it.
    ///
    /// # Errors
    /// Exit 74 when the files cannot be used; they are as they were.
    pub(crate) fn change<T>(
        &mut self,
        now: Timestamp,
        change: impl FnOnce(&mut State) -> T,
    ) -> Result<T, Failure> {
        let result = self.transact(now, change);
        if self.shared {
            return Ok(result);
        }
        Err(Failure::world("cannot change what is remembered", self.take_warnings().join("; ")))
    }

    /// What went wrong since the last call, a sentence each.
    pub(crate) fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Takes the lock and the file's content. `None` when this run goes on alone.
    fn take_over(&mut self, patience: Duration, now: Timestamp) -> Option<Lock> {
        let lock = self.take_lock(patience);
        match lock.and_then(|lock| self.read(now).map(|state| (lock, state))) {
            Ok((lock, state)) => {
                self.memory = state;
                Some(lock)
            }
            Err(Trouble(why)) => {
                self.go_alone(&why);
                None
            }
        }
    }

    fn take_lock(&mut self, patience: Duration) -> Result<Lock, Trouble> {
        create_private(&self.queue)?;
        create_private(&self.lock)?;
        let until = Instant::now() + patience;
        let first_in_line = self.acquire(&self.queue.clone(), until)?;
        let lock = self.acquire(&self.lock.clone(), until)?;
        drop(first_in_line);
        Ok(lock)
    }

    fn acquire(&mut self, path: &Path, until: Instant) -> Result<Lock, Trouble> {
        loop {
            let now = Instant::now();
            if (self.is_stopped)() {
                self.last_moment.get_or_insert(now + HURRY);
            }
            let until = self.last_moment.map_or(until, |last| last.min(until));
            let left = until.saturating_duration_since(now);
            match Lock::acquire(path, left.min(LOOK)) {
                Err(journal::Error::Locked { .. }) if !left.is_zero() => {}
                Err(journal::Error::Locked { .. }) => {
                    let path = path.display();
                    return Err(Trouble(format!("another process does not give {path} back")));
                }
                other => return Ok(other?),
            }
        }
    }

    fn read(&mut self, now: Timestamp) -> Result<State, Trouble> {
        let known = match read(&self.file)? {
            Found::Nothing => State::default(),
            Found::Content(state) => State { version: VERSION, ..state },
            Found::Damage => self.set_aside(now)?,
        };
        let live = match read(&self.live)? {
            Found::Nothing => InFlight::default(),
            Found::Content(live) => live,
            Found::Damage => {
                let file = self.live.display();
                self.warnings.push(format!("{file} was damaged; calls in flight are forgotten"));
                InFlight::default()
            }
        };
        Ok(known.with(live))
    }

    /// Moves a damaged file away, so that its bytes are kept, and begins anew.
    fn set_aside(&mut self, now: Timestamp) -> Result<State, Trouble> {
        let stamp = Stamp::new(now).compact();
        let kept = self.file.with_file_name(format!("state.json.corrupt-{stamp}"));
        fs::rename(&self.file, &kept)?;
        self.warnings.push(format!(
            "{} was damaged; it is kept as {}, and cool-downs are forgotten",
            self.file.display(),
            kept.display()
        ));
        Ok(State::default())
    }

    fn write(&self, has_learnt: bool, has_moved: bool) -> Result<(), Trouble> {
        if has_learnt {
            // The new content takes over the mode of the file that is there.
            create_private(&self.file)?;
            journal::replace(&self.file, |file| {
                serde_json::to_writer_pretty(&mut *file, &self.memory)?;
                file.write_all(b"\n")
            })?;
        }
        if has_moved {
            replace_lightly(&self.live, &self.memory.live)?;
        }
        Ok(())
    }

    fn go_alone(&mut self, why: &str) {
        self.shared = false;
        // Who stops has no use for the files any more.
        if !std::mem::replace(&mut self.said, true) && self.last_moment.is_none() {
            self.warnings.push(format!("the shared state is not used: {why}"));
        }
    }
}

/// What the files in `dir` say, for somebody who only looks: nothing is locked, made or repaired.
///
/// # Errors
/// Exit 65 for a damaged file, 74 for one that cannot be read.
pub(crate) fn look(dir: &Path, now: Timestamp) -> Result<State, Failure> {
    let known: State = look_at(&dir.join("state.json"))?.unwrap_or_default();
    let live = look_at(&dir.join("in-flight.json"))?.unwrap_or_default();
    let mut state = known.with(live);
    state.settle(now);
    state.live.settle(now, Process::is_gone);
    Ok(state)
}

fn look_at<T: DeserializeOwned>(file: &Path) -> Result<Option<T>, Failure> {
    match read(file) {
        Ok(Found::Nothing) => Ok(None),
        Ok(Found::Content(content)) => Ok(Some(content)),
        Ok(Found::Damage) => Err(Failure::damaged(file.display(), "it has not the expected form")
            .hint("the next call keeps a damaged file under another name and begins anew")),
        Err(Trouble(why)) => Err(Failure::world("cannot tell what is remembered", why)),
    }
}

/// What a file holds.
enum Found<T> {
    /// There is none, or an empty one.
    Nothing,
    Content(T),
    Damage,
}

/// Reads one of the files, unless a later version of this program wrote it.
fn read<T: DeserializeOwned>(file: &Path) -> Result<Found<T>, Trouble> {
    #[derive(serde::Deserialize)]
    struct Head {
        version: Option<u64>,
    }
    let bytes = match read_bounded(file) {
        Ok(bytes) if bytes.is_empty() => return Ok(Found::Nothing),
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(e) => return Err(Trouble(format!("cannot read {}: {e}", file.display()))),
    };
    let version = serde_json::from_slice(&bytes).ok().and_then(|head: Head| head.version);
    if let Some(version) = version.filter(|version| *version > VERSION) {
        return Err(Trouble(format!(
            "{} has version {version}, and this program knows {VERSION}; it is left as it is",
            file.display()
        )));
    }
    Ok(serde_json::from_slice(&bytes).map_or(Found::Damage, Found::Content))
}

/// Replaces a file whole, but without waiting for the disk. The lock is held, so that one name is
/// enough for the new file, and one that a killed process left is used again.
fn replace_lightly(file: &Path, content: &InFlight) -> Result<(), Trouble> {
    let new = file.with_extension("json.new");
    let mut bytes = serde_json::to_vec(content)?;
    bytes.push(b'\n');
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(&new)?.write_all(&bytes)?;
    Ok(fs::rename(&new, file)?)
}

/// The file's bytes, and not many more than a state has: a longer file is damaged for certain.
fn read_bounded(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(file)?.take(LONGEST_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Makes `dir` and what is missing above it, for this user alone.
pub(crate) fn make_private_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    fs::set_permissions(dir, Permissions::from_mode(0o700))
}

/// Makes an empty file for this user alone, unless there is one.
pub(crate) fn create_private(file: &Path) -> io::Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    match made {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-24T18:30:45Z".parse().unwrap()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn two_stores_see_each_other_and_the_files_are_private() {
        let scratch = testkit::Scratch::new();
        let dir = scratch.path("a/b");
        let (mut one, mut two) = (Store::open(&dir), Store::open(&dir));
        one.transact(now(), |s| s.retire("x", "fp", "auth", "", now()));
        assert!(two.transact(now(), |s| s.is_retired("x", "fp")));
        assert_eq!((mode(&dir), mode(&dir.join("state.json"))), (0o700, 0o600));
        assert_eq!(mode(&dir.join("state.lock")), 0o600);
        assert_eq!((one.take_warnings(), two.take_warnings()), (vec![], vec![]));
    }

    #[test]
    fn a_damaged_file_is_kept_and_reported() {
        let scratch = testkit::Scratch::new();
        for (text, rest) in [("{\"scopes\":7}", "20260124T183045"), ("not json", "20260125T000000")]
        {
            scratch.write("state.json", text);
            let mut store = Store::open(scratch.root());
            let at =
                if rest.contains("24T") { now() } else { "2026-01-25T00:00:00Z".parse().unwrap() };
            store.transact(at, |s| s.retire("x", "fp", "auth", "", at));
            assert_eq!(scratch.read(format!("state.json.corrupt-{rest}")), text);
            assert_eq!(store.take_warnings().len(), 1);
            assert!(store.transact(at, |s| s.is_retired("x", "fp")));
        }
    }

    #[test]
    fn a_file_that_could_not_be_held_in_memory_is_set_aside_too() {
        let scratch = testkit::Scratch::new();
        let huge = scratch.write("state.json", "{");
        OpenOptions::new().write(true).open(huge).unwrap().set_len(1 << 42).unwrap();
        let mut store = Store::open(scratch.root());
        store.transact(now(), |s| s.retire("x", "fp", "auth", "", now()));
        assert!(scratch.path("state.json.corrupt-20260124T183045").exists());
        assert_eq!(store.take_warnings().len(), 1);
    }

    #[test]
    fn a_newer_file_is_left_alone() {
        let scratch = testkit::Scratch::new();
        let text = r#"{"version":2,"scopes":[]}"#;
        scratch.write("state.json", text);
        let mut store = Store::open(scratch.root());
        store.transact(now(), |s| s.retire("x", "fp", "auth", "", now()));
        assert_eq!(scratch.read("state.json"), text);
        assert!(store.transact(now(), |s| s.is_retired("x", "fp")), "it is remembered in memory");
        assert_eq!(store.take_warnings().len(), 1);
    }

    fn hurried(dir: &Path) -> Store {
        Store { patience: Duration::ZERO, ..Store::open(dir) }
    }

    fn hold(scratch: &testkit::Scratch, name: &str) -> Lock {
        Lock::acquire(&scratch.path(name), Duration::ZERO).unwrap()
    }

    #[test]
    fn what_was_learnt_alone_is_told_to_the_others_later() {
        let scratch = testkit::Scratch::new();
        let scope = ["p:a|m:x".to_owned()];
        let until = now() + jiff::SignedDuration::from_hours(1);
        for name in ["state.lock", "state.queue"] {
            let lock = hold(&scratch, name);
            let mut one = hurried(scratch.root());
            one.transact(now(), |s| s.cool(&scope[0], "quota_day", until, "r", now()));
            one.transact(now(), |s| s.retire(name, "fp", "auth", "", now()));
            assert_eq!(one.take_warnings().len(), 1, "said once");
            one.save_the_rest(now());
            assert_eq!(one.take_warnings().len(), 1, "it is said that others do not know");
            drop(lock);
            one.save_the_rest(now());
            assert_eq!(one.take_warnings(), Vec::<String>::new());
            let others = look(scratch.root(), now()).unwrap();
            assert!(others.is_retired(name, "fp"));
            assert!(others.cooling(&scope, now()).is_some_and(|(held, _)| held == until));
            // From then on it goes on with them.
            Store::open(scratch.root()).transact(now(), |s| s.retire("z", name, "auth", "", now()));
            assert!(one.transact(now(), |s| s.is_retired("z", name)));
        }
    }

    #[test]
    fn a_later_end_stands_and_what_an_answer_disproved_is_not_told() {
        let scratch = testkit::Scratch::new();
        let hours = |n| now() + jiff::SignedDuration::from_hours(n);
        let scopes = ["a", "b"].map(str::to_owned);
        let lock = hold(&scratch, "state.lock");
        let mut one = hurried(scratch.root());
        one.transact(now(), |s| s.cool("a", "quota_day", hours(1), "r", now()));
        one.transact(now(), |s| s.cool("b", "quota_day", hours(1), "r", now()));
        one.transact(hours(2), |s| s.succeeded(&scopes[1..], hours(2)));
        drop(lock);
        Store::open(scratch.root())
            .transact(now(), |s| s.cool("a", "quota_day", hours(5), "r", now()));
        one.transact(hours(2), |_| ());
        let others = look(scratch.root(), now()).unwrap();
        assert_eq!(others.cooling(&scopes[..1], now()).unwrap().0, hours(5));
        assert!(others.cooling(&scopes[1..], now()).is_none());
    }

    #[test]
    fn a_signal_ends_the_wait_for_the_lock() {
        let scratch = testkit::Scratch::new();
        for name in ["state.lock", "state.queue"] {
            let _lock = hold(&scratch, name);
            let store = Store::open(scratch.root()).within(Duration::MAX, || true);
            // It would outlive any test.
            let mut store = Store { patience: Duration::from_hours(1), ..store };
            store.transact(now(), |s| s.retire("x", "fp", "auth", "", now()));
            assert_eq!(store.take_warnings(), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn a_cooldown_dated_into_the_future_begins_once() {
        let scratch = testkit::Scratch::new();
        let scope = ["p:a|m:x".to_owned()];
        let ahead = now() + jiff::SignedDuration::from_hours(24 * 30);
        let minute = jiff::SignedDuration::from_mins(1);
        let mut store = Store::open(scratch.root());
        store.transact(ahead, |s| s.cool(&scope[0], "quota_minute", ahead + minute, "r", ahead));
        // The clock was set right; each process reads what the file has.
        let cools = |at| {
            let mut store = Store::open(scratch.root());
            store.transact(at, |s| s.cooling(&scope, at).is_some())
        };
        assert!(cools(now()));
        assert!(!cools(now() + minute));
    }
}
