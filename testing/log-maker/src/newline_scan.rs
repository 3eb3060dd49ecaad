//! Counts the newlines of a file: the least that any program does that looks at every line. The CPU
//! time of others is quoted as a ratio to it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use cli::{Exit, Failure, Format, Out};

/// Count the newlines of a file
///
/// Reads pieces of 1 MiB and prints how many newlines they hold. No program that looks at every line
/// of a file can take much less CPU time.
#[derive(Debug, Parser)]
#[command(version, after_help = "Example:\n  newline-scan logs/governance_history.jsonl")]
struct Args {
    /// The file
    file: PathBuf,
}

impl cli::Arguments for Args {
    fn format(&self) -> Format {
        Format::Auto
    }
}

fn main() -> ExitCode {
    cli::run("newline-scan", run)
}

#[expect(clippy::needless_pass_by_value, reason = "cli::run hands the arguments over")]
fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    let file = File::open(&args.file).map_err(|e| Failure::io("cannot open", &args.file, &e))?;
    let mut piece = vec![0; 1 << 20];
    let (mut offset, mut count) = (0, 0);
    loop {
        let read = file
            .read_at(&mut piece, offset)
            .map_err(|e| Failure::io("cannot read", &args.file, &e))?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        count += memchr::memchr_iter(b'\n', bytes).count();
        offset += read as u64;
    }
    out.raw_line(&count.to_string())?;
    Ok(Exit::Yes)
}
