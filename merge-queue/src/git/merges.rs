//! What comes out when tasks are merged into the base, each by itself.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use cli::Failure;

use crate::desk::Desk;
use crate::git::merge;
use crate::rules::facts::Merge;

/// Merges by base and head, both full ids of commits. What is known stays true: a merge depends on nothing
/// else.
#[derive(Default)]
pub(crate) struct Merges {
    known: RefCell<HashMap<(String, String), Merge>>,
}

impl Merges {
    /// Merges each of `heads` into `base`, many in one process, so that [`Merges::of`] need not start
    /// one for each. What git fails on is left to it.
    pub(crate) fn prepare(
        &self,
        desk: &Desk,
        base: &str,
        heads: BTreeSet<String>,
    ) -> Result<(), Failure> {
        let mut known = self.known.borrow_mut();
        let key = |head: &str| (base.to_owned(), head.to_owned());
        let heads: Vec<String> =
            heads.into_iter().filter(|head| !known.contains_key(&key(head))).collect();
        let mut rest = heads.as_slice();
        while rest.len() > 1 {
            let pairs: Vec<(&str, &str)> = rest.iter().map(|head| (base, head.as_str())).collect();
            let outcomes = merge::many(&desk.git, base, &pairs)?;
            let answered = outcomes.len();
            for (head, outcome) in rest.iter().zip(outcomes) {
                known.insert(key(head), outcome.against(&desk.objects, base)?);
            }
            // Git ends with the first that it cannot merge.
            rest = rest.get(answered + 1..).unwrap_or_default();
        }
        Ok(())
    }

    /// What comes out when `head` is merged into `base`.
    pub(crate) fn of(&self, desk: &Desk, base: &str, head: &str) -> Result<Merge, Failure> {
        let key = (base.to_owned(), head.to_owned());
        if let Some(merge) = self.known.borrow().get(&key) {
            return Ok(merge.clone());
        }
        let merge = merge::compute(&desk.git, &desk.objects, base, head)?;
        self.known.borrow_mut().insert(key, merge.clone());
        Ok(merge)
    }
}
