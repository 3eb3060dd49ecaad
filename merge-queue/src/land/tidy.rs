//! What an earlier call has left, taken away.

use cli::Failure;
use records::{Landed, TaskId};

use super::live;
use crate::commands::merge_ready::World;
use crate::desk::Desk;
use crate::git::pins::{self, Pin, PinOf};
use crate::rules::state;

/// What was found.
pub(super) struct Tidied {
    /// Tasks that have landed and were still pinned: a call that was killed may not have come to their lanes.
    pub(super) landed: Vec<(TaskId, Landed)>,
    /// What git says about pins that it cannot let go.
    pub(super) said: Option<String>,
}

/// Lets the pins go of tasks that have landed as they were handed over, and of batches whose call was
/// killed.
pub(super) fn tidy(desk: &Desk, world: &World) -> Result<Tidied, Failure> {
    let at_work = live::sweep(&desk.place);
    let mut over: Vec<Pin> = Vec::new();
    let mut landed_tasks = Vec::new();
    for pin in pins::all(&desk.git)? {
        match &pin.of {
            PinOf::Task(task) => {
                let events = world.history.of(task);
                let landed = state::landed(events, &world.surroundings.reached);
                let Some((_, landed)) = landed.filter(|(_, landed)| landed.commit == pin.commit)
                else {
                    continue;
                };
                landed_tasks.push((task.clone(), landed.clone()));
            }
            // A batch is named after its call.
            PinOf::Batch(batch) => {
                let call = batch.rsplit_once('.').map_or(batch.as_str(), |(call, _)| call);
                if at_work.iter().any(|id| id == call) {
                    continue;
                }
            }
        }
        over.push(pin);
    }
    let said = pins::unpin(&desk.git, &over)?;
    Ok(Tidied { landed: landed_tasks, said })
}
