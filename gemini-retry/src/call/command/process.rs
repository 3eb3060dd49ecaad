//! One program from its start to the end of the last process of its group.

use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, test_kill_process_group, waitid,
};

use super::streams::Streams;
use crate::call::cancel::Cancel;
use crate::call::children::Children;

/// How long before its limit a program is asked to end.
const NOTICE: Duration = Duration::from_secs(1);
/// No program runs longer; the arithmetic of times stays safe.
const LONGEST: Duration = Duration::from_hours(30 * 24);
/// How long a program that was asked to end may take when somebody waits for this tool to stop.
const QUICK: Duration = Duration::from_millis(80);
/// How long killed processes may take to be gone. They take microseconds; but where nobody collects
/// the dead, as in some containers, they never are.
const DYING: Duration = Duration::from_millis(50);
/// How long output is waited for after the whole group has ended: something that left the group may
/// hold the stream open for ever.
const DRAIN: Duration = Duration::from_secs(2);

/// What the loop around a program hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// The program itself has ended.
    Ended,
    /// It stands still because it wants to ask something on the terminal.
    WantsTerminal,
    /// Its stdout is complete.
    StdoutEnded,
    /// Its stderr is complete.
    StderrEnded,
    /// Its stdout is longer than any answer.
    TooMuch,
    /// Nobody wants the answer any more.
    Cancelled,
}

/// Why a program was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// Its time was over.
    TimedOut,
    /// Nobody wants the answer any more.
    Cancelled,
    /// It wrote more than any answer has.
    TooMuch,
    /// It wanted to ask something on the terminal, where nobody would have answered.
    WantsTerminal,
}

/// What a program did.
#[derive(Debug)]
pub(super) struct Ran {
    /// Its status.
    pub(super) status: ExitStatus,
    /// Why it did not end by itself.
    pub(super) stopped: Option<Stopped>,
    /// What it wrote.
    pub(super) stdout: Vec<u8>,
    /// The last of what it wrote there.
    pub(super) stderr: Vec<u8>,
    /// Whether stdout has ended.
    pub(super) whole: bool,
}

/// What bounds a program.
pub(super) struct Bounds<'a> {
    /// All of it, the stopping included.
    pub(super) limit: Duration,
    /// Bytes of stdout.
    pub(super) most: usize,
    /// Asks to stop earlier.
    pub(super) cancel: &'a Cancel,
    /// Who is told of its process group.
    pub(super) children: &'a Children,
    /// Where it works, removed with it.
    pub(super) folder: &'a Path,
}

/// Runs `command` with `input` on its stdin.
///
/// # Errors
/// When it cannot be started.
pub(super) fn run(mut command: Command, input: Arc<[u8]>, bounds: &Bounds<'_>) -> io::Result<Ran> {
    let begun = Instant::now();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (mut child, group) = bounds.children.begin(&mut command, Some(bounds.folder))?;
    // Closes this process's copies of the pipes' other ends.
    drop(command);
    let (sender, news) = mpsc::channel();
    let streams = Streams::connect(&mut child, input, bounds.most, &sender);
    let to = sender.clone();
    bounds.cancel.listen(move || _ = to.send(News::Cancelled));
    std::thread::spawn(move || watch(group, &sender));

    let notice = NOTICE.min(bounds.limit / 4);
    let due = begun + bounds.limit.min(LONGEST).saturating_sub(notice);
    let (stopped, mut open) = wait(&news, group, due, notice);
    bounds.children.end(group);
    let status = child.wait()?;
    until_gone(group);
    let drained = Instant::now() + if stopped.is_some() { Duration::ZERO } else { DRAIN };
    while !open.is_empty() {
        match news.recv_timeout(drained.saturating_duration_since(Instant::now())) {
            Ok(told) => open.retain(|end| *end != told),
            Err(_) => break,
        }
    }
    let whole = !open.contains(&News::StdoutEnded);
    let (stdout, stderr) = streams.take();
    Ok(Ran { status, stopped, stdout, stderr, whole })
}

/// Waits until the program has ended: by itself, or because it was stopped. Says which, and
/// which streams have not ended yet.
fn wait(
    news: &Receiver<News>,
    group: Pid,
    limit: Instant,
    notice: Duration,
) -> (Option<Stopped>, Vec<News>) {
    let (mut stopped, mut due) = (None, limit);
    let mut open = vec![News::StdoutEnded, News::StderrEnded];
    loop {
        let (why, grace) = match news.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(News::Ended) | Err(RecvTimeoutError::Disconnected) => return (stopped, open),
            Ok(ended @ (News::StdoutEnded | News::StderrEnded)) => {
                open.retain(|end| *end != ended);
                continue;
            }
            Ok(News::TooMuch) => (Stopped::TooMuch, QUICK),
            Ok(News::WantsTerminal) => (Stopped::WantsTerminal, QUICK),
            Ok(News::Cancelled) => (Stopped::Cancelled, QUICK),
            Err(RecvTimeoutError::Timeout) if stopped.is_some() => {
                _ = kill_process_group(group, Signal::KILL);
                // The end of a killed process comes by itself.
                due = Instant::now() + DRAIN;
                continue;
            }
            Err(RecvTimeoutError::Timeout) => (Stopped::TimedOut, notice),
        };
        let until = Instant::now() + grace;
        if stopped.is_none() {
            _ = kill_process_group(group, Signal::TERM);
            // A process that stands still hears no other signal.
            _ = kill_process_group(group, Signal::CONT);
            due = until;
            stopped = Some(why);
        } else {
            due = due.min(until);
        }
    }
}

/// Tells when the program ends, without collecting it: its number stays its own until then.
fn watch(program: Pid, news: &Sender<News>) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
    loop {
        let told = match waitid(WaitId::Pid(program), options) {
            Err(Errno::INTR) => continue,
            Ok(Some(status)) if status.stopped() => {
                // Takes this report off, or the next look would find it again.
                _ = waitid(WaitId::Pid(program), WaitIdOptions::STOPPED | WaitIdOptions::NOHANG);
                let wants = [Signal::TTIN.as_raw(), Signal::TTOU.as_raw()];
                if !status.stopping_signal().is_some_and(|signal| wants.contains(&signal)) {
                    // Somebody else stopped it and will let it go on.
                    continue;
                }
                News::WantsTerminal
            }
            _ => News::Ended,
        };
        // Nobody listens any more when the waiting is over.
        if news.send(told).is_err() || told == News::Ended {
            return;
        }
    }
}

/// Waits until no process is left in a group that was killed: what dies may still be writing.
fn until_gone(group: Pid) {
    let begun = Instant::now();
    while test_kill_process_group(group).is_ok() && begun.elapsed() < DYING {
        std::thread::park_timeout(Duration::from_millis(1));
    }
}
