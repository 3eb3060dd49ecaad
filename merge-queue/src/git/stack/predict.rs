//! What a merge will come to, where that is plain: a guess, made without a process, that git's own engine
//! has to confirm.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use cli::Failure;
use git2::{ErrorCode, FileFavor, MergeFileInput, MergeFileOptions, ObjectType, Oid, Repository};

use crate::rules::diff::{Change, Side};

/// The largest text that is merged here. Reviewed files are far smaller.
const LARGEST: usize = 1 << 20;

/// What a merge does at one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) path: Vec<u8>,
    pub(super) to: Option<Now>,
}

/// What is at a path then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Now {
    pub(super) side: Side,
    /// The content, where no object holds it yet.
    pub(super) bytes: Option<Vec<u8>>,
}

/// The tree that a chain of merges is expected to come to.
pub(super) struct Expected<'r> {
    repository: &'r Repository,
    base: git2::Tree<'r>,
    changed: BTreeMap<Vec<u8>, Option<Now>>,
}

fn failed(error: &git2::Error) -> Failure {
    Failure::world("cannot read the base's tree", error.message())
}

impl<'r> Expected<'r> {
    /// The tree of the commit `tip`.
    pub(super) fn of(repository: &'r Repository, tip: &str) -> Result<Self, Failure> {
        let commit = Oid::from_str(tip).and_then(|id| repository.find_commit(id));
        let base = commit.and_then(|commit| commit.tree()).map_err(|error| failed(&error))?;
        Ok(Self { repository, base, changed: BTreeMap::new() })
    }

    /// What merging a branch does that changes this since it left; `None` where that is not plain.
    pub(super) fn merge(&mut self, changes: &[Change]) -> Result<Option<Vec<Edit>>, Failure> {
        let mut edits = Vec::with_capacity(changes.len());
        for Change { path, old, new } in changes {
            let now = self.now(path)?;
            let at = now.as_ref().map(|now| &now.side);
            if at == new.as_ref() {
                continue;
            }
            let to = if at == old.as_ref() {
                new.clone().map(|side| Now { side, bytes: None })
            } else {
                match (old, now, new) {
                    (Some(old), Some(now), Some(new)) => match self.content(old, &now, new)? {
                        Some(merged) => Some(merged),
                        None => return Ok(None),
                    },
                    _ => return Ok(None),
                }
            };
            edits.push(Edit { path: path.clone(), to });
        }
        // A file may make room for a folder.
        edits.sort_by_key(|edit| edit.to.is_some());
        for Edit { path, to } in &edits {
            self.changed.insert(path.clone(), to.clone());
        }
        Ok(Some(edits))
    }

    fn now(&self, path: &[u8]) -> Result<Option<Now>, Failure> {
        if let Some(changed) = self.changed.get(path) {
            return Ok(changed.clone());
        }
        match self.base.get_path(Path::new(OsStr::from_bytes(path))) {
            Ok(entry) => {
                let mode = u32::try_from(entry.filemode()).unwrap_or(0);
                let side = Side { mode, id: entry.id().to_string() };
                Ok((!side.is_folder()).then_some(Now { side, bytes: None }))
            }
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    /// A file that both sides have changed.
    fn content(&self, old: &Side, now: &Now, new: &Side) -> Result<Option<Now>, Failure> {
        if ![old, &now.side, new].into_iter().all(Side::is_file) {
            return Ok(None);
        }
        // There are two modes of files: whoever changed it, changed it to the other one.
        let mode = if new.mode == old.mode { now.side.mode } else { new.mode };
        if new.id == old.id {
            let side = Side { mode, ..now.side.clone() };
            return Ok(Some(Now { side, bytes: now.bytes.clone() }));
        }
        if now.side.id == old.id {
            return Ok(Some(Now { side: Side { mode, ..new.clone() }, bytes: None }));
        }
        let ours = match &now.bytes {
            Some(bytes) => bytes.clone(),
            None => self.blob(&now.side)?,
        };
        let Some(bytes) = texts(&self.blob(old)?, &ours, &self.blob(new)?) else {
            return Ok(None);
        };
        let id = Oid::hash_object(ObjectType::Blob, &bytes).map_err(|error| failed(&error))?;
        Ok(Some(Now { side: Side { mode, id: id.to_string() }, bytes: Some(bytes) }))
    }

    fn blob(&self, side: &Side) -> Result<Vec<u8>, Failure> {
        let blob = Oid::from_str(&side.id).and_then(|id| self.repository.find_blob(id));
        blob.map(|blob| blob.content().to_vec()).map_err(|error| failed(&error))
    }
}

/// Both changes to a text; where they meet, both of them, as the driver `union` has it. Whether that
/// driver holds at the path, git will say.
fn texts(old: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Vec<u8>> {
    if [old, ours, theirs].iter().any(|text| text.len() > LARGEST || text.contains(&0)) {
        return None;
    }
    let input = |content| {
        let mut input = MergeFileInput::new();
        input.content(content);
        input
    };
    let (old, ours, theirs) = (input(old), input(ours), input(theirs));
    for favor in [FileFavor::Normal, FileFavor::Union] {
        let mut options = MergeFileOptions::new();
        options.favor(favor);
        // A text that libgit2 cannot merge is none to guess about.
        let merged = git2::merge_file(&old, &ours, &theirs, Some(&mut options)).ok()?;
        if merged.is_automergeable() {
            return Some(merged.content().to_vec());
        }
    }
    None
}
