//! "Tests pass": what the merge queue ran on the branch's content, else what the test report states.

use records::{Condition, Evidence, EvidenceResult, EvidenceSource, IssueNumber, Reason};
use repo::canonical_command;

use super::answer::Finding;
use crate::queue::Queue;
use crate::reports::Report;

const CODE: &str = "tests_passed";

/// What it rests on.
pub(super) struct Tests<'a> {
    /// The issue.
    pub(super) issue: IssueNumber,
    /// The commit that the branch stands at.
    pub(super) commit: &'a str,
    /// Its tree: results hold for content, as in the merge queue.
    pub(super) tree: &'a str,
    /// What the queue has on record.
    pub(super) queue: &'a Queue,
    /// The test report with its path, if there is one to read.
    pub(super) report: Option<(&'a str, &'a Report)>,
}

impl Tests<'_> {
    /// Whether each acceptance check of the issue's tasks passed in its newest run on this content, and
    /// no other command failed in its newest. Where no check is asked for and none was run, the counts of
    /// the test report count.
    pub(super) fn judge(&self) -> Finding {
        let issue = self.issue;
        let evidence = |command: &str| format!("merge-queue evidence {issue} -- {command}");
        if let Some(damage) = &self.queue.damage {
            let message = format!("the merge queue's journal cannot be relied upon: {damage}");
            return finding(vec![Reason::new("journal_damaged", message, "merge-queue validate")]);
        }
        let newest = self.newest();
        let mut reasons = Vec::new();
        for (seq, run) in newest.iter().filter(|(_, run)| run.result != EvidenceResult::Pass) {
            let why = match (&run.reason, run.exit_status) {
                (Some(reason), _) => reason.clone(),
                (None, Some(status)) => format!("status {status}"),
                (None, None) => "ended by a signal".into(),
            };
            let message = format!("event {seq}: '{}' failed on this content: {why}", run.command);
            reasons.push(Reason::new("tests_failed", message, evidence(&run.command)));
        }
        for check in &self.queue.checks {
            let command = canonical_command(check);
            if newest.iter().all(|(_, run)| run.command != command) {
                let message = format!("'{check}' was not run on this content");
                reasons.push(Reason::new("tests_not_run", message, evidence(&command)));
            }
        }
        if !reasons.is_empty() {
            return finding(reasons);
        }
        if !newest.is_empty() {
            let passed = newest.iter().map(|(seq, run)| format!("event {seq}: {}", run.command));
            let detail = passed.collect::<Vec<_>>().join("; ");
            return (Condition::met(CODE, detail), Vec::new());
        }
        self.reported()
    }

    /// The newest run of each command on this content. A result that somebody typed is no run.
    fn newest(&self) -> Vec<(u64, &Evidence)> {
        let mut newest: Vec<(u64, &Evidence)> = Vec::new();
        for (seq, run) in self.queue.runs().rev() {
            let here = match &run.tree {
                Some(tree) => tree == self.tree,
                None => run.commit == self.commit,
            };
            let ran = run.source == EvidenceSource::Ran;
            if here && ran && newest.iter().all(|(_, newer)| newer.command != run.command) {
                newest.push((seq, run));
            }
        }
        newest.reverse();
        newest
    }

    /// The counts of the test report: a statement, and named as one.
    fn reported(&self) -> Finding {
        let issue = self.issue;
        let next = format!("merge-queue evidence {issue} -- COMMAND");
        let Some((path, report)) = self.report else {
            let message =
                "no test run is on record for this content, and no test report states one";
            return finding(vec![Reason::new("tests_not_run", message, next)]);
        };
        let counts = report.counts;
        let stated =
            [(counts.passed, "passed"), (counts.failed, "failed"), (counts.skipped, "skipped")];
        let stated = stated.iter().filter_map(|(n, what)| Some(format!("{} {what}", (*n)?)));
        let stated = stated.collect::<Vec<_>>().join(", ");
        let place = format!("{path}:{}", counts.line.unwrap_or(1));
        if counts.all_passed() {
            let detail = format!("{place} states {stated}; no run is on record");
            return (Condition::met(CODE, detail), Vec::new());
        }
        let (code, message) = if counts.failed.is_some_and(|failed| failed > 0) {
            ("tests_failed", format!("{place} states {stated}"))
        } else {
            let message =
                format!("no test run is on record for this content, and {place} states no result");
            ("tests_not_run", message)
        };
        finding(vec![Reason::new(code, message, next)])
    }
}

