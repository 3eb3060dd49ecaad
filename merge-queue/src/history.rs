//! The queue's journal: what happened, and whether that can be relied upon.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use cli::Failure;
use journal::{Damage, Loaded, Sort, View};
use records::merge_queue::Mistake;
use records::{QueueEvent, TaskDefinition, TaskId};
use repo::Place;

use crate::desk::Desk;
use crate::rules::numbering::{self, Disorder, Numbering};

/// Everything that was recorded.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// The events, oldest first: all, or those of some tasks.
    pub(crate) events: Vec<QueueEvent>,
    /// The number of the last event of all.
    pub(crate) last: u64,
    /// The tasks whose events are all here; `None` when those of every task are. Events about the whole
    /// queue always are, and those of landings that never ended.
    pub(crate) tasks: Option<BTreeSet<TaskId>>,
    /// Why the journal cannot be relied upon; empty when it can.
    pub(crate) damage: Vec<Mistake>,
    /// What a reader should know although nothing is wrong.
    pub(crate) remarks: Vec<String>,
}

impl History {
    /// The events about `task`, oldest first.
    pub(crate) fn of<'a>(
        &'a self,
        task: &'a TaskId,
    ) -> impl DoubleEndedIterator<Item = &'a QueueEvent> + Clone {
        debug_assert!(self.tasks.as_ref().is_none_or(|tasks| tasks.contains(task)), "{task}");
        self.events.iter().filter(move |event| event.task.as_ref() == Some(task))
    }

    /// How many events the journal has.
    pub(crate) fn count(&self) -> u64 {
        if self.tasks.is_some() { self.last } else { self.events.len() as u64 }
    }

    /// The event that says that others about the task are lost, if there is one. What was recorded before it
    /// may be half of the story.
    pub(crate) fn loss(&self, task: &TaskId) -> Option<&QueueEvent> {
        let newest = self.events.iter().rev();
        newest.into_iter().find(|event| event.lost.is_some() && event.task.as_ref() == Some(task))
    }

    /// The tasks that were added, with the numbers of the events.
    pub(crate) fn added(&self) -> Vec<(u64, Vec<TaskDefinition>)> {
        let added = self.events.iter().filter(|event| !event.added.is_empty());
        added.map(|event| (event.seq, event.added.clone())).collect()
    }
}

/// Where the journal is: `<git common dir>/switchyard/queue.jsonl`.
pub(crate) fn file(place: &Place) -> PathBuf {
    place.state_dir().join("queue.jsonl")
}

/// Reads the journal.
pub(crate) fn load(place: &Place) -> Result<History, Failure> {
    let path = file(place);
    Ok(judge(&path, journal::load(&path)?))
}

/// What changes whenever the journal does: which file it is, its length and its times. `None` when there is
/// none.
pub(crate) type Version = Option<(u64, u64, u64, [i64; 4])>;

/// The version of the journal that is there now.
pub(crate) fn version(place: &Place) -> Version {
    let found = std::fs::metadata(file(place)).ok()?;
    let times = [found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec()];
    Some((found.dev(), found.ino(), found.len(), times))
}

/// Tells damage from the traces that an interrupted append leaves.
///
/// Events are numbered without gaps under the journal's lock, so a lost or an altered event shows
/// as a gap. A line that is cut off between two consecutive numbers was never acknowledged: an
/// append broke off there, and the next one completed the line.
fn judge(path: &Path, loaded: Loaded<QueueEvent>) -> History {
    let mut history = History::default();
    let at = |line: Option<u64>, message: String| Mistake {
        code: "journal_damaged".into(),
        file: path.display().to_string(),
        line: line.unwrap_or(0),
        column: 0,
        message,
    };
    for damage in &loaded.damaged {
        if was_never_acknowledged(damage, &loaded) {
            history.remarks.push(format!("{damage}; nobody was told that it is stored"));
        } else {
            history
                .damage
                .push(at(damage.line, format!("{} (byte {})", damage.reason, damage.byte)));
        }
    }
    history.remarks.extend(loaded.torn.as_ref().map(ToString::to_string));
    let numbering = Numbering::of(&loaded);
    for gap in &numbering.gaps {
        let message =
            format!("{} before this line: lost, or altered by hand", numbering::shown(gap.events));
        history.damage.push(at(gap.line, message));
    }
    for Disorder { seq, last, line } in &numbering.disorder {
        let message = format!("event {seq} follows on event {last}: altered, or put in by hand");
        history.damage.push(at(*line, message));
    }
    history.last = loaded.records.last().map_or(0, |(_, event)| event.seq);
    history.events = loaded.records.into_iter().map(|(_, event)| event).collect();
    history.damage.sort_by_key(|damage| damage.line);
    history
}

fn was_never_acknowledged(damage: &Damage, loaded: &Loaded<QueueEvent>) -> bool {
    let before = loaded.records.iter().rfind(|(position, _)| position.offset < damage.offset);
    let after = loaded.records.iter().find(|(position, _)| position.offset > damage.offset);
    let before = before.map_or(0, |(_, event)| event.seq);
    damage.sort == Sort::CutOff && after.is_some_and(|(_, event)| event.seq == before + 1)
}

