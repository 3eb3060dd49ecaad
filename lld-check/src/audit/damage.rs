//! Damaged lines, and what they could hide.
//!
//! A line that cannot be read may hold a newer verdict than the one that proves an approval. Such
//! damage closes the gate, unless it is older: before the proof in the same file, or in a history
//! while the proof still stands in a live shard. A history can be the newer one all the same, when
//! one session was folded in while another was still writing: damage behind an entry that is newer
//! than the proof counts.

use std::fmt;

use cli::Failure;
use journal::Line;
use records::{AuditEntry, Stamp};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::Review;
use super::filter::Filter;
use super::logs::Log;

/// How often damage is looked at again: no lock is taken, so a line that is being written can look
/// damaged once.
const LOOKS: usize = 3;

/// How many places a message names before it says how many more there are.
const NAMED: usize = 5;

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DamagedLine {
    /// The log file from the root of the main worktree.
    pub(crate) log: String,
    /// The line, from 1.
    pub(crate) line: u64,
    /// Position of the file in the order of the logs.
    pub(crate) rank: usize,
    /// Whether the file is a session shard.
    pub(crate) live: bool,
    /// In a history: the newest time of an entry before it, as far as that was looked for.
    pub(crate) after: Option<Stamp>,
}

impl DamagedLine {
    /// The line as damaged.
    pub(super) fn of(log: &Log, line: &Line) -> Self {
        let number = line.number.unwrap_or_default();
        Self { log: log.name.clone(), line: number, rank: log.rank, live: log.live, after: None }
    }

    /// A line behind all others of the file.
    fn at_end(log: &Log) -> Self {
        Self { log: log.name.clone(), line: u64::MAX, rank: log.rank, live: log.live, after: None }
    }

    /// Whether a verdict that is newer than `proof` could stand here.
    pub(crate) fn could_hide_newer_than(&self, proof: &Review) -> bool {
        // An approval without a time counts as older than anything.
        if proof.at.is_none() {
            return true;
        }
        if self.log == proof.log {
            return self.line > proof.line;
        }
        self.live || !proof.live || self.after > proof.at
    }
}

/// Names damaged lines in a message: the first few, and how many more there are.
pub(crate) fn named<D: fmt::Display>(lines: &[D]) -> String {
    let named: Vec<String> = lines.iter().take(NAMED).map(ToString::to_string).collect();
    let more = lines.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", named.join(", "))
}

impl fmt::Display for DamagedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.log, self.line)
    }
}

/// The damaged lines that could hide something newer than any of `proofs`. `filter` tells lines that can
/// concern none of them.
pub(super) fn behind(
    logs: &[Log],
    proofs: &[Review],
    filter: &Filter,
) -> Result<Vec<DamagedLine>, Failure> {
    let mut found = look(logs, proofs, filter)?;
    for _ in 1..LOOKS {
        if found.is_empty() {
            break;
        }
        let again = look(logs, proofs, filter)?;
        found.retain(|line| again.contains(line));
    }
    found.sort();
    Ok(found)
}

fn look(logs: &[Log], proofs: &[Review], filter: &Filter) -> Result<Vec<DamagedLine>, Failure> {
    let mut found = Vec::new();
    for log in logs {
        let deciding = deciding(log, proofs);
        let matters = |line: &DamagedLine| deciding.iter().any(|p| line.could_hide_newer_than(p));
        if matters(&DamagedLine::at_end(log)) {
            for line in log.lines()? {
                let line = line?;
                let damaged = DamagedLine::of(log, &line);
                // Torn last lines were never acknowledged.
                if line.is_terminated() && matters(&damaged) && !is_entry(&line, filter) {
                    found.push(damaged);
                }
            }
        } else if let Some(oldest) = proofs.iter().filter_map(|p| p.at).min() {
            found.extend(newer_than(log, oldest, filter)?.into_iter().filter(matters));
        }
    }
    Ok(found)
}

