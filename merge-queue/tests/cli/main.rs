//! Drives the built `merge-queue` on real repositories with real remotes.
#![expect(clippy::unwrap_used, reason = "tests: a failure here must stop the test")]

mod happy_path;
mod project;
