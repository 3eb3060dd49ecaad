//! `check`: what is wrong with a log.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use audit_log::{Fresh, Head, HookFailure, LONGEST, Log, index_path};
use cli::{Exit, Failure, Out, Page, Progress, Tone};
use jiff::{SignedDuration, Timestamp};
use journal::Lines;
use records::consolidate::Quarantined;
use records::parse_noun;
use records::view_audit::Finding;

use crate::finding::{At, damage, hook_failed, quoted};
use crate::head::head;
use crate::history::History;
use crate::index;
use crate::keep::Keep;
use crate::projects::Root;
use crate::snapshot::{self, Snapshot};

/// How far in the future a stamp may be: clocks differ, but not by a day.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Looks at every log and prints what is wrong.
pub(crate) fn run(roots: Vec<Root>, out: &mut Out) -> Result<Exit, Failure> {
    let progress = Progress::start("checking the audit log");
    let now = cli::clock::now().instant();
    let (mut found, mut failed, mut seen) = (Vec::new(), None, Vec::new());
    for root in roots {
        let checked = root.log().and_then(|log| {
            if seen.contains(&log.logs) {
                return Ok(Vec::new());
            }
            seen.push(log.logs.clone());
            check(&log, now, out)
        });
        match checked {
            Ok(findings) => found.extend(findings),
            Err(failure) => {
                if let Some(before) = failed.replace(failure) {
                    out.note(&before.to_string());
                }
            }
        }
    }
    drop(progress);
    for finding in &found {
        out.print(finding, show)?;
    }
    if found.is_empty() && failed.is_none() {
        out.page(|page| page.line(Tone::Good, "nothing is wrong with the log"))?;
    }
    let is_unreadable = found.iter().any(|finding| finding.code == "unreadable");
    match failed {
        Some(failure) => Err(failure),
        None if is_unreadable => Ok(Exit::World),
        None if found.is_empty() => Ok(Exit::Yes),
        None => Ok(Exit::No),
    }
}

fn show(finding: &Finding, page: &mut Page) {
    let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
    let byte = finding.byte.map(|byte| format!(" (byte {byte})")).unwrap_or_default();
    let Finding { code, path, message, next, .. } = finding;
    page.line(Tone::Bad, format_args!("{code}  {path}{line}: {message}{byte}"));
    page.field("next", next);
}

fn check(log: &Log, now: Timestamp, out: &Out) -> Result<Vec<Finding>, Failure> {
    if !log.logs.is_dir() {
        out.note(&format!("{}: no such folder, so there are no entries", log.logs.display()));
        return Ok(Vec::new());
    }
    let Snapshot { history, older, fresh, twice, sources, damaged, unreadable, skipped } =
        snapshot::take(log, Keep::All)?;
    let mut checked = Checked { now, ..Checked::default() };
    checked.history(&log.older(), &older)?;
    checked.history(&log.history, &history)?;
    for entry in fresh.iter().chain(&twice) {
        if let Some(source) = sources.get(entry.source) {
            checked.fresh(&source.path, entry);
        }
    }
    let found = &mut checked.found;
    found.extend(damaged.iter().map(|line| damage(line, true)));
    for (path, cause) in unreadable {
        let at = At::file(&path);
        found.push(at.found("unreadable", format!("it cannot be read: {cause}"), at.look()));
    }
    for path in skipped {
        let at = At::file(&path);
        found.push(at.found("not_a_file", "it is named like a shard and is no file", at.look()));
    }
    indexes(log, [(&log.older(), &older), (&log.history, &history)], found)?;
    quarantine(&log.quarantine(), found)?;
    interrupted(log, found)?;
    hook(log, found)?;
    Ok(checked.found)
}

/// An entry that was seen, for comparison with others of its id.
struct First {
    digest: u64,
    file: usize,
    offset: u64,
}

/// What was found so far.
#[derive(Default)]
struct Checked {
    now: Timestamp,
    files: Vec<PathBuf>,
    ids: HashMap<String, First>,
    hash: RandomState,
    found: Vec<Finding>,
}

impl Checked {
    fn history(&mut self, path: &Path, history: &History) -> Result<(), Failure> {
        let mut before: Option<Timestamp> = None;
        for line in Lines::new(path, history.clone(), LONGEST) {
            let line = line?;
            let at = At { path, line: line.number, byte: Some(line.offset) };
            let head = match head(&line) {
                Ok(head) => head,
                Err(broken) => {
                    self.found.push(damage(&broken, false));
                    continue;
                }
            };
            if let (Some(before), Some(stamp)) = (before, head.timestamp)
                && stamp < before
            {
                let message = format!("{stamp} is earlier than {before}, the stamp before it");
                self.found.push(at.found("out_of_order", message, at.look()));
            }
            before = head.timestamp.or(before);
            self.entry(at, &head, &line.bytes);
        }
        Ok(())
    }

    fn fresh(&mut self, path: &Path, entry: &Fresh) {
        // It is an object, so it has a head.
        let head: Head = Head::of(&entry.bytes).unwrap_or_default();
        let line = line_number(path, entry.offset).ok();
        self.entry(At { path, line, byte: Some(entry.offset) }, &head, &entry.bytes);
    }

