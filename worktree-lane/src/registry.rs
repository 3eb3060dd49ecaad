//! The worktrees as git lists them, joined with what the journal knows about lanes.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use cli::Failure;
use records::LaneClaim;
use records::worktree_lane::{Lane, LaneKind};
use repo::Worktree;

use crate::claim::{self, Standing};
use crate::here::Here;
use crate::history::{History, Known, Unfinished};

/// How often `git worktree list` is asked again after it met an entry that was just being made.
const TRIES: u32 = 5;

/// One worktree.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// What git says.
    pub(crate) worktree: Worktree,
    /// Git's own folder for it, `<common dir>/worktrees/<name>`; `None` for the main worktree.
    pub(crate) admin: Option<PathBuf>,
    /// What the journal says, if this tool made it.
    pub(crate) known: Option<Known>,
    /// Whether its folder is gone.
    pub(crate) missing: bool,
    /// Whether it is the main worktree or the bare repository.
    pub(crate) main: bool,
}

/// Every worktree, the main one first, but for those that tools keep for themselves among their state, as
/// `merge-queue` does to verify landings: nobody works there, and they are no lanes.
pub(crate) fn survey(here: &Here, history: &History) -> Result<Vec<Entry>, Failure> {
    let admins = admins(here)?;
    let join = |(index, worktree): (usize, Worktree)| {
        let main = index == 0;
        let admin = admins.iter().find(|admin| admin.path.as_ref() == Some(&worktree.path));
        let path = worktree.path.to_string_lossy();
        // A lane that was removed by hand may have had the path before, and somebody may have made
        // a worktree there since.
        let here_now = history.live().filter(|known| {
            known.last.path == path
                && (known.unfinished() == Some(Unfinished::Add)
                    || admin.is_some_and(|admin| admin.lane.as_ref() == Some(&known.last.lane)))
        });
        let known = here_now.max_by_key(|known| known.last.at);
        Entry {
            admin: admin.filter(|_| !main).map(|admin| admin.dir.clone()),
            known: known.filter(|_| !main).cloned(),
            missing: fs::symlink_metadata(&worktree.path).is_err(),
            main,
            worktree,
        }
    };
    let state = here.common_dir.join("switchyard");
    let worktrees = listed(here)?.into_iter().filter(|found| !found.path.starts_with(&state));
    Ok(worktrees.enumerate().map(join).collect())
}

/// Git fails to list while another process is making an entry (lanes reference, finding 3).
fn listed(here: &Here) -> Result<Vec<Worktree>, Failure> {
    let mut tries = 1;
    loop {
        match repo::worktrees(&here.git()) {
            Err(repo::Error::Failed { .. }) if tries < TRIES => tries += 1,
            other => return Ok(other?),
        }
    }
}

/// Git's own folder for one worktree.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) dir: PathBuf,
    /// The worktree that its `gitdir` file names; `None` when it has none yet.
    pub(crate) path: Option<PathBuf>,
    /// The reason in its `locked` file.
    pub(crate) locked: Option<String>,
    /// The lane that [`mark`] has written there.
    pub(crate) lane: Option<String>,
}

/// The file in git's folder for a worktree that says which lane it is. It goes where the folder
/// goes, and is gone when git unregisters the worktree.
const MARK: &str = "switchyard-lane";

/// Marks the worktree of `admin` as the one of `lane`.
pub(crate) fn mark(admin: &Path, lane: &str) -> Result<(), Failure> {
    Ok(journal::replace(admin.join(MARK), |file| writeln!(file, "{lane}"))?)
}

/// Removes what runs have left in git's folder for a lane that were killed while they wrote a file of it.
/// The caller holds the lane's lock.
pub(crate) fn tidy(admin: &Path) -> Result<(), Failure> {
    for file in fs::read_dir(admin).into_iter().flatten().flatten() {
        let name = file.file_name();
        let name = name.as_encoded_bytes();
        let ours = [".locked.", ".gitdir.", ".switchyard-lane."];
        if name.ends_with(b".tmp") && ours.iter().any(|ours| name.starts_with(ours.as_bytes())) {
            let file = file.path();
            fs::remove_file(&file).map_err(|error| Failure::io("cannot remove", &file, &error))?;
        }
    }
    Ok(())
}

/// All of them.
pub(crate) fn admins(here: &Here) -> Result<Vec<Admin>, Failure> {
    let root = here.admin_root();
    let fail = |error: &io::Error| Failure::io("cannot read", &root, error);
    let entries = match fs::read_dir(&root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(fail(&error)),
    };
    let mut all = Vec::new();
    for entry in entries {
        let dir = entry.map_err(|e| fail(&e))?.path();
        if dir.is_dir() {
            let text = |file| {
                let line = read_line(&dir.join(file))?;
                Ok::<_, Failure>(line.map(|line| line.to_string_lossy().into_owned()))
            };
            let (locked, lane) = (text("locked")?, text(MARK)?);
            all.push(Admin { path: worktree_of(&dir)?, locked, lane, dir });
        }
    }
    all.sort_by(|a, b| a.dir.cmp(&b.dir));
    Ok(all)
}

