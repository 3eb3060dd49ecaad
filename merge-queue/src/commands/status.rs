//! `status`: where each task stands.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

use cli::{Cell, Exit, Failure, Out, Page, Table, Tone};
use records::Stamp;
use records::merge_queue::{ClaimStatus, TaskStatus};
use repo::Place;

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
    if out.is_json() {
        print_all(desk, &look.definitions, &survey, out)?;
        warn_about(&look, out);
        leave(survey);
        return Ok(Exit::Yes);
    }
    let mut table = Table::new(["TASK", "ISSUE", "STATE", "PRIORITY", "ROLE", "OWNER", "TITLE"]);
    let mut stalled = Vec::new();
    for surveyed in &survey.tasks {
        let status = status(Where::of(desk), &look.definitions, &survey, surveyed);
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

/// Where lanes are looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Where<'a> {
    place: &'a Place,
    top: &'a Path,
}

impl<'a> Where<'a> {
    /// In the repository of this desk.
    pub(super) fn of(desk: &'a Desk) -> Self {
        Self { place: &desk.place, top: desk.git.dir() }
    }
}

/// Prints every task as a line of JSON. Very many are written on every core.
fn print_all(
    desk: &Desk,
    definitions: &Definitions,
    survey: &Survey<'_>,
    out: &mut Out,
) -> Result<(), Failure> {
    /// How many tasks a core takes at a time.
    const SHARE: usize = 4096;
    let place = Where::of(desk);
    let lines = |tasks: &[Surveyed<'_>]| -> Result<String, serde_json::Error> {
        let mut lines = String::new();
        for surveyed in tasks {
            lines += &records::print_noun(&status(place, definitions, survey, surveyed))?;
            lines.push('\n');
        }
        Ok(lines)
    };
    let failed = |error: serde_json::Error| Failure::world("cannot print the answer", error);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    for tasks in survey.tasks.chunks(SHARE * cores) {
        if tasks.len() <= SHARE {
            out.raw(lines(tasks).map_err(failed)?.as_bytes())?;
            continue;
        }
        thread::scope(|scope| {
            let shares: Vec<_> =
                tasks.chunks(SHARE).map(|share| scope.spawn(|| lines(share))).collect();
            for share in shares {
                let ended = || Failure::world("cannot print the answer", "a thread ended early");
                out.raw(share.join().map_err(|_| ended())?.map_err(failed)?.as_bytes())?;
            }
            Ok::<_, Failure>(())
        })?;
    }
    Ok(())
}

pub(super) fn status(
    place: Where<'_>,
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
        attention: lane(place, definitions, surveyed).map_or_else(
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
    place: Where<'_>,
    definitions: &Definitions,
    surveyed: &Surveyed<'_>,
) -> Option<(PathBuf, Option<Stamp>)> {
    let claim = &surveyed.standing.claim.as_ref().filter(|_| surveyed.done.is_none())?.claim;
    let checked = claim.preflight.as_ref().map(|preflight| PathBuf::from(&preflight.lane));
    let of_role = || {
        let worktree = definitions.roles.get(&claim.role)?.worktree.as_ref()?;
        Some(place.top.join(worktree))
    };
    let path = checked.or_else(of_role)?;
    let active = activity::newest(place.place, &path);
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
