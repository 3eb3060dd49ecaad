//! Starting and killing the process in `writer/main.rs`.

use std::io::{BufRead as _, BufReader, Lines};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

#[path = "writer/record.rs"]
pub(crate) mod record;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_journal-writer");

/// A writer that runs. It is killed when dropped.
pub(crate) struct Writer {
    child: Child,
    out: Lines<BufReader<ChildStdout>>,
}

impl Writer {
    /// Starts `journal-writer ACTION PATH ARGUMENTS…`.
    pub(crate) fn start(action: &str, path: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg(action).arg(path).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = spawn(&mut command);
        let out = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, out }
    }

    /// The next line of its stdout; `None` when it has ended.
    pub(crate) fn next_line(&mut self) -> Option<String> {
        self.out.next().map(Result::unwrap)
    }

    /// Sends SIGKILL, which must be what it dies of. What it has written to stdout can still be read.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        assert_eq!(self.child.wait().unwrap().signal(), Some(9), "it had ended before");
    }

    /// Waits for its end, which must be a good one, and returns the rest of its stdout.
    pub(crate) fn finish(mut self) -> Vec<String> {
        let rest = self.out.by_ref().map(Result::unwrap).collect();
        assert!(self.child.wait().unwrap().success(), "the writer failed");
        rest
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // A test that fails leaves no writer behind.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "the process is for this test to kill")]
fn spawn(command: &mut Command) -> Child {
    command.spawn().unwrap()
}
