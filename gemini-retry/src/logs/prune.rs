//! Takes old logs of runs away, so that their folder does not grow for ever.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, test_kill_process};

/// Nobody looks for a run that is longer ago.
const OLDEST: SignedDuration = SignedDuration::from_hours(30 * 24);
/// More logs than this are not kept for that long.
const MOST: usize = 10_000;
/// How often the folder is looked through; a younger log always stays.
const EACH: SignedDuration = SignedDuration::from_hours(24);
/// Its time is when the folder was looked through.
const MARK: &str = ".pruned";

/// Removes what is too old or too much in `dir`, at most once a day. Takes no lock: two processes
/// that do it at once do it together. Files of other names and logs of runs that live stay.
///
/// # Errors
/// When the folder cannot be read or a file not be removed; the rest is left for the next day.
pub(crate) fn prune(dir: &Path, now: Timestamp) -> io::Result<()> {
    let mark = dir.join(MARK);
    if !is_due(&mark, now)? {
        return Ok(());
    }
    // Before the work: whatever goes wrong with it is not tried again by each run.
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&mark)?;
    file.set_modified(SystemTime::from(now))?;
    for log in surplus(logs_in(dir)?, now) {
        match fs::remove_file(&log.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// A log of a run, by what its name says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Log {
    path: PathBuf,
    begun: Timestamp,
    pid: i32,
}

fn is_due(mark: &Path, now: Timestamp) -> io::Result<bool> {
    match fs::metadata(mark).and_then(|mark| mark.modified()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
        // A time in the future comes from a clock that was wrong.
        Ok(time) => {
            Ok(Timestamp::try_from(time)
                .map_or(true, |time| time.duration_until(now).abs() >= EACH))
        }
    }
}

fn logs_in(dir: &Path) -> io::Result<Vec<Log>> {
    let mut logs = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if let Some((begun, pid)) = entry.file_name().to_str().and_then(parse) {
            logs.push(Log { path: entry.path(), begun, pid });
        }
    }
    Ok(logs)
}

/// When a run began and which process it was, by the name of its log.
fn parse(name: &str) -> Option<(Timestamp, i32)> {
    let parts = name.strip_prefix("gemini-retry-")?.strip_suffix(".jsonl")?;
    let mut parts = parts.split('-');
    let (millis, pid, run) = (parts.next()?, parts.next()?, parts.next()?);
    let of_run = run.len() == 8 && run.bytes().all(|b| b.is_ascii_hexdigit());
    if parts.next().is_some() || !of_run {
        return None;
    }
    Some((Timestamp::from_millisecond(millis.parse().ok()?).ok()?, pid.parse().ok()?))
}

/// Those of `logs` that may go.
fn surplus(mut logs: Vec<Log>, now: Timestamp) -> Vec<Log> {
    logs.sort_by_key(|log| std::cmp::Reverse(log.begun));
    let age = |log: &Log| log.begun.duration_until(now);
    let too_many = logs.iter().enumerate().map(|(place, log)| (place >= MOST, log));
    let old = too_many.filter(|(many, log)| age(log) > if *many { EACH } else { OLDEST });
    old.filter(|(_, log)| !is_alive(log.pid)).map(|(_, log)| log.clone()).collect()
}

/// Whether there is a process of that number. It may be another one by now; its log goes later.
fn is_alive(pid: i32) -> bool {
    Pid::from_raw(pid.max(0))
        .is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::Scratch;

    /// No process has this number: it is above what Linux gives.
    const GONE: i32 = i32::MAX;

    fn now() -> Timestamp {
        "2026-01-24T18:30:45Z".parse().unwrap()
    }

    fn log(scratch: &Scratch, days: i64, pid: i32, run: u32) -> PathBuf {
        let begun = now().as_millisecond() - days * 86_400_000;
        scratch.write(format!("gemini-retry-{begun}-{pid}-{run:08x}.jsonl"), "{}\n")
    }

    fn count(scratch: &Scratch) -> usize {
        fs::read_dir(scratch.root()).unwrap().count()
    }

    #[test]
    fn what_is_old_goes_and_nothing_else() {
        let scratch = Scratch::new();
        let own = i32::try_from(std::process::id()).unwrap();
        let old = log(&scratch, 31, GONE, 1);
        let kept = [
            log(&scratch, 29, GONE, 2),
            log(&scratch, 31, own, 3),
            scratch.write("gemini-retry-20260101_120000.jsonl", "{}"),
            scratch.write("gemini-retry-1000-1-0000000g.jsonl", "{}"),
            scratch.write("gemini-retry-1000-1-00000001-1.jsonl", "{}"),
            scratch.write("gemini-retry-1000-1-00000001.jsonl.gz", "{}"),
            scratch.write("notes", "mine"),
        ];
        prune(scratch.root(), now()).unwrap();
        assert!(!old.exists());
        for path in kept {
            assert!(path.exists(), "{}", path.display());
        }
    }

    #[test]
    fn it_is_done_once_a_day() {
        let scratch = Scratch::new();
        prune(scratch.root(), now()).unwrap();
        let old = log(&scratch, 40, GONE, 1);
        prune(scratch.root(), now() + SignedDuration::from_hours(23)).unwrap();
        assert!(old.exists());
        prune(scratch.root(), now() + SignedDuration::from_hours(24)).unwrap();
        assert!(!old.exists());
        // A mark from the future stops nothing.
        let old = log(&scratch, 40, GONE, 2);
        prune(scratch.root(), now() - SignedDuration::from_hours(24)).unwrap();
        assert!(!old.exists());
    }

    #[test]
    fn what_is_too_much_goes_after_a_day() {
        let at = |hours: i64, run: usize| Log {
            path: run.to_string().into(),
            begun: now() - SignedDuration::from_hours(hours),
            pid: GONE,
        };
        let logs = |hours| (0..MOST + 5).map(|run| at(hours, run)).collect::<Vec<Log>>();
        assert_eq!(surplus(logs(23), now()), []);
        assert_eq!(surplus(logs(25), now()).len(), 5);
        let mixed = logs(23).into_iter().chain(logs(48)).collect();
        assert_eq!(surplus(mixed, now()).len(), MOST + 5);
    }

    #[test]
    fn a_folder_that_cannot_be_looked_through_is_an_error() {
        let scratch = Scratch::new();
        assert!(prune(&scratch.path("none"), now()).is_err());
        assert_eq!(count(&scratch), 0);
    }
}
