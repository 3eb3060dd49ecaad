//! The arguments of `preflight`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Preflight {
    /// The lane: its id, its branch, or its role
    #[arg(required_unless_present = "role", conflicts_with = "role")]
    pub(crate) lane: Option<String>,

    /// The lane of this role
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,

    /// Who the work is for: a claim of theirs is in nobody's way
    #[arg(long, value_name = "OWNER", env = "LANE_OWNER", value_parser = super::claim::owner)]
    pub(crate) owner: Option<String>,

    /// Compare with the base as it was last fetched
    #[arg(long)]
    pub(crate) no_fetch: bool,
}
