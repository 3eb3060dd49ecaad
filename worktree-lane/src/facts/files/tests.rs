//! The walk and git give the same answer, whatever happened to a worktree.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;
use testkit::{Repo, Scratch, Tool};

use super::*;

/// A worktree with a few files in folders, all of them older than the index.
struct World {
    _scratch: Scratch,
    repo: Repo,
}

/// Files that the steps are about: in the top, in folders, and where nothing is yet.
const NAMES: [&str; 12] = [
    "a",
    "b c",
    "dir/a",
    "dir/b",
    "dir/deep/a",
    "dir.d/a",
    "dir-x",
    "new",
    "fresh/new",
    "fresh/sub/x",
    "out/log.tmp",
    "empty",
];

impl World {
    fn new(sha256: bool) -> Self {
        let scratch = Scratch::new();
        let options = if sha256 { Repo::options().sha256() } else { Repo::options() };
        let repo = options.init(scratch.path("w"));
        for name in &NAMES[..7] {
            repo.write(name, format!("{name}\n"));
        }
        repo.write("empty", "");
        repo.write(".gitignore", "*.tmp\n/ignored/\n");
        repo.commit_all("Begin");
        let world = Self { _scratch: scratch, repo };
        world.age();
        world
    }

    fn git(&self, args: &[&str]) {
        // Many steps make no sense after some others.
        self.repo.try_git(args);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.repo.file(name)
    }

    /// Makes every file older than the index, so that its times are proof.
    fn age(&self) {
        let find = "find . -name .git -prune -o -print0 | xargs -0 touch -h -d '1 minute ago'";
        Tool::program("sh").args(["-c", find]).dir(self.repo.path()).run();
        self.git(&["status"]);
    }

    fn remove(&self, name: &str) {
        let path = self.path(name);
        drop(fs::remove_file(&path));
        drop(fs::remove_dir_all(&path));
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        if path.parent().is_some_and(Path::is_dir) && path.is_dir() {
            return;
        }
        let made = path.parent().map(fs::create_dir_all);
        if made.is_some_and(|made| made.is_ok()) {
            self.repo.write(name, text);
        }
    }

    fn step(&self, step: u8, name: &str) {
        let path = self.path(name);
        match step {
            0 => self.write(name, "other\n"),
            // As long as it was, and with its old times.
            1 => {
                let Ok(mut bytes) = fs::read(&path) else { return };
                bytes.reverse();
                let Ok(old) = path.metadata().and_then(|old| old.modified()) else { return };
                self.write(name, &String::from_utf8_lossy(&bytes));
                if let Ok(file) = File::open(&path) {
                    drop(file.set_modified(old));
                }
            }
            // Written, and as it was.
            2 => {
                if let Ok(text) = fs::read_to_string(&path) {
                    self.write(name, &text);
                }
            }
            3 => self.remove(name),
            4 => {
                if let Ok(metadata) = path.symlink_metadata()
                    && metadata.is_file()
                {
                    let mode = metadata.permissions().mode() ^ 0o100;
                    drop(fs::set_permissions(&path, fs::Permissions::from_mode(mode)));
                }
            }
            5 => {
                self.remove(name);
                drop(symlink("a", &path));
            }
            6 => {
                self.remove(name);
                drop(fs::create_dir_all(&path));
            }
            7 => {
                self.remove(name);
                self.write(&format!("{name}/inside"), "inside\n");
            }
            8 => {
                self.remove("dir");
                drop(symlink("dir.d", self.path("dir")));
            }
            9 => self.write(&format!("{name}.tmp"), "ignored\n"),
            10 => self.write("ignored/a", "ignored\n"),
            11 => self.git(&["add", "--", name]),
            12 => self.git(&["add", "--all"]),
            13 => self.git(&["commit", "--all", "-m", "step"]),
            14 => self.git(&["commit", "-m", "step"]),
            15 => self.git(&["mv", name, "moved"]),
            16 => self.git(&["rm", "--cached", "-r", "--", name]),
            17 => self.git(&["add", "--intent-to-add", "--", name]),
            18 => self.git(&["stash"]),
            19 => self.git(&["stash", "pop"]),
            20 => self.git(&["reset", "--hard"]),
            21 => self.git(&["reset", "--soft", "HEAD~1"]),
            22 => self.git(&["update-index", "--assume-unchanged", "--", name]),
            23 => self.git(&["update-index", "--skip-worktree", "--", name]),
            24 => self.git(&["update-index", "--no-assume-unchanged", "--no-skip-worktree", name]),
            25 => self.git(&["update-index", "--index-version", "4"]),
            26 => self.git(&["update-index", "--index-version", "2"]),
            27 => self.git(&["update-index", "--split-index"]),
            28 => self.git(&["update-index", "--no-split-index"]),
            29 => self.git(&["update-index", "--untracked-cache"]),
            30 => self.git(&["sparse-checkout", "set", "dir"]),
            31 => self.git(&["sparse-checkout", "disable"]),
            32 => self.git(&["config", "core.autocrlf", "true"]),
            33 => self.git(&["config", "core.autocrlf", "false"]),
            34 => self.write(".gitattributes", "* text=auto eol=crlf\n"),
            35 => self.write(".gitattributes", "a filter=up\n"),
            36 => self.git(&["config", "filter.up.clean", "tr a-z A-Z"]),
            37 => self.write(name, "with\r\nboth\n"),
            38 => self.git(&["config", "core.fileMode", "false"]),
            39 => self.git(&["config", "core.checkStat", "minimal"]),
            40 => self.git(&["config", "core.trustctime", "false"]),
            41 => self.git(&["config", "core.ignoreCase", "true"]),
            42 => self.write(".gitignore", "new\nfresh/\n!*.tmp\n"),
            43 => self.write("fresh/.gitignore", "*\n"),
            44 => self.git(&["init", "--quiet", "nested"]),
            45 => self.git(&["-C", "nested", "commit", "--allow-empty", "-m", "nested"]),
            46 => self.git(&["add", "nested"]),
            47 => self.git(&["switch", "-c", "side"]),
            48 => self.git(&["merge", "-"]),
            49 => self.git(&["switch", "-"]),
            50 => self.git(&["update-index", "--refresh"]),
            51 => self.git(&["config", "core.symlinks", "false"]),
            52 => drop(fs::rename(&path, self.path("A"))),
            53 => self.git(&["config", "core.excludesFile", ".gitattributes"]),
            _ => self.age(),
        }
    }

