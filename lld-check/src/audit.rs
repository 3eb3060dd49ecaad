//! What the audit log says about reviews of LLDs (runbook 0801, "Session-Sharded Audit Log").

mod damage;
mod filter;
mod logs;
mod moment;
mod review;
mod scan;

pub(crate) use damage::{DamagedLine, named};
pub(crate) use filter::Wanted;
pub(crate) use review::{IMPLEMENTATION, NODE, Review};
pub(crate) use scan::{IssueReviews, Scan};
