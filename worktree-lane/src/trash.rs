//! The trash: lanes that were moved away, whole, and can be moved back.

pub(crate) mod empty;
pub(crate) mod entry;
pub(crate) mod erasing;
pub(crate) mod keep;
pub(crate) mod list;
pub(crate) mod moving;
pub(crate) mod restore;
