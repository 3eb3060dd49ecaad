//! The arguments of `sync`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Sync {
    /// The lane: its id, its branch, or its role
    pub(crate) lane: String,

    /// Write the lane's commits anew on top of the base
    ///
    /// Refused when a remote branch, another branch or a tag has some of them, or when there is a
    /// merge among them.
    #[arg(long, conflicts_with = "merge")]
    pub(crate) rebase: bool,

    /// Merge the base into the lane
    ///
    /// Refused when the base was rewritten: that would bring the commits back that were taken out.
    #[arg(long)]
    pub(crate) merge: bool,

    /// Who asks: a claim of theirs is in nobody's way
    #[arg(long, value_name = "OWNER", env = "LANE_OWNER", value_parser = super::claim::owner)]
    pub(crate) owner: Option<String>,

    /// Bring in the base as it was last fetched
    #[arg(long)]
    pub(crate) no_fetch: bool,
}
