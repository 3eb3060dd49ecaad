//! Reading the logs and printing what was asked for.

use std::path::PathBuf;

use audit_log::read_entry;
use cli::{Exit, Failure, Out, Progress, Tone};
use jiff::tz::TimeZone;

use crate::args::{Args, Command, ListArgs, StatsArgs, WantedArgs};
use crate::check;
use crate::entry_json;
use crate::filter::Filter;
use crate::follow;
use crate::index::Policy;
use crate::projects;
use crate::show::{self, Shown};
use crate::show_one;
use crate::stats::Counts;
use crate::stats_page;
use crate::view::{Place, View, log_of};

/// How many rows are laid out together when everything is shown.
const PAGE: usize = 1000;

/// The body of the tool.
pub(crate) fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    if args.show_config {
        return show_config(out);
    }
    let roots = projects::roots(args.places)?;
    match args.command {
        Some(Command::Show { id }) => show_one::run(&id, roots, out),
        Some(Command::Check) => check::run(roots, out),
        Some(Command::Stats(stats)) => count(&stats, roots, out),
        None => list(&args.list, args.wanted, args.index.policy(), roots, out),
    }
}

fn list(
    args: &ListArgs,
    wanted: WantedArgs,
    policy: Policy,
    roots: Vec<Option<PathBuf>>,
    out: &mut Out,
) -> Result<Exit, Failure> {
    // Watched before they are read, so that nothing is written in between unnoticed. Where a log cannot be
    // found, opening it says so.
    let logs = || roots.iter().filter_map(|root| log_of(root.as_deref()).ok());
    let watch = args.follow.then(|| follow::watch(&logs().collect::<Vec<_>>(), out));
    let progress = Progress::start("reading the audit log");
    let mut view = View::default();
    view.followed = args.follow.then(Vec::new);
    let failed = open_in(&mut view, roots, out);
    let filter = Filter::of(wanted, cli::clock::now().instant(), &TimeZone::system());
    let wanted = if args.all { usize::MAX } else { args.tail };
    view.use_indexes(&filter, wanted, policy, out);
    let places = view.find(&filter, wanted)?;
    drop(progress);
    if watch.is_none() || !places.is_empty() {
        print(&view, &places, args.verbose, out)?;
    }
    out.flush()?;
    view.damages.tell(out);
    if let (Some(watch), Some(logs)) = (watch, view.followed.take()) {
        if let Some(failure) = failed {
            return Err(failure);
        }
        return follow::run(logs, watch, &filter, args.verbose, out);
    }
    ended(&view, failed, Exit::Yes)
}

/// Opens the logs. The others are looked at all the same when one fails; the last failure ends the
/// tool.
pub(crate) fn open(roots: Vec<Option<PathBuf>>, out: &Out) -> (View, Option<Failure>) {
    let mut view = View::default();
    let failed = open_in(&mut view, roots, out);
    (view, failed)
}

fn open_in(view: &mut View, roots: Vec<Option<PathBuf>>, out: &Out) -> Option<Failure> {
    let mut failed = None;
    for root in roots {
        if let Err(failure) = view.open(root.as_deref(), out)
            && let Some(before) = failed.replace(failure)
        {
            out.note(&before.to_string());
        }
    }
    failed
}

/// How the tool ends when what could be read was worth `exit`.
pub(crate) fn ended(view: &View, failed: Option<Failure>, exit: Exit) -> Result<Exit, Failure> {
    match failed {
        Some(failure) => Err(failure),
        None if view.incomplete => Ok(Exit::World),
        None => Ok(exit),
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

fn count(args: &StatsArgs, roots: Vec<Option<PathBuf>>, out: &mut Out) -> Result<Exit, Failure> {
    let (now, zone) = (cli::clock::now().instant(), TimeZone::system());
    let progress = Progress::start("reading the audit log");
    let (mut view, failed) = open(roots, out);
    let filter = Filter::of(args.wanted.clone(), now, &zone);
    view.use_indexes(&filter, usize::MAX, args.index.policy(), out);
    let places = view.find(&filter, usize::MAX)?;
    drop(progress);
    let mut counts = Counts::new(&args.by);
    for Place { log, place } in &places {
        counts.add(&read_entry(&view.bytes(place)?), view.project(*log));
    }
    for (by, groups) in counts.finish() {
        if out.is_json() {
            for group in &groups {
                let line = records::print_noun(group);
                out.raw_line(&line.map_err(|e| Failure::world("cannot print the counts", e))?)?;
            }
        }
        out.page(|page| stats_page::show(by, &groups, page))?;
    }
    out.flush()?;
    view.damages.tell(out);
    ended(&view, failed, Exit::Yes)
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
                shown.push(Shown { entry: read_entry(&bytes), project });
            }
        }
        out.page(|page| {
            let show = if verbose { show::blocks } else { show::table };
            show(&shown, page);
        })?;
    }
    Ok(())
}
