//! The built tool over real HTTP, on real files and in real repositories.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod path;
mod world;
