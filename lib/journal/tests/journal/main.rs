//! The durable JSON Lines library on real files and with real processes.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod appending;
mod crash;
mod limits;
mod locking;
mod properties;
mod reading;
mod replacing;
mod reversing;
mod setting_aside;
mod writer;
