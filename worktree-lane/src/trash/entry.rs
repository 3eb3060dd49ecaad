//! One lane in the trash, `<git common dir>/switchyard/trash/<lane>-<UTC time>/`:
//!
//! * `entry.json`: what it is and where it was;
//! * `admin/`: git's folder for the worktree, with index, `HEAD`, reflog, operations in progress;
//! * `tree/`: the worktree. When it is on another file system than the repository, it is in
//!   `.worktree-lane-trash/<name>/` beside its old place instead: a rename cannot cross.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use cli::Failure;
use records::worktree_lane::Trashed;
use records::{LaneEvent, Stamp};
use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
use serde::{Deserialize, Serialize};

use crate::here::Here;

/// The folder beside a lane that takes it when the repository is on another file system.
pub(crate) const BESIDE: &str = ".worktree-lane-trash";

/// What the name of an entry ends with while it is being deleted for good. No other name ends so: the
/// time is last in it.
pub(crate) const DELETING: &str = ".deleting";

/// What `entry.json` holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its name in the trash.
    pub(crate) name: String,
    /// When it was moved here.
    pub(crate) at: Stamp,
    /// The lane's last event before it was taken away: id, slug, role, path, base.
    pub(crate) lane: LaneEvent,
    /// The branch that was checked out.
    pub(crate) branch: Option<String>,
    /// The commit that was checked out, in full.
    pub(crate) head: Option<String>,
    /// Whether the branch was to be deleted, its work being in the base.
    pub(crate) delete_branch: bool,
    /// The name of git's folder for the worktree.
    pub(crate) admin: String,
    /// Where the worktree is now.
    pub(crate) tree: PathBuf,
}

impl Entry {
    /// Where the worktree was.
    pub(crate) fn path(&self) -> &Path {
        Path::new(&self.lane.path)
    }

    /// Its folder in the trash.
    pub(crate) fn dir(&self, here: &Here) -> PathBuf {
        root(here).join(&self.name)
    }

    /// Where git's folder for the worktree was.
    pub(crate) fn admin_before(&self, here: &Here) -> PathBuf {
        here.admin_root().join(&self.admin)
    }

    /// Where git's folder for the worktree is now.
    pub(crate) fn admin_now(&self, here: &Here) -> PathBuf {
        self.dir(here).join("admin")
    }

    /// Whether the worktree is beside its old place, and not in the repository.
    pub(crate) fn is_beside(&self) -> bool {
        self.tree.parent().is_some_and(|parent| parent.ends_with(BESIDE))
    }

    /// As it is printed.
    pub(crate) fn noun(&self) -> Trashed {
        Trashed {
            name: self.name.clone(),
            lane: self.lane.lane.clone(),
            at: self.at,
            path: self.lane.path.clone(),
            branch: self.branch.clone(),
            head: self.head.clone(),
            files: self.tree.to_string_lossy().into_owned(),
        }
    }

    /// Writes it, before anything is moved.
    pub(crate) fn write(&self, here: &Here) -> Result<(), Failure> {
        let dir = self.dir(here);
        journal::create_dirs(&dir)?;
        if let Some(folder) = self.tree.parent() {
            journal::create_dirs(folder)?;
        }
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|e| Failure::world("cannot write the trash entry", e))?;
        text.push(b'\n');
        journal::create_new(dir.join("entry.json"), &text)?;
        Ok(())
    }

    /// Removes the emptied entry. What is still in it stays.
    pub(crate) fn erase(&self, here: &Here) -> Result<(), Failure> {
        erase(here, &self.name)?;
        self.tidy_beside();
        Ok(())
    }

    /// Removes the folder beside the lane's place, when nothing is in it.
    pub(crate) fn tidy_beside(&self) {
        if let Some(beside) = self.tree.parent().filter(|parent| parent.ends_with(BESIDE))
            && fs::remove_dir(beside).is_err()
        {
            // Other lanes are in it.
        }
    }
}

/// Removes the emptied entry called `name`, also when its `entry.json` was never finished. What is
/// still in it stays.
pub(crate) fn erase(here: &Here, name: &str) -> Result<(), Failure> {
    if !is_name(name) {
        return Ok(());
    }
    let dir = root(here).join(name);
    for file in fs::read_dir(&dir).into_iter().flatten().flatten() {
        // The second is what a run that was killed while writing the first has left.
        let name = file.file_name();
        if name == "entry.json" || name.as_encoded_bytes().starts_with(b".entry.json.") {
            let file = file.path();
            fs::remove_file(&file).map_err(|e| Failure::io("cannot remove", &file, &e))?;
        }
    }
    if fs::remove_dir(&dir).is_err() {
        // Something else is in it, or it was never made.
    }
    Ok(())
}

