//! Entries of one instant, of which each is shown once.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use jiff::Timestamp;

/// The wanted entries of the instant that was read last, in order. Whether one of them comes again is
/// not known before the next instant.
pub(crate) struct RunOfInstant<P, T> {
    at: Option<Timestamp>,
    entries: Vec<Option<Entry<P, T>>>,
    /// The entries that can be told from others, by the hash of their bytes. Filled when there are two.
    known: HashMap<u64, Vec<usize>>,
    hash: RandomState,
}

struct Entry<P, T> {
    place: P,
    what: T,
    can_be_told: bool,
}

impl<P, T> Default for RunOfInstant<P, T> {
    fn default() -> Self {
        Self { at: None, entries: Vec::new(), known: HashMap::new(), hash: RandomState::new() }
    }
}

impl<P, T> RunOfInstant<P, T> {
    /// Whether a line that states `at` belongs to it. A line that states no instant always does.
    pub(crate) fn takes(&self, at: Option<Timestamp>) -> bool {
        at.is_none() || at == self.at
    }

    /// Whether it has no entry.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Begins the run of `at` and gives the entries of the one before, in order.
    pub(crate) fn next(&mut self, at: Option<Timestamp>) -> impl Iterator<Item = (P, T)> {
        self.at = at;
        if !self.known.is_empty() {
            self.known.clear();
        }
        self.entries.drain(..).flatten().map(|entry| (entry.place, entry.what))
    }

    /// Adds an entry with `bytes` at `place`. The same entry that came before in the run is taken out; it is
    /// recognised by its bytes, which `read` gives, when it has an id and an instant.
    pub(crate) fn add<E>(
        &mut self,
        place: P,
        what: T,
        (bytes, can_be_told): (&[u8], bool),
        mut read: impl FnMut(&P) -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        let index = self.entries.len();
        if can_be_told && index > 0 {
            if self.known.is_empty() {
                for (index, entry) in self.entries.iter().enumerate() {
                    if let Some(entry) = entry.as_ref().filter(|entry| entry.can_be_told) {
                        let hash = self.hash.hash_one(read(&entry.place)?);
                        self.known.entry(hash).or_default().push(index);
                    }
                }
            }
            let alike = self.known.entry(self.hash.hash_one(bytes)).or_default();
            for index in alike.iter() {
                if let Some(Some(entry)) = self.entries.get(*index)
                    && read(&entry.place)? == bytes
                    && let Some(entry) = self.entries.get_mut(*index)
                {
                    *entry = None;
                }
            }
            alike.clear();
            alike.push(index);
        }
        self.entries.push(Some(Entry { place, what, can_be_told }));
        Ok(())
    }
}
