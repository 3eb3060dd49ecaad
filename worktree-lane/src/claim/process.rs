//! Which process a claim lives and dies with, and whether that process is certainly gone.
//!
//! A number alone is no process: it is given again, another container counts its own, and another
//! machine that shares the repository has the same numbers. What cannot be told counts as alive.

use std::fs;
use std::io;

use cli::Failure;
use records::{ProcessMark, sha256_hex};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// The machine, its run, and the space of process numbers that this process is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct System {
    boot: Option<String>,
    space: Option<String>,
    machine: Option<String>,
}

/// What the system says about a process number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// No process has it, or the one that had it is only waiting for its parent to look.
    Gone,
    /// One that started then.
    Running(u64),
    /// The system does not tell.
    Hidden,
}

impl System {
    /// This one.
    pub(crate) fn this() -> Self {
        let line = |file| Some(fs::read_to_string(file).ok()?.trim().to_owned());
        let space = fs::read_link("/proc/self/ns/pid").ok();
        let name = line("/proc/sys/kernel/hostname");
        // Copies of one image may have the same id; the name of a machine alone may be anybody's.
        let id = line("/etc/machine-id").unwrap_or_default();
        let digest = name.map(|name| sha256_hex(format!("worktree-lane {id} {name}").as_bytes()));
        Self {
            boot: line("/proc/sys/kernel/random/boot_id").filter(|boot| !boot.is_empty()),
            space: space.map(|space| space.to_string_lossy().into_owned()),
            machine: digest.map(|digest| digest.chars().take(16).collect()),
        }
    }
}

/// The mark of the process with this number.
///
/// # Errors
/// When there is none, or when the system does not tell enough to know it again.
pub(crate) fn mark(pid: u32) -> Result<ProcessMark, Failure> {
    let fail = |why: &str| Failure::usage("--pid", why);
    match (look(pid), System::this()) {
        (Seen::Running(started), System { boot: Some(boot), space, machine }) => {
            Ok(ProcessMark { pid, started, boot, space, machine })
        }
        (Seen::Gone, _) => Err(fail(&format!("there is no process {pid}"))
            .hint("name one that lives as long as the work, such as $$ in a script")),
        _ => Err(fail("this system does not tell when a process started")
            .hint("leave --pid out: the lease ends the claim")),
    }
}

/// Whether the process has ended for certain.
pub(crate) fn is_gone(mark: &ProcessMark) -> bool {
    judge(mark, &System::this(), look)
}

fn judge(mark: &ProcessMark, here: &System, look: impl FnOnce(u32) -> Seen) -> bool {
    if here.boot.as_ref() != Some(&mark.boot) {
        // The machine was started anew, or this is another one, of which nothing is known.
        return here.boot.is_some() && mark.machine.is_some() && here.machine == mark.machine;
    }
    if mark.space.is_none() || here.space != mark.space {
        return false;
    }
    match look(mark.pid) {
        Seen::Gone => true,
        Seen::Running(started) => started != mark.started,
        Seen::Hidden => false,
    }
}

fn look(pid: u32) -> Seen {
    let Some(id) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return Seen::Gone };
    // Other users' processes may be hidden from /proc, but not from this.
    if test_kill_process(id) == Err(Errno::SRCH) {
        return Seen::Gone;
    }
    match fs::read(format!("/proc/{pid}/stat")) {
        Ok(stat) => parse(&stat).unwrap_or(Seen::Hidden),
        // It may be hidden, and it may have ended just now: then it is seen the next time.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Seen::Hidden,
        Err(_) => Seen::Hidden,
    }
}

/// Reads `/proc/PID/stat` (proc(5)). The second field is the program's name in parentheses, with
/// whatever bytes it has, `) R 1` among them; no later field has a parenthesis.
fn parse(stat: &[u8]) -> Option<Seen> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(stat.get(end + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X" | "x") {
        return Some(Seen::Gone);
    }
    // Of the 22nd field; the state was the third.
    fields.nth(18)?.parse().ok().map(Seen::Running)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system() -> System {
        System { boot: Some("b".into()), space: Some("s".into()), machine: Some("m".into()) }
    }

    fn marked() -> ProcessMark {
        let System { space, machine, .. } = system();
        ProcessMark { pid: 7, started: 50, boot: "b".into(), space, machine }
    }

    #[test]
    fn only_what_is_certain_counts_as_gone() {
        let other = |text: &str| Some(text.to_owned());
        let same = system();
        let cases: [(&str, System, Seen, bool); 10] = [
            ("alive", same.clone(), Seen::Running(50), false),
            ("its number was given again", same.clone(), Seen::Running(51), true),
            ("ended", same.clone(), Seen::Gone, true),
            ("hidden", same.clone(), Seen::Hidden, false),
            ("started anew", System { boot: other("c"), ..same.clone() }, Seen::Running(50), true),
            (
                "another machine",
                System { boot: other("c"), machine: other("n"), ..same.clone() },
                Seen::Gone,
                false,
            ),
            (
                "a machine that does not know itself",
                System { boot: other("c"), machine: None, ..same.clone() },
                Seen::Gone,
                false,
            ),
            (
                "a system that tells no boot",
                System { boot: None, ..same.clone() },
                Seen::Gone,
                false,
            ),
            ("another container", System { space: other("t"), ..same.clone() }, Seen::Gone, false),
            ("no space known", System { space: None, ..same }, Seen::Gone, false),
        ];
        for (what, here, seen, gone) in cases {
            assert_eq!(judge(&marked(), &here, |_| seen), gone, "{what}");
        }
        for incomplete in [
            ProcessMark { space: None, ..marked() },
            ProcessMark { machine: None, boot: "older".into(), ..marked() },
        ] {
            assert!(!judge(&incomplete, &system(), |_| Seen::Gone), "{incomplete:?}");
        }
    }

    #[test]
    fn names_of_programs_with_any_bytes() {
        let rest = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20";
        for name in ["cat", "a b", "x) R 1 (", ")", "", "(((", "a\nb"] {
            let stat = format!("7 ({name}) {rest}\n");
            assert_eq!(parse(stat.as_bytes()), Some(Seen::Running(4242)), "{name:?}");
        }
        assert_eq!(parse(b"7 (\xff\xfe) Z 1 2"), Some(Seen::Gone));
        for damaged in
            ["", "7", "7 (cat", "7 (cat) S 1", "7 (cat) S 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 x"]
        {
            assert_eq!(parse(damaged.as_bytes()), None, "{damaged:?}");
        }
    }

    #[test]
    fn a_process_before_and_after_its_end() {
        let this = mark(std::process::id()).unwrap();
        assert!(this.space.is_some() && this.machine.is_some(), "{this:?}");
        assert!(!is_gone(&this));
        assert!(is_gone(&ProcessMark { started: this.started - 1, ..this }));
        let running = testkit::Tool::program("sleep").arg("1000").spawn();
        let sleeping = mark(running.pid()).unwrap();
        assert!(!is_gone(&sleeping));
        running.kill();
        while !running.has_ended() {
            std::thread::yield_now();
        }
        assert!(is_gone(&sleeping), "its parent has not looked yet");
        drop(running.wait());
        assert!(is_gone(&sleeping));
        assert!(mark(sleeping.pid).is_err());
    }
}
