//! What git says about a task: the values that readiness is decided on, gathered before the decision
//! so that the decision itself asks nobody.

use std::collections::BTreeSet;

use crate::rules::diff::Change;
use crate::rules::mailmap::Mailmap;
use crate::rules::people::Person;

/// What git says about a task at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The base ref, such as `origin/main`.
    pub(crate) base: String,
    /// The commit that it stands at; `None` when there is no such ref.
    pub(crate) base_commit: Option<String>,
    /// Whether it was fetched just now.
    pub(crate) fetched: bool,
    /// The ref that is judged; `None` when nothing says which.
    pub(crate) reference: Option<String>,
    /// Where that ref stands; `None` when it names no commit.
    pub(crate) head: Option<Head>,
    /// Whether the definitions are those of the base.
    pub(crate) rules: Rules,
    /// How head and base are related.
    pub(crate) relation: Relation,
    /// The coordinator's checkout; `None` when the repository has none.
    pub(crate) coordinator: Option<Coordinator>,
    /// Landings that the base contains, by the commit that the base moved to.
    pub(crate) reached: BTreeSet<String>,
}

/// What is not as committed in the coordinator's checkout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Coordinator {
    /// Paths with changes of any sort. Ignored files do not count.
    pub(crate) dirt: Vec<String>,
    /// Paths at which git was told not to look for changes.
    pub(crate) hidden: Vec<String>,
}

/// How the definitions in the coordinator's checkout relate to those in the base.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Rules {
    /// There is no base to compare them with.
    #[default]
    Unknown,
    /// They are the same.
    OfBase,
    /// Neither the base nor the checkout's commit has these files: they are kept out of git, and nobody
    /// can change them by landing something. Any others are the same.
    OutsideGit(Vec<String>),
    /// These files are others: newer or older ones, or those of some branch.
    Other(Vec<String>),
}

/// The commit that is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its id.
    pub(crate) commit: String,
    /// Its tree.
    pub(crate) tree: String,
}

/// How head and base are related.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Relation {
    /// One of the two is unknown.
    #[default]
    Unknown,
    /// The clone is shallow and does not reach back to where they part.
    CutOff,
    /// They have no common ancestor.
    Unrelated,
    /// They have several best common ancestors, so that there is no single diff to review.
    Several(Vec<String>),
    /// They have one.
    Branched(Branched),
}

/// A branch that left the base at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branched {
    /// That commit.
    pub(crate) merge_base: String,
    /// What the branch changes since then.
    pub(crate) changes: Vec<Change>,
    /// The digest of these changes.
    pub(crate) digest: String,
    /// Everybody who had a hand in the branch's commits.
    pub(crate) people: BTreeSet<Person>,
    /// The base's `.mailmap`.
    pub(crate) mailmap: Mailmap,
    /// What comes out when it is merged into the base.
    pub(crate) merge: Merge,
}

/// A merge of head into base, computed without touching a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Merge {
    /// It is clean.
    Clean {
        /// The tree that comes out.
        tree: String,
        /// The paths in which that tree differs from the base's.
        paths: Vec<Vec<u8>>,
    },
    /// These paths conflict.
    Conflict(Vec<String>),
}

impl Facts {
    /// The branch's relation to the base where there is a single diff.
    pub(crate) fn branched(&self) -> Option<&Branched> {
        match &self.relation {
            Relation::Branched(branched) => Some(branched),
            Relation::Unknown | Relation::CutOff | Relation::Unrelated | Relation::Several(_) => {
                None
            }
        }
    }
}