/// Appends the event that `make` gives for its number; `None` appends nothing. `make` runs under the
/// journal's lock and must be quick.
pub(crate) fn append(
    place: &Place,
    make: impl FnOnce(u64, &View<'_>) -> Result<Option<QueueEvent>, Failure>,
) -> Result<Option<(QueueEvent, journal::Appended)>, Failure> {
    place.make_state_dir()?;
    journal::append_with(file(place), |view| make(next_number(view)?, view))
}

/// Appends the events that `make` gives, numbered from where the journal ends, in one write. `make` runs
/// under the journal's lock and must be quick.
pub(crate) fn append_all(
    place: &Place,
    make: impl FnOnce(&View<'_>) -> Result<Vec<QueueEvent>, Failure>,
) -> Result<Vec<QueueEvent>, Failure> {
    place.make_state_dir()?;
    journal::append_all_with(file(place), |view| {
        let next = next_number(view)?;
        let mut events = make(view)?;
        for (event, seq) in events.iter_mut().zip(next..) {
            event.seq = seq;
        }
        Ok(events)
    })
}

/// Appends the event that `decide` gives for its number and for the journal as it is under the lock:
/// what is `known` and what came after it. Where `decide` gives something else instead, nothing is
/// appended. `decide` must be quick.
///
/// A journal that cannot be relied upon is refused: what is missing may be what matters.
pub(crate) fn append_after<R>(
    desk: &Desk,
    known: Rc<History>,
    decide: impl FnOnce(u64, &History) -> Result<Result<QueueEvent, R>, Failure>,
) -> Result<Result<QueueEvent, R>, Failure> {
    if let Some(damage) = known.damage.first() {
        let place = format!("{}:{}", damage.file, damage.line);
        return Err(Failure::damaged(place, &damage.message).hint(PUT_RIGHT));
    }
    desk.place.make_state_dir()?;
    desk.forget();
    let mut known = Rc::unwrap_or_clone(known);
    let mut instead = None;
    let appended = journal::append_with(file(&desk.place), |view| {
        known.events.extend(newer(view, known.last)?);
        known.last = known.events.last().map_or(0, |event| event.seq).max(known.last);
        let next = known.last.checked_add(1).ok_or_else(|| no_number_after(known.last))?;
        match decide(next, &known)? {
            Ok(event) => Ok(Some(event)),
            Err(other) => {
                instead = Some(other);
                Ok::<_, Failure>(None)
            }
        }
    })?;
    match (appended, instead) {
        (Some((event, _)), _) => Ok(Ok(event)),
        (None, Some(other)) => Ok(Err(other)),
        (None, None) => Err(Failure::world("cannot record", "the event was not appended")),
    }
}

/// The events behind number `last`, oldest first.
fn newer(view: &View<'_>, last: u64) -> Result<Vec<QueueEvent>, Failure> {
    let mut newer = Vec::new();
    let mut expected = None;
    for line in view.reverse()? {
        let line = line?;
        match line.decode::<QueueEvent>() {
            Ok(event) if event.seq > last && expected.is_none_or(|next| event.seq + 1 == next) => {
                expected = Some(event.seq);
                newer.push(event);
            }
            Ok(event) if event.seq == last && expected.is_none_or(|next| last + 1 == next) => {
                newer.reverse();
                return Ok(newer);
            }
            Ok(event) => {
                let why = format!("event {} stands where another one was expected", event.seq);
                return Err(Failure::damaged("cannot record", why).hint(PUT_RIGHT));
            }
            // Nobody was told that it is stored.
            Err(damage) if !line.is_terminated() || damage.sort == Sort::CutOff => {}
            Err(damage) => return Err(Failure::damaged("cannot record", damage).hint(PUT_RIGHT)),
        }
    }
    if last == 0 && expected.is_none_or(|next| next == 1) {
        newer.reverse();
        return Ok(newer);
    }
    let why = "events that were there a moment ago are gone";
    Err(Failure::damaged("cannot record", why).hint(PUT_RIGHT))
}

const PUT_RIGHT: &str = "put the line right from a copy of the file; nothing was written";

fn no_number_after(last: u64) -> Failure {
    let why = format!("there is no number after the last event's, {last}");
    Failure::damaged("cannot record", why).hint(PUT_RIGHT)
}

/// The number of the next event.
fn next_number(view: &View<'_>) -> Result<u64, Failure> {
    for line in view.reverse()? {
        let line = line?;
        match line.decode::<QueueEvent>() {
            Ok(event) => {
                return event.seq.checked_add(1).ok_or_else(|| no_number_after(event.seq));
            }
            Err(_) if !line.is_terminated() => {}
            Err(damage) => {
                return Err(Failure::damaged("cannot record", damage).hint(PUT_RIGHT));
            }
        }
    }
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::Scratch;

    fn event(seq: u64) -> String {
        format!(
            "{{\"seq\":{seq},\"at\":\"2026-01-24T18:30:45.000Z\",\"actor\":\"lead\",\"task\":\"A\",\"kind\":\"note\"}}\n"
        )
    }

    fn judged(text: &str) -> History {
        let scratch = Scratch::new();
        let path = scratch.write("queue.jsonl", text);
        judge(&path, journal::load(&path).unwrap())
    }

    #[test]
    fn an_interrupted_append_is_no_damage() {
        let cut: String = event(3).chars().take(40).collect();
        for text in [
            format!("{}{}{cut}", event(1), event(2)),
            format!("{}{}{cut}\n{}", event(1), event(2), event(3)),
            format!("{cut}\n{}", event(1)),
        ] {
            let history = judged(&text);
            assert_eq!(history.damage, [], "{text}");
            assert_eq!(history.remarks.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_lost_an_altered_and_a_doubled_event_are_damage() {
        let cut: String = event(2).chars().take(40).collect();
        for (text, line) in [
            (format!("{}{cut}\n{}", event(1), event(3)), 2),
            (format!("{}{cut}\n", event(1)), 2),
            (format!("{}{}", event(1), event(3)), 2),
            (format!("{}{}", event(1), event(1)), 2),
            (event(2), 1),
            (format!("{}not json\n{}", event(1), event(2)), 2),
        ] {
            let history = judged(&text);
            assert_eq!(history.damage.first().map(|d| d.line), Some(line), "{text}");
        }
    }
}
