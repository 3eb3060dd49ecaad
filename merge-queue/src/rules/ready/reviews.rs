//! Every role that the changed files demand has approved this diff, each by another person, and
//! nobody asks for changes (runbook v2, section 3).

use std::collections::{BTreeMap, BTreeSet};

use records::merge_queue::RequiredRole;
use records::{QueueEvent, Reason, Review, ReviewStatus};
use repo::shell_words;

use super::{Finding, Question, loss};
use crate::rules::facts::{Branched, Merge};
use crate::rules::implementers::Implementers;
use crate::rules::mailmap::Mailmap;
use crate::rules::persons::{self, Offer};
use crate::rules::policy::Reviewers;
use crate::rules::route;

const APPROVED: &str = "reviews_approved";
const NO_REQUEST: &str = "no_changes_requested";

/// Everything one role has said about the task.
#[derive(Default)]
struct Words<'a> {
    /// The approvals that count for this diff and are newer than every request for changes, newest
    /// first.
    approvals: Vec<(&'a QueueEvent, &'a Review)>,
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
    let approvals: Vec<&[(&QueueEvent, &Review)]> = required
        .iter()
        .map(|required| words.get(required.role.as_str()).map_or(&[][..], |said| &said.approvals))
        .collect();
    let chosen = chosen(question, &approvals, &branched.mailmap);
    let mut approved = Vec::new();
    let mut reasons = Vec::new();
    for ((required, approvals), chosen) in required.iter().zip(approvals).zip(chosen) {
        let role = &required.role;
        match (chosen.and_then(|at| approvals.get(at)), approvals.first()) {
            (Some((event, review)), _) => {
                approved.push(format!("event {}: {} as {role}", event.seq, review.reviewer));
            }
            (None, Some((event, review))) => {
                let message = format!(
                    "event {}: {} approved as {role} and in another required role: {role} needs somebody else",
                    event.seq, review.reviewer
                );
                reasons.push(Reason::new("same_reviewer", message, ask(question, role)));
            }
            (None, None) => match words.get(role.as_str()).map(|said| &said.objections) {
                Some(objections) if !objections.is_empty() => {
                    reasons.extend(objections.iter().cloned());
                }
                _ => reasons.push(missing(question, required)),
            },
        }
    }
    Finding::of(APPROVED, reasons, || approved.join("; "))
}

/// Which of its approvals stands for each role, so that as many roles as possible have a person of
/// their own.
fn chosen(
    question: Question<'_>,
    approvals: &[&[(&QueueEvent, &Review)]],
    mailmap: &Mailmap,
) -> Vec<Option<usize>> {
    if question.definitions.policy.reviewers == Reviewers::Shared {
        return approvals.iter().map(|said| (!said.is_empty()).then_some(0)).collect();
    }
    let names = |(_, review): &(&QueueEvent, &Review)| mailmap.names_of(&review.reviewer);
    let offers: Vec<Offer> =
        approvals.iter().map(|said| said.iter().map(names).collect()).collect();
    persons::distinct(&offers)
}

fn missing(question: Question<'_>, required: &RequiredRole) -> Reason {
    let paths = required.paths.iter().take(3).map(String::as_str).collect::<Vec<_>>();
    let more = required.paths.len().saturating_sub(3);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!("{} has not approved: {}{more}", required.role, paths.join(", "));
    Reason::new("review_missing", message, ask(question, &required.role))
}

pub(super) fn none_requests_changes(question: Question<'_>) -> Finding {
    // Without a diff no approval counts, so that every request stays open.
    let nothing = Branched {
        merge_base: String::new(),
        changes: Vec::new(),
        digest: String::new(),
        people: BTreeSet::new(),
        mailmap: Mailmap::default(),
        merge: Merge::Conflict(Vec::new()),
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
    let Question { definitions, task, history, .. } = question;
    let implementers = Implementers::of(definitions, task, history.of(&task.id), branched);
    let mut words: BTreeMap<&str, Words<'_>> = BTreeMap::new();
    for event in history.of(&task.id) {
        let Some(review) = &event.review else { continue };
        let said = words.entry(&review.role).or_default();
        match review.status {
            ReviewStatus::ChangesRequested => {
                *said = Words { request: Some((event, review)), ..Words::default() };
            }
            ReviewStatus::Approved => {
                let mut objections = implementers.objections(review);
                if review.diff_digest != branched.digest {
                    let message = format!(
                        "event {}: {} approved another diff as {}",
                        event.seq, review.reviewer, review.role
                    );
                    let next = ask(question, &review.role);
                    objections.push(Reason::new("approval_stale", message, next));
                }
                let next = || ask(question, &review.role);
                objections.extend(loss::voids(question, &task.id, event, next));
                if objections.is_empty() {
                    said.approvals.insert(0, (event, review));
                    said.request = None;
                }
                said.objections = objections;
            }
        }
    }
    words
}
