//! Who holds a lease, and whether that process is certainly gone.

use std::fs;
use std::sync::LazyLock;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

/// A process, told apart from a later one with the same number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Process {
    /// Its number.
    pub(crate) pid: u32,
    /// When it started, in the kernel's ticks since boot.
    #[serde(default)]
    pub(crate) started: Option<u64>,
    /// Where the number means something: the boot and the namespace of process ids. Another
    /// container or machine counts its processes anew.
    #[serde(default)]
    pub(crate) system: Option<String>,
}

static THIS: LazyLock<Process> = LazyLock::new(|| {
    let pid = std::process::id();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    let space = fs::read_link("/proc/self/ns/pid").ok();
    let system =
        boot.zip(space).map(|(boot, space)| format!("{} {}", boot.trim(), space.display()));
    Process { pid, started: stat(pid).map(|stat| stat.started), system }
});

impl Process {
    /// This one.
    pub(crate) fn this() -> &'static Self {
        &THIS
    }

    /// Whether it has ended for certain. Where that cannot be known it may be alive.
    pub(crate) fn is_gone(&self) -> bool {
        if self == Self::this() || self.system.is_none() || self.system != Self::this().system {
            return false;
        }
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else { return true };
        if test_kill_process(pid) == Err(Errno::SRCH) {
            return true;
        }
        let Some(now) = stat(self.pid) else { return false };
        now.ended || self.started.is_some_and(|started| started != now.started)
    }
}

struct Stat {
    /// Killed, and its parent has not looked yet.
    ended: bool,
    started: u64,
}

/// What the kernel says of a process (proc(5), `/proc/pid/stat`); `None` when it says nothing.
fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses, with whatever characters it has.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let ended = matches!(fields.next()?, "Z" | "X");
    // Of the 22nd field; the state was the third.
    let started = fields.nth(18)?.parse().ok()?;
    Some(Stat { ended, started })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_number_its_start_and_its_system() {
        let this = Process::this().clone();
        assert!(this.started.is_some() && this.system.is_some(), "{this:?}");
        assert!(!this.is_gone());
        let earlier = Process { started: this.started.map(|at| at - 1), ..this.clone() };
        assert!(earlier.is_gone(), "another process has its number now");
        let elsewhere = Process { system: Some("pid:[1]".into()), ..earlier.clone() };
        assert!(!elsewhere.is_gone(), "its number says nothing here");
        let unknown = Process { system: None, ..earlier };
        assert!(!unknown.is_gone());
    }

    #[test]
    fn a_process_that_ended_is_gone_before_and_after_its_parent_looks() {
        let running = testkit::Tool::program("sleep").args(["1000"]).spawn();
        let pid = running.pid();
        let process =
            Process { pid, started: stat(pid).map(|s| s.started), ..Process::this().clone() };
        assert!(!process.is_gone());
        running.kill();
        while !running.has_ended() {
            std::thread::yield_now();
        }
        assert!(process.is_gone(), "it is not reaped yet");
        drop(running.wait());
        assert!(process.is_gone());
    }
}
