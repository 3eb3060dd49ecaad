//! The port of a lane. Each lane has a slot of its own for as long as it is there; a name cannot be
//! hashed to one, because two names may meet.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use cli::Failure;

use crate::here::Here;
use crate::history::History;
use crate::lock::Lock;
use crate::ports::Ports;
use crate::registry::{self, Entry};

/// The slots by lane.
type Slots = BTreeMap<String, u16>;

/// The port of the lane, which gets the smallest free slot if it has none.
pub(super) fn port(here: &Here, entry: &Entry, ports: Ports) -> Result<u16, Failure> {
    let lane = entry.lane().unwrap_or_default();
    let file = here.state_dir()?.join("lanes.slots.json");
    let slot = match read(&file)?.get(lane) {
        Some(slot) => *slot,
        None => take(here, &file, lane)?,
    };
    ports.of(slot).ok_or_else(|| {
        let why = format!("slot {slot} would be beyond port 65535");
        Failure::usage("lanes.ports", why).hint("set a smaller base or step in switchyard.yaml")
    })
}

/// Gives the lane a slot, and takes back those of lanes that are gone.
fn take(here: &Here, file: &Path, lane: &str) -> Result<u16, Failure> {
    let _repository = Lock::repository(here)?;
    let there = registry::survey(here, &History::load(here)?)?;
    let there: BTreeSet<&str> = there.iter().filter_map(Entry::lane).collect();
    let slots = assign(read(file)?, &there, lane);
    journal::replace(file, |to| {
        serde_json::to_writer(&mut *to, &slots)?;
        writeln!(to)
    })?;
    Ok(slots.get(lane).copied().unwrap_or_default())
}

/// The slots of the lanes that are there, `lane` with the smallest that is free if it had none.
fn assign(mut slots: Slots, there: &BTreeSet<&str>, lane: &str) -> Slots {
    slots.retain(|known, _| known == lane || there.contains(known.as_str()));
    if !slots.contains_key(lane) {
        let taken: BTreeSet<u16> = slots.values().copied().collect();
        let free = (0..=u16::MAX).find(|slot| !taken.contains(slot));
        slots.extend(free.map(|slot| (lane.to_owned(), slot)));
    }
    slots
}

fn read(file: &Path) -> Result<Slots, Failure> {
    let text = match fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Slots::new()),
        Err(error) => return Err(Failure::io("cannot read", file, &error)),
    };
    serde_json::from_slice(&text).map_err(|error| {
        let hint = "move the file away: each lane then gets a port anew";
        Failure::damaged(file.display(), error).hint(hint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_smallest_free_slot() {
        let slots = |all: &[(&str, u16)]| {
            all.iter().map(|(lane, slot)| ((*lane).to_owned(), *slot)).collect::<Slots>()
        };
        let there = BTreeSet::from(["a", "b", "c"]);
        let gone_is_free = slots(&[("a", 0), ("gone", 1), ("c", 2)]);
        assert_eq!(assign(gone_is_free, &there, "b"), slots(&[("a", 0), ("b", 1), ("c", 2)]));
        assert_eq!(assign(Slots::new(), &there, "c"), slots(&[("c", 0)]));
        assert_eq!(assign(slots(&[("a", 7)]), &there, "a"), slots(&[("a", 7)]));
    }

    proptest! {
        /// Whatever lanes come and go: no two have one slot, and none changes while its lane is there.
        #[test]
        fn slots_are_unique_and_stable(steps in prop::collection::vec((0_u8..6, any::<bool>()), 1..60)) {
            let mut slots = Slots::new();
            let mut there = BTreeSet::new();
            let names: Vec<String> = (0..6).map(|n| format!("lane-{n}")).collect();
            for (n, comes) in steps {
                let name = &*names[usize::from(n)];
                if !comes {
                    there.remove(name);
                    continue;
                }
                there.insert(name);
                let before = slots.clone();
                slots = assign(slots, &there, name);
                let distinct: BTreeSet<u16> = slots.values().copied().collect();
                prop_assert_eq!(distinct.len(), slots.len());
                for (lane, slot) in before {
                    if there.contains(&*lane) {
                        prop_assert_eq!(slots.get(&lane), Some(&slot));
                    }
                }
                prop_assert!(usize::from(slots[name]) < 6);
            }
        }
    }
}
