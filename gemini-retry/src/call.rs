//! Asking: the request, the connection, signals, and the loop around them.

pub(crate) mod attempts;
mod events;
pub(crate) mod interrupt;
pub(crate) mod request;
pub(crate) mod transport;
