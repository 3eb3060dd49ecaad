//! `ready`: which tasks may be claimed now, and what keeps the others from it.

use cli::{Cell, Exit, Failure, Out, Table, Tone};
use records::merge_queue::Candidate;

use super::look::{Look, leave, warn_about};
use crate::args::ReadyArgs;
use crate::desk::Desk;
use crate::rules::dispatch;

pub(super) fn run(desk: &Desk, args: &ReadyArgs, out: &mut Out) -> Result<Exit, Failure> {
    let look = Look::take(desk, out)?;
    if let Some(role) = &args.role {
        look.require_role(role)?;
    }
    let survey = look.survey();
    let mut any = false;
    let mut table = Table::new(["TASK", "ISSUE", "PRIORITY", "ROLE", "READY", "TITLE"]);
    for surveyed in survey.tasks.iter().filter(|surveyed| surveyed.done.is_none()) {
        let task = surveyed.task;
        // A task without a role is for every role.
        let theirs = |role: &String| task.role.as_ref().is_none_or(|of| of == role);
        if !args.role.as_ref().is_none_or(theirs) {
            continue;
        }
        let reasons = dispatch::blockers(&survey, surveyed);
        let ready = reasons.is_empty();
        any |= ready;
        if !ready && !args.explain {
            continue;
        }
        let candidate = Candidate {
            task: task.id.clone(),
            title: task.title.clone(),
            issue: task.issue,
            role: task.role.clone(),
            priority: task.priority,
            ready,
            reasons,
        };
        if out.is_json() {
            out.print(&candidate, |_, _| ())?;
            continue;
        }
        let (tone, word) = if ready { (Tone::Good, "yes") } else { (Tone::Bad, "no") };
        table.row([
            Cell::new(&task.id),
            Cell::maybe(task.issue),
            Cell::new(task.priority).number(),
            Cell::maybe(task.role.as_ref()),
            Cell::toned(tone, word),
            Cell::new(&task.title),
        ]);
        for reason in &candidate.reasons {
            let cells = [Cell::new(""), Cell::new(""), Cell::new(""), Cell::new("")];
            let why = Cell::toned(Tone::Dim, &reason.message);
            table.row(cells.into_iter().chain([Cell::toned(Tone::Dim, &reason.code), why]));
        }
    }
    out.page(|page| match (table.is_empty(), args.explain) {
        (false, _) => table.show(page),
        (true, true) => page.line(Tone::Plain, "every task is done"),
        (true, false) => page.line(Tone::Plain, "no task may be claimed; --explain says why"),
    })?;
    warn_about(&look, out);
    leave(survey);
    Ok(if any { Exit::Yes } else { Exit::No })
}
