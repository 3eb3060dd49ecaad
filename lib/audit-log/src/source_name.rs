//! The names of the files that entries wait in, and what a name says.
//!
//! | name | meaning |
//! |---|---|
//! | `active/S.jsonl` | a shard that a session writes to |
//! | `active/S.claim-2.jsonl` | a shard that a run has taken; a writer that opens `S.jsonl` starts a new file |
//! | `active/.retired/S.claim-2.512` | a shard of which 512 bytes are in the history; what was appended later is not |

use std::path::{Component, Path};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::{ACTIVE, HISTORY};

/// The folder in `active` that keeps the shards that were folded in.
pub const RETIRED: &str = ".retired";

/// How many bytes the name of a file may have (`NAME_MAX`).
const LONGEST_NAME: usize = 255;

/// What the name of a shard says. They sort as their entries do when instants are equal: by the
/// shard, then in the order in which its files were taken, the one that is not taken yet last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceName {
    /// The shard's own name without its ending, such as `20260124T183045_a1b2c3d4`.
    pub stem: String,
    /// Which of the shard's files it is; `u64::MAX` for one that was not taken yet.
    pub claim: u64,
    /// How many of its bytes are in the history.
    pub consumed: u64,
}

impl SourceName {
    /// Reads the name of a file in `active`; `None` for one that is no shard.
    pub fn active(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".jsonl")?;
        let (stem, claim) = split_claim(stem).unwrap_or((stem, u64::MAX));
        Some(Self { stem: stem.to_owned(), claim, consumed: 0 })
    }

    /// Reads the name of a file in `active/.retired`; `None` for one that is no shard.
    pub fn retired(name: &str) -> Option<Self> {
        let (rest, consumed) = name.rsplit_once('.')?;
        let (stem, claim) = split_claim(rest)?;
        Some(Self { stem: stem.to_owned(), claim, consumed: number(consumed)? })
    }

    /// Its path below the `logs` folder once a run has taken it as number `claim`.
    pub fn claimed_path(&self, claim: u64) -> String {
        format!("{ACTIVE}/{}.claim-{claim}.jsonl", self.stem)
    }

    /// Its path below the `logs` folder once `consumed` bytes of it are in the history.
    pub fn retired_path(&self, consumed: u64) -> String {
        format!("{ACTIVE}/{RETIRED}/{}.claim-{}.{consumed}", self.stem, self.claim)
    }

    /// Whether a run of `consolidate` gave it this name, and not the writer that began it.
    pub fn is_taken(&self) -> bool {
        self.claim != u64::MAX
    }

    /// Whether every name that a run may give it is one that a file can have.
    pub fn has_room(&self) -> bool {
        let longest = format!("{}.claim-{}.{}", self.stem, u64::MAX, u64::MAX);
        longest.len() <= LONGEST_NAME
    }

    /// The session's start, from a name such as `20260124T183045_a1b2c3d4` (runbook 0801,
    /// "Session-Sharded Audit Log").
    pub fn started(&self) -> Option<Timestamp> {
        let stamp = self.stem.split('_').next()?;
        let time = DateTime::strptime("%Y%m%dT%H%M%S", stamp).ok()?;
        time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    }
}

fn split_claim(stem: &str) -> Option<(&str, u64)> {
    let (stem, claim) = stem.rsplit_once(".claim-")?;
    Some((stem, number(claim)?))
}

/// A decimal number as we write it, so that a name reads back to itself.
fn number(digits: &str) -> Option<u64> {
    let value: u64 = digits.parse().ok()?;
    (value < u64::MAX && value.to_string() == digits).then_some(value)
}

/// The name under which the state of the history at `relative`, a path below the top of its
/// checkout, is kept. Different histories of a checkout have different names.
pub fn state_name(relative: &Path) -> String {
    if relative == Path::new("logs").join(HISTORY) {
        return "logs".to_owned();
    }
    let parts = relative.components().filter_map(|component| match component {
        Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
        _ => None,
    });
    let text = parts.collect::<Vec<_>>().join("/");
    records::sha256_hex(text.as_bytes()).chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn below(path: &str) -> &str {
        path.rsplit('/').next().unwrap()
    }

    #[test]
    fn a_shard_tells_its_session_and_a_foreign_name_does_not() {
        let name = SourceName::active("20260124T183045_a1b2c3d4.jsonl").unwrap();
        assert_eq!(name.started().unwrap().to_string(), "2026-01-24T18:30:45Z");
        assert_eq!(SourceName::active("session.jsonl").unwrap().started(), None);
        for other in ["a.json", "a.jsonl.tmp", ".retired", "jsonl"] {
            assert_eq!(SourceName::active(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_taken_later_sorts_later() {
        let names = ["a.claim-2.jsonl", "a.claim-10.jsonl", "a.jsonl", "b.claim-1.jsonl"];
        let names: Vec<_> = names.iter().map(|name| SourceName::active(name).unwrap()).collect();
        assert!(names.is_sorted());
    }

    proptest! {
        #[test]
        fn names_read_back(stem in "[a-z.0-9_-]{1,12}", claim in 0..u64::MAX, consumed in 0..u64::MAX) {
            let plain = SourceName { stem, claim: u64::MAX, consumed: 0 };
            let path = plain.claimed_path(claim);
            let claimed = SourceName::active(below(&path)).unwrap();
            prop_assert_eq!((&claimed.stem, claimed.claim), (&plain.stem, claim));
            let path = claimed.retired_path(consumed);
            let retired = SourceName::retired(below(&path)).unwrap();
            prop_assert_eq!(retired, SourceName { consumed, ..claimed });
        }
    }
}
