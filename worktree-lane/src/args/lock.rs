//! `lock` and `unlock`.

use clap::Args;

/// What `lock` is asked for.
#[derive(Debug, Args)]
pub(crate) struct Lock {
    /// The lane: its id, its branch, or its role
    pub(crate) lane: String,

    /// Why it is locked, for whoever meets the lock
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub(crate) reason: Option<String>,
}

/// What `unlock` is asked for.
#[derive(Debug, Args)]
pub(crate) struct Unlock {
    /// The lane: its id, its branch, or its role
    pub(crate) lane: String,
}

/// The reason of a lock.
fn reason(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        Err("leave it out rather than empty".into())
    } else if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        Err("the reason has a control character".into())
    } else if text.trim_start().starts_with("worktree-lane:") {
        Err("locks of this tool's own begin with 'worktree-lane:'".into())
    } else {
        Ok(text.trim().to_owned())
    }
}
