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
    Table(Vec<LaneStatus>, Option<Columns>),
}

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
            Form::Table(_, Some(columns)) => columns.row(page, &cells(row, self.now)),
            Form::Table(expected, begun) => {
                let columns = columns(expected, self.now, page);
                columns.heading(page);
                columns.row(page, &cells(row, self.now));
                *begun = Some(columns);
            }
        })?;
        out.flush()
    }
}

/// Where there is no terminal, no line is so long that it has to be wrapped.
const NEVER_WRAPPED: usize = 100_000;

/// The columns are as wide as what is known at once needs; the notes take the rest.
fn columns(expected: &[LaneStatus], now: Stamp, page: &Page) -> Columns {
    let mut table = Table::new([
        "LANE", "BRANCH", "AHEAD", "BEHIND", "STAGED", "CHANGED", "NEW", "TOUCHED", "NOTES",
    ]);
    for row in expected {
        let mut cells = cells(row, now);
        if let Some(notes) = cells.last_mut() {
            *notes = Cell::new("x".repeat(page.width().unwrap_or(NEVER_WRAPPED)));
        }
        table.row(cells);
    }
    table.columns(page.width())
}

fn cells(row: &LaneStatus, now: Stamp) -> Vec<Cell> {
    let kind = match row.kind {
        LaneKind::Main => "(main)",
        LaneKind::Lane => "-",
        LaneKind::Foreign => "(foreign)",
    };
    let lane = row.lane.as_ref().map_or_else(|| Cell::toned(Tone::Dim, kind), Cell::new);
    let touched = row.changed_at.max(row.committed_at).map(|at| age(now, at));
    let (tone, notes) = notes::notes(row);
    vec![
        lane,
        Cell::new(row.branch.as_deref().unwrap_or("(detached)")),
        count(row, row.ahead, Tone::Plain),
        count(row, row.behind, Tone::Plain),
        count(row, row.staged, Tone::Warn),
        count(row, row.unstaged, Tone::Warn),
        count(row, row.untracked, Tone::Warn),
        Cell::maybe(touched).number(),
        Cell::toned(tone, notes),
    ]
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
