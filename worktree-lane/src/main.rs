//! `worktree-lane`: makes, inspects, preserves and retires lanes (branch + worktree).

mod actor;
mod add;
mod age;
mod args;
mod branch;
mod by_hand;
mod claim;
mod exec;
mod facts;
mod held;
mod here;
mod history;
mod lane_git;
mod list;
mod lock;
mod name;
mod path;
mod plan;
mod ports;
mod preflight;
mod prune;
mod recover;
mod registry;
mod remove;
mod repair;
mod reuse;
mod run;
mod save;
mod scratch;
mod seed;
mod settings;
mod space;
mod status;
mod sync;
mod template;
mod told;
mod trash;

fn main() -> std::process::ExitCode {
    cli::run("worktree-lane", run::run)
}
