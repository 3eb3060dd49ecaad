//! The files of a commit, without a checkout.

use cli::Failure;
use repo::Git;

use super::diff::bytes;

/// A commit whose files are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tree<'a> {
    git: &'a Git,
    commit: &'a str,
}

/// Git's mode of a symbolic link and of a submodule's commit.
const NO_FILES: [&str; 2] = ["120000", "160000"];

impl<'a> Tree<'a> {
    /// The tree of `commit`.
    pub(crate) fn new(git: &'a Git, commit: &'a str) -> Self {
        Self { git, commit }
    }

    /// The regular files below a folder, as paths from the top, in git's order. What is not UTF-8 in a
    /// path is replaced.
    pub(crate) fn files(&self, folder: &str) -> Result<Vec<String>, Failure> {
        let args = ["ls-tree", "-r", "-z", "--full-tree", self.commit, "--", folder];
        let listed = bytes(self.git, &args)?;
        let entries = listed.split(|b| *b == 0).map(String::from_utf8_lossy);
        let file = |entry: std::borrow::Cow<'_, str>| {
            let (meta, path) = entry.split_once('\t')?;
            let is_file = !NO_FILES.iter().any(|mode| meta.starts_with(mode));
            is_file.then(|| path.to_owned())
        };
        Ok(entries.filter_map(file).collect())
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, path: &str) -> Result<Vec<u8>, Failure> {
        bytes(self.git, &["cat-file", "blob", &format!("{}:{path}", self.commit)])
    }
}
