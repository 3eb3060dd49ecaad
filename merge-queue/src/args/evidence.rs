//! The command line of `evidence`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};

use super::{TaskArg, not_blank, some_words};

/// `evidence`.
#[derive(Debug, ClapArgs)]
pub(crate) struct EvidenceArgs {
    #[command(flatten)]
    pub(crate) task: TaskArg,
    /// The commit that the lane must stand at [default: wherever it stands]
    #[arg(long, value_name = "C", value_parser = not_blank)]
    pub(crate) commit: Option<String>,
    /// The task's worktree [default: what worktree-lane says, else the role's worktree]
    #[arg(long, value_name = "DIR")]
    pub(crate) lane: Option<PathBuf>,
    /// Stop it after this time, which counts as failed
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = cli::parse_duration)]
    pub(crate) limit: Duration,
    /// Run nothing, and record this result of a run elsewhere
    #[arg(long, value_enum, value_name = "RESULT")]
    pub(crate) declared: Option<Declared>,
    /// Where a declared result comes from, such as the address of a CI job
    #[arg(long, value_name = "T", requires = "declared", value_parser = some_words)]
    pub(crate) note: Option<String>,
    /// The command as one text, as an acceptance check is written
    #[arg(long, value_name = "T", conflicts_with = "command", value_parser = some_words)]
    pub(crate) text: Option<String>,
    /// The command with its arguments
    #[arg(last = true, required_unless_present = "text", value_name = "CMD")]
    pub(crate) command: Vec<String>,
}

/// What somebody says about a run elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Declared {
    /// It ended with 0
    Pass,
    /// It did not
    Fail,
}
