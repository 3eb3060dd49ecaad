//! `land`: brings tasks into the base branch.
//!
//! The one step that counts is the move of the base, and it is a compare-and-swap: a push with a lease
//! on the commit that was judged, or without a remote the move of the local branch. Everything
//! before it can be thrown away, everything after it can be done again; see [`recover`]. No lock is
//! held: of two landings at once the base takes one, and the other starts over.

mod against;
mod answer;
mod batching;
mod candidate;
mod chain;
mod follow;
mod half_done;
pub(crate) mod live;
mod message;
mod move_base;
mod record;
pub(crate) mod recover;
mod rehearsal;
mod retire;
pub(crate) mod revert;
mod rounds;
mod sight;
mod tidy;
mod trying;
mod verify;

use cli::{Exit, Failure, Out};

use crate::args::LandArgs;
use crate::desk::Desk;
use rehearsal::Folder;
use rounds::Rounds;

pub(crate) fn run(desk: &Desk, args: &LandArgs, out: &mut Out) -> Result<Exit, Failure> {
    let id = rounds::run_id();
    if !args.dry_run {
        return Rounds::begin(desk, args, id, out)?.all();
    }
    let folder = Folder::make(&id)?;
    let desk = desk.writing_objects_to(folder.path())?;
    Rounds::begin(&desk, args, id, out)?.all()
}
