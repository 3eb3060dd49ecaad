//! `claim`, `renew`, `release`, `set-status`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use records::TaskState;

use super::{TaskArg, not_blank, some_words};

/// `claim`.
#[derive(Debug, Args)]
pub(crate) struct ClaimArgs {
    #[command(flatten)]
    pub(crate) task: TaskArg,
    /// The role that the owner plays: the task's, if it has one
    #[arg(long, value_name = "R")]
    pub(crate) role: String,
    /// Who takes it: an agent or a person
    #[arg(long, value_name = "O", value_parser = not_blank)]
    pub(crate) owner: String,
    /// How long the claim holds unless it is renewed, such as 2h [default: queue.policy.lease, else 2h]
    #[arg(long, value_name = "T", value_parser = some_time)]
    pub(crate) lease: Option<Duration>,
    /// Compare the lane with the base as it was last fetched
    #[arg(long)]
    pub(crate) no_fetch: bool,
}

/// `renew`.
#[derive(Debug, Args)]
pub(crate) struct RenewArgs {
    #[command(flatten)]
    pub(crate) task: TaskArg,
    /// Whose claim it is
    #[arg(long, value_name = "O", value_parser = not_blank)]
    pub(crate) owner: String,
    /// How long it holds from now [default: queue.policy.lease, else 2h]
    #[arg(long, value_name = "T", value_parser = some_time)]
    pub(crate) lease: Option<Duration>,
}

/// `release`.
#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    pub(crate) task: TaskArg,
    /// Whose claim it is
    #[arg(long, value_name = "O", value_parser = not_blank)]
    pub(crate) owner: String,
    /// Why it is given up
    #[arg(long, value_name = "T", value_parser = some_words)]
    pub(crate) reason: Option<String>,
}

/// `set-status`.
#[derive(Debug, Args)]
pub(crate) struct SetStatusArgs {
    #[command(flatten)]
    pub(crate) task: TaskArg,
    /// Where the task stands
    #[arg(value_enum, value_name = "STATUS")]
    pub(crate) status: State,
    /// Why; `blocked` and --reopen need one
    #[arg(long, value_name = "T", value_parser = some_words, required_if_eq("status", "blocked"))]
    pub(crate) reason: Option<String>,
    /// Open a task that is done again
    #[arg(long, requires = "reason")]
    pub(crate) reopen: bool,
    /// Whose task it is; `todo` needs the owner of a claim that holds
    #[arg(long, value_name = "O", value_parser = not_blank)]
    pub(crate) owner: Option<String>,
    /// For `done`: the branch that had the work
    #[arg(long, value_name = "B", value_parser = not_blank)]
    pub(crate) branch: Option<String>,
    /// For `done`: the commit of the base that has the work [default: the one that was handed over]
    #[arg(long, value_name = "C", value_parser = not_blank)]
    pub(crate) commit: Option<String>,
}

/// Where a task can be said to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum State {
    /// Nobody has begun
    Todo,
    /// Somebody works on it
    InProgress,
    /// It waits for a decision or for something outside
    Blocked,
    /// The base has the work
    Done,
}

impl From<State> for TaskState {
    fn from(state: State) -> Self {
        match state {
            State::Todo => Self::Todo,
            State::InProgress => Self::InProgress,
            State::Blocked => Self::Blocked,
            State::Done => Self::Done,
        }
    }
}

fn some_time(text: &str) -> Result<Duration, String> {
    let time = cli::parse_duration(text)?;
    if time.is_zero() { Err("a lease of no time".into()) } else { Ok(time) }
}
