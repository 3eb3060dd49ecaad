//! `ready`, `next` and `prune-stale`.

use clap::Args;

/// `ready`.
#[derive(Debug, Args)]
pub(crate) struct ReadyArgs {
    /// Only what this role may claim: its tasks, and those without a role
    #[arg(long, value_name = "R")]
    pub(crate) role: Option<String>,
    /// List the other tasks that are not done, too, each with all that keeps it from being claimed
    #[arg(long)]
    pub(crate) explain: bool,
}

/// `next`.
#[derive(Debug, Args)]
pub(crate) struct NextArgs {
    /// Only for this role
    #[arg(long, value_name = "R")]
    pub(crate) role: Option<String>,
    /// List the roles that have nothing to do, too
    #[arg(long)]
    pub(crate) all_roles: bool,
}

/// `prune-stale`.
#[derive(Debug, Args)]
pub(crate) struct PruneStaleArgs {
    /// Archive what is listed; without it nothing is changed
    #[arg(long)]
    pub(crate) apply: bool,
    /// Archive most of the tasks that have events, because that is meant
    #[arg(long, requires = "apply")]
    pub(crate) allow_shrink: bool,
}
