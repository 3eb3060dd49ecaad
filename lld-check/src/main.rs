//! Says whether an issue has passed a gate, and why (runbook 0801).

mod args;
mod audit;
mod branch;
mod claim;
mod commands;
mod coverage;
mod document;
mod gate;
mod issues;
mod lanes;
mod lint;
mod notes;
mod projects;
mod queue;
mod reports;
mod settings;
mod show;
mod waivers;

fn main() -> std::process::ExitCode {
    cli::run("lld-check", commands::run)
}
