//! `make run`: plays the path and says at the end whether every step behaved.

use std::io::{BufWriter, Write as _, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut out = BufWriter::new(stdout());
    let played = walkthrough::play(walkthrough::Ends::Terminal, &mut out, |_, _| Ok(()));
    match played.and_then(|summary| out.flush().map(|()| summary)) {
        Ok(summary) if summary.all_behaved() => ExitCode::SUCCESS,
        // What went wrong is on the screen already, or the screen is gone.
        Ok(_) | Err(_) => ExitCode::FAILURE,
    }
}
