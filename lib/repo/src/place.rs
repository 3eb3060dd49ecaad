//! Where a folder belongs, found without starting a process (a `git` process costs more than the
//! whole start of a tool).

use std::path::{Path, PathBuf};

use crate::Error;

/// The repository that a folder belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    worktree: PathBuf,
    git_dir: PathBuf,
    common_dir: PathBuf,
    main: Main,
}

/// Where the main worktree of a repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Main {
    /// There.
    At(PathBuf),
    /// Nowhere: the repository is bare.
    Bare,
    /// Somewhere. Git does not record where when the git folder is kept apart
    /// (`git clone --separate-git-dir`).
    Unknown,
}

impl Place {
    /// Looks for the checkout that `start` is in: the nearest folder above it that has a `.git`.
    ///
    /// # Errors
    /// [`Error::NotARepository`], [`Error::Bare`] inside a git folder, whose checkout is elsewhere if
    /// there is one, or [`Error::Damaged`] when a `.git` file does not name a folder that exists.
    pub fn find(start: &Path) -> Result<Self, Error> {
        let start = start.canonicalize().map_err(|source| Error::Io {
            operation: "read",
            path: start.into(),
            source,
        })?;
        for dir in start.ancestors() {
            let dot_git = dir.join(".git");
            if dot_git.is_dir() && looks_like_git_dir(&dot_git) {
                return Self::at(dir, &dot_git);
            }
            if dot_git.is_file() {
                let git_dir = read_git_file(&dot_git)?;
                return Self::at(dir, &git_dir);
            }
            if looks_like_git_dir(dir) {
                return Err(Error::Bare { path: dir.into() });
            }
        }
        Err(Error::NotARepository { path: start })
    }

    fn at(worktree: &Path, git_dir: &Path) -> Result<Self, Error> {
        let git_dir = canonical(git_dir)?;
        let pointer = git_dir.join("commondir");
        let common_dir = match std::fs::read_to_string(&pointer) {
            Ok(text) => canonical(&git_dir.join(text.trim_end_matches(['\n', '\r'])))?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => git_dir.clone(),
            Err(source) => return Err(Error::Io { operation: "read", path: pointer, source }),
        };
        let main = if common_dir == git_dir {
            Main::At(worktree.to_path_buf())
        } else {
            main_worktree_of(&common_dir)?
        };
        Ok(Self { worktree: worktree.into(), git_dir, common_dir, main })
    }

    /// The top of the checkout that the folder is in.
    pub fn worktree(&self) -> &Path {
        &self.worktree
    }

    /// The checkout's own git folder, `…/.git` or `…/.git/worktrees/<name>`.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The git folder that all worktrees share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The main worktree, where audit logs live so that they survive the removal of a lane (DESIGN
    /// section 3, "Where state lives").
    ///
    /// # Errors
    /// [`Error::Bare`] when the repository has only linked worktrees, [`Error::MainUnknown`] when git
    /// does not record where the main one is.
    pub fn main_worktree(&self) -> Result<&Path, Error> {
        match &self.main {
            Main::At(path) => Ok(path),
            Main::Bare => Err(Error::Bare { path: self.common_dir.clone() }),
            Main::Unknown => Err(Error::MainUnknown { path: self.common_dir.clone() }),
        }
    }

    /// Whether the folder is in a linked worktree and not in the main one.
    pub fn is_linked(&self) -> bool {
        self.git_dir != self.common_dir
    }

    /// Where mutable state of the tools lives: `<git common dir>/switchyard`. It may not exist yet.
    pub fn state_dir(&self) -> PathBuf {
        self.common_dir.join("switchyard")
    }

    /// The same, made if it is missing.
    pub fn make_state_dir(&self) -> Result<PathBuf, Error> {
        let dir = self.state_dir();
        std::fs::create_dir_all(&dir).map_err(|source| Error::Io {
            operation: "make",
            path: dir.clone(),
            source,
        })?;
        Ok(dir)
    }

    /// The project's `logs` folder in the main worktree. It may not exist yet.
    pub fn logs_dir(&self) -> Result<PathBuf, Error> {
        Ok(self.main_worktree()?.join("logs"))
    }

    /// The project's name: that of the main worktree's folder.
    pub fn project_name(&self) -> Result<String, Error> {
        let name = self.main_worktree()?.file_name();
        Ok(name.map(|n| n.to_string_lossy().into_owned()).unwrap_or_default())
    }
}

/// What git itself checks: `HEAD`, `objects` and `refs`, or a `commondir` in place of the latter.
fn looks_like_git_dir(dir: &Path) -> bool {
    let head = dir.join("HEAD").symlink_metadata().is_ok();
    head && (dir.join("commondir").is_file()
        || (dir.join("objects").is_dir() && dir.join("refs").is_dir()))
}

fn read_git_file(file: &Path) -> Result<PathBuf, Error> {
    let damaged = |why: &str| Error::Damaged { path: file.into(), why: why.into() };
    let text = std::fs::read_to_string(file).map_err(|source| Error::Io {
        operation: "read",
        path: file.into(),
        source,
    })?;
    let target = text
        .strip_prefix("gitdir: ")
        .ok_or_else(|| damaged("expected 'gitdir: <folder>'"))?
        .trim_end_matches(['\n', '\r']);
    let dir = file.parent().unwrap_or(Path::new("/")).join(target);
    if looks_like_git_dir(&dir) {
        Ok(dir)
    } else {
        Err(damaged("it names a folder that is no git folder; try 'git worktree repair'"))
    }
}

/// The worktree that owns `common_dir`: its parent when it is called `.git`, unless the
/// configuration says that the repository is bare or that its checkout is elsewhere (submodules).
fn main_worktree_of(common_dir: &Path) -> Result<Main, Error> {
    let mut text = read_config(&common_dir.join("config"))?;
    if setting(&text, "extensions", "worktreeConfig").is_some_and(|value| is_true(&value)) {
        // Git moves both settings there as soon as a worktree has settings of its own, as
        // `git sparse-checkout` gives it.
        text.push('\n');
        text.push_str(&read_config(&common_dir.join("config.worktree"))?);
    }
    if let Some(path) = setting(&text, "core", "worktree") {
        return canonical(&common_dir.join(path)).map(Main::At);
    }
    if setting(&text, "core", "bare").is_some_and(|value| is_true(&value)) {
        return Ok(Main::Bare);
    }
    let named_dot_git = common_dir.file_name().is_some_and(|n| n == ".git");
    let parent = common_dir.parent().filter(|_| named_dot_git);
    Ok(parent.map_or(Main::Unknown, |parent| Main::At(parent.to_path_buf())))
}

fn read_config(file: &Path) -> Result<String, Error> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(Error::Io { operation: "read", path: file.into(), source }),
    }
}

/// What git takes for true; a key without a value is.
fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "" | "true" | "yes" | "on" | "1")
}

/// The last value of `<section>.<name>` in a git configuration file. `Some("")` for a key without
/// `=`.
fn setting(text: &str, section: &str, name: &str) -> Option<String> {
    let heading = format!("[{section}]");
    let mut inside = false;
    let mut found = None;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.get(..heading.len()).is_some_and(|h| h.eq_ignore_ascii_case(&heading));
        } else if inside && !line.starts_with(['#', ';']) {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            if key.trim().eq_ignore_ascii_case(name) {
                found = Some(value.trim().trim_matches('"').to_owned());
            }
        }
    }
    found
}

fn canonical(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|source| Error::Io { operation: "read", path: path.into(), source })
}
