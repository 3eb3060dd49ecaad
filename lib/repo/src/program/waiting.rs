//! Waiting for a child that may have to be stopped.

use std::process::Child;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, test_kill_process_group, waitid,
};

use super::signals::Signals;

/// How long a stopped program may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// How long killed processes may take to be gone. They take microseconds; but where nobody collects
/// the dead, as in some containers, they never are.
const DYING: Duration = Duration::from_millis(500);

/// How the waiting ended.
pub(super) enum Ended {
    /// The child ended, or nobody may stop it.
    ByItself,
    /// Its time was over, and it was stopped.
    TimedOut(Duration),
    /// This tool was asked to stop by that signal, and stopped it.
    Interrupted(i32),
    /// It wanted to ask something on the terminal, which the foreground owns, and was stopped: it
    /// would have waited for ever.
    WantedTerminal,
}

/// What the child does.
enum News {
    Ended,
    WaitsForTerminal,
}

pub(super) fn pid_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// Waits for the leader of `group` without reaping it. Without a group there is nothing to do here.
pub(super) fn wait(
    child: &Child,
    group: Option<Pid>,
    limit: Option<Duration>,
    signals: Option<&Signals>,
) -> Ended {
    let (Some(pid), Some(group)) = (pid_of(child), group) else { return Ended::ByItself };
    let (sender, news) = mpsc::channel();
    std::thread::spawn(move || watch(pid, &sender));
    let begun = Instant::now();
    let mut stopped: Option<(Instant, Ended)> = None;
    loop {
        // Two things are awaited; the pause bounds how late the second one is noticed.
        let pause = Duration::from_millis(20);
        let mut why = None;
        match news.recv_timeout(pause) {
            Ok(News::Ended) | Err(RecvTimeoutError::Disconnected) => {
                return stopped.map_or(Ended::ByItself, |(_, why)| why);
            }
            Ok(News::WaitsForTerminal) => why = Some((Ended::WantedTerminal, Signal::TERM)),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some((since, _)) = &stopped {
            if since.elapsed() > GRACE {
                _ = kill_process_group(group, Signal::KILL);
            }
            continue;
        }
        if let Some((number, signal)) = signals.and_then(Signals::came) {
            why = Some((Ended::Interrupted(number), signal));
        } else if let Some(limit) = limit.filter(|limit| begun.elapsed() > *limit) {
            why = Some((Ended::TimedOut(limit), Signal::TERM));
        }
        if let Some((why, signal)) = why {
            _ = kill_process_group(group, signal);
            // A process that stands still hears no other signal.
            _ = kill_process_group(group, Signal::CONT);
            stopped = Some((Instant::now(), why));
        }
    }
}

/// Waits until no process is left in a group that was killed: what dies may still be writing.
pub(super) fn until_gone(group: Pid) {
    let begun = Instant::now();
    while test_kill_process_group(group).is_ok() && begun.elapsed() < DYING {
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// Tells what the child does until it has ended.
fn watch(pid: Pid, news: &Sender<News>) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
    loop {
        let told = match waitid(WaitId::Pid(pid), options) {
            Err(Errno::INTR) => continue,
            Ok(Some(status)) if status.stopped() => {
                // Takes this report off, or the next look would find it again.
                _ = waitid(WaitId::Pid(pid), WaitIdOptions::STOPPED | WaitIdOptions::NOHANG);
                let wants = [Signal::TTIN.as_raw(), Signal::TTOU.as_raw()];
                if !status.stopping_signal().is_some_and(|signal| wants.contains(&signal)) {
                    // Somebody else stopped it and will let it go on.
                    continue;
                }
                News::WaitsForTerminal
            }
            _ => News::Ended,
        };
        let last = matches!(told, News::Ended);
        // The receiver is gone only when the waiting is over.
        if news.send(told).is_err() || last {
            return;
        }
    }
}
