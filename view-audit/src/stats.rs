//! Counting entries.

use std::collections::HashMap;

use audit_log::Facts;
use records::view_audit::Stats;
use records::{IssueNumber, Verdict};

use crate::args::By;
use crate::stats_keys::Keys;

/// What is counted of one group.
#[derive(Debug, Default)]
struct Group {
    stats: Stats,
    rotated: u64,
    says_rotated: u64,
    rounds: u64,
    durations: Vec<u64>,
}

/// What is counted of an entry. Its keys are numbers that [`Counts`] knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    keys: [u32; KINDS],
    issue: Option<IssueNumber>,
    verdict: Option<Verdict>,
    failed: bool,
    rotated: Option<bool>,
    duration_ms: Option<u64>,
}

/// How many things there are to group by.
const KINDS: usize = By::Day as usize + 1;

/// Counts of entries that are added oldest first.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    all: u64,
    /// For each thing to group by, the groups by the numbers of their keys; one group without any.
    by: Vec<(Option<By>, Vec<Group>)>,
    /// The keys of each kind that is grouped by, or that tells subjects apart.
    keys: [Keys; KINDS],
    /// What is counted of entries with the same words, by the number that these have.
    alike: Vec<Option<Row>>,
    /// Verdicts since the last approval, by project, issue and node.
    open: HashMap<(u32, IssueNumber, u32), u64>,
}

impl Counts {
    /// Nothing yet; without anything to group by, all entries are one group.
    pub(crate) fn new(by: &[By]) -> Self {
        let mut by: Vec<_> = by.iter().map(|by| (Some(*by), Vec::new())).collect();
        if by.is_empty() {
            by.push((None, vec![Group::default()]));
        }
        Self { by, ..Self::default() }
    }

    /// What is to be counted of an entry of the log of `project`.
    pub(crate) fn row(&mut self, facts: &Facts<'_>, project: Option<&str>) -> Row {
        let verdict = facts.verdict();
        let has_rounds = verdict.is_some() && facts.issue.is_some();
        let mut keys = [0; KINDS];
        let subject = [By::Project, By::Node].into_iter().filter(|_| has_rounds);
        for by in self.by.iter().filter_map(|(by, _)| *by).chain(subject) {
            let known = self.keys.get_mut(by as usize);
            let number = known.map(|known| known.number(by, facts, verdict, project));
            if let Some((key, number)) = keys.get_mut(by as usize).zip(number) {
                *key = number;
            }
        }
        Row {
            keys,
            issue: facts.issue,
            verdict,
            failed: facts.is_failed(),
            rotated: facts.rotated,
            duration_ms: facts.duration_ms,
        }
    }

    /// As [`Counts::row`], where entries with the same `words` differ only in instant, issue and duration.
    pub(crate) fn alike(&mut self, words: usize, facts: &Facts<'_>, project: Option<&str>) -> Row {
        if self.alike.len() <= words {
            self.alike.resize(words + 1, None);
        }
        let known = self.alike.get(words).copied().flatten();
        let Some(mut row) = known.filter(|row| row.issue.is_some() || facts.issue.is_none()) else {
            let row = self.row(facts, project);
            if let Some(alike) = self.alike.get_mut(words) {
                *alike = Some(row);
            }
            return row;
        };
        (row.issue, row.duration_ms) = (facts.issue, facts.duration_ms);
        for (by, _) in &self.by {
            if let Some(by @ (By::Issue | By::Day)) = *by
                && let Some(keys) = self.keys.get_mut(by as usize)
                && let Some(key) = row.keys.get_mut(by as usize)
            {
                *key = keys.number(by, facts, row.verdict, project);
            }
        }
        row
    }

    /// Adds an entry.
    pub(crate) fn add(&mut self, row: Row) {
        self.all += 1;
        let rounds = self.rounds(&row);
        for (by, groups) in &mut self.by {
            let number = by.map_or(0, |by| row.key(by)) as usize;
            if groups.len() <= number {
                groups.resize_with(number + 1, Group::default);
            }
            if let Some(group) = groups.get_mut(number) {
                group.add(&row, rounds);
            }
        }
    }

    /// For an approval of an issue, how many verdicts it took.
    fn rounds(&mut self, row: &Row) -> Option<u64> {
        let verdict = row.verdict?;
        let subject = (row.key(By::Project), row.issue?, row.key(By::Node));
        let open = self.open.entry(subject).or_default();
        *open += 1;
        (verdict == Verdict::Approved).then(|| std::mem::take(open))
    }

    /// The groups: days and issues in their order, others from the largest.
    pub(crate) fn finish(self) -> Vec<(Option<By>, Vec<Stats>)> {
        let Self { all, by, keys, .. } = self;
        let finish = |(by, groups): (Option<By>, Vec<Group>)| {
            let key = |number| keys.get(by? as usize)?.name(number);
            let mut stats: Vec<Stats> = groups
                .into_iter()
                .enumerate()
                .filter(|(_, group)| by.is_none() || group.stats.entries > 0)
                .map(|(number, group)| group.finish(by, key(number), all))
                .collect();
            stats.sort_by(|one, other| one.key.cmp(&other.key));
            match by {
                Some(By::Issue) => {
                    stats.sort_by_key(|s| s.key.as_ref().and_then(|k| k.parse::<u64>().ok()));
                }
                Some(By::Day) | None => {}
                Some(_) => stats.sort_by_key(|s| std::cmp::Reverse(s.entries)),
            }
            (by, stats)
        };
        by.into_iter().map(finish).collect()
    }
}

