//! Who implemented a task, and whose approval therefore does not count (runbook v2, section 3, "No
//! self-approval").

use std::collections::BTreeSet;

use records::{QueueEvent, Reason, Review};

use crate::rules::definitions::{Definitions, Task};
use crate::rules::facts::Branched;
use crate::rules::mailmap::Mailmap;
use crate::rules::people::folded;
use crate::rules::policy::SameModel;

/// Everybody and everything that had a hand in the work.
#[derive(Debug, Clone)]
pub(crate) struct Implementers<'a> {
    roles: BTreeSet<&'a str>,
    /// Every name of everybody, [`folded`].
    names: BTreeSet<String>,
    /// Every model, as [`model`] spells it.
    models: BTreeSet<String>,
    mailmap: &'a Mailmap,
    same_model: SameModel,
}

impl<'a> Implementers<'a> {
    /// Authors, committers and co-authors of the branch's commits, the owners of every handoff and
    /// whoever ever claimed the task; their roles and the task's, and the models of all of these.
    ///
    /// Nobody is ever taken off the list, whatever happened since: the work may still be theirs.
    pub(crate) fn of(
        definitions: &'a Definitions,
        task: &'a Task,
        events: impl Iterator<Item = &'a QueueEvent>,
        branched: &'a Branched,
    ) -> Self {
        let mailmap = &branched.mailmap;
        let mut names: BTreeSet<String> =
            branched.people.iter().flat_map(|person| mailmap.names(person)).collect();
        let mut roles: BTreeSet<&str> = task.role.as_deref().into_iter().collect();
        let mut models = BTreeSet::new();
        for event in events {
            if let Some(handoff) = &event.handoff {
                names.extend(mailmap.names_of(&handoff.owner));
                models.extend(handoff.model.as_deref().map(model));
            }
            if let Some(claim) = &event.claim {
                names.extend(mailmap.names_of(&claim.owner));
                roles.insert(&claim.role);
            }
        }
        let defined = roles.iter().filter_map(|role| definitions.roles.get(*role));
        models.extend(defined.filter_map(|role| role.model.as_deref().map(model)));
        Self { roles, names, models, mailmap, same_model: definitions.policy.same_model }
    }

    /// Whether that role implements the task.
    pub(crate) fn has_role(&self, role: &str) -> bool {
        self.roles.contains(role)
    }

    /// Why this review may not approve their work; empty when it may.
    ///
    /// A review without a model is a person's, and so is work without one: the rule about models is
    /// for two models only.
    pub(crate) fn objections(&self, review: &Review) -> Vec<Reason> {
        let mut objections = Vec::new();
        let reviewer = self.mailmap.names_of(&review.reviewer);
        if self.has_role(&review.role) {
            let message = format!("{} implemented the task and cannot approve it", review.role);
            let next = "have another role review it";
            objections.push(Reason::new("self_approval", message, next));
        } else if reviewer.is_empty() {
            let message = format!("the review as {} names nobody", review.role);
            objections.push(Reason::new("self_approval", message, "say who reviews it"));
        } else if !reviewer.is_disjoint(&self.names) {
            let message =
                format!("{} had a hand in the work and cannot approve it", review.reviewer);
            let next = "have somebody else review it";
            objections.push(Reason::new("self_approval", message, next));
        }
        objections.extend(self.same_model(review));
        objections
    }

    fn same_model(&self, review: &Review) -> Option<Reason> {
        let name = review.model.as_deref().filter(|name| self.models.contains(&model(name)))?;
        let excused = review.exception.as_deref().is_some_and(|note| !folded(note).is_empty());
        let message = format!("{name} implemented the work and reviews it");
        let next = match self.same_model {
            SameModel::WithException if excused => return None,
            SameModel::WithException => {
                "have another model review it, or give --exception with the reason why not"
            }
            SameModel::Never => "have another model review it",
        };
        Some(Reason::new("same_model", message, next))
    }
}

/// One spelling for a model, with or without the name of who offers it in front.
fn model(name: &str) -> String {
    let name = folded(name);
    name.rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_with_and_without_its_provider() {
        for name in ["Gemini-3-Pro", "models/gemini-3-pro", "google/gemini-3-pro "] {
            assert_eq!(model(name), "gemini-3-pro");
        }
        assert_ne!(model("gemini-3-pro"), model("gemini-3.1-pro"));
    }
}
