//! What to do next in a project.

use records::lld_check::{IssueStanding, Standing};

use super::{comes_first, first_label, starts};
use crate::document::name::slug_of;
use crate::document::slug;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Next {
    /// What to do, such as `start #98`.
    pub(crate) what: String,
    /// The command that does it, or the step in words; in the checkout of the project.
    pub(crate) how: String,
    /// Whether `how` is a command.
    pub(crate) is_command: bool,
    /// A security, compliance or safety issue that waits for something else.
    pub(crate) also: Option<String>,
}

/// The next step: to start what may start, and among what waits first what has a label that puts it
/// first, then what is nearest to a start. `None` when nothing waits for anybody.
pub(crate) fn next(standings: &[IssueStanding]) -> Option<Next> {
    let first = standings.iter().filter(|s| is_open(s)).min_by_key(|s| {
        let starts = starts(s);
        (!starts, !comes_first(s), distance(s), s.issue)
    })?;
    let waits =
        |s: &&IssueStanding| comes_first(s) && !starts(s) && is_open(s) && s.issue != first.issue;
    let also = standings.iter().filter(waits).min_by_key(|s| (distance(s), s.issue));
    let also = also.filter(|_| !comes_first(first)).map(|s| format!("{} ({})", what(s), label(s)));
    let (how, is_command) = how(first);
    Some(Next { what: what(first), how, is_command, also })
}

/// Whether it waits for somebody. One that may start and has a lane does not: somebody is at work.
fn is_open(standing: &IssueStanding) -> bool {
    let at_work = starts(standing) && standing.lane.is_some();
    standing.standing != Standing::Done && !at_work
}

/// How far it is from a start.
fn distance(standing: &IssueStanding) -> u8 {
    match standing.standing {
        Standing::MayStart => 0,
        Standing::NoLldNeeded => 1,
        Standing::NeedsReview if is_ready(standing) => 2,
        Standing::Blocked => 3,
        Standing::NeedsReview => 4,
        Standing::NeedsLld => 5,
        Standing::Done => 6,
    }
}

/// Whether nothing but the review is missing.
fn is_ready(standing: &IssueStanding) -> bool {
    let ready = |code: &str| matches!(code, "lld_not_reviewed" | "approval_stale");
    standing.reasons.first().is_some_and(|reason| ready(&reason.code))
}

fn label(standing: &IssueStanding) -> &'static str {
    first_label(standing).unwrap_or("important")
}

fn what(standing: &IssueStanding) -> String {
    let issue = standing.issue;
    match standing.standing {
        Standing::MayStart | Standing::NoLldNeeded => format!("start #{issue}"),
        Standing::NeedsReview if is_ready(standing) => format!("get #{issue} reviewed"),
        Standing::NeedsReview => format!("make #{issue} ready for review"),
        Standing::NeedsLld => format!("write the LLD of #{issue}"),
        Standing::Blocked | Standing::Done => format!("rework #{issue}"),
    }
}

fn how(standing: &IssueStanding) -> (String, bool) {
    let issue = standing.issue;
    if starts(standing) {
        let named = standing.lld.as_deref().and_then(slug_of).map(ToOwned::to_owned);
        let slug = named.or_else(|| slug::from_title(&standing.title));
        let slug = slug.unwrap_or_else(|| "SLUG".into());
        return (format!("worktree-lane add {issue} {slug}"), true);
    }
    let step = standing.reasons.iter().find_map(|reason| reason.next.clone());
    let step = step.unwrap_or_else(|| format!("lld-check gate {issue}"));
    let is_command = step.starts_with("lld-check ") || step == "consolidate";
    (step, is_command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use records::{IssueNumber, Reason};

    const ALL: [Standing; 6] = [
        Standing::MayStart,
        Standing::NeedsReview,
        Standing::NeedsLld,
        Standing::NoLldNeeded,
        Standing::Blocked,
        Standing::Done,
    ];

    fn issue(number: u64, standing: Standing, label: &str) -> IssueStanding {
        IssueStanding {
            project: "talos".into(),
            root: "/talos".into(),
            issue: IssueNumber(number),
            title: String::new(),
            labels: vec![label.into()],
            standing,
            lld: None,
            no_lld: None,
            waivers: Vec::new(),
            proof: None,
            lane: None,
            reasons: vec![Reason::new("x", "", format!("lld-check gate {number}"))],
        }
    }

    #[test]
    fn what_may_start_is_started_and_what_has_priority_is_not_forgotten() {
        let issues = [
            issue(1, Standing::MayStart, ""),
            issue(2, Standing::NeedsLld, "security"),
            issue(3, Standing::Blocked, ""),
        ];
        let found = next(&issues).unwrap();
        assert_eq!((found.what.as_str(), found.is_command), ("start #1", true));
        assert_eq!(found.how, "worktree-lane add 1 SLUG");
        assert_eq!(found.also.as_deref(), Some("write the LLD of #2 (security)"));
        assert_eq!(next(&issues[1..]).unwrap().what, "write the LLD of #2");
        assert_eq!(next(&issues[2..]).unwrap().what, "rework #3");
        assert_eq!(next(&[issue(4, Standing::Done, "security")]), None);
    }

    proptest! {
        #[test]
        fn a_step_is_always_of_an_issue_that_waits_and_starts_only_what_may(
            given in prop::collection::vec((0..6_usize, prop::sample::select(vec!["", "security"])), 0..6),
        ) {
            let numbered = (1..).zip(given);
            let issues: Vec<IssueStanding> = numbered.map(|(n, (at, label))| issue(n, ALL[at], label)).collect();
            let waiting = issues.iter().any(|i| i.standing != Standing::Done);
            let found = next(&issues);
            prop_assert_eq!(found.is_some(), waiting);
            let Some(found) = found else { return Ok(()) };
            let may = issues.iter().any(starts);
            prop_assert_eq!(found.what.starts_with("start #"), may);
            let priority = issues.iter().any(|i| comes_first(i) && i.standing != Standing::Done);
            let is = |text: &str, i: &IssueStanding| text.split(' ').any(|word| word == format!("#{}", i.issue));
            let of = |text: &str| issues.iter().any(|i| comes_first(i) && is(text, i));
            let named = of(&found.what) || found.also.as_deref().is_some_and(of);
            prop_assert!(!priority || named, "{:?}", found);
        }
    }
}
