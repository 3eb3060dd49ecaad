//! What every tool shares, through a real process: the example `face`.
#![expect(clippy::unwrap_used, reason = "a failure must stop the test")]

mod progress;
mod streams;

use std::path::{Path, PathBuf};

/// The example, which cargo builds beside the tests.
fn face() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(Path::parent).unwrap().join("examples/face")
}
