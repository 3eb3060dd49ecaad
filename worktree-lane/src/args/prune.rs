//! The command line of `prune`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Prune {
    /// Move the lanes that could go into the trash, each looked at again under its lock
    #[arg(long)]
    pub(crate) apply: bool,
}
