//! Every role that the changed files demand has approved this diff, and nobody asks for changes
//! (runbook v2, section 3).

use std::collections::{BTreeMap, BTreeSet};

use records::{QueueEvent, Reason, Review, ReviewStatus};
use repo::shell_words;

use super::{Finding, Question, handoff};
use crate::rules::facts::Branched;
use crate::rules::people::folded;
use crate::rules::review_rules::{self, Author};
use crate::rules::route;

const APPROVED: &str = "reviews_approved";
const NO_REQUEST: &str = "no_changes_requested";

/// Everything one role has said about the task.
#[derive(Default)]
struct Words<'a> {
    /// The newest approval that counts for this diff, if it is newer than every request for changes.
    approval: Option<(&'a QueueEvent, &'a Review)>,
    /// The newest request for changes that no counting approval follows.
    request: Option<(&'a QueueEvent, &'a Review)>,
    /// Why the newest approval does not count.
    objections: Vec<Reason>,
}

pub(super) fn approved(question: Question<'_>) -> Finding {
    let Some(branched) = question.facts.branched() else {
        return Finding::open(APPROVED, "unknown without the diff against the base");
    };
    let required = route::required(&question.definitions.routes, &branched.changes);
    if required.is_empty() {
        return Finding::met(APPROVED, "no route matches a changed file");
    }
    let words = words(question, branched);
    let mut approved = Vec::new();
    let mut reasons = Vec::new();
    for required in required {
        let role = required.role;
        let said = words.get(role.as_str());
        if let Some((event, review)) = said.and_then(|words| words.approval) {
            approved.push(format!("event {}: {} as {role}", event.seq, review.reviewer));
        } else if said.is_none_or(|words| words.objections.is_empty()) {
            let paths = required.paths.iter().take(3).map(String::as_str).collect::<Vec<_>>();
            let more = required.paths.len().saturating_sub(3);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let message = format!("{role} has not approved: {}{more}", paths.join(", "));
            reasons.push(Reason::new("review_missing", message, ask(question, &role)));
        } else if let Some(words) = said {
            reasons.extend(words.objections.iter().cloned());
        }
    }
    Finding::of(APPROVED, reasons, || approved.join("; "))
}

pub(super) fn none_requests_changes(question: Question<'_>) -> Finding {
    // Without a diff no approval counts, so that every request stays open.
    let nothing = Branched {
        merge_base: String::new(),
        changes: Vec::new(),
        digest: String::new(),
        people: BTreeSet::new(),
        merge: crate::rules::facts::Merge::Conflict(Vec::new()),
    };
    let branched = question.facts.branched().unwrap_or(&nothing);
    let mut reasons = Vec::new();
    for (role, words) in words(question, branched) {
        if let Some((event, review)) = words.request {
            let note = review.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
            let message = format!(
                "event {}: {} as {role} asks for changes{note}",
                event.seq, review.reviewer
            );
            reasons.push(Reason::new("changes_requested", message, ask(question, role)));
        }
    }
    Finding::of(NO_REQUEST, reasons, || "nobody asks for changes".into())
}

fn ask(question: Question<'_>, role: &str) -> String {
    let task = &question.task.id;
    let words = ["merge-queue", "review", task.as_str(), "--role", role];
    format!("{} --reviewer REVIEWER --status approved", shell_words(words))
}

/// What each role has said, in the order of the journal. Clocks do not count: two events may bear
/// the same time, or a wrong one.
fn words<'a>(question: Question<'a>, branched: &Branched) -> BTreeMap<&'a str, Words<'a>> {
    let mut owners: BTreeSet<String> = branched.people.clone();
    let mut models = BTreeSet::new();
    for (_, handoff) in handoff::all(question) {
        owners.insert(folded(&handoff.owner));
        models.extend(handoff.model.as_deref().map(folded));
    }
    let author = Author { role: question.task.role.as_deref(), names: &owners, models: &models };
    let mut words: BTreeMap<&str, Words<'_>> = BTreeMap::new();
    for event in question.history.of(&question.task.id) {
        let Some(review) = &event.review else { continue };
        let said = words.entry(&review.role).or_default();
        match review.status {
            ReviewStatus::ChangesRequested => {
                *said = Words { request: Some((event, review)), ..Words::default() };
            }
            ReviewStatus::Approved => {
                let mut objections = review_rules::objections(&author, review);
                if review.diff_digest != branched.digest {
                    let message = format!(
                        "event {}: {} approved another diff as {}",
                        event.seq, review.reviewer, review.role
                    );
                    let next = ask(question, &review.role);
                    objections.push(Reason::new("approval_stale", message, next));
                }
                if objections.is_empty() {
                    *said = Words { approval: Some((event, review)), ..Words::default() };
                } else {
                    said.objections = objections;
                }
            }
        }
    }
    words
}
