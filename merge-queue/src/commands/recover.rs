//! `recover`: sets damaged lines of the journal aside where they cannot have been events, and goes on without
//! events that are lost where somebody says so.

use std::collections::BTreeSet;
use std::path::Path;

use cli::{Exit, Failure, Out, Page, Tone};
use journal::Loaded;
use records::merge_queue::{Recovery, Refused};
use records::{Loss, QueueEvent, Reason, StatusChange, TaskId, TaskState};

use crate::args::RecoverArgs;
use crate::desk::Desk;
use crate::history;
use crate::rules::numbering::{Numbering, shown};
use crate::show;

pub(super) fn run(desk: &Desk, args: &RecoverArgs, out: &mut Out) -> Result<Exit, Failure> {
    let path = history::file(&desk.place);
    let loaded = journal::load::<QueueEvent>(&path)?;
    let numbering = Numbering::of(&loaded);
    let mut recovery = Recovery {
        file: path.display().to_string(),
        moved: Vec::new(),
        aside: None,
        lost: numbering.missing(),
        tasks: Vec::new(),
    };
    let reasons = reasons(&path, &numbering);
    match &args.accept_loss {
        Some(why) if numbering.disorder.is_empty() && !recovery.lost.is_empty() => {
            recovery.tasks = accept(desk, &path, &numbering, why)?;
        }
        _ if reasons.is_empty() => {}
        _ => {
            let refused = Refused { task: "all".into(), command: "recover".into(), reasons };
            out.print(&refused, show::refused)?;
            return Ok(Exit::No);
        }
    }
    if !loaded.damaged.is_empty() || loaded.torn.is_some() {
        let aside = journal::set_aside::<QueueEvent>(&path, &free_stamp(&path))?;
        recovery.moved = aside.moved.iter().filter_map(|damage| damage.line).collect();
        recovery.aside = aside.into.map(|path| path.display().to_string());
    }
    out.print(&recovery, show)?;
    Ok(Exit::Yes)
}

/// A time for the name of the file beside `path`, with a number where there is one of this second.
fn free_stamp(path: &Path) -> String {
    let now = format!("{}Z", cli::clock::now().compact());
    let numbered = (2..).map(|number| format!("{now}-{number}"));
    let taken = |stamp: &String| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".corrupt-{stamp}"));
        Path::new(&name).symlink_metadata().is_ok()
    };
    let mut stamps = std::iter::once(now.clone()).chain(numbered);
    stamps.find(|stamp| !taken(stamp)).unwrap_or(now)
}

/// What is lost or out of order. A damaged line between two consecutive numbers never was an event, whatever it
/// holds. Behind the last event nobody knows.
fn reasons(path: &Path, numbering: &Numbering) -> Vec<Reason> {
    let copy = "put the line right from a copy of the file, such as a backup";
    let without = format!("{copy}; where there is none: merge-queue recover --accept-loss WHY");
    let reason = |code: &str, line: Option<u64>, what: String, next: &str| {
        let place = line.map_or_else(String::new, |line| format!(":{line}"));
        Reason::new(code, format!("{}{place}: {what}", path.display()), next)
    };
    let gaps = numbering.gaps.iter().map(|gap| {
        let what = format!("{} should stand before this line", shown(gap.events));
        reason("event_lost", gap.line, what, &without)
    });
    let disorder = numbering.disorder.iter().map(|wrong| {
        let what = format!("event {} follows on event {}", wrong.seq, wrong.last);
        reason("event_out_of_order", wrong.line, what, copy)
    });
    let behind = numbering.behind.iter().map(|gap| {
        let what = format!(
            "behind event {} there is a damaged line, which may be event {}",
            numbering.last, gap.events.first
        );
        reason("event_lost", gap.line, what, &without)
    });
    gaps.chain(disorder).chain(behind).collect()
}

