//! An index of a history, kept in a file of its own, so that a question need not read all of it.
//!
//! It says of every line how long it is, when it was written, and what filters on fields and counts ask
//! for. It only ever says which lines need not be read: those that may be wanted are read from the
//! history, and judged by their bytes. `docs/decisions/0019-sidecar-index.md` says why an index that
//! is out of date is never believed, and why answers are the same with and without one.
//!
//! * [`row`], [`words`], [`block`]: what it holds. [`facts`]: where that comes from.
//! * [`file`]: how it is kept. [`build`]: how it is made. [`trust`]: when it is believed.
//!   [`verify`]: whether it is right.
//! * [`wanted`], [`lines`]: which lines a filter has to read. [`told`]: what need not be read at all.
//!   [`policy`]: when it is used at all.

mod block;
mod build;
mod facts;
mod file;
mod lines;
mod policy;
mod row;
#[cfg(test)]
mod tests;
mod told;
mod trust;
mod verify;
mod wanted;
mod words;

pub(crate) use lines::Step;
pub(crate) use policy::{Indexed, Policy, Question, Reads};
pub(crate) use told::{Piece, Tells, Told};
pub(crate) use verify::first_wrong;
