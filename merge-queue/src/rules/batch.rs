//! Landing several tasks with one verification: which may go together, and what a red run means.

#![expect(dead_code, reason = "land calls it from the next step on")]

pub(crate) mod disjoint;
pub(crate) mod pick;
#[cfg(test)]
mod properties;
pub(crate) mod session;
pub(crate) mod trial;
