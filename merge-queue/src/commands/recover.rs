//! `recover`: sets damaged lines of the journal aside where they cannot have been events.

use std::path::Path;

use cli::{Exit, Failure, Out, Page, Tone};
use journal::Loaded;
use records::merge_queue::{Recovery, Refused};
use records::{QueueEvent, Reason};

use crate::desk::Desk;
use crate::history;
use crate::show;

pub(super) fn run(desk: &Desk, out: &mut Out) -> Result<Exit, Failure> {
    let path = history::file(&desk.place);
    let loaded = journal::load::<QueueEvent>(&path)?;
    let reasons = lost(&path, &loaded);
    if !reasons.is_empty() {
        let refused = Refused { task: "all".into(), command: "recover".into(), reasons };
        out.print(&refused, show::refused)?;
        return Ok(Exit::No);
    }
    let mut recovery =
        Recovery { file: path.display().to_string(), moved: Vec::new(), aside: None };
    if !loaded.damaged.is_empty() || loaded.torn.is_some() {
        let stamp = format!("{}Z", cli::clock::now().compact());
        let aside = journal::set_aside::<QueueEvent>(&path, &stamp)?;
        recovery.moved = aside.moved.iter().filter_map(|damage| damage.line).collect();
        recovery.aside = aside.into.map(|path| path.display().to_string());
    }
    out.print(&recovery, show)?;
    Ok(Exit::Yes)
}

/// Which events are lost. Events are numbered without gaps: a damaged line between two consecutive
/// numbers never was one, whatever it holds. Behind the last event nobody knows.
fn lost(path: &Path, loaded: &Loaded<QueueEvent>) -> Vec<Reason> {
    let next =
        "put the line right from a copy of the file, such as a backup; until then nothing is ready";
    let reason = |line: Option<u64>, what: String| {
        let place = line.map_or_else(String::new, |line| format!(":{line}"));
        let message = format!("{}{place}: {what}", path.display());
        Reason::new("event_lost", message, next)
    };
    let mut reasons = Vec::new();
    let mut last = 0;
    for (position, event) in &loaded.records {
        if event.seq != last + 1 {
            let what = format!("event {} follows on event {last}", event.seq);
            reasons.push(reason(position.line, what));
        }
        last = event.seq;
    }
    let end = loaded.records.last().map_or(0, |(position, _)| position.offset);
    for damage in loaded.damaged.iter().filter(|damage| damage.offset >= end) {
        let what =
            format!("behind event {last} there is a damaged line, which may be event {}", last + 1);
        reasons.push(reason(damage.line, what));
    }
    reasons
}

fn show(recovery: &Recovery, page: &mut Page) {
    match &recovery.aside {
        None => page.line(Tone::Good, format_args!("{} is sound", recovery.file)),
        Some(aside) => {
            let count = recovery.moved.len();
            page.line(Tone::Good, format_args!("{count} damaged lines are set aside"));
            page.field("now in", aside);
        }
    }
}
