//! From the command line to the exit status.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use records::Exit;
use signal_hook::consts::SIGXFSZ;

use crate::out::say;
use crate::{Failure, Format, Out};

/// A tool's arguments: what was typed, checked for form, with no I/O done.
pub trait Arguments: Parser {
    /// The form of output that was asked for.
    fn format(&self) -> Format;
}

/// Runs a tool: parses its arguments, calls `body`, prints what went wrong and gives the status.
///
/// A reader that closes stdout early ends the tool silently with 0; any other failure to write,
/// such as a full disk, is reported and ends with 74.
pub fn run<A: Arguments>(
    tool: &'static str,
    body: impl FnOnce(A, &mut Out) -> Result<Exit, Failure>,
) -> ExitCode {
    let args = match A::try_parse() {
        Ok(args) => args,
        Err(error) => return parse_outcome(&error),
    };
    // A limit on the size of files (`ulimit -f`) kills whoever does not ask for the error instead, and a
    // killed tool cannot say what happened. Where that fails, it is killed.
    drop(signal_hook::flag::register(SIGXFSZ, Arc::default()));
    let mut out = Out::new(tool, args.format());
    let ended = body(args, &mut out).and_then(|exit| out.flush().map(|()| exit));
    let exit = match ended {
        Ok(exit) => exit,
        Err(failure) if failure.is_closed_pipe() => Exit::Yes,
        Err(failure) => {
            // What was answered before the failure is still an answer; a second failure to write
            // would only repeat the first.
            drop(out.flush());
            say(&failure.render(tool));
            failure.exit()
        }
    };
    ExitCode::from(exit.code())
}

/// `--help` and `--version` end with 0 on stdout, everything else with 2 on stderr.
fn parse_outcome(error: &clap::Error) -> ExitCode {
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::Yes };
    match error.print() {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe && !error.use_stderr() => {
            ExitCode::from(Exit::World.code())
        }
        _ => ExitCode::from(exit.code()),
    }
}
