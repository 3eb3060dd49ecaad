//! Drives the built `lld-check` on real repositories.
#![expect(clippy::unwrap_used, reason = "tests")]

mod archive;
mod coverage;
mod excused;
mod gate;
mod hostile;
mod log;
mod new;
mod prompt;
mod record;
mod world;
