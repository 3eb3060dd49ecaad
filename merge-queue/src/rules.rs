//! The rules: pure functions of values, and the values themselves. Nothing here asks git or the clock.

pub(crate) mod added;
pub(crate) mod batch;
pub(crate) mod claim;
pub(crate) mod definitions;
pub(crate) mod diff;
pub(crate) mod dispatch;
pub(crate) mod facts;
pub(crate) mod fate;
pub(crate) mod globs;
pub(crate) mod implementers;
pub(crate) mod landing_order;
pub(crate) mod mailmap;
pub(crate) mod merged_paths;
pub(crate) mod people;
pub(crate) mod persons;
pub(crate) mod policy;
pub(crate) mod ready;
pub(crate) mod release;
pub(crate) mod route;
pub(crate) mod set_status;
pub(crate) mod stale;
pub(crate) mod stalled;
pub(crate) mod standing;
pub(crate) mod state;
pub(crate) mod survey;
pub(crate) mod validate;
