//! Drives the built tool on real logs, with real writers beside it.
#![expect(clippy::unwrap_used, reason = "a failure here must stop the test")]

mod checking;
mod concurrent;
mod failing;
mod folding;
mod hooked;
mod killed;
mod large;
mod mounts;
mod odd_files;
mod odd_lines;
mod places;
mod project;
mod properties;
