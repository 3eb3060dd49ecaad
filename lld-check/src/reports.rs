//! `implementation-report.md` and `test-report.md` (runbook 0801, "Before PR"): where they are, and
//! whether they say what a reviewer needs.

mod checkout;
mod complete;
mod counts;
mod layout;
mod outline;

pub(crate) use checkout::in_checkout;
pub(crate) use complete::{Report, implementation, test};
pub(crate) use layout::{Found, Kind, Shelf, find};
