//! From git's list of what is not committed to objects.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use cli::Failure;
use repo::Git;

use crate::lane_git::text;

use super::index::{Lines, is_refused};
use super::read::{self, Taken};
use super::snapshot::Subject;
use super::survey::{GITLINK, NOTHING, Survey};

/// Files that became objects.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Their lines for an index.
    pub(super) lines: Lines,
    /// Their names.
    pub(super) names: Vec<Vec<u8>>,
    /// How many of them are untracked.
    pub(super) untracked: u64,
    /// How many of them are ignored.
    pub(super) ignored: u64,
}

/// The reading of one lane's files.
#[derive(Debug)]
pub(super) struct Work<'a> {
    subject: Subject<'a>,
    survey: &'a Survey,
    /// Any object of the repository, for the length of its name.
    like: &'a str,
    /// What is only in the lane, with the reason.
    pub(super) missed: Vec<(String, String)>,
}

impl<'a> Work<'a> {
    /// Nothing is read yet.
    pub(super) const fn new(subject: Subject<'a>, survey: &'a Survey, like: &'a str) -> Self {
        Self { subject, survey, like, missed: Vec::new() }
    }

    /// The lines that make an index with conflicts one that a tree can be made of: our side counts.
    pub(super) fn without_conflicts(&self) -> Lines {
        let mut lines = Lines::default();
        for file in &self.survey.unmerged {
            lines.remove(&file.name, self.like);
            if let [_, Some((mode, id)), _] = &file.stages {
                lines.set(mode, id, &file.name);
            }
        }
        lines
    }

    /// The tracked files as they are in the working tree. A file that the commit has and the index
    /// does not is one of them, so that a stash has it in its place.
    pub(super) fn tracked(&mut self) -> Result<Kept, Failure> {
        let survey = self.survey;
        let mut kept = Kept::default();
        let mut wanted: Vec<(&[u8], &str)> = Vec::new();
        let changed = survey.changed.iter().map(|file| (&file.name, &file.mode, file.inner));
        let unmerged = survey.unmerged.iter().map(|file| (&file.name, &file.mode, false));
        for (name, mode, inner) in changed.chain(unmerged) {
            match mode.as_str() {
                NOTHING => kept.lines.remove(name, self.like),
                GITLINK => self.submodule(name, inner, &mut kept.lines)?,
                mode => wanted.push((name, mode)),
            }
        }
        let others = survey.untracked.iter().chain(&survey.ignored);
        wanted.extend(others.filter(|name| survey.dropped.contains(*name)).map(|n| (&**n, "")));
        self.read(&wanted, &mut kept)?;
        Ok(kept)
    }

    /// The files that are in neither the commit nor the index.
    pub(super) fn others(&mut self) -> Result<Kept, Failure> {
        let survey = self.survey;
        let mut kept = Kept::default();
        let mut wanted = Vec::new();
        for (names, ignored) in [(&survey.untracked, false), (&survey.ignored, true)] {
            for name in names.iter().filter(|name| !survey.dropped.contains(*name)) {
                if name.ends_with(b"/") {
                    // A repository, which is told with those that git does not list.
                } else if is_refused(name) {
                    self.miss(name, "git refuses the name");
                } else {
                    wanted.push((&**name, ""));
                    *(if ignored { &mut kept.ignored } else { &mut kept.untracked }) += 1;
                }
            }
        }
        self.read(&wanted, &mut kept)?;
        Ok(kept)
    }

    /// Reads files; a mode that git has for one is kept.
    fn read(&mut self, wanted: &[(&[u8], &str)], kept: &mut Kept) -> Result<(), Failure> {
        let names: Vec<&[u8]> = wanted.iter().map(|(name, _)| *name).collect();
        let taken = read::files(self.subject.git, self.subject.path, &names)?;
        for ((name, mode), taken) in wanted.iter().zip(taken) {
            let (id, kind) = match taken {
                Taken::Blob { id, kind } => (id, kind),
                Taken::Unsteady { id, kind } => {
                    self.miss(name, "it was written to each time it was read");
                    (id, kind)
                }
                Taken::Gone | Taken::NoFile => {
                    kept.lines.remove(name, self.like);
                    continue;
                }
                Taken::Unreadable(why) => {
                    self.miss(name, &format!("it cannot be read: {why}"));
                    continue;
                }
            };
            // Where the file system has no mode for programs or no links, git knows better.
            let mode = match kind {
                read::Kind::Plain | read::Kind::Program if !mode.is_empty() => mode,
                kind => kind.mode(),
            };
            kept.lines.set(mode, &id, name);
            kept.names.push(name.to_vec());
        }
        Ok(())
    }

    /// A submodule is kept as the commit that it stands at; what is in it is not.
    fn submodule(&mut self, name: &[u8], inner: bool, lines: &mut Lines) -> Result<(), Failure> {
        let path = self.subject.path.join(OsStr::from_bytes(name));
        if path.join(".git").symlink_metadata().is_ok()
            && let Some(commit) = Git::new(&path).commit("HEAD")?
        {
            lines.set(GITLINK, &commit, name);
        }
        if inner {
            self.miss(name, "the changes inside the submodule: commit and push them there");
        }
        Ok(())
    }

    fn miss(&mut self, name: &[u8], why: &str) {
        self.missed.push((text(name), why.to_owned()));
    }
}
