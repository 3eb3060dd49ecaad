//! Whether the work of an issue is in the base branch, as the merge queue's journal and git say.

use cli::Failure;
use records::{IssueNumber, Landed, QueueEvent, Reason};
use repo::{Git, Place};
use serde_json::Value;

use crate::audit::named;

/// The journal's name in the state folder.
const JOURNAL: &str = "queue.jsonl";

/// The code of the reason that the work has landed and was undone. No branch shows the contrary: git
/// counts its commits as merged.
pub(in crate::commands) const REVERTED: &str = "reverted";

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
    let mut undone = None;
    for landed in &landings {
        let Some(landing) = holds(git, landed, shown(landed))? else { continue };
        let reversion = journal.records.iter().filter_map(|(_, event)| event.reverted.as_ref());
        for reverted in reversion.filter(|reverted| reverted.landing == landed.base_after) {
            if holds(git, &reverted.step, &reverted.step.base_after)?.is_some() {
                undone = Some(reverted);
            }
        }
        if undone.is_none() {
            return Ok(Ok(landing));
        }
        break;
    }
    if let Some(reverted) = undone {
        let Landed { base, base_after: by, .. } = &reverted.step;
        let message = format!("{} was taken out of {base} again by {by}", reverted.landing);
        let next = format!("merge-queue merge-ready {issue}");
        return Ok(Err(Reason::new(REVERTED, message, next)));
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
fn holds(git: &Git, landed: &Landed, commit: &str) -> Result<Option<Landing>, Failure> {
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
