//! `route-review`: who must review the branch, and why.

use cli::{Exit, Failure, Out};
use records::merge_queue::Route;

use crate::args::RefArgs;
use crate::desk::{self, Desk};
use crate::git::gather::Reference;
use crate::git::{gather, lane};
use crate::history::History;
use crate::rules::definitions::{Definitions, Task};
use crate::rules::diff::path_text;
use crate::rules::facts::{Branched, Relation};
use crate::rules::route;
use crate::show;

pub(super) fn run(desk: &Desk, args: &RefArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.sound_definitions()?;
    let task = desk::find(&definitions, &args.task.task)?;
    let history = desk.history_of([&task.id], out)?;
    let given = args.reference.as_deref();
    let (head, branched) = branched(desk, &definitions, &history, task, given)?;
    let route = Route {
        task: task.id.clone(),
        head,
        merge_base: branched.merge_base,
        diff_digest: branched.digest,
        changed_files: branched.changes.iter().map(|change| path_text(&change.path)).collect(),
        required: route::required(&definitions.routes, &branched.changes),
    };
    out.print(&route, show::route)?;
    Ok(Exit::Yes)
}

/// The commit of the task's ref, and its diff against the base as it was last fetched.
pub(super) fn branched(
    desk: &Desk,
    definitions: &Definitions,
    history: &History,
    task: &Task,
    given: Option<&str>,
) -> Result<(String, Branched), Failure> {
    let mut reference = gather::reference(desk, definitions, history, task, given)?;
    if reference.shown.is_none()
        && let Some(path) = lane::find(desk, definitions, task, None)?
    {
        let standing = lane::standing(&path)?;
        let shown = standing.branch.or_else(|| Some(standing.commit.clone()));
        reference = Reference { shown, commit: Some(standing.commit) };
    }
    let Some(head) = reference.commit else {
        let what = reference.shown.as_ref().map_or_else(
            || "nothing says which branch holds the work".into(),
            |shown| format!("'{shown}' names no commit"),
        );
        return Err(Failure::usage(format_args!("task '{}'", task.id), what)
            .hint("name the branch with --ref or --commit, or hand the work over first"));
    };
    let base = desk.base(definitions)?;
    let Some(tip) = base.tip(&desk.git)? else {
        return Err(Failure::usage("queue.base", format_args!("there is no '{}'", base.shown)));
    };
    let merge = format!("{} in the lane, then try again", base.merge_command());
    let (why, hint) = match gather::relation(desk, &tip, &head)? {
        Relation::Branched(branched) => return Ok((head, branched)),
        Relation::CutOff => {
            ("this clone does not reach back to where they part", "git fetch --unshallow".into())
        }
        Relation::Several(_) => {
            ("they have several merge bases, so there is no single diff", merge)
        }
        Relation::Unknown | Relation::Unrelated => {
            ("they have no commit in common", format!("make the branch anew from {}", base.shown))
        }
    };
    Err(Failure::usage(format_args!("{head} and {}", base.shown), why).hint(hint))
}
