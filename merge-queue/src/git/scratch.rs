//! A worktree of the queue's own, in which the merges are verified before they land.
//!
//! `<git common dir>/switchyard/verify/<n>/merge-queue-slot-<n>`: detached, locked so that `git worktree
//! prune` leaves it alone, and kept from one landing to the next. It is moved to a commit by writing only what
//! differs, and what git ignores stays, so that builds are warm. Nobody works in it: whatever is found there
//! that is not the commit is thrown away.

mod slot;
mod submodules;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cli::Failure;
use records::sha256_hex;
use repo::{Error, Git, Place};

use crate::desk::Desk;
use crate::git::worktree_state;
use crate::rules::diff::path_text;
use slot::Lock;

/// Where the worktrees lie, below the state folder. Not `scratch/`: lanes have folders of their names there.
const ROOT: &str = "verify";
/// What git calls them, with a number behind it.
const NAME: &str = "merge-queue-slot-";
/// How many landings may verify at once in one clone.
const SLOTS: u32 = 64;
/// What `git worktree list` says of them.
const REASON: &str = "merge-queue verifies landings here";
/// For each call of git while a commit is brought along. A large repository that is checked out for the
/// first time, or submodules that come over the network, take minutes.
const SETTING_UP: Duration = Duration::from_mins(30);

/// Many files are written by as many processes as there are cores, no hook of the repository runs, no monitor is started that would outlive the call, and submodules come
/// along in a step of their own.
const QUIET: [&str; 8] = [
    "-c",
    "checkout.workers=0",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "submodule.recurse=false",
];

/// What an operation that was begun in a worktree leaves in git's folder for it.
const BEGUN: [&str; 13] = [
    "MERGE_HEAD",
    "MERGE_MODE",
    "MERGE_MSG",
    "MERGE_RR",
    "AUTO_MERGE",
    "SQUASH_MSG",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "BISECT_LOG",
    "BISECT_START",
    "sequencer",
    "rebase-merge",
    "rebase-apply",
];

/// One such worktree, which nobody else uses while this lives.
pub(crate) struct Scratch {
    /// A sign of life. Children inherit it, so that a slot whose run was killed is taken for as long as
    /// something that the run started may still write there.
    _lock: Lock,
    number: u32,
    dir: PathBuf,
    tree: PathBuf,
    common_dir: PathBuf,
    repository: Git,
}

/// The worktree as it was when a commit had been brought along.
pub(crate) struct Stand {
    commit: String,
    /// Files that git shows as changed although they have just been written, as with line endings that
    /// a filter cannot restore, with the digests of their bytes.
    dirt: Vec<Dirt>,
}

/// A path that differs from the commit, and the digest of what is there if that is a file.
type Dirt = (Vec<u8>, Option<String>);

