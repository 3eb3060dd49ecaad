//! Everything that is known about one worktree.

use cli::{Page, Tone, clock};
use records::Stamp;
use records::worktree_lane::{LaneKind, LaneState, LaneStatus, Merged};

use super::{Layout, age, notes};

/// Shows it under a line with its name.
pub(super) fn show(row: &LaneStatus, now: Stamp, page: &mut Page) {
    let (tone, _) = notes::notes(row, Layout::Wide);
    let name = row.lane.as_deref().unwrap_or(&row.path);
    let kind = match row.kind {
        LaneKind::Main => "main worktree",
        LaneKind::Lane => "lane",
        LaneKind::Foreign => "foreign worktree",
    };
    let tone = if tone == Tone::Dim { Tone::Strong } else { tone };
    page.line(tone, format_args!("{kind} {name}{}", state(row.state)));
    let mut field = |label: &str, value: Option<String>| {
        if let Some(value) = value {
            page.field(label, value);
        }
    };
    field("path", Some(row.path.clone()));
    field("role", row.role.clone());
    field("owner", owner(row));
    field("branch", Some(row.branch.clone().unwrap_or_else(|| "none, HEAD is detached".into())));
    field("base", row.base.clone());
    field("commits", commits(row));
    field("upstream", upstream(row));
    field("pushed", row.pushed.map(|pushed| if pushed { "yes" } else { "no" }.to_owned()));
    field("files", files(row));
    field("in progress", list(row.operations.iter().flatten().map(notes::under_way)));
    field(
        "locked",
        row.locked.as_ref().map(|why| if why.is_empty() { "yes" } else { why }.to_owned()),
    );
    field("last commit", row.committed_at.map(|at| age(now, at) + " ago"));
    field("last change", row.changed_at.map(|at| age(now, at) + " ago"));
    let processes = row.processes.iter().flatten();
    field("processes", list(processes.map(|it| format!("{} ({})", it.name, it.pid))));
    field("stashes", row.stashes.filter(|n| *n > 0).map(|n| n.to_string()));
    field("saved", list(row.saved.iter().flatten().cloned()));
    page.reasons(&row.problems);
}

fn state(state: LaneState) -> &'static str {
    match state {
        LaneState::Whole => "",
        LaneState::HalfMade => ", half made",
        LaneState::Unfinished => ", in the middle of a change",
        LaneState::Missing => ", missing",
        LaneState::Unlinked => ", not linked with git",
        LaneState::Gone => ", gone",
        LaneState::Bare => ", bare",
    }
}

fn owner(row: &LaneStatus) -> Option<String> {
    let until = row.claimed_until.map(|until| format!(" until {}", clock::local(until)));
    Some(format!("{}{}", row.owner.as_ref()?, until.unwrap_or_default()))
}

fn commits(row: &LaneStatus) -> Option<String> {
    let (branch, ahead, behind) = (row.compared_with.as_ref()?, row.ahead?, row.behind?);
    let merged = match row.merged {
        Some(Merged::No) => ", not merged".to_owned(),
        Some(_) => notes::merged(row).map(|words| format!(", {words}")).unwrap_or_default(),
        None => String::new(),
    };
    Some(format!("{ahead} ahead of {branch}, {behind} behind{merged}"))
}

fn upstream(row: &LaneStatus) -> Option<String> {
    let name = row.upstream.as_ref()?;
    Some(match (row.upstream_ahead, row.upstream_behind) {
        (Some(ahead), Some(behind)) => format!("{name}, {ahead} ahead, {behind} behind"),
        _ => format!("{name}, which is gone"),
    })
}

fn files(row: &LaneStatus) -> Option<String> {
    let counts = [
        (row.staged?, "staged"),
        (row.unstaged?, "changed"),
        (row.conflicted?, "with conflicts"),
        (row.untracked?, "untracked"),
        (row.ignored?, "ignored"),
        (row.overlooked?, "overlooked"),
    ];
    let named = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
    Some(list(named).unwrap_or_else(|| "as committed".into()))
}

fn list(words: impl Iterator<Item = String>) -> Option<String> {
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join(", "))
}
