//! The command line of `land`.

use std::time::Duration;

use clap::Args as ClapArgs;

use super::some_words;
use crate::rules::definitions::Strategy;

/// `land`.
#[expect(clippy::struct_excessive_bools, reason = "one for each option")]
#[derive(Debug, ClapArgs)]
pub(crate) struct LandArgs {
    /// Ids of tasks, or the numbers of their issues
    #[arg(value_name = "TASK", required_unless_present = "ready")]
    pub(crate) tasks: Vec<String>,
    /// Land every task that may land
    #[arg(long, conflicts_with = "tasks")]
    pub(crate) ready: bool,
    /// Land those that touch different files together: one verification and one push for all of them
    #[arg(long)]
    pub(crate) batch: bool,
    /// Land only what this command passes on, a simple command or a script [default: queue.policy.verify]
    ///
    /// It runs on the merge itself, in a worktree of the queue's own that is kept. Ended by any status from
    /// 125 on, it blames nobody.
    #[arg(long, value_name = "CMD", value_parser = some_words)]
    pub(crate) verify: Option<String>,
    /// Stop the command after this time, which counts as failed
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = cli::parse_duration)]
    pub(crate) limit: Duration,
    /// With --batch, at most this many at once [default: 8 with a command, all without]
    #[arg(long, value_name = "N", requires = "batch", value_parser = at_least_one)]
    pub(crate) max: Option<usize>,
    /// How to bring the branches in [default: queue.strategy, else no-ff]
    #[arg(long, value_enum, value_name = "S")]
    pub(crate) strategy: Option<Strategy>,
    /// Move the local base branch and push nothing; it must contain the remote's
    #[arg(long)]
    pub(crate) no_push: bool,
    /// Land only if the branch still stands at this commit, `head` in the answer of merge-ready
    #[arg(long, value_name = "C", conflicts_with = "ready")]
    pub(crate) expect_head: Option<String>,
    /// Land only if the base still stands at this commit, `base_commit` in the answer of merge-ready
    #[arg(long, value_name = "C", conflicts_with = "ready")]
    pub(crate) expect_base: Option<String>,
    /// Land only if this is still the digest of the diff, `diff_digest` in the answer of merge-ready
    #[arg(long, value_name = "D", conflicts_with = "ready")]
    pub(crate) expect_digest: Option<String>,
    /// Keep the lanes of what lands
    #[arg(long)]
    pub(crate) keep_lane: bool,
    /// Say what would land, in which order and batches, and write nothing at all
    #[arg(long)]
    pub(crate) dry_run: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it is 0".into()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}
