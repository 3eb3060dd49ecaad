//! The folder of one program: empty, new, and removed afterwards; where this tool was killed, by the
//! next one.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;

use crate::state::store::make_private_dir;

/// A folder with an empty one in it to work in.
pub(super) struct Folder {
    outer: TempDir,
    /// Held locked as long as the folder is in use.
    _lock: Option<File>,
}

/// How the names of the folders begin.
const PREFIX: &str = "ask-";

impl Folder {
    /// Makes one under `parent`, which belongs to this user alone. In a folder that others can write,
    /// such as `/tmp`, somebody could put a file above it that the program looks for upwards.
    pub(super) fn new(parent: &Path) -> io::Result<Self> {
        make_private_dir(parent)?;
        // Nobody sweeps between the making of a folder and its lock.
        let sweeping = locked(parent);
        if sweeping.is_some() {
            sweep(parent);
        }
        // For this user alone, too.
        let outer = TempDir::with_prefix_in(PREFIX, parent)?;
        let folder = Self { _lock: locked(outer.path()), outer };
        drop(sweeping);
        std::fs::create_dir(folder.work())?;
        Ok(folder)
    }

    /// All of it.
    pub(super) fn path(&self) -> &Path {
        self.outer.path()
    }

    /// The empty folder.
    pub(super) fn work(&self) -> PathBuf {
        self.path().join("work")
    }

    /// A home for the `gemini` client in which a key counts, no tool is offered, and nothing is
    /// repeated behind our back.
    pub(super) fn client_home(&self) -> io::Result<PathBuf> {
        let home = self.path().join("home");
        std::fs::create_dir_all(home.join(".gemini"))?;
        let settings = json!({
            "security": {"auth": {"selectedType": "gemini-api-key"}},
            "tools": {"core": []},
            "general": {"maxAttempts": 1},
        });
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(home.join(".gemini/settings.json"))?;
        file.write_all(settings.to_string().as_bytes())?;
        Ok(home)
    }
}

/// The folder, locked; `None` where the file system knows no locks. Then nothing there is swept.
fn locked(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Removes what was left by tools that were killed: no lock outlives who held it. What cannot be
/// removed does no harm where it is.
fn sweep(parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let free = File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok());
        if free {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_tool_left_is_removed_and_what_is_in_use_stays() {
        let scratch = testkit::Scratch::new();
        let parent = scratch.path("asking");
        let used = Folder::new(&parent).unwrap();
        std::fs::create_dir_all(parent.join("ask-left/home/.gemini")).unwrap();
        std::fs::create_dir(parent.join("other")).unwrap();
        let new = Folder::new(&parent).unwrap();
        assert!(used.work().is_dir() && new.work().is_dir() && parent.join("other").is_dir());
        assert!(!parent.join("ask-left").exists());
        let gone = used.path().to_path_buf();
        drop(used);
        assert!(!gone.exists());
    }
}
