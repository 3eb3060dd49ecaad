//! Whatever is done in a lane: the printed commands bring back every file and the index.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;
use testkit::Tool;

use crate::kept::{files, staged};
use crate::support::{World, git, write};

/// Names that get into each other's way.
const NAMES: [&str; 7] = ["a", "a/b", "a/b/c", "README.md", "src", "src/main.rs", "ü \n'x"];

#[derive(Debug, Clone, Copy)]
enum Step {
    Write(&'static str, &'static str),
    Delete(&'static str),
    Program(&'static str),
    Link(&'static str),
    Rename(&'static str, &'static str),
    Stage(&'static str),
    StageAll,
    Unstage(&'static str),
    Commit,
}

fn step() -> impl Strategy<Value = Step> {
    let name = || select(&NAMES[..]);
    let text = select(&["", "one\n", "two\r\nlines", "\0\u{1}"][..]);
    prop_oneof![
        4 => (name(), text).prop_map(|(name, text)| Step::Write(name, text)),
        2 => name().prop_map(Step::Delete),
        1 => name().prop_map(Step::Program),
        1 => name().prop_map(Step::Link),
        1 => (name(), name()).prop_map(|(from, to)| Step::Rename(from, to)),
        2 => name().prop_map(Step::Stage),
        1 => Just(Step::StageAll),
        1 => name().prop_map(Step::Unstage),
        1 => Just(Step::Commit),
    ]
}

/// Makes room for a file: nothing is at its place, and folders lead to it.
fn room(lane: &Path, name: &str) {
    let path = lane.join(name);
    for part in Path::new(name).ancestors().skip(1).filter(|part| !part.as_os_str().is_empty()) {
        let part = lane.join(part);
        if part.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
            fs::remove_file(part).unwrap();
        }
    }
    delete(lane, name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
}

fn delete(lane: &Path, name: &str) {
    let path = lane.join(name);
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path).unwrap(),
        Ok(_) => fs::remove_file(path).unwrap(),
        Err(_) => {}
    }
}

fn take(lane: &Path, step: Step) {
    // Git may refuse a step that makes no sense just now.
    let try_git = |args: &[&str]| Tool::program("git").args(args).dir(lane).run();
    match step {
        Step::Write(name, text) => {
            room(lane, name);
            write(&lane.join(name), text);
        }
        Step::Delete(name) => delete(lane, name),
        Step::Program(name) => {
            if lane.join(name).symlink_metadata().is_ok_and(|found| found.is_file()) {
                let mode = fs::Permissions::from_mode(0o755);
                fs::set_permissions(lane.join(name), mode).unwrap();
            }
        }
        Step::Link(name) => {
            room(lane, name);
            symlink("where/to", lane.join(name)).unwrap();
        }
        Step::Rename(from, to) => {
            if lane.join(from).is_file() && !to.starts_with(from) && !from.starts_with(to) {
                let bytes = fs::read(lane.join(from)).unwrap();
                room(lane, to);
                write(&lane.join(to), bytes);
                delete(lane, from);
            }
        }
        Step::Stage(name) => drop(try_git(&["add", "--all", "--", name])),
        Step::StageAll => drop(try_git(&["add", "--all"])),
        Step::Unstage(name) => {
            drop(try_git(&["rm", "-q", "-r", "--cached", "--force", "--", name]));
        }
        Step::Commit => drop(try_git(&["commit", "-q", "--allow-empty", "-m", "more"])),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]
    #[test]
    fn every_byte_comes_back(steps in prop::collection::vec(step(), 1..14)) {
        let world = World::new();
        let lane = world.lane_98();
        for step in steps {
            take(&lane, step);
        }
        let answer = world.save(&lane, &[], 0);
        if answer["saved"] == true {
            let back = world.restored(&answer);
            prop_assert_eq!(files(&back), files(&lane));
            prop_assert_eq!(staged(&back), staged(&lane));
        } else {
            let status = git(&lane, &["status", "--porcelain", "--untracked-files=all"]);
            prop_assert_eq!(status, "");
        }
    }
}
