//! `export`: the whole state as one JSON object.

use cli::{Exit, Failure, Out};
use records::Printed;
use records::merge_queue::{Export, ExportedRole, ExportedRoute, ExportedTask};

use super::look::{Look, warn_about};
use super::status::{Where, status};
use crate::desk::Desk;

pub(super) fn run(desk: &Desk, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.definitions()?;
    let history = desk.history(out)?;
    let look = Look::at(desk, definitions, &history)?;
    let base = desk.base(&look.definitions)?;
    let survey = look.survey();
    let definitions = &look.definitions;
    let roles = definitions.roles.iter().map(|(name, role)| {
        let exported = ExportedRole {
            branch: role.branch.clone(),
            worktree: role.worktree.as_ref().map(|path| path.display().to_string()),
            model: role.model.clone(),
            reviewer: role.reviewer,
        };
        (name.clone(), exported)
    });
    let routes = definitions.routes.iter().map(|route| ExportedRoute {
        globs: route.globs.texts().map(Into::into).collect(),
        roles: route.roles.clone(),
    });
    let tasks = survey.tasks.iter().map(|surveyed| ExportedTask {
        definition: surveyed.task.definition(),
        added_by: surveyed.task.added_by,
        status: Printed(status(Where::of(desk), definitions, &survey, surveyed)),
    });
    let export = Export {
        file: definitions.file.display().to_string(),
        base_commit: base.tip(&desk.git)?,
        base: base.shown,
        strategy: definitions.strategy.to_string(),
        roles: roles.collect(),
        routes: routes.collect(),
        tasks: tasks.collect(),
        events: history.events.clone(),
    };
    let line = records::print_noun(&export);
    out.raw_line(&line.map_err(|error| Failure::world("cannot print the state", error))?)?;
    warn_about(&look, out);
    // What could not be read is not in it.
    match history.damage.first() {
        None => Ok(Exit::Yes),
        Some(damage) => {
            let place = format!("{}:{}", damage.file, damage.line);
            Err(Failure::damaged(place, &damage.message)
                .hint("everything that can be read is printed"))
        }
    }
}
