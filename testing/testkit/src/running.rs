//! A started child process.

use std::io::{BufRead as _, BufReader, ErrorKind, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use tempfile::TempDir;

use crate::ran::Ran;

/// A running tool. Dropping it kills its whole process group.
#[derive(Debug)]
pub struct Running {
    label: String,
    limit: Duration,
    child: Child,
    pid: Pid,
    stdin: Option<ChildStdin>,
    stdout_lines: Receiver<Vec<u8>>,
    stdout: Vec<u8>,
    stderr_lines: Receiver<Vec<u8>>,
    stderr: Vec<u8>,
    /// Says once that the child has ended. The child is not reaped then, so its pid and its group
    /// id cannot belong to another process until this value is dropped.
    ended: Receiver<()>,
    reaped: bool,
    /// Removed when the child is gone.
    _home: Option<TempDir>,
}

/// What [`crate::Tool`] hands over with the command.
pub(crate) struct Started {
    pub(crate) label: String,
    pub(crate) feed: Option<Vec<u8>>,
    pub(crate) limit: Duration,
    pub(crate) home: Option<TempDir>,
}

impl Running {
    #[track_caller]
    #[expect(clippy::disallowed_methods, reason = "the runner of the tests is this function")]
    pub(crate) fn start(mut command: Command, started: Started) -> Self {
        let Started { label, feed, limit, home } = started;
        command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("$ {label}\ncannot be started: {error}"));
        let pid = Pid::from_child(&child);
        let mut stdin = child.stdin.take();
        if let Some(bytes) = feed {
            let mut pipe = stdin.take().expect("stdin is piped");
            thread::spawn(move || match pipe.write_all(&bytes) {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                    panic!("stdin of the child: {error}")
                }
                _ => {}
            });
        }
        let stdout_lines = lines_of(child.stdout.take().expect("stdout is piped"));
        let stderr_lines = lines_of(child.stderr.take().expect("stderr is piped"));
        let (ended_sender, ended) = channel();
        thread::spawn(move || {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(waitid(WaitId::Pid(pid), options), Err(Errno::INTR)) {}
            // The receiver is gone when the test has given up waiting.
            ended_sender.send(()).ok();
        });
        Self {
            label,
            limit,
            child,
            pid,
            stdin,
            stdout_lines,
            stdout: Vec::new(),
            stderr_lines,
            stderr: Vec::new(),
            ended,
            reaped: false,
            _home: home,
        }
    }

    /// The process id, which is also the id of its process group.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line of stdout without its line end, or `None` when stdout is closed.
    #[track_caller]
    pub fn next_line(&mut self) -> Option<String> {
        let Some(line) = receive(&self.stdout_lines, self.limit) else { self.overran() };
        let line = line?;
        self.stdout.extend_from_slice(&line);
        Some(text_of(&line))
    }

    /// The next line of stderr without its line end, or `None` when stderr is closed.
    #[track_caller]
    pub fn next_stderr_line(&mut self) -> Option<String> {
        let Some(line) = receive(&self.stderr_lines, self.limit) else { self.overran() };
        let line = line?;
        self.stderr.extend_from_slice(&line);
        Some(text_of(&line))
    }

    /// Reads stdout up to the first line that contains `needle`, and returns that line.
    #[track_caller]
    pub fn wait_for_line(&mut self, needle: &str) -> String {
        while let Some(line) = self.next_line() {
            if line.contains(needle) {
                return line;
            }
        }
        panic!(
            "$ {}\nstdout ended without a line containing {needle:?}\n{}",
            self.label,
            self.shown()
        )
    }

    /// Reads stderr up to the first line that contains `needle`, and returns that line.
    #[track_caller]
    pub fn wait_for_stderr(&mut self, needle: &str) -> String {
        while let Some(line) = self.next_stderr_line() {
            if line.contains(needle) {
                return line;
            }
        }
        panic!(
            "$ {}\nstderr ended without a line containing {needle:?}\n{}",
            self.label,
            self.shown()
        )
    }

    /// Writes to a stdin kept open by [`crate::Tool::stdin_open`].
    #[track_caller]
    pub fn write_stdin(&mut self, bytes: impl AsRef<[u8]>) {
        let pipe = self.stdin.as_mut().expect("stdin is open: Tool::stdin_open");
        pipe.write_all(bytes.as_ref()).expect("write to stdin");
        pipe.flush().expect("flush stdin");
    }

    /// Closes stdin.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Whether the process has ended.
    pub fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        waitid(WaitId::Pid(self.pid), options).expect("ask for the state of the child").is_some()
    }

    /// Sends SIGTERM to the process alone.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends SIGHUP to the process alone, as a terminal that goes away does.
    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    /// Sends SIGINT to its process group, as a terminal does on Ctrl-C.
    pub fn interrupt(&self) {
        kill_process_group(self.pid, Signal::INT).expect("signal the process group");
    }

    /// Sends SIGKILL to its process group, as a power cut would look to it.
    pub fn kill(&self) {
        kill_process_group(self.pid, Signal::KILL).expect("kill the process group");
    }

    /// Sends SIGKILL to the process alone; its children live on.
    pub fn kill_alone(&self) {
        self.signal(Signal::KILL);
    }

    /// Stops the process (SIGSTOP) until [`Running::resume`].
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets a paused process go on (SIGCONT).
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        // An ended child that was not reaped still takes signals, so an error is a real one.
        kill_process(self.pid, signal).expect("signal the child");
    }

    /// Waits for the end. Stdin is closed first.
    #[track_caller]
    pub fn wait(mut self) -> Ran {
        self.stdin = None;
        if self.ended.recv_timeout(self.limit).is_err() {
            self.overran();
        }
        while self.next_line().is_some() {}
        while self.next_stderr_line().is_some() {}
        let status = self.child.wait().expect("reap the child");
        self.reaped = true;
        Ran::new(
            std::mem::take(&mut self.label),
            status,
            std::mem::take(&mut self.stdout),
            std::mem::take(&mut self.stderr),
        )
    }

    #[track_caller]
    fn overran(&mut self) -> ! {
        // What came and was not read yet tells most.
        self.stdout.extend(self.stdout_lines.try_iter().flatten());
        self.stderr.extend(self.stderr_lines.try_iter().flatten());
        panic!(
            "$ {}\nnothing came for {:?}: it hangs, or a process it left behind holds its output\n{}",
            self.label,
            self.limit,
            self.shown()
        )
    }

    fn shown(&self) -> String {
        crate::ran::shown(&self.stdout, &self.stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.reaped {
            // Fails only when the whole group is gone already.
            kill_process_group(self.pid, Signal::KILL).ok();
            self.child.wait().ok();
        }
    }
}

/// `None` when the limit passed, `Some(None)` at the end of the stream.
#[expect(clippy::option_option, reason = "two different ends, both handled by every caller")]
fn receive(lines: &Receiver<Vec<u8>>, limit: Duration) -> Option<Option<Vec<u8>>> {
    match lines.recv_timeout(limit) {
        Ok(line) => Some(Some(line)),
        Err(RecvTimeoutError::Disconnected) => Some(None),
        Err(RecvTimeoutError::Timeout) => None,
    }
}

fn text_of(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end_matches(['\n', '\r']).to_owned()
}

fn lines_of(stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = Vec::new();
            let read = stream.read_until(b'\n', &mut line).expect("read the output of the child");
            if read == 0 || sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
