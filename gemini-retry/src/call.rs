//! Asking: the body, the connection, signals, the clock, and the loop around them.

pub(crate) mod attempts;
pub(crate) mod body;
mod cancel;
pub(crate) mod children;
pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod command;
mod events;
pub(crate) mod interrupt;
pub(crate) mod transport;
