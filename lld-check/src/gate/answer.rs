//! Putting an answer together from its conditions.

use records::lld_check::{BranchDiff, Gate, Proof, Trust, Waiver};
use records::{Condition, IssueNumber, Reason};

use super::waiver::standing_in;

/// A condition with every reason why it is not met.
pub(crate) type Finding = (Condition, Vec<Reason>);

/// What an answer is made from.
pub(crate) struct Parts {
    /// The issue.
    pub(crate) issue: IssueNumber,
    /// The gate.
    pub(crate) phase: &'static str,
    /// What may prove an approval.
    pub(crate) trust: Trust,
    /// The conditions in the runbook's order.
    pub(crate) findings: Vec<Finding>,
    /// What proves the approval.
    pub(crate) proof: Option<Proof>,
    /// The rule because of which no LLD is needed.
    pub(crate) no_lld: Option<String>,
    /// The issue's waivers for this gate.
    pub(crate) waivers: Vec<Waiver>,
    /// The branch that was judged.
    pub(crate) diff: Option<BranchDiff>,
}

/// Open only when each condition is met, or a waiver stands in for it.
pub(crate) fn answer(parts: Parts) -> Gate {
    let Parts { issue, phase, trust, findings, proof, no_lld, waivers, diff } = parts;
    let mut conditions = Vec::new();
    let mut reasons = Vec::new();
    let mut waived = Vec::new();
    let mut open = true;
    for (mut condition, found) in findings {
        if !condition.met || !found.is_empty() {
            if let Some(waiver) = standing_in(&waivers, &condition.code) {
                let Waiver { by, at, reason, .. } = waiver;
                condition.detail =
                    format!("waived by {by} on {at}: {reason} ({})", condition.detail);
                waived.push(condition.code.clone());
            } else {
                open = false;
                reasons.extend(found);
            }
        }
        conditions.push(condition);
    }
    if !open && reasons.is_empty() {
        // A waiver of one condition does not say what the others rest on.
        let missing = conditions.iter().filter(|c| !c.met && !waived.contains(&c.code));
        let codes: Vec<&str> = missing.map(|c| c.code.as_str()).collect();
        let message = format!("nobody waived {}", codes.join(", "));
        reasons.push(Reason::without_step("condition_unmet", message));
    }
    Gate {
        issue,
        phase: phase.into(),
        trust,
        open,
        conditions,
        reasons,
        no_lld,
        waived,
        waivers,
        diff,
        proof,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::waiver::WAIVABLE;
    use proptest::prelude::*;
    use records::Stamp;
    use records::lld_check::WaiverState;

    fn waiver(conditions: &[&str], state: WaiverState) -> Waiver {
        Waiver {
            issue: IssueNumber(7),
            phase: "code".into(),
            conditions: conditions.iter().map(|c| (*c).into()).collect(),
            by: "Jo".into(),
            at: Stamp::new(jiff::Timestamp::UNIX_EPOCH),
            reason: "outage".into(),
            state,
            ended: None,
        }
    }

    fn finding(code: &str, met: bool) -> Finding {
        if met {
            (Condition::met(code, "there"), Vec::new())
        } else {
            (Condition::unmet(code, "missing"), vec![Reason::without_step(code, "missing")])
        }
    }

    fn gate(findings: Vec<Finding>, waivers: Vec<Waiver>) -> Gate {
        let (issue, phase) = (IssueNumber(7), "code");
        answer(Parts {
            issue,
            phase,
            trust: Trust::Audit,
            findings,
            proof: None,
            no_lld: None,
            waivers,
            diff: None,
        })
    }

    proptest! {
        #[test]
        fn a_failing_condition_never_opens_and_a_waiver_never_meets(
            mut mets in prop::collection::vec(any::<bool>(), 4), added in any::<bool>(), at in 0_usize..4,
            holds in any::<bool>(), covers in prop::sample::subsequence(WAIVABLE.to_vec(), 0..=3),
        ) {
            const CODES: [&str; 4] = ["issue_known", "lld_present", "lld_filled", "lld_approved"];
            let state = if holds { WaiverState::Holds } else { WaiverState::Outdated };
            let findings = |mets: &[bool]| CODES.iter().zip(mets).map(|(c, m)| finding(c, *m)).collect::<Vec<_>>();
            let before = gate(findings(&mets), vec![waiver(&covers, state)]);
            for (condition, met) in before.conditions.iter().zip(&mets) {
                prop_assert_eq!(condition.met, *met, "a waiver leaves a condition as it is");
            }
            let expected = CODES.iter().zip(&mets).all(|(c, met)| *met || (holds && covers.contains(c)));
            prop_assert_eq!(before.open, expected);
            prop_assert_eq!(before.open, before.reasons.is_empty());
            prop_assert!(gate(findings(&mets), Vec::new()).open <= before.open);
            mets[at] &= added;
            prop_assert!(gate(findings(&mets), vec![waiver(&covers, state)]).open <= before.open);
        }
    }
}
