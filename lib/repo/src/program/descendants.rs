//! Ending everything that a child has started, wherever it has gone.
//!
//! A process group holds only what stays in it: `setsid` and a double fork leave it. So this process
//! makes itself the one that orphans are given to (`PR_SET_CHILD_SUBREAPER`), and afterwards ends
//! whatever has it for an ancestor, until two looks at `/proc` find nothing. Linux alone has both;
//! elsewhere the group has to do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, pidfd_open, pidfd_send_signal,
    set_child_subreaper, waitpid,
};

/// How long the ending may take. A process that the system itself holds cannot be ended at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// While it lives, orphans of this process's descendants become its children.
pub(super) struct Descendants {
    /// Children that were there before, with all that they start, are none of ours.
    before: BTreeSet<i32>,
}

/// A process as `/proc` shows it.
struct Seen {
    parent: i32,
    /// Ticks since the system started: tells a process from a later one of the same number.
    started: u64,
    is_dead: bool,
}

impl Descendants {
    /// From now on nothing that is started gets away.
    pub(super) fn adopt() -> Self {
        // Where the system does not know this, only the group can be ended.
        _ = set_child_subreaper(Some(getpid()));
        let me = getpid().as_raw_nonzero().get();
        let before = look().into_iter().filter(|(_, seen)| seen.parent == me).map(|(pid, _)| pid);
        Self { before: before.collect() }
    }

    /// Kills them all. Returns whether they are gone.
    pub(super) fn end(self) -> bool {
        let begun = Instant::now();
        let mut empty_looks = 0;
        while empty_looks < 2 {
            if begun.elapsed() > PATIENCE {
                return false;
            }
            if self.kill_and_bury() == 0 {
                empty_looks += 1;
            } else {
                empty_looks = 0;
                // What dies needs a moment, and its children come to us only then.
                std::thread::park_timeout(Duration::from_millis(1));
            }
        }
        true
    }

    /// One pass. Returns how many were still there.
    fn kill_and_bury(&self) -> usize {
        let all = look();
        let mut found = 0;
        for (pid, seen) in &all {
            if !self.is_ours(*pid, &all) {
                continue;
            }
            found += 1;
            let Some(pid) = Pid::from_raw(*pid) else { continue };
            if seen.is_dead {
                // Only a parent can, and for most of them this process has become that.
                _ = waitpid(Some(pid), WaitOptions::NOHANG);
            } else {
                kill(pid, seen);
            }
        }
        found
    }

    fn is_ours(&self, pid: i32, all: &BTreeMap<i32, Seen>) -> bool {
        let me = getpid().as_raw_nonzero().get();
        let mut at = pid;
        // A list that was read while processes came and went may hold a circle.
        for _ in 0..=all.len() {
            match all.get(&at) {
                _ if self.before.contains(&at) => return false,
                Some(seen) if seen.parent == me => return true,
                Some(seen) => at = seen.parent,
                None => return false,
            }
        }
        false
    }
}

impl Drop for Descendants {
    fn drop(&mut self) {
        _ = set_child_subreaper(None);
    }
}

/// Kills a process unless its number has come to belong to another one.
fn kill(pid: Pid, seen: &Seen) {
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { return };
    let number = pid.as_raw_nonzero().get();
    if read(number).is_some_and(|now| now.started == seen.started) {
        _ = pidfd_send_signal(handle, Signal::KILL);
    }
}

fn look() -> BTreeMap<i32, Seen> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter_map(|pid| Some((pid, read(pid)?))).collect()
}

/// From `/proc/PID/stat`. The name in it may hold anything, brackets too.
fn read(pid: i32) -> Option<Seen> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let name_ends = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = str::from_utf8(stat.get(name_ends + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let is_dead = matches!(fields.next()?, "Z" | "X");
    let parent = fields.next()?.parse().ok()?;
    // The parent is field 4, the start field 22.
    let started = fields.nth(17)?.parse().ok()?;
    Some(Seen { parent, started, is_dead })
}
