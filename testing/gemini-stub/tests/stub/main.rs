//! The stub over real sockets: what a client sees, and what the stub writes down about it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod client;
mod delivery;
mod fixtures;
mod keys;
mod parser;
mod program;
mod protocol;
mod script;
mod sequence;
