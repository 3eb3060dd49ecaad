//! `merge-queue`: knows where each task stands, whether it may land, and lands it.

mod args;
mod base;
mod command_words;
mod commands;
mod definitions;
mod desk;
mod diff;
mod facts;
mod gather;
mod globs;
mod history;
mod land;
mod lane;
mod merge;
mod objects;
mod people;
mod ready;
mod review_rules;
mod route;
mod show;
mod state;
mod validate;
mod worktree_state;

fn main() -> std::process::ExitCode {
    cli::run("merge-queue", commands::run)
}
