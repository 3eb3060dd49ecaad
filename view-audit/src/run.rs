//! Reading the logs and printing what was asked for.

use audit_log::{Facts, read_entry};
use cli::{Exit, Failure, Out, Progress, Tone};

use crate::args::{Args, Command, ListArgs, StatsArgs, WantedArgs};
use crate::check;
use crate::entry_json;
use crate::filter::Filter;
use crate::follow;
use crate::followed::Followed;
use crate::index::{Policy, Reads};
use crate::projects::{self, Root};
use crate::show::{self, Shown};
use crate::show_one;
use crate::stats::{Counts, Row};
use crate::stats_page;
use crate::view::{Place, Reading, Sink, View};

/// How many rows are laid out together when everything is shown.
const PAGE: usize = 1000;

/// How many entries are listed when nobody says.
const TAIL: usize = 10;

/// The body of the tool.
pub(crate) fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    args.check()?;
    if args.show_config {
        return show_config(out);
    }
    let roots = projects::roots(args.places)?;
    match args.command {
        Some(Command::Show { id }) => show_one::run(&id, &roots, out),
        Some(Command::Check) => check::run(roots, out),
        Some(Command::Stats(stats)) => count(&stats, &roots, out),
        None => list(&args.list, args.wanted, args.index.policy(), &roots, out),
    }
}

fn list(
    args: &ListArgs,
    wanted: WantedArgs,
    policy: Policy,
    roots: &[Root],
    out: &mut Out,
) -> Result<Exit, Failure> {
    // Watched before they are read, so that nothing is written in between unnoticed. Where a log cannot be
    // found, opening it says so.
    let logs = || roots.iter().filter_map(|root| root.log().ok());
    let watch = args.follow.then(|| follow::watch(&logs().collect::<Vec<_>>(), out));
    let progress = Progress::start("reading the audit log");
    let filter = Filter::of(wanted, cli::clock::now().instant());
    let tail = args.tail.unwrap_or(TAIL);
    let few = (!args.all && !args.follow && filter.is_empty()).then_some(tail);
    let ((mut view, failed), found) = match few.and_then(|few| last(few, roots)) {
        Some((view, places)) => ((view, None), Some(places)),
        None if args.follow => (open(roots, Reading::All, Some(Vec::new())), None),
        None => (open(roots, Reading::Wanted(&filter), None), None),
    };
    view.notes.iter().for_each(|note| out.note(note));
    let wanted = if args.all { usize::MAX } else { tail };
    if found.is_none() {
        let reads = if args.all { Reads::All } else { Reads::Some };
        view.use_indexes(&filter, reads, policy, out);
    }
    let mut listed =
        Listed { places: Vec::new(), progress: Some(progress), verbose: args.verbose, out };
    match found {
        Some(places) => listed.places = places,
        None if args.all => view.each(&filter, &mut listed)?,
        None => listed.places = view.find(&filter, wanted)?,
    }
    listed.end(&view, watch.is_none())?;
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

/// The last `wanted` entries of all logs, when little has to be read to find them and nothing is in the way.
fn last(wanted: usize, roots: &[Root]) -> Option<(View, Vec<Place>)> {
    let (mut view, failed) = open(roots, Reading::Last(wanted), None);
    let places = failed.is_none().then(|| view.find_last(wanted))??;
    Some((view, places))
}

/// Opens the logs. The others are looked at all the same when one fails; the last failure ends the
/// tool.
pub(crate) fn open(
    roots: &[Root],
    reading: Reading<'_>,
    followed: Option<Vec<Followed>>,
) -> (View, Option<Failure>) {
    let mut view = View::default();
    view.followed = followed;
    let mut failed = None;
    for root in roots {
        if let Err(failure) = view.open(root, reading)
            && let Some(before) = failed.replace(failure)
        {
            view.notes.push(before.to_string());
        }
    }
    (view, failed)
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
    cli::print_settings(&config::shown(out.tool(), &projects::load()?), out)
}

fn count(args: &StatsArgs, roots: &[Root], out: &mut Out) -> Result<Exit, Failure> {
    let progress = Progress::start("reading the audit log");
    let filter = Filter::of(args.wanted.clone(), cli::clock::now().instant());
    let (mut view, failed) = open(roots, Reading::Wanted(&filter), None);
    view.notes.iter().for_each(|note| out.note(note));
    view.use_indexes(&filter, Reads::Facts, args.index.policy(), out);
    let mut counts = Counts::new(&args.by);
    view.each(&filter, &mut counts)?;
    drop(progress);
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

impl Sink for Counts {
    type Kept = Row;

    fn keep(&mut self, facts: &Facts<'_>, project: Option<&str>) -> Row {
        self.row(facts, project)
    }

    fn told(&mut self, words: usize, facts: &Facts<'_>, project: Option<&str>) -> Row {
        self.alike(words, facts, project)
    }

    fn take(&mut self, _: &View, _: Place, row: Row) -> Result<(), Failure> {
        self.add(row);
        Ok(())
    }
}

/// Entries that are printed page by page.
struct Listed<'a> {
    places: Vec<Place>,
    /// Until the first page is printed.
    progress: Option<Progress>,
    verbose: bool,
    out: &'a mut Out,
}

impl Listed<'_> {
    fn print(&mut self, view: &View) -> Result<(), Failure> {
        drop(self.progress.take());
        for places in std::mem::take(&mut self.places).chunks(PAGE) {
            print(view, places, self.verbose, self.out)?;
        }
        Ok(())
    }

    /// Prints what is left, and says when there was nothing if that is wanted.
    fn end(&mut self, view: &View, tell: bool) -> Result<(), Failure> {
        if self.places.is_empty() && self.progress.is_some() && tell {
            self.progress = None;
            return self.out.page(|page| page.line(Tone::Dim, "no entry to show"));
        }
        self.print(view)
    }
}

impl Sink for Listed<'_> {
    type Kept = ();

    fn keep(&mut self, _: &Facts<'_>, _: Option<&str>) {}

    fn told(&mut self, _: usize, _: &Facts<'_>, _: Option<&str>) {}

    fn take(&mut self, view: &View, place: Place, (): ()) -> Result<(), Failure> {
        self.places.push(place);
        if self.places.len() == PAGE { self.print(view) } else { Ok(()) }
    }
}

fn print(view: &View, places: &[Place], verbose: bool, out: &mut Out) -> Result<(), Failure> {
    let mut shown = Vec::new();
    for Place { log, place } in places {
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
    })
}
