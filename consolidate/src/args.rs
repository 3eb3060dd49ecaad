//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use cli::{Arguments, Format, OutputArgs};

/// Fold session shards of the audit log into its history
///
/// Moves every entry of `logs/active/*.jsonl` into `logs/governance_history.jsonl`, in order of time,
/// each exactly once, its bytes unchanged. Without `--root` the log is that of the main worktree, so
/// every lane of a repository folds the same log.
///
/// It may be killed at any moment, run while reviews are being written, and run twice at once: nothing
/// is lost and nothing doubled. A line that nobody can read is kept, byte for byte in base64, in
/// `logs/governance_history.quarantine.jsonl`, and never holds up the others. A shard that cannot be
/// taken now is named under `skipped`; the next run looks at it again.
///
/// Shards that were folded in stay under `logs/active/.retired` until a day has passed in which nothing
/// was appended to them and no process has them open.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
Examples:
  consolidate                              fold the log of this repository
  consolidate --dry-run                    say what would be done and change nothing
  consolidate --root ../talos --root ../clio
                                           fold the logs of two projects
  consolidate --older-than 1h              leave alone the shards that were written to in the last hour

Exit codes:
  0   done, also when there was nothing to do
  2   wrong usage
  65  the history was changed by somebody else during an interrupted run; nothing was changed
  74  a file could not be read or written
  75  another consolidate is at work on the same log"
)]
pub(crate) struct Args {
    /// Fold the log of this project folder or `logs` folder instead; may be given several times
    #[arg(long, value_name = "DIR")]
    pub root: Vec<PathBuf>,

    /// Say what would be done and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Leave shards alone that were written to within this time, such as 15m
    #[arg(long, value_name = "DURATION", value_parser = cli::parse_duration, default_value = "0s")]
    pub older_than: Duration,

    #[command(flatten)]
    pub output: OutputArgs,
}

impl Arguments for Args {
    fn format(&self) -> Format {
        self.output.format
    }
}
