//! The command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use cli::{Arguments, Failure, Format, OutputArgs};
use records::IssueNumber;
use regex::Regex;

use crate::index::Policy;
use crate::moment::Moment;

/// Show the audit log: who reviewed what, with which model, and how it ended
///
/// Shows the entries of `logs/governance_history.jsonl` (and of `logs/review_history.jsonl`, its older
/// name), together with those of session shards that are not folded in yet, in order of time, each
/// once. What is shown does not depend on whether `consolidate` ran, is running or was interrupted.
/// The log is that of the main worktree, whichever lane the command is run in.
///
/// In JSON, each entry is a line with the bytes of the entry itself behind a `schema` key, so old
/// shapes and unknown keys show as they are. Lines that nobody can read are named on stderr.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
Examples:
  view-audit                               the last ten entries
  view-audit --issue 98 -v                 the last ten of issue 98, with critique
  view-audit --all --verdict BLOCKED --node 'review_*'
                                           every block, BLOCK and BLOCKED alike
  view-audit --failed -n 3                 the last three calls that obtained no verdict
  view-audit --since 7d --grep '(?i)race'  what was said of races in the last seven days
  view-audit -f --issue 98                 the last ten of issue 98, then new ones as they come
  view-audit show 0196f3                   one entry, whole
  view-audit check                         what is wrong with the log
  view-audit stats --by verdict --since 7d  how reviews of the last seven days ended
  view-audit --all --format json | jq -r .credential_used | sort | uniq -c

Exit codes:
  0   shown, also when there is nothing to show
  1   show: no entry has that id, or several; check: something is wrong
  2   wrong usage
  74  a file could not be read; what could be read is shown
  75  the log changed again and again while it was read"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,

    #[command(flatten)]
    pub list: ListArgs,

    #[command(flatten)]
    pub wanted: WantedArgs,

    #[command(flatten)]
    pub index: IndexArgs,

    #[command(flatten)]
    pub places: PlaceArgs,

    /// Print the settings that hold and where they come from, and do nothing
    #[arg(long)]
    pub show_config: bool,

    #[command(flatten)]
    pub output: OutputArgs,
}

impl Args {
    /// Refuses options of the list in front of a command, where they would say nothing. --root and --format
    /// may stand anywhere.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let Some(command) = &self.command else { return Ok(()) };
        let Self { list, wanted, index, .. } = self;
        let ListArgs { tail, all, follow, verbose } = list;
        let is_listed = tail.is_some() || *all || *follow || *verbose;
        if !is_listed && wanted.is_empty() && !index.index && !index.no_index {
            return Ok(());
        }
        let (name, hint) = match command {
            Command::Show { .. } => ("show", "view-audit show --help"),
            Command::Check => ("check", "view-audit check --help"),
            Command::Stats(_) => ("stats", "view-audit stats --issue 98"),
        };
        let why = "options of the list stand in front of it";
        Err(Failure::usage(format_args!("cannot run `{name}`"), why).hint(hint))
    }
}

impl Arguments for Args {
    fn format(&self) -> Format {
        self.output.format
    }
}

/// What is done instead of listing entries.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show one entry whole
    ///
    /// For people: every field, the blocking findings as a list, the critique wrapped to the terminal,
    /// and the raw response last. In JSON: the entry's own bytes behind a `schema` key. Several entries
    /// with one id and different bytes are all shown.
    Show {
        /// The entry's id, or the beginning of it, as the tables show it, when no other id begins like that
        #[arg(value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
        id: String,
    },

    /// Verify the log
    ///
    /// One finding a line, each with a stable code, its place and the next safe command: damaged and torn
    /// lines, two entries with one id, lines that are earlier than the line before them, stamps more than
    /// a day in the future, entries without id or timestamp, what is in the quarantine, an
    /// interrupted consolidation, a post-commit hook of `consolidate` that failed, and an index that says
    /// something else than its history. Nothing is changed.
    Check,

    /// Count entries: verdicts, rounds to approval, rotations and durations
    ///
    /// Counts the entries that every filter takes in. In JSON, a line for each group, or one for all.
    ///
    /// In tables, SHARE is a group's part of all that is counted, and bars compare groups with the largest one.
    /// APPROVED is the part of the verdicts that approve, ROUNDS how many verdicts an issue had at a node
    /// until it was approved, on average, and ROTATED the part of the calls that changed the credential, of those
    /// that say. P50, P95 and P99 are exact durations.
    Stats(Box<StatsArgs>),
}

/// What is counted.
#[derive(Debug, ClapArgs)]
pub(crate) struct StatsArgs {
    /// Count for each value of this by itself; may be given several times
    #[arg(long, value_enum, value_name = "WHAT")]
    pub by: Vec<By>,

    #[command(flatten)]
    pub wanted: WantedArgs,

    #[command(flatten)]
    pub index: IndexArgs,
}

/// What entries are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// The verdict by its meaning; `failed` for calls that obtained none.
    Verdict,
    /// The node.
    Node,
    /// The model that answered or, where that is not known, that was asked for.
    Model,
    /// The credential's name.
    Credential,
    /// The issue.
    Issue,
    /// The project.
    Project,
    /// The day in UTC.
    Day,
}

