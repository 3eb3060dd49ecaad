//! The program: starts a stub from a script file, and runs a command against it.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::mpsc::channel;
use std::thread;

use clap::Parser;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use serde_json::json;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::script::{Script, ScriptError};
use crate::server::{Options, StartError, Stub};

/// Wrong usage or a bad script.
const USAGE: u8 = 2;
/// The world failed: a port, a file, a child process.
const WORLD: u8 = 74;

/// Serves a script as Gemini would, on 127.0.0.1.
///
/// Without a command it prints one JSON line with the base URL and serves until stdin is closed or
/// SIGTERM comes. With a command it runs the command with `GOOGLE_GEMINI_BASE_URL` set and exits with
/// the command's code; stdout then belongs to the command.
#[derive(Debug, Parser)]
#[command(name = "gemini-stub", version)]
pub struct Args {
    /// The script, one JSON object
    #[arg(long, value_name = "FILE")]
    script: PathBuf,
    /// The port; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Appends one JSON line a request to this file; keys are shown by name only
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Writes the port into this file once the stub is ready
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    /// The command to run against the stub
    #[arg(last = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// A failure with its exit code and the line that is printed.
#[derive(Debug)]
struct Failure {
    code: u8,
    line: String,
}

/// Runs the program and says with which code it ends.
pub fn run(args: &Args) -> ExitCode {
    match serve(args) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            // Nothing is left to tell when stderr is closed.
            writeln!(io::stderr(), "gemini-stub: {}", failure.line).ok();
            ExitCode::from(failure.code)
        }
    }
}

fn serve(args: &Args) -> Result<u8, Failure> {
    let script = Script::read(&args.script).map_err(|error| bad_script(&args.script, &error))?;
    // Before the stub is announced, so that a signal from then on ends it properly.
    let signals = Signals::new([SIGTERM, SIGINT, SIGHUP])
        .map_err(|error| world(format!("signals cannot be caught: {error}")))?;
    let options = Options { port: args.port, log: args.log.clone() };
    let stub = Stub::serve(script, &options).map_err(|error| match &error {
        StartError::Script(inner) => bad_script(&args.script, inner),
        other => world(other.to_string()),
    })?;
    if let Some(path) = &args.port_file {
        write_port(path, stub.port())
            .map_err(|error| world(format!("{}: cannot be written: {error}", path.display())))?;
    }
    let code = match args.command.split_first() {
        Some((program, rest)) => run_command(&stub, program, rest, signals)?,
        None => serve_until_told(&stub, signals)?,
    };
    match stub.log_failure() {
        Some(why) => Err(world(format!("the log could not be written: {why}"))),
        None => Ok(code),
    }
}

fn bad_script(path: &Path, error: &ScriptError) -> Failure {
    let line = match error {
        ScriptError::Read { .. } => error.to_string(),
        ScriptError::Syntax(_) | ScriptError::Meaning { .. } => {
            format!("{}: {error}", path.display())
        }
    };
    Failure { code: USAGE, line }
}

fn world(line: String) -> Failure {
    Failure { code: WORLD, line }
}

/// Under a name of its own first, so that whoever waits for the file never reads half a number.
fn write_port(path: &Path, port: u16) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}", std::process::id()));
    let mut file = std::fs::File::create(&unfinished)?;
    writeln!(file, "{port}")?;
    std::fs::rename(&unfinished, path)
}

fn serve_until_told(stub: &Stub, mut signals: Signals) -> Result<u8, Failure> {
    let ready = json!({
        "schema": "gemini-stub.ready/1",
        "base_url": stub.base_url(),
        "port": stub.port(),
        "pid": std::process::id(),
    });
    let mut out = io::stdout();
    writeln!(out, "{ready}")
        .and_then(|()| out.flush())
        .map_err(|error| world(format!("stdout cannot be written: {error}")))?;

    let (told, end) = channel();
    let by_signal = told.clone();
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            by_signal.send(()).ok();
        }
    });
    thread::spawn(move || {
        let mut sink = [0; 4096];
        while matches!(io::stdin().read(&mut sink), Ok(1..)) {}
        told.send(()).ok();
    });
    end.recv().map_err(|error| world(format!("nothing is left to wait for: {error}")))?;
    Ok(0)
}

/// Runs the command in this process group, so that Ctrl-C reaches it from the terminal; SIGTERM and
/// SIGHUP are passed on.
#[expect(
    clippy::disallowed_methods,
    reason = "the command gets this program's terminal and streams"
)]
fn run_command(
    stub: &Stub,
    program: &OsString,
    rest: &[OsString],
    mut signals: Signals,
) -> Result<u8, Failure> {
    let mut child = Command::new(program)
        .args(rest)
        .env("GOOGLE_GEMINI_BASE_URL", stub.base_url())
        .spawn()
        .map_err(|error| world(format!("{}: cannot be started: {error}", program.display())))?;
    let pid = Pid::from_child(&child);
    let handle = signals.handle();
    let passing_on = thread::spawn(move || {
        for signal in signals.forever() {
            let passed = match signal {
                SIGTERM => Signal::TERM,
                SIGHUP => Signal::HUP,
                _ => continue,
            };
            // The child is not reaped while this thread runs, so the pid is its own.
            kill_process(pid, passed).ok();
        }
    });
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(waitid(WaitId::Pid(pid), options), Err(rustix::io::Errno::INTR)) {}
    handle.close();
    let status = match (passing_on.join(), child.wait()) {
        (Ok(()), Ok(status)) => status,
        (_, Err(error)) => return Err(world(format!("the command is lost: {error}"))),
        (Err(_), _) => return Err(world("the thread that passes signals on failed".to_owned())),
    };
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    Ok(u8::try_from(code).unwrap_or(WORLD))
}
