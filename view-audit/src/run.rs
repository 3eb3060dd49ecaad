//! Reading the logs and printing what was asked for.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use audit_log::Log;
use cli::{Exit, Failure, Out, Progress, Tone};

use crate::args::Args;
use crate::damage::Damages;
use crate::entry_json;
use crate::fields;
use crate::filter::Filter;
use crate::history::History;
use crate::interleave::{Grouped, Lines, interleave};
use crate::show::{self, Shown};
use crate::snapshot::{self, Snapshot};
use crate::stream::{Numbered, Seen, Where, backward};

/// How many rows are laid out together when everything is shown.
const PAGE: usize = 1000;

/// The body of the tool.
pub(crate) fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    let progress = Progress::start("reading the audit log");
    let mut view = View::default();
    let mut failed = None;
    for root in roots(args.root) {
        if let Err(failure) = view.open(root.as_deref(), out) {
            // The other logs are shown all the same; the last failure ends the tool.
            if let Some(before) = failed.replace(failure) {
                out.note(&before.to_string());
            }
        }
    }
    let filter =
        Filter { issues: args.issue, verdicts: args.verdict, node: args.node, failed: args.failed };
    let wanted = if args.all { usize::MAX } else { args.tail };
    let places = view.find(&filter, wanted)?;
    drop(progress);
    view.print(&places, args.verbose, out)?;
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

/// Where an entry is, and the number of its log.
struct Place {
    log: usize,
    place: Where,
}

/// All logs that are shown.
#[derive(Default)]
struct View {
    /// The folders, each once.
    logs: Vec<PathBuf>,
    /// Of every log: its project.
    projects: Vec<Option<String>>,
    histories: Vec<History>,
    sequences: Vec<Lines>,
    damages: Damages,
    /// Whether something could not be read.
    incomplete: bool,
}

impl View {
    /// Opens a log, and says what of it cannot be read.
    fn open(&mut self, root: Option<&Path>, out: &Out) -> Result<(), Failure> {
        let log = match root {
            Some(root) => Log::at_root(root)?,
            None => Log::of_repository(Path::new("."))?,
        };
        if self.logs.contains(&log.logs) {
            return Ok(());
        }
        self.logs.push(log.logs.clone());
        if !log.logs.is_dir() {
            out.note(&format!("{}: no such folder, so there are no entries", log.logs.display()));
            return Ok(());
        }
        let Snapshot { history, older, fresh, damaged, unreadable, skipped } =
            snapshot::take(&log)?;
        for path in skipped {
            out.note(&format!("{}: not a regular file, so it is not read", path.display()));
        }
        for (path, error) in unreadable {
            out.note(&format!("cannot read {}: {error}", path.display()));
            self.incomplete = true;
        }
        for damage in damaged {
            self.damages.add(damage);
        }
        let number = self.projects.len();
        let older = self.number(&log.older(), older);
        let history = self.number(&log.history, history);
        let lines = backward(&older, &history, fresh)?;
        self.sequences
            .push(Box::new(lines.map(move |line| line.map(|seen| Seen { log: number, ..seen }))));
        self.projects.push(log.project());
        Ok(())
    }

    fn number(&mut self, path: &Path, history: History) -> Numbered {
        let number = self.histories.len();
        self.histories.push(history.clone());
        Numbered { number, path: path.to_owned(), history }
    }

    /// The last `wanted` entries that the filter accepts, oldest first. It reads from the end, and no
    /// further than it has to.
    fn find(&mut self, filter: &Filter, wanted: usize) -> Result<Vec<Place>, Failure> {
        let mut places = Vec::new();
        for seen in together(std::mem::take(&mut self.sequences)) {
            if places.len() == wanted {
                break;
            }
            let Seen { log, bytes, found, .. } = seen?;
            match found {
                Ok(place) if filter.is_empty() || filter.accepts(&fields::read(&bytes)) => {
                    places.push(Place { log, place });
                }
                Ok(_) => {}
                Err((history, damage)) => match self.histories.get(history) {
                    Some(history) => self.damages.add_numbered(damage, history),
                    None => self.damages.add(damage),
                },
            }
        }
        places.reverse();
        Ok(places)
    }

    fn print(&self, places: &[Place], verbose: bool, out: &mut Out) -> Result<(), Failure> {
        if places.is_empty() {
            return out.page(|page| page.line(Tone::Dim, "no entry to show"));
        }
        for page in places.chunks(PAGE) {
            let mut shown = Vec::new();
            for Place { log, place } in page {
                let bytes = self.bytes(place)?;
                if out.is_json() {
                    out.raw(&entry_json::line(&bytes))?;
                } else {
                    let project = self.projects.get(*log).cloned().flatten();
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

    /// The bytes of an entry without the end of its line.
    fn bytes<'a>(&self, place: &'a Where) -> Result<Cow<'a, [u8]>, Failure> {
        match place {
            Where::Memory(bytes) => Ok(Cow::Borrowed(bytes)),
            Where::History { history, from, to } => {
                let history = self.histories.get(*history).cloned().unwrap_or_default();
                let bytes = history.slice(*from, *to);
                let mut bytes = bytes.map_err(|e| Failure::world("cannot read the history", e))?;
                bytes.pop_if(|last| *last == b'\n');
                bytes.pop_if(|last| *last == b'\r');
                if bytes.starts_with(b"\xef\xbb\xbf") {
                    bytes.drain(..3);
                }
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

/// The lines of all logs, last first.
fn together(mut logs: Vec<Lines>) -> Lines {
    match logs.pop() {
        Some(only) if logs.is_empty() => only,
        None => Box::new(std::iter::empty()),
        Some(last) => {
            logs.push(last);
            let groups = interleave(logs.into_iter().map(Grouped::new).collect());
            Box::new(groups.flat_map(|group| match group {
                Ok(group) => group.lines.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            }))
        }
    }
}
