//! The arguments of `save`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct Save {
    /// The lane: its id, its branch, or its role
    pub(crate) lane: String,

    /// What to make besides the commit under refs/lanes/saved/
    #[arg(long = "as", value_name = "FORM", value_enum, default_value_t)]
    pub(crate) form: Form,

    /// Also save the ignored files, whatever their size
    #[arg(long)]
    pub(crate) ignored: bool,

    /// Where the patch or bundle goes; a file that exists is never replaced
    ///
    /// Without it: `<git common dir>/switchyard/saved/`, which the answer names.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Save nothing; list what was saved of the lane before, oldest first
    #[arg(long, conflicts_with_all = ["form", "ignored", "output"])]
    pub(crate) list: bool,
}

/// What `save` makes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Nothing more: the commit alone
    #[default]
    Commit,
    /// A patch of all files against the lane's commit, for `git apply`
    Patch,
    /// A bundle of the save and of the lane's commits that no remote has, for `git fetch`
    Bundle,
}