/// The proofs that decide about the lines of `log`: a line that could hide something newer than any of
/// `proofs` could do so for one of these. There are four at most, however many documents were asked
/// about.
fn deciding<'a>(log: &Log, proofs: &'a [Review]) -> Vec<&'a Review> {
    let ours = || proofs.iter().filter(|proof| proof.log == log.name);
    let others = || proofs.iter().filter(|proof| proof.log != log.name);
    let timeless = proofs.iter().find(|proof| proof.at.is_none());
    let first = ours().min_by_key(|proof| proof.line);
    let settled = others().find(|proof| !proof.live);
    let oldest = others().min_by_key(|proof| proof.at);
    [timeless, first, settled, oldest].into_iter().flatten().collect()
}

/// The damaged lines of a history that stand behind an entry newer than `time`. A history is in
/// order of time, so only its end is read.
fn newer_than(log: &Log, time: Stamp, filter: &Filter) -> Result<Vec<DamagedLine>, Failure> {
    let mut offsets = Vec::new();
    let mut after = None;
    let mut waiting = Vec::new();
    for line in log.reverse()? {
        let line = line?;
        let at = line.decode::<AuditEntry>().ok().and_then(|entry| entry.at());
        match at {
            Some(at) if at > time => {
                after = after.max(Some(at));
                offsets.append(&mut waiting);
            }
            Some(_) => break,
            None if line.is_terminated() && !is_entry(&line, filter) => waiting.push(line.offset),
            None => {}
        }
    }
    if offsets.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for line in log.lines()? {
        let line = line?;
        if offsets.contains(&line.offset) {
            found.push(DamagedLine { after, ..DamagedLine::of(log, &line) });
        }
    }
    Ok(found)
}

/// Whether the line holds an entry. Where it can concern no review that is wanted, any object will do.
fn is_entry(line: &Line, filter: &Filter) -> bool {
    if filter.may_concern(&line.bytes) {
        line.decode::<AuditEntry>().is_ok()
    } else {
        line.decode::<AnyObject>().is_ok()
    }
}

/// An object of any content, checked as JSON and not kept.
struct AnyObject;

impl<'de> Deserialize<'de> for AnyObject {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = AnyObject;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AnyObject, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(AnyObject)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;
    use records::Verdict;

    use super::*;

    /// Two histories and two shards.
    fn log(rank: usize) -> Log {
        let name = format!("logs/{rank}.jsonl");
        Log { path: PathBuf::from(&name), name, rank, live: rank > 1, consumed: 0, old_end: None }
    }

    fn stamp(second: i64) -> Stamp {
        Stamp::new(jiff::Timestamp::from_second(second).unwrap())
    }

    fn proof((rank, line, at): (usize, u64, Option<i64>)) -> Review {
        let log = log(rank);
        Review {
            audit_id: None,
            verdict: Verdict::Approved,
            timestamp: None,
            at: at.map(stamp),
            flaw: None,
            sha256: None,
            path: None,
            model_verified: None,
            critique: None,
            log: log.name,
            rank,
            live: log.live,
            line,
        }
    }

    proptest! {
        #[test]
        fn the_deciding_proofs_decide_as_all_do(
            proofs in prop::collection::vec((0_usize..4, 1_u64..9, prop::option::weighted(0.9, 0_i64..9)), 0..8),
            rank in 0_usize..4, line in 1_u64..10, after in prop::option::of(0_i64..10),
        ) {
            let proofs: Vec<Review> = proofs.into_iter().map(proof).collect();
            let log = log(rank);
            let after = after.map(stamp).filter(|_| !log.live);
            let line = DamagedLine { log: log.name.clone(), line, rank, live: log.live, after };
            let all = proofs.iter().any(|p| line.could_hide_newer_than(p));
            let few = deciding(&log, &proofs);
            prop_assert!(few.len() <= 4);
            prop_assert_eq!(few.iter().any(|p| line.could_hide_newer_than(p)), all);
        }
    }
}
