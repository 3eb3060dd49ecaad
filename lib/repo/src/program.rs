//! Running another program: the one place where children are started.

mod descendants;
mod output;
mod signals;
mod waiting;

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process_group};

use crate::{Error, environment, shell_words};
use descendants::Descendants;
use output::collect;
use signals::Signals;
use waiting::{Ended, pid_of, until_gone, wait};

/// How long output is waited for after the program itself has ended: a child that it left behind
/// may hold the pipe open for ever.
const DRAIN: Duration = Duration::from_millis(500);
/// The same for output that must be whole. On a machine under load, or after this tool was paused,
/// the last of it may take a while to be read.
const DRAIN_WHOLE: Duration = Duration::from_secs(2);

/// A program about to be run, with its arguments.
///
/// The child gets no terminal on stdin, none of git's local variables and none of the API keys.
pub struct Program {
    command: Command,
    shown: Vec<String>,
    named: Option<String>,
    stdin: Option<Vec<u8>>,
    limit: Option<Duration>,
    keep: usize,
    limit_is_an_end: bool,
    reach: Reach,
    merged: bool,
    echo: bool,
    copy: Option<Box<dyn io::Write + Send>>,
}

/// What is stopped together with the program, and ended when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// Nothing else.
    Child,
    /// Its process group.
    Group,
    /// Everything that it has started.
    Everything,
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
    /// The limit that it was stopped at. Only [`Program::end_at`] gives one.
    pub stopped_at: Option<Duration>,
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

    /// Whether it ended by itself, with 0.
    pub fn ok(&self) -> bool {
        self.status.success() && self.stopped_at.is_none()
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
            named: None,
            stdin: None,
            limit: None,
            keep: usize::MAX,
            limit_is_an_end: false,
            reach: Reach::Child,
            merged: false,
            echo: false,
            copy: None,
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

    /// What errors call it, in place of the whole command.
    #[must_use]
    pub fn named(mut self, name: String) -> Self {
        self.named = Some(name);
        self
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
        self.own_group()
    }

    /// The same, but being stopped is a way to end and no error: what it wrote is kept.
    #[must_use]
    pub fn end_at(self, limit: Duration) -> Self {
        Self { limit_is_an_end: true, ..self.limit(limit) }
    }

    /// Ends with it everything that it has started, in whatever session or process group it is by then
    /// (on Linux; elsewhere as [`Program::own_group`]). Nothing else may be started meanwhile by this
    /// process: it would be taken for a part of it. SIGKILL of this process leaves all of it alone.
    #[must_use]
    pub fn contained(mut self) -> Self {
        self.reach = Reach::Everything;
        self
    }

    /// Runs it in its own process group. SIGINT, SIGTERM and SIGHUP that reach this tool are passed
    /// on to the whole group, and whatever it leaves running is killed when it ends. It cannot ask
    /// anything on the terminal: when it tries, it is stopped.
    #[must_use]
    pub fn own_group(mut self) -> Self {
        self.reach = self.reach.max(Reach::Group);
        self
    }

    /// Shows its output on this tool's stderr as it comes, besides collecting it.
    #[must_use]
    pub fn echo(mut self) -> Self {
        self.echo = true;
        self
    }

    /// Writes its stdout to `sink` as well, as it comes and all of it, also where [`Program::keep_last`] keeps
    /// less. What the sink cannot write ends neither the program nor the collecting: a sink whose errors
    /// matter remembers them. It is dropped when the stream ends.
    #[must_use]
    pub fn copy_to(mut self, sink: impl io::Write + Send + 'static) -> Self {
        self.copy = Some(Box::new(sink));
        self
    }

    /// Keeps only the last `bytes` of each stream, or less when something that it leaves behind holds
    /// the stream open. Without this, such a stdout is an error: a part must not pass for the whole.
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
    /// When it cannot be started, when its time is over, when it wants to ask something on the
    /// terminal, when its output does not end, or when this tool was asked to stop.
    pub fn run(mut self) -> Result<Ran, Error> {
        let begun = Instant::now();
        let shown = self.named.take().unwrap_or_else(|| self.shown());
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
        let own_group = self.reach >= Reach::Group;
        if own_group {
            self.command.process_group(0);
        }
        let descendants = (self.reach == Reach::Everything).then(Descendants::adopt);
        // Before the child exists, so that no signal can fall between.
        let signals = own_group.then(Signals::listen).transpose().map_err(spawn_error)?;

        #[expect(clippy::disallowed_methods, reason = "this is the one place that starts children")]
        let spawned = self.command.spawn();
        let dir = self.command.get_current_dir().map(Path::to_path_buf);
        // Closes this process's copy of the pipe's writing end.
        drop(self.command);
        let mut child = spawned.map_err(|source| not_started(&program, dir.as_deref(), source))?;
        feed(&mut child, self.stdin);
        let stdout = match merged {
            Some(reader) => collect(Some(reader), self.keep, self.echo, self.copy),
            None => collect(child.stdout.take(), self.keep, self.echo, self.copy),
        };
        let stderr = collect(child.stderr.take(), self.keep, self.echo, None);

        let group = if own_group { pid_of(&child) } else { None };
        let waited = wait(&child, group, self.limit, signals.as_ref());
        if let Some(group) = group {
            // The leader is not reaped yet, so its id cannot belong to anybody else.
            _ = kill_process_group(group, Signal::KILL);
        }
        let status = child.wait().map_err(spawn_error)?;
        let took = begun.elapsed();
        let ended = match (descendants, group) {
            (Some(descendants), _) => descendants.end(),
            (None, Some(group)) => {
                until_gone(group);
                true
            }
            (None, None) => true,
        };
        let whole_wanted = self.keep == usize::MAX;
        let (stdout, whole) = stdout.take(if whole_wanted { DRAIN_WHOLE } else { DRAIN });
        let (stderr, _) = stderr.take(DRAIN);
        let came = signals.and_then(Signals::end);
        if !ended {
            let why = "something that it started cannot be ended".into();
            return Err(Error::Failed { command: shown, code: status.code(), why });
        }
        let ran = |stopped_at| Ran { status, stdout, stderr, took, stopped_at };
        match (waited, came) {
            (Ended::TimedOut(limit), None) if self.limit_is_an_end => Ok(ran(Some(limit))),
            (Ended::TimedOut(limit), _) => Err(Error::TimedOut { command: shown, limit }),
            (Ended::Interrupted(signal), _) | (_, Some(signal)) => {
                Err(Error::Interrupted { command: shown, signal })
            }
            (Ended::WantedTerminal, None) => Err(Error::WantedTerminal { command: shown }),
            (Ended::ByItself, None) if whole_wanted && !whole => Err(Error::Failed {
                command: shown,
                code: status.code(),
                why: "it has ended, but something that it started holds its output open".into(),
            }),
            (Ended::ByItself, None) => Ok(ran(None)),
        }
    }
}

/// Says which of two things was not found: the system has one word for both.
fn not_started(program: &str, dir: Option<&Path>, source: io::Error) -> Error {
    match dir.filter(|dir| !dir.is_dir()) {
        Some(dir) => Error::Io { operation: "enter", path: dir.into(), source },
        None if source.kind() == io::ErrorKind::NotFound && !program.contains('/') => {
            Error::NotFound { program: program.into() }
        }
        None => Error::Spawn { program: program.into(), source },
    }
}

fn feed(child: &mut Child, bytes: Option<Vec<u8>>) {
    if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), bytes) {
        // A thread, because the child may fill its output before it reads. A child that does not
        // want its input closes the pipe, which is its right.
        std::thread::spawn(move || drop(pipe.write_all(&bytes)));
    }
}
