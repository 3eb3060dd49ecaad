//! `list`: every worktree of the repository.

use cli::{Cell, Exit, Failure, Out, Page, Table, Tone};
use records::worktree_lane::{Lane, LaneKind};

use crate::here::Here;
use crate::history::{History, Known, Unfinished};
use crate::registry;

/// Prints one line a worktree.
pub(crate) fn run(here: &Here, all: bool, out: &mut Out) -> Result<Exit, Failure> {
    let history = History::load_to_show(here, out)?;
    let entries = registry::survey(here, &history)?;
    let mut lanes: Vec<Lane> = entries.iter().map(registry::Entry::noun).collect();
    if all {
        let listed = |known: &Known| lanes.iter().any(|lane| lane.path == known.last.path);
        let gone: Vec<Lane> = history.live().filter(|k| !listed(k)).map(gone).collect();
        lanes.extend(gone);
    }
    if out.is_json() {
        for lane in &lanes {
            out.print(lane, |_, _| {})?;
        }
    }
    out.page(|page| table(&lanes, page))?;
    Ok(Exit::Yes)
}

/// A lane that git no longer lists: somebody removed it without this tool.
fn gone(known: &Known) -> Lane {
    let event = &known.last;
    Lane {
        lane: Some(event.lane.clone()),
        slug: event.slug.clone(),
        role: event.role.clone(),
        branch: Some(event.branch.clone()),
        path: event.path.clone(),
        head: None,
        base: event.base.clone(),
        base_commit: event.base_commit.clone(),
        owner: None,
        claimed_until: None,
        locked: None,
        missing: true,
        half_made: known.unfinished() == Some(Unfinished::Add),
        kind: LaneKind::Lane,
    }
}

fn table(lanes: &[Lane], page: &mut Page) {
    let mut table = Table::new(["LANE", "ROLE", "BRANCH", "BASE", "OWNER", "STATE", "PATH"]);
    for lane in lanes {
        let (tone, state) = state(lane);
        table.row([
            Cell::maybe(lane.lane.as_deref()),
            Cell::maybe(lane.role.as_deref()),
            Cell::maybe(lane.branch.as_deref()),
            Cell::maybe(lane.base.as_deref()),
            Cell::maybe(lane.owner.as_deref()),
            Cell::toned(tone, state),
            Cell::new(&lane.path),
        ]);
    }
    table.show(page);
}

/// Whose it is, and what is the matter with it.
fn state(lane: &Lane) -> (Tone, String) {
    let (mut tone, kind) = match lane.kind {
        LaneKind::Main => (Tone::Dim, "main"),
        LaneKind::Lane => (Tone::Good, "lane"),
        LaneKind::Foreign => (Tone::Dim, "foreign"),
    };
    let mut words = vec![kind.to_owned()];
    if lane.half_made {
        words.push("half made".into());
    }
    if lane.missing {
        words.push("missing".into());
    }
    match &lane.locked {
        Some(why) if why.is_empty() => words.push("locked".into()),
        Some(why) => words.push(format!("locked: {why}")),
        None => {}
    }
    if words.len() > 1 {
        tone = if lane.missing { Tone::Bad } else { Tone::Warn };
    }
    (tone, words.join(", "))
}

/// A lane as `add` shows it.
pub(crate) fn one(lane: &Lane, page: &mut Page) {
    page.line(Tone::Good, format_args!("lane {}", lane.lane.as_deref().unwrap_or("-")));
    page.field("path", &lane.path);
    page.field("branch", lane.branch.as_deref().unwrap_or("-"));
    if let (Some(base), Some(commit)) = (&lane.base, &lane.base_commit) {
        page.field("base", format_args!("{base} at {commit}"));
    }
}
