//! The uncommitted work of a lane as git objects, taken without touching the lane.
//!
//! The commit has the shape of a stash, so `git stash apply` knows it: its tree is that of the
//! working tree, its parents are `HEAD`, a commit of the index, and a commit of the untracked files.
//! A fourth parent, which git passes over, has what a stash cannot say (see [`super::notes`]).

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use cli::Failure;

use crate::lane_git::{LaneGit, fields};
use crate::scratch::Scratch;

use super::beyond;
use super::index::Index;
use super::notes::{self, Notes};
use super::survey::Survey;
use super::work::Work;

/// The state of a lane.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The commit that holds it; `None` when there is nothing beside the lane's own commit.
    pub(crate) commit: Option<String>,
    /// The lane's commit; `None` on a branch without one.
    pub(crate) head: Option<String>,
    /// The tree of all files, the untracked ones included.
    pub(crate) everything: String,
    /// How many tracked files have changes, staged or not.
    pub(crate) tracked: u64,
    /// How many untracked files there are.
    pub(crate) untracked: u64,
    /// How many ignored files are in it.
    pub(crate) ignored: u64,
    /// What is only in the lane, with the reason.
    pub(crate) missed: Vec<(String, String)>,
    /// What has no bytes to lose.
    pub(crate) left_out: Vec<(String, String)>,
}

/// A lane that is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// Git for it.
    pub(crate) git: &'a LaneGit,
    /// Its folder.
    pub(crate) path: &'a Path,
    /// Git's own folder for it.
    pub(crate) admin: &'a Path,
    /// Its id.
    pub(crate) lane: &'a str,
}

/// Takes the state of the lane; with the ignored files when `ignored` says so.
pub(crate) fn take(
    subject: Subject<'_>,
    scratch: &Scratch,
    ignored: bool,
) -> Result<Snapshot, Failure> {
    let Subject { git, path, admin, lane } = subject;
    let dir = scratch.dir();
    let name = |part: &str| dir.join(format!("{part}-{ignored}"));
    let index = Index::copy(git, &admin.join("index"), name("index"))?;
    unmark(&index, path)?;
    let survey = Survey::parse(&index.git(&status(ignored), Vec::new())?);
    let nothing = empty_tree(git)?;

    let mut work = Work::new(subject, &survey, &nothing);
    let staged = work.without_conflicts();
    let inner = work.tracked()?;
    let others = work.others()?;
    let mut missed = work.missed;

    index.apply(staged)?;
    let index_tree = index.tree()?;
    index.apply(inner.lines.clone())?;
    let work_tree = index.tree()?;
    let other_index = Index::empty(git, name("others"));
    other_index.apply(others.lines.clone())?;
    let other_tree = other_index.tree()?;
    let whole = index.again(name("whole"))?;
    whole.apply(others.lines)?;
    let everything = whole.tree()?;

    let notes = Notes::gather(git, &survey, &nothing, &inner.names, &others.names)?;
    let head = git.commit("HEAD")?;
    let trees = notes::Trees { work_tree, index_tree, other_tree, nothing: &nothing };
    let commit = notes::commit(git, lane, head.as_deref(), &trees, notes, name("notes"))?;
    let mut left_out = Vec::new();
    besides(path, &index, ignored, &mut missed, &mut left_out)?;
    missed.sort();
    missed.dedup();
    Ok(Snapshot {
        commit,
        head,
        everything,
        tracked: survey.tracked,
        untracked: others.untracked,
        ignored: others.ignored,
        missed,
        left_out,
    })
}

fn status(ignored: bool) -> [&'static str; 7] {
    let ignored = if ignored { "--ignored=traditional" } else { "--ignored=no" };
    let flags = ["--untracked-files=all", "--ignore-submodules=none", "--no-renames"];
    ["status", "--porcelain=v2", "-z", flags[0], flags[1], flags[2], ignored]
}

/// Takes the marks off that make git overlook a change. Files that a sparse checkout leaves out
/// keep theirs.
fn unmark(index: &Index<'_>, path: &Path) -> Result<(), Failure> {
    let mut marked = Vec::new();
    for entry in fields(&index.git(&["ls-files", "-v", "-z"], Vec::new())?) {
        let (Some(tag), Some(name)) = (entry.first(), entry.get(2..)) else { continue };
        let there = || path.join(OsStr::from_bytes(name)).symlink_metadata().is_ok();
        // Lower case: assume-unchanged. S: skip-worktree.
        if tag.is_ascii_lowercase() && (*tag != b's' || there()) || *tag == b'S' && there() {
            marked.extend_from_slice(name);
            marked.push(0);
        }
    }
    if !marked.is_empty() {
        for mark in ["--no-assume-unchanged", "--no-skip-worktree"] {
            index.git(&["update-index", "-z", mark, "--stdin"], marked.clone())?;
        }
    }
    Ok(())
}

/// The id of a tree with nothing in it.
fn empty_tree(git: &LaneGit) -> Result<String, Failure> {
    let id = git.bytes_with(&["hash-object", "-w", "-t", "tree", "--stdin"], Vec::new())?;
    Ok(String::from_utf8_lossy(&id).trim().to_owned())
}

/// What git has no way to keep: `missed` gets what holds bytes, `left_out` the rest.
fn besides(
    path: &Path,
    index: &Index<'_>,
    ignored: bool,
    missed: &mut Vec<(String, String)>,
    left_out: &mut Vec<(String, String)>,
) -> Result<(), Failure> {
    let mut left = BTreeSet::new();
    for entry in fields(&index.git(&["ls-files", "--stage", "-z"], Vec::new())?) {
        if entry.starts_with(b"160000 ")
            && let Some(tab) = entry.iter().position(|byte| *byte == b'\t')
        {
            left.extend(entry.get(tab + 1..).map(<[u8]>::to_vec));
        }
    }
    if !ignored {
        let args = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
        left.extend(fields(&index.git(&args, Vec::new())?).map(<[u8]>::to_vec));
    }
    let found = beyond::look(path, &left);
    let name = |path: PathBuf| path.to_string_lossy().into_owned();
    let repository = "a repository of its own: commit and push in it";
    missed.extend(found.repositories.into_iter().map(|path| (name(path), repository.into())));
    let unread = |why| format!("the folder cannot be read: {why}");
    missed.extend(found.unreadable.into_iter().map(|(path, why)| (name(path), unread(why))));
    left_out.extend(found.empty.into_iter().map(|path| (name(path), "an empty folder".into())));
    left_out.extend(found.special.into_iter().map(|(path, what)| (name(path), what.into())));
    Ok(())
}
