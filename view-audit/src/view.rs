//! All logs that are looked at, as one.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use audit_log::{Facts, Fresh, Log, index_path};
use cli::{Failure, Out};

use crate::damage::Damages;
use crate::filter::Filter;
use crate::followed::Followed;
use crate::history::History;
use crate::index::{Indexed, Policy, Question, Reads};
use crate::interleave::{Grouped, Lines, interleave};
use crate::keep::Keep;
use crate::projects::Root;
use crate::scan::{Look, insertions, scan};
use crate::snapshot::{self, Snapshot};
use crate::stream::{Found, Numbered, Seen, Where, backward};

/// Where an entry is, and the number of its log.
pub(crate) struct Place {
    pub log: usize,
    pub place: Where,
}

/// What one log is made of.
struct Parts {
    /// The number of the log.
    log: usize,
    older: Numbered,
    history: Numbered,
    /// Where the indexes of the two may be.
    indexes: [Option<PathBuf>; 2],
    /// The entries of its shards, in order.
    fresh: Vec<Fresh>,
}

impl Parts {
    /// Whether all of it has to be read, and none of it from an older history.
    fn is_one_sequence(&self) -> bool {
        self.older.history.len() == 0
    }
}

/// What is to be found in the logs.
#[derive(Clone, Copy)]
pub(crate) enum Reading<'a> {
    /// Everything, also what is not asked for.
    All,
    /// What a filter accepts.
    Wanted(&'a Filter),
    /// Entries whose id begins so.
    Id(&'a str),
    /// So many entries, the last ones. [`View::find_last`] says when that was not enough to find them.
    Last(usize),
}

/// All logs that are shown.
#[derive(Default)]
pub(crate) struct View {
    /// The folders, each once.
    logs: Vec<PathBuf>,
    /// Of every log: its project.
    projects: Vec<Option<String>>,
    histories: Vec<History>,
    parts: Vec<Parts>,
    pub damages: Damages,
    /// Every log that is to be followed from here.
    pub followed: Option<Vec<Followed>>,
    /// Whether something could not be read.
    pub incomplete: bool,
    /// What is to be said of the logs.
    pub notes: Vec<String>,
}

/// Entries whose id was asked for.
#[derive(Default)]
pub(crate) struct Matches {
    /// Their ids, in order.
    pub ids: BTreeSet<String>,
    /// Their places, when they have one id.
    pub places: Vec<Place>,
}

impl View {
    /// Opens a log, and notes what of it cannot be read.
    pub(crate) fn open(&mut self, root: &Root, reading: Reading<'_>) -> Result<(), Failure> {
        let log = root.log()?;
        if self.logs.contains(&log.logs) {
            return Ok(());
        }
        self.logs.push(log.logs.clone());
        if !log.logs.is_dir() {
            let logs = log.logs.display();
            self.notes.push(format!("{logs}: no such folder, so there are no entries"));
            if let Some(followed) = &mut self.followed {
                followed.push(Followed::new(log));
            }
            return Ok(());
        }
        let snapshot = snapshot_of(&log, reading)?;
        if let Some(followed) = &mut self.followed {
            let begun = Followed::begin(log.clone(), &snapshot);
            followed.push(begun.map_err(|e| Failure::io("cannot read", &log.history, &e))?);
        }
        let Snapshot { history, older, fresh, damaged, unreadable, skipped, .. } = snapshot;
        for path in skipped {
            self.notes.push(format!("{}: not a regular file, so it is not read", path.display()));
        }
        for (path, error) in unreadable {
            self.notes.push(format!("cannot read {}: {error}", path.display()));
            self.incomplete = true;
        }
        for damage in damaged {
            self.damages.add(damage);
        }
        let number = self.projects.len();
        let older = self.number(&log.older(), older);
        let history = self.number(&log.history, history);
        let indexes = [&older.path, &history.path].map(|path| index_path(path, log.place.as_ref()));
        self.parts.push(Parts { log: number, older, history, indexes, fresh });
        self.projects.push(log.project());
        Ok(())
    }

    /// What the project of a log is called.
    pub(crate) fn project(&self, log: usize) -> Option<&str> {
        self.projects.get(log)?.as_deref()
    }

    fn number(&mut self, path: &Path, history: History) -> Numbered {
        let number = self.histories.len();
        self.histories.push(history.clone());
        Numbered { number, path: path.to_owned(), history, index: Indexed::default() }
    }

    /// Has [`View::find`] and [`View::each`] use indexes, for this filter.
    pub(crate) fn use_indexes(&mut self, filter: &Filter, reads: Reads, policy: Policy, out: &Out) {
        for Parts { log, older, history, indexes, .. } in &mut self.parts {
            let project = self.projects.get(*log).cloned().flatten();
            for (numbered, path) in [older, history].into_iter().zip(indexes) {
                let Some(path) = path else { continue };
                let question = Question {
                    path: path.clone(),
                    history: numbered.history.clone(),
                    filter: filter.clone(),
                    project: project.clone(),
                };
                match Indexed::new(question, reads, policy) {
                    Ok(indexed) => numbered.index = indexed,
                    // Nobody waits for an index that was not asked for.
                    Err(cause) if policy == Policy::Always => {
                        out.note(&format!("cannot keep an index at {}: {cause}", path.display()));
                    }
                    Err(_) => {}
                }
            }
        }
    }

    /// The lines of all logs, last first.
    fn lines(&mut self) -> Result<Lines, journal::Error> {
        let mut logs: Vec<Lines> = Vec::new();
        for Parts { log, older, history, fresh, .. } in std::mem::take(&mut self.parts) {
            let lines = backward(older, history, fresh)?;
            logs.push(Box::new(lines.map(move |line| line.map(|seen| Seen { log, ..seen }))));
        }
        Ok(together(logs))
    }

    /// Shows `sink` every entry that the filter accepts, oldest first.
    pub(crate) fn each<S: Sink>(&mut self, filter: &Filter, sink: &mut S) -> Result<(), Failure> {
        // From the beginning, lines can be shown where they were read; but which of several sequences comes
        // first is decided from their ends, and an index knows what need not be read.
        let is_one = matches!(self.parts.as_slice(), [only] if only.is_one_sequence());
        let Some(Parts { log, mut history, fresh, .. }) = self.parts.pop_if(|_| is_one) else {
            for place in self.find(filter, usize::MAX)? {
                let bytes = self.bytes(&place.place)?;
                let facts = Facts::of(&bytes).unwrap_or_default();
                let kept = sink.keep(&facts, self.project(place.log));
                sink.take(self, place, kept)?;
            }
            return Ok(());
        };
        let told = std::mem::take(&mut history.index).into_told();
        let fresh = insertions(&history, fresh)?;
        let project = self.project(log).map(str::to_owned);
        let mut wanted = Wanted { filter, log, project, view: self, sink };
        let damaged = scan(&history, told, fresh, &mut wanted)?;
        self.damages.add_lines(&damaged)
    }

    /// The last `wanted` entries that the filter accepts, oldest first. It reads from the end, and no
    /// further than it has to.
    pub(crate) fn find(&mut self, filter: &Filter, wanted: usize) -> Result<Vec<Place>, Failure> {
        self.find_until(filter, wanted, |_| false).map(|(places, _)| places)
    }

    /// The last `wanted` entries of logs that were opened for no more than these; `None` when that was not
    /// enough to find them.
    pub(crate) fn find_last(&mut self, wanted: usize) -> Option<Vec<Place>> {
        // Whatever is wrong, who reads everything says it.
        // The number of a damaged line is counted from the first one.
        let ends = |found: &Found| matches!(found, Found::LeftOut | Found::Damaged(..));
        let found = self.find_until(&Filter::default(), wanted, ends);
        found.ok().filter(|(_, is_all)| *is_all).map(|(places, _)| places)
    }

    /// Also whether they were found before what `ends`.
    fn find_until(
        &mut self,
        filter: &Filter,
        wanted: usize,
        ends: impl Fn(&Found) -> bool,
    ) -> Result<(Vec<Place>, bool), Failure> {
        let mut places = Vec::new();
        let mut is_all = true;
        for seen in self.lines()? {
            if places.len() == wanted {
                break;
            }
            let Seen { log, bytes, found, .. } = seen?;
            if ends(&found) {
                is_all = false;
                break;
            }
            match found {
                Found::Entry(place) => {
                    if filter.accepts(&bytes, self.project(log)) {
                        places.push(Place { log, place });
                    }
                }
                Found::Passed | Found::LeftOut => {}
                Found::Damaged(history, damage) => match self.histories.get(history) {
                    Some(history) => self.damages.add_numbered(damage, history),
                    None => self.damages.add(damage),
                },
            }
        }
        places.reverse();
        Ok((places, is_all))
    }

    /// The places of every entry with `id`, or, if there is none, of those whose id begins with it,
    /// oldest first. An entry that stands there twice with the same bytes is there once.
    pub(crate) fn find_id(&mut self, id: &str) -> Result<Matches, Failure> {
        let mut matches = Matches::default();
        let mut exact = false;
        let mut bytes_seen = HashSet::new();
        for seen in self.lines()? {
            let Seen { log, id: found_id, bytes, found, .. } = seen?;
            let (Some(found_id), Found::Entry(place)) = (found_id, found) else { continue };
            if found_id == id && !exact {
                exact = true;
                matches = Matches::default();
                bytes_seen.clear();
            }
            let is_wanted = if exact { found_id == id } else { found_id.starts_with(id) };
            if !is_wanted {
                continue;
            }
            matches.ids.insert(found_id);
            // Of several ids nothing is shown but the ids.
            if matches.ids.len() == 1 && bytes_seen.insert(bytes) {
                matches.places.push(Place { log, place });
            }
        }
        matches.places.reverse();
        Ok(matches)
    }

    /// The bytes of an entry without the end of its line.
    pub(crate) fn bytes<'a>(&self, place: &'a Where) -> Result<Cow<'a, [u8]>, Failure> {
        match place {
            Where::Memory(bytes) => Ok(Cow::Borrowed(bytes)),
            Where::History { history, from, to } => {
                let history = self.histories.get(*history).cloned().unwrap_or_default();
                let bytes = history.line(*from, *to);
                let bytes = bytes.map_err(|e| Failure::world("cannot read the history", e))?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

/// Where the entries go that a filter accepts.
pub(crate) trait Sink {
    /// What is kept of an entry until it is its turn.
    type Kept;

    /// What to keep of an entry; `project` is that of its log.
    fn keep(&mut self, facts: &Facts<'_>, project: Option<&str>) -> Self::Kept;

    /// The same of an entry of the one index that is used. Those with the same `words` differ only in instant,
    /// issue and duration.
    fn told(&mut self, words: usize, facts: &Facts<'_>, project: Option<&str>) -> Self::Kept;

    /// Takes an entry when it is its turn.
    fn take(&mut self, view: &View, place: Place, kept: Self::Kept) -> Result<(), Failure>;
}

/// Lets through what the filter accepts.
struct Wanted<'a, S> {
    filter: &'a Filter,
    log: usize,
    project: Option<String>,
    view: &'a View,
    sink: &'a mut S,
}

impl<S: Sink> Look for Wanted<'_, S> {
    type Kept = S::Kept;

    fn look(&mut self, facts: &Facts<'_>, bytes: &[u8]) -> Option<S::Kept> {
        let project = self.project.as_deref();
        let is_wanted = self.filter.accepts_entry(facts, bytes, project);
        is_wanted.then(|| self.sink.keep(facts, project))
    }

    fn told(&mut self, words: usize, facts: &Facts<'_>) -> S::Kept {
        self.sink.told(words, facts, self.project.as_deref())
    }

    fn take(&mut self, place: Where, kept: S::Kept) -> Result<(), Failure> {
        self.sink.take(self.view, Place { log: self.log, place }, kept)
    }
}

fn snapshot_of(log: &Log, reading: Reading<'_>) -> Result<Snapshot, Failure> {
    match reading {
        Reading::All => snapshot::take(log, Keep::All),
        Reading::Last(wanted) => snapshot::take(log, Keep::Last(wanted)),
        Reading::Wanted(filter) => {
            let project = log.project();
            let accepts = |facts: &Facts<'_>, bytes: &[u8]| {
                filter.accepts_entry(facts, bytes, project.as_deref())
            };
            snapshot::take(log, Keep::Wanted(&accepts))
        }
        Reading::Id(wanted) => {
            let begins = |facts: &Facts<'_>, _: &[u8]| {
                facts.id.as_ref().is_some_and(|id| id.as_str().starts_with(wanted))
            };
            snapshot::take(log, Keep::Wanted(&begins))
        }
    }
}

/// The lines of all logs, last first.
fn together(mut logs: Vec<Lines>) -> Lines {
    match logs.pop() {
        Some(only) if logs.is_empty() => only,
        None => Box::new(std::iter::empty()),
        Some(last) => {
            logs.push(last);
            let groups = interleave(logs.into_iter().map(Grouped::new).collect());
            Box::new(groups.flat_map(|group| match group {
                Ok(group) => group.lines.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            }))
        }
    }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