/// Takes away what a git leaves that was killed while it made one: an entry that no git command gets past
/// that looks at all worktrees, as a fetch does.
pub(crate) fn heal(place: &Place) -> Result<(), Failure> {
    let admins = place.common_dir().join("worktrees");
    // Where it cannot be read, whatever needs it says so.
    for entry in fs::read_dir(&admins).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(NAME)?.parse::<u32>().ok());
        let Some(number) = number else { continue };
        let has = |file| fs::metadata(entry.path().join(file)).is_ok_and(|found| found.len() > 0);
        if has("commondir") && has("gitdir") && has("HEAD") {
            continue;
        }
        let dir = place.state_dir().join(ROOT).join(number.to_string());
        journal::create_dirs(&dir)?;
        // Who is just making it has the lock.
        if let Some(_lock) = Lock::attempt(&dir.join("lock"))? {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

impl Scratch {
    /// Takes the first one that nobody uses. It is made when a commit is brought along.
    pub(crate) fn take(desk: &Desk) -> Result<Self, Failure> {
        let root = desk.place.make_state_dir()?.join(ROOT);
        for number in 1..=SLOTS {
            let dir = root.join(number.to_string());
            journal::create_dirs(&dir)?;
            if let Some(lock) = Lock::attempt(&dir.join("lock"))? {
                return Ok(Self {
                    _lock: lock,
                    number,
                    tree: dir.join(format!("{NAME}{number}")),
                    dir,
                    common_dir: desk.place.common_dir().to_path_buf(),
                    repository: desk.git.with_limit(SETTING_UP),
                });
            }
        }
        let why = format!("{SLOTS} other landings are verifying");
        Err(Failure::later("cannot verify", why).hint("run the command again in a moment"))
    }

    /// Where it is.
    pub(crate) fn tree(&self) -> &Path {
        &self.tree
    }

    /// A folder beside it, for files that are for the command and not part of the commit.
    pub(crate) fn beside(&self) -> &Path {
        &self.dir
    }

    /// Makes it hold `commit`, and nothing else but what git ignores. Where it is damaged, or half made by
    /// a run that was killed, it is made anew.
    pub(crate) fn bring(&self, commit: &str) -> Result<Stand, Error> {
        if self.is_sound() {
            match self.move_to(commit) {
                Ok(stand) => return Ok(stand),
                // A new one would meet the same.
                Err(error @ (Error::Interrupted { .. } | Error::TimedOut { .. })) => {
                    return Err(error);
                }
                Err(error) if self.is_full() || !self.is_commit(commit) => return Err(error),
                Err(_) => {}
            }
        }
        self.destroy()?;
        self.make(commit)?;
        self.move_to(commit)
    }

    /// How a command has changed it since; `None` when it has not.
    pub(crate) fn meddled(&self, stand: &Stand) -> Result<Option<String>, Error> {
        let git = self.git();
        let mut changes = Vec::new();
        match git.commit("HEAD")? {
            Some(head) if head == stand.commit => {}
            Some(head) => changes.push(format!("HEAD was moved to {head}")),
            None => changes.push("HEAD was left without a commit".into()),
        }
        let branch = git.try_run(["symbolic-ref", "--quiet", "HEAD"])?;
        if branch.ok() {
            let name = String::from_utf8_lossy(&branch.stdout).trim().to_owned();
            changes.push(format!("{name} was checked out"));
        }
        // A lock alone is what is left of a git in the background, and changes nothing.
        let place = Place::find(&self.tree)?;
        if BEGUN.iter().any(|name| place.git_dir().join(name).exists()) {
            changes.push("an operation of git was begun and not ended".into());
        }
        let dirt = self.dirt(&git)?.into_iter();
        let mut paths: Vec<Vec<u8>> =
            dirt.filter(|entry| !stand.dirt.contains(entry)).map(|(path, _)| path).collect();
        paths.extend(worktree_state::hidden(&git)?);
        if !paths.is_empty() {
            let shown: Vec<String> = paths.iter().take(5).map(|path| path_text(path)).collect();
            let more = paths.len().saturating_sub(5);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            changes.push(format!("tracked files were changed: {}{more}", shown.join(", ")));
        }
        Ok((!changes.is_empty()).then(|| changes.join("; ")))
    }

    /// Whether `word` is a path in the worktree that is a program in `commit`.
    pub(crate) fn has_program(&self, commit: &str, word: Option<&String>) -> bool {
        let Some(path) = word.filter(|word| word.contains('/') && !word.starts_with('/')) else {
            return false;
        };
        let path = path.trim_start_matches("./");
        let listed = self.repository.text(["ls-tree", "--full-tree", commit, "--", path]);
        listed.is_ok_and(|entry| entry.starts_with("100755 ") || entry.starts_with("120000 "))
    }

    /// Whether its file system, or that of temporary files, has hardly any room left.
    pub(crate) fn is_full(&self) -> bool {
        slot::is_full(&self.dir) || slot::is_full(&std::env::temp_dir())
    }

    /// Git in the worktree, on the objects as they are.
    fn git(&self) -> Git {
        Git::new(&self.tree).with_limit(SETTING_UP)
    }

    fn is_commit(&self, commit: &str) -> bool {
        self.repository.commit(commit).is_ok_and(|found| found.is_some())
    }

    fn run(git: &Git, args: &[&str]) -> Result<Vec<u8>, Error> {
        let program = git.program(QUIET).args(args).env("GIT_NO_REPLACE_OBJECTS", "1");
        let ran = program.run()?;
        if ran.ok() { Ok(ran.stdout) } else { Err(git.failure(args, &ran)) }
    }

    /// Whether there is a worktree of this repository.
    fn is_sound(&self) -> bool {
        Place::find(&self.tree).is_ok_and(|place| {
            place.worktree() == self.tree
                && place.common_dir() == self.common_dir
                && place.is_linked()
                && slot::worktree_of(place.git_dir()).is_some_and(|path| path == self.tree)
        })
    }

    fn move_to(&self, commit: &str) -> Result<Stand, Error> {
        let git = self.git();
        self.settle(&git)?;
        // What is in the way goes, tracked or not.
        Self::run(&git, &["checkout", "--quiet", "--force", "--detach", commit, "--"])?;
        submodules::bring(&git, &self.dir, commit)?;
        if !worktree_state::untracked(&git)?.is_empty() {
            // Not `-x`: what is ignored keeps the builds warm.
            Self::run(&git, &["clean", "--quiet", "-d", "--force", "--force"])?;
        }
        let dirt = self.dirt(&git)?;
        Ok(Stand { commit: commit.into(), dirt })
    }

    /// Takes away what a killed git, or a command that played with git, has left. The lock of the slot says
    /// that nobody is at work here.
    fn settle(&self, git: &Git) -> Result<(), Error> {
        let place = Place::find(&self.tree)?;
        let admin = place.git_dir();
        for entry in fs::read_dir(admin).map_err(fail("read", admin))? {
            let path = entry.map_err(fail("read", admin))?.path();
            if path.extension() == Some(OsStr::new("lock")) {
                remove(&path)?;
            }
        }
        for name in BEGUN {
            remove(&admin.join(name))?;
        }
        // An index that cannot be read, or that hides changes, is written anew, and every file with it.
        let trusted = worktree_state::hidden(git).is_ok_and(|hidden| hidden.is_empty());
        if trusted { Ok(()) } else { remove(&admin.join("index")) }
    }

    /// The tracked files that differ from the commit.
    fn dirt(&self, git: &Git) -> Result<Vec<Dirt>, Error> {
        let paths = worktree_state::changed(git)?.into_iter();
        Ok(paths
            .map(|path| {
                let bytes = fs::read(self.tree.join(OsStr::from_bytes(&path)));
                let digest = bytes.ok().map(|bytes| sha256_hex(&bytes));
                (path, digest)
            })
            .collect())
    }

    fn make(&self, commit: &str) -> Result<(), Error> {
        // Git fails where two make worktrees at the same time; worktree-lane has this lock for that.
        let list = self.common_dir.join("switchyard/lanes.lock");
        let _list = Lock::wait(&list, Duration::from_mins(1))?;
        let tree = self.tree.to_string_lossy();
        let mut args = vec!["worktree", "add", "--quiet", "--detach", "--no-checkout", "--lock"];
        args.extend(["--reason", REASON, "--", &tree, commit]);
        Self::run(&self.repository, &args)?;
        Ok(())
    }

    /// Takes it away, with git's folder for it: by hand, because git declines where something is missing.
    fn destroy(&self) -> Result<(), Error> {
        remove(&self.dir.join(submodules::RECORD))?;
        remove(&self.tree)?;
        let admins = self.common_dir.join("worktrees");
        let entries = match fs::read_dir(&admins) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(fail("read", &admins)(error)),
        };
        let name = format!("{NAME}{}", self.number);
        for entry in entries {
            let admin = entry.map_err(fail("read", &admins))?.path();
            let ours = match slot::worktree_of(&admin) {
                Some(path) => path == self.tree,
                // Git was killed before it wrote there which worktree it makes.
                None => admin.file_name() == Some(OsStr::new(&name)),
            };
            if ours {
                remove(&admin)?;
            }
        }
        Ok(())
    }
}

impl Stand {
    /// The commit.
    pub(crate) fn commit(&self) -> &str {
        &self.commit
    }
}

/// Removes a file or a folder, if there is one.
fn remove(path: &Path) -> Result<(), Error> {
    let removed = match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(fail("remove", path)(error)),
        _ => Ok(()),
    }
}

fn fail(operation: &'static str, path: &Path) -> impl Fn(io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::Io { operation, path: path.clone(), source }
}
