//! Which issues may start, and what to do next (runbook 0801, "Morning Standup Routine").

mod next;

use records::lld_check::{Gate, IssueStanding, Standing};

use crate::gate::Located;

pub(crate) use next::{Next, next};

/// Labels whose issues come first ("Security/compliance issues get priority").
const FIRST: [&str; 3] = ["security", "compliance", "safety"];

/// The runbook's group for a gate's answer.
pub(crate) fn standing(gate: &Gate, located: &Located) -> Standing {
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

/// Whether somebody may begin to code it.
pub(crate) fn starts(standing: &IssueStanding) -> bool {
    matches!(standing.standing, Standing::MayStart | Standing::NoLldNeeded)
}

/// Whether a label has one of the words that put an issue first, as in `type: security`.
pub(crate) fn comes_first(standing: &IssueStanding) -> bool {
    first_label(standing).is_some()
}

/// The word that puts the issue first.
pub(crate) fn first_label(standing: &IssueStanding) -> Option<&'static str> {
    let words = standing.labels.iter().flat_map(|l| l.split(|c: char| !c.is_alphanumeric()));
    let lower: Vec<String> = words.map(str::to_lowercase).collect();
    FIRST.into_iter().find(|first| lower.iter().any(|word| word == first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use records::IssueNumber;

    #[test]
    fn labels_that_come_first() {
        let labelled = |label: &str| IssueStanding {
            project: "talos".into(),
            root: "/talos".into(),
            issue: IssueNumber(1),
            title: String::new(),
            labels: vec!["core".into(), label.into()],
            standing: Standing::NeedsLld,
            lld: None,
            no_lld: None,
            waivers: Vec::new(),
            proof: None,
            lane: None,
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
