//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use cli::{Arguments, Format, OutputArgs};

/// Fold session shards of the audit log into its history
///
/// Moves every entry of `logs/active/*.jsonl` into `logs/governance_history.jsonl`, in order of time,
/// each exactly once, its bytes unchanged. What an older `logs/review_history.jsonl` holds is not put into
/// it again. Without `--root` the log is that of the main worktree, so
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
  consolidate --check --older-than 1h      end with 1 if an entry waits for longer than that
  consolidate --root ../talos --root ../clio
                                           fold the logs of two projects
  consolidate --install-hook               fold after every commit, in the background
  consolidate --older-than 1h              leave alone the shards that were written to in the last hour

Exit codes:
  0   done, also when there was nothing to do
  1   with --check: there is something to do or wrong; the hook cannot be installed or taken out
  2   wrong usage
  65  the history was changed by somebody else during an interrupted run; nothing was changed
  74  a file could not be read or written
  75  another consolidate is at work on the same log"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Args {
    /// Fold the log of this project folder or `logs` folder instead; may be given several times
    #[arg(long, value_name = "DIR")]
    pub root: Vec<PathBuf>,

    /// Say what would be done and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Say whether there is anything to do or wrong, and change nothing
    ///
    /// Looks at the log as `--dry-run` does. Ends with 1 when a run would fold or quarantine something or
    /// finish an interrupted run, when two entries share an id, when a shard is there that no run can
    /// take, or when the hook failed, each of which is a reason in what it prints. Shards that are in use
    /// or younger than `--older-than` are no reason.
    #[arg(long, conflicts_with = "dry_run")]
    pub check: bool,

    /// Leave shards alone that were written to within this time, such as 15m
    #[arg(long, value_name = "DURATION", value_parser = cli::parse_duration, default_value = "0s")]
    pub older_than: Duration,

    /// Fold after every commit: add a post-commit hook to this repository
    ///
    /// The hook works for every worktree of the repository. It folds in the background, so no commit waits
    /// for it or fails because of it. It goes where git looks for hooks, `core.hooksPath` included: as
    /// marked lines at the beginning of a shell script that is there, or as a script that starts a hook
    /// of another kind, which is renamed and otherwise left as it is. Doing it again changes nothing.
    ///
    /// A run of the hook that fails leaves `hook-failed` in `<git common dir>/switchyard/consolidate`,
    /// which `--check` reports; the next one that succeeds removes it.
    #[arg(long, conflicts_with_all = ["root", "dry_run", "check", "older_than", "uninstall_hook"])]
    pub install_hook: bool,

    /// Take the hook out again, and leave any other as it was
    #[arg(long, conflicts_with_all = ["root", "dry_run", "check", "older_than"])]
    pub uninstall_hook: bool,

    #[command(flatten)]
    pub output: OutputArgs,
}

impl Arguments for Args {
    fn format(&self) -> Format {
        self.output.format
    }
}
