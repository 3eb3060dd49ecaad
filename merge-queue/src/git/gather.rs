//! Gathers the facts from git.

use std::collections::BTreeSet;

use cli::Failure;
use records::QueueEvent;

use crate::desk::Desk;
use crate::git::base::Base;
use crate::git::pins::PinOf;
use crate::git::{merge, rules_of_base};
use crate::history::History;
use crate::rules::definitions::{Definitions, Task};
use crate::rules::diff::{digest, path_text};
use crate::rules::facts::{Branched, Coordinator, Facts, Head, Relation, Rules};
use crate::rules::mailmap::Mailmap;
use crate::rules::state;

/// The ref that holds a task's work, and where it stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reference {
    /// As it is shown; `None` when nothing says which.
    pub(crate) shown: Option<String>,
    /// The commit; `None` when there is no such ref.
    pub(crate) commit: Option<String>,
}

/// Finds the task's ref: the given one, else the branch of the newest handoff, or what was handed over when that
/// branch is gone, else the role's. It is
/// never what happens to be checked out where the question is asked.
pub(crate) fn reference(
    desk: &Desk,
    definitions: &Definitions,
    history: &History,
    task: &Task,
    given: Option<&str>,
) -> Result<Reference, Failure> {
    if let Some(given) = given {
        // Git would take a tag of that name before the branch.
        let commit = match desk.objects.at_ref(&desk.git, &format!("refs/heads/{given}"))? {
            Some(commit) => Some(commit),
            None => desk.git.commit(given)?,
        };
        return Ok(Reference { shown: Some(given.into()), commit });
    }
    let handed_over = history.of(&task.id).rev().find_map(|event| event.handoff.as_ref());
    let role = task.role.as_ref().and_then(|role| definitions.roles.get(role));
    let branch = handed_over
        .map(|handoff| handoff.branch.as_str())
        .or_else(|| role.and_then(|role| role.branch.as_deref()));
    let Some(branch) = branch else { return Ok(Reference::default()) };
    let mut reference = at_branch(desk, definitions, branch)?;
    if let (None, Some(handoff)) = (&reference.commit, handed_over) {
        // The branch is gone. What was handed over is kept, and nothing newer can be meant.
        let kept = desk.objects.at_ref(&desk.git, &PinOf::Task(task.id.clone()).name())?;
        reference.commit = kept.filter(|commit| *commit == handoff.commit);
    }
    Ok(reference)
}

/// A branch of this clone, or of the base's remote when this clone has none of that name.
pub(crate) fn at_branch(
    desk: &Desk,
    definitions: &Definitions,
    branch: &str,
) -> Result<Reference, Failure> {
    let mut commit = desk.objects.at_ref(&desk.git, &format!("refs/heads/{branch}"))?;
    if commit.is_none()
        && let Some(remote) = desk.base(definitions)?.remote
    {
        let reference = format!("refs/remotes/{remote}/{branch}");
        commit = desk.objects.at_ref(&desk.git, &reference)?;
    }
    Ok(Reference { shown: Some(branch.into()), commit })
}

/// What is the same for every task: everything but the ref. The base stands at the given commit, and was
/// fetched or not.
pub(crate) fn surroundings(
    desk: &Desk,
    definitions: &Definitions,
    base: &Base,
    (base_commit, fetched): (Option<String>, bool),
    history: &History,
) -> Result<Facts, Failure> {
    let rules = match &base_commit {
        Some(tip) => rules_of_base::compare(desk, definitions, tip)?,
        None => Rules::Unknown,
    };
    desk.forget_looks();
    let coordinator = match desk.coordinator.as_deref() {
        Some(path) => {
            let look = desk.look(path)?;
            Some(Coordinator { dirt: texts(&look.dirt), hidden: texts(&look.hidden) })
        }
        None => None,
    };
    let reached = reached(desk, base_commit.as_deref(), history.events.iter())?;
    let base = base.shown.clone();
    Ok(Facts { base, base_commit, fetched, rules, coordinator, reached, ..Facts::default() })
}

