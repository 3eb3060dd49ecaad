//! Shows the audit log: history and shards as one, in order of time.

mod args;
mod check;
mod damage;
mod entry_json;
mod filter;
mod finding;
mod first_line;
mod follow;
mod followed;
mod head;
mod history;
mod index;
mod inserted;
mod interleave;
mod keep;
mod known;
mod moment;
mod projects;
mod run;
mod run_of_instant;
mod scan;
mod show;
mod show_one;
mod snapshot;
mod sources;
mod stats;
mod stats_keys;
mod stats_page;
mod stream;
mod tails;
mod texts;
mod view;
mod watch;
mod whole;

fn main() -> std::process::ExitCode {
    cli::run("view-audit", run::run)
}
