//! The command line of `init`.

use clap::Args as ClapArgs;

/// `init`.
#[derive(Debug, ClapArgs)]
pub(crate) struct InitArgs {
    /// Add the lines to `.gitattributes` of the checkout that this is called in
    #[arg(long)]
    pub(crate) apply: bool,
}