    /// Compares. Says whether git was spared, wholly or in part.
    fn check(&self, steps: &[(u8, &str)]) -> bool {
        let root = self.repo.path();
        let admin = root.join(".git");
        let git = LaneGit::new(root, &admin);
        let named = |rev: &str| self.repo.try_git(["rev-parse", rev]).out().trim().to_owned();
        let (head, tree) = (named("HEAD"), named("HEAD^{tree}"));
        let seen = seen(root, &admin, Some(&head));
        let spared = seen.as_ref().is_some_and(|seen| seen.tree == tree);
        let ours = count(&git, root, seen, Some(&tree)).unwrap();
        let gits = by_git(&git, root).unwrap();
        assert_eq!(ours, gits, "after {steps:?}");
        spared
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_walk_and_git_agree(
        sha256: bool,
        steps in vec((prop_oneof![3 => 0_u8..21, 2 => 21_u8..54, 1 => 54_u8..56], 0..NAMES.len()), 1..25),
    ) {
        let world = World::new(sha256);
        let steps: Vec<(u8, &str)> = steps.into_iter().map(|(step, name)| (step, NAMES[name])).collect();
        // Git is spared where nothing was done, or the walk does nothing at all.
        prop_assert!(world.check(&[]));
        for number in 0..steps.len() {
            let (step, name) = steps[number];
            world.step(step, name);
            world.check(&steps[..=number]);
        }
    }
}

#[test]
fn git_is_asked_about_the_files_that_differ_and_no_others() {
    let world = World::new(false);
    let root = world.repo.path();
    let asked = || {
        let seen = seen(root, &root.join(".git"), Some(&world.repo.head())).unwrap();
        let mut names: Vec<String> =
            seen.walk.ask.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(asked(), Vec::<String>::new());
    world.write("dir/a", "other\n");
    world.write("fresh/new", "new\n");
    world.remove("dir.d");
    assert_eq!(asked(), ["dir.d", "dir/a", "fresh"]);
}

#[test]
fn a_file_that_is_older_than_the_index_by_less_than_a_second_needs_no_git() {
    let world = World::new(false);
    let root = world.repo.path();
    let touch = |at: &str, path: &Path| {
        Tool::program("touch").args(["-d", at]).arg(path).run().code(0);
    };
    for name in NAMES[..7].iter().chain(&["empty", ".gitignore"]) {
        touch("2020-01-01T00:00:00Z", &world.path(name));
    }
    touch("2026-01-24T12:00:00.100Z", &world.path("dir/a"));
    world.git(&["update-index", "--refresh"]);
    for (at, names) in [
        ("2026-01-24T12:00:00.101Z", 0),
        ("2026-01-24T12:00:00.100Z", 1),
        ("2026-01-24T12:00:00.099Z", 1),
        ("2026-01-24T12:00:01.000Z", 0),
        ("2026-01-24T11:59:59.999Z", 1),
    ] {
        touch(at, &root.join(".git/index"));
        let seen = seen(root, &root.join(".git"), Some(&world.repo.head())).unwrap();
        assert_eq!(seen.walk.ask.len(), names, "{at}");
    }
}
