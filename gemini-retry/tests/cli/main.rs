//! The built tool over real HTTP, on real files and in real repositories.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod answers;
mod batch;
mod bounds;
mod cancel;
mod check;
mod command;
mod command_ends;
mod credentials;
mod damage;
mod explain;
mod input;
mod keys;
mod leases;
mod path;
mod probes;
mod refusals;
mod schema;
mod shapes;
mod shared;
mod status;
mod terminal;
mod tls;
mod warnings;
mod world;
