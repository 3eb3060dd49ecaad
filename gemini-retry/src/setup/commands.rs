//! The commands beside asking, as they are typed.

use std::path::PathBuf;

use clap::{ArgGroup, Args as ClapArgs, Subcommand};

use crate::setup::args::{DEFAULT_MODEL, FileArgs, Schema, schema, seconds_or_span};

/// What to do instead of asking.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what a saved reply means, and what would follow from it
    Explain(ExplainArgs),
    /// Show which credentials are free, cooling, dead or left out
    Status(StatusArgs),
    /// Forget cool-downs and dead keys
    Reset(ResetArgs),
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
    #[arg(short, long, value_name = "MODEL", default_value = DEFAULT_MODEL)]
    pub(crate) model: String,

    /// Accept an answer from a model whose name fits GLOB as well
    #[arg(long, value_name = "GLOB")]
    pub(crate) accept_model: Vec<String>,

    /// What the answer had to be: `builtin:verdict`, what the JSON Schema in a file describes, or any
    /// text
    #[arg(
        long,
        value_name = "FILE|builtin:verdict|none",
        default_value = "builtin:verdict",
        value_parser = schema
    )]
    pub(crate) schema: Schema,
}

/// Show which credentials are free, cooling, dead or left out
///
/// One line a credential, in the order of the file: whether it may be asked for the model now, until
/// when it is left alone and why, how many calls it has in flight and when it was used last. Cool-downs
/// belong to a project and a model, or to an account; those of other models are listed, too, unless
/// --model is given. Looks only: it takes no lock and changes nothing.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Exit status:
  0 a credential is free for the model, 2 there is none that could ever be, 65 the state is damaged,
  75 all are cooling

Example:
  gemini-retry status --format json | jq -r 'select(.state == \"cooling\") | [.name, .until] | @tsv'")]
pub(crate) struct StatusArgs {
    /// Only what concerns MODEL [default: gemini-3.1-pro-preview, and cool-downs of all models]
    #[arg(short, long, value_name = "MODEL")]
    pub(crate) model: Option<String>,

    #[command(flatten)]
    pub(crate) files: FileArgs,
}

/// Forget cool-downs and dead keys
///
/// For a credential: that its key is dead, and every cool-down of its project and its account. For a
/// model: every cool-down of it. What was forgotten is printed. Calls in flight are not touched. It is
/// safe at any time: what still holds is learnt again from the service's next refusal.
#[derive(Debug, ClapArgs)]
#[command(group(ArgGroup::new("what").required(true).args(["credential", "model", "all"])))]
#[command(after_help = "\
Exit status:
  0 forgotten, also when there was nothing, 2 usage or an unknown name, 74 the state cannot be changed

Examples:
  gemini-retry reset team-a
  gemini-retry reset --model gemini-3.1-pro-preview")]
pub(crate) struct ResetArgs {
    /// The credential
    #[arg(value_name = "CREDENTIAL")]
    pub(crate) credential: Option<String>,

    /// The model
    #[arg(short, long, value_name = "MODEL")]
    pub(crate) model: Option<String>,

    /// Everything
    #[arg(long)]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) files: FileArgs,
}
