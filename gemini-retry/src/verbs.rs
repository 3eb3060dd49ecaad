//! The commands beside asking. Each prints nouns of its own and leaves the decisions to the rules that
//! a call follows.

pub(crate) mod check;
pub(crate) mod explain;
pub(crate) mod keys;
pub(crate) mod reset;
pub(crate) mod status;
