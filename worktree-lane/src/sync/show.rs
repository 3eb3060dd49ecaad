//! A sync as people read it.

use cli::{Page, Tone};
use records::worktree_lane::{Sync, SyncCommit, SyncWay};

/// What was done, or why nothing was.
pub(super) fn sync(sync: &Sync, page: &mut Page) {
    let base = sync.base.as_deref().unwrap_or("its base");
    if sync.up_to_date {
        page.line(Tone::Good, format_args!("lane {} has all of {base}", sync.lane));
        return;
    }
    if sync.synced {
        let how = match sync.way {
            Some(SyncWay::Rebase) => "rebased onto",
            _ => "merged with",
        };
        page.line(Tone::Good, format_args!("lane {} was {how} {base}", sync.lane));
        if let (Some(before), Some(after)) = (&sync.before, &sync.after) {
            page.field("moved", format_args!("{before} -> {after}"));
        }
    } else {
        page.line(Tone::Bad, format_args!("lane {} was not synced; it is as it was", sync.lane));
    }
    if let (Some(why), Some(way)) = (&sync.instead, sync.way) {
        let way = if way == SyncWay::Merge { "merge" } else { "rebase" };
        page.field("way", format_args!("{way}: {why}"));
    }
    commits("left out", &sync.dropped, page);
    if let Some(conflict) = &sync.conflict {
        for file in &conflict.files {
            page.field("conflict", file);
        }
        commits("stopped at", conflict.stopped_at.as_slice(), page);
        commits("lane", &conflict.lane_commits, page);
        commits(base, &conflict.base_commits, page);
    }
    if let Some(undo) = &sync.undo {
        page.field("undo", undo);
    }
    page.reasons(&sync.reasons);
}

fn commits(label: &str, commits: &[SyncCommit], page: &mut Page) {
    for commit in commits {
        let id = commit.commit.get(..12).unwrap_or(&commit.commit);
        page.field(label, format_args!("{id} {}", commit.subject));
    }
}