fn finding(reasons: Vec<Reason>) -> Finding {
    let messages: Vec<&str> = reasons.iter().map(|r| r.message.as_str()).collect();
    (Condition::unmet(CODE, messages.join("; ")), reasons)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports;
    use proptest::prelude::*;
    use records::QueueEvent;

    fn event(seq: u64, run: (&str, bool, bool, bool)) -> QueueEvent {
        let (command, pass, here, ran) = run;
        serde_json::from_value(serde_json::json!({
            "seq": seq, "at": "2026-01-24T18:30:45.000Z", "actor": "a", "task": "A", "kind": "evidence",
            "evidence": {
                "command": command, "exit_status": i32::from(!pass), "result": if pass { "pass" } else { "fail" },
                "commit": "c", "tree": if here { "t" } else { "u" }, "started_at": "2026-01-24T18:30:45.000Z",
                "duration_ms": 1, "output_tail": "", "source": if ran { "ran" } else { "declared" },
            },
        }))
        .unwrap()
    }

    fn judged(checks: &[&str], runs: &[(&str, bool, bool, bool)], report: Option<&str>) -> bool {
        let events = (1..).zip(runs).map(|(seq, run)| event(seq, *run)).collect();
        let checks = checks.iter().map(|c| (*c).to_owned()).collect();
        let queue = Queue { checks, events, ..Queue::default() };
        let report = report.map(reports::test);
        let report = report.as_ref().map(|report| ("r.md", report));
        let tests = Tests { issue: IssueNumber(7), commit: "c", tree: "t", queue: &queue, report };
        let (condition, reasons) = tests.judge();
        assert_eq!(condition.met, reasons.is_empty(), "{condition:?}");
        condition.met
    }

    #[test]
    fn the_report_counts_only_where_the_queue_has_nothing() {
        const GOOD: &str = "12 passed, 0 failed";
        for (checks, runs, report, expected) in [
            (&[][..], &[][..], None, false),
            (&[], &[], Some(GOOD), true),
            (&[], &[], Some("11 passed, 1 failed"), false),
            (&[], &[], Some("0 passed, 0 failed"), false),
            (&[], &[], Some("all passed"), false),
            (&["a b"], &[], Some(GOOD), false),
            (&["a  'b'"], &[("a b", true, true, true)], None, true),
            (&["a"], &[("a", true, false, true)], Some(GOOD), false),
            (&["a"], &[("a", true, true, false)], Some(GOOD), false),
            (&[], &[("a", false, true, true)], Some(GOOD), false),
            (&[], &[("a", false, false, true)], Some(GOOD), true),
        ] {
            assert_eq!(judged(checks, runs, report), expected, "{checks:?} {runs:?} {report:?}");
        }
    }

    proptest! {
        #[test]
        fn a_newer_failure_closes_and_only_a_newer_run_here_opens(
            runs in prop::collection::vec(("a|b|c", any::<bool>(), any::<bool>(), any::<bool>()), 0..6), good in any::<bool>(),
        ) {
            let borrowed: Vec<(&str, bool, bool, bool)> =
                runs.iter().map(|(c, p, h, r)| (c.as_str(), *p, *h, *r)).collect();
            let report = good.then_some("12 passed, 0 failed");
            let before = judged(&["a"], &borrowed, report);
            let newest = borrowed.iter().rfind(|run| run.0 == "a" && run.2 && run.3);
            prop_assert!(!before || newest.is_some_and(|run| run.1), "the check has passed here");
            for command in ["a", "b"] {
                let mut after = borrowed.clone();
                after.push((command, false, true, true));
                prop_assert!(!judged(&["a"], &after, report));
                // A result for other content, or one that somebody typed, changes nothing.
                for (here, ran) in [(false, true), (true, false)] {
                    let mut after = borrowed.clone();
                    after.push((command, true, here, ran));
                    prop_assert_eq!(judged(&["a"], &after, report), before);
                }
            }
        }
    }
}
