//! What an index over a history is about: the seal at its beginning.
//!
//! An index is a file that `view-audit` keeps so that it need not read a whole history again. What it
//! says of the history holds as long as the history is as it was then; the seal says how it was.
//! `docs/decisions/0019-sidecar-index.md` has the argument.

use std::env;
use std::fs::{self, File, Metadata, OpenOptions};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use repo::Place;
use twox_hash::XxHash3_64;

use crate::{Inode, Log, state_name};

/// The first bytes of an index of this form.
const MAGIC: u64 = u64::from_le_bytes(*b"sw-idx-2");

/// How many numbers a seal is, the checksum included.
const NUMBERS: usize = 18;

/// The length of a seal in bytes.
pub const SEAL: usize = NUMBERS * 8;

/// A change within this time of the one before may leave the same time of change, because the clock of
/// a file system has ticks. No tick of Linux is longer than a hundredth of a second.
const TICK: SignedDuration = SignedDuration::from_millis(50);

/// The same where only whole seconds are kept, as ext4 with small inodes does.
const SECOND: SignedDuration = SignedDuration::from_millis(2500);

/// File systems that set the time of change themselves, by the clock of this machine: bcachefs, btrfs,
/// ext2 to ext4, f2fs, overlayfs over one of these, XFS and ZFS. On others it may be a copy of another
/// time, that of a server, or one in steps of two seconds; on tmpfs a process that shares the memory of a
/// file changes it without changing its time.
#[cfg(target_os = "linux")]
const HONEST: [u64; 7] =
    [0xca45_1a4e, 0x9123_683e, 0xef53, 0xf2f5_2010, 0x794c_7630, 0x5846_5342, 0x2fc1_2fc1];

/// What changes whenever a file changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState {
    /// Which file it is.
    pub inode: Inode,
    /// Its length.
    pub len: u64,
    /// When it was written to, in nanoseconds since 1970. Anybody can set it back.
    pub modified: i64,
    /// When it or its times were changed, in nanoseconds since 1970. Nobody can set it.
    pub changed: i64,
}

impl FileState {
    /// The state of the file at `path`; `None` where there is none to be seen.
    pub fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().as_ref().map(Self::of)
    }

    /// The state of an open file.
    pub fn of(found: &Metadata) -> Self {
        let nanoseconds =
            |seconds: i64, part: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(part);
        Self {
            inode: Inode { dev: found.dev(), ino: found.ino() },
            len: found.len(),
            modified: nanoseconds(found.mtime(), found.mtime_nsec()),
            changed: nanoseconds(found.ctime(), found.ctime_nsec()),
        }
    }

    /// Whether a change from `now` on is sure to change the state, on a file system that
    /// [`tells_changes`].
    pub fn is_settled(&self, now: Timestamp) -> bool {
        let tick = if self.changed % 1_000_000_000 == 0 { SECOND } else { TICK };
        let changed = Timestamp::from_nanosecond(i128::from(self.changed));
        changed.is_ok_and(|changed| now.duration_since(changed) > tick)
    }
}

/// Whether the file is on a file system whose times of change can be relied on.
#[cfg(target_os = "linux")]
pub fn tells_changes(file: &File) -> bool {
    let kind = rustix::fs::fstatfs(file).map(|found| u64::try_from(found.f_type).unwrap_or(0));
    kind.is_ok_and(|kind| HONEST.contains(&kind))
}

/// Whether the file is on a file system whose times of change can be relied on: not known here.
#[cfg(not(target_os = "linux"))]
pub fn tells_changes(_: &File) -> bool {
    false
}

/// Which state of which history an index describes, and where its parts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// The history's state.
    pub state: FileState,
    /// Whether the history cannot have changed in this state: it had been in it for longer than a tick
    /// when reading began.
    pub settled: bool,
    /// The boot of the machine during which it was read ([`boot`]). A power failure may take bytes
    /// back that were read, and leave the state.
    pub boot: u64,
    /// How many bytes of the history it describes, from the first one.
    pub covered: u64,
    /// What else its writer needs to know.
    pub contents: [u64; 8],
}

