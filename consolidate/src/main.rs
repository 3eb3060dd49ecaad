//! Folds session shards into the one history, losing and doubling nothing.
//!
//! `docs/decisions/0009-consolidation-protocol.md` has the protocol and the argument behind it.

mod args;
#[cfg(test)]
mod between_tests;
mod check;
mod commit;
#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod crashing_disk;
mod disk;
mod error;
mod held_lines;
mod hide;
mod hook;
mod hook_text;
mod listing;
mod long_line;
#[cfg(test)]
mod model;
mod plan;
mod quarantine;
mod quiet;
mod recover;
mod retire;
mod row;
mod run;
mod shard_lines;
mod shards;
mod show;
mod take;

fn main() -> std::process::ExitCode {
    cli::run("consolidate", run::run)
}
