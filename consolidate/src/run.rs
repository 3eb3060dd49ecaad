//! One run over each log.

use std::path::{Path, PathBuf};
use std::time::Duration;

use audit_log::{Consumed, FileState, Log, advance_index};
use cli::{Exit, Failure, Out, Progress};
use jiff::Timestamp;
use journal::Lock;
use records::consolidate::{Check, Run};

use crate::args::Args;
use crate::check::{check, rehearse};
use crate::commit::commit;
use crate::disk::{Disk, RealDisk};
use crate::error::Error;
use crate::hide::hide;
use crate::hook;
use crate::listing::{Listing, Source};
use crate::plan::Plan;
use crate::quiet::remove_quiet;
use crate::recover::{Recovered, recover};
use crate::row::{Reject, Row};
use crate::shard_lines::Reader;
use crate::shards::Shards;
use crate::show;
use crate::take::{Outcome, Taken, UNFINISHED, Wish, take};

/// How many shards one commit takes at most, and after how many lines it takes no more. They bound the
/// memory, which goes by the number of lines and not by their length; a commit costs three syncs.
const BATCH_SHARDS: usize = 20_000;
const BATCH_LINES: usize = 100_000;

/// The body of the tool.
pub(crate) fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    if args.install_hook || args.uninstall_hook {
        let hook = if args.install_hook { hook::install() } else { hook::uninstall() }?;
        let refused = !hook.reasons.is_empty();
        out.print(&hook, show::hook)?;
        return Ok(if refused { Exit::No } else { Exit::Yes });
    }
    let mut failed: Option<Failure> = None;
    let mut wrong = false;
    let progress = Progress::start("folding shards");
    for root in roots(args.root) {
        let log = match &root {
            Some(root) => Log::at_root(root),
            None => Log::of_repository(Path::new(".")),
        };
        let how = How { now: cli::clock::now().instant(), older_than: args.older_than };
        let done = log.map_err(Error::from).and_then(|log| {
            Ok(if args.check {
                Done::Checked(check(&log, how)?)
            } else if args.dry_run {
                Done::Folded(rehearse(&log, how)?.report)
            } else {
                Done::Folded(fold(&RealDisk, &log, how)?)
            })
        });
        match done {
            Ok(Done::Checked(check)) => {
                wrong |= !check.reasons.is_empty();
                out.print(&check, show::check)?;
            }
            Ok(Done::Folded(report)) => {
                for note in &report.notes {
                    out.note(note);
                }
                out.print(&report.run, |run, page| show::run(run, page, args.dry_run))?;
            }
            // The other logs are folded all the same; the last failure ends the tool.
            Err(error) => {
                if let Some(before) = failed.replace(error.into()) {
                    out.note(&before.to_string());
                }
            }
        }
    }
    drop(progress);
    failed.map_or(Ok(if wrong { Exit::No } else { Exit::Yes }), Err)
}

/// What became of a log.
enum Done {
    Folded(Report),
    Checked(Check),
}

fn roots(given: Vec<PathBuf>) -> Vec<Option<PathBuf>> {
    if given.is_empty() { vec![None] } else { given.into_iter().map(Some).collect() }
}

/// What holds for a whole run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct How {
    pub now: Timestamp,
    pub older_than: Duration,
}

/// What a run did, and what is to be said about it.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub run: Run,
    pub notes: Vec<String>,
}

impl Report {
    pub(crate) fn of(log: &Log) -> Self {
        let root = log.logs.display().to_string();
        Self { run: Run { root, ..Run::default() }, notes: Vec::new() }
    }

    pub(crate) fn add(&mut self, batch: &Batch, plan: &Plan) {
        self.run.shards += batch.consumed.len() as u64;
        self.run.entries += plan.entries();
        self.run.duplicates += plan.duplicates;
        self.run.quarantined += batch.rejects.len() as u64;
        self.run.bytes_written += if plan.is_empty() { 0 } else { plan.bytes_written() };
        self.notes.extend(
            plan.conflicts
                .iter()
                .map(|id| format!("two entries with the id {id} differ; both are in the history")),
        );
        self.notes.extend(batch.rejects.iter().map(|reject| {
            let Reject { spot, reason } = reject;
            let shard = batch.shards.shown(*spot);
            format!("{shard}: byte {}: nobody can read this line: {reason}", spot.offset)
        }));
    }
}

