//! `status`: where each task stands.

use std::path::PathBuf;

use cli::{Cell, Exit, Failure, Out, Page, Table, Tone};
use records::Stamp;
use records::merge_queue::{ClaimStatus, TaskStatus};

use super::look::{Look, leave, warn_about};
use crate::desk::Desk;
use crate::git::activity;
use crate::land::live;
use crate::rules::definitions::Definitions;
use crate::rules::stalled::{Lane, attention};
use crate::rules::survey::{Survey, Surveyed};
use crate::show;

pub(super) fn run(desk: &Desk, out: &mut Out) -> Result<Exit, Failure> {
    let look = Look::take(desk, out)?;
    let survey = look.survey();
    let frozen = look.frozen();
    let runs = live::at_work(&desk.place);
    if out.is_json() {
        for run in &runs {
            out.print(run, |_, _| ())?;
        }
    }
    if let Some(frozen) = frozen.as_ref().filter(|_| out.is_json()) {
        out.print(&frozen.shown(), |_, _| ())?;
    }
    let mut table = Table::new(["TASK", "ISSUE", "STATE", "PRIORITY", "ROLE", "OWNER", "TITLE"]);
    let mut stalled = Vec::new();
    for surveyed in &survey.tasks {
        let status = status(desk, &look.definitions, &survey, surveyed);
        if out.is_json() {
            out.print(&status, |_, _| ())?;
            continue;
        }
        let owner = status.claim.as_ref().map(|claim| {
            let tone = if claim.running { Tone::Plain } else { Tone::Bad };
            Cell::toned(tone, &claim.owner)
        });
        table.row([
            Cell::new(&status.task),
            Cell::maybe(status.issue),
            Cell::toned(show::state_tone(status.state), status.state.as_str()),
            Cell::new(status.priority),
            Cell::maybe(status.role.as_ref()),
            owner.unwrap_or_else(|| Cell::maybe(None::<&str>)),
            Cell::new(&status.title),
        ]);
        if status.attention.is_some() {
            stalled.push(status);
        }
    }
    out.page(|page| {
        for run in &runs {
            show::land_run(run, page);
        }
        if let Some(frozen) = &frozen {
            page.wrapped(Tone::Bad, frozen.reason().message);
            page.blank();
        }
        table.show(page);
        for status in &stalled {
            steps(status, page);
        }
    })?;
    warn_about(&look, out);
    leave(survey);
    Ok(Exit::Yes)
}

pub(super) fn status(
    desk: &Desk,
    definitions: &Definitions,
    survey: &Survey<'_>,
    surveyed: &Surveyed<'_>,
) -> TaskStatus {
    let (task, standing) = (surveyed.task, &surveyed.standing);
    TaskStatus {
        task: task.id.clone(),
        title: task.title.clone(),
        issue: task.issue,
        role: task.role.clone(),
        priority: task.priority,
        state: survey.state(surveyed),
        blocked: standing.blocked().and_then(|said| said.change.reason.clone()),
        claim: standing.claim.as_ref().filter(|_| surveyed.done.is_none()).map(|held| {
            ClaimStatus {
                role: held.claim.role.clone(),
                owner: held.claim.owner.clone(),
                since: held.claim.since,
                until: held.claim.until,
                running: held.claim.until > survey.now,
            }
        }),
        in_review: standing.in_review && surveyed.done.is_none(),
        last_event: standing.last.map(|(seq, _)| seq),
        attention: lane(desk, definitions, surveyed).map_or_else(
            || attention(surveyed, None, definitions.stalled_after, survey.now),
            |(path, active)| {
                let lane = Lane { path: &path, active };
                attention(surveyed, Some(lane), definitions.stalled_after, survey.now)
            },
        ),
    }
}

/// The lane of a task that somebody has: the one that was looked at when it was claimed, else the
/// worktree of the role.
fn lane(
    desk: &Desk,
    definitions: &Definitions,
    surveyed: &Surveyed<'_>,
) -> Option<(PathBuf, Option<Stamp>)> {
    let claim = &surveyed.standing.claim.as_ref()?.claim;
    let checked = claim.preflight.as_ref().map(|preflight| PathBuf::from(&preflight.lane));
    let of_role = || {
        let worktree = definitions.roles.get(&claim.role)?.worktree.as_ref()?;
        Some(desk.git.dir().join(worktree))
    };
    let path = checked.or_else(of_role)?;
    let active = activity::newest(&desk.place, &path);
    Some((path, active))
}

/// The runbook's safe steps for one task.
fn steps(status: &TaskStatus, page: &mut Page) {
    let Some(attention) = &status.attention else { return };
    page.blank();
    page.line(Tone::Bad, format_args!("{}: {}", status.task, attention.message));
    for step in &attention.steps {
        page.wrapped(Tone::Dim, format_args!("  {step}"));
    }
}
