//! What the commit of a save consists of, and what a stash cannot say.
//!
//! The fourth parent's tree has, as far as there is something to say:
//!
//! * `unmerged`: input for `git update-index -z --index-info` that brings conflicts back, and under
//!   `1/`, `2/`, `3/` the files of their three sides, so that they are not collected as garbage;
//! * `converted`, `converted-untracked`: names, each ended by a NUL, of files that git's conversions
//!   (line endings, `ident`, filters, encodings) would change when they are written back.

use std::path::PathBuf;

use cli::Failure;

use crate::lane_git::LaneGit;

use super::index::{Index, Lines};
use super::read::blob;
use super::survey::Survey;

/// The trees of a save.
#[derive(Debug)]
pub(super) struct Trees<'a> {
    /// The tracked files as they are in the working tree.
    pub(super) work_tree: String,
    /// As they are in the index.
    pub(super) index_tree: String,
    /// The other files.
    pub(super) other_tree: String,
    /// A tree without files.
    pub(super) nothing: &'a str,
}

/// What a stash cannot say.
#[derive(Debug, Default)]
pub(super) struct Notes {
    conflicts: Lines,
    sides: Lines,
    converted: Vec<u8>,
    converted_untracked: Vec<u8>,
}

impl Notes {
    /// Looks for it. `like` is any object of the repository.
    pub(super) fn gather(
        git: &LaneGit,
        survey: &Survey,
        like: &str,
        tracked: &[Vec<u8>],
        others: &[Vec<u8>],
    ) -> Result<Self, Failure> {
        let mut notes = Self {
            converted: converted(git, tracked)?,
            converted_untracked: converted(git, others)?,
            ..Self::default()
        };
        for file in &survey.unmerged {
            notes.conflicts.remove(&file.name, like);
            for (stage, side) in (1..).zip(&file.stages) {
                let Some((mode, id)) = side else { continue };
                notes.conflicts.stage(mode, id, stage, &file.name);
                let name = [format!("{stage}/").as_bytes(), &file.name].concat();
                notes.sides.set(mode, id, &name);
            }
        }
        Ok(notes)
    }

    /// The tree that holds them; `None` when there is nothing to say.
    fn tree(self, git: &LaneGit, file: PathBuf) -> Result<Option<String>, Failure> {
        let mut lines = self.sides;
        let texts = [
            ("unmerged", self.conflicts.into_bytes()),
            ("converted", self.converted),
            ("converted-untracked", self.converted_untracked),
        ];
        let mut any = false;
        for (name, text) in texts {
            if !text.is_empty() {
                any = true;
                lines.set("100644", &blob(git, text)?, name.as_bytes());
            }
        }
        if !any {
            return Ok(None);
        }
        let index = Index::empty(git, file);
        index.apply(lines)?;
        index.tree().map(Some)
    }
}

/// Those of the names whose files git would change while it writes them.
fn converted(git: &LaneGit, names: &[Vec<u8>]) -> Result<Vec<u8>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let crlf = setting(git, "core.autocrlf")? == "true" || setting(git, "core.eol")? == "crlf";
    let args = ["check-attr", "-z", "--stdin"];
    let attributes = ["text", "eol", "crlf", "ident", "filter", "working-tree-encoding"];
    let input: Vec<u8> = names.iter().flat_map(|name| [name, &b"\0"[..]].concat()).collect();
    let answer = git.bytes_with(&[args.as_slice(), &attributes].concat(), input)?;
    let mut fields = answer.split(|byte| *byte == 0);
    let mut found = Vec::new();
    for name in names {
        let mut values = Vec::new();
        for _ in attributes {
            // The name, the attribute, its value.
            values.push(fields.nth(2).unwrap_or_default());
        }
        let is = |at: usize, value: &[u8]| values.get(at).is_some_and(|found| *found == value);
        let on = |at: usize| !is(at, b"unset") && !is(at, b"unspecified");
        let endings =
            is(1, b"crlf") || crlf && !is(0, b"unset") && !is(1, b"lf") && !is(2, b"unset");
        if endings || on(3) || on(4) || on(5) {
            found.extend_from_slice(name);
            found.push(0);
        }
    }
    Ok(found)
}

fn setting(git: &LaneGit, key: &str) -> Result<String, Failure> {
    let args = ["config", "--get", key];
    let ran = git.program(args).run()?;
    match ran.code() {
        Some(0 | 1) => Ok(String::from_utf8_lossy(&ran.stdout).trim().to_ascii_lowercase()),
        _ => Err(Failure::from(git.failure(&args, &ran))),
    }
}

/// Writes the commit; `None` when the lane has nothing beside its own commit.
///
/// It says nothing about the time, so the same work gives the same commit.
pub(super) fn commit(
    git: &LaneGit,
    lane: &str,
    head: Option<&str>,
    trees: &Trees<'_>,
    notes: Notes,
    file: PathBuf,
) -> Result<Option<String>, Failure> {
    let head_tree = match head {
        Some(head) => line(git, &["rev-parse", "--verify", &format!("{head}^{{tree}}")])?,
        None => trees.nothing.to_owned(),
    };
    let others = trees.other_tree != trees.nothing;
    let conflicts = !notes.sides.clone().into_bytes().is_empty();
    if !others && !conflicts && trees.work_tree == head_tree && trees.index_tree == head_tree {
        return Ok(None);
    }
    let date = match head {
        Some(head) => {
            line(git, &["rev-list", "--max-count=1", "--no-commit-header", "--format=%ct", head])?
        }
        None => "0".into(),
    };
    let write = |tree: &str, parents: &[&str], what: &str| {
        let parents: Vec<String> =
            parents.iter().map(|commit| format!("parent {commit}\n")).collect();
        let parents = parents.concat();
        let person = format!("worktree-lane <worktree-lane@localhost> {date} +0000");
        let text = format!(
            "tree {tree}\n{parents}author {person}\ncommitter {person}\n\n{what} of lane {lane}\n"
        );
        let args = ["hash-object", "-t", "commit", "-w", "--stdin"];
        let id = git.bytes_with(&args, text.into_bytes())?;
        Ok::<_, Failure>(String::from_utf8_lossy(&id).trim().to_owned())
    };
    let base = match head {
        Some(head) => head.to_owned(),
        None => write(trees.nothing, &[], "Nothing yet")?,
    };
    let mut parents = vec![base.clone(), write(&trees.index_tree, &[&base], "Index")?];
    let notes = notes.tree(git, file)?;
    if others || notes.is_some() {
        parents.push(write(&trees.other_tree, &[], "Untracked files")?);
    }
    if let Some(tree) = notes {
        parents.push(write(&tree, &[], "Conflicts and conversions")?);
    }
    let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
    write(&trees.work_tree, &parents, "Uncommitted work").map(Some)
}

fn line(git: &LaneGit, args: &[&str]) -> Result<String, Failure> {
    Ok(String::from_utf8_lossy(&git.bytes(args)?).trim().to_owned())
}
