//! Whether everything in a half-made lane was written by git, and removing exactly that.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use cli::Failure;
use repo::{Error, Git};

use crate::lane_git::{fields, text};
use crate::seed::same::{Part, same};

/// What is in the folder besides the commit's files.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// What may be somebody's work.
    pub(crate) foreign: Vec<String>,
    /// What the main worktree has as well.
    pub(crate) copies: Vec<PathBuf>,
}

/// The files of a commit, and a folder that was to hold them.
pub(crate) struct Half<'a> {
    git: Git,
    common_dir: &'a Path,
    tree: &'a Path,
    commit: &'a str,
    /// The main worktree, which ignored files were copied from.
    main: Option<&'a Path>,
    /// A scratch index; the caller names a place for it.
    index: PathBuf,
}

impl<'a> Half<'a> {
    /// `tree` was to hold the files of `commit`; `index` is a place for a temporary index.
    pub(crate) fn new(
        git: Git,
        common_dir: &'a Path,
        tree: &'a Path,
        commit: &'a str,
        main: Option<&'a Path>,
        index: &Path,
    ) -> Self {
        Self { git, common_dir, tree, commit, main, index: index.to_path_buf() }
    }

    /// The files that neither git nor this tool wrote: those that the commit does not have and that
    /// are no copy of the main worktree's, and those that are neither equal to the commit's nor a
    /// beginning of it, as a killed checkout leaves one.
    pub(crate) fn look(&self) -> Result<Looked, Failure> {
        self.with_index(|| {
            let mut looked = Looked::default();
            for name in fields(&self.run(&["ls-files", "--others", "-z"])?) {
                if self.is_copy(Path::new(OsStr::from_bytes(name))) {
                    looked.copies.push(PathBuf::from(OsStr::from_bytes(name)));
                } else {
                    looked.foreign.push(text(name));
                }
            }
            looked.foreign.extend(self.differing()?.iter().map(|name| text(name)));
            looked.foreign.sort();
            Ok(looked)
        })
    }

    /// The files that are neither equal to the commit's nor a beginning of it.
    pub(crate) fn changed(&self) -> Result<BTreeSet<Vec<u8>>, Failure> {
        self.with_index(|| self.differing())
    }

    /// The names of the commit's files.
    pub(crate) fn names(&self) -> Result<BTreeSet<Vec<u8>>, Failure> {
        let names =
            self.run(&["ls-tree", "-r", "--name-only", "--full-tree", "-z", self.commit])?;
        Ok(fields(&names).map(<[u8]>::to_vec).collect())
    }

    /// Runs `look` while the temporary index holds the commit and what is known about the files.
    fn with_index<T>(&self, look: impl FnOnce() -> Result<T, Error>) -> Result<T, Failure> {
        let found = self.run(&["read-tree", self.commit]).and_then(|_| {
            // Status 1 only says that some files differ, which is asked for next.
            self.program(&["update-index", "-q", "--refresh"]).run()?;
            look()
        });
        match fs::remove_file(&self.index) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::io("cannot remove", &self.index, &error));
            }
            _ => {}
        }
        Ok(found?)
    }

    fn differing(&self) -> Result<BTreeSet<Vec<u8>>, Error> {
        let mut differing = BTreeSet::new();
        for name in fields(&self.run(&["diff-files", "--name-only", "--diff-filter=d", "-z"])?) {
            if !self.is_beginning(name)? {
                differing.insert(name.to_vec());
            }
        }
        Ok(differing)
    }

    /// Whether the file is the main worktree's, or a copy of it that was cut short.
    fn is_copy(&self, name: &Path) -> bool {
        self.main.is_some_and(|main| same(main, self.tree, name, Part::Beginning))
    }

    /// Whether the file is a beginning of what a checkout would write.
    fn is_beginning(&self, name: &[u8]) -> Result<bool, Error> {
        let file = self.tree.join(OsStr::from_bytes(name));
        let present = match fs::symlink_metadata(&file) {
            Ok(found) if found.is_file() => fs::read(&file),
            _ => return Ok(false),
        };
        let present =
            present.map_err(|source| Error::Io { operation: "read", path: file, source })?;
        let mut object = format!("{}:", self.commit).into_bytes();
        object.extend_from_slice(name);
        let args = [OsStr::new("cat-file"), OsStr::new("--filters"), OsStr::from_bytes(&object)];
        let ran = self.git.program(args).dir(self.tree).env("GIT_DIR", self.common_dir).run()?;
        Ok(ran.ok() && ran.stdout.starts_with(&present))
    }

    /// Removes the files of the commit and `copies` from the folder, the folders that are then empty, and, if
    /// nothing else is left, the `.git` file and the folder itself, unless `keep_folder` says that it
    /// was there before. What anybody else put there stays. Gives whether all is gone.
    pub(crate) fn remove(&self, copies: &[PathBuf], keep_folder: bool) -> Result<bool, Failure> {
        let mut folders = BTreeSet::new();
        for copy in copies.iter().filter(|copy| self.is_copy(copy)) {
            gone(fs::remove_file(self.tree.join(copy)), copy)?;
            folders.extend(copy.ancestors().skip(1).map(Path::to_path_buf));
        }
        for name in &self.names()? {
            let relative = Path::new(OsStr::from_bytes(name));
            let file = self.tree.join(relative);
            match fs::remove_file(&file) {
                // A submodule's place.
                Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                    gone(fs::remove_dir(&file), &file)?;
                }
                other => gone(other, &file)?,
            }
            folders.extend(relative.ancestors().skip(1).map(Path::to_path_buf));
        }
        folders.remove(Path::new(""));
        // A folder sorts before what is in it.
        for folder in folders.iter().rev().map(|folder| self.tree.join(folder)) {
            gone(fs::remove_dir(&folder), &folder)?;
        }
        let left = fs::read_dir(self.tree)
            .and_then(|left| left.map(|e| Ok(e?.file_name())).collect::<io::Result<Vec<_>>>())
            .map_err(|error| Failure::io("cannot read", self.tree, &error))?;
        if left.iter().any(|name| name != ".git") {
            return Ok(false);
        }
        gone(fs::remove_file(self.tree.join(".git")), self.tree)?;
        if keep_folder {
            return Ok(true);
        }
        gone(fs::remove_dir(self.tree), self.tree)?;
        Ok(fs::symlink_metadata(self.tree).is_err())
    }

    fn program(&self, args: &[&str]) -> repo::Program {
        // With the patterns of a sparse main worktree, files would be left out of the comparison.
        let whole = ["-c", "core.sparseCheckout=false"];
        self.git
            .program(whole.iter().chain(args))
            .dir(self.tree)
            .env("GIT_DIR", self.common_dir)
            .env("GIT_WORK_TREE", self.tree)
            .env("GIT_INDEX_FILE", &self.index)
    }

    fn run(&self, args: &[&str]) -> Result<Vec<u8>, Error> {
        let ran = self.program(args).run()?;
        if ran.ok() { Ok(ran.stdout) } else { Err(self.git.failure(args, &ran)) }
    }
}

/// Something that is not there, or a folder with something in it, is no failure here.
pub(crate) fn gone(removed: io::Result<()>, what: &Path) -> Result<(), Failure> {
    match removed {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::DirectoryNotEmpty
            ) =>
        {
            Err(Failure::io("cannot remove", what, &error))
        }
        _ => Ok(()),
    }
}
