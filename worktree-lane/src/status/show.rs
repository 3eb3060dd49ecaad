//! Rows as they are shown to people: a table, or everything about the lanes that were named.

mod notes;
mod whole;

use cli::{Cell, Columns, Failure, Out, Page, Table, Tone, clock};
use records::Stamp;
use records::worktree_lane::{LaneKind, LaneStatus};

use super::{Subjects, is_known};

/// Prints rows as they come.
pub(super) struct Shown {
    project: Option<String>,
    form: Form,
    now: Stamp,
}

enum Form {
    /// Everything about each, under a line with its name.
    Whole,
    /// A row of a table: the rows that will come, and the columns once the heading is printed.
    Table(Vec<LaneStatus>, Option<(Layout, Columns)>),
}

/// Which columns there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// One a count.
    Wide,
    /// Both distances in one, and the files among the notes.
    Narrow,
}

/// From how many columns of a terminal on there is room for the wide layout.
const WIDE: usize = 100;

impl Shown {
    /// For the worktrees that will come.
    pub(super) fn new(project: Option<String>, subjects: &Subjects, named: bool) -> Self {
        let form = if named { Form::Whole } else { Form::Table(subjects.skeleton(), None) };
        Self { project, form, now: clock::now() }
    }

    /// Prints one, and hands it to the reader at once.
    pub(super) fn row(&mut self, out: &mut Out, row: &LaneStatus) -> Result<(), Failure> {
        let row = LaneStatus { project: self.project.clone(), ..row.clone() };
        out.print(&row, |row, page| match &mut self.form {
            Form::Whole => whole::show(row, self.now, page),
            Form::Table(_, Some((layout, columns))) => {
                columns.row(page, &cells(row, self.now, *layout));
            }
            Form::Table(expected, begun) => {
                let is_narrow = page.width().is_some_and(|width| width < WIDE);
                let layout = if is_narrow { Layout::Narrow } else { Layout::Wide };
                let columns = columns(expected, self.now, layout, page);
                columns.heading(page);
                columns.row(page, &cells(row, self.now, layout));
                *begun = Some((layout, columns));
            }
        })?;
        out.flush()
    }
}

/// Where there is no terminal, no line is so long that it has to be wrapped.
const NEVER_WRAPPED: usize = 100_000;

/// The columns are as wide as what is known at once needs; the notes take the rest.
fn columns(expected: &[LaneStatus], now: Stamp, layout: Layout, page: &Page) -> Columns {
    let mut table = match layout {
        Layout::Wide => Table::new([
            "LANE", "BRANCH", "AHEAD", "BEHIND", "STAGED", "CHANGED", "NEW", "TOUCHED", "NOTES",
        ]),
        Layout::Narrow => Table::new(["LANE", "BRANCH", "+/-", "TOUCHED", "NOTES"]),
    };
    for row in expected {
        let mut cells = cells(row, now, layout);
        if let Some(notes) = cells.last_mut() {
            *notes = Cell::new("x".repeat(page.width().unwrap_or(NEVER_WRAPPED)));
        }
        table.row(cells);
    }
    table.columns(page.width())
}

fn cells(row: &LaneStatus, now: Stamp, layout: Layout) -> Vec<Cell> {
    let kind = match row.kind {
        LaneKind::Main => "(main)",
        LaneKind::Lane => "-",
        LaneKind::Foreign => "(foreign)",
    };
    let lane = row.lane.as_ref().map_or_else(|| Cell::toned(Tone::Dim, kind), Cell::new);
    let branch = Cell::new(row.branch.as_deref().unwrap_or("(detached)"));
    let touched = row.changed_at.max(row.committed_at).map(|at| age(now, at));
    let touched = Cell::maybe(touched).number();
    let (tone, notes) = notes::notes(row, layout);
    let notes = Cell::toned(tone, notes);
    match layout {
        Layout::Wide => vec![
            lane,
            branch,
            count(row, row.ahead, Tone::Plain),
            count(row, row.behind, Tone::Plain),
            count(row, row.staged, Tone::Warn),
            count(row, row.unstaged, Tone::Warn),
            count(row, row.untracked, Tone::Warn),
            touched,
            notes,
        ],
        Layout::Narrow => vec![lane, branch, distances(row), touched, notes],
    }
}

fn distances(row: &LaneStatus) -> Cell {
    match (row.ahead, row.behind) {
        (Some(0), Some(0)) => Cell::toned(Tone::Dim, "0/0").number(),
        (Some(ahead), Some(behind)) => Cell::new(format_args!("{ahead}/{behind}")).number(),
        _ => count(row, None, Tone::Plain),
    }
}

/// A zero is faint, so that the others stand out; what is not known is a question mark, and what there
/// cannot be a dash.
fn count(row: &LaneStatus, count: Option<u64>, tone: Tone) -> Cell {
    match count {
        Some(0) => Cell::toned(Tone::Dim, "0"),
        Some(n) => Cell::toned(tone, n),
        None if is_known(row) => Cell::toned(Tone::Dim, "-"),
        None => Cell::toned(Tone::Warn, "?"),
    }
    .number()
}

/// How long ago, in one unit. The clock of another machine may be ahead of ours.
fn age(now: Stamp, at: Stamp) -> String {
    const UNITS: [(i64, &str); 5] =
        [(31_557_600, "y"), (604_800, "w"), (86_400, "d"), (3600, "h"), (60, "min")];
    let seconds = now.instant().duration_since(at.instant()).as_secs().max(0);
    match UNITS.iter().find(|(length, _)| seconds >= *length) {
        Some((length, unit)) => format!("{} {unit}", seconds / length),
        None => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_one_unit() {
        let now: Stamp = "2026-02-01T00:00:00Z".parse().unwrap();
        for (at, text) in [
            ("2026-02-01T00:00:00Z", "0 s"),
            ("2026-02-01T00:00:05Z", "0 s"),
            ("2026-01-31T23:59:01Z", "59 s"),
            ("2026-01-31T23:58:59Z", "1 min"),
            ("2026-01-31T20:00:00Z", "4 h"),
            ("2026-01-29T20:00:00Z", "2 d"),
            ("2026-01-01T20:00:00Z", "4 w"),
            ("2023-01-01T20:00:00Z", "3 y"),
        ] {
            assert_eq!(age(now, at.parse().unwrap()), text);
        }
    }
}
