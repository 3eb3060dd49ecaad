//! The ignored files of a lane: how many, how large, and which of them matter.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use cli::Failure;

use crate::lane_git::{LaneGit, fields, text};

use super::precious::{is_built, is_precious};

/// How many files are looked at. A lane with more cannot be told about.
const MOST: u64 = 5_000_000;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ignored {
    /// How many ignored files there are.
    pub(crate) files: u64,
    /// Their size in bytes.
    pub(crate) bytes: u64,
    /// Those that nobody can build again.
    pub(crate) precious: Vec<String>,
    /// Repositories among the ignored and the untracked files.
    pub(crate) repositories: Vec<String>,
}

/// Looks at the ignored files, and for repositories that git's status passes over (lanes reference,
/// case 14).
pub(crate) fn ignored(git: &LaneGit, path: &Path) -> Result<Ignored, Failure> {
    let mut found = Ignored::default();
    let list = ["ls-files", "--others", "--directory", "-z"];
    let only_ignored = ["--ignored", "--exclude-standard"];
    for name in fields(&git.bytes(&[list.as_slice(), &only_ignored].concat())?) {
        let relative = PathBuf::from(OsStr::from_bytes(name));
        let built = relative.components().any(|c| is_built(&c.as_os_str().to_string_lossy()));
        found.look(path, &relative, built)?;
    }
    for name in fields(&git.bytes(&[list.as_slice(), &["--exclude-standard"]].concat())?) {
        // Git names a repository inside the lane by its folder, and does not look into it.
        if name.ends_with(b"/") && path.join(OsStr::from_bytes(name)).join(".git").exists() {
            found.repositories.push(text(name));
        }
    }
    found.precious.sort();
    found.repositories.sort();
    found.repositories.dedup();
    Ok(found)
}

impl Ignored {
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
            return self.count(relative, metadata.len(), built);
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

    fn count(&mut self, relative: &Path, bytes: u64, built: bool) -> Result<(), Failure> {
        self.files += 1;
        self.bytes += bytes;
        if self.files > MOST {
            return Err(Failure::world("ignored files", format!("there are more than {MOST}")));
        }
        let name = relative.file_name().unwrap_or_default().to_string_lossy();
        if !built && is_precious(&name) {
            self.precious.push(relative.to_string_lossy().into_owned());
        }
        Ok(())
    }
}
