//! The command line of `recover`.

use clap::Args as ClapArgs;

use super::some_words;

/// `recover`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RecoverArgs {
    /// Go on without the events that are lost; the text says why that is right
    #[arg(long, value_name = "WHY", value_parser = some_words)]
    pub(crate) accept_loss: Option<String>,
}
