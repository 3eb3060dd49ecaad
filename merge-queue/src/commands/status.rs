//! `status`: where each task stands.

use cli::{Cell, Exit, Failure, Out, Table};
use records::merge_queue::TaskStatus;

use crate::desk::Desk;
use crate::git::gather;
use crate::rules::standing::Standing;
use crate::rules::state;
use crate::show;

pub(super) fn run(desk: &Desk, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.definitions()?;
    let history = desk.history(out)?;
    let tip = desk.base(&definitions)?.tip(&desk.git)?;
    let reached = gather::reached(desk, tip.as_deref(), history.events.iter())?;
    let standings = Standing::of_all(&history.events);
    let now = cli::clock::now();
    let mut table = Table::new(["TASK", "ISSUE", "STATE", "PRIORITY", "ROLE", "TITLE"]);
    for task in &definitions.tasks {
        let standing = standings.get(&task.id).cloned().unwrap_or_default();
        let done = state::done(history.of(&task.id), &reached).is_some();
        let status = TaskStatus {
            task: task.id.clone(),
            title: task.title.clone(),
            issue: task.issue,
            role: task.role.clone(),
            priority: task.priority,
            state: standing.state(done, now).as_str().into(),
            last_event: standing.last.map(|(seq, _)| seq),
        };
        if out.is_json() {
            out.print(&status, |_, _| ())?;
        }
        table.row([
            Cell::new(&status.task),
            Cell::maybe(status.issue),
            Cell::toned(show::state_tone(&status.state), &status.state),
            Cell::new(status.priority),
            Cell::maybe(status.role.as_ref()),
            Cell::new(&status.title),
        ]);
    }
    out.page(|page| table.show(page))?;
    warn_about(&definitions.mistakes, &history.damage, out);
    Ok(Exit::Yes)
}

/// What is listed is true even if something else is wrong, which must not go unsaid.
fn warn_about(
    mistakes: &[records::merge_queue::Mistake],
    damage: &[records::merge_queue::Mistake],
    out: &Out,
) {
    if !mistakes.is_empty() || !damage.is_empty() {
        let counted = |count: usize, one: &str| {
            if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
        };
        out.note(&format!(
            "{} in the definitions, {} in the journal: 'merge-queue validate' lists them",
            counted(mistakes.len(), "mistake"),
            counted(damage.len(), "damaged place"),
        ));
    }
}
