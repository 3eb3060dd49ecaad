//! What a run leaves behind: the audit entry, the run's own log, and the answer.

pub(crate) mod audit;
mod prune;
pub(crate) mod report;
pub(crate) mod run_log;
