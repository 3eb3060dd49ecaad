//! Drives the built tool on real logs.
#![expect(clippy::unwrap_used, reason = "a failure here must stop the test")]

mod against_jq;
mod check;
mod damage;
mod filters;
mod follow;
mod index;
mod jq;
mod order;
mod places;
mod project;
mod show;
mod stats;
mod tables;