/// How many entries are listed, and how.
#[derive(Debug, ClapArgs)]
pub(crate) struct ListArgs {
    /// Show this many entries, the last ones that match [default: 10]
    #[arg(short = 'n', long = "tail", value_name = "N")]
    pub tail: Option<usize>,

    /// Show every entry that matches
    #[arg(long, conflicts_with = "tail")]
    pub all: bool,

    /// Go on showing new entries as they are written, until it is interrupted
    ///
    /// Every filter holds, and `-n` says how many of the entries that are there already come first. An
    /// entry is shown once, whatever `consolidate` does to its shard meanwhile; one that somebody writes
    /// into the history itself is shown too. A line is shown when it is whole. It ends with Ctrl-C, or
    /// when nobody reads what it prints.
    #[arg(short, long)]
    pub follow: bool,

    /// Show critique and blocking findings too (in tables; JSON always has all)
    #[arg(short, long)]
    pub verbose: bool,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, ClapArgs)]
#[command(next_help_heading = "Filters, each of which an entry must meet")]
pub(crate) struct WantedArgs {
    /// Only entries of this issue; may be given several times
    #[arg(long, value_name = "N")]
    pub issue: Vec<IssueNumber>,

    /// Only entries with this verdict, whichever word they use for it; may be given several times
    ///
    /// APPROVE means APPROVED, BLOCK and REJECTED mean BLOCKED, DISCUSS and FEEDBACK mean REVISE, in
    /// any case. Any other word matches entries that hold it. A call that failed has no verdict.
    #[arg(long, value_name = "VERDICT")]
    pub verdict: Vec<String>,

    /// Only entries of this node, such as `review_lld`; `*` and `?` match any text and any character
    #[arg(long, value_name = "NODE")]
    pub node: Option<String>,

    /// Only entries of this model: the one that answered or, where that is not known, the one that was
    /// asked for; `*` and `?` as in --node
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,

    /// Only entries of this credential, by its name; `*` and `?` as in --node
    #[arg(long, value_name = "NAME")]
    pub credential: Option<String>,

    /// Only entries of this project, by the name that the table shows; `*` and `?` as in --node; may be
    /// given several times
    #[arg(long, value_name = "NAME")]
    pub project: Vec<String>,

    /// Only entries of this session
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,

    /// Only entries of this time or later: 2026-01-24, 2026-01-24T18:30:45Z, or 24h or 7d before now
    ///
    /// A date stands for the whole day in the local time zone. An entry without a time that can be read
    /// matches neither --since nor --until.
    #[arg(long, value_name = "TIME")]
    pub since: Option<Moment>,

    /// Only entries of this time or earlier; a date takes its whole day in
    #[arg(long, value_name = "TIME")]
    pub until: Option<Moment>,

    /// Only entries with a text that this regular expression matches
    ///
    /// Looks at every text of the entry as a person reads it, that is without the escapes of JSON, one
    /// text at a time; keys and numbers are no texts. `(?i)` at the beginning ignores case, `(?m)` lets
    /// `^` and `$` match at lines. The syntax is that of Rust's regex crate.
    #[arg(long, value_name = "REGEX")]
    pub grep: Option<Regex>,

    /// Only calls that obtained no verdict
    #[arg(long)]
    pub failed: bool,
}

impl WantedArgs {
    /// Whether nothing was given.
    fn is_empty(&self) -> bool {
        let Self { issue, verdict, node, model, credential, project, session, .. } = self;
        let Self { since, until, grep, failed, .. } = self;
        let texts = [node, model, credential, session].into_iter().all(Option::is_none);
        let lists = issue.is_empty() && verdict.is_empty() && project.is_empty();
        texts && lists && since.is_none() && until.is_none() && grep.is_none() && !failed
    }
}

/// Whether an index is kept.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub(crate) struct IndexArgs {
    /// Keep an index of the history, however small it is
    ///
    /// With an index, a filter reads only the entries that may match, and `stats` reads none. A history of 64 MiB
    /// or more has one without this. It is a file in the git folder, or, for a log outside of a
    /// repository, in `$XDG_CACHE_HOME`; it may be removed at any time. Answers are the same with and
    /// without it: it is believed only while the history is as it was when it was made.
    #[arg(long, overrides_with = "no_index")]
    pub index: bool,

    /// Read the history itself, without an index
    #[arg(long, overrides_with = "index")]
    pub no_index: bool,
}

impl IndexArgs {
    /// Which histories have an index.
    pub(crate) fn policy(self) -> Policy {
        match self {
            Self { no_index: true, .. } => Policy::Never,
            Self { index: true, .. } => Policy::Always,
            Self { .. } => Policy::Large,
        }
    }
}

/// Which logs are read.
#[derive(Debug, ClapArgs)]
pub(crate) struct PlaceArgs {
    /// Show the log of this project folder or `logs` folder instead; several are shown as one log
    ///
    /// Without it, the logs are that of this repository and those of the `projects` that its
    /// `switchyard.yaml` lists.
    #[arg(long, global = true, value_name = "DIR")]
    pub root: Vec<PathBuf>,
}
