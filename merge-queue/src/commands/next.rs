//! `next`: what each role should do (runbook v2, `orchestrator-tick`).

use cli::{Cell, Exit, Failure, Out, Table, Tone};
use records::TaskId;
use records::merge_queue::NextAction;

use super::look::{Look, warn_about};
use crate::args::NextArgs;
use crate::desk::Desk;
use crate::rules::awaited::{self, Awaited};
use crate::rules::dispatch;

pub(super) fn run(desk: &Desk, args: &NextArgs, out: &mut Out) -> Result<Exit, Failure> {
    let look = Look::take(desk, out)?;
    if let Some(role) = &args.role {
        look.require_role(role)?;
    }
    let mut any = false;
    let mut table = Table::new(["ROLE", "ACTION", "TASK", "WHY", "COMMAND"]);
    let survey = look.survey();
    let waiting: Vec<&TaskId> =
        survey.tasks.iter().filter(|task| awaited::waits(task)).map(|task| &task.task.id).collect();
    let awaited = if waiting.is_empty() {
        Awaited::new()
    } else {
        awaited::awaited(&look.definitions, &survey, &*desk.journal_of(waiting)?)
    };
    for next in dispatch::recommendations(&look.definitions, &survey, &awaited) {
        if args.role.as_ref().is_some_and(|role| *role != next.role) {
            continue;
        }
        let waits = next.action == NextAction::Wait;
        any |= !waits;
        if waits && !args.all_roles && args.role.is_none() {
            continue;
        }
        if out.is_json() {
            out.print(&next, |_, _| ())?;
        }
        let (tone, word) = match next.action {
            NextAction::Continue => (Tone::Warn, "continue"),
            NextAction::Review => (Tone::Warn, "review"),
            NextAction::Claim => (Tone::Good, "claim"),
            NextAction::Wait => (Tone::Dim, "wait"),
        };
        table.row([
            Cell::new(&next.role),
            Cell::toned(tone, word),
            Cell::maybe(next.task.as_ref()),
            Cell::new(&next.why),
            Cell::maybe(next.command.as_ref()),
        ]);
    }
    out.page(|page| {
        if table.is_empty() {
            page.line(Tone::Plain, "no role has anything to do; --all-roles says why");
        } else {
            table.show(page);
        }
    })?;
    warn_about(&look, out);
    Ok(if any { Exit::Yes } else { Exit::No })
}
