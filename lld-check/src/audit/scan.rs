//! Reading the audit log once for all verdicts that are wanted.

use std::collections::BTreeMap;
use std::path::Path;

use cli::Failure;
use journal::{Kind, Line};
use records::{AuditEntry, IssueNumber, Stamp};

use super::damage::{self, DamagedLine};
use super::filter::{Filter, Wanted};
use super::logs::{self, Log};
use super::moment::Moment;
use super::review::{Review, concerns};

/// How many bytes of lines that cannot be read are kept, to tell which issues they may concern. What
/// goes beyond may concern any.
const KEPT: usize = 16 << 20;
/// How often reading starts again because `consolidate` was at work meanwhile.
const ATTEMPTS: usize = 100;

/// What the log holds about one issue's LLD, or its implementation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IssueReviews {
    /// Every verdict, from the oldest to the newest.
    pub(crate) reviews: Vec<Review>,
    /// Calls that ended without a verdict.
    pub(crate) failed: usize,
}

/// What was found in one reading of the logs.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    logs: Vec<Log>,
    node: &'static str,
    by_issue: BTreeMap<IssueNumber, IssueReviews>,
    behind: Vec<DamagedLine>,
    /// Lines that may concern what was wanted and cannot be decoded, with what was loaded of them as
    /// far as that is kept.
    unreadable: Vec<(DamagedLine, Option<Line>)>,
    /// Bytes that are kept of them.
    kept: usize,
    /// Last lines that are torn: never acknowledged, so they count as not written.
    pub(crate) torn: Vec<DamagedLine>,
}

impl Scan {
    /// Reads the logs in the folder `dir` of the main worktree, which need not exist. `proofs` names
    /// the verdicts that an answer would rest on; damage that could hide newer ones is looked for.
    /// Stamps later than `now` order nothing.
    ///
    /// # Errors
    /// Exit 75 when the log changes faster than it can be read; 65 for a shard that is a link to
    /// nothing: nobody knows what it held.
    pub(crate) fn read(
        dir: &Path,
        wanted: Wanted,
        now: Stamp,
        proofs: impl Fn(&Self) -> Vec<Review>,
    ) -> Result<Self, Failure> {
        for _ in 0..ATTEMPTS {
            let moment = Moment::now(dir)?;
            let mut scan = Self::attempt(dir, wanted, now, &moment)?;
            for found in scan.by_issue.values_mut() {
                found.reviews.sort_by(Review::later);
            }
            let filter = Filter::of(wanted.node(), None);
            scan.behind = damage::behind(&scan.logs, &proofs(&scan), &filter)?;
            let all_there = all_there(&scan.logs)?;
            if all_there && Moment::now(dir)? == moment {
                return Ok(scan);
            }
        }
        Err(Failure::later(dir.display(), "the log changed again and again while it was read")
            .hint("run the command again in a moment"))
    }

    fn attempt(dir: &Path, wanted: Wanted, now: Stamp, moment: &Moment) -> Result<Self, Failure> {
        let mut scan = Self { logs: logs::list(dir)?, node: wanted.node(), ..Self::default() };
        let filter = Filter::new(wanted);
        moment.mend(&mut scan.logs)?;
        for log in scan.logs.clone() {
            for line in log.lines()? {
                scan.look_at(line?, &log, wanted, &filter, now);
            }
        }
        Ok(scan)
    }

    fn look_at(&mut self, line: Line, log: &Log, wanted: Wanted, filter: &Filter, now: Stamp) {
        // Of a line that is too long only the beginning is loaded.
        if line.kind == Kind::Whole && !filter.may_concern(&line.bytes) {
            return;
        }
        match line.decode::<AuditEntry>() {
            Ok(entry) => self.take(entry, log, line.number.unwrap_or_default(), wanted, now),
            Err(_) if !line.is_terminated() => self.torn.push(DamagedLine::of(log, &line)),
            Err(_) => {
                self.kept += line.bytes.len();
                let damaged = DamagedLine::of(log, &line);
                self.unreadable.push((damaged, (self.kept <= KEPT).then_some(line)));
            }
        }
    }

    fn take(&mut self, entry: AuditEntry, log: &Log, line: u64, wanted: Wanted, now: Stamp) {
        let Some(issue) = concerns(&entry, wanted.node()) else { return };
        if wanted.issue().is_some_and(|only| only != issue) {
            return;
        }
        let found = self.by_issue.entry(issue).or_default();
        match Review::of(entry, log, line, now) {
            Some(review) => found.reviews.push(review),
            None => found.failed += 1,
        }
    }

    /// What was found about one issue.
    pub(crate) fn of(&self, issue: IssueNumber) -> IssueReviews {
        self.by_issue.get(&issue).cloned().unwrap_or_default()
    }

    /// The damaged lines that could hold a verdict on this issue.
    pub(crate) fn unreadable(&self, issue: IssueNumber) -> Vec<DamagedLine> {
        let filter = Filter::of(self.node, Some(issue));
        let may = |line: &Line| line.kind != Kind::Whole || filter.may_concern(&line.bytes);
        let lines = self.unreadable.iter().filter(|(_, line)| line.as_ref().is_none_or(may));
        lines.map(|(damaged, _)| damaged.clone()).collect()
    }

    /// The damaged lines that could hide a verdict newer than `proof`.
    pub(crate) fn damage_behind(&self, proof: &Review) -> Vec<DamagedLine> {
        self.behind.iter().filter(|line| line.could_hide_newer_than(proof)).cloned().collect()
    }
}

/// Whether every shard that was read is still there; one that was folded in meanwhile is not.
fn all_there(logs: &[Log]) -> Result<bool, Failure> {
    let mut all = true;
    for log in logs.iter().filter(|log| log.live && !log.path.exists()) {
        if log.path.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
            return Err(Failure::damaged(&log.name, "it is a link that leads nowhere")
                .hint("put the log itself there"));
        }
        all = false;
    }
    Ok(all)
}
