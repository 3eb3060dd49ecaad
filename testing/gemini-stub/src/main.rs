//! `gemini-stub`: see [`gemini_stub::cli`].

use std::process::ExitCode;

use clap::Parser as _;
use gemini_stub::cli::{Args, run};

fn main() -> ExitCode {
    run(&Args::parse())
}
