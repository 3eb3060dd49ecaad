//! A directory for one test.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::clean_env::write_gitconfig;
use crate::tool::Tool;

/// A temporary directory, removed on drop. When the test panics it stays, and its path is printed.
#[derive(Debug)]
pub struct Scratch {
    /// `None` only while dropping.
    dir: Option<TempDir>,
    root: PathBuf,
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Scratch {
    /// A new empty directory. Its path has no symbolic link in it, so that it can be compared with
    /// what a tool prints.
    pub fn new() -> Self {
        Self::new_in(&std::env::temp_dir())
    }

    /// The same in memory where the system has a file system for that, for tests that make and remove
    /// files by the hundred thousand.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::new_in(memory) } else { Self::new() }
    }

    fn new_in(parent: &Path) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("switchyard-test-")
            .tempdir_in(parent)
            .expect("create a temporary directory");
        let root = dir.path().canonicalize().expect("resolve the temporary directory");
        Self { dir: Some(dir), root }
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path of `rel` inside the directory; nothing is created.
    pub fn path(&self, rel: impl AsRef<Path>) -> PathBuf {
        self.root.join(rel)
    }

    /// Writes a file, with the directories above it, and returns its path.
    pub fn write(&self, rel: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(rel);
        write_file(&path, bytes.as_ref());
        path
    }

    /// The text of a file.
    #[track_caller]
    pub fn read(&self, rel: impl AsRef<Path>) -> String {
        let path = self.path(rel);
        std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: cannot be read: {error}", path.display()))
    }

    /// The bytes of a file.
    #[track_caller]
    pub fn read_bytes(&self, rel: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(rel);
        std::fs::read(&path)
            .unwrap_or_else(|error| panic!("{}: cannot be read: {error}", path.display()))
    }

    /// Writes an executable shell script and returns its path: a stand-in for `gh` or an agent, to
    /// be found through [`crate::Tool::path_first`].
    ///
    /// The file is written by a child. If this process held it open for writing, a child started
    /// by another test at that moment would inherit it, and running the script would fail with
    /// "text file busy".
    #[track_caller]
    pub fn program(&self, rel: impl AsRef<Path>, script: &str) -> PathBuf {
        let path = self.path(rel);
        let parent = path.parent().expect("a path inside the directory");
        std::fs::create_dir_all(parent).expect("create the directory of the script");
        let write = "cat >\"$1\" && chmod 755 \"$1\"";
        let text = format!("#!/bin/sh\n{script}\n");
        Tool::program("sh").args(["-c", write, "sh"]).arg(&path).stdin(text).run().code(0);
        path
    }

    /// A directory to be used as `HOME`: `home/` with a `.gitconfig`, created on the first call.
    pub fn home(&self) -> PathBuf {
        let home = self.path("home");
        std::fs::create_dir_all(&home).expect("create home");
        write_gitconfig(&home);
        home
    }
}

impl Drop for Scratch {
    #[expect(clippy::print_stderr, reason = "the path is wanted when a test failed")]
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(dir) = self.dir.take()
        {
            eprintln!("scratch directory kept: {}", dir.keep().display());
        }
    }
}

/// Writes `bytes` to `path`, with the directories above it.
#[expect(clippy::disallowed_methods, reason = "a file of a test needs no durability")]
pub(crate) fn write_file(path: &Path, bytes: &[u8]) {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)
            .unwrap_or_else(|error| panic!("{}: cannot be created: {error}", parent.display()));
    }
    std::fs::write(path, bytes)
        .unwrap_or_else(|error| panic!("{}: cannot be written: {error}", path.display()));
}
