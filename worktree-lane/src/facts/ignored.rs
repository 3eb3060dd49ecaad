//! The ignored files of a lane: how many, how large, and which of them matter.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use cli::Failure;
use repo::Git;

use crate::lane_git::{LaneGit, fields};
use crate::seed::same::{Part, same};

use super::precious::{is_built, is_precious};
use super::submodules;

/// How many files are looked at. A lane with more cannot be told about.
const MOST: u64 = 5_000_000;

/// How git lists ignored files; without the last word, the untracked ones.
const LIST: [&str; 6] =
    ["ls-files", "--others", "--directory", "-z", "--exclude-standard", "--ignored"];

/// How git lists the tracked files.
const TRACKED: [&str; 2] = ["ls-files", "-z"];

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ignored {
    /// How many ignored files there are.
    pub(crate) files: u64,
    /// Their size in bytes.
    pub(crate) bytes: u64,
    /// Those that nobody can build again.
    pub(crate) precious: Vec<String>,
    /// Repositories among the files, tracked ones included.
    pub(crate) repositories: Vec<String>,
    /// The main worktree, whose files are compared with.
    main: Option<PathBuf>,
}

/// Looks at the ignored files, and for repositories that git's status passes over (lanes reference,
/// case 14).
///
/// A file that is the main worktree's, byte by byte, is not precious: nothing is lost with the copy.
pub(crate) fn ignored(git: &LaneGit, path: &Path, main: Option<&Path>) -> Result<Ignored, Failure> {
    let mut found = Ignored { main: main.map(Path::to_path_buf), ..Ignored::default() };
    let (ignored, others) = (&LIST, &LIST[..5]);
    found.list(path, Path::new(""), &git.bytes(ignored)?, &git.bytes(others)?)?;
    found.among_tracked(path, Path::new(""), &git.bytes(&TRACKED)?);
    for submodule in submodules::checked_out(git, path)? {
        // Git's answers for the lane say nothing about the files in there.
        let git = Git::new(path.join(&submodule));
        found.list(path, &submodule, &git.bytes(ignored)?, &git.bytes(others)?)?;
        found.among_tracked(path, &submodule, &git.bytes(TRACKED)?);
    }
    found.precious.sort();
    found.repositories.sort();
    found.repositories.dedup();
    Ok(found)
}

/// Whether a folder is a repository without a checkout. The `.git` of a checkout has a `HEAD` too,
/// and is told by its name.
fn is_bare_repository(path: &Path) -> bool {
    let has = |name: &str| path.join(name).exists();
    path.file_name() != Some(OsStr::new(".git")) && has("HEAD") && has("objects") && has("refs")
}

impl Ignored {
    /// Takes in what git lists in the folder `inside`: the ignored files, and the untracked ones.
    fn list(
        &mut self,
        root: &Path,
        inside: &Path,
        ignored: &[u8],
        untracked: &[u8],
    ) -> Result<(), Failure> {
        for name in fields(ignored) {
            let name = inside.join(OsStr::from_bytes(name));
            let built = name.components().any(|c| is_built(&c.as_os_str().to_string_lossy()));
            self.look(root, &name, built)?;
        }
        for name in fields(untracked) {
            let relative = inside.join(OsStr::from_bytes(name));
            let path = root.join(&relative);
            // Git names a repository inside the lane by its folder, and does not look into it.
            if name.ends_with(b"/") && (path.join(".git").exists() || is_bare_repository(&path)) {
                self.repositories.push(relative.to_string_lossy().into_owned());
            }
        }
        Ok(())
    }

    /// Looks for repositories in the folders of `tracked` files in the folder `inside`: git goes on to
    /// track the files around such a `.git`, and never says a word about it.
    fn among_tracked(&mut self, root: &Path, inside: &Path, tracked: &[u8]) {
        let names = fields(tracked).map(|name| Path::new(OsStr::from_bytes(name)));
        let mut folders: BTreeSet<&Path> = BTreeSet::new();
        for name in names {
            let above = name.ancestors().skip(1).take_while(|above| *above != Path::new(""));
            for folder in above {
                if !folders.insert(folder) {
                    break;
                }
            }
        }
        for folder in folders {
            let relative = inside.join(folder);
            if fs::symlink_metadata(root.join(&relative).join(".git")).is_ok() {
                self.repositories.push(relative.to_string_lossy().into_owned());
            }
        }
    }

    /// Counts a file, or all files of a folder; `built` says that a build fills the folder.
    fn look(&mut self, root: &Path, relative: &Path, built: bool) -> Result<(), Failure> {
        let path = root.join(relative);
        let fail = |error: &std::io::Error| Failure::io("cannot read", &path, error);
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            // A build may be cleaning up just now.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(fail(&error)),
        };
        if !metadata.is_dir() {
            return self.count(root, relative, metadata.len(), built);
        }
        if is_bare_repository(&path) {
            self.repositories.push(relative.to_string_lossy().into_owned());
        }
        for entry in fs::read_dir(&path).map_err(|e| fail(&e))? {
            let name = entry.map_err(|e| fail(&e))?.file_name();
            if name == ".git" {
                self.repositories.push(relative.to_string_lossy().into_owned());
            }
            let built = built || is_built(&name.to_string_lossy());
            self.look(root, &relative.join(name), built)?;
        }
        Ok(())
    }

    fn count(
        &mut self,
        root: &Path,
        relative: &Path,
        bytes: u64,
        built: bool,
    ) -> Result<(), Failure> {
        self.files += 1;
        self.bytes += bytes;
        if self.files > MOST {
            return Err(Failure::world("ignored files", format!("there are more than {MOST}")));
        }
        let name = relative.file_name().unwrap_or_default().to_string_lossy();
        let in_main = |main: &PathBuf| same(main, root, relative, Part::Whole);
        if !built && is_precious(&name) && !self.main.as_ref().is_some_and(in_main) {
            self.precious.push(relative.to_string_lossy().into_owned());
        }
        Ok(())
    }
}
