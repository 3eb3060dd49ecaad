//! The command line of `promote`.

use clap::Args as ClapArgs;

use super::not_blank;

/// `promote`.
#[derive(Debug, ClapArgs)]
pub(crate) struct PromoteArgs {
    /// Print the evidence; there is nothing else that this command does
    #[arg(long, required = true)]
    pub(crate) evidence: bool,
    /// The commit to release [default: the base as it was fetched]
    #[arg(long, value_name = "R", value_parser = not_blank)]
    pub(crate) source: Option<String>,
    /// The release before, such as a tag [default: none, and every task that is done is listed]
    #[arg(long, value_name = "R", value_parser = not_blank)]
    pub(crate) since: Option<String>,
    /// Take the base as it was last fetched; the answer says so
    #[arg(long)]
    pub(crate) no_fetch: bool,
}
