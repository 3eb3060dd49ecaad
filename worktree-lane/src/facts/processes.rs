//! Which processes work inside a folder.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, fstat, openat};

/// A process that is at work inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) name: String,
    /// A file inside that it has open for writing, when its working directory is elsewhere.
    pub(crate) writes: Option<PathBuf>,
    /// Whether it is this tool itself, or what started it: the user's own shell.
    pub(crate) ours: bool,
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.pid)?;
        match &self.writes {
            Some(file) => write!(f, ", which writes {}", file.display()),
            None => Ok(()),
        }
    }
}

/// The processes whose working directory, or root directory, is `folder` or below it, by pid. The
/// folders above it may have become symbolic links since it was made.
///
/// The system shows a process's working directory to its user and to root only. Other users'
/// processes cannot be seen, and do not keep a lane: they may not write into it either, unless its
/// permissions were opened for them.
///
/// # Errors
/// One sentence, where the system has no `/proc` to look at, or the folder cannot be found.
pub(crate) fn inside(folder: &Path) -> Result<Vec<Process>, String> {
    look(folder, false)
}

/// The same, and those that have a file inside open for writing: they would go on writing into what
/// was moved away.
pub(crate) fn at_work(folder: &Path) -> Result<Vec<Process>, String> {
    look(folder, true)
}

fn look(folder: &Path, open_files: bool) -> Result<Vec<Process>, String> {
    among(&everywhere()?, folder, open_files)
}

/// A process, wherever it is at work.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) pid: u32,
    /// Its folder below `/proc`.
    at: PathBuf,
    cwd: PathBuf,
    root: PathBuf,
    /// Whether it is in another mount namespace, as in a container: the names are others there.
    elsewhere: bool,
}

/// Every process that the system shows, by pid.
pub(crate) fn everywhere() -> Result<Vec<Running>, String> {
    let all = fs::read_dir("/proc").map_err(|error| format!("cannot read /proc: {error}"))?;
    let mounts = fs::read_link("/proc/self/ns/mnt").ok();
    let mut found = Vec::new();
    for entry in all {
        let entry = entry.map_err(|error| format!("cannot read /proc: {error}"))?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let at = entry.path();
        // It may have ended just now, or belong to somebody else.
        let Ok(cwd) = fs::read_link(at.join("cwd")) else { continue };
        let root = fs::read_link(at.join("root")).unwrap_or_default();
        let elsewhere = mounts.is_some() && fs::read_link(at.join("ns/mnt")).ok() != mounts;
        found.push(Running { pid, at, cwd, root, elsewhere });
    }
    if !found.iter().any(|process| process.pid == std::process::id()) {
        return Err("/proc does not show this very process".into());
    }
    found.sort_by_key(|process| process.pid);
    Ok(found)
}

/// Those of `all` that are at work in `folder`, with `open_files` also those that write inside.
pub(crate) fn among(
    all: &[Running],
    folder: &Path,
    open_files: bool,
) -> Result<Vec<Process>, String> {
    let cannot = |error: &io::Error| format!("cannot read {}: {error}", folder.display());
    let folder = folder.canonicalize().map_err(|e| cannot(&e))?;
    let itself = fs::metadata(&folder).map_err(|e| cannot(&e))?;
    let itself = (itself.dev(), itself.ino());
    let mut found = Vec::new();
    for Running { pid, at, cwd, root, elsewhere } in all {
        let inside = cwd.starts_with(&folder)
            || root.starts_with(&folder)
            || (*elsewhere && below(&at.join("cwd"), itself));
        let writes = if open_files && !inside { written(at, &folder) } else { None };
        if inside || writes.is_some() {
            let name = fs::read_to_string(at.join("comm")).unwrap_or_default();
            let ours = *pid == std::process::id() || *pid == parent_id();
            found.push(Process { pid: *pid, name: name.trim().to_owned(), writes, ours });
        }
    }
    Ok(found)
}

/// A file below `folder` that the process at `/proc/PID` has open for writing. The permissions of the
/// link say how it was opened (`proc_pid_fd(5)`). One that was deleted meanwhile has no name to lose.
fn written(process: &Path, folder: &Path) -> Option<PathBuf> {
    fs::read_dir(process.join("fd")).ok()?.flatten().map(|open| open.path()).find_map(|open| {
        let file = fs::read_link(&open).ok().filter(|file| file.starts_with(folder))?;
        let mode = fs::symlink_metadata(&open).ok()?.permissions().mode();
        (mode & 0o200 != 0 && file.exists()).then_some(file)
    })
}

/// Whether the folder `start` is the one with this device and number, or lies below it: told by going
/// up, because in another mount namespace paths say nothing.
fn below(start: &Path, wanted: (u64, u64)) -> bool {
    /// Deeper than any path can be.
    const DEEPEST: usize = 2048;
    let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(mut at) = openat(CWD, start, folder, Mode::empty()) else { return false };
    let mut last = None;
    for _ in 0..DEEPEST {
        let Ok(found) = fstat(&at) else { return false };
        let here = (found.st_dev, found.st_ino);
        if here == wanted {
            return true;
        }
        if last == Some(here) {
            return false;
        }
        last = Some(here);
        match openat(&at, "..", folder, Mode::empty()) {
            Ok(above) => at = above,
            Err(_) => return false,
        }
    }
    false
}