/// Folds a log.
pub(crate) fn fold(disk: &impl Disk, log: &Log, how: How) -> Result<Report, Error> {
    let mut report = Report::of(log);
    let listing = Listing::read(log)?;
    let interrupted = log.intent.metadata().is_ok_and(|found| found.len() > 0);
    if listing.pending.is_empty() && listing.done.is_empty() && !interrupted {
        report.run.skipped = listing.into_skipped().0;
        return Ok(report);
    }
    let _lock = lock(log)?;
    match recover(disk, log)? {
        Recovered::Nothing => {}
        Recovered::Finished => report.notes.push("finished an interrupted run".into()),
        Recovered::Undone => report.notes.push("undid an interrupted run".into()),
    }
    if log.replacement().symlink_metadata().is_ok() {
        let leftover = log.replacement();
        disk.remove(&leftover).map_err(Error::io("remove", &leftover))?;
    }
    let mut listing = Listing::read(log)?;
    let sources = std::mem::take(&mut listing.pending);
    let mut rest = sources.iter().peekable();
    let mut reader = Reader::default();
    while rest.peek().is_some() {
        let mut batch = Batch::default();
        while let Some(source) = rest.next_if(|_| batch.has_room()) {
            let claim = Some(listing.next_claim(&source.name.stem));
            let wish = Wish { now: how.now, older_than: how.older_than, claim };
            match take(disk, log, source, batch.shards.next(), &mut reader, wish)? {
                Outcome::Taken(taken) => {
                    if taken.unfinished {
                        listing.leave(source.shown.clone(), UNFINISHED, true);
                    }
                    batch.add(source, taken);
                }
                Outcome::Left(why) => {
                    listing.leave(source.shown.clone(), &why.text, why.passes);
                }
                Outcome::Gone => {}
            }
        }
        let plan = batch.plan(log)?;
        let creates = (!plan.is_empty() && !log.history.exists())
            || (!batch.rejects.is_empty() && !log.quarantine().exists());
        if creates {
            hide(log)?;
        }
        let before = FileState::at(&log.history);
        commit(disk, log, &plan, &mut batch.shards, &batch.rejects, &batch.consumed)?;
        if let Some(before) = before {
            advance_index(log, &before, plan.region.from);
        }
        report.add(&batch, &plan);
    }
    remove_quiet(disk, log, &listing.done, how.now)?;
    report.run.skipped = listing.into_skipped().0;
    Ok(report)
}

/// The shards of one commit.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub shards: Shards,
    rows: Vec<Row>,
    rejects: Vec<Reject>,
    consumed: Vec<Consumed>,
}

impl Batch {
    fn has_room(&self) -> bool {
        self.consumed.len() < BATCH_SHARDS && self.rows.len() + self.rejects.len() < BATCH_LINES
    }

    pub(crate) fn add(&mut self, source: &Source, taken: Taken) {
        self.shards.add(taken.path, source.shown.clone(), source.inode);
        self.rows.extend(taken.rows);
        self.rejects.extend(taken.rejects);
        self.consumed.push(taken.consumed);
    }

    /// Places the entries in the history of `log`. To be asked once.
    pub(crate) fn plan(&mut self, log: &Log) -> Result<Plan, Error> {
        let rows = std::mem::take(&mut self.rows);
        Plan::new(&log.history, &log.older(), rows, &mut self.shards)
    }
}

/// Takes the lock of the log, without waiting.
fn lock(log: &Log) -> Result<Lock, Error> {
    if let Some(folder) = log.lock.parent() {
        journal::create_dirs(folder)?;
    }
    Lock::acquire(&log.lock, Duration::ZERO).map_err(|error| match error {
        journal::Error::Locked { .. } => Error::Busy { logs: log.logs.clone() },
        other => other.into(),
    })
}