impl Seal {
    /// Its bytes.
    pub fn encode(&self) -> [u8; SEAL] {
        let Self { state, settled, boot, covered, contents } = self;
        let (modified, changed) = (state.modified.cast_unsigned(), state.changed.cast_unsigned());
        let FileState { inode, len, .. } = state;
        let settled = u64::from(*settled);
        let first =
            [MAGIC, inode.dev, inode.ino, *len, modified, changed, settled, *boot, *covered];
        let mut numbers = [0; NUMBERS];
        for (to, number) in numbers.iter_mut().zip(first.iter().chain(contents)) {
            *to = *number;
        }
        numbers[NUMBERS - 1] = checksum(&bytes(&numbers));
        bytes(&numbers)
    }

    /// Reads it back; `None` when it is cut off, damaged or of another form.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..SEAL)?;
        let (words, _) = bytes.as_chunks::<8>();
        let mut numbers = [0; NUMBERS];
        for (number, word) in numbers.iter_mut().zip(words) {
            *number = u64::from_le_bytes(*word);
        }
        let [magic, dev, ino, len, modified, changed, settled, boot, covered, rest @ ..] = numbers;
        let [contents @ .., sum] = rest;
        numbers[NUMBERS - 1] = 0;
        if magic != MAGIC || sum != checksum(&self::bytes(&numbers)) {
            return None;
        }
        let (modified, changed) = (modified.cast_signed(), changed.cast_signed());
        let state = FileState { inode: Inode { dev, ino }, len, modified, changed };
        Some(Self { state, settled: settled == 1, boot, covered, contents })
    }

    /// Whether what it covers is, in a history that is in `state` now, as it was then.
    pub fn holds(&self, state: &FileState) -> bool {
        self.settled && self.state == *state && self.boot == boot()
    }
}

fn bytes(numbers: &[u64; NUMBERS]) -> [u8; SEAL] {
    let mut bytes = [0; SEAL];
    for (to, number) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(numbers) {
        *to = number.to_le_bytes();
    }
    bytes
}

/// The checksum of the parts of an index, and of the parts of a history that it describes. It finds
/// every accident; it is no proof against somebody who may write to the index itself.
pub fn checksum(bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot(bytes)
}

/// A number for the present boot of the machine; 0 where the system does not say.
pub fn boot() -> u64 {
    fs::read("/proc/sys/kernel/random/boot_id").map_or(0, |id| checksum(&id))
}

/// Where the index of the history at `history` is: in the git folder of its checkout, and without one
/// in the user's folder for caches. `None` when there is no such folder.
pub fn index_path(history: &Path, place: Option<&Place>) -> Option<PathBuf> {
    let (folder, name) = match place {
        Some(place) => {
            let below = history.strip_prefix(place.worktree()).unwrap_or(history);
            (place.git_dir().to_owned(), state_name(below))
        }
        None => (caches()?, state_name(history)),
    };
    Some(folder.join("switchyard").join("view-audit").join(format!("{name}.index")))
}

/// As the XDG base directory specification has it: a relative path counts as none.
fn caches() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))
}

