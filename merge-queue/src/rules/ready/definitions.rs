//! Definitions, journal and their cross-references are valid, and the definitions are the base's: a
//! branch must not bring the rules that it is judged by.

use records::Reason;

use super::{Finding, Question};
use crate::rules::facts::Rules;

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
    let (file, base) = (question.definitions.file.display(), &question.facts.base);
    let other = match &question.facts.rules {
        Rules::Other(files) => files.as_slice(),
        Rules::Unknown | Rules::OfBase | Rules::OutsideGit(_) => &[],
    };
    let other = other.iter().map(|file| {
        let message = format!("{file} in the coordinator's checkout is not the one of {base}");
        let next = format!("check {base} out there, or bring the change to {base} first");
        Reason::new("definitions_not_of_base", message, next)
    });
    let reasons: Vec<Reason> = definitions.chain(journal).chain(other).collect();
    if reasons.is_empty() && question.facts.rules == Rules::Unknown {
        return Finding::open(CODE, "unknown without the base");
    }
    Finding::of(CODE, reasons, || {
        let (tasks, events) = (question.definitions.tasks.len(), question.history.count());
        let whose = match &question.facts.rules {
            Rules::OutsideGit(files) => format!("{file} (not in git: {})", files.join(", ")),
            _ => format!("{file} as in {base}"),
        };
        format!("{whose}: {tasks} tasks and {events} events, without a mistake")
    })
}
