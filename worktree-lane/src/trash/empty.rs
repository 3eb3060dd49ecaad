//! `trash empty`: the one command that deletes files.
//!
//! An entry went into the trash with nothing in it that was nowhere else. A process that had files of
//! it open, or a person, may have changed that, so everything is asked again before anything goes.

mod gates;

use std::time::Duration;

use cli::{Exit, Failure, Out, Page, Tone, clock, show_duration};
use records::Reason;
use records::worktree_lane::Emptying;

use crate::args::empty::Empty;
use crate::here::Here;
use crate::history::History;
use crate::lock::Lock;
use crate::recover;

use super::entry::{self, Entry};
use super::{erasing, keep};

/// How long an entry stays, unless somebody says otherwise.
const WEEK: Duration = Duration::from_hours(24 * 7);

/// Runs `trash empty`.
pub(crate) fn run(here: &Here, actor: &str, asked: &Empty, out: &mut Out) -> Result<Exit, Failure> {
    let mut exit = Exit::Yes;
    let mut failed: Option<Failure> = None;
    if !asked.dry_run {
        failed = erasing::unfinished(here, actor, out).err();
    }
    for name in selected(here, asked, out)? {
        match one(here, actor, &name, asked, out) {
            Ok(emptying) => {
                if !emptying.reasons.is_empty() {
                    exit = Exit::No;
                }
                out.print(&emptying, show)?;
            }
            // The first ends the run, with its hint; the others are told here.
            Err(failure) if failed.is_some() => out.note(&format!("{name}: {failure}")),
            Err(failure) => failed = Some(failure),
        }
    }
    failed.map_or(Ok(exit), Err)
}

/// The names that were given, or those of all entries that are old enough.
fn selected(here: &Here, asked: &Empty, out: &Out) -> Result<Vec<String>, Failure> {
    if !asked.names.is_empty() {
        return Ok(asked.names.clone());
    }
    let older = asked.older.unwrap_or(WEEK);
    let (entries, damaged) = entry::all(here)?;
    for failure in damaged {
        out.note(&failure.to_string());
    }
    let (old, young): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| is_older(entry, older));
    if !young.is_empty() {
        let count = young.len();
        out.note(&format!("{count} are younger than {} and stay", show_duration(older)));
    }
    Ok(old.into_iter().map(|entry| entry.name).collect())
}

/// A clock that was set back makes nothing old.
fn is_older(entry: &Entry, than: Duration) -> bool {
    let age = clock::now().instant().duration_since(entry.at.instant());
    !age.is_negative() && age.unsigned_abs() >= than
}

fn show(emptying: &Emptying, page: &mut Page) {
    let name = &emptying.name;
    if !emptying.reasons.is_empty() {
        page.line(Tone::Bad, format_args!("{name} stays in the trash"));
        page.reasons(&emptying.reasons);
        return;
    }
    let done = if emptying.emptied { "is deleted" } else { "would be deleted" };
    page.line(Tone::Good, format_args!("{name} {done}"));
    if let Some(kept) = &emptying.kept {
        page.field("commits", format_args!("kept by {kept}"));
    }
}

fn one(
    here: &Here,
    actor: &str,
    name: &str,
    asked: &Empty,
    out: &Out,
) -> Result<Emptying, Failure> {
    let nothing = |reason| Emptying {
        name: name.into(),
        lane: None,
        would_empty: false,
        emptied: false,
        kept: None,
        reasons: vec![reason],
    };
    let Some(entry) = entry::read(here, name)? else {
        return Ok(nothing(super::restore::unknown(name)));
    };
    let _lane = Lock::lane(here, &entry.lane.lane)?;
    if !asked.dry_run {
        recover::of_lane(here, actor, &entry.lane.lane, out);
    }
    // Another run may have brought it back, or deleted it.
    let Some(entry) = entry::read(here, name)? else {
        return Ok(nothing(super::restore::unknown(name)));
    };
    let mut reasons = Vec::new();
    if let Some(older) = asked.older.filter(|older| !is_older(&entry, *older)) {
        let message = format!("it was moved away less than {} ago", show_duration(older));
        reasons.push(Reason::new("too_young", message, "worktree-lane trash list"));
    }
    if is_being_changed(here, &entry)? {
        let message = "a change of its lane was cut short and could not be settled";
        reasons.push(Reason::new("unfinished", message, "worktree-lane list"));
    }
    reasons.extend(gates::reasons(here, &entry));
    empty(here, actor, &entry, reasons, asked.dry_run)
}

fn is_being_changed(here: &Here, entry: &Entry) -> Result<bool, Failure> {
    let history = History::load(here)?;
    Ok(history.lane(&entry.lane.lane).is_some_and(|known| {
        known.unfinished().is_some() && known.last.trash.as_ref() == Some(&entry.name)
    }))
}

/// Deletes the entry, if nothing speaks against it.
fn empty(
    here: &Here,
    actor: &str,
    entry: &Entry,
    reasons: Vec<Reason>,
    dry_run: bool,
) -> Result<Emptying, Failure> {
    let mut emptying = Emptying {
        name: entry.name.clone(),
        lane: Some(entry.lane.lane.clone()),
        would_empty: reasons.is_empty(),
        emptied: false,
        kept: None,
        reasons,
    };
    if !emptying.would_empty {
        return Ok(emptying);
    }
    let repository = Lock::repository(here)?;
    emptying.kept = keep::hand_over(here, &entry.name, entry.head.as_deref(), !dry_run)?;
    if dry_run {
        return Ok(emptying);
    }
    let Some(_deleting) = erasing::lock(here, &entry.name)? else {
        return Err(Failure::later(&entry.name, "another run is deleting it"));
    };
    let going = erasing::begin(here, actor, entry)?;
    // Others need not wait while the files go.
    drop(repository);
    erasing::finish(&going, entry)?;
    emptying.emptied = true;
    Ok(emptying)
}
