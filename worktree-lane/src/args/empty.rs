//! The command line of `trash empty`.

use std::time::Duration;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Empty {
    /// The entries' names, as `trash list` shows them; without any, all that are old enough
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,

    /// Only entries that were moved away at least this long ago; without names, 7d unless given
    #[arg(long, value_name = "AGE", value_parser = cli::parse_duration)]
    pub(crate) older: Option<Duration>,

    /// Show what would be deleted, and delete nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
