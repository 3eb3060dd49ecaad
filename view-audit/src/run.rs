//! Reading the logs and printing what was asked for.

use cli::{Exit, Failure, Out, Progress, Tone};
use jiff::tz::TimeZone;

use crate::args::Args;
use crate::entry_json;
use crate::fields;
use crate::filter::Filter;
use crate::projects;
use crate::show::{self, Shown};
use crate::view::{Place, View};

/// How many rows are laid out together when everything is shown.
const PAGE: usize = 1000;

/// The body of the tool.
pub(crate) fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    if args.show_config {
        return show_config(out);
    }
    let progress = Progress::start("reading the audit log");
    let mut view = View::default();
    let mut failed = None;
    for root in projects::roots(args.places)? {
        if let Err(failure) = view.open(root.as_deref(), out) {
            // The other logs are shown all the same; the last failure ends the tool.
            if let Some(before) = failed.replace(failure) {
                out.note(&before.to_string());
            }
        }
    }
    let filter = Filter::of(args.wanted, cli::clock::now().instant(), &TimeZone::system());
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

fn show_config(out: &mut Out) -> Result<Exit, Failure> {
    for item in config::shown(out.tool(), &projects::load()?) {
        if out.is_json() {
            let line = serde_json::to_string(&item);
            out.raw_line(&line.map_err(|e| Failure::world("cannot print a setting", e))?)?;
        } else {
            out.raw_line(&format!("{} = {}  ({})", item.key, item.value, item.source))?;
        }
    }
    Ok(Exit::Yes)
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
                let project = view.project(*log).map(str::to_owned);
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
