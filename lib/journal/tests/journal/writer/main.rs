//! A process that writes to a journal until it is killed. For the tests of this library only.
//!
//! ```text
//! journal-writer append  PATH NAME COUNT   appends COUNT records, or without end if COUNT is 0
//! journal-writer ordered PATH NAME COUNT   the same, each with the order after that of the last record
//! journal-writer limited PATH LIMIT SIZE   appends a line of SIZE bytes with files limited to LIMIT bytes
//! journal-writer hold    PATH              holds the lock until stdin ends
//! ```
//!
//! `ack SEQ` on stdout says that an append has returned. An error goes to stderr with exit status 1.

#![expect(clippy::print_stderr, reason = "it has no other face")]

mod record;

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use journal::{Appended, Journal, Lock};
use record::Record;
use rustix::process::{Resource, Rlimit, setrlimit};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    match arguments {
        ["append", path, name, count] => {
            each(count, |seq| Ok(patient(path).append(&Record::new(name, seq, None))?))
        }
        ["ordered", path, name, count] => each(count, |seq| ordered(path, name, seq)),
        ["limited", path, limit, size] => limited(path, limit.parse()?, size.parse()?),
        ["hold", path] => hold(Path::new(path)),
        other => Err(format!("unknown arguments: {other:?}").into()),
    }
}

fn each(
    count: &str,
    append: impl Fn(u64) -> Result<Appended, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let count: u64 = count.parse()?;
    let mut out = io::stdout().lock();
    for seq in 0.. {
        if count > 0 && seq == count {
            break;
        }
        let appended = append(seq)?;
        writeln!(out, "ack {seq} {}", if appended.completed_torn { "completed" } else { "-" })?;
    }
    Ok(())
}

/// A journal that a busy machine does not make give up.
fn patient(path: &str) -> Journal {
    Journal::new(path).wait(Duration::from_mins(10))
}

fn ordered(path: &str, name: &str, seq: u64) -> Result<Appended, Box<dyn Error>> {
    let appended = patient(path).append_with(|view| -> Result<_, Box<dyn Error>> {
        let mut order = 1;
        for line in view.reverse()? {
            // A line that does not decode was torn by a kill.
            if let Ok(Record { order: Some(last), .. }) = line?.decode() {
                order = last + 1;
                break;
            }
        }
        Ok(Some(Record::new(name, seq, Some(order))))
    })?;
    appended.map(|(_, appended)| appended).ok_or_else(|| "nothing was appended".into())
}

fn limited(path: &str, limit: u64, size: usize) -> Result<(), Box<dyn Error>> {
    setrlimit(Resource::Fsize, Rlimit { current: Some(limit), maximum: Some(limit) })?;
    journal::append_line(path, &vec![b'7'; size])?;
    Ok(())
}

fn hold(path: &Path) -> Result<(), Box<dyn Error>> {
    let _lock = Lock::acquire(path, journal::DEFAULT_WAIT)?;
    writeln!(io::stdout(), "held")?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
