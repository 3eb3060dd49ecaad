//! `merge-queue`: knows where each task stands, whether it may land, and lands it.

mod args;
mod commands;
mod definition_files;
mod desk;
mod git;
mod history;
mod index;
mod land;
mod rules;
mod show;

fn main() -> std::process::ExitCode {
    cli::run("merge-queue", commands::run)
}
