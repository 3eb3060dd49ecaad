//! What a call of `land` is doing, for others to see while it does it.
//!
//! `<state>/land/<call>.jsonl` has a line for each step, and the call holds a lock on it for as long as it
//! lives: one without a lock was left by a call that was killed. Nothing depends on these files, so that
//! one that cannot be written is no reason to land nothing.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use records::merge_queue::{LandRun, LandStep};
use records::{Stamp, TaskId, parse_noun, print_noun};
use repo::Place;

/// A call's own file; it goes when this is dropped.
pub(super) struct Live {
    file: Option<(File, PathBuf)>,
    id: String,
    since: Stamp,
}

fn folder(place: &Place) -> PathBuf {
    place.state_dir().join("land")
}

impl Live {
    /// For the call `id`.
    pub(super) fn begin(place: &Place, id: &str) -> Self {
        let since = cli::clock::now();
        Self { file: open(&folder(place), id), id: id.into(), since }
    }

    /// For a call that leaves no trace.
    pub(super) fn nowhere(id: &str) -> Self {
        Self { file: None, id: id.into(), since: cli::clock::now() }
    }

    /// Says what is done from now on, to which tasks, and how many wait behind them.
    pub(super) fn say(&mut self, step: LandStep, tasks: Vec<TaskId>, waiting: usize) {
        let Some((file, _)) = &mut self.file else { return };
        let (run, since) = (self.id.clone(), self.since);
        let now = LandRun { run, since, step, step_since: cli::clock::now(), tasks, waiting };
        // One write a line, so that a reader sees whole lines. A disk that is full costs others the sight
        // of it and nothing else.
        let line = print_noun(&now).map(|line| line + "\n").unwrap_or_default();
        if file.write_all(line.as_bytes()).is_err() {
            self.end();
        }
    }

    fn end(&mut self) {
        if let Some((file, path)) = self.file.take() {
            drop(std::fs::remove_file(path));
            drop(file);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.end();
    }
}

/// Made and locked under another name, so that whoever finds it finds it locked.
fn open(folder: &Path, id: &str) -> Option<(File, PathBuf)> {
    journal::create_dirs(folder).ok()?;
    let (hidden, path) = (folder.join(format!(".{id}")), folder.join(format!("{id}.jsonl")));
    let file = OpenOptions::new().append(true).create_new(true).open(&hidden).ok()?;
    if file.try_lock().is_ok() && std::fs::rename(&hidden, &path).is_ok() {
        return Some((file, path));
    }
    drop(std::fs::remove_file(&hidden));
    None
}

/// The calls that are at work now, the oldest first. What killed ones have left is passed over.
pub(crate) fn at_work(place: &Place) -> Vec<LandRun> {
    let mut runs: Vec<LandRun> = files(place)
        .into_iter()
        .filter(|(path, _)| is_held(path))
        .filter_map(|(path, _)| {
            let text = std::fs::read_to_string(path).ok()?;
            let whole = text.split_inclusive('\n').rfind(|line| line.ends_with('\n'))?;
            parse_noun(whole.trim_end()).ok()
        })
        .collect();
    runs.sort_by_key(|run| run.since);
    runs
}

/// Takes away what killed calls have left, and names the calls that are at work.
pub(super) fn sweep(place: &Place) -> Vec<String> {
    let (held, left): (Vec<_>, Vec<_>) =
        files(place).into_iter().partition(|(path, _)| is_held(path));
    for (path, _) in left {
        drop(std::fs::remove_file(path));
    }
    held.into_iter().map(|(_, id)| id).collect()
}

fn files(place: &Place) -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(folder(place)).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| {
        let id = entry.file_name().to_str()?.strip_suffix(".jsonl")?.to_owned();
        Some((entry.path(), id))
    });
    named.collect()
}

/// Whether whoever made the file is at work. One that cannot be asked about counts as held: what is not
/// known to be left behind is not taken away.
fn is_held(path: &Path) -> bool {
    match File::open(path).map(|file| file.try_lock_shared()) {
        Ok(Ok(())) => false,
        Ok(Err(TryLockError::WouldBlock | TryLockError::Error(_))) | Err(_) => true,
    }
}
