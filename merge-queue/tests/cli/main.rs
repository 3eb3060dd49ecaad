//! Drives the built `merge-queue` on real repositories with real remotes.
#![expect(clippy::unwrap_used, reason = "tests: a failure here must stop the test")]

mod add;
mod approvals;
mod claim;
mod conditions;
mod definition_files;
mod definitions;
mod dispatch;
mod evidence;
mod freeze;
mod handoff;
mod happy_path;
mod implementers;
mod index;
mod init;
mod interrupted;
mod journal_state;
mod land_in_turn;
mod land_killed;
mod land_verified;
mod land_world;
mod landing;
mod lanes;
mod like_git_merge;
mod objects;
mod predecessors;
mod project;
mod promote;
mod queue_mk;
mod races;
mod recover;
mod set_status;
mod squash;
mod terminal;
mod upkeep;
mod worktrees;
