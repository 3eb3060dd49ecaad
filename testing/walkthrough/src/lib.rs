//! Plays the path of runbook 0801 in a throwaway directory: three issues, one LLD, a review, a lane,
//! a landing, the archive. `make run` shows it to a person; the test suite plays the same steps and
//! checks every object that is printed against `docs/formats/`.
#![expect(
    clippy::expect_used,
    reason = "set-up of a throwaway directory: a failure must stop the play"
)]

mod outcome;
mod player;
mod shell;
mod step;
mod story;
mod world;

pub use outcome::Outcome;
pub use player::{Summary, play};
pub use shell::{Ends, run};
pub use step::Step;
pub use story::story;
pub use world::World;
