//! What git says: the base, lanes, commits and trees, merges. Nothing here decides.

pub(crate) mod activity;
pub(crate) mod attributes;
pub(crate) mod base;
pub(crate) mod gather;
pub(crate) mod lane;
pub(crate) mod merge;
pub(crate) mod merges;
pub(crate) mod objects;
pub(crate) mod pins;
pub(crate) mod preflight;
pub(crate) mod rules_of_base;
pub(crate) mod scratch;
pub(crate) mod stack;
pub(crate) mod work;
pub(crate) mod worktree_state;