impl Row {
    fn key(&self, by: By) -> u32 {
        self.keys.get(by as usize).copied().unwrap_or_default()
    }
}

impl Group {
    fn add(&mut self, row: &Row, rounds: Option<u64>) {
        self.stats.entries += 1;
        let count = match row.verdict {
            _ if row.failed => &mut self.stats.failed,
            Some(Verdict::Approved) => &mut self.stats.approved,
            Some(Verdict::Revise) => &mut self.stats.revise,
            Some(Verdict::Blocked) => &mut self.stats.blocked,
            None => &mut self.stats.other,
        };
        *count += 1;
        if let Some(rounds) = rounds {
            self.rounds += rounds;
            // Counted apart from `approved`, because an approval of no issue has no rounds.
            self.stats.rounds_to_approval =
                Some(self.stats.rounds_to_approval.unwrap_or(0.0) + 1.0);
        }
        self.says_rotated += u64::from(row.rotated.is_some());
        self.rotated += u64::from(row.rotated == Some(true));
        self.durations.extend(row.duration_ms);
    }

    fn finish(mut self, by: Option<By>, key: Option<String>, all: u64) -> Stats {
        let Stats { approved, revise, blocked, entries, .. } = self.stats;
        let approvals = self.stats.rounds_to_approval;
        Stats {
            by: by.map(|by| word(by).to_owned()),
            key,
            share: share(entries, all).unwrap_or(0.0),
            approval_rate: share(approved, approved + revise + blocked),
            rounds_to_approval: approvals.map(|approvals| real(self.rounds) / approvals),
            rotation_share: share(self.rotated, self.says_rotated),
            timed: self.durations.len() as u64,
            duration_p50_ms: rank(&mut self.durations, 50),
            duration_p95_ms: rank(&mut self.durations, 95),
            duration_p99_ms: rank(&mut self.durations, 99),
            ..self.stats
        }
    }
}

/// The smallest value that at least `percent` of the values do not exceed.
fn rank(values: &mut [u64], percent: usize) -> Option<u64> {
    let at = (values.len() * percent).div_ceil(100).checked_sub(1)?;
    (at < values.len()).then(|| *values.select_nth_unstable(at).1)
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| real(part) / real(whole))
}

#[expect(clippy::cast_precision_loss, reason = "no log has 2^53 entries")]
fn real(count: u64) -> f64 {
    count as f64
}

/// What the format calls it.
pub(crate) fn word(by: By) -> &'static str {
    match by {
        By::Verdict => "verdict",
        By::Node => "node",
        By::Model => "model",
        By::Credential => "credential",
        By::Issue => "issue",
        By::Project => "project",
        By::Day => "day",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rounds_rates_and_ranks() {
        let mut counts = Counts::new(&[By::Verdict]);
        let add = |counts: &mut Counts, rest: &str| {
            let line = format!("{{\"issue_id\":98,\"node\":\"n\",{rest}}}");
            let row = counts.row(&Facts::of(line.as_bytes()).unwrap(), None);
            counts.add(row);
        };
        add(&mut counts, r#""verdict":"BLOCK","duration_ms":10,"rotation_occurred":true"#);
        add(&mut counts, r#""verdict":"REVISE","duration_ms":20"#);
        add(&mut counts, r#""verdict":"APPROVED","outcome":"failed""#);
        add(&mut counts, r#""verdict":"APPROVE","duration_ms":30,"rotation_occurred":false"#);
        add(&mut counts, r#""verdict":"APPROVED","duration_ms":50"#);
        let groups = counts.finish().remove(0).1;
        let keys: Vec<_> = groups.iter().map(|g| (g.key.as_deref().unwrap(), g.entries)).collect();
        assert_eq!(keys, [("APPROVED", 2), ("BLOCKED", 1), ("REVISE", 1), ("failed", 1)]);
        assert_eq!(groups[0].rounds_to_approval, Some(2.0));
        assert_eq!((groups[0].share, groups[0].rotation_share), (0.4, Some(0.0)));
        assert_eq!((groups[0].duration_p50_ms, groups[0].duration_p95_ms), (Some(30), Some(50)));
        assert_eq!((groups[1].rotation_share, groups[3].duration_p50_ms), (Some(1.0), None));
    }

    proptest! {
        /// By the definition of nearest rank.
        #[test]
        fn no_smaller_value_reaches_the_share(mut values in proptest::collection::vec(0..50_u64, 1..60), percent in 1..=100_usize) {
            let found = rank(&mut values, percent).unwrap();
            let reach = |bound: u64| values.iter().filter(|v| **v <= bound).count() * 100 >= percent * values.len();
            prop_assert!(reach(found));
            prop_assert!(values.iter().all(|v| *v >= found || !reach(*v)));
        }
    }
}
