//! Definitions, journal and their cross-references are valid.

use records::Reason;

use super::{Finding, Question};

const CODE: &str = "definitions_valid";

pub(super) fn valid(question: Question<'_>) -> Finding {
    let definitions = question.definitions.mistakes.iter().map(|mistake| {
        let (file, line, why) = (&mistake.file, mistake.line, &mistake.message);
        let message = format!("{file}:{line}: {why}");
        Reason::new("definitions_invalid", message, "merge-queue validate")
    });
    let journal = question.history.damage.iter().map(|damage| {
        let (file, line, why) = (&damage.file, damage.line, &damage.message);
        let message = format!("{file}:{line}: {why}");
        let next = "put the line right from a copy of the file; nothing is dropped by itself";
        Reason::new("journal_damaged", message, next)
    });
    Finding::of(CODE, definitions.chain(journal).collect(), || {
        let (tasks, events) = (question.definitions.tasks.len(), question.history.events.len());
        format!("{tasks} tasks and {events} events, without a mistake")
    })
}
