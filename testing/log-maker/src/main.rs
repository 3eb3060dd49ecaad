//! Makes an audit log of any size: the same bytes for the same arguments.

mod args;
mod current;
mod damage;
mod files;
mod object;
mod older;
mod prose;
mod run;
mod size;
mod world;

fn main() -> std::process::ExitCode {
    cli::run("log-maker", run::run)
}
