//! What `git merge` gives in a fresh clone: the oracle for everything that merges by other means.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::ran::Ran;
use crate::repo::Repo;
use crate::tool::Tool;

/// What came out of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// The tree.
    Clean(String),
    /// The paths that git leaves unmerged. There are none where it cannot tell to which of two folders
    /// a third one was renamed.
    Conflict(BTreeSet<Vec<u8>>),
    /// Git does not begin, because the histories are unrelated.
    Refused,
    /// Git fails over the conflicts that it finds: git 2.47 has such faults where a folder that one side
    /// renamed meets a file of that name, and some where it aborts.
    Stumbled,
}

/// A clone in which nothing has happened but what is asked of it here.
#[derive(Debug)]
pub struct FreshClone {
    path: PathBuf,
    home: PathBuf,
}

impl FreshClone {
    /// Clones all branches of `repo` to `path`. `home` is an empty folder.
    #[track_caller]
    pub fn of(repo: &Repo, path: impl Into<PathBuf>, home: impl Into<PathBuf>) -> Self {
        let (path, home) = (path.into(), home.into());
        std::fs::create_dir_all(&home).expect("create the home of the clone");
        let clone = Self { path, home };
        let ran = Tool::program("git").home(&clone.home);
        ran.args(["clone", "--quiet", "--no-checkout"])
            .args([repo.path(), &clone.path])
            .run()
            .code(0);
        clone
    }

    #[track_caller]
    fn git(&self, args: &[&str]) -> Ran {
        Tool::program("git").home(&self.home).dir(&self.path).args(args).run()
    }

    /// Checks `commit` out as if the clone had just been made.
    #[track_caller]
    pub fn check_out(&self, commit: &str) {
        for entry in std::fs::read_dir(&self.path).expect("list the clone") {
            let entry = entry.expect("an entry of the clone");
            if entry.file_name() == ".git" {
                continue;
            }
            let path = entry.path();
            if entry.file_type().expect("the type of an entry").is_dir() {
                std::fs::remove_dir_all(path).expect("empty the clone");
            } else {
                std::fs::remove_file(path).expect("empty the clone");
            }
        }
        // Before the first checkout there is no index, and a lock is left only by a git that aborted.
        for left in [".git/index", ".git/index.lock"] {
            drop(std::fs::remove_file(self.path.join(left)));
        }
        self.git(&["checkout", "--quiet", "--force", "--detach", commit]).code(0);
        self.settle();
    }

    /// Git looks into a file that is as old as the index, and takes one that its attributes would have had
    /// committed with other line ends for changed. A second later it does not.
    fn settle(&self) {
        let index = File::options().write(true).open(self.path.join(".git/index"));
        #[expect(clippy::disallowed_methods, reason = "the age of a file, not a time to be shown")]
        let later = SystemTime::now() + Duration::from_mins(1);
        index.and_then(|index| index.set_modified(later)).expect("make the index younger");
    }

    /// The commit that is checked out.
    #[track_caller]
    pub fn tip(&self) -> String {
        self.git(&["rev-parse", "--verify", "HEAD"]).code(0).out().trim().to_owned()
    }

    /// Merges `head` into what is checked out. After a clean merge the next one can follow.
    #[track_caller]
    pub fn merge(&self, head: &str) -> Merged {
        let ran = self.git(&["merge", "--no-ff", "--quiet", "-m", "Merge", head]);
        match ran.exit_code() {
            Some(0) => {
                self.settle();
                let tree = self.git(&["rev-parse", "--verify", "HEAD^{tree}"]);
                Merged::Clean(tree.code(0).out().trim().to_owned())
            }
            Some(1) => {
                let listed = self.git(&["ls-files", "--unmerged", "-z"]);
                let lines = listed.code(0).stdout.split(|byte| *byte == 0);
                let paths = lines.filter_map(|line| line.splitn(2, |byte| *byte == b'\t').nth(1));
                Merged::Conflict(paths.map(Into::into).collect())
            }
            _ if ran.err().contains("refusing to merge unrelated histories") => Merged::Refused,
            _ => {
                let known = ["unable to write", "BUG: merge-ort.c"];
                assert!(known.iter().any(|fault| ran.err().contains(fault)), "{ran}");
                Merged::Stumbled
            }
        }
    }
}
