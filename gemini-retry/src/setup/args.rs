//! What was typed, checked for form.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args as ClapArgs, Parser, ValueEnum};
use cli::{Format, OutputArgs};
use records::IssueNumber;

use crate::setup::commands::Command;

/// The model that is asked when none is named.
pub(crate) const DEFAULT_MODEL: &str = "gemini-3.1-pro-preview";

/// Get one trustworthy review out of Gemini
///
/// Sends a prompt to Gemini and prints the review, but only when it is complete, comes from the
/// model that was asked for, and is exactly one valid verdict. Used-up quotas and dead keys lead to
/// the next credential; overload and broken connections are waited out. Every call leaves an entry
/// in the audit log, a failed one too. When no answer can be had, stdout stays empty, and the last
/// line on stderr is `gemini-retry: ` and JSON that says why and when to come back.
#[derive(Debug, Parser)]
#[command(name = "gemini-retry", version, after_help = HELP)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) ask: AskArgs,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// One request.
#[derive(Debug, ClapArgs)]
#[command(group(ArgGroup::new("source").required(true).args(["prompt_file", "prompt", "stdin"])))]
pub(crate) struct AskArgs {
    /// Read the prompt from FILE; `-` is stdin
    #[arg(short = 'f', long, value_name = "FILE")]
    pub(crate) prompt_file: Option<PathBuf>,

    /// Take the prompt from the command line; for short ones, since others can see it there
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,

    /// Read the prompt from stdin
    #[arg(value_name = "-", value_parser = dash)]
    pub(crate) stdin: Option<()>,

    /// The issue that the review belongs to
    #[arg(long, value_name = "N")]
    pub(crate) issue: Option<IssueNumber>,

    /// What is reviewed, such as `review_lld` or `review_implementation`
    #[arg(long, value_name = "NAME", value_parser = ref_part)]
    pub(crate) node: Option<String>,

    /// The file that the prompt is about, when the prompt itself does not say so
    ///
    /// Its digest goes into the audit entry, so its bytes must stand in the prompt as they are.
    #[arg(long, value_name = "PATH")]
    pub(crate) subject: Option<PathBuf>,

    /// What to print: the envelope around the answer, or the model's own object alone
    #[arg(long, value_enum, default_value_t = Print::Envelope, value_name = "WHAT")]
    pub(crate) print: Print,

    #[command(flatten)]
    pub(crate) call: CallArgs,
}

/// How to ask, whatever is asked.
#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct CallArgs {
    /// The model to ask
    ///
    /// A retired name asks for its successor: gemini-3-pro-preview for gemini-3.1-pro-preview.
    #[arg(short, long, value_name = "MODEL", default_value = DEFAULT_MODEL)]
    pub(crate) model: String,

    /// Accept an answer from a model whose name fits GLOB as well
    ///
    /// May be given more than once. Without it only the model itself and numbered or dated builds
    /// of it are accepted. A flash, lite or nano model never stands in for a larger one.
    #[arg(long, value_name = "GLOB")]
    pub(crate) accept_model: Vec<String>,

    /// Accept an answer that does not say which model gave it
    ///
    /// Most programs of `--transport command` cannot prove it. `model_verified` is null then, in the
    /// envelope and in the audit entry.
    #[arg(long)]
    pub(crate) allow_unverified_model: bool,

    /// What the answer must be: `builtin:verdict`, one object that satisfies the JSON Schema in a
    /// file, or `none` for any text
    ///
    /// The service is given the part of the schema that it understands; the whole of it is checked
    /// here. It must be complete in itself: nothing that it refers to is fetched.
    #[arg(
        long,
        value_name = "FILE|builtin:verdict|none",
        default_value = "builtin:verdict",
        value_parser = schema
    )]
    pub(crate) schema: Schema,

    /// How to ask: over HTTP, or by running a program [default: rest, or command with --command]
    #[arg(long, value_enum, value_name = "WAY", hide_possible_values = true)]
    pub(crate) transport: Option<Way>,

    /// The program to run, such as 'agy --model {model}'
    ///
    /// The line is split as a shell would split it, but no shell runs it. {model} stands for the
    /// model's name. The program gets the prompt on stdin, in a new empty folder, with no key in its
    /// environment but the one that it is to use; it must end with 0 and print the answer. The
    /// client gemini proves which model answered when it is run with --output-format json.
    #[arg(long, value_name = "LINE")]
    pub(crate) command: Option<String>,

    /// The project in the audit entry; by default the name of the main worktree's folder
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,

    /// The time for everything, waiting included: 20m, 90s, or a number of seconds [default: 20m]
    #[arg(long, value_name = "TIME", value_parser = seconds_or_span)]
    pub(crate) deadline: Option<Duration>,

    /// Wait so much longer when every quota is used up and the first comes back within TIME
    ///
    /// This waiting does not count against the deadline. Without it the call ends at once when no
    /// quota comes back before the deadline, with the time to come back in `retry_at`.
    #[arg(long, value_name = "TIME", value_parser = seconds_or_span)]
    pub(crate) wait_for_quota: Option<Duration>,

    /// The time for one request
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = seconds_or_span)]
    pub(crate) attempt_timeout: Duration,

    /// How many requests to send at most; 0 means 1 [default: 20]
    #[arg(long, value_name = "N")]
    pub(crate) max_attempts: Option<u32>,

    /// Send a prompt that is longer than any model is known to take
    #[arg(long)]
    pub(crate) force: bool,

    /// The folder of the audit log [default: logs/ in the main worktree]
    #[arg(long, value_name = "DIR")]
    pub(crate) log_dir: Option<PathBuf>,

    /// Leave no audit entry; the review then proves nothing to a gate
    #[arg(long, conflicts_with = "log_dir")]
    pub(crate) no_audit: bool,

    /// Accepted for old scripts: no request offers tools
    #[arg(long, hide = true)]
    pub(crate) no_tools: bool,

    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// Where keys are, where they are sent, and where it is remembered.
