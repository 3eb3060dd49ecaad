//! What a filter asks for, in the terms of an index.

use super::file::Index;
use super::row::{Instant, Row, Sort, instant};
use super::{block::Block, facts};
use crate::filter::Filter;

/// A filter for rows. It accepts the row of every line that the filter accepts; a row that it accepts
/// may be that of another line.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// For each combination of words, whether it is wanted.
    words: Vec<bool>,
    /// Empty for all.
    issues: Vec<u64>,
    session: Option<u32>,
    since: Option<Instant>,
    until: Option<Instant>,
    /// Whether rows do not hold all that is asked for.
    asks_more: bool,
}

impl Wanted {
    /// What `filter` asks for of the log of `project`.
    pub(crate) fn new(filter: &Filter, project: Option<&str>, index: &Index) -> Self {
        let of_words = Filter {
            issues: Vec::new(),
            session: None,
            since: None,
            until: None,
            grep: None,
            ..filter.clone()
        };
        let words = index.words.facts();
        Self {
            words: words.iter().map(|facts| of_words.accepts_facts(facts, project)).collect(),
            issues: filter.issues.iter().map(|issue| issue.0).collect(),
            session: filter.session.as_deref().map(|session| facts::session(session.as_bytes())),
            since: filter.since.map(instant),
            until: filter.until.map(instant),
            asks_more: filter.session.is_some() || filter.grep.is_some(),
        }
    }

    /// Whether a line that [`Wanted::takes`] may all the same not be wanted, although its row is known.
    pub(crate) fn asks_more(&self) -> bool {
        self.asks_more
    }

    /// Whether a line with this row has to be looked at.
    pub(crate) fn takes(&self, row: &Row) -> bool {
        match row.sort {
            Sort::Blank => false,
            Sort::Damaged | Sort::Opaque => true,
            Sort::Known => {
                // A number that no combination has would be a defect; the line itself is asked then.
                let words = usize::try_from(row.words).ok().and_then(|at| self.words.get(at));
                words.is_none_or(|wanted| *wanted)
                    && (self.issues.is_empty() || self.issues.contains(&u64::from(row.issue)))
                    && self.session.is_none_or(|session| session == row.session)
                    && self.is_in_time(row.at)
            }
        }
    }

    fn is_in_time(&self, at: Option<Instant>) -> bool {
        if (self.since, self.until) == (None, None) {
            return true;
        }
        at.is_some_and(|at| {
            self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at < until)
        })
    }

    /// Whether a line of this block may have to be looked at.
    pub(crate) fn takes_some_of(&self, block: &Block) -> bool {
        if block.odd || (self.since, self.until) == (None, None) {
            return true;
        }
        block.span.is_some_and(|(first, last)| {
            self.since.is_none_or(|since| since <= last)
                && self.until.is_none_or(|until| first < until)
        })
    }
}
