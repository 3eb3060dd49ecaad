//! Whether the base is merged or the lane is rebased: a pure function of what is known.

use records::Reason;
use records::worktree_lane::SyncWay as Way;

/// What decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// What the command line says.
    pub(super) asked: Option<Way>,
    /// What `lanes.sync` says.
    pub(super) configured: Way,
    /// Whether a remote branch, another branch or a tag has commits of the lane's own: others may have
    /// built on them.
    pub(super) shared: bool,
    /// Whether a merge is among the lane's own commits. Written anew it would lose how it was solved.
    pub(super) merges: bool,
    /// Whether the base no longer has the commit that the lane was last based on. A merge would bring
    /// the commits back that were taken out of the base.
    pub(super) rewritten: bool,
}

/// The way, or every reason why there is none. `lane` and `base` are for the messages.
///
/// Without a flag or setting, a lane that nobody else can have is rebased, as the runbooks do it, and
/// any other is merged. A setting is a preference: where its way is closed, the other is taken. A flag
/// is an order.
///
/// With it comes why it is not the other way that was preferred.
pub(super) fn choose(
    known: Known,
    lane: &str,
    base: &str,
) -> Result<(Way, Option<String>), Vec<Reason>> {
    let preferred = known.asked.unwrap_or(known.configured);
    let other = match preferred {
        Way::Rebase => Way::Merge,
        Way::Merge => Way::Rebase,
    };
    let against_preferred = against(known, preferred, lane, base);
    if against_preferred.is_empty() {
        return Ok((preferred, None));
    }
    if known.asked.is_some() {
        return Err(against_preferred);
    }
    let against_other = against(known, other, lane, base);
    if against_other.is_empty() {
        let why: Vec<String> = against_preferred.into_iter().map(|why| why.message).collect();
        return Ok((other, Some(why.join("; "))));
    }
    Err(against_preferred.into_iter().chain(against_other).map(by_hand).collect())
}

fn against(known: Known, way: Way, lane: &str, base: &str) -> Vec<Reason> {
    let next = |flag: &str| repo::shell_words(["worktree-lane", "sync", lane, flag]);
    let mut all = Vec::new();
    match way {
        Way::Rebase => {
            if known.shared {
                let message = "a remote branch, another branch or a tag has commits of the lane, \
                               and others may build on them";
                all.push(Reason::new("shared", message, next("--merge")));
            }
            if known.merges {
                let message = "there are merges among the lane's commits";
                all.push(Reason::new("merge_commits", message, next("--merge")));
            }
        }
        Way::Merge if known.rewritten => {
            let message = format!("{base} was rewritten: a merge would bring its old commits back");
            all.push(Reason::new("base_rewritten", message, next("--rebase")));
        }
        Way::Merge => {}
    }
    all
}

/// When both ways are closed, neither is the next step.
fn by_hand(reason: Reason) -> Reason {
    Reason { next: None, ..reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn way() -> impl Strategy<Value = Option<Way>> {
        prop_oneof![Just(None), Just(Some(Way::Rebase)), Just(Some(Way::Merge))]
    }

    proptest! {
        #[test]
        fn no_way_is_taken_that_is_closed(
            asked in way(),
            configured in prop_oneof![Just(Way::Rebase), Just(Way::Merge)],
            shared: bool,
            merges: bool,
            rewritten: bool,
        ) {
            let known = Known { asked, configured, shared, merges, rewritten };
            match choose(known, "98", "origin/main") {
                Ok((Way::Rebase, _)) => prop_assert!(!shared && !merges && asked != Some(Way::Merge)),
                Ok((Way::Merge, _)) => prop_assert!(!rewritten && asked != Some(Way::Rebase)),
                Err(reasons) => {
                    prop_assert!(!reasons.is_empty());
                    let rebase_closed = shared || merges;
                    match asked {
                        Some(Way::Rebase) => prop_assert!(rebase_closed),
                        Some(Way::Merge) => prop_assert!(rewritten),
                        None => prop_assert!(rebase_closed && rewritten),
                    }
                }
            }
        }
    }

    #[test]
    fn without_a_word_a_private_lane_is_rebased_and_a_shared_one_merged() {
        let way_of = |known, lane, base| choose(known, lane, base).map(|(way, _)| way);
        let known = Known {
            asked: None,
            configured: Way::Rebase,
            shared: false,
            merges: false,
            rewritten: false,
        };
        assert_eq!(way_of(known, "98", "b"), Ok(Way::Rebase));
        assert_eq!(way_of(Known { shared: true, ..known }, "98", "b"), Ok(Way::Merge));
        let merge = Known { configured: Way::Merge, ..known };
        assert_eq!(way_of(merge, "98", "b"), Ok(Way::Merge));
        assert_eq!(way_of(Known { rewritten: true, ..merge }, "98", "b"), Ok(Way::Rebase));
        let asked = Known { asked: Some(Way::Rebase), shared: true, ..known };
        let refused = choose(asked, "98", "b").unwrap_err();
        assert_eq!(refused[0].next.as_deref(), Some("worktree-lane sync 98 --merge"));
    }
}