#[derive(Debug, ClapArgs)]
pub(crate) struct ServiceArgs {
    /// Where the service is; https, or http on this machine
    /// [default: `https://generativelanguage.googleapis.com`]
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,

    #[command(flatten)]
    pub(crate) files: FileArgs,
}

/// Where keys are, and where it is remembered how they fare.
#[derive(Debug, ClapArgs)]
pub(crate) struct FileArgs {
    /// The credentials file [default: ~/.assemblyzero/gemini-credentials.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,

    /// Where cool-downs and run logs are kept [default: ~/.assemblyzero/gemini-retry]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
}

const HELP: &str = "\
Environment (an option goes before its variable, and an empty variable counts as not set):
  GEMINI_API_KEY                 one more credential, called env
  GEMINI_RETRY_DEADLINE          --deadline
  GEMINI_RETRY_MAX               --max-attempts
  GEMINI_RETRY_BASE_DELAY        the first delay between attempts, in seconds
  GEMINI_RETRY_MAX_DELAY         the longest delay between attempts, in seconds
  GEMINI_RETRY_LOG_DIR           the folder of the run logs, one file a run
  GEMINI_RETRY_PROMPT_THRESHOLD  warn when --prompt has more bytes than this (8192)
  GOOGLE_GEMINI_BASE_URL         --base-url
  SWITCHYARD_SESSION             eight hexadecimal digits: entries go to this session's shard

Exit status:
  0 a verified answer (BLOCKED is an answer), 1 there is none to be had, 2 usage or credentials,
  65 the prompt or the answer cannot be read, 74 network or service, 75 later (see retry_at),
  129, 130 and 143 when interrupted

Examples:
  lld-check prompt 98 | gemini-retry --issue 98 --node review_lld - | lld-check record 98
  gemini-retry --model gemini-3-pro-preview --prompt-file /tmp/lld-review-prompt.txt --print response
  gemini-retry --schema none --no-audit -p 'Say hello'
  gemini-retry --command 'agy --model {model}' --allow-unverified-model --issue 98 -f prompt.txt";

/// What goes to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Print {
    /// The answer with how it was obtained.
    Envelope,
    /// The model's own object, or its text.
    Response,
}

/// How to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// Over HTTP.
    Rest,
    /// By running a program.
    Command,
}

/// What an answer must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Schema {
    /// The verdict of a review.
    Verdict,
    /// An object that this file describes.
    File(PathBuf),
    /// Anything.
    None,
}

impl cli::Arguments for Args {
    fn format(&self) -> Format {
        self.output.format
    }
}

fn dash(text: &str) -> Result<(), String> {
    if text == "-" { Ok(()) } else { Err("only '-' is expected here; use -f for a file".into()) }
}

pub(crate) fn ref_part(text: &str) -> Result<String, String> {
    records::check_ref_part(text).map_err(|e| e.to_string())?;
    Ok(text.to_owned())
}

pub(crate) fn schema(text: &str) -> Result<Schema, String> {
    match text {
        "builtin:verdict" => Ok(Schema::Verdict),
        "none" => Ok(Schema::None),
        "" => Err("a file, builtin:verdict or none is expected".into()),
        // A name that a later version may know is no file.
        _ if text.starts_with("builtin:") => Err("the builtin schema is builtin:verdict".into()),
        _ => Ok(Schema::File(text.into())),
    }
}

/// The predecessor counts seconds, these tools write `20m`.
pub(crate) fn seconds_or_span(text: &str) -> Result<Duration, String> {
    match text.trim().parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds)
            .map_err(|_| format!("'{text}' is not a length of time")),
        Err(_) => cli::parse_duration(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_source_is_needed() {
        let parse = |words: &[&str]| Args::try_parse_from(["gemini-retry"].iter().chain(words));
        for words in [&["-"][..], &["-f", "x"], &["-p", "x"], &["-f", "-"]] {
            assert!(parse(words).is_ok(), "{words:?}");
        }
        for words in [&[][..], &["-", "-p", "x"], &["-f", "x", "-p", "x"], &["x"]] {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn times_read_as_seconds_and_as_spans() {
        for (text, ms) in [("1200", 1_200_000), ("0.25", 250), ("20m", 1_200_000), ("0", 0)] {
            assert_eq!(seconds_or_span(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["-1", "NaN", "inf", "1e300", "soon", ""] {
            assert!(seconds_or_span(text).is_err(), "{text}");
        }
    }
}
