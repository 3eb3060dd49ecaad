//! The command line of `repair`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Repair {
    /// The lanes, by id; without any, all
    #[arg(value_name = "LANE")]
    pub(crate) lanes: Vec<String>,

    /// Show what is wrong and what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