    fn entry(&mut self, at: At<'_>, head: &Head, bytes: &[u8]) {
        match head.timestamp {
            None => {
                let message = "it has no timestamp that states a time";
                self.found.push(at.found("no_timestamp", message, at.look()));
            }
            Some(stamp) if stamp.duration_since(self.now) > AHEAD => {
                let message = format!("{stamp} is more than a day in the future");
                let next = "correct the clock of the machine that wrote it: date -u";
                self.found.push(at.found("future_stamp", message, next));
            }
            Some(_) => {}
        }
        let Some(id) = &head.id else {
            let message = "it has no id, so a copy of it cannot be told from another entry";
            self.found.push(at.found("no_id", message, at.look()));
            return;
        };
        let digest = self.hash.hash_one(bytes);
        let file = self.files.iter().position(|path| path == at.path).unwrap_or_else(|| {
            self.files.push(at.path.to_owned());
            self.files.len() - 1
        });
        let offset = at.byte.unwrap_or_default();
        let Some(first) = self.ids.get(id) else {
            self.ids.insert(id.clone(), First { digest, file, offset });
            return;
        };
        let path = self.files.get(first.file).map(|path| path.display().to_string());
        let other = format!("{}, byte {}", path.unwrap_or_default(), first.offset);
        let show = format!("view-audit show {}", quoted(Path::new(id)));
        self.found.push(if first.digest == digest {
            at.found("duplicate_same", format!("the entry {id} is also in {other}"), show)
        } else {
            let message = format!("another entry with the id {id} is in {other}");
            at.found("duplicate_differs", message, show)
        });
    }
}

/// The number of the line that begins at `offset`.
fn line_number(path: &Path, offset: u64) -> io::Result<u64> {
    let file = audit_log::open_source(path)?;
    History::new(file, offset, Vec::new()).line_number(offset)
}

/// Every line that was put into the quarantine.
fn quarantine(path: &Path, found: &mut Vec<Finding>) -> Result<(), Failure> {
    for line in journal::Journal::new(path).max_line(LONGEST).read()? {
        let line = line?;
        let at = At { path, line: line.number, byte: Some(line.offset) };
        let kept: Option<Quarantined> =
            str::from_utf8(&line.bytes).ok().and_then(|text| parse_noun(text).ok());
        found.push(match (kept, line.number) {
            (Some(kept), Some(number)) => {
                let Quarantined { shard, offset, reason, .. } = kept;
                at.found(
                    "quarantined",
                    format!("a line of {shard}, byte {offset}, could not be read: {reason}"),
                    format!(
                        "see its bytes: sed -n {number}p {} | jq -r .bytes_b64 | base64 -d",
                        quoted(path)
                    ),
                )
            }
            _ => at.found("damaged_line", "it is no line of the quarantine", at.look()),
        });
    }
    Ok(())
}

/// Indexes that say something else than the histories.
fn indexes(
    log: &Log,
    histories: [(&PathBuf, &History); 2],
    found: &mut Vec<Finding>,
) -> Result<(), Failure> {
    for (path, history) in histories {
        let Some(index) = index_path(path, log.place.as_ref()) else { continue };
        let wrong = index::first_wrong(&index, history);
        if let Some(wrong) = wrong.map_err(|e| Failure::io("cannot read", path, &e))? {
            let at = At { path, line: Some(wrong.line), byte: Some(wrong.offset) };
            let (message, index) = ("the index says something else of this line", quoted(&index));
            found.push(at.found(
                "index_differs",
                message,
                format!("have it made anew: rm {index}"),
            ));
        }
    }
    Ok(())
}

/// An intent that no run is working on.
fn interrupted(log: &Log, found: &mut Vec<Finding>) -> Result<(), Failure> {
    // A run may end between the two looks.
    if is_pending(&log.intent)? && !is_running(&log.lock) && is_pending(&log.intent)? {
        let message = "a run of consolidate was interrupted; nothing is lost";
        found.push(At::file(&log.intent).found(
            "interrupted_run",
            message,
            "finish or undo it: consolidate",
        ));
    }
    Ok(())
}

/// The post-commit hook of the repository, when its last run failed.
fn hook(log: &Log, found: &mut Vec<Finding>) -> Result<(), Failure> {
    let (Some(failure), Some(trace), Some(place)) =
        (HookFailure::of(log)?, HookFailure::path(log), &log.place)
    else {
        return Ok(());
    };
    found.push(hook_failed(&failure, &trace, place.worktree()));
    Ok(())
}

fn is_pending(intent: &Path) -> Result<bool, Failure> {
    match fs::metadata(intent) {
        Ok(found) => Ok(found.len() > 0),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(Failure::io("cannot read", intent, &cause)),
    }
}

/// Whether a run holds the lock. It is asked for only when there is an intent, and given back at once.
fn is_running(lock: &Path) -> bool {
    let Ok(file) = File::open(lock) else { return false };
    match file.try_lock_shared() {
        Ok(()) => {
            // Closing gives it back where this fails.
            drop(file.unlock());
            false
        }
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(_)) => false,
    }
}
