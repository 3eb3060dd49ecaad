//! `exec`.

use std::ffi::OsString;

use clap::Args;

use super::claim::owner;

/// What `exec` is asked for.
#[derive(Debug, Args)]
pub(crate) struct Exec {
    /// The lane: its id, its branch, or its role
    pub(crate) lane: String,

    /// Who runs the command; needed in a lane that is claimed, and then its claim has to stand
    #[arg(long, value_name = "OWNER", env = "LANE_OWNER", value_parser = owner)]
    pub(crate) owner: Option<String>,

    /// The command and its arguments, as they are: no shell reads them
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}
