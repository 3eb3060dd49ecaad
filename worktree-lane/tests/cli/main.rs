//! The built binary on real repositories.
#![expect(clippy::unwrap_used, reason = "tests")]

mod add;
mod add_killed;
mod adopt;
mod base;
mod by_hand;
mod claim;
mod claim_killed;
mod damage;
mod exec;
mod full;
mod kept;
mod killed;
mod landed;
mod nothing_lost;
mod odd_places;
mod odd_repositories;
mod parallel;
mod preflight;
mod prune;
mod remove;
mod remove_killed;
mod remove_refused;
mod repair;
mod reuse;
mod save;
mod save_killed;
mod save_property;
mod save_states;
mod seed;
mod sparse;
mod status;
mod support;
mod sync;
mod trash;
mod trash_empty;
