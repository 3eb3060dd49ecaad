//! Nobody says that the task is blocked: it waits for a decision, or for something that the queue cannot see
//! (runbook v2, section 2).

use super::{Finding, Question};
use crate::rules::claim;
use crate::rules::standing::Standing;

const CODE: &str = "not_blocked";

pub(super) fn not_blocked(question: Question<'_>) -> Finding {
    let standing = Standing::of(question.history.of(&question.task.id));
    let reasons = claim::is_blocked(question.task, &standing, None).into_iter().collect();
    Finding::of(CODE, reasons, || "nobody says that the task is blocked".into())
}
