//! An index beside the lane's own, in which trees are put together.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use cli::Failure;

use crate::lane_git::LaneGit;

/// A setting for every call: the file is complete in itself, so that nothing is written beside the
/// lane's own.
const ALONE: [&str; 2] = ["-c", "core.splitIndex=false"];

/// An index in a file of our own. The lane's is only read.
#[derive(Debug)]
pub(crate) struct Index<'a> {
    git: &'a LaneGit,
    file: PathBuf,
}

impl<'a> Index<'a> {
    /// An empty one.
    pub(crate) const fn empty(git: &'a LaneGit, file: PathBuf) -> Self {
        Self { git, file }
    }

    /// A copy of the lane's, which may have none yet.
    ///
    /// The copy keeps the time of the original. Git takes a file that was changed in the moment in
    /// which the index was written for unchanged, unless that time tells it to look.
    pub(crate) fn copy(git: &'a LaneGit, original: &Path, file: PathBuf) -> Result<Self, Failure> {
        let fail = |error: &io::Error| Failure::io("cannot copy", original, error);
        match File::open(original) {
            Ok(mut from) => {
                let modified = from.metadata().and_then(|found| found.modified());
                let mut to = File::create_new(&file)
                    .map_err(|error| Failure::io("cannot write", &file, &error))?;
                io::copy(&mut from, &mut to).map_err(|e| fail(&e))?;
                to.set_modified(modified.map_err(|e| fail(&e))?).map_err(|e| fail(&e))?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(fail(&error)),
        }
        Ok(Self { git, file })
    }

    /// Another with the same content.
    pub(super) fn again(&self, file: PathBuf) -> Result<Self, Failure> {
        if self.file.exists() {
            fs::copy(&self.file, &file)
                .map_err(|error| Failure::io("cannot write", &file, &error))?;
        }
        Ok(Self { git: self.git, file })
    }

    /// Runs git with this index; status 0 is required.
    pub(crate) fn git(&self, args: &[&str], input: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let args: Vec<&str> = ALONE.iter().chain(args).copied().collect();
        Ok(self.git.bytes_with_index(self.file.clone(), &args, input)?)
    }

    /// Takes files for unchanged whose times differ and whose bytes do not.
    pub(crate) fn refresh(&self) -> Result<(), Failure> {
        let args = [&ALONE[..], &["update-index", "-q", "--refresh"]].concat();
        match self.git.bytes_with_index(self.file.clone(), &args, Vec::new()) {
            // It ends with 1 when others differ.
            Ok(_) | Err(repo::Error::Failed { code: Some(1), .. }) => Ok(()),
            Err(other) => Err(other.into()),
        }
    }

    /// Runs a git command that changes files too, and that a signal must not cut short.
    pub(crate) fn change(&self, args: &[&str]) -> Result<(), Failure> {
        let args: Vec<&str> = ALONE.iter().chain(args).copied().collect();
        let program = self.git.program(&args).env("GIT_INDEX_FILE", &self.file);
        let ran = program.own_group().run()?;
        if ran.ok() { Ok(()) } else { Err(self.git.failure(&args, &ran).into()) }
    }

    /// Puts it in the place of the lane's own, whose lock the caller holds.
    pub(crate) fn put_in_place(&self, to: &Path) -> Result<(), Failure> {
        fs::rename(&self.file, to).map_err(|error| Failure::io("cannot replace", to, &error))
    }

    /// Applies lines as [`Lines`] makes them.
    pub(super) fn apply(&self, lines: Lines) -> Result<(), Failure> {
        if !lines.0.is_empty() {
            self.git(&["update-index", "-z", "--index-info"], lines.0)?;
        }
        Ok(())
    }

    /// The tree of what is in it.
    pub(super) fn tree(&self) -> Result<String, Failure> {
        let id = self.git(&["write-tree"], Vec::new())?;
        Ok(String::from_utf8_lossy(&id).trim().to_owned())
    }
}

/// Input for `git update-index -z --index-info`.
#[derive(Debug, Default, Clone)]
pub(super) struct Lines(Vec<u8>);

impl Lines {
    /// Takes a name out, with all its stages. `like` is any object of the repository: its length is
    /// that of the zeros that git wants to see.
    pub(super) fn remove(&mut self, name: &[u8], like: &str) {
        self.push(&format!("0 {}", "0".repeat(like.len())), name);
    }

    /// Puts a name in.
    pub(super) fn set(&mut self, mode: &str, id: &str, name: &[u8]) {
        self.push(&format!("{mode} {id}"), name);
    }

    /// Puts one stage of a conflict in.
    pub(super) fn stage(&mut self, mode: &str, id: &str, stage: usize, name: &[u8]) {
        self.push(&format!("{mode} {id} {stage}"), name);
    }

    fn push(&mut self, what: &str, name: &[u8]) {
        self.0.extend_from_slice(what.as_bytes());
        self.0.push(b'\t');
        self.0.extend_from_slice(name);
        self.0.push(0);
    }

    /// The bytes, as `git update-index -z --index-info` reads them.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Whether git refuses the name in every index, because some file systems take it for `.git`.
pub(super) fn is_refused(name: &[u8]) -> bool {
    name.split(|byte| *byte == b'/').any(|part| {
        let lower = part.to_ascii_lowercase();
        let rest = lower.strip_prefix(b".git").or_else(|| lower.strip_prefix(b"git~1"));
        rest.is_some_and(|rest| {
            let end = rest.iter().position(|byte| !matches!(byte, b'.' | b' '));
            end.is_none_or(|end| matches!(rest.get(end), Some(b':' | b'\\')))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_some_systems_take_for_git() {
        for name in [".git", "a/.GIT/b", "git~1", ".git. .", ".git::$DATA", ".git\\x"] {
            assert!(is_refused(name.as_bytes()), "{name}");
        }
        for name in [".gitignore", ".github/x", "git~2", "git", "a.git", ".gitx."] {
            assert!(!is_refused(name.as_bytes()), "{name}");
        }
    }
}
