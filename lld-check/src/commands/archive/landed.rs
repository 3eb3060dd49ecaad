//! Whether the work of an issue is in the base branch, as the merge queue's journal and git say.

use cli::Failure;
use records::{IssueNumber, Landed, QueueEvent, Reason};
use repo::{Git, Place};
use serde_json::Value;

use crate::audit::named;

/// The journal's name in the state folder.
const JOURNAL: &str = "queue.jsonl";

/// A landing that still holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) struct Landing {
    /// The commit whose being in the base shows it.
    pub(in crate::commands) commit: String,
    /// The base branch, such as `main`.
    pub(in crate::commands) base: String,
}

/// The newest landing of `issue` that the base contains now, or why there is none.
pub(in crate::commands) fn find(
    place: &Place,
    git: &Git,
    issue: IssueNumber,
) -> Result<Result<Landing, Reason>, Failure> {
    let file = place.state_dir().join(JOURNAL);
    let journal = journal::load::<QueueEvent>(&file)?;
    let landings: Vec<&Landed> = journal
        .records
        .iter()
        .rev()
        .filter(|(_, event)| event.kind == "landed" && issue_of(event) == Some(issue))
        .filter_map(|(_, event)| event.landed.as_ref())
        .collect();
    for landed in &landings {
        if let Some(landing) = holds(git, landed)? {
            return Ok(Ok(landing));
        }
    }
    let mut message = match landings.first() {
        None => format!("the merge queue's journal shows no landing for issue {issue}"),
        Some(landed) => {
            format!("the landed commit {} is not in {} now", shown(landed), landed.base)
        }
    };
    if !journal.damaged.is_empty() {
        let lines = named(&journal.damaged);
        message = format!("{message}; the journal has damaged lines: {lines}");
    }
    let next = format!("merge-queue merge-ready {issue}");
    Ok(Err(Reason::new("not_landed", message, next)))
}

/// The landing, if its commit is reachable from the base as it stands. Of a squashed branch only
/// the new commit of the base is.
fn holds(git: &Git, landed: &Landed) -> Result<Option<Landing>, Failure> {
    let commit = shown(landed);
    let is_id = !commit.is_empty() && commit.bytes().all(|b| b.is_ascii_hexdigit());
    let Some(commit) = (if is_id { git.commit(commit)? } else { None }) else { return Ok(None) };
    let remote = landed.remote.iter().map(|r| format!("refs/remotes/{r}/{}", landed.base));
    for base in remote.chain([format!("refs/heads/{}", landed.base)]) {
        if let Some(tip) = git.commit(&base)? {
            let holds = git.is_ancestor(&commit, &tip)?;
            return Ok(holds.then(|| Landing { commit, base: landed.base.clone() }));
        }
    }
    Ok(None)
}

fn shown(landed: &Landed) -> &str {
    if landed.strategy == "squash" { &landed.base_after } else { &landed.commit }
}

/// The issue that the event names. Its task's definition is the queue's own business.
fn issue_of(event: &QueueEvent) -> Option<IssueNumber> {
    match event.extra.get("issue")? {
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}
