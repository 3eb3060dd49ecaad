//! Landing several tasks with one verification: which may go together, and what a red run means.

pub(crate) mod disjoint;
pub(crate) mod pick;
#[cfg(test)]
mod properties;
pub(crate) mod session;
pub(crate) mod trial;
