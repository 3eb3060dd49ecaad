//! The state's files with a lock beside them, in a folder of the user's own: `state.json` for what
//! must outlive a power cut, and `in-flight.json` for what changes with every call.
//!
//! Nothing here can fail a run. When the files cannot be used, the run goes on with what it knows
//! itself and says so once.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    shared: bool,
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
            warnings: Vec::new(),
        };
        if let Err(error) = make_private_dir(dir) {
            store.go_alone(&format!("cannot make {}: {error}", dir.display()));
        }
        store
    }

    /// Lets `change` look at the state and change it, under the lock. It must be quick: no network,
    /// no sleep.
    pub(crate) fn transact<T>(
        &mut self,
        now: Timestamp,
        change: impl FnOnce(&mut State) -> T,
    ) -> T {
        let held = if self.shared { self.take_over(now) } else { None };
        self.memory.settle(now);
        self.memory.live.settle(now, Process::is_gone);
        let before = self.memory.clone();
        let result = change(&mut self.memory);
        let has_moved = self.memory.live != before.live;
        let has_learnt = State { live: self.memory.live.clone(), ..before } != self.memory;
        if has_learnt {
            self.memory.rev += 1;
            self.memory.updated_at = Some(Stamp::new(now));
        }
        if has_moved {
            self.memory.live.rev += 1;
        }
        if held.is_some()
            && let Err(Trouble(why)) = self.write(has_learnt, has_moved)
        {
            self.go_alone(&why);
        }
        drop(held);
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
    fn take_over(&mut self, now: Timestamp) -> Option<Lock> {
        let taken = self.take_lock().and_then(|lock| self.read(now).map(|state| (lock, state)));
        match taken {
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

    fn take_lock(&self) -> Result<Lock, Trouble> {
        create_private(&self.queue)?;
        create_private(&self.lock)?;
        let first_in_line = Lock::acquire(&self.queue, PATIENCE)?;
        let lock = Lock::acquire(&self.lock, PATIENCE)?;
        drop(first_in_line);
        Ok(lock)
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
        self.warnings.push(format!("the shared state is not used: {why}"));
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
}
