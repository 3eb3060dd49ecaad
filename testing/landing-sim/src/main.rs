//! Lands made-up branches with the queue's own rules and a verification that only pretends.

mod batch;
mod others;
mod run;
mod world;

fn main() -> std::process::ExitCode {
    cli::run("landing-sim", run::run)
}
