//! A run is stopped at every step, and the run that recovers from it at every step again. After each
//! stop a reader sees exactly what it saw before the first run, and a last run puts every entry into the
//! history once.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use audit_log::{Log, WINDOW};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use records::consolidate::Quarantined;
use testkit::{Rng, Scratch, Tool};

use crate::crashing_disk::CrashingDisk;
use crate::error::Error;
use crate::run::{How, Report, fold};

const HISTORY: &str = "logs/governance_history.jsonl";

/// An entry at this second.
fn entry(second: u32, id: &str) -> String {
    format!("{{\"id\":\"{id}\",\"timestamp\":\"2026-01-24T18:30:{second:02}Z\",\"n\":\"{id}\"}}")
}

/// What a log holds before the run.
#[derive(Clone, Default)]
struct Scene {
    files: Vec<(&'static str, Vec<u8>)>,
    /// Lines that nobody can read.
    rejects: Vec<&'static str>,
}

impl Scene {
    fn file(mut self, path: &'static str, lines: &[String]) -> Self {
        let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        self.files.push((path, text.into_bytes()));
        self
    }

    fn reject(mut self, line: &'static str) -> Self {
        self.rejects.push(line);
        self
    }

    fn build(&self) -> Scratch {
        let scratch = Scratch::new();
        for (path, bytes) in &self.files {
            scratch.write(path, bytes);
        }
        scratch
    }
}

/// Entries that belong among those of the history, one that is there already, one without an id, one
/// without a time, and lines that nobody can read.
fn overlapping() -> Scene {
    let history = [1, 3, 5, 7].map(|s| entry(s, &format!("h{s}")));
    Scene::default()
        .file(HISTORY, &history)
        .file(
            "logs/active/20260124T183000_aaaaaaaa.jsonl",
            &[entry(4, "a4"), entry(5, "h5"), "{\"none\":1}".into(), "7".into(), entry(9, "a9")],
        )
        .file(
            "logs/active/20260124T183001_bbbbbbbb.jsonl",
            &["{\"timestamp\":\"2026-01-24T18:30:04Z\"}".into(), "{\"cut".into(), entry(6, "b6")],
        )
        .reject("7")
        .reject("{\"cut")
}

fn first_run() -> Scene {
    Scene::default()
        .file("logs/active/x.jsonl", &[entry(4, "a"), entry(2, "b")])
        .file("logs/active/y.jsonl", &[entry(3, "c")])
}

fn only_rejects() -> Scene {
    Scene::default()
        .file(HISTORY, &[entry(1, "h")])
        .file("logs/active/x.jsonl", &["nobody".into()])
        .reject("nobody")
}

/// An entry that belongs so far up that the history is replaced.
fn far_up() -> Scene {
    let long = usize::try_from(WINDOW).unwrap() + 10;
    let big = entry(5, &"b".repeat(long));
    Scene::default()
        .file(HISTORY, &[entry(1, "h1"), big, entry(7, "h7")])
        .file("logs/active/x.jsonl", &[entry(3, "a3"), "?".into(), entry(8, "a8")])
        .reject("?")
}

/// Entries among those of the history, with ids of this length.
fn long_ids(len: usize) -> Scene {
    let long = |second: u32| entry(second, &format!("{second}").repeat(len));
    Scene::default()
        .file(HISTORY, &[entry(1, "h1"), entry(5, "h5")])
        .file("logs/active/x.jsonl", &[3, 4, 6, 7, 8].map(long))
}

fn how() -> How {
    How { now: cli::clock::now().instant(), older_than: Duration::ZERO }
}

fn folded(disk: &CrashingDisk, root: &Path) -> Result<Report, Error> {
    fold(disk, &Log::at_root(root).unwrap(), how())
}

/// A run that nothing stops.
fn undisturbed(root: &Path) -> Report {
    folded(&CrashingDisk::after(usize::MAX, false), root).unwrap()
}

/// What a reader sees.
fn seen(root: &Path) -> String {
    let ran = Tool::new("view-audit").args(["--all", "--root"]).arg(root).run();
    ran.code(0).out().to_owned()
}

fn shards(root: &Path) -> Vec<PathBuf> {
    let active = fs::read_dir(root.join("logs/active")).unwrap();
    active.map(|found| found.unwrap().path()).filter(|path| path.is_file()).collect()
}

/// The last run, and what it must leave.
fn settle(scene: &Scene, root: &Path, before: &str) {
    undisturbed(root);
    assert_eq!(shards(root), [] as [PathBuf; 0], "a shard was left");
    let history = fs::read_to_string(root.join(HISTORY)).unwrap();
    let schema = "{\"schema\":\"view-audit.entry/1\",";
    let shown: String =
        history.lines().flat_map(|line| [schema, line.strip_prefix('{').unwrap(), "\n"]).collect();
    assert_eq!(shown, before, "the history is not what a reader saw");
    let quarantine = root.join("logs/governance_history.quarantine.jsonl");
    let quarantine = fs::read_to_string(quarantine).unwrap_or_default();
    let mut kept: Vec<_> = quarantine
        .lines()
        .map(|line| serde_json::from_str::<Quarantined>(line).unwrap())
        .map(|reject| String::from_utf8(BASE64.decode(&reject.bytes_b64).unwrap()).unwrap())
        .collect();
    kept.sort();
    let mut expected = scene.rejects.clone();
    expected.sort_unstable();
    assert_eq!(kept, expected);
    let again = undisturbed(root);
    assert_eq!((again.run.shards, again.run.entries, again.run.bytes_written), (0, 0, 0));
}

fn steps_of(scene: &Scene) -> usize {
    let scratch = scene.build();
    let disk = CrashingDisk::after(usize::MAX, false);
    folded(&disk, scratch.root()).unwrap();
    disk.steps()
}

/// Kills a run at every step, in the middle of writes too, and its recovery at every step. Returns the
/// number of schedules.
fn kill_everywhere(scene: &Scene) -> usize {
    let before = seen(scene.build().root());
    let mut schedules = 0;
    for (first, tears) in (0..steps_of(scene)).flat_map(|step| [(step, false), (step, true)]) {
        for second in 0.. {
            let scratch = scene.build();
            let disk = CrashingDisk::after(first, tears);
            assert!(folded(&disk, scratch.root()).is_err(), "step {first} is none");
            if disk.tore() != tears {
                // That step is no write.
                break;
            }
            if second == 0 {
                assert_eq!(seen(scratch.root()), before, "after step {first}, torn: {tears}");
            }
            let recovery = CrashingDisk::after(second, second % 2 == 1);
            let ended = folded(&recovery, scratch.root()).is_ok();
            assert_eq!(seen(scratch.root()), before, "after steps {first} and {second}");
            settle(scene, scratch.root(), &before);
            schedules += 1;
            if ended {
                break;
            }
        }
    }
    schedules
}

/// The same with power failures, which lose some of what was not synced, by the run that was killed
/// before as well.
fn fail_everywhere(scene: &Scene, rounds: u64) {
    let before = seen(scene.build().root());
    let steps = steps_of(scene);
    for (first, round) in (0..=steps).flat_map(|step| (0..rounds).map(move |r| (step, r))) {
        let mut rng = Rng::with_seed(round * 1000 + first as u64);
        let scratch = scene.build();
        let disk = CrashingDisk::after(first, round % 2 == 1);
        assert_eq!(folded(&disk, scratch.root()).is_err(), first < steps);
        if round % 3 != 0 {
            disk.lose_power(&mut rng);
        }
        let when = format!("after step {first} in round {round}");
        assert_eq!(seen(scratch.root()), before, "{when}");
        disk.revive(rng.usize(..=steps + 4));
        let recovered = folded(&disk, scratch.root()).is_ok();
        disk.lose_power(&mut rng);
        drop(disk);
        assert_eq!(seen(scratch.root()), before, "{when}, then recovered: {recovered}");
        settle(scene, scratch.root(), &before);
    }
}

#[test]
fn killed_at_every_step_and_again_while_recovering() {
    let schedules = kill_everywhere(&overlapping());
    assert!(schedules > 200, "only {schedules} schedules");
}

#[test]
fn killed_at_every_step_of_a_first_run() {
    kill_everywhere(&first_run());
    kill_everywhere(&only_rejects());
}

#[test]
fn killed_at_every_step_of_replacing_the_history() {
    let scene = far_up();
    let before = seen(scene.build().root());
    for first in 0..steps_of(&scene) {
        let scratch = scene.build();
        assert!(folded(&CrashingDisk::after(first, true), scratch.root()).is_err());
        assert_eq!(seen(scratch.root()), before, "after step {first}");
        settle(&scene, scratch.root(), &before);
    }
}

#[test]
fn killed_between_the_writes_of_a_long_change() {
    let scene = long_ids(75_000);
    assert_eq!(steps_of(&scene), steps_of(&long_ids(1)) + 2, "it is not three writes");
    kill_everywhere(&scene);
    fail_everywhere(&scene, 2);
}

#[test]
fn power_fails_at_every_step() {
    fail_everywhere(&overlapping(), 6);
    fail_everywhere(&first_run(), 4);
    fail_everywhere(&only_rejects(), 2);
}

#[test]
fn power_fails_while_replacing_the_history() {
    fail_everywhere(&far_up(), 1);
}
