//! What the merge queue has on record about an issue: its definitions in `switchyard.yaml`, the files
//! that it names there, and its journal, all read as files.

use std::collections::HashSet;
use std::path::{Component, Path};

use cli::Failure;
use config::Section;
use journal::{Loaded, Sort};
use records::{Evidence, IssueNumber, QueueEvent, TaskDefinition};
use repo::Place;
use serde::Deserialize;
use serde_json::Value;

/// The journal's name in the state folder.
const JOURNAL: &str = "queue.jsonl";

/// The part of the section `queue` that gates need. The rest is `merge-queue`'s business, which also
/// says what is wrong with it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Defined {
    base: Option<String>,
    files: Vec<String>,
    tasks: Vec<Task>,
}

/// The same part of a file that `queue.files` names.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    tasks: Vec<Task>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Task {
    id: String,
    issue: Option<u64>,
    acceptance_checks: Vec<String>,
}

impl Task {
    /// As it was added to the queue while it runs.
    fn of(added: &TaskDefinition) -> Self {
        Self {
            id: added.id.as_str().to_owned(),
            issue: added.issue.map(|issue| issue.0),
            acceptance_checks: added.acceptance_checks.clone(),
        }
    }
}

impl Section for Defined {
    const NAME: &'static str = "queue";
}

/// What the queue knows about one issue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue {
    /// The base branch as it is written there.
    pub(crate) base: Option<String>,
    /// The commands that must pass on what lands.
    pub(crate) checks: Vec<String>,
    /// The issue's events, oldest first.
    pub(crate) events: Vec<QueueEvent>,
    /// Why the journal cannot be relied upon; `None` when it can.
    pub(crate) damage: Option<String>,
}

impl Queue {
    /// The branch of the newest handoff.
    pub(crate) fn handed_over(&self) -> Option<&str> {
        let newest = self.events.iter().rev().find_map(|event| event.handoff.as_ref());
        newest.map(|handoff| handoff.branch.as_str())
    }

    /// The runs on record, oldest first, each with the number of its event.
    pub(crate) fn runs(&self) -> impl DoubleEndedIterator<Item = (u64, &Evidence)> {
        self.events.iter().filter_map(|event| Some((event.seq, event.evidence.as_ref()?)))
    }
}

/// Reads both. The definitions are those of the main worktree, as `merge-queue` has it.
pub(crate) fn load(place: &Place, issue: IssueNumber) -> Result<Queue, Failure> {
    let root = place.main_worktree().unwrap_or(place.worktree());
    let defined = config::load::<Defined>(root, root)?.section;
    let mut tasks = defined.tasks;
    for name in &defined.files {
        tasks.extend(named(root, name)?);
    }
    let path = place.state_dir().join(JOURNAL);
    let loaded = journal::load::<QueueEvent>(&path)?;
    let damage = damage(&path, &loaded);
    let events: Vec<QueueEvent> = loaded.records.into_iter().map(|(_, event)| event).collect();
    // A task that a file has is the file's, whatever was added before.
    let written: HashSet<String> = tasks.iter().map(|task| task.id.clone()).collect();
    let added = events.iter().flat_map(|event| &event.added);
    tasks.extend(added.filter(|added| !written.contains(added.id.as_str())).map(Task::of));
    tasks.retain(|task| task.issue == Some(issue.0));
    let (ids, checks): (Vec<String>, Vec<Vec<String>>) =
        tasks.into_iter().map(|task| (task.id, task.acceptance_checks)).unzip();
    let ours = |event: &QueueEvent| {
        event.task.as_ref().is_some_and(|task| ids.iter().any(|id| id == task.as_str()))
            || event.extra.get("issue").and_then(Value::as_u64) == Some(issue.0)
    };
    let events = events.into_iter().filter(ours).collect();
    Ok(Queue { base: defined.base, checks: checks.concat(), events, damage })
}

/// The tasks of a file that `queue.files` names, from the top of the main worktree.
fn named(root: &Path, name: &str) -> Result<Vec<Task>, Failure> {
    let file = root.join(name);
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    let wrong = |why: &str| {
        let place = root.join(config::FILE_NAME);
        Failure::usage(place.display(), format_args!("queue.files: '{name}' {why}"))
            .hint("'merge-queue validate' lists all mistakes")
    };
    if !Path::new(name).components().all(plain) {
        return Err(wrong("is no path of a file in the repository"));
    }
    let bytes = match std::fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(wrong("is not there"));
        }
        Err(error) => return Err(Failure::io("cannot read", &file, &error)),
    };
    let part = config::parse_whole::<Part>(&file, config::text(&file, &bytes)?)?;
    Ok(part.unwrap_or_default().tasks)
}

/// Events are numbered without gaps, so a lost or altered one shows. A line that is cut off between two
/// consecutive numbers was never acknowledged.
fn damage(path: &Path, loaded: &Loaded<QueueEvent>) -> Option<String> {
    let name = path.display();
    let last = loaded.records.last().map_or(0, |(position, _)| position.offset);
    let harmless = |sort: Sort, offset: u64| sort == Sort::CutOff && offset < last;
    if let Some(damage) = loaded.damaged.iter().find(|d| !harmless(d.sort, d.offset)) {
        return Some(damage.to_string());
    }
    let gap = (1..).zip(&loaded.records).find(|(expected, (_, event))| event.seq != *expected);
    gap.map(|(expected, (_, event))| {
        format!("{name}: event {} stands where {expected} was expected", event.seq)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::Scratch;

    fn event(seq: u64) -> String {
        let at = "2026-01-24T18:30:45.000Z";
        format!(
            "{{\"seq\":{seq},\"at\":\"{at}\",\"actor\":\"a\",\"task\":\"A\",\"kind\":\"note\"}}\n"
        )
    }

    #[test]
    fn only_an_append_that_nobody_was_told_of_is_harmless() {
        let cut: String = event(2).chars().take(40).collect();
        for (text, sound) in [
            (String::new(), true),
            (event(1) + &event(2), true),
            (event(1) + &cut, true),
            (format!("{}{cut}\n{}", event(1), event(2)), true),
            (format!("{}{cut}\n", event(1)), false),
            (format!("{}{cut}\n{}", event(1), event(3)), false),
            (format!("{}x\n{}", event(1), event(2)), false),
            (event(1) + &event(3), false),
            (event(2), false),
            (event(1) + &event(1), false),
        ] {
            let scratch = Scratch::new();
            let path = scratch.write("queue.jsonl", &text);
            let damage = damage(&path, &journal::load(&path).unwrap());
            assert_eq!(damage.is_none(), sound, "{text}: {damage:?}");
        }
    }
}
