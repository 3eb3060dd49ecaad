//! What can be wrong with a lane, and what is.

use std::path::{Path, PathBuf};

use cli::Failure;
use records::worktree_lane::Finding;
use repo::shell_words;

use crate::facts::link;
use crate::here::Here;
use crate::history::{History, Unfinished};
use crate::registry::{self, Entry};

use super::whereabouts;

/// What is wrong with a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// A removal or a restoration was cut short.
    CutShort,
    /// The run that was making it was killed.
    HalfMade,
    /// Its folder, or the repository, was moved; the folder is here.
    Moved(PathBuf),
    /// Its folder is gone.
    Missing,
    /// The same, and it is locked.
    MissingLocked(String),
    /// Its `.git` file is gone, and the folder is provably its own.
    LinkLost,
    /// What lies in its place is not the lane.
    Replaced(String),
    /// Git no longer lists it, and its folder is gone.
    RemovedByHand,
    /// Git no longer lists it, and there is something in its place.
    Unregistered,
    /// Git holds, or a killed one has left, this lock.
    IndexLock(PathBuf),
}

/// The lanes that something can be wrong with.
pub(crate) fn lanes(history: &History) -> impl Iterator<Item = String> {
    let live = history.live().map(|known| known.last.lane.clone());
    live.chain(history.unfinished().map(|(known, _)| known.last.lane.clone()))
}

/// What is wrong with the lane, and the path that it was recorded at.
pub(crate) fn at(here: &Here, id: &str) -> Result<Option<(Wrong, String)>, Failure> {
    let history = History::load(here)?;
    let Some(known) = history.lane(id) else { return Ok(None) };
    let path = known.last.path.clone();
    let wrong = match known.unfinished() {
        Some(Unfinished::Add) => Some(Wrong::HalfMade),
        Some(_) => Some(Wrong::CutShort),
        None if history.live().any(|live| live.last.lane == id) => {
            let entries = registry::survey(here, &history)?;
            match entries.iter().find(|entry| entry.lane() == Some(id)) {
                Some(entry) => listed(here, &entries, entry)?,
                None => unlisted(here, id, &path)?,
            }
        }
        None => None,
    };
    Ok(wrong.map(|wrong| (wrong, path)))
}

fn listed(here: &Here, entries: &[Entry], entry: &Entry) -> Result<Option<Wrong>, Failure> {
    let (path, Some(admin)) = (&entry.worktree.path, &entry.admin) else { return Ok(None) };
    if entry.missing {
        let found = whereabouts::of(here, entries, path, admin)?;
        return Ok(Some(match (found.as_slice(), &entry.worktree.locked) {
            ([one], _) => Wrong::Moved(one.clone()),
            (_, Some(why)) => Wrong::MissingLocked(why.clone()),
            ([], None) => Wrong::Missing,
            _ => Wrong::Replaced("more than one folder may be it now".into()),
        }));
    }
    if let Some(why) = link::mismatch(path, admin)? {
        let dangling = registry::admin_of(path)?.is_some_and(|named| {
            named.file_name() == admin.file_name() && named.symlink_metadata().is_err()
        });
        let lost = path.is_dir() && path.join(".git").symlink_metadata().is_err();
        return Ok(Some(match (dangling || lost) && whereabouts::belongs(path, admin)? {
            true if dangling => Wrong::Moved(path.clone()),
            true => Wrong::LinkLost,
            false => Wrong::Replaced(why),
        }));
    }
    let lock = admin.join("index.lock");
    Ok(lock.symlink_metadata().is_ok().then_some(Wrong::IndexLock(lock)))
}

/// The journal says that the lane is live, and git lists none at its path. It may list it elsewhere: it
/// was moved with `git worktree move`.
fn unlisted(here: &Here, id: &str, path: &str) -> Result<Option<Wrong>, Failure> {
    for admin in registry::admins(here)? {
        if admin.lane.as_deref() == Some(id)
            && let Some(place) = admin.path
            && place.is_dir()
            && link::mismatch(&place, &admin.dir)?.is_none()
        {
            return Ok(Some(Wrong::Moved(place)));
        }
    }
    let there = Path::new(path).symlink_metadata().is_ok();
    Ok(Some(if there { Wrong::Unregistered } else { Wrong::RemovedByHand }))
}

