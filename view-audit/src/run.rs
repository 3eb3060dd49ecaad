//! Reading the logs and printing what was asked for.

use std::path::PathBuf;

use cli::{Exit, Failure, Out, Progress, Tone};

use crate::args::Args;
use crate::entry_json;
use crate::fields;
use crate::filter::Filter;
use crate::show::{self, Shown};
use crate::view::{Place, View};

/// How many rows are laid out together when everything is shown.
const PAGE: usize = 1000;

/// The body of the tool.
pub(crate) fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    let progress = Progress::start("reading the audit log");
    let mut view = View::default();
    let mut failed = None;
    for root in roots(args.places.root) {
        if let Err(failure) = view.open(root.as_deref(), out) {
            // The other logs are shown all the same; the last failure ends the tool.
            if let Some(before) = failed.replace(failure) {
                out.note(&before.to_string());
            }
        }
    }
    let filter = Filter::of(args.wanted);
    let wanted = if args.list.all { usize::MAX } else { args.list.tail };
    let places = view.find(&filter, wanted)?;
    drop(progress);
    print(&view, &places, args.list.verbose, out)?;
    out.flush()?;
    view.damages.tell(out);
    match failed {
        Some(failure) => Err(failure),
        None if view.incomplete => Ok(Exit::World),
        None => Ok(Exit::Yes),
    }
}

fn roots(given: Vec<PathBuf>) -> Vec<Option<PathBuf>> {
    if given.is_empty() { vec![None] } else { given.into_iter().map(Some).collect() }
}

fn print(view: &View, places: &[Place], verbose: bool, out: &mut Out) -> Result<(), Failure> {
    if places.is_empty() {
        return out.page(|page| page.line(Tone::Dim, "no entry to show"));
    }
    for page in places.chunks(PAGE) {
        let mut shown = Vec::new();
        for Place { log, place } in page {
            let bytes = view.bytes(place)?;
            if out.is_json() {
                out.raw(&entry_json::line(&bytes))?;
            } else {
                let project = view.projects.get(*log).cloned().flatten();
                shown.push(Shown { entry: fields::read(&bytes), project });
            }
        }
        out.page(|page| {
            let show = if verbose { show::blocks } else { show::table };
            show(&shown, page);
        })?;
    }
    Ok(())
}
