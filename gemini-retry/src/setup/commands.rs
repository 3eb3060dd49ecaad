//! The commands beside asking, as they are typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use crate::setup::args::seconds_or_span;

/// What to do instead of asking.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what a saved reply means, and what would follow from it
    Explain(ExplainArgs),
}

/// Say what a saved reply means, and what would follow from it
///
/// Puts the reply through the same rules as a call: prints the class and the row of the decision
/// table, the field that decided, and what a call would do next: back off, rotate, retire the key,
/// give up, or accept the answer. Nothing is asked and nothing is remembered; no credentials are
/// needed. A reply that nobody can read is explained, too.
///
/// FILE may hold the bare body, a reply with its head as `curl -i` saves it, or an object with
/// `http`, `headers` and `body`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Exit status:
  0 explained, 2 usage, 74 the file cannot be read

Examples:
  gemini-retry explain reply.txt
  gemini-retry explain --http 429 --format table - < body.json")]
pub(crate) struct ExplainArgs {
    /// The saved reply; `-` is stdin
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// The HTTP status [default: what the file says, else the code in the error, else 200]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(100..1000))]
    pub(crate) http: Option<u16>,

    /// The header Retry-After, in seconds or as 90s, 15m [default: what the file says]
    #[arg(long, value_name = "TIME", value_parser = seconds_or_span)]
    pub(crate) retry_after: Option<std::time::Duration>,

    /// The model that was asked
    #[arg(short, long, value_name = "MODEL", default_value = "gemini-3.1-pro-preview")]
    pub(crate) model: String,

    /// Accept an answer from a model whose name fits GLOB as well
    #[arg(long, value_name = "GLOB")]
    pub(crate) accept_model: Vec<String>,
}
