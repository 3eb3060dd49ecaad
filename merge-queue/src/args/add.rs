//! `add` and `import`.

use std::path::PathBuf;

use clap::Args;
use records::{IssueNumber, TaskId};

use super::some_words;

/// `add`.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// The id of the new task
    #[arg(value_name = "ID")]
    pub(crate) id: TaskId,
    /// Its title
    #[arg(long, value_name = "T", value_parser = some_words)]
    pub(crate) title: String,
    /// The issue that it belongs to
    #[arg(long, value_name = "N")]
    pub(crate) issue: Option<IssueNumber>,
    /// The role that implements it [default: any]
    #[arg(long, value_name = "R")]
    pub(crate) role: Option<String>,
    /// 1 is the highest
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) priority: u32,
    /// Its place among tasks of the same priority
    #[arg(long, value_name = "N")]
    pub(crate) sequence: Option<u32>,
    /// A task that must be done first; may be given several times
    #[arg(long = "depends-on", value_name = "ID")]
    pub(crate) depends_on: Vec<TaskId>,
    /// A command that must pass on what lands; may be given several times
    #[arg(long = "check", value_name = "T", value_parser = some_words)]
    pub(crate) checks: Vec<String>,
    /// A glob of paths that it is about; may be given several times
    #[arg(long = "path", value_name = "GLOB")]
    pub(crate) paths: Vec<String>,
    /// Anything else that a reader should know
    #[arg(long, value_name = "T", value_parser = some_words)]
    pub(crate) notes: Option<String>,
}

/// `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Tasks as JSON Lines, with the fields of the definitions; - is stdin
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}
