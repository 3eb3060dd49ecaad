//! Running another program: the one place where children are started.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::{Error, environment};

/// How long a stopped program may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How long output is waited for after the program itself has ended: a child that it left behind
/// may hold the pipe open for ever.
const DRAIN: Duration = Duration::from_millis(500);

/// A program about to be run, with its arguments.
///
/// The child gets no terminal on stdin, none of git's local variables and none of the API keys.
pub struct Program {
    command: Command,
    shown: Vec<String>,
    stdin: Option<Vec<u8>>,
    limit: Option<Duration>,
    keep: usize,
    own_group: bool,
    merged: bool,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ran {
    /// Its status.
    pub status: ExitStatus,
    /// What it wrote to stdout: with [`Program::keep_last`], the end of it.
    pub stdout: Vec<u8>,
    /// What it wrote to stderr. Empty with [`Program::merged_output`].
    pub stderr: Vec<u8>,
    /// Wall time.
    pub took: Duration,
}

impl Ran {
    /// The exit status; `None` when a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The signal that ended it, if one did.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// Whether it ended with 0.
    pub fn ok(&self) -> bool {
        self.status.success()
    }
}

impl Program {
    /// `name` is looked up on PATH unless it holds a slash.
    pub fn new(name: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(&name);
        environment::scrub(&mut command);
        Self {
            command,
            shown: vec![name.as_ref().to_string_lossy().into_owned()],
            stdin: None,
            limit: None,
            keep: usize::MAX,
            own_group: false,
            merged: false,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.shown.push(arg.as_ref().to_string_lossy().into_owned());
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(self, args: impl IntoIterator<Item = S>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    /// Runs it in `dir`.
    #[must_use]
    pub fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.command.env(name, value.into());
        self
    }

    /// Gives it `bytes` on stdin. It may end without reading them.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Stops it, and everything in its process group, after `limit`.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self.own_group = true;
        self
    }

    /// Runs it in its own process group. SIGINT, SIGTERM and SIGHUP that reach this tool are passed
    /// on to the whole group, and whatever it leaves running is killed when it ends.
    #[must_use]
    pub fn own_group(mut self) -> Self {
        self.own_group = true;
        self
    }

    /// Keeps only the last `bytes` of each stream.
    #[must_use]
    pub fn keep_last(mut self, bytes: usize) -> Self {
        self.keep = bytes;
        self
    }

    /// Takes stdout and stderr as one stream, in the order in which they were written.
    #[must_use]
    pub fn merged_output(mut self) -> Self {
        self.merged = true;
        self
    }

    /// The command as a person would type it.
    pub fn shown(&self) -> String {
        shell_words(&self.shown)
    }

    /// Runs it to its end, whatever its status.
    ///
    /// # Errors
    /// When it cannot be started, when its time is over, or when this tool was asked to stop.
    pub fn run(mut self) -> Result<Ran, Error> {
        let begun = Instant::now();
        let shown = self.shown();
        let program = self.shown.first().cloned().unwrap_or_default();
        let spawn_error = |source| Error::Spawn { program: program.clone(), source };

        let input = if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() };
        self.command.stdin(input);
        let merged = if self.merged {
            let (reader, writer) = io::pipe().map_err(spawn_error)?;
            self.command.stdout(writer.try_clone().map_err(spawn_error)?).stderr(writer);
            Some(reader)
        } else {
            self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
            None
        };
        if self.own_group {
            self.command.process_group(0);
        }
        // Before the child exists, so that no signal can fall between.
        let signals = self.own_group.then(Signals::listen).transpose().map_err(spawn_error)?;

        #[expect(clippy::disallowed_methods, reason = "this is the one place that starts children")]
        let spawned = self.command.spawn();
        // Closes this process's copy of the pipe's writing end.
        drop(self.command);
        let mut child = spawned.map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::NotFound { program: program.clone() },
            _ => Error::Spawn { program: program.clone(), source },
        })?;
        feed(&mut child, self.stdin);
        let stdout = match merged {
            Some(reader) => collect(Some(reader), self.keep),
            None => collect(child.stdout.take(), self.keep),
        };
        let stderr = collect(child.stderr.take(), self.keep);

        let group = if self.own_group { pid_of(&child) } else { None };
        let waited = wait(&child, group, self.limit, signals.as_ref());
        if let Some(group) = group {
            // The leader is not reaped yet, so its id cannot belong to anybody else.
            _ = kill_process_group(group, Signal::KILL);
        }
        let status = child.wait().map_err(spawn_error)?;
        match waited {
            Ended::ByItself => {}
            Ended::TimedOut(limit) => return Err(Error::TimedOut { command: shown, limit }),
            Ended::Interrupted(signal) => {
                return Err(Error::Interrupted { command: shown, signal });
            }
        }
        let took = begun.elapsed();
        Ok(Ran { status, stdout: stdout.take(self.keep), stderr: stderr.take(self.keep), took })
    }
}

