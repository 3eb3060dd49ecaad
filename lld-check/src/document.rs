//! One LLD as it stands in the checkout: where it is, its text, and which part of it is the design.

pub(crate) mod design;
pub(crate) mod find;
pub(crate) mod insert;
#[cfg(test)]
mod insert_shapes;
pub(crate) mod name;
pub(crate) mod outline;
pub(crate) mod placeholders;
pub(crate) mod read;
pub(crate) mod review_log;
pub(crate) mod row;
pub(crate) mod slug;
pub(crate) mod template;
