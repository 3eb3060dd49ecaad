//! The folder of one program: empty, new, and removed afterwards.

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;

use crate::state::store::make_private_dir;

/// A folder with an empty one in it to work in.
pub(super) struct Folder {
    outer: TempDir,
}

impl Folder {
    /// Makes one under `parent`, which belongs to this user alone. In a folder that others can write,
    /// such as `/tmp`, somebody could put a file above it that the program looks for upwards.
    pub(super) fn new(parent: &Path) -> io::Result<Self> {
        make_private_dir(parent)?;
        // For this user alone, too.
        let folder = Self { outer: TempDir::with_prefix_in("ask-", parent)? };
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
