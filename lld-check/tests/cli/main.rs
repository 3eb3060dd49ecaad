//! Drives the built `lld-check` on real repositories.
#![expect(clippy::unwrap_used, reason = "tests")]

mod archive;
mod corpus;
mod coverage;
mod excused;
mod finding;
mod gate;
mod hostile;
mod lane;
mod lint;
mod log;
mod merge;
mod new;
mod pr;
mod projects;
mod prompt;
mod record;
mod status;
mod trust;
mod world;
