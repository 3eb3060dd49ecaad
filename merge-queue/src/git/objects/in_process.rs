//! Reading through libgit2.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use cli::Failure;
use git2::{ErrorCode, ObjectType, Oid, Repository, Tree};

use crate::rules::diff::{Change, Side};
use crate::rules::people::{Person, co_authors};

fn failed(what: &str) -> impl FnOnce(git2::Error) -> Failure {
    move |error| Failure::world(format_args!("cannot read {what}"), error.message())
}

fn oid(id: &str) -> Result<Oid, Failure> {
    Oid::from_str(id).map_err(failed(id))
}

pub(super) fn has(repository: &Repository, commit: &str) -> Result<bool, Failure> {
    match repository.find_commit(oid(commit)?) {
        Ok(_) => Ok(true),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(false),
        Err(error) => Err(failed(commit)(error)),
    }
}

/// The commit at a ref, if there is one; `None` when only git can tell.
#[expect(clippy::option_option, reason = "no such ref is an answer, and another than none")]
pub(super) fn at_ref(repository: &Repository, name: &str) -> Option<Option<String>> {
    match repository.find_reference(name) {
        Ok(reference) => Some(Some(reference.peel_to_commit().ok()?.id().to_string())),
        Err(error) if error.code() == ErrorCode::NotFound => Some(None),
        Err(_) => None,
    }
}

pub(super) fn tree(repository: &Repository, commit: &str) -> Result<String, Failure> {
    let commit_object = repository.find_commit(oid(commit)?).map_err(failed(commit))?;
    Ok(commit_object.tree_id().to_string())
}

pub(super) fn entry(
    repository: &Repository,
    commit: &str,
    path: &str,
) -> Result<Option<Side>, Failure> {
    let commit_object = repository.find_commit(oid(commit)?).map_err(failed(commit))?;
    let tree = commit_object.tree().map_err(failed(commit))?;
    match tree.get_path(Path::new(path)) {
        Ok(entry) => {
            let mode = u32::try_from(entry.filemode()).unwrap_or(0);
            Ok(Some(Side { mode, id: entry.id().to_string() }))
        }
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(failed(path)(error)),
    }
}

pub(super) fn blob(repository: &Repository, id: &str) -> Result<Vec<u8>, Failure> {
    Ok(repository.find_blob(oid(id)?).map_err(failed(id))?.content().to_vec())
}

pub(super) fn merge_bases(
    repository: &Repository,
    one: &str,
    other: &str,
) -> Result<Vec<String>, Failure> {
    match repository.merge_bases(oid(one)?, oid(other)?) {
        Ok(bases) => Ok(bases.iter().map(ToString::to_string).collect()),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed("the merge base")(error)),
    }
}

pub(super) fn reachable(repository: &Repository, commit: &str, tip: &str) -> Result<bool, Failure> {
    if commit == tip {
        return Ok(true);
    }
    repository.graph_descendant_of(oid(tip)?, oid(commit)?).map_err(failed("the history"))
}

pub(super) fn reachable_of(
    repository: &Repository,
    commits: &BTreeSet<&str>,
    tip: &str,
) -> Result<BTreeSet<String>, Failure> {
    let mut wanted = HashMap::new();
    for commit in commits {
        wanted.insert(oid(commit)?, *commit);
    }
    let mut walk = repository.revwalk().map_err(failed("the history"))?;
    walk.push(oid(tip)?).map_err(failed("the history"))?;
    let mut reached = BTreeSet::new();
    for id in walk {
        let id = id.map_err(failed("the history"))?;
        reached.extend(wanted.remove(&id).map(ToOwned::to_owned));
        if wanted.is_empty() {
            break;
        }
    }
    Ok(reached)
}

