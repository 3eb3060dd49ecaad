//! Facts about real repositories, and real programs that are really stopped.

mod place;
mod program;
