//! The diff that approvals are bound to and routes are matched with is git's own, over hundreds of made-up
//! histories: edits, deletions, renames, modes, links, submodules, files that become folders, merges
//! from the base.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;
use repo::{Git, Place};
use testkit::{Repo, Scratch};

use super::Objects;
use crate::rules::diff::digest;

/// Repositories, and histories in each.
const REPOSITORIES: u32 = 4;
const HISTORIES: usize = 60;

/// What a tree holds: mode and content of each path.
type Files = BTreeMap<String, (u32, String)>;

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn path(&mut self) -> String {
        let names = ["a", "b", "docs", "größe", "x y", "z\t\"q\"", "A", "a.b", "a0"];
        let depth = 1 + self.roll(3);
        (0..depth).map(|_| names[self.roll(names.len())]).collect::<Vec<_>>().join("/")
    }

    fn put(files: &mut Files, path: String, file: (u32, String)) {
        // A file and a folder of one name cannot both be there.
        let below = format!("{path}/");
        files.retain(|other, _| {
            !other.starts_with(&below) && !path.starts_with(&format!("{other}/"))
        });
        files.insert(path, file);
    }

    fn change(&mut self, files: &mut Files) {
        let known: Vec<String> = files.keys().cloned().collect();
        let some = known.get(self.roll(known.len().max(1))).cloned();
        let new = self.path();
        let text = (0..8).map(|_| self.roll(40).to_string()).collect::<Vec<_>>().join("\n");
        match (self.roll(8), some) {
            (0 | 1, _) | (_, None) => Self::put(files, new, (0o100_644, text)),
            (2, Some(path)) => drop(files.remove(&path)),
            (3 | 4, Some(path)) => {
                let mut file = files.remove(&path).unwrap();
                if self.roll(2) == 0 && file.0 != 0o160_000 {
                    file.1.push_str("moved\n");
                }
                Self::put(files, new, file);
            }
            (5, Some(path)) => _ = files.get_mut(&path).map(|file| file.1 = text),
            (6, Some(path)) => {
                let modes = [0o100_644, 0o100_755, 0o120_000];
                _ = files.get_mut(&path).map(|file| file.0 = modes[self.roll(3)]);
            }
            (_, Some(_)) => {
                let id = format!("{:040x}", 1 + self.roll(3));
                Self::put(files, new, (0o160_000, id));
            }
        }
        // The content of a submodule is an id, and of a file is not.
        for (mode, content) in files.values_mut() {
            let is_id = content.len() == 40 && !content.contains('\n');
            match (*mode == 0o160_000, is_id) {
                (true, false) => *content = format!("{:040x}", 9),
                (false, true) => content.push('\n'),
                _ => {}
            }
        }
    }
}

/// Appends a commit to a stream for `git fast-import`.
fn commit(stream: &mut String, branch: &str, files: &Files, parents: &[String], mark: usize) {
    _ = write!(stream, "commit refs/heads/{branch}\nmark :{mark}\n");
    _ = write!(stream, "committer A <a@example.invalid> {mark} +0000\ndata 1\nx\n");
    for (parent, word) in parents.iter().zip(["from", "merge"]) {
        _ = writeln!(stream, "{word} {parent}");
    }
    stream.push_str("deleteall\n");
    for (path, (mode, content)) in files {
        let path = path.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', "\\t");
        if *mode == 0o160_000 {
            _ = writeln!(stream, "M 160000 {content} \"{path}\"");
        } else {
            _ = write!(stream, "M {mode:o} inline \"{path}\"\ndata {}\n{content}\n", content.len());
        }
    }
}

/// Branches `main-N` and `work-N` for each history.
fn histories(dice: &mut Dice) -> String {
    let mut stream = String::new();
    let mut mark = 0;
    for number in 0..HISTORIES {
        let (main, work) = (format!("main-{number}"), format!("work-{number}"));
        let mut base = Files::new();
        (0..12).for_each(|_| dice.change(&mut base));
        let mut add = |stream: &mut String, branch: &str, files: &Files, parents: &[usize]| {
            mark += 1;
            let parents: Vec<String> = parents.iter().map(|mark| format!(":{mark}")).collect();
            commit(stream, branch, files, &parents, mark);
            mark
        };
        let mut base_tip = add(&mut stream, &main, &base, &[]);
        let mut files = base.clone();
        let mut tip = add(&mut stream, &work, &files, &[base_tip]);
        for _ in 0..=dice.roll(4) {
            (0..=dice.roll(4)).for_each(|_| dice.change(&mut files));
            tip = add(&mut stream, &work, &files, &[tip]);
            if dice.roll(2) == 0 {
                dice.change(&mut base);
                base_tip = add(&mut stream, &main, &base, &[base_tip]);
            }
            if dice.roll(4) == 0 {
                // A merge that takes some of the base's files.
                for (path, file) in &base {
                    if dice.roll(2) == 0 {
                        Dice::put(&mut files, path.clone(), file.clone());
                    }
                }
                tip = add(&mut stream, &work, &files, &[tip, base_tip]);
            }
        }
    }
    stream
}

fn raw(git: &Git, args: &[&str]) -> Vec<u8> {
    let ran = git.program(args).run().unwrap();
    assert!(ran.ok(), "{}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}

/// Both sides of everything that git lists with renames on.
fn with_renames(git: &Git, range: &str) -> BTreeSet<Vec<u8>> {
    let listed = raw(git, &["diff", "--name-status", "-z", "--find-renames=30%", "-l0", range]);
    let mut fields = listed.split(|byte| *byte == 0).filter(|field| !field.is_empty());
    let mut paths = BTreeSet::new();
    while let Some(status) = fields.next() {
        let sides = if status.starts_with(b"R") { 2 } else { 1 };
        paths.extend(fields.by_ref().take(sides).map(<[u8]>::to_vec));
    }
    paths
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(REPOSITORIES))]

    #[test]
    fn the_diff_is_gits_own(seed in any::<u64>()) {
        let scratch = Scratch::new();
        let repo = Repo::init(scratch.path("r"));
        let stream = histories(&mut Dice(seed));
        repo.command().args(["fast-import", "--quiet"]).stdin(stream).run().code(0);
        let place = Place::find(repo.path()).unwrap();
        let (objects, git) = (Objects::open(&place), Git::new(repo.path()));
        let mut renames = 0;
        for number in 0..HISTORIES {
            let (main, work) =
                (repo.rev(&format!("main-{number}")), repo.rev(&format!("work-{number}")));
            let bases = objects.merge_bases(&main, &work).unwrap();
            let [base] = bases.as_slice() else { panic!("one merge base: {bases:?}") };
            let changes = objects.diff(base, &work).unwrap();
            let range = format!("{main}...{work}");
            let theirs = raw(&git, &["diff", "--raw", "-z", "--no-renames", "--no-abbrev", &range]);
            prop_assert_eq!(digest(&changes), records::sha256_hex(&theirs), "{}", &range);
            let paths: BTreeSet<Vec<u8>> = changes.iter().map(|c| c.path.clone()).collect();
            let renamed = with_renames(&git, &range);
            prop_assert_eq!(&paths, &renamed);
            renames += usize::from(raw(&git, &["diff", "--raw", "-M30%", "-l0", &range])
                .windows(2).any(|bytes| bytes == b" R"));
        }
        // The histories are not all alike.
        prop_assert!(renames > HISTORIES / 10, "{renames} with a rename");
    }
}
