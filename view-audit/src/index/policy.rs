//! Whether a question is answered with an index.

use std::io;
use std::path::PathBuf;

use cli::clock;

use super::file::Index;
use super::lines::Lines;
use super::told::Told;
use super::trust::{believed, make};
use super::wanted::Wanted;
use crate::filter::Filter;
use crate::history::History;

/// From how many bytes on a history has an index without being asked for one.
const LARGE: u64 = if cfg!(test) { 400 } else { 64 << 20 };

/// Which histories have an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// None.
    Never,
    /// Large ones.
    Large,
    /// All.
    Always,
}

/// What is asked of a history that may have an index.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// Where the index is.
    pub path: PathBuf,
    pub history: History,
    pub filter: Filter,
    /// The project of the log.
    pub project: Option<String>,
}

impl Question {
    fn about(&self, index: Index) -> (Index, Wanted) {
        let wanted = Wanted::new(&self.filter, self.project.as_deref(), &index);
        (index, wanted)
    }

    fn make(&self) -> io::Result<Option<Index>> {
        make(&self.path, &self.history, clock::now().instant())
    }
}

/// What of a history is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// No more than it takes to find the last entries.
    Some,
    /// All of it, and what is wanted is read.
    All,
    /// All of it, and no more than the facts is needed of what is wanted.
    Facts,
}

/// Which lines of a history have to be read, as far as an index says so.
#[derive(Debug, Default)]
pub(crate) struct Indexed {
    found: Option<(Index, Wanted)>,
    /// An index that is made when what is read without one has become too much.
    later: Option<Question>,
}

impl Indexed {
    /// An index that is not there is made for a question that looks at all of the history, and for another
    /// one if it comes to look at more than [`LARGE`] bytes.
    ///
    /// # Errors
    /// When an index that is to be there cannot be made.
    pub(crate) fn new(question: Question, reads: Reads, policy: Policy) -> io::Result<Self> {
        let is_asked_for = match policy {
            Policy::Never => false,
            Policy::Large => question.history.len() >= LARGE,
            Policy::Always => true,
        };
        // Who wants to see everything has to read it.
        let is_no_help = question.filter.is_empty() && reads != Reads::Facts;
        if !is_asked_for || is_no_help || question.history.stable() == 0 {
            return Ok(Self::default());
        }
        let index = match believed(&question.path, &question.history) {
            Some(index) => Some(index),
            None if reads != Reads::Some || policy == Policy::Always => question.make()?,
            None => return Ok(Self { found: None, later: Some(question) }),
        };
        Ok(Self { found: index.map(|index| question.about(index)), later: None })
    }

    /// How many bytes of the history, from the first one, need not be read as a whole.
    pub(crate) fn covered(&self) -> u64 {
        self.found.as_ref().map_or(0, |(index, _)| index.covered())
    }

    /// Says that all lines from byte `offset` to the end were read.
    pub(crate) fn is_read(&mut self, offset: u64) {
        let is_enough = |question: &mut Question| offset + LARGE < question.history.len();
        let Some(question) = self.later.take_if(is_enough) else { return };
        // Nobody waits for an index that was not asked for.
        if let Ok(Some(mut index)) = question.make() {
            index.cut(offset);
            self.found = Some(question.about(index));
        }
    }

    /// The lines that have to be read of what is covered, last first.
    pub(crate) fn into_lines(self) -> Option<Lines> {
        self.found.map(|(index, wanted)| Lines::new(index, wanted))
    }

    /// What rows tell of what is covered, from the first line on.
    pub(crate) fn into_told(self) -> Option<Told> {
        self.found.map(|(index, wanted)| Told::new(index, wanted))
    }
}