/// Records that events are lost: for each task that they may have been about, and at last that the gap is
/// accepted. All of it is one append; where it breaks off, the gap is still there, and nothing is ready.
fn accept(
    desk: &Desk,
    path: &Path,
    numbering: &Numbering,
    why: &str,
) -> Result<Vec<TaskId>, Failure> {
    let defined = defined(desk)?;
    let loss = Loss { events: numbering.missing(), reason: why.into() };
    let list = loss.events.iter().map(|range| shown(*range)).collect::<Vec<_>>().join(", ");
    let change = StatusChange {
        to: TaskState::Blocked,
        reason: Some(format!("it may have been about this task: {list}, lost ({why})")),
        owner: None,
        branch: None,
        commit: None,
        reopened: false,
    };
    let closing = QueueEvent { lost: Some(loss.clone()), ..desk.blank_of_queue("lost")? };
    let mut tasks = Vec::new();
    desk.forget();
    journal::append_all_with(path, |view| {
        let loaded = view.load::<QueueEvent>()?;
        if Numbering::of(&loaded) != *numbering {
            return Err(Failure::later("cannot recover", "the journal has changed at this moment")
                .hint("the same command again looks at it"));
        }
        tasks = concerned(defined, &loaded);
        let of_tasks = tasks.iter().map(|task| QueueEvent {
            task: Some(task.clone()),
            status: Some(change.clone()),
            ..closing.clone()
        });
        let mut events: Vec<QueueEvent> = of_tasks.chain([closing.clone()]).collect();
        let mut seq = loss.events.last().map_or(0, |range| range.last).max(numbering.last);
        for event in &mut events {
            seq = seq.checked_add(1).ok_or_else(|| {
                Failure::damaged("cannot recover", format_args!("no number comes after {seq}"))
            })?;
            event.seq = seq;
        }
        Ok::<_, Failure>(events)
    })?;
    Ok(tasks)
}

/// The tasks that are defined. A mistake in the files may hide one.
fn defined(desk: &Desk) -> Result<BTreeSet<TaskId>, Failure> {
    let definitions = desk.definitions()?;
    let journal = history::file(&desk.place).display().to_string();
    if let Some(mistake) = definitions.mistakes.iter().find(|mistake| mistake.file != journal) {
        let place = format!("{}:{}:{}", mistake.file, mistake.line, mistake.column);
        return Err(Failure::usage(place, &mistake.message)
            .hint("'merge-queue validate' lists all mistakes"));
    }
    Ok(definitions.tasks.into_iter().map(|task| task.id).collect())
}

/// Those, and every other task that the journal knows.
fn concerned(defined: BTreeSet<TaskId>, loaded: &Loaded<QueueEvent>) -> Vec<TaskId> {
    let mut tasks = defined;
    for (_, event) in &loaded.records {
        tasks.extend(event.task.clone());
        tasks.extend(event.added.iter().map(|task| task.id.clone()));
    }
    tasks.into_iter().collect()
}

fn show(recovery: &Recovery, page: &mut Page) {
    match &recovery.aside {
        None if recovery.lost.is_empty() => {
            page.line(Tone::Good, format_args!("{} is sound", recovery.file));
        }
        None => {}
        Some(aside) => {
            let count = recovery.moved.len();
            page.line(Tone::Good, format_args!("{count} damaged lines are set aside"));
            page.field("now in", aside);
        }
    }
    if !recovery.lost.is_empty() {
        let lost = recovery.lost.iter().map(|range| shown(*range)).collect::<Vec<_>>().join(", ");
        page.line(Tone::Warn, format_args!("{lost}: lost, and accepted as lost"));
        page.field("blocked", join(&recovery.tasks));
        page.field("next", "merge-queue set-status TASK todo, or done --commit C, for each");
    }
}

fn join(tasks: &[TaskId]) -> String {
    tasks.iter().map(TaskId::as_str).collect::<Vec<_>>().join(", ")
}
