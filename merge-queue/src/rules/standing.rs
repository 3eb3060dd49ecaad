//! Who works on a task and what was said about it: a fold over its events, oldest first.

use std::collections::BTreeSet;

use records::{QueueEvent, Review, ReviewStatus, Stamp, StatusChange, TaskClaim, TaskState};
use serde::{Deserialize, Serialize};

/// The newest event as two numbers: every task has one, and a time in words takes long to read.
mod brief {
    use records::Stamp;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
    pub(super) fn serialize<S: Serializer>(
        last: &Option<(u64, Stamp)>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        last.map(|(event, at)| (event, at.millisecond())).serialize(out)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        input: D,
    ) -> Result<Option<(u64, Stamp)>, D::Error> {
        let Some((event, at)) = Option::<(u64, i64)>::deserialize(input)? else { return Ok(None) };
        let at = Stamp::of_millisecond(at).ok_or_else(|| D::Error::custom("no time"))?;
        Ok(Some((event, at)))
    }
}

/// What the events of one task amount to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Standing {
    /// The newest claim that was not given up. Its lease may be over.
    pub(crate) claim: Option<Held>,
    /// What was said last, if it still holds: `blocked` or `in_progress`.
    pub(crate) said: Option<Said>,
    /// Whether work was recorded since the task was last put back to `todo`.
    pub(crate) worked: bool,
    /// The commit that was handed over last.
    pub(crate) handed_over: Option<String>,
    /// Whether it waits for review: handed over, and since then nobody has asked for changes and it was not sent
    /// back.
    pub(crate) in_review: bool,
    /// The roles that have asked for changes since it was handed over and have not approved since.
    pub(crate) asked_by: BTreeSet<String>,
    /// The event that sent back what was handed over last; only a newer handoff brings the task in again.
    pub(crate) returned: Option<u64>,
    /// The newest event's number and time.
    #[serde(with = "brief")]
    pub(crate) last: Option<(u64, Stamp)>,
}

/// A claim and the event that gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) claim: TaskClaim,
    pub(crate) event: u64,
}

/// A status and the event that set it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Said {
    pub(crate) change: StatusChange,
    pub(crate) event: u64,
    pub(crate) at: Stamp,
}

impl Standing {
    /// What these events, which are of one task and oldest first, amount to.
    pub(crate) fn of<'a>(events: impl Iterator<Item = &'a QueueEvent>) -> Self {
        let mut standing = Self::default();
        events.for_each(|event| standing.apply(event));
        standing
    }

    /// Takes the next event in.
    pub(crate) fn apply(&mut self, event: &QueueEvent) {
        self.last = Some((event.seq, event.at));
        if let Some(claim) = &event.claim {
            self.claim = Some(Held { claim: claim.clone(), event: event.seq });
            self.said.take_if(|said| said.change.to != TaskState::Blocked);
        }
        if event.release.is_some() {
            self.claim = None;
            self.said.take_if(|said| said.change.to != TaskState::Blocked);
        }
        if let Some(change) = &event.status {
            self.say(change, event);
        }
        let handed_in = event.evidence.is_some() || event.handoff.is_some();
        if handed_in || event.review.is_some() || event.landed.is_some() {
            self.worked = true;
        }
        if let Some(handoff) = &event.handoff {
            self.handed_over = Some(handoff.commit.clone());
            self.in_review = true;
            self.asked_by.clear();
            self.returned = None;
        }
        if let Some(review) = &event.review {
            self.reviewed(review);
        }
        if event.returned.is_some() {
            self.worked = true;
            self.in_review = false;
            self.asked_by.clear();
            self.returned = Some(event.seq);
        }
        // The work is over; `landing` alone may come to nothing.
        if event.kind == "landed" {
            self.claim = None;
        }
    }

    fn reviewed(&mut self, review: &Review) {
        match review.status {
            ReviewStatus::ChangesRequested => {
                // Nobody waits for the answer of a task that is with its implementer already.
                if self.in_review || !self.asked_by.is_empty() {
                    self.asked_by.insert(review.role.clone());
                }
                self.in_review = false;
            }
            ReviewStatus::Approved => {
                let same = self.handed_over.as_ref() == Some(&review.commit);
                if same && self.asked_by.remove(&review.role) {
                    self.in_review = self.asked_by.is_empty();
                }
            }
        }
    }

    fn say(&mut self, change: &StatusChange, event: &QueueEvent) {
        let holds = matches!(change.to, TaskState::Blocked | TaskState::InProgress);
        self.said = holds.then(|| Said { change: change.clone(), event: event.seq, at: event.at });
        if !holds {
            self.claim = None;
        }
        if change.to == TaskState::Todo {
            self.worked = false;
            self.in_review = false;
            self.asked_by.clear();
            self.returned = None;
        }
    }

    /// The claim whose lease runs at `now`.
    pub(crate) fn live(&self, now: Stamp) -> Option<&Held> {
        self.claim.as_ref().filter(|held| held.claim.until > now)
    }

    /// The claim whose lease was over at `now`.
    pub(crate) fn lapsed(&self, now: Stamp) -> Option<&Held> {
        self.claim.as_ref().filter(|held| held.claim.until <= now)
    }

    /// What keeps the task from going on, if somebody said so.
    pub(crate) fn blocked(&self) -> Option<&Said> {
        self.said.as_ref().filter(|said| said.change.to == TaskState::Blocked)
    }

    /// Where the task stands at `now`. `done` says whether the base has the work.
    pub(crate) fn state(&self, done: bool, now: Stamp) -> TaskState {
        if done {
            TaskState::Done
        } else if self.blocked().is_some() {
            TaskState::Blocked
        } else if self.live(now).is_some() || self.said.is_some() || self.worked {
            TaskState::InProgress
        } else {
            TaskState::Todo
        }
    }
}