/// A worktree that a killed `git worktree add` may have left, which is nobody's to touch.
pub(crate) fn initializing(entry: &Entry) -> Option<Finding> {
    let left = entry.lane().is_none() && entry.worktree.locked.as_deref() == Some("initializing");
    let path = entry.worktree.path.to_string_lossy().into_owned();
    left.then(|| Finding {
        lane: None,
        code: "initializing".into(),
        message: format!("a git worktree add of {path} is under way, or was killed"),
        action: None,
        repaired: false,
        next: Some("git worktree list --verbose".into()),
        path: Some(path),
    })
}

impl Wrong {
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::CutShort => "cut_short",
            Self::HalfMade => "half_made",
            Self::Moved(_) => "moved",
            Self::Missing => "missing",
            Self::MissingLocked(_) => "missing_locked",
            Self::LinkLost => "link_lost",
            Self::Replaced(_) => "mismatch",
            Self::RemovedByHand => "removed_by_hand",
            Self::Unregistered => "unregistered",
            Self::IndexLock(_) => "index_lock",
        }
    }

    /// One sentence.
    pub(crate) fn message(&self, path: &str) -> String {
        match self {
            Self::CutShort => format!("a removal or restoration of {path} was cut short"),
            Self::HalfMade => format!("{path} was left half made by a run that was killed"),
            Self::Moved(to) => format!("{path} is at {}, or the repository moved", to.display()),
            Self::Missing => format!("the folder {path} is gone, and git still lists it"),
            Self::MissingLocked(why) => {
                let why = if why.is_empty() { "no reason is given" } else { why };
                format!("the folder {path} is gone, and the lane is locked: {why}")
            }
            Self::LinkLost => format!("the .git file of {path} is gone"),
            Self::Replaced(why) => format!("{path}: {why}"),
            Self::RemovedByHand => format!("{path} was removed without this tool"),
            Self::Unregistered => format!("git no longer knows {path}, and something is there"),
            Self::IndexLock(lock) => {
                format!("a git command works in {path}, or one was killed: {}", lock.display())
            }
        }
    }

    /// What is done about it; `None` when that is a person's decision.
    pub(crate) fn action(&self) -> Option<String> {
        let text = match self {
            Self::CutShort => "complete it, or undo it",
            Self::HalfMade => "undo it, if nobody has worked in it",
            Self::Moved(_) => "tell git and the journal where it is",
            Self::Missing => "move what git knows of it into the trash",
            Self::LinkLost => "write the .git file again",
            Self::RemovedByHand => "record that it is gone",
            Self::MissingLocked(_)
            | Self::Replaced(_)
            | Self::Unregistered
            | Self::IndexLock(_) => return None,
        };
        Some(text.into())
    }

    /// The next safe step while it is wrong.
    pub(crate) fn next(&self) -> String {
        match self {
            Self::MissingLocked(_) => "bring the folder back, or ask whoever locked it".into(),
            Self::Replaced(_) => "git worktree list --verbose".into(),
            Self::Unregistered => "look at what is there, and move it to another place".into(),
            Self::IndexLock(lock) => {
                let aside = lock.with_extension("lock.old");
                let (lock, aside) = (lock.to_string_lossy(), aside.to_string_lossy());
                let aside = shell_words(["mv", "-n", &lock, &aside]);
                format!("wait for the git that works there; if there is none, {aside}")
            }
            _ => "worktree-lane list --all".into(),
        }
    }

    /// The next step when it was mended, if there is one.
    pub(crate) fn afterwards(&self) -> Option<String> {
        match self {
            Self::Missing => Some("worktree-lane trash list".into()),
            _ => None,
        }
    }
}
