//! Counting entries.

use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;
use records::view_audit::Stats;
use records::{AuditEntry, IssueNumber, Verdict};

use crate::args::By;
use crate::filter::{is_failed, model};

/// What is counted of one group.
#[derive(Debug, Default)]
struct Group {
    stats: Stats,
    rotated: u64,
    says_rotated: u64,
    rounds: u64,
    durations: Vec<u64>,
}

type Groups = BTreeMap<Option<String>, Group>;

/// Of one subject: its project, issue and node.
type Subject = (Option<String>, IssueNumber, Option<String>);

/// Counts of entries that are added oldest first.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    all: u64,
    /// For each thing to group by, the groups by their keys.
    by: Vec<(Option<By>, Groups)>,
    /// Verdicts since the last approval.
    open: HashMap<Subject, u64>,
}

impl Counts {
    /// Nothing yet; without anything to group by, all entries are one group.
    pub(crate) fn new(by: &[By]) -> Self {
        let mut by: Vec<_> = by.iter().map(|by| (Some(*by), BTreeMap::new())).collect();
        if by.is_empty() {
            by.push((None, BTreeMap::from([(None, Group::default())])));
        }
        Self { by, ..Self::default() }
    }

    /// Adds an entry of the log of `project`.
    pub(crate) fn add(&mut self, entry: &AuditEntry, project: Option<&str>) {
        self.all += 1;
        let project = entry.project.as_deref().or(project);
        let rounds = self.rounds(entry, project);
        for (by, groups) in &mut self.by {
            let key = by.and_then(|by| key(by, entry, project));
            groups.entry(key).or_default().add(entry, rounds);
        }
    }

    /// For an approval of an issue, how many verdicts it took.
    fn rounds(&mut self, entry: &AuditEntry, project: Option<&str>) -> Option<u64> {
        let verdict = entry.verdict()?;
        let subject = (project.map(str::to_owned), entry.issue_id?, entry.node.clone());
        let open = self.open.entry(subject).or_default();
        *open += 1;
        (verdict == Verdict::Approved).then(|| std::mem::take(open))
    }

    /// The groups: days and issues in their order, others from the largest.
    pub(crate) fn finish(self) -> Vec<(Option<By>, Vec<Stats>)> {
        let all = self.all;
        let finish = |(by, groups): (Option<By>, Groups)| {
            let mut stats: Vec<Stats> =
                groups.into_iter().map(|(key, group)| group.finish(by, key, all)).collect();
            match by {
                Some(By::Issue) => {
                    stats.sort_by_key(|s| s.key.as_ref().and_then(|k| k.parse::<u64>().ok()));
                }
                Some(By::Day) | None => {}
                Some(_) => stats.sort_by_key(|s| std::cmp::Reverse(s.entries)),
            }
            (by, stats)
        };
        self.by.into_iter().map(finish).collect()
    }
}

impl Group {
    fn add(&mut self, entry: &AuditEntry, rounds: Option<u64>) {
        self.stats.entries += 1;
        let count = match entry.verdict() {
            _ if is_failed(entry) => &mut self.stats.failed,
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
        self.says_rotated += u64::from(entry.rotation_occurred.is_some());
        self.rotated += u64::from(entry.rotation_occurred == Some(true));
        self.durations.extend(entry.duration_ms);
    }

    fn finish(mut self, by: Option<By>, key: Option<String>, all: u64) -> Stats {
        self.durations.sort_unstable();
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
            duration_p50_ms: rank(&self.durations, 50),
            duration_p95_ms: rank(&self.durations, 95),
            duration_p99_ms: rank(&self.durations, 99),
            ..self.stats
        }
    }
}

/// The smallest value that at least `percent` of the values do not exceed.
fn rank(sorted: &[u64], percent: usize) -> Option<u64> {
    let at = (sorted.len() * percent).div_ceil(100).checked_sub(1)?;
    sorted.get(at).copied()
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| real(part) / real(whole))
}

#[expect(clippy::cast_precision_loss, reason = "no log has 2^53 entries")]
fn real(count: u64) -> f64 {
    count as f64
}

fn key(by: By, entry: &AuditEntry, project: Option<&str>) -> Option<String> {
    match by {
        By::Verdict if is_failed(entry) => Some("failed".into()),
        By::Verdict => match entry.verdict() {
            Some(verdict) => Some(verdict.to_string()),
            None => entry.verdict.clone(),
        },
        By::Node => entry.node.clone(),
        By::Model => model(entry).cloned(),
        By::Credential => entry.credential_used.clone(),
        By::Issue => entry.issue_id.map(|issue| issue.to_string()),
        By::Project => project.map(str::to_owned),
        By::Day => {
            let at = entry.at()?.instant().to_zoned(TimeZone::UTC);
            Some(at.date().to_string())
        }
    }
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
            counts.add(&audit_log::read_entry(line.as_bytes()), None);
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
            values.sort_unstable();
            let found = rank(&values, percent).unwrap();
            let reach = |bound: u64| values.iter().filter(|v| **v <= bound).count() * 100 >= percent * values.len();
            prop_assert!(reach(found));
            prop_assert!(values.iter().all(|v| *v >= found || !reach(*v)));
        }
    }
}
