//! The arguments of `reuse`.

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
pub(crate) struct Reuse {
    /// The lane that is finished: its id, its branch, or its role
    pub(crate) lane: String,

    /// The issue number or task id that it is for from now on
    #[arg(value_name = "NEWID")]
    pub(crate) id: String,

    /// A few words joined by `-` that end the new branch's name, as the layout `issue` needs them
    pub(crate) slug: Option<String>,

    /// The ref to start from, such as origin/main or a commit; chosen as `add` does unless given
    #[arg(long, value_name = "REF")]
    pub(crate) base: Option<String>,

    /// The layout of the new branch; chosen as `add` does unless given
    #[arg(long, value_name = "NAME")]
    pub(crate) layout: Option<String>,

    /// Start from the base as it was last fetched
    #[arg(long)]
    pub(crate) no_fetch: bool,
}
