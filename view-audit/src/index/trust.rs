//! When an index is believed, and when one is made.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use audit_log::{FileState, Seal, boot, inode, tells_changes};
use jiff::Timestamp;
use rustix::fs::OFlags;

use super::build;
use super::file::{Index, Writing};
use super::words::Words;
use crate::history::History;

/// How many bytes behind an index are read each time rather than added to it.
const BEHIND: u64 = if cfg!(test) { 64 } else { 8 << 20 };

/// The index at `path`, if it is sure to describe `history` as it is, without its last
/// [`BEHIND`] bytes that may change.
pub(crate) fn believed(path: &Path, history: &History) -> Option<Index> {
    let state = FileState::of(&history.file()?.metadata().ok()?);
    let mut index = Index::open(path)?;
    index.cut(history.stable());
    index.seal.holds(&state).then_some(index).filter(|index| is_long_enough(index, history))
}

fn is_long_enough(index: &Index, history: &History) -> bool {
    index.covered() + BEHIND >= history.stable()
}

/// Makes an index of `history` at `path`, from what holds of the one that is there; `None` when another
/// process is doing so, or there is no file to make one of.
///
/// # Errors
/// When the history cannot be read or the index cannot be written.
pub(crate) fn make(path: &Path, history: &History, now: Timestamp) -> io::Result<Option<Index>> {
    let Some(file) = history.file() else { return Ok(None) };
    let old = Index::open(path);
    let before = Before::of(file)?;
    let fits = |old: &Index| is_long_enough(old, history) && old.covered() <= history.stable();
    if let Some(mut index) = old.filter(fits)
        && holds_everywhere(&index, history)?
    {
        index.seal = seal(&index.seal, file, before, now)?;
        // Where this fails, the next run compares again.
        drop(reseal(path, &index));
        return Ok(Some(index));
    }
    write(path, history, file, before, now)
}

fn holds_everywhere(index: &Index, history: &History) -> io::Result<bool> {
    let mut bytes = Vec::new();
    for block in &index.blocks {
        if !build::is_same(block, history, &mut bytes)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How a history was before it was read.
#[derive(Debug, Clone, Copy)]
struct Before {
    state: FileState,
    /// Whether it was on the disk. A process that shares the file's memory may change what is not there
    /// yet again and again, and the time of change stays; what is there, it can only change anew.
    synced: bool,
}

impl Before {
    fn of(file: &File) -> io::Result<Self> {
        let synced = file.sync_data().is_ok();
        Ok(Self { state: FileState::of(&file.metadata()?), synced })
    }
}

/// The seal of an index of which all was read after the history was as `before` says.
fn seal(of: &Seal, file: &File, before: Before, now: Timestamp) -> io::Result<Seal> {
    let Before { state, synced } = before;
    let same = FileState::of(&file.metadata()?) == state;
    let settled = synced && same && state.is_settled(now) && tells_changes(file);
    Ok(Seal { state, settled, boot: boot(), ..*of })
}

/// Writes the seal alone, if the file at `path` is still the one that was read.
fn reseal(path: &Path, index: &Index) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    if inode(&file.metadata()?) == inode(&index.file.metadata()?) {
        file.write_all_at(&index.seal.encode(), 0)?;
    }
    Ok(())
}

fn write(
    path: &Path,
    history: &History,
    file: &File,
    before: Before,
    now: Timestamp,
) -> io::Result<Option<Index>> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("index.new");
    let Some(target) = claim(&new)? else { return Ok(None) };
    let old = Index::open(path);
    let words = old.as_ref().map_or_else(Words::default, |old| old.words.clone());
    let mut writing = Writing::new(target, words);
    let empty = Seal { state: before.state, settled: false, boot: 0, covered: 0, contents: [0; 8] };
    let written = build::add(&mut writing, history, old.as_ref(), history.stable())
        .and_then(|()| seal(&empty, file, before, now))
        .and_then(|seal| writing.finish(seal))
        .and_then(|index| fs::rename(&new, path).map(|()| index));
    if written.is_err() {
        // Nobody reads it under this name; the next one that is made takes its place.
        drop(fs::remove_file(&new));
    }
    written.map(Some)
}

/// Opens the file that is to become an index, empty; `None` when another process is writing it. The
/// lock ends with the process, so what a killed one left is used again.
fn claim(new: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    // Nothing is written through a symbolic link.
    options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    let file = options.open(new)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Ok(None),
        Err(fs::TryLockError::Error(cause)) => return Err(cause),
    }
    // Another process may have finished it and given it its name, before we had the lock.
    let is_ours = match fs::metadata(new) {
        Ok(found) => inode(&found) == inode(&file.metadata()?),
        Err(_) => false,
    };
    if !is_ours {
        return Ok(None);
    }
    file.set_len(0)?;
    Ok(Some(file))
}
