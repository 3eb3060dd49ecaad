//! What is told about files that do not go together.

use cli::Failure;
use records::worktree_lane::{SyncCommit, SyncConflict};

use crate::lane_git::{LaneGit, text};

use super::compute::Sides;

/// How many commits of a side are told.
const MOST: &str = "--max-count=20";

/// The files, and who touched them.
pub(super) fn told(
    git: &LaneGit,
    sides: Sides<'_>,
    files: &[Vec<u8>],
    at: Option<&str>,
) -> Result<SyncConflict, Failure> {
    Ok(SyncConflict {
        files: files.iter().map(|file| text(file)).collect(),
        stopped_at: at.map(|at| commit(git, at)).transpose()?,
        lane_commits: touching(git, sides.head, &[Some(sides.base), sides.fork], files)?,
        base_commits: touching(git, sides.base, &[Some(sides.head)], files)?,
    })
}

/// One commit.
pub(super) fn commit(git: &LaneGit, id: &str) -> Result<SyncCommit, Failure> {
    let shown = list(git, vec![b"--no-walk".to_vec(), id.as_bytes().to_vec()])?;
    let one = shown.into_iter().next();
    one.ok_or_else(|| Failure::world("git log", format_args!("says nothing about {id}")))
}

fn touching(
    git: &LaneGit,
    of: &str,
    without: &[Option<&str>],
    files: &[Vec<u8>],
) -> Result<Vec<SyncCommit>, Failure> {
    let mut args = vec![MOST.as_bytes().to_vec(), of.as_bytes().to_vec()];
    args.extend(without.iter().flatten().map(|other| format!("^{other}").into_bytes()));
    args.push(b"--".to_vec());
    args.extend(files.iter().cloned());
    list(git, args)
}

fn list(git: &LaneGit, args: Vec<Vec<u8>>) -> Result<Vec<SyncCommit>, Failure> {
    let shape = ["--literal-pathspecs", "log", "--no-show-signature", "--format=%H %s", "-z"];
    let shape = shape.iter().map(|word| word.as_bytes().to_vec());
    let words = shape.chain(args).map(std::os::unix::ffi::OsStringExt::from_vec);
    let words: Vec<std::ffi::OsString> = words.collect();
    let ran = git.program(&words).run()?;
    if !ran.ok() {
        return Err(git.failure(&["log"], &ran).into());
    }
    let entry = |line: String| {
        let (commit, subject) = line.split_once(' ').unwrap_or((&line, ""));
        SyncCommit { commit: commit.to_owned(), subject: subject.to_owned() }
    };
    Ok(crate::lane_git::fields(&ran.stdout).map(text).map(entry).collect())
}
