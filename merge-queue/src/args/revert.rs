//! The command line of `revert`.

use std::time::Duration;

use clap::Args as ClapArgs;

use super::{not_blank, some_words};

/// `revert`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RevertArgs {
    /// A task, or a batch as `land` names it
    #[arg(value_name = "TASK|BATCH", value_parser = not_blank)]
    pub(crate) what: String,
    /// Why
    #[arg(long, value_name = "R", value_parser = some_words)]
    pub(crate) reason: Option<String>,
    /// Undo it only if this command passes on what comes of it [default: queue.policy.verify]
    #[arg(long, value_name = "CMD", value_parser = some_words)]
    pub(crate) verify: Option<String>,
    /// Stop the command after this time, which counts as failed
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = cli::parse_duration)]
    pub(crate) limit: Duration,
    /// Say what would be undone, and move and record nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
