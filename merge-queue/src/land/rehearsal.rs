//! `--dry-run`: the same steps on a base that only exists here. Objects go to a folder of their own, which is
//! taken away afterwards, so that the repository is as it was to the last file.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use cli::Failure;

/// The folder; it goes when this is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes one that nobody else can look into.
    pub(super) fn make(id: &str) -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("merge-queue-{id}"));
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|error| Failure::io("cannot make", &path, &error))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left behind, it is one more folder among temporary ones.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
