//! The keys that entries are grouped by, as small numbers.

use std::collections::HashMap;

use audit_log::{Facts, Text};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use records::Verdict;

use crate::args::By;

/// How many names are compared one by one, which is faster than any table.
const FEW: usize = 16;

/// The keys of one kind. Number 0 is for entries that do not say it.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    names: Vec<String>,
    words: HashMap<Box<str>, u32>,
    /// Issues, and days since 1970.
    numbers: HashMap<i64, u32>,
}

impl Keys {
    /// The number of an entry's key; `verdict` is the entry's, `project` that of its log.
    pub(crate) fn number(
        &mut self,
        by: By,
        facts: &Facts<'_>,
        verdict: Option<Verdict>,
        project: Option<&str>,
    ) -> u32 {
        let word = match by {
            By::Verdict if facts.is_failed() => Some(b"failed".as_slice()),
            By::Verdict => match verdict {
                Some(verdict) => Some(verdict.word().as_bytes()),
                None => facts.verdict_word.as_ref().map(Text::as_bytes),
            },
            By::Node => facts.node.as_ref().map(Text::as_bytes),
            By::Model => facts.model().map(Text::as_bytes),
            By::Credential => facts.credential.as_ref().map(Text::as_bytes),
            By::Project => facts.project.as_ref().map(Text::as_str).or(project).map(str::as_bytes),
            By::Issue => {
                let Some(issue) = facts.issue else { return 0 };
                return self.numbered(issue.0.cast_signed(), || issue.to_string());
            }
            By::Day => {
                let Some(at) = facts.at else { return 0 };
                let day = at.as_second().div_euclid(24 * 60 * 60);
                return self.numbered(day, || date(at));
            }
        };
        word.map_or(0, |word| self.word(word))
    }

    /// What the key of this number is called.
    pub(crate) fn name(&self, number: usize) -> Option<String> {
        self.names.get(number.checked_sub(1)?).cloned()
    }

    fn word(&mut self, word: &[u8]) -> u32 {
        let few = self.names.iter().take(FEW).zip(1..);
        if let Some((_, number)) = few.into_iter().find(|(name, _)| name.as_bytes() == word) {
            return number;
        }
        let word = str::from_utf8(word).unwrap_or_default();
        if let Some(number) = self.words.get(word) {
            return *number;
        }
        let number = self.add(word.to_owned());
        self.words.insert(word.into(), number);
        number
    }

    fn numbered(&mut self, what: i64, name: impl FnOnce() -> String) -> u32 {
        if let Some(number) = self.numbers.get(&what) {
            return *number;
        }
        let number = self.add(name());
        self.numbers.insert(what, number);
        number
    }

    fn add(&mut self, name: String) -> u32 {
        self.names.push(name);
        // No log has 2^32 names.
        u32::try_from(self.names.len()).unwrap_or(u32::MAX)
    }
}

fn date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().to_string()
}