/// The worktree that the `gitdir` file of `admin` names.
pub(crate) fn worktree_of(admin: &Path) -> Result<Option<PathBuf>, Failure> {
    let Some(dot_git) = read_line(&admin.join("gitdir"))? else { return Ok(None) };
    Ok(plain(&admin.join(dot_git)).parent().map(Path::to_path_buf))
}

/// The folder that the `.git` file of a worktree names; `None` when there is no such file.
pub(crate) fn admin_of(worktree: &Path) -> Result<Option<PathBuf>, Failure> {
    let Some(line) = read_line(&worktree.join(".git"))? else { return Ok(None) };
    let target = line.as_os_str().as_bytes().strip_prefix(b"gitdir: ");
    Ok(target.map(|t| plain(&worktree.join(std::ffi::OsStr::from_bytes(t)))))
}

/// `path` without `.` and `..`: git writes relative paths with them (`worktree.useRelativePaths`).
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, component| {
        if matches!(component, std::path::Component::ParentDir) {
            plain.pop();
        } else {
            plain.push(component);
        }
        plain
    })
}

/// The content of a one-line file; `None` when there is no such file.
fn read_line(file: &Path) -> Result<Option<PathBuf>, Failure> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::IsADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(Failure::io("cannot read", file, &error)),
    };
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    Ok((!line.is_empty()).then(|| PathBuf::from(std::ffi::OsStr::from_bytes(line))))
}

impl Entry {
    /// The lane's id, if this tool made it.
    pub(crate) fn lane(&self) -> Option<&str> {
        self.known.as_ref().map(|known| known.last.lane.as_str())
    }

    /// Whether the run that was making it has not finished.
    pub(crate) fn half_made(&self) -> bool {
        self.known.as_ref().and_then(Known::unfinished) == Some(Unfinished::Add)
    }

    /// The claim on it, if it stands.
    pub(crate) fn claim(&self) -> Option<LaneClaim> {
        match claim::standing(self.known.as_ref()?) {
            Standing::Held(claim) => Some(claim),
            Standing::Free | Standing::Ended(..) => None,
        }
    }

    /// The reason of its lock, if it was locked by hand; `""` for a lock without one.
    pub(crate) fn locked_by_hand(&self) -> Option<&str> {
        claim::shadow::by_hand(self.worktree.locked.as_deref())
    }

    /// As it is printed.
    pub(crate) fn noun(&self) -> Lane {
        let claim = self.claim();
        let event = self.known.as_ref().map(|known| &known.last);
        Lane {
            lane: event.map(|e| e.lane.clone()),
            slug: event.and_then(|e| e.slug.clone()),
            role: event.and_then(|e| e.role.clone()),
            branch: self.worktree.branch.clone(),
            path: self.worktree.path.to_string_lossy().into_owned(),
            head: self.worktree.head.clone(),
            base: event.and_then(|e| e.base.clone()),
            base_commit: event.and_then(|e| e.base_commit.clone()),
            claimed_until: claim.as_ref().map(|claim| claim.until),
            owner: claim.map(|claim| claim.owner),
            locked: self.locked_by_hand().map(str::to_owned),
            missing: self.missing,
            half_made: self.half_made(),
            kind: match (self.main, &self.known) {
                (true, _) => LaneKind::Main,
                (false, Some(_)) => LaneKind::Lane,
                (false, None) => LaneKind::Foreign,
            },
        }
    }
}

/// Why a lane was not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotFound {
    /// Nothing goes by that name.
    Unknown,
    /// More than one does: their paths.
    Ambiguous(Vec<String>),
}

/// The worktree that goes by `name`: the id of a lane, else a branch, else a role. The main
/// worktree goes by none.
pub(crate) fn find<'a>(entries: &'a [Entry], name: &str) -> Result<&'a Entry, NotFound> {
    let id = crate::name::spelled(name);
    let by_id = |e: &Entry| e.lane() == Some(id.as_str());
    let by_branch = |e: &Entry| e.worktree.branch.as_deref() == Some(name);
    let by_role =
        |e: &Entry| e.known.as_ref().is_some_and(|k| k.last.role.as_deref() == Some(name));
    let ways: [&dyn Fn(&Entry) -> bool; 3] = [&by_id, &by_branch, &by_role];
    for way in ways {
        let found: Vec<&Entry> = entries.iter().filter(|e| !e.main && way(e)).collect();
        match found.as_slice() {
            [] => {}
            [one] => return Ok(one),
            more => {
                let paths = more.iter().map(|e| e.worktree.path.to_string_lossy().into_owned());
                return Err(NotFound::Ambiguous(paths.collect()));
            }
        }
    }
    Err(NotFound::Unknown)
}
