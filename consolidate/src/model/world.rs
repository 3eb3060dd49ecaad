//! A log that several are at work on, one system call at a time.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use audit_log::Log;
use jiff::SignedDuration;
use testkit::Tool;

use super::reader::{Lines, Slow, has_id, look};
use super::scene::Scene;
use super::writers::{Act, Acted, Writer};
use crate::disk::RealDisk;
use crate::error::Error;
use crate::run::{How, fold};

/// What happens besides the run, and before which of its steps. The steps of a run that follows one
/// that was killed are counted on.
#[derive(Debug, Clone, Default)]
pub(super) struct Case {
    /// Before which steps the run is killed.
    pub kills: Vec<usize>,
    /// Which steps are not done because the system refuses: a full disk, a bad one.
    pub refused: Vec<usize>,
    /// Who does what: the number of a writer and its action, in order.
    pub acts: Vec<(usize, usize, Act)>,
    /// Before which step a slow reader begins, and how many come between two of its looks. One that
    /// sees all at once looks before every step.
    pub reader: Option<(usize, usize)>,
    /// Whether the power fails with each kill, and what of it is lost.
    pub power: Option<u64>,
    /// Whether this is a day later, so that shards which were folded may be removed.
    pub day_later: bool,
}

/// The log, those who work on it, and what they were told is stored.
#[derive(Debug)]
pub(super) struct World {
    log: Log,
    case: Case,
    clock: usize,
    /// Before which step something happens that did not happen in the cases before.
    begins: usize,
    writers: BTreeMap<usize, Writer>,
    stored: Lines,
    slow: Option<(Slow, Lines)>,
    /// Before which step `view-audit` is asked what it sees.
    ask: Option<usize>,
    /// Whether the present run was killed.
    pub dead: bool,
    /// Whether the run is in the midst of its work, so another one must not be.
    pub busy: bool,
}

impl World {
    pub(super) fn new(log: &Log, scene: &Scene, case: &Case) -> Self {
        let mut world = Self {
            log: log.clone(),
            case: case.clone(),
            clock: 0,
            begins: case
                .acts
                .iter()
                .map(|(at, ..)| *at)
                .chain(case.kills.clone())
                .min()
                .unwrap_or(0),
            writers: BTreeMap::new(),
            stored: Lines::new(),
            slow: None,
            ask: None,
            dead: false,
            busy: false,
        };
        for line in &scene.lines {
            world.store(line);
        }
        world
    }

    /// Has `view-audit` looked at the log before this step, too.
    pub(super) fn ask_at(&mut self, step: usize) {
        self.ask = Some(step);
    }

    fn store(&mut self, line: &[u8]) {
        let count = self.stored.entry(line.to_vec()).or_default();
        if *count == 0 || !has_id(line) {
            *count += 1;
        }
    }

    /// How the runs of this case are made.
    pub(super) fn how(&self) -> How {
        let later = SignedDuration::from_hours(if self.case.day_later { 25 } else { 0 });
        How { now: cli::clock::now().instant() + later, older_than: Duration::ZERO }
    }

    /// How many steps were there.
    pub(super) fn clock(&self) -> usize {
        self.clock
    }

    /// What happens before the next step of the run, and what becomes of the step.
    pub(super) fn tick(&mut self) -> io::Result<()> {
        if self.dead {
            return Err(io::Error::other("killed before"));
        }
        self.act(self.clock);
        if self.clock >= self.begins {
            self.read();
        }
        if self.ask == Some(self.clock) {
            self.ask();
        }
        let step = self.clock;
        self.clock += 1;
        self.dead = self.case.kills.contains(&step);
        if self.dead {
            return Err(io::Error::other("killed"));
        }
        let refused = self.case.refused.contains(&step);
        if refused { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    /// The run is over, so whoever waited goes on.
    pub(super) fn finish(&mut self) {
        self.act(usize::MAX);
        assert!(self.case.acts.is_empty(), "a writer waits for ever: {:?}", self.case.acts);
        self.writers.clear();
        self.read();
    }

    fn act(&mut self, clock: usize) {
        let mut waiting = Vec::new();
        for (when, who, act) in std::mem::take(&mut self.case.acts) {
            let in_line = waiting.iter().any(|(_, other, _)| *other == who);
            if in_line || when > clock {
                waiting.push((when, who, act));
                continue;
            }
            if act == Act::SecondRun {
                self.second_run();
                continue;
            }
            let writer = self.writers.entry(who).or_default();
            match writer.act(&self.log.active(), act) {
                Acted::Done => {}
                Acted::Stored(line) => self.store(line.as_bytes()),
                Acted::Waits => waiting.push((when, who, act)),
            }
        }
        self.case.acts = waiting;
    }

    /// Another run, which must find that one is at work, and leave everything as it is.
    fn second_run(&self) {
        let before = self.tree();
        let ended = fold(&RealDisk, &self.log, self.how());
        if self.busy {
            assert!(matches!(ended, Err(Error::Busy { .. })), "{ended:?}");
            assert_eq!(self.tree(), before, "a second run changed something");
        } else {
            assert!(ended.is_ok(), "{ended:?}");
        }
    }

    /// Every file with its bytes.
    fn tree(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let folders = [self.log.logs.clone(), self.log.active(), self.log.retired()];
        let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
        let files = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        let mut tree: Vec<_> = files.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        tree.sort();
        tree
    }

    /// What a reader sees that sees all at once, and what the slow one does.
    pub(super) fn read(&mut self) {
        let seen = look(&self.log);
        if seen != self.stored {
            self.fail(&seen, &self.stored);
        }
        let Some((first, pace)) = self.case.reader else { return };
        if self.clock < first || !(self.clock - first).is_multiple_of(pace) {
            return;
        }
        let fresh = || (Slow::default(), self.stored.clone());
        let (mut slow, begun) = self.slow.take().unwrap_or_else(fresh);
        if let Some(seen) = slow.go_on(&self.log) {
            // It must see what was stored before it began, and nothing that is not stored now.
            let most = |line: &Vec<u8>| self.stored.get(line).copied().unwrap_or_default();
            let gone = begun.iter().any(|(line, n)| seen.get(line).is_none_or(|seen| seen < n));
            if gone || seen.iter().any(|(line, n)| *n > most(line)) {
                self.fail(&seen, &begun);
            }
            self.case.reader = None;
        } else {
            self.slow = Some((slow, begun));
        }
    }

    /// `view-audit` shows the entries that our reader sees.
    fn ask(&self) {
        let root = self.log.logs.parent().unwrap();
        let ran = Tool::new("view-audit").args(["--all", "--root"]).arg(root).run();
        let mut shown = Lines::new();
        for line in ran.code(0).out().lines() {
            let line = line.replacen("\"schema\":\"view-audit.entry/1\",", "", 1);
            *shown.entry(line.into_bytes()).or_default() += 1;
        }
        let mut entries = self.stored.clone();
        entries.retain(|line, _| is_entry(line));
        if shown != entries {
            self.fail(&shown, &entries);
        }
    }

    fn fail(&self, seen: &Lines, stored: &Lines) -> ! {
        let show = |lines: &Lines| {
            let lines =
                lines.iter().map(|(line, n)| (String::from_utf8_lossy(line).into_owned(), n));
            format!("{:#?}", lines.collect::<Vec<_>>())
        };
        panic!(
            "before step {}: a reader sees\n{}\nbut stored was\n{}\ncase {:?}",
            self.clock,
            show(seen),
            show(stored),
            self.case
        );
    }
}

fn is_entry(line: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Map<_, _>>(line).is_ok()
}
