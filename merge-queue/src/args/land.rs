//! The command line of `land`.

use clap::Args as ClapArgs;

use crate::rules::definitions::Strategy;

/// `land`.
#[derive(Debug, ClapArgs)]
pub(crate) struct LandArgs {
    /// Ids of tasks, or the numbers of their issues
    #[arg(value_name = "TASK", required_unless_present = "ready")]
    pub(crate) tasks: Vec<String>,
    /// Land every task that may land
    #[arg(long, conflicts_with = "tasks")]
    pub(crate) ready: bool,
    /// How to bring the branches in [default: queue.strategy, else no-ff]
    #[arg(long, value_enum, value_name = "S")]
    pub(crate) strategy: Option<Strategy>,
    /// Say what would land, and move and record nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