/// Whether an entry may have this name: it is one component of a path. A lane's id may be as long as
/// [`records::check_ref_part`] allows, and the name has the time besides.
pub(crate) fn is_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let one = matches!(components.next(), Some(Component::Normal(only)) if only == name);
    one && components.next().is_none() && name.len() <= 255 && !name.contains(char::is_control)
}

/// The folder of all entries.
pub(crate) fn root(here: &Here) -> PathBuf {
    here.common_dir.join("switchyard/trash")
}

/// A name that is free, and where the tree at `path` can be moved without crossing file systems.
pub(crate) fn place(
    here: &Here,
    lane: &str,
    path: &Path,
    at: Stamp,
) -> Result<(String, PathBuf), Failure> {
    let root = root(here);
    journal::create_dirs(&root)?;
    let device = |path: &Path| mount(path).map_err(|e| Failure::io("cannot read", path, &e));
    // Of a lane that is missing there are no files to move.
    let same = fs::symlink_metadata(path).is_err() || device(&root)? == device(path)?;
    let first = format!("{lane}-{}", at.compact());
    let numbered = (2..).map(|n| format!("{first}-{n}"));
    for name in std::iter::once(first.clone()).chain(numbered) {
        let tree = match path.parent() {
            Some(parent) if !same => parent.join(BESIDE).join(&name),
            _ => root.join(&name).join("tree"),
        };
        let going = root.join(format!("{name}{DELETING}"));
        if [&root.join(&name), &tree, &going].iter().all(|at| fs::symlink_metadata(at).is_err()) {
            return Ok((name, tree));
        }
    }
    Err(Failure::world("the trash", "no name is free"))
}

/// The file system of a folder, and which mount of it: a rename crosses neither, and containers
/// mount one file system more than once.
fn mount(path: &Path) -> io::Result<(u64, u64)> {
    let device = fs::metadata(path)?.dev();
    let found = statx(CWD, path, AtFlags::empty(), StatxFlags::MNT_ID);
    // An old system does not tell; then the file system alone counts.
    let mount = found.ok().filter(|found| found.stx_mask & StatxFlags::MNT_ID.bits() != 0);
    Ok((device, mount.map_or(0, |found| found.stx_mnt_id)))
}

/// The entry called `name`; `None` when there is none.
pub(crate) fn read(here: &Here, name: &str) -> Result<Option<Entry>, Failure> {
    if !is_name(name) {
        return Ok(None);
    }
    from(&root(here).join(name))
}

/// The entry in the folder `dir`; `None` when there is none.
pub(crate) fn from(dir: &Path) -> Result<Option<Entry>, Failure> {
    let file = dir.join("entry.json");
    let bytes = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::io("cannot read", &file, &error)),
    };
    let mut entry: Entry =
        serde_json::from_slice(&bytes).map_err(|why| Failure::damaged(file.display(), why))?;
    // The repository may have been moved since, and its trash with it.
    if !entry.is_beside() {
        entry.tree = dir.join("tree");
    }
    Ok(Some(entry))
}

/// Every entry, oldest first, and what is wrong with those that cannot be read.
pub(crate) fn all(here: &Here) -> Result<(Vec<Entry>, Vec<Failure>), Failure> {
    let root = root(here);
    let names = match fs::read_dir(&root) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((vec![], vec![])),
        Err(error) => return Err(Failure::io("cannot read", &root, &error)),
    };
    let (mut entries, mut damaged) = (Vec::new(), Vec::new());
    for name in names {
        let name = name.map_err(|e| Failure::io("cannot read", &root, &e))?.file_name();
        if name.as_encoded_bytes().ends_with(DELETING.as_bytes()) {
            continue;
        }
        match read(here, &name.to_string_lossy()) {
            Ok(Some(entry)) => entries.push(entry),
            // A run that was killed before it moved anything leaves an empty folder.
            Ok(None) if holds_nothing(&root.join(&name)) => {}
            Ok(None) => {
                let dir = root.join(&name);
                damaged.push(Failure::damaged(dir.display(), "it has no entry.json"));
            }
            Err(failure) => damaged.push(failure),
        }
    }
    entries.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
    Ok((entries, damaged))
}

fn holds_nothing(entry: &Path) -> bool {
    ["tree", "admin"].iter().all(|half| fs::symlink_metadata(entry.join(half)).is_err())
}