/// Says in the index of a log that its history went from `before` to the state that it is in now, and
/// that the bytes up to `from` are the same. For whoever changed it and kept others from doing so.
///
/// An index of which this does not hold, or that cannot be written to, stays as it is: readers then
/// compare it with the history.
pub fn advance_index(log: &Log, before: &FileState, from: u64) {
    let Some(path) = index_path(&log.history, log.place.as_ref()) else { return };
    let Ok(index) = OpenOptions::new().read(true).write(true).open(path) else { return };
    let mut bytes = [0; SEAL];
    if index.read_exact_at(&mut bytes, 0).is_err() {
        return;
    }
    let Some(seal) = Seal::decode(&bytes) else { return };
    if !seal.holds(before) || seal.covered > from {
        return;
    }
    let Some(state) = FileState::at(&log.history) else { return };
    if state.inode == before.inode && state.len >= from {
        // Where this fails, the seal is the old one, or damaged, and so nobody believes it.
        drop(index.write_all_at(&Seal { state, ..seal }.encode(), 0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        let state = FileState {
            inode: Inode { dev: 1, ino: 2 },
            len: 3,
            modified: -4,
            changed: 5_000_000_001,
        };
        Seal { state, settled: true, boot: boot(), covered: 6, contents: [7; 8] }
    }

    #[test]
    fn a_seal_counts_only_when_every_byte_is_there() {
        let bytes = seal().encode();
        assert_eq!(Seal::decode(&bytes), Some(seal()));
        for length in 0..SEAL {
            assert_eq!(Seal::decode(&bytes[..length]), None, "{length} bytes");
        }
        for at in 0..SEAL {
            let mut damaged = bytes;
            damaged[at] ^= 0x10;
            assert_eq!(Seal::decode(&damaged), None, "byte {at}");
        }
    }

    #[test]
    fn a_seal_holds_for_its_state_alone_and_only_when_that_was_settled() {
        let seal = seal();
        assert!(seal.holds(&seal.state));
        assert!(!Seal { settled: false, ..seal }.holds(&seal.state));
        assert!(!Seal { boot: seal.boot ^ 1, ..seal }.holds(&seal.state));
        let state = seal.state;
        let inode = Inode { ino: 9, ..state.inode };
        for other in [
            FileState { len: 4, ..state },
            FileState { modified: 0, ..state },
            FileState { changed: 0, ..state },
            FileState { inode, ..state },
        ] {
            assert!(!seal.holds(&other));
        }
    }

    #[test]
    fn an_index_goes_on_with_its_history_if_what_it_covers_is_the_same() {
        let scratch = testkit::Scratch::new();
        let repo = testkit::Repo::init(scratch.path("talos"));
        repo.write("logs/governance_history.jsonl", "0123456789");
        let log = Log::at_root(repo.path()).unwrap();
        let index = index_path(&log.history, log.place.as_ref()).unwrap();
        let before = FileState::at(&log.history).unwrap();
        let old = Seal { state: before, ..seal() };
        repo.write("logs/governance_history.jsonl", "0123456xyz and more");
        let after = FileState::at(&log.history).unwrap();
        let inode = Inode { dev: 0, ino: 0 };
        let elsewhere = FileState { inode, ..before };
        for (kept, given, from, seal) in [
            (old, before, 6, Seal { state: after, ..old }),
            (old, before, 7, Seal { state: after, ..old }),
            (old, before, 5, old),
            (old, before, 100, old),
            (old, after, 6, old),
            (Seal { settled: false, ..old }, before, 6, Seal { settled: false, ..old }),
            (Seal { state: elsewhere, ..old }, elsewhere, 6, Seal { state: elsewhere, ..old }),
        ] {
            repo.write(
                ".git/switchyard/view-audit/logs.index",
                [&kept.encode(), b"rows".as_slice()].concat(),
            );
            advance_index(&log, &given, from);
            let bytes = fs::read(&index).unwrap();
            assert_eq!(Seal::decode(&bytes), Some(seal), "from {from}");
            assert_eq!(&bytes[SEAL..], b"rows");
        }
        fs::remove_file(&index).unwrap();
        advance_index(&log, &before, 6);
        assert!(!index.exists());
    }

    #[test]
    fn a_state_is_settled_when_it_is_older_than_a_tick() {
        let state = seal().state;
        let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap();
        assert!(!state.is_settled(at(5_000)));
        assert!(!state.is_settled(at(5_050)));
        assert!(state.is_settled(at(5_052)));
        let whole = FileState { changed: 5_000_000_000, ..state };
        assert!(!whole.is_settled(at(7_500)));
        assert!(whole.is_settled(at(7_501)));
        // A clock that is behind that of the file system proves nothing.
        assert!(!state.is_settled(at(4_000)));
    }
}
