//! What the lane journal says: which lanes exist, and which change was cut short.

use std::collections::BTreeMap;

use cli::{Failure, Out, clock};
use journal::{Damage, Sort};
use records::{Extra, LaneClaim, LaneEvent, LaneEventKind, Stamp};

use crate::here::Here;

/// The journal, folded to one state a lane.
#[derive(Debug, Default)]
pub(crate) struct History {
    lanes: BTreeMap<String, Known>,
    damaged: Vec<Damage>,
}

/// A lane of the journal.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// Its latest event.
    pub(crate) last: LaneEvent,
    /// The claim that was recorded last and not given up.
    claim: Option<LaneClaim>,
}

/// A change that has begun, and of which no end is recorded: it is under way or was cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfinished {
    Add,
    Remove,
    Restore,
    Reuse,
}

impl History {
    /// Reads the journal for a command that changes something: a damaged line could hide a lane,
    /// so it ends the command. A line that was cut off hides nothing: the run that was killed
    /// while it wrote it had not gone on yet.
    pub(crate) fn load(here: &Here) -> Result<Self, Failure> {
        let history = Self::read(here)?;
        match history.damaged.iter().find(|damage| damage.sort != Sort::CutOff) {
            Some(damage) => Err(Failure::from(damage.clone()).hint(
                "keep a copy of the file, and put the line right, or take it out if it is no event",
            )),
            None => Ok(history),
        }
    }

    /// Reads the journal for a command that only shows something: damage is told, and the rest is
    /// used.
    pub(crate) fn load_to_show(here: &Here, out: &Out) -> Result<Self, Failure> {
        let history = Self::read(here)?;
        for damage in &history.damaged {
            out.note(&damage.to_string());
        }
        Ok(history)
    }

    fn read(here: &Here) -> Result<Self, Failure> {
        let loaded = journal::load::<LaneEvent>(here.journal())?;
        let mut history = Self { damaged: loaded.damaged, lanes: BTreeMap::new() };
        for (_, event) in loaded.records {
            history.add(event);
        }
        Ok(history)
    }

    fn add(&mut self, event: LaneEvent) {
        use LaneEventKind as Kind;
        match event.kind {
            Kind::Claimed | Kind::Renewed => {
                if let Some(known) = self.lanes.get_mut(&event.lane) {
                    known.claim = event.claim;
                }
            }
            Kind::Released => {
                if let Some(known) = self.lanes.get_mut(&event.lane) {
                    known.claim = None;
                }
            }
            Kind::Repaired => {
                // It may have been found at another place.
                if let Some(known) = self.lanes.get_mut(&event.lane) {
                    known.last.path = event.path;
                }
            }
            Kind::Synced => {
                if let Some(known) = self.lanes.get_mut(&event.lane) {
                    known.last.base_commit = event.base_commit;
                }
            }
            kind if kind.decides_existence() => {
                let before = self.lanes.remove(&event.lane).and_then(|known| known.claim);
                // A lane that is made or was taken away is nobody's.
                let anew =
                    matches!(kind, Kind::Adding | Kind::Added | Kind::Removed | Kind::Reused);
                let claim = before.filter(|_| !anew);
                self.lanes.insert(event.lane.clone(), Known { last: event, claim });
            }
            _ => {}
        }
    }

    /// Every lane that should exist, and those in the middle of a change.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Known> {
        self.lanes.values().filter(|known| known.is_live())
    }

    /// The lane with this id, whatever its state.
    pub(crate) fn lane(&self, id: &str) -> Option<&Known> {
        self.lanes.get(id)
    }

    /// The changes without an end.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = (&Known, Unfinished)> {
        self.lanes.values().filter_map(|known| Some((known, known.unfinished()?)))
    }
}

impl Known {
    /// Whether the lane should have a worktree.
    fn is_live(&self) -> bool {
        use LaneEventKind as Kind;
        !matches!(
            self.last.kind,
            Kind::AddFailed | Kind::Removed | Kind::RestoreFailed | Kind::Reused
        )
    }

    /// Whose the lane is, as the journal has it. The claim may have ended since: see
    /// [`crate::claim::standing`].
    pub(crate) const fn claim(&self) -> Option<&LaneClaim> {
        self.claim.as_ref()
    }

    /// The change that is under way or was cut short.
    pub(crate) fn unfinished(&self) -> Option<Unfinished> {
        match self.last.kind {
            LaneEventKind::Adding => Some(Unfinished::Add),
            LaneEventKind::Removing => Some(Unfinished::Remove),
            LaneEventKind::Restoring => Some(Unfinished::Restore),
            LaneEventKind::Reusing => Some(Unfinished::Reuse),
            _ => None,
        }
    }
}

/// Appends an event that differs from `like` in its kind.
pub(crate) fn record(
    here: &Here,
    actor: &str,
    kind: LaneEventKind,
    like: &LaneEvent,
) -> Result<(), Failure> {
    append(here, &event(actor, kind, like))
}