/// Signals that ask this tool to stop, as a channel.
struct Signals {
    received: Receiver<i32>,
    handle: signal_hook::iterator::Handle,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let handle = signals.handle();
        let (sender, received) = mpsc::channel();
        std::thread::spawn(move || {
            for signal in signals.forever() {
                if sender.send(signal).is_err() {
                    break;
                }
            }
        });
        Ok(Self { received, handle })
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.handle.close();
    }
}

enum Ended {
    ByItself,
    TimedOut(Duration),
    Interrupted(i32),
}

fn pid_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// Waits for the child without reaping it.
fn wait(
    child: &Child,
    group: Option<Pid>,
    limit: Option<Duration>,
    signals: Option<&Signals>,
) -> Ended {
    let (Some(pid), Some(group)) = (pid_of(child), group) else { return Ended::ByItself };
    let (sender, ended) = mpsc::channel();
    std::thread::spawn(move || {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(pid), options), Err(rustix::io::Errno::INTR)) {}
        // The receiver is gone only when the waiting is over.
        _ = sender.send(());
    });
    let begun = Instant::now();
    let mut stopped: Option<(Instant, Ended)> = None;
    loop {
        // Two things are awaited; the pause bounds how late the second one is noticed.
        let pause = Duration::from_millis(20);
        match ended.recv_timeout(pause) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                return stopped.map_or(Ended::ByItself, |(_, why)| why);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some((since, _)) = &stopped {
            if since.elapsed() > GRACE {
                _ = kill_process_group(group, Signal::KILL);
            }
        } else if let Some(signal) = signals.and_then(|s| s.received.try_recv().ok()) {
            let passed_on = match signal {
                SIGINT => Signal::INT,
                SIGHUP => Signal::HUP,
                _ => Signal::TERM,
            };
            _ = kill_process_group(group, passed_on);
            stopped = Some((Instant::now(), Ended::Interrupted(signal)));
        } else if let Some(limit) = limit.filter(|limit| begun.elapsed() > *limit) {
            _ = kill_process_group(group, Signal::TERM);
            stopped = Some((Instant::now(), Ended::TimedOut(limit)));
        }
    }
}

fn feed(child: &mut Child, bytes: Option<Vec<u8>>) {
    if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), bytes) {
        // A thread, because the child may fill its output before it reads. A child that does not
        // want its input closes the pipe, which is its right.
        std::thread::spawn(move || drop(pipe.write_all(&bytes)));
    }
}

/// A stream that a thread reads.
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

/// Reads a stream on a thread, so that what arrived can be taken even if the stream never ends.
/// Only the last `keep` bytes are held.
fn collect(stream: Option<impl Read + Send + 'static>, keep: usize) -> Collected {
    let (sender, ended) = mpsc::channel();
    let bytes = Arc::new(Mutex::new(Vec::new()));
    if let Some(mut stream) = stream {
        let bytes = Arc::clone(&bytes);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            loop {
                let read = match stream.read(&mut buffer) {
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                    Ok(0) | Err(_) => break,
                    Ok(read) => read,
                };
                let mut all = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                all.extend_from_slice(buffer.get(..read).unwrap_or_default());
                // Cut now and then, not at every read: moving the tail costs its length.
                if all.len() > keep.saturating_mul(2) {
                    cut(&mut all, keep);
                }
            }
            // The receiver is gone only when nobody waits any more.
            _ = sender.send(());
        });
    }
    Collected { bytes, ended }
}

impl Collected {
    /// What the stream gave, once it has ended or has had [`DRAIN`] to end.
    fn take(&self, keep: usize) -> Vec<u8> {
        // Either outcome means that this is all there will be.
        _ = self.ended.recv_timeout(DRAIN);
        let mut all =
            std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner));
        cut(&mut all, keep);
        all
    }
}

fn cut(all: &mut Vec<u8>, keep: usize) {
    let surplus = all.len().saturating_sub(keep);
    all.drain(..surplus);
}

/// `words` as one line that a POSIX shell splits into the same words.
pub fn shell_words<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    let quoted = words.into_iter().map(|word| {
        let word = word.as_ref();
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./=:,+@%^".contains(&b);
        if !word.is_empty() && word.bytes().all(plain) {
            word.to_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}
