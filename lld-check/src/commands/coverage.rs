//! `lld-check coverage`.

use cli::{Exit, Failure, Out};
use records::lld_check::{Gate, IssueStanding, Standing, Trust};
use records::{IssueNumber, Reason};
use repo::Place;

use super::examine::{self, Examined};
use super::stdin;
use crate::gate::Located;
use crate::issues::{self, Issue, IssueList, LIST_COMMAND};
use crate::show;

/// What `gh` is asked for at most; a list of this length may have been cut.
const ASKED_FOR: usize = 1000;
/// Labels whose issues come first (runbook 0801, "Prioritize").
const FIRST: [&str; 3] = ["security", "compliance", "safety"];

/// Shows where every open issue stands.
pub(super) fn run(place: &Place, out: &mut Out, from_stdin: bool) -> Result<Exit, Failure> {
    let list = list(place, out, from_stdin)?;
    let open: Vec<&Issue> = list.issues.iter().filter(|issue| issue.is_open()).collect();
    let closed = list.issues.len() - open.len();
    if closed > 0 {
        out.note(&format!("closed issues left out: {closed}"));
    }
    let numbers: Vec<IssueNumber> = open.iter().map(|issue| issue.number).collect();
    let examined = examine::issues(place, out, Some(&list), &numbers, (Trust::Audit, None))?;

    let mut worst = None;
    let mut standings = Vec::with_capacity(open.len());
    for (issue, examined) in open.into_iter().zip(examined) {
        let Examined { gate, located } = examined;
        let mut no_lld = None;
        let mut waivers = Vec::new();
        let (standing, reasons) = match gate {
            Ok(gate) => {
                let standing = standing(&gate, &located);
                (no_lld, waivers) = (gate.no_lld, gate.waivers);
                (standing, gate.reasons)
            }
            Err(failure) => {
                // One document that cannot be judged does not hide the others.
                let reason = Reason::without_step("lld_damaged", failure.to_string());
                worst = worst.or(Some(failure));
                (Standing::NeedsReview, vec![reason])
            }
        };
        let lld = match located {
            Located::Active(path) | Located::Done(path) => Some(path),
            Located::Ambiguous(paths) => paths.into_iter().next(),
            Located::Missing => None,
        };
        let (title, labels) = (issue.title.clone(), issue.labels());
        standings.push(IssueStanding {
            issue: issue.number,
            title,
            labels,
            standing,
            lld,
            no_lld,
            waivers,
            reasons,
        });
    }
    standings.sort_by_key(|s| (s.standing, !comes_first(s), s.issue));

    if out.is_json() {
        for standing in &standings {
            out.print(standing, |_, _| {})?;
        }
    }
    out.page(|page| show::coverage(&standings, page))?;
    worst.map_or(Ok(Exit::Yes), Err)
}

/// The list from where it was asked for. A list that was read is remembered.
fn list(place: &Place, out: &Out, from_stdin: bool) -> Result<IssueList, Failure> {
    let (source, bytes) = if from_stdin {
        ("stdin", stdin()?)
    } else {
        match issues::from_gh(place.worktree()) {
            Ok(bytes) => ("gh issue list", bytes),
            Err(why) => {
                let Some(list) = issues::recall(place)? else {
                    return Err(Failure::world("no list of issues", why)
                        .hint(format!("{LIST_COMMAND} | lld-check coverage -")));
                };
                out.note(&format!("{why}; using the list that was remembered"));
                return Ok(list);
            }
        }
    };
    let list = IssueList::parse(source, &bytes)?;
    if !from_stdin && list.issues.len() >= ASKED_FOR {
        out.note(&format!("gh gave {ASKED_FOR} issues; there may be more"));
    }
    issues::remember(place, &bytes)?;
    Ok(list)
}

/// The runbook's group for a gate's answer.
fn standing(gate: &Gate, located: &Located) -> Standing {
    let said = |code: &str| gate.reasons.iter().any(|reason| reason.code == code);
    match located {
        _ if gate.open && gate.no_lld.is_some() => Standing::NoLldNeeded,
        _ if gate.open => Standing::MayStart,
        Located::Done(_) => Standing::Done,
        Located::Missing => Standing::NeedsLld,
        _ if said("review_revise") || said("review_blocked") => Standing::Blocked,
        Located::Active(_) | Located::Ambiguous(_) => Standing::NeedsReview,
    }
}

/// Whether a label has one of the words that put an issue first, as in `type: security`.
fn comes_first(standing: &IssueStanding) -> bool {
    let words = standing.labels.iter().flat_map(|l| l.split(|c: char| !c.is_alphanumeric()));
    let mut words = words.map(str::to_lowercase);
    words.any(|word| FIRST.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_come_first() {
        let labelled = |label: &str| IssueStanding {
            issue: IssueNumber(1),
            title: String::new(),
            labels: vec!["core".into(), label.into()],
            standing: Standing::NeedsLld,
            lld: None,
            no_lld: None,
            waivers: Vec::new(),
            reasons: Vec::new(),
        };
        for label in ["security", "Compliance", "type: safety", "area/security"] {
            assert!(comes_first(&labelled(label)), "{label}");
        }
        for label in ["insecurity", "feature", ""] {
            assert!(!comes_first(&labelled(label)), "{label}");
        }
    }
}
