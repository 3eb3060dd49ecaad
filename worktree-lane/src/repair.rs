//! `repair`: what kills, moves and other tools have left broken.
//!
//! Each lane is looked at without its lock, and once more under it before anything is done. Nothing is
//! deleted: a link is written where there is none, git is told where a folder is, and what it knows of a
//! folder that is gone is moved into the trash.

mod forget;
mod look;
mod mend;
mod whereabouts;

use std::collections::BTreeSet;

use cli::{Exit, Failure, Out, Page, Tone};
use records::worktree_lane::Finding;
use repo::shell_words;

use crate::args::repair::Repair;
use crate::here::Here;
use crate::history::History;
use crate::lock::Lock;
use crate::registry;
use crate::trash::erasing;

use look::Wrong;

/// Runs `repair`: one line for each thing that is wrong.
pub(crate) fn run(
    here: &Here,
    actor: &str,
    asked: &Repair,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let failed = if asked.dry_run { None } else { erasing::unfinished(here, actor, out).err() };
    let history = History::load(here)?;
    let all: BTreeSet<String> = look::lanes(&history).collect();
    let named: Vec<String> = asked.lanes.iter().map(|name| crate::name::spelled(name)).collect();
    let mut found = Vec::new();
    for id in if named.is_empty() { all.iter().cloned().collect() } else { named.clone() } {
        if !all.contains(&id) {
            found.push(unknown(&id));
            continue;
        }
        found.extend(one(here, actor, &id, asked.dry_run, out)?);
    }
    if named.is_empty() {
        let entries = registry::survey(here, &history)?;
        found.extend(entries.iter().filter_map(look::initializing));
    }
    let exit = if found.iter().all(|finding| finding.repaired) { Exit::Yes } else { Exit::No };
    for finding in &found {
        out.print(finding, show)?;
    }
    if found.is_empty() {
        out.page(|page| page.line(Tone::Good, "nothing is wrong"))?;
    }
    failed.map_or(Ok(exit), Err)
}

fn unknown(id: &str) -> Finding {
    Finding {
        lane: Some(id.into()),
        path: None,
        code: "unknown_lane".into(),
        message: format!("there is no lane '{id}'"),
        action: None,
        repaired: false,
        next: Some("worktree-lane list".into()),
    }
}

fn show(finding: &Finding, page: &mut Page) {
    let lane = finding.lane.as_deref().unwrap_or("-");
    let tone = if finding.repaired { Tone::Good } else { Tone::Bad };
    page.line(tone, format_args!("lane {lane}: {} ({})", finding.message, finding.code));
    if let Some(action) = &finding.action {
        page.field(if finding.repaired { "done" } else { "would be done" }, action);
    }
    if let Some(next) = &finding.next {
        page.field("next", next);
    }
}

/// Looks at one lane, and mends what is wrong with it.
fn one(
    here: &Here,
    actor: &str,
    id: &str,
    dry_run: bool,
    out: &Out,
) -> Result<Option<Finding>, Failure> {
    let Some((wrong, path)) = look::at(here, id)? else { return Ok(None) };
    if dry_run {
        let next = match wrong.action() {
            Some(_) => shell_words(["worktree-lane", "repair", id]),
            None => wrong.next(),
        };
        return Ok(Some(finding(id, &path, &wrong, false, Some(next))));
    }
    let Some(_lane) = Lock::idle_lane(here, id)? else {
        out.note(&format!("lane {id}: another run is at work on it"));
        return Ok(None);
    };
    // It may have been mended, or changed, before we had the lock.
    let Some((wrong, path)) = look::at(here, id)? else { return Ok(None) };
    let repaired = mend::mend(here, actor, id, &wrong)?;
    let next = if repaired { wrong.afterwards() } else { Some(wrong.next()) };
    Ok(Some(finding(id, &path, &wrong, repaired, next)))
}

fn finding(id: &str, path: &str, wrong: &Wrong, repaired: bool, next: Option<String>) -> Finding {
    Finding {
        lane: Some(id.into()),
        path: Some(path.into()),
        code: wrong.code().into(),
        message: wrong.message(path),
        action: wrong.action(),
        repaired,
        next,
    }
}