/// An event that differs from `like` in its kind.
pub(crate) fn event(actor: &str, kind: LaneEventKind, like: &LaneEvent) -> LaneEvent {
    LaneEvent {
        at: clock::now(),
        actor: actor.into(),
        kind,
        claim: None,
        saved: None,
        note: None,
        extra: Extra::new(),
        ..like.clone()
    }
}

/// The commit whose files a new lane was to get: that of the branch that it took over, else the
/// base's.
pub(crate) fn start_of(event: &LaneEvent) -> &str {
    event.head.as_deref().or(event.base_commit.as_deref()).unwrap_or_default()
}

/// Appends an event as it is.
pub(crate) fn append(here: &Here, event: &LaneEvent) -> Result<(), Failure> {
    here.state_dir()?;
    journal::append(here.journal(), event)?;
    Ok(())
}

/// The reason with which a worktree is locked while its lane is being made. It names one run, so
/// that what a killed run left is told apart from everything else.
pub(crate) fn lock_reason(lane: &str, at: Stamp) -> String {
    format!("worktree-lane: adding {lane} since {at}")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn event(lane: &str, kind: LaneEventKind) -> LaneEvent {
        LaneEvent {
            at: "2026-01-24T18:30:45Z".parse().unwrap(),
            actor: "lead".into(),
            kind,
            lane: lane.into(),
            slug: None,
            role: None,
            branch: lane.into(),
            path: format!("/w/{lane}"),
            base: None,
            base_commit: None,
            head: None,
            adopted: Vec::new(),
            becomes: None,
            trash: None,
            claim: None,
            saved: None,
            note: None,
            extra: Extra::new(),
        }
    }

    #[test]
    fn the_last_event_of_a_lane_counts() {
        use LaneEventKind as Kind;
        let cases: [(&[Kind], bool, Option<Unfinished>); 8] = [
            (&[Kind::Adding], true, Some(Unfinished::Add)),
            (&[Kind::Adding, Kind::Added], true, None),
            (&[Kind::Adding, Kind::AddFailed], false, None),
            (&[Kind::Added, Kind::Removing], true, Some(Unfinished::Remove)),
            (&[Kind::Added, Kind::Removing, Kind::Removed], false, None),
            (&[Kind::Removing, Kind::RemoveFailed], true, None),
            (&[Kind::Removed, Kind::Restoring], true, Some(Unfinished::Restore)),
            (&[Kind::Added, Kind::Other], true, None),
        ];
        for (kinds, live, unfinished) in cases {
            let mut history = History::default();
            for kind in kinds {
                history.add(event("98", *kind));
            }
            assert_eq!(history.live().count() == 1, live, "{kinds:?}");
            assert_eq!(history.unfinished().next().map(|(_, u)| u), unfinished, "{kinds:?}");
        }
    }

    #[test]
    fn a_claim_holds_until_it_is_given_up_or_the_lane_goes() {
        use LaneEventKind as Kind;
        let claim = |owner: &str| LaneClaim {
            owner: owner.into(),
            since: "2026-01-24T18:30:45Z".parse().unwrap(),
            until: "2026-01-24T20:30:45Z".parse().unwrap(),
            process: None,
        };
        let claimed =
            |owner: &str, kind| LaneEvent { claim: Some(claim(owner)), ..event("98", kind) };
        let plain = |kind| event("98", kind);
        let cases = [
            (vec![claimed("a", Kind::Claimed)], Some("a")),
            (vec![claimed("a", Kind::Claimed), claimed("b", Kind::Claimed)], Some("b")),
            (vec![claimed("a", Kind::Claimed), claimed("a", Kind::Renewed)], Some("a")),
            (vec![claimed("a", Kind::Claimed), claimed("a", Kind::Released)], None),
            (vec![claimed("a", Kind::Claimed), plain(Kind::Saved), plain(Kind::Other)], Some("a")),
            (vec![claimed("a", Kind::Claimed), plain(Kind::Removing)], Some("a")),
            (
                vec![claimed("a", Kind::Claimed), plain(Kind::Removing), plain(Kind::RemoveFailed)],
                Some("a"),
            ),
            (vec![claimed("a", Kind::Claimed), plain(Kind::Removed), plain(Kind::Restored)], None),
            (vec![claimed("a", Kind::Claimed), plain(Kind::Adding), plain(Kind::Added)], None),
        ];
        for (events, owner) in cases {
            let mut history = History::default();
            history.add(event("98", Kind::Added));
            let kinds: Vec<Kind> = events.iter().map(|event| event.kind).collect();
            for event in events {
                history.add(event);
            }
            let found = history.lane("98").and_then(Known::claim).map(|claim| &*claim.owner);
            assert_eq!(found, owner, "{kinds:?}");
        }
    }
}
