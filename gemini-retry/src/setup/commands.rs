//! The commands beside asking, as they are typed.

use std::path::PathBuf;

use clap::{ArgGroup, Args as ClapArgs, Subcommand};
use records::IssueNumber;

use crate::setup::args::{
    CallArgs, DEFAULT_MODEL, FileArgs, Schema, ServiceArgs, ref_part, schema, seconds_or_span,
};

/// What to do instead of asking. A comment on a variant would take the place of the whole text that
/// its arguments have for `--help`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Batch(Box<BatchArgs>),
    Explain(ExplainArgs),
    Status(StatusArgs),
    Reset(ResetArgs),
    Check(CheckArgs),
    Keys(KeysArgs),
}

/// Get many reviews, several at a time
///
/// Reads requests from stdin, one JSON object a line, and prints one result a line as they finish,
/// in no fixed order (gemini-retry.result/1). One request that fails does not stop the others. No
/// line is read before somebody has time for it, so any number may come.
///
/// A request has `prompt`, or `prompt_file` with the path of one, and `id`, a text or a number
/// [default: the number of its line]. It may have `model`, `schema`, `issue`, `node`, `subject` and
/// `project`, which go before the options. All other keys come back in the result as they are, but
/// one that is a known key misspelt, such as `modle` or `promptFile`, is an error.
///
/// Options hold for each request; --deadline, too, begins anew with each. At most two calls of one
/// project are in flight at once, here and in other processes, so a pool of one project gets no
/// faster beyond --jobs 2.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
To go on after an interruption, append the results and skip what is done:
  gemini-retry batch --skip-done results.jsonl < requests.jsonl >> results.jsonl
A request whose answer was paid for but not printed yet when the process was killed is asked again.

Exit status:
  0 every request is answered. Otherwise the code that all failed requests have in common (see the
  exit codes of gemini-retry); 75 when some failed with 74 and some with 75; 1 for another mixture.
  A failed result has its own code under `exit`. 129, 130 and 143 when interrupted.

Examples:
  gemini-retry batch --node review_lld < requests.jsonl > results.jsonl
  gemini-retry batch --jobs 8 < requests.jsonl | jq -c '[.id, .review.verdict, .failure]'")]
pub(crate) struct BatchArgs {
    /// How many requests may be under way at once
    #[arg(short, long, value_name = "N", default_value_t = 4)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: u16,

    /// Skip each request whose id has an answer in RESULTS, the output of an earlier batch
    ///
    /// Failed ones are asked again. RESULTS may be the file that stdout is appended to. Damaged lines
    /// and a torn last one are told and count as nothing.
    #[arg(long, value_name = "RESULTS")]
    pub(crate) skip_done: Option<PathBuf>,

    /// The issue that the reviews belong to
    #[arg(long, value_name = "N")]
    pub(crate) issue: Option<IssueNumber>,

    /// What is reviewed, such as `review_lld` or `review_implementation`
    #[arg(long, value_name = "NAME", value_parser = ref_part)]
    pub(crate) node: Option<String>,

    #[command(flatten)]
    pub(crate) call: CallArgs,
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
/// --model is given. Models that rest because they were overloaded follow. Looks only: it takes no lock and changes nothing.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Exit status:
  0 a credential is free for the model, 2 there is none that could ever be, 65 the state is damaged,
  75 all are cooling, or the model rests

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
/// model: every cool-down of it, and that it rests. What was forgotten is printed. Calls in flight are not touched. It is
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

/// Ask the service whether each key works
///
/// Asks for the list of models with each key, several at once. That uses none of the quota for
/// reviews, and for the same reason a key that works may still have no quota left. A key that the
/// service refuses for good is retired, so that no call tries it again; one that was retired and is
/// taken again is used again.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Exit status:
  0 every key works, 1 a key is dead, 2 usage or credentials, 74 it cannot be told of some key

Example:
  gemini-retry check --format json | jq -r 'select(.result == \"dead\") | .name'")]
pub(crate) struct CheckArgs {
    /// The model that is looked for in the list
    #[arg(short, long, value_name = "MODEL", default_value = DEFAULT_MODEL)]
    pub(crate) model: String,

    /// The time for one request
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = seconds_or_span)]
    pub(crate) timeout: std::time::Duration,

    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// List, add and remove credentials
///
/// Changes the credentials file whole or not at all; two changes at once lose nothing. What the tool
/// does not know in it is kept. No key is ever printed, nor taken from the command line.
#[derive(Debug, ClapArgs)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

/// What to do with the credentials file.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// List the credentials, without their keys
    ///
    /// In the order of the file; the key of the environment comes last, as `env`.
    List(KeysListArgs),
    /// Add a credential
    ///
    /// The key is read from stdin; on a terminal it is not shown. With --key-env the file only names
    /// a variable that holds the key when the tool runs, with --key-cmd a command that prints it then.
    /// A name or a key that is in the file already is refused.
    #[command(after_help = "\
Examples:
  gemini-retry keys add team-a --project alpha
  pass show gemini/team-b | gemini-retry keys add team-b --project beta --billing acme
  gemini-retry keys add ci --key-env CI_GEMINI_KEY
  gemini-retry keys add team-c --key-cmd 'pass show gemini/team-c'")]
    Add(KeysAddArgs),
    /// Remove a credential
    ///
    /// Its key is gone from the file afterwards. Everything else is kept.
    Remove(KeysRemoveArgs),
}

/// Where the credentials are.
#[derive(Debug, ClapArgs)]
pub(crate) struct KeyFileArgs {
    /// The credentials file [default: ~/.assemblyzero/gemini-credentials.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,
}

/// `keys list`
#[derive(Debug, ClapArgs)]
pub(crate) struct KeysListArgs {
    #[command(flatten)]
    pub(crate) file: KeyFileArgs,
}

/// `keys add`
#[derive(Debug, ClapArgs)]
pub(crate) struct KeysAddArgs {
    /// What logs call it
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// The project that the key belongs to; keys of one project share its quota [default: NAME]
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,

    /// The account that pays for the project [default: the project]
    #[arg(long, value_name = "NAME")]
    pub(crate) billing: Option<String>,

    /// Take the key from this environment variable whenever it is needed
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) key_env: Option<String>,

    /// Take the key from what this command prints whenever it is needed, in one line
    ///
    /// The line is split as a shell would split it, but no shell runs it. It is not run now.
    #[arg(long, value_name = "LINE", conflicts_with = "key_env")]
    pub(crate) key_cmd: Option<String>,

    #[command(flatten)]
    pub(crate) file: KeyFileArgs,
}

/// `keys remove`
#[derive(Debug, ClapArgs)]
pub(crate) struct KeysRemoveArgs {
    /// The credential
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    #[command(flatten)]
    pub(crate) file: KeyFileArgs,
}
