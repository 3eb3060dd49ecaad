//! Whether the world is still what a caller has seen.

use records::Reason;

use crate::args::LandArgs;
use crate::rules::facts::Facts;

/// What a caller has seen, such as in the answer of `merge-ready`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected {
    head: Option<String>,
    base: Option<String>,
    digest: Option<String>,
}

impl Expected {
    /// As it was typed.
    pub(crate) fn of(args: &LandArgs) -> Self {
        Self {
            head: args.expect_head.clone(),
            base: args.expect_base.clone(),
            digest: args.expect_digest.clone(),
        }
    }

    /// What is no more as it was seen.
    pub(crate) fn against(&self, facts: &Facts) -> Vec<Reason> {
        let head = facts.head.as_ref().map(|head| head.commit.as_str());
        let digest = facts.branched().map(|branched| branched.digest.as_str());
        let seen = [
            ("the branch stands at", &self.head, head),
            ("the base stands at", &self.base, facts.base_commit.as_deref()),
            ("the digest of the diff is", &self.digest, digest),
        ];
        let moved = seen.into_iter().filter_map(|(what, expected, is)| {
            let expected = expected.as_deref().filter(|expected| Some(*expected) != is)?;
            let message = format!("{what} {}, not {expected}", is.unwrap_or("nothing"));
            Some(Reason::new(
                "world_moved",
                message,
                "ask merge-ready again, and look at what is new",
            ))
        });
        moved.collect()
    }
}
