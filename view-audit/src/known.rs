//! Which entries were seen already, so that each is shown once.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use audit_log::Head;

/// How many entries are remembered: some 10 MB. An entry needs to be from when it is read in a shard until it
/// was folded into the history. One that waits while so many others are written is shown twice.
const REMEMBERED: usize = 1 << 18;

/// Entries by the hash of their bytes. Its key is drawn at random and it has 64 bits, so among those that
/// are remembered the chance that a new entry is taken for another is one in 10^13.
#[derive(Debug, Default)]
pub(crate) struct Known {
    hash: RandomState,
    counts: HashMap<u64, Count>,
    /// From the oldest, one for each that `counts` counts.
    order: VecDeque<u64>,
}

/// Of entries with the same bytes.
#[derive(Debug, Default)]
struct Count {
    /// How many there are.
    waiting: u32,
    /// How many there were that need not be remembered any more, and are the oldest.
    done: u32,
}

impl Known {
    /// Takes in an entry of a shard, and says whether it is to be shown. An entry with an id and a time is
    /// one entry however often it stands there; others are as many as there are lines.
    pub(crate) fn in_shard(&mut self, head: &Head, bytes: &[u8]) -> bool {
        let hash = self.hash(bytes);
        if is_one(head) && self.counts.contains_key(&hash) {
            return false;
        }
        self.remember(hash);
        true
    }

    /// Takes in an entry that is new in a file that nothing is folded into, and says whether it is to be shown.
    pub(crate) fn elsewhere(&mut self, head: &Head, bytes: &[u8]) -> bool {
        !is_one(head) || self.in_shard(head, bytes)
    }

    /// Takes in an entry that is new in the history, and says whether it is to be shown: it is when it was in
    /// no shard.
    pub(crate) fn in_history(&mut self, head: &Head, bytes: &[u8]) -> bool {
        let hash = self.hash(bytes);
        if is_one(head) {
            let is_new = !self.counts.contains_key(&hash);
            if is_new {
                self.remember(hash);
            }
            return is_new;
        }
        match self.counts.get_mut(&hash) {
            Some(count) if count.waiting > 0 => {
                count.waiting -= 1;
                count.done += 1;
                false
            }
            _ => true,
        }
    }

    /// Whether the entry is one that was seen, whatever else holds it.
    pub(crate) fn has(&self, head: &Head, bytes: &[u8]) -> bool {
        is_one(head) && self.counts.contains_key(&self.hash(bytes))
    }

    /// The hash that it is known by.
    pub(crate) fn hash(&self, bytes: &[u8]) -> u64 {
        self.hash.hash_one(bytes)
    }

    fn remember(&mut self, hash: u64) {
        self.counts.entry(hash).or_default().waiting += 1;
        self.order.push_back(hash);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
            && let Some(count) = self.counts.get_mut(&oldest)
        {
            let part = if count.done > 0 { &mut count.done } else { &mut count.waiting };
            *part = part.saturating_sub(1);
            if (count.done, count.waiting) == (0, 0) {
                self.counts.remove(&oldest);
            }
        }
    }
}

/// Whether a line with the same bytes is the same entry, as `consolidate` sees it.
pub(crate) fn is_one(head: &Head) -> bool {
    head.id.is_some() && head.timestamp.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(line: &str) -> Head {
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn an_entry_is_new_once_and_lines_that_cannot_be_told_apart_are_counted() {
        let one = r#"{"id":"a","timestamp":"2026-01-24T18:30:45Z"}"#;
        let mut known = Known::default();
        let told: Vec<_> = (0..2).map(|_| known.in_shard(&head(one), one.as_bytes())).collect();
        assert_eq!(told, [true, false]);
        assert!(!known.in_history(&head(one), one.as_bytes()));
        let other = one.replace("\"a\"", "\"b\"");
        assert!(known.in_history(&head(&other), other.as_bytes()));
        assert!(!known.in_shard(&head(&other), other.as_bytes()));
        let any = "{\"x\":1}";
        let told: Vec<_> = (0..2).map(|_| known.in_shard(&head(any), any.as_bytes())).collect();
        assert_eq!(told, [true, true]);
        let told: Vec<_> = (0..3).map(|_| known.in_history(&head(any), any.as_bytes())).collect();
        assert_eq!(told, [false, false, true]);
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_are_forgotten() {
        let mut known = Known::default();
        let any = Head::default();
        for number in 0..REMEMBERED + 1000 {
            known.in_shard(&any, format!("{{\"n\":{number}}}").as_bytes());
            // Lines of which one is folded in before the next is written are as many in the queue.
            known.in_shard(&any, b"{}");
            assert!(!known.in_history(&any, b"{}"), "{number}");
        }
        assert!(known.order.len() <= REMEMBERED && known.counts.len() <= REMEMBERED);
        assert!(known.in_history(&any, b"{\"n\":0}"));
        let last = format!("{{\"n\":{}}}", REMEMBERED + 999);
        assert!(!known.in_history(&any, last.as_bytes()));
    }
}
