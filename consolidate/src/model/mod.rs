//! The protocol of `docs/decisions/0009-consolidation-protocol.md` under every schedule of a small
//! world: a run that may be killed before any of its steps, the run that recovers, writers of every
//! kind, another run, and readers, on the real file system.
//!
//! After every action of anybody, a reader sees each line that a writer was told is stored, once, and
//! nothing else. At the end each entry stands in the history once, in order, and each line that nobody
//! can read stands in the quarantine once.

mod reader;
mod scene;
mod schedules;
mod stepping;
mod world;
mod writers;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use audit_log::{Intent, Log};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use records::consolidate::Quarantined;
use testkit::{Rng, Scratch};

use crate::error::Error;
use crate::run::fold;
use reader::look;
use scene::Scene;
use stepping::Stepping;
use world::{Case, World};

/// How many cases are played between two that `view-audit` is asked about, too.
const SAMPLE: usize = 64;

/// A folder in which cases are played, one after the other.
struct Arena {
    scratch: Scratch,
    name: &'static str,
    cases: usize,
}

impl Arena {
    fn new(name: &'static str) -> Self {
        Self { scratch: Scratch::in_memory(), name, cases: 0 }
    }

    /// Plays a case to its end. How many steps there were.
    fn play(&mut self, scene: &Scene, case: &Case) -> usize {
        let logs = self.scratch.path("logs");
        scene.build(&logs);
        let log = Log::at_root(self.scratch.root()).unwrap();
        let mut world = World::new(&log, scene, case);
        if self.cases.is_multiple_of(SAMPLE) {
            world.ask_at(self.cases / SAMPLE % 16);
        }
        let disk = Stepping::new(world);
        let how = disk.world.borrow().how();
        let mut interrupted = 0;
        loop {
            disk.world.borrow_mut().busy = true;
            let ended = fold(&disk, &log, how);
            let mut world = disk.world.borrow_mut();
            world.busy = false;
            match ended {
                Ok(_) => {
                    assert!(!world.dead, "it was killed and did not notice: {case:?}");
                    break;
                }
                Err(Error::Io { .. }) if interrupted < case.kills.len() + case.refused.len() => {}
                Err(other) => panic!("{other} in {case:?}"),
            }
            if let Some(seed) = case.power {
                disk.disk.lose_power(&mut Rng::with_seed(seed + interrupted as u64));
                if seed.is_multiple_of(3) {
                    renumber(&log);
                }
            }
            world.read();
            world.dead = false;
            interrupted += 1;
        }
        let steps = disk.world.borrow().clock();
        disk.world.borrow_mut().finish();
        for _ in 0..2 {
            assert!(fold(&disk.disk, &log, how).is_ok());
        }
        disk.world.borrow_mut().read();
        settled(&log, case);
        self.cases += 1;
        steps
    }
}

impl Drop for Arena {
    /// Said past the capture of the test harness: how much was tried belongs in the report of a run.
    fn drop(&mut self) {
        let Self { name, cases, .. } = self;
        let told = writeln!(io::stderr(), "model: {name}: {cases} cases");
        assert!(told.is_ok());
    }
}

/// What a restart may do to an intent: the device has another number than it says.
fn renumber(log: &Log) {
    let bytes = fs::read(&log.intent).unwrap_or_default();
    let Some((mut intent, tail)) = Intent::decode(&bytes) else { return };
    let consumed = intent.consumed.iter_mut().map(|part| &mut part.inode);
    for inode in consumed.chain([&mut intent.history]).chain(&mut intent.replacement) {
        inode.dev += 1;
    }
    let bytes = intent.encode(tail).unwrap();
    fs::File::create(&log.intent).and_then(|mut file| file.write_all(&bytes)).unwrap();
}

/// What is left when everybody is done.
fn settled(log: &Log, case: &Case) {
    let history = fs::read(&log.history).unwrap_or_default();
    let stamp = |line: &[u8]| {
        let entry: serde_json::Value = serde_json::from_slice(line).unwrap();
        entry["timestamp"].as_str().unwrap().to_owned()
    };
    let lines = history.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    assert!(lines.map(stamp).is_sorted(), "the history is not in order: {case:?}");
    let mut kept = fs::read(&log.history).unwrap_or_default();
    kept.extend_from_slice(&quarantined(log));
    let stored = look(log).into_iter().flat_map(|(line, n)| std::iter::repeat_n(line, n));
    let mut stored: Vec<_> = stored.collect();
    let mut kept: Vec<_> =
        kept.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(<[u8]>::to_vec).collect();
    stored.sort();
    kept.sort();
    assert_eq!(kept, stored, "something is not where it belongs: {case:?}");
    assert_eq!(fs::read(&log.intent).unwrap_or_default(), b"", "the intent stands: {case:?}");
    let names = |folder: &Path| -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names(&log.active()), [".retired"], "a shard was left: {case:?}");
    // The disk keeps removed files under such names, to bring them back.
    let retired = names(&log.retired()).into_iter().filter(|name| !name.starts_with(".kept-"));
    for name in retired {
        let length = fs::metadata(log.retired().join(&name)).unwrap().len();
        assert!(name.ends_with(&format!(".{length}")), "{name} has {length} bytes: {case:?}");
    }
    let known = [
        ".governance_history.intent",
        ".governance_history.lock",
        "active",
        "governance_history.jsonl",
        "governance_history.quarantine.jsonl",
    ];
    let others: Vec<_> =
        names(&log.logs).into_iter().filter(|name| !known.contains(&name.as_str())).collect();
    assert_eq!(others, [] as [String; 0], "{case:?}");
}

/// The lines of the quarantine, each with a newline.
fn quarantined(log: &Log) -> Vec<u8> {
    let mut lines = Vec::new();
    for line in fs::read_to_string(log.quarantine()).unwrap_or_default().lines() {
        let kept: Quarantined = serde_json::from_str(line).unwrap();
        lines.append(&mut BASE64.decode(kept.bytes_b64).unwrap());
        lines.push(b'\n');
    }
    lines
}
