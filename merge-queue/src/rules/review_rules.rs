//! Whose approval does not count (runbook v2, section 3, "No self-approval").

use std::collections::BTreeSet;

use records::{Reason, Review};

use crate::rules::people::{folded, is_one_of};

/// Who implemented a task.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Author<'a> {
    /// The role that the task is defined for.
    pub(crate) role: Option<&'a str>,
    /// Everybody who handed it over, or authored or committed a part, [`folded`].
    pub(crate) names: &'a BTreeSet<String>,
    /// Every model that implemented a part, [`folded`].
    pub(crate) models: &'a BTreeSet<String>,
}

/// Why this review may not approve what `author` did; empty when it may.
///
/// A review without a model is a person's, and so is work without one: the rule about models is
/// for two models only.
pub(crate) fn objections(author: &Author<'_>, review: &Review) -> Vec<Reason> {
    let mut objections = Vec::new();
    if author.role == Some(review.role.as_str()) {
        let message = format!("{} implemented the task and cannot approve it", review.role);
        let next = "have another role review it";
        objections.push(Reason::new("self_approval", message, next));
    } else if is_one_of(&review.reviewer, author.names) {
        let message = format!("{} had a hand in the work and cannot approve it", review.reviewer);
        let next = "have somebody else review it";
        objections.push(Reason::new("self_approval", message, next));
    }
    let excused = review.exception.as_deref().is_some_and(|note| !note.trim().is_empty());
    if let Some(model) = review.model.as_deref().filter(|_| !excused)
        && author.models.contains(&folded(model))
    {
        let message = format!("{model} implemented the work and reviews it");
        let next = "have another model review it, or give --exception with the reason why not";
        objections.push(Reason::new("same_model", message, next));
    }
    objections
}
