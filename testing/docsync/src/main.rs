//! `make docs` writes the generated parts of `docs/`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use cli::{Exit, Failure, Format, Out};

/// Write the generated parts of docs/ from the types and from each tool's --help
#[derive(Debug, Parser)]
struct Args {
    /// Only say what is not up to date, and end with 1 if anything is
    #[arg(long)]
    check: bool,
    /// The docs folder
    #[arg(long, default_value = "docs")]
    docs: PathBuf,
    /// The folder with the built tools; by default that of this program
    #[arg(long)]
    bin: Option<PathBuf>,
}

impl cli::Arguments for Args {
    fn format(&self) -> Format {
        Format::Table
    }
}

fn main() -> ExitCode {
    cli::run("docsync", run)
}

fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    let bin = match args.bin {
        Some(bin) => bin,
        None => std::env::current_exe()
            .ok()
            .and_then(|exe| exe.parent().map(PathBuf::from))
            .ok_or_else(|| Failure::world("cannot find the tools", "unknown own path"))?,
    };
    let (verb, files) = if args.check {
        ("stale", docsync::stale(&args.docs, &bin)?)
    } else {
        ("wrote", docsync::write(&args.docs, &bin)?)
    };
    for file in &files {
        out.raw_line(&format!("{verb} {}", args.docs.join(file).display()))?;
    }
    Ok(if args.check && !files.is_empty() { Exit::No } else { Exit::Yes })
}
