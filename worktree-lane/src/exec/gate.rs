//! Whether a command may be run in a lane, as far as the claim on it goes: a pure function.

use records::Reason;

use crate::claim::{self, Standing};

/// Why not; `None` when it may.
///
/// A claimed lane is its owner's. Whoever names an owner relies on the claim, so it has to stand;
/// a lane that nobody has claimed is open to whoever names none.
pub(super) fn claim(lane: &str, standing: &Standing, owner: Option<&str>) -> Option<Reason> {
    match (standing, owner) {
        (Standing::Held(held), Some(owner)) if held.owner == owner => None,
        (Standing::Held(held), _) => Some(claim::claimed(lane, held)),
        (Standing::Free | Standing::Ended(..), Some(owner)) => {
            Some(claim::not_claimed(lane, owner, standing))
        }
        (Standing::Free | Standing::Ended(..), None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use records::LaneClaim;
    use records::worktree_lane::ClaimEnd;

    #[test]
    fn who_may_run_a_command() {
        let claim = LaneClaim {
            owner: "a".into(),
            since: "2026-01-24T18:30:45Z".parse().unwrap(),
            until: "2026-01-24T20:30:45Z".parse().unwrap(),
            process: None,
        };
        let held = Standing::Held(claim.clone());
        let ended = Standing::Ended(claim, ClaimEnd::Lease);
        let cases = [
            (&Standing::Free, None, None),
            (&Standing::Free, Some("a"), Some("not_claimed")),
            (&held, Some("a"), None),
            (&held, Some("b"), Some("claimed")),
            (&held, None, Some("claimed")),
            (&ended, None, None),
            (&ended, Some("a"), Some("claim_ended")),
            (&ended, Some("b"), Some("claim_ended")),
        ];
        for (standing, owner, code) in cases {
            let reason = super::claim("98", standing, owner);
            assert_eq!(reason.map(|r| r.code).as_deref(), code, "{standing:?} {owner:?}");
        }
    }
}
