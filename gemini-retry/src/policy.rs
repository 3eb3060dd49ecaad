//! The rules, as pure functions: what a reply means, what follows from it, and when.

pub(crate) mod backoff;
pub(crate) mod choose;
pub(crate) mod classify;
pub(crate) mod cooldown;
pub(crate) mod plan;
pub(crate) mod quota_day;
pub(crate) mod why;