pub(super) fn commits(
    repository: &Repository,
    base: &str,
    head: &str,
) -> Result<Vec<String>, Failure> {
    let mut walk = repository.revwalk().map_err(failed("the history"))?;
    walk.push(oid(head)?).map_err(failed("the history"))?;
    walk.hide(oid(base)?).map_err(failed("the history"))?;
    walk.map(|id| Ok(id.map_err(failed("the history"))?.to_string())).collect()
}

pub(super) fn people(
    repository: &Repository,
    base: &str,
    head: &str,
) -> Result<BTreeSet<Person>, Failure> {
    let mut walk = repository.revwalk().map_err(failed("the history"))?;
    walk.push(oid(head)?).map_err(failed("the history"))?;
    walk.hide(oid(base)?).map_err(failed("the history"))?;
    let mut people = BTreeSet::new();
    for id in walk {
        let id = id.map_err(failed("the history"))?;
        let commit = repository.find_commit(id).map_err(failed("a commit"))?;
        for signature in [commit.author(), commit.committer()] {
            people.insert(Person::new(signature.name_bytes(), signature.email_bytes()));
        }
        people.extend(co_authors(commit.message_bytes()));
    }
    Ok(people)
}

pub(super) fn diff(repository: &Repository, old: &str, new: &str) -> Result<Vec<Change>, Failure> {
    let tree = |id: &str| -> Result<Tree<'_>, Failure> {
        let object = repository.find_object(oid(id)?, None).map_err(failed(id))?;
        object.peel_to_tree().map_err(failed(id))
    };
    let mut changes = Vec::new();
    compare(repository, &[], Some(&tree(old)?), Some(&tree(new)?), &mut changes)?;
    Ok(changes)
}

/// Mode and id of what one of two trees has under a name.
type Entry = Option<(i32, Oid)>;

/// Walks both trees side by side and skips what is equal, which libgit2's own diff does not: it
/// would read every tree of both sides.
fn compare(
    repository: &Repository,
    prefix: &[u8],
    old: Option<&Tree<'_>>,
    new: Option<&Tree<'_>>,
    changes: &mut Vec<Change>,
) -> Result<(), Failure> {
    let both = [old, new].map(|tree| tree.into_iter().flat_map(Tree::iter).collect::<Vec<_>>());
    let mut names: BTreeMap<&[u8], [Entry; 2]> = BTreeMap::new();
    for (side, entries) in both.iter().enumerate() {
        for entry in entries {
            let found = (entry.filemode(), entry.id());
            if let Some(slot) = names.entry(entry.name_bytes()).or_default().get_mut(side)
                && slot.replace(found).is_some()
            {
                let path = [prefix, entry.name_bytes()].concat();
                return Err(super::ambiguous(&path));
            }
        }
    }
    for (name, [old, new]) in names {
        if old == new {
            continue;
        }
        let [old, new] = [old, new].map(|side| {
            side.map(|(mode, id)| Side {
                mode: u32::try_from(mode).unwrap_or(0),
                id: id.to_string(),
            })
        });
        let mut path = prefix.to_vec();
        path.extend_from_slice(name);
        let (old_tree, old) = subtree(repository, old)?;
        let (new_tree, new) = subtree(repository, new)?;
        if old.is_some() || new.is_some() {
            changes.push(Change { path: path.clone(), old, new });
        }
        if old_tree.is_some() || new_tree.is_some() {
            path.push(b'/');
            compare(repository, &path, old_tree.as_ref(), new_tree.as_ref(), changes)?;
        }
    }
    Ok(())
}

/// A folder as its tree; anything else as it is.
fn subtree(
    repository: &Repository,
    side: Option<Side>,
) -> Result<(Option<Tree<'_>>, Option<Side>), Failure> {
    match side {
        Some(side) if side.is_folder() => {
            let object = repository
                .find_object(oid(&side.id)?, Some(ObjectType::Tree))
                .map_err(failed("a tree"))?;
            Ok((Some(object.peel_to_tree().map_err(failed("a tree"))?), None))
        }
        other => Ok((None, other)),
    }
}
