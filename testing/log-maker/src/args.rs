//! The command line.

use std::path::PathBuf;

use clap::Parser;
use cli::Format;

use crate::size::parse_size;

/// Make an audit log of any size
///
/// Writes `DIR/logs/governance_history.jsonl` in order of time and, after it in time, session shards
/// below `DIR/logs/active/`. The same arguments make the same bytes on any machine, and a shorter history
/// is the beginning of a longer one. An entry has 3.8 kB on average: failed calls have some hundred
/// bytes, long critiques 25 kB. About one in 1,300 belongs to one issue, eight in a hundred have a shape
/// of older versions. Nothing that is there already is overwritten.
///
/// Prints one object: the `entries`, `lines` and `bytes` of all files, and the `damaged` lines among them.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
Examples:
  log-maker --bytes 2GB --shards 200 /tmp/log      what bench/view-audit.sh measures
  log-maker --bytes 20MB --damage 0.001 /tmp/odd   one line in a thousand is damaged"
)]
pub(crate) struct Args {
    /// Another seed makes another log
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// The history ends with the entry that reaches this size; 0 for no history
    #[arg(long, value_name = "SIZE", default_value = "20MB", value_parser = parse_size)]
    pub bytes: u64,

    /// How many shards there are, each of a session of its own; sessions overlap in time
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub shards: u32,

    /// Each shard ends with the entry that reaches this size
    #[arg(long, value_name = "SIZE", default_value = "40kB", value_parser = parse_size)]
    pub shard_bytes: u64,

    /// Damage this share of the lines, such as 0.001
    ///
    /// The lines are torn, glued to the remains of another append, behind a page of NUL bytes, no UTF-8,
    /// or between lines that are no entries: scalars and conflict markers. `DIR/damage.jsonl` names
    /// each such line as `{"file","line","kind","entries"}`, with the number of entries that it made
    /// unreadable. The other lines are the same as without damage.
    #[arg(long, value_name = "RATE", default_value = "0", value_parser = parse_rate)]
    pub damage: f64,

    /// Also write `DIR/logs/review_history.jsonl`, the older name of the history, of this size: entries of
    /// older shapes alone, from the year before the history begins
    #[arg(long, value_name = "SIZE", default_value = "0", value_parser = parse_size)]
    pub older: u64,

    /// The folder that the log is made in
    pub dir: PathBuf,
}

impl cli::Arguments for Args {
    fn format(&self) -> Format {
        Format::Auto
    }
}

fn parse_rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate| (0.0..=1.0).contains(rate))
        .ok_or_else(|| format!("'{text}' is not a share between 0 and 1"))
}
