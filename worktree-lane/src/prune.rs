//! `prune`: which lanes could go, and taking them away.
//!
//! The preview and `--apply` ask the same questions. With `--apply` each lane is asked again under its
//! lock, and what follows is the removal that `remove` does. `git worktree prune` is never called: it
//! unregisters every worktree whose folder is absent just now (lanes reference, finding 5).

mod rule;

use cli::{Exit, Failure, Out, Page, Tone, clock};
use records::worktree_lane::{Pruning, Removal};

use crate::facts;
use crate::held;
use crate::here::Here;
use crate::history::History;
use crate::registry::{self, Entry};
use crate::remove::{self, gates};
use crate::settings;

use rule::Rule;

/// Runs `prune`: one line a lane, as soon as it is known.
pub(crate) fn run(here: &Here, actor: &str, apply: bool, out: &mut Out) -> Result<Exit, Failure> {
    let rule = Rule { after: settings::load(here)?.section.prune_after, now: clock::now() };
    let entries = registry::survey(here, &History::load(here)?)?;
    let mut failed: Option<Failure> = None;
    for entry in &entries {
        let Some(lane) = entry.lane() else { continue };
        let looked = preview(here, &entries, entry, lane, &rule).and_then(|pruning| {
            let goes = apply && pruning.would_remove;
            if goes { take(here, actor, pruning, &rule, out) } else { Ok(pruning) }
        });
        match looked {
            Ok(pruning) => out.print(&pruning, show)?,
            // The first ends the run, with its hint; the others are told here.
            Err(failure) if failed.is_some() => out.note(&format!("lane {lane}: {failure}")),
            Err(failure) => failed = Some(failure),
        }
    }
    failed.map_or(Ok(Exit::Yes), Err)
}

/// What would become of the lane, as it is now.
fn preview(
    here: &Here,
    entries: &[Entry],
    entry: &Entry,
    lane: &str,
    rule: &Rule,
) -> Result<Pruning, Failure> {
    let reasons = if let Some(reason) = held::not_for_us(entry) {
        vec![reason]
    } else {
        let facts = facts::gather(here, entries, entry)?;
        let mut reasons = gates::reasons(&facts);
        reasons.extend(rule.reasons(entry, &facts));
        reasons
    };
    Ok(Pruning {
        lane: lane.into(),
        path: entry.worktree.path.to_string_lossy().into_owned(),
        branch: entry.worktree.branch.clone(),
        would_remove: reasons.is_empty(),
        removed: false,
        branch_deleted: false,
        trash: None,
        reasons,
    })
}

/// Takes the lane away, if everything still holds under its lock.
fn take(
    here: &Here,
    actor: &str,
    pruning: Pruning,
    rule: &Rule,
    out: &Out,
) -> Result<Pruning, Failure> {
    let again = |entry: &Entry, facts: &facts::Facts| rule.reasons(entry, facts);
    let removal: Removal = remove::one(here, actor, &pruning.lane, &again, out)?;
    Ok(Pruning {
        would_remove: removal.removed,
        removed: removal.removed,
        branch_deleted: removal.branch_deleted,
        trash: removal.trash,
        reasons: removal.reasons,
        ..pruning
    })
}

fn show(pruning: &Pruning, page: &mut Page) {
    let lane = &pruning.lane;
    if let Some(trash) = &pruning.trash {
        page.line(Tone::Good, format_args!("lane {lane} is in the trash"));
        page.field("restore", format_args!("worktree-lane trash restore {trash}"));
    } else if pruning.would_remove {
        page.line(Tone::Warn, format_args!("lane {lane} could go: worktree-lane prune --apply"));
    } else {
        page.line(Tone::Plain, format_args!("lane {lane} stays"));
        page.reasons(&pruning.reasons);
    }
}
