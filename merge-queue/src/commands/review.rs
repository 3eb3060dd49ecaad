//! `review`: records a reviewer's word, bound to the diff (runbook v2, `queue-record-review`).

use cli::{Exit, Failure, Out};
use records::merge_queue::Event;
use records::{Reason, Review, ReviewStatus};

use super::refuse;
use super::route_review::branched;
use crate::args::{Decision, ReviewArgs};
use crate::desk::{self, Desk};
use crate::rules::implementers::Implementers;
use crate::show;

pub(super) fn run(desk: &Desk, args: ReviewArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.sound_definitions()?;
    let task = desk::find(&definitions, &args.task.task)?;
    let history = desk.history_of([&task.id], out)?;
    // What the branch has got since the handoff has not been shown to anybody.
    let handed_over = history.of(&task.id).rev().find_map(|event| event.handoff.as_ref());
    let handed_over = handed_over.map(|handoff| handoff.commit.as_str());
    let given = args.commit.as_deref().or(handed_over);
    let (commit, branched) = branched(desk, &definitions, &history, task, given)?;
    let role = definitions.roles.get(&args.role);
    let review = Review {
        role: args.role,
        reviewer: args.reviewer,
        model: args.model.or_else(|| role.and_then(|role| role.model.clone())),
        status: match args.status {
            Decision::Approved => ReviewStatus::Approved,
            Decision::ChangesRequested => ReviewStatus::ChangesRequested,
        },
        commit,
        diff_digest: branched.digest.clone(),
        note: args.note,
        exception: args.exception,
    };

    let mut reasons = Vec::new();
    if !role.is_some_and(|role| role.reviewer) {
        let names = definitions.roles.iter().filter(|(_, role)| role.reviewer);
        let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
        let message = match role {
            None => format!("'{}' is no role", review.role),
            Some(_) => format!("'{}' does not review", review.role),
        };
        let next = format!("review as one of: {}", names.join(", "));
        reasons.push(Reason::new("unknown_role", message, next));
    }
    let implementers = Implementers::of(&definitions, task, history.of(&task.id), &branched);
    // A request for changes holds work back, which everybody may do; but in the implementing role
    // nobody could ever take it back.
    if review.status == ReviewStatus::Approved || implementers.has_role(&review.role) {
        reasons.extend(implementers.objections(&review));
    }
    if !reasons.is_empty() {
        return refuse(task, "review", reasons, out);
    }
    let event = desk.record(task, "review", |event| event.review = Some(review))?;
    out.print(&Event(event), |event, page| show::event(&event.0, page))?;
    Ok(Exit::Yes)
}