/// Everything that the decision about a ref needs.
pub(crate) fn facts(
    desk: &Desk,
    surroundings: Facts,
    reference: Reference,
) -> Result<Facts, Failure> {
    let head = match reference.commit {
        Some(commit) => Some(Head { tree: desk.objects.tree(&commit)?, commit }),
        None => None,
    };
    let relation = match (&surroundings.base_commit, &head) {
        (Some(tip), Some(head)) => relation(desk, tip, &head.commit)?,
        _ => Relation::Unknown,
    };
    Ok(Facts { reference: reference.shown, head, relation, ..surroundings })
}

fn texts(paths: &[Vec<u8>]) -> Vec<String> {
    paths.iter().map(|path| path_text(path)).collect()
}

/// How a commit and the base's tip are related.
pub(crate) fn relation(desk: &Desk, tip: &str, head: &str) -> Result<Relation, Failure> {
    refuse_grafts(desk)?;
    let bases = desk.objects.merge_bases(tip, head)?;
    if is_cut_off(desk, tip, head, &bases)? {
        return Ok(Relation::CutOff);
    }
    let [merge_base] = bases.as_slice() else {
        return Ok(if bases.is_empty() { Relation::Unrelated } else { Relation::Several(bases) });
    };
    merge::refuse_own_attributes(&desk.place)?;
    let changes = desk.objects.diff(merge_base, head)?;
    let people = desk.objects.people(tip, head)?;
    Ok(Relation::Branched(Branched {
        merge_base: merge_base.clone(),
        digest: digest(&changes),
        changes,
        people,
        mailmap: Mailmap::parse(&desk.objects.file(tip, ".mailmap")?.unwrap_or_default()),
        merge: desk.merges.of(desk, tip, head)?,
    }))
}

/// Refuses a clone that gives commits other parents than they have (`info/grafts`, which git reads
/// although it has been replaced): it could leave out commits, and with them who made them.
fn refuse_grafts(desk: &Desk) -> Result<(), Failure> {
    let file = desk.place.common_dir().join("info/grafts");
    match std::fs::metadata(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::io("cannot read", &file, &error)),
        Ok(metadata) if metadata.len() == 0 => Ok(()),
        Ok(_) => {
            let why = "it gives commits other parents, in this clone alone";
            Err(Failure::usage(file.display(), why).hint("git replace --convert-graft-file"))
        }
    }
}

/// Whether the clone is shallow or has grafts: what its commits descend from may then change.
pub(crate) fn is_shallow(desk: &Desk) -> Result<bool, Failure> {
    let mut found = false;
    for name in ["shallow", "info/grafts"] {
        let file = desk.place.common_dir().join(name);
        found |= file.try_exists().map_err(|error| Failure::io("cannot read", &file, &error))?;
    }
    Ok(found)
}

/// Whether the clone is shallow and its history ends between the two commits and where they part.
/// Some of the commits in between are then missing, and with them who made them; and the true merge
/// base may be another one.
fn is_cut_off(desk: &Desk, tip: &str, head: &str, bases: &[String]) -> Result<bool, Failure> {
    let file = desk.place.common_dir().join("shallow");
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Failure::io("cannot read", &file, &error)),
    };
    let objects = &desk.objects;
    for end in text.lines() {
        let mut before = false;
        for base in bases {
            before |= objects.reachable(end, base)?;
        }
        if !before && (objects.reachable(end, head)? || objects.reachable(end, tip)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The landings among `events` that the base at `tip` contains.
pub(crate) fn reached<'a>(
    desk: &Desk,
    tip: Option<&str>,
    events: impl Iterator<Item = &'a QueueEvent>,
) -> Result<BTreeSet<String>, Failure> {
    let Some(tip) = tip else { return Ok(BTreeSet::new()) };
    desk.objects.reachable_of(&state::landings(events).collect(), tip)
}
