//! The command line of `merge-ready`.

use clap::Args as ClapArgs;

use super::not_blank;

/// `merge-ready`.
#[derive(Debug, ClapArgs)]
pub(crate) struct MergeReadyArgs {
    /// Id of the task, or the number of its issue
    #[arg(value_name = "TASK", required_unless_present = "all")]
    pub(crate) task: Option<String>,
    /// Judge this ref [default: the branch of the newest handoff, else the role's]; may be given several
    /// times
    #[arg(long = "ref", value_name = "R", value_parser = not_blank)]
    pub(crate) references: Vec<String>,
    /// Judge every task that is handed over and has not landed
    #[arg(long, conflicts_with_all = ["task", "references"])]
    pub(crate) all: bool,
    /// Judge against the base as it was last fetched; the answer says so
    #[arg(long)]
    pub(crate) no_fetch: bool,
}
