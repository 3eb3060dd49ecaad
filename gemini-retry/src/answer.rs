//! From the bytes of a reply to a verdict, or to the facts that say why there is none.

pub(crate) mod ended;
pub(crate) mod extract;
pub(crate) mod facts;
pub(crate) mod judge;
pub(crate) mod model;
pub(crate) mod schema;
pub(crate) mod strict_json;
pub(crate) mod verdict;
