//! The repository that a command works on.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use cli::Failure;
use repo::{Error, Git, Place};

/// A repository, found from any folder in one of its worktrees, or from a bare repository itself.
#[derive(Debug, Clone)]
pub(crate) struct Here {
    /// The checkout that the command was started in; `None` in a bare repository.
    pub(crate) place: Option<Place>,
    /// The git folder that all worktrees share.
    pub(crate) common_dir: PathBuf,
    /// The main worktree; `None` when the repository is bare.
    pub(crate) main: Option<PathBuf>,
    /// Where the command was started, without symbolic links.
    pub(crate) start: PathBuf,
}

impl Here {
    /// Looks for the repository that `start` belongs to.
    pub(crate) fn find(start: &Path) -> Result<Self, Failure> {
        let start =
            start.canonicalize().map_err(|error| Failure::io("cannot read", start, &error))?;
        match Place::find(&start) {
            Ok(place) => Self::at_place(start, place),
            Err(Error::Bare { path }) => Self::in_git_dir(start, path),
            Err(other) => Err(other.into()),
        }
    }

    fn at_place(start: PathBuf, place: Place) -> Result<Self, Failure> {
        let main = match place.main_worktree() {
            Ok(_) if is_pointer_to_bare(&place)? => None,
            Ok(main) => Some(main.to_path_buf()),
            Err(Error::Bare { .. }) => None,
            Err(other) => return Err(other.into()),
        };
        Ok(Self { common_dir: place.common_dir().to_path_buf(), main, place: Some(place), start })
    }

    /// A folder that looks like a git folder: a bare repository, or the `.git` of a checkout.
    fn in_git_dir(start: PathBuf, dir: PathBuf) -> Result<Self, Failure> {
        if dir.join("commondir").exists() {
            let why = "this is git's own folder of a worktree";
            return Err(Failure::usage(dir.display(), why).hint("name the worktree with --repo"));
        }
        let parent = dir.parent().and_then(|parent| Place::find(parent).ok());
        match parent.filter(|place| place.common_dir() == dir) {
            Some(place) => Self::at_place(start, place),
            None => Ok(Self { place: None, common_dir: dir, main: None, start }),
        }
    }

    /// Git for questions about the whole repository.
    pub(crate) fn git(&self) -> Git {
        Git::new(self.main.as_deref().unwrap_or(&self.common_dir))
    }

    /// Git for questions about the checkout that the command was started in, such as its `HEAD`.
    pub(crate) fn git_here(&self) -> Git {
        Git::new(self.place.as_ref().map_or(&*self.common_dir, Place::worktree))
    }

    /// Arguments that go in front of every git command that changes something: no hook of the
    /// repository runs (a lane is made or unmade as a whole, or not at all), and no monitor daemon
    /// is started that would inherit our locks.
    pub(crate) const QUIET: [&str; 4] =
        ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"];

    /// Runs a git command that changes the repository, with [`Here::QUIET`] in front.
    ///
    /// It runs in its own process group: a kill that hits this tool's group would make git leave a
    /// `.lock` file behind that is in everybody's way. Git finishes, and holds our lock meanwhile.
    pub(crate) fn change<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<(), Error> {
        let git = self.git();
        let ran = git.program(Self::QUIET).args(args).own_group().run()?;
        if ran.ok() { Ok(()) } else { Err(git.failure(args, &ran)) }
    }

    /// The name that `{repo}` stands for: the main worktree's folder, or the bare repository's
    /// without `.git`.
    pub(crate) fn name(&self) -> String {
        let text = |path: &Path| {
            path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
        };
        if let Some(main) = &self.main {
            return text(main);
        }
        let name = text(&self.common_dir);
        match name.strip_suffix(".git").unwrap_or(&name) {
            // `project/.bare` and `project/.git` belong to `project`.
            "" | ".bare" => self.common_dir.parent().map(text).unwrap_or_default(),
            name => name.to_owned(),
        }
    }

    /// The folder that relative paths of layouts start from: the main worktree. A bare repository
    /// has none; `<name>.lanes` beside it takes its place, so that no lane lies among git's own
    /// files, and `../{repo}-{id}` is beside the repository either way.
    pub(crate) fn anchor(&self) -> PathBuf {
        let beside = || self.common_dir.with_file_name(format!("{}.lanes", self.name()));
        self.main.clone().unwrap_or_else(beside)
    }

    /// Where the state of the tools lives, made if it is missing.
    pub(crate) fn state_dir(&self) -> Result<PathBuf, Failure> {
        let dir = self.common_dir.join("switchyard");
        journal::create_dirs(&dir)?;
        Ok(dir)
    }

    /// The lane journal. It need not exist.
    pub(crate) fn journal(&self) -> PathBuf {
        self.common_dir.join("switchyard/lanes.jsonl")
    }

    /// Where git keeps what it knows about each linked worktree.
    pub(crate) fn admin_root(&self) -> PathBuf {
        self.common_dir.join("worktrees")
    }
}

/// Whether the folder only points at a bare repository, as `project/.git` with
/// `gitdir: ./.bare` does. From its worktrees the repository is bare, so it has to be from here:
/// otherwise one layout would mean two places.
fn is_pointer_to_bare(place: &Place) -> Result<bool, Error> {
    if place.is_linked() || !place.worktree().join(".git").is_file() {
        return Ok(false);
    }
    Ok(Git::new(place.worktree()).text(["rev-parse", "--is-bare-repository"])? == "true")
}

/// `path` as a pattern of an exclude file that matches only itself.
pub(crate) fn pattern(path: &str) -> String {
    path.chars().fold(String::new(), |mut pattern, c| {
        match c {
            // A pattern cannot hold a line break; `?` matches it.
            '\n' | '\r' => pattern.push('?'),
            '*' | '?' | '[' | ']' | '\\' | ' ' | '!' | '#' => pattern.extend(['\\', c]),
            c => pattern.push(c),
        }
        pattern
    })
}
