//! A project with an origin, and questions about what a test left.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use testkit::{Ran, Repo, RepoOptions, Scratch, Tool};

/// The project `talos` with a bare `origin`, base `origin/main`.
pub(crate) struct World {
    pub(crate) scratch: Scratch,
    pub(crate) repo: Repo,
    pub(crate) origin: Repo,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with("talos", Repo::options())
    }

    /// With the main worktree at `path` below the scratch folder.
    pub(crate) fn with(path: impl AsRef<Path>, options: RepoOptions) -> Self {
        let scratch = Scratch::new();
        let repo = options.init(scratch.path(path));
        repo.write(".gitignore", "/target/\n*.log\n*.db\n/vault/\n");
        repo.write("README.md", "talos\n");
        repo.write("src/main.rs", "fn main() {}\n");
        repo.commit_all("Begin");
        let origin = repo.bare_origin();
        Self { scratch, repo, origin }
    }

    /// `worktree-lane` in the main worktree.
    pub(crate) fn tool(&self, args: &[&str]) -> Tool {
        Tool::new("worktree-lane").args(args).dir(self.repo.path())
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.tool(args).run()
    }

    /// A new lane 98 in its default place.
    pub(crate) fn lane_98(&self) -> PathBuf {
        self.run(&["add", "98", "crud"]).code(0);
        self.beside("talos-98")
    }

    /// A path beside the main worktree.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.repo.path().with_file_name(name)
    }

    pub(crate) fn state(&self, rel: &str) -> PathBuf {
        self.repo.path().join(".git/switchyard").join(rel)
    }

    /// The kinds of the lane journal's events for a lane.
    pub(crate) fn events(&self, lane: &str) -> Vec<String> {
        let Ok(text) = fs::read_to_string(self.state("lanes.jsonl")) else { return Vec::new() };
        let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        events
            .filter(|event| event["lane"] == lane)
            .map(|event| event["kind"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Waits for the git that a killed run left: it holds the lane's lock until it is done.
    pub(crate) fn wait_for_orphans(&self, lane: &str) {
        if let Ok(lock) = fs::File::open(self.state(&format!("lanes/{lane}.lock"))) {
            lock.lock().unwrap();
            lock.unlock().unwrap();
        }
    }

    pub(crate) fn branches(&self) -> Vec<String> {
        let text = self.repo.git(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"]);
        text.lines().map(str::to_owned).collect()
    }

    /// Everything a failed `add` could leave behind.
    pub(crate) fn traces(&self) -> Traces {
        let names = |dir: &Path| {
            let entries = fs::read_dir(dir).into_iter().flatten();
            let mut names: Vec<_> =
                entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        };
        Traces {
            beside: names(self.repo.path().parent().unwrap()),
            inside: names(self.repo.path()),
            admins: names(&self.repo.path().join(".git/worktrees")),
            branches: self.branches(),
        }
    }

    /// Commits a file in the lane at `path` and pushes it to the base.
    pub(crate) fn land(&self, path: &Path, file: &str) {
        commit(path, file);
        git(path, &["push", "--quiet", "origin", "HEAD:main"]);
        self.repo.git(["fetch", "--quiet"]);
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Traces {
    beside: Vec<String>,
    inside: Vec<String>,
    admins: Vec<String>,
    branches: Vec<String>,
}

/// Runs git in any folder.
#[track_caller]
pub(crate) fn git(dir: &Path, args: &[&str]) -> String {
    let ran = Tool::program("git").args(args).dir(dir).run();
    ran.code(0);
    String::from_utf8_lossy(&ran.stdout).trim_end_matches('\n').to_owned()
}

/// Writes and commits one file.
#[track_caller]
pub(crate) fn commit(dir: &Path, file: &str) -> String {
    write(&dir.join(file), format!("{file}\n"));
    git(dir, &["add", "--all"]);
    git(dir, &["commit", "--quiet", "--message", file]);
    git(dir, &["rev-parse", "HEAD"])
}

#[expect(clippy::disallowed_methods, reason = "a file of a test needs no durability")]
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The codes of all reasons of one answer.
#[track_caller]
pub(crate) fn codes(answer: &Value) -> Vec<&str> {
    answer["reasons"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect()
}

/// Every file below a folder with its bytes, and every link with its target. `.git` is left out.
pub(crate) fn bytes_below(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    collect(dir, dir, &mut all);
    all
}

fn collect(root: &Path, dir: &Path, all: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap();
        let relative = path.strip_prefix(root).unwrap().to_path_buf();
        if relative == Path::new(".git") {
        } else if kind.is_dir() {
            collect(root, &path, all);
        } else if kind.is_symlink() {
            all.insert(relative, fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec());
        } else {
            all.insert(relative, fs::read(&path).unwrap());
        }
    }
}

/// What `git status` says with everything that it can say.
#[track_caller]
pub(crate) fn status(dir: &Path) -> String {
    git(dir, &["status", "--porcelain=v2", "--branch", "--untracked-files=all", "--ignored"])
}

/// Does in the main worktree what a reason names as the next step, as a person would who pastes it
/// into a shell.
#[track_caller]
pub(crate) fn paste(world: &World, next: &str) {
    let binary = Tool::binary("worktree-lane");
    let tools = binary.parent().unwrap();
    let shell = Tool::program("sh").args(["-c", next]).path_first(tools).dir(world.repo.path());
    shell.run().code(0);
}

/// The folder of a `git` that runs `then` when it is first called with `when` among its arguments.
pub(crate) fn git_that(world: &World, when: &str, then: &str) -> PathBuf {
    let real = Tool::program("sh").args(["-c", "command -v git"]).run();
    let script = format!(
        "case \" $* \" in *'{when}'*) [ -e \"$0.done\" ] || {{ : >\"$0.done\"; ({then}) >&2; }} ;; esac\n\
         exec {} \"$@\"",
        String::from_utf8_lossy(&real.stdout).trim()
    );
    world.scratch.program("bin/git", &script).parent().unwrap().to_path_buf()
}
