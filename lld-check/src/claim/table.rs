//! The tables of a review log.

use super::statement::{Parts, Statement};
use super::words::{self, Said, words};
use crate::document::outline::Piece;

/// Names of columns that hold the verdict, the best first.
const VERDICT: [&str; 15] = [
    "verdict",
    "final verdict",
    "review verdict",
    "decision",
    "outcome",
    "result",
    "ruling",
    "conclusion",
    "disposition",
    "judgement",
    "judgment",
    "approval",
    "approved",
    "status",
    "state",
];
const DATE: [&str; 9] =
    ["date", "when", "timestamp", "day", "time", "reviewed", "reviewed on", "date utc", "at"];
/// Columns that say whose row it is, those that number the reviews first.
const AUTHOR: [&str; 22] = [
    "review",
    "round",
    "iteration",
    "attempt",
    "cycle",
    "pass",
    "review no",
    "no",
    "nr",
    "n",
    "version",
    "revision",
    "rev",
    "draft",
    "reviewer",
    "reviewed by",
    "by",
    "who",
    "author",
    "name",
    "source",
    "model version",
];
/// First columns of tables that hold a review's details, not reviews.
const DETAILS: [&str; 17] = [
    "id",
    "comment",
    "finding",
    "issue",
    "requirement",
    "concern",
    "severity",
    "tier",
    "check",
    "test",
    "scenario",
    "item",
    "question",
    "suggestion",
    "section",
    "criterion",
    "gate",
];

/// Where the cells of a row are.
#[derive(Debug, Clone, Default)]
struct Columns {
    verdict: usize,
    date: Option<usize>,
    authors: Vec<usize>,
}

/// The rows of a table; `None` when it is no table of reviews. `inside_review` is whether it stands
/// below a single review, where only a table that is certainly one counts.
pub(crate) fn rows(
    table: &[Vec<Piece>],
    list: usize,
    inside_review: bool,
    behind: bool,
) -> Option<Vec<Statement>> {
    let (header, body) = table.split_first()?;
    let names: Vec<String> = header.iter().map(|cell| column_name(&cell.text)).collect();
    if inside_review {
        let has = |name: &str| names.iter().any(|n| n == name);
        if !has("verdict") || !(has("review") || has("reviewer") || has("date")) {
            return None;
        }
    }
    if let Some(statement) = fields(table, &names, list, behind) {
        return Some(vec![statement]);
    }
    if names.first().is_some_and(|first| DETAILS.contains(&first.as_str()))
        && !names.iter().any(|n| n == "verdict")
    {
        return None;
    }
    let columns = columns(&names, body)?;
    let is_header = |row: &[Piece]| {
        row.iter().zip(header).all(|(cell, name)| cell.text.eq_ignore_ascii_case(&name.text))
    };
    let rows = body.iter().filter(|row| !is_header(row) && !is_dashes(row));
    Some(rows.filter_map(|row| statement(row, &columns, list, behind)).collect())
}

/// A column's name in lower case, without marks; `#` numbers the rows.
fn column_name(text: &str) -> String {
    if text.trim() == "#" { "no".into() } else { words(text).join(" ") }
}

/// The line of a verdict in a table that is not understood; `None` where there is none, or the
/// table is one of a review's details.
pub(crate) fn unread(table: &[Vec<Piece>]) -> Option<usize> {
    let first = table.first()?.first().map(|cell| column_name(&cell.text))?;
    if DETAILS.contains(&first.as_str()) {
        return None;
    }
    let mut cells = table.iter().flatten();
    cells.find(|cell| is_judgement(&cell.text)).map(|cell| cell.line)
}

/// Rows that have bars and no heading above them.
pub(crate) fn loose_row(line: &Piece, list: usize, behind: bool) -> Option<Statement> {
    let cells = cells(line);
    if is_dashes(&cells) || cells.len() < 2 {
        return None;
    }
    let says: Vec<usize> = cells
        .iter()
        .enumerate()
        .filter(|(_, cell)| is_plain_verdict(&cell.text))
        .map(|(at, _)| at)
        .collect();
    let verdict = *says.first()?;
    // A heading row is none.
    if cells.iter().any(|cell| words(&cell.text) == ["verdict"]) {
        return None;
    }
    let date = cells.iter().position(|cell| super::date::read(&cell.text).is_some());
    let columns =
        Columns { verdict, date, authors: if verdict == 0 { Vec::new() } else { vec![0] } };
    let mut found = statement(&cells, &columns, list, behind)?;
    if says.len() > 1 && found.said == Said::Approve {
        found.said = Said::Unclear;
    }
    Some(found)
}

/// The cells of a line with bars.
fn cells(line: &Piece) -> Vec<Piece> {
    let text = line.text.trim().trim_start_matches('|').trim_end_matches('|');
    let cell = |text: &str| Piece { text: text.trim().to_owned(), ..line.clone() };
    text.split('|').map(cell).collect()
}

fn is_dashes(row: &[Piece]) -> bool {
    row.iter().all(|cell| cell.text.chars().all(|c| matches!(c, '-' | ':' | ' ')))
        && row.iter().any(|cell| cell.text.contains("--"))
}

/// A table of fields and values: one statement.
fn fields(table: &[Vec<Piece>], names: &[String], list: usize, behind: bool) -> Option<Statement> {
    if names.len() != 2 {
        return None;
    }
    let value = |wanted: &[&str]| {
        table.iter().find_map(|row| match row.as_slice() {
            [name, value] if wanted.contains(&words(&name.text).join(" ").as_str()) => Some(value),
            _ => None,
        })
    };
    // Where the two columns are a reviewer and a verdict, it is a table of rows.
    if DATE.iter().chain(&AUTHOR).any(|n| names.first().is_some_and(|name| name == n))
        && names.last().is_some_and(|name| VERDICT.contains(&name.as_str()))
    {
        return None;
    }
    let verdict = value(&["verdict", "final verdict", "decision", "review verdict"])?;
    let said = |wanted: &[&str]| value(wanted).map(|piece| piece.text.as_str());
    Some(Statement::of(&Parts {
        line: verdict.line,
        list,
        author: said(&["reviewer", "reviewed by", "review", "model", "by"]),
        numbered: None,
        date: said(&DATE).unwrap_or_default(),
        verdict: &verdict.text,
        doubtful: verdict.doubtful,
        behind,
    }))
}

/// Finds the columns by their names, and the verdict's by what stands in it where no name helps.
fn columns(names: &[String], body: &[Vec<Piece>]) -> Option<Columns> {
    let at =
        |wanted: &[&str]| wanted.iter().find_map(|want| names.iter().position(|name| name == want));
    let says = |column: usize| {
        let mut cells = body.iter().filter_map(|row| row.get(column));
        cells.any(|cell| is_plain_verdict(&cell.text))
    };
    let by_content = || {
        let mut columns = (0..names.len()).filter(|column| says(*column));
        let first = columns.next()?;
        columns.next().is_none().then_some(first)
    };
    let certain = at(VERDICT.get(..12)?);
    let verdict = certain.or_else(by_content).or_else(|| at(&VERDICT))?;
    let date = at(&DATE).filter(|at| *at != verdict).or_else(|| {
        let is_date = |cell: &Piece| super::date::read(&cell.text).is_some();
        (0..names.len()).find(|column| {
            *column != verdict && body.iter().any(|row| row.get(*column).is_some_and(is_date))
        })
    });
    let taken = |column: &usize| *column == verdict || Some(*column) == date;
    let mut authors: Vec<usize> = Vec::new();
    for name in AUTHOR {
        let found = names.iter().position(|n| n == name);
        authors.extend(found.filter(|column| !taken(column) && !authors.contains(column)));
    }
    if authors.is_empty() {
        // An unknown name: the first column that is left, unless it holds text about the review.
        let prose = |name: &str| {
            ["key", "notes", "note", "comment", "comments", "summary", "issue", "issues", "model"]
                .iter()
                .any(|word| name.split(' ').any(|n| n == *word))
        };
        let free = |column: &usize| !taken(column) && names.get(*column).is_some_and(|n| !prose(n));
        authors.extend((0..names.len()).find(free));
    }
    Some(Columns { verdict, date, authors })
}

fn statement(row: &[Piece], columns: &Columns, list: usize, behind: bool) -> Option<Statement> {
    let cell = |column: usize| row.get(column).map(|cell| cell.text.as_str()).unwrap_or_default();
    let author = columns.authors.iter().map(|at| cell(*at)).filter(|text| !text.is_empty());
    let author = author.collect::<Vec<_>>().join(" ");
    let verdict = row.get(columns.verdict)?;
    if row.iter().all(|cell| cell.text.is_empty() && !cell.doubtful) {
        return None;
    }
    let mut found = Statement::of(&Parts {
        line: verdict.line,
        list,
        author: (!columns.authors.is_empty()).then_some(author.as_str()),
        numbered: columns
            .authors
            .iter()
            .map(|at| cell(*at))
            .find(|text| super::author::read(text).number.is_some()),
        date: columns.date.map(cell).unwrap_or_default(),
        verdict: &verdict.text,
        doubtful: row.iter().any(|cell| cell.doubtful),
        behind,
    });
    // A row that says it is void, or another verdict beside this one, approves nothing.
    let mut others = row.iter().enumerate().filter(|(at, _)| *at != columns.verdict);
    if found.said == Said::Approve && others.any(|(_, cell)| takes_back(&cell.text)) {
        found.said = Said::Unclear;
    }
    // The verdict may have slipped into another column where a cell is missing.
    let slipped = |at: usize| at != columns.verdict && is_plain_verdict(cell(at));
    if matches!(found.said, Said::Nothing) && (0..row.len()).any(slipped) {
        found.said = Said::Unclear;
        found.kind = records::lld_check::RowKind::Reviewer;
    }
    Some(found)
}

/// Whether a cell beside an approval says that it is none.
fn takes_back(text: &str) -> bool {
    const VOID: [&str; 11] = [
        "fabricated",
        "forged",
        "hallucinated",
        "withdrawn",
        "revoked",
        "retracted",
        "rescinded",
        "superseded",
        "voided",
        "invalidated",
        "unapproved",
    ];
    const FIRST: [&str; 7] =
        ["void", "invalid", "fake", "stale", "expired", "cancelled", "canceled"];
    let all = words(text);
    let void = all.iter().any(|w| VOID.contains(&w.as_str()))
        || all.first().is_some_and(|w| FIRST.contains(&w.as_str()));
    let no = all.len() <= 4 && matches!(words::read(text), Said::Revise | Said::Block);
    void || no || words::holds_up(text)
}

/// Whether the text is a yes or a no and nothing else.
pub(crate) fn is_judgement(text: &str) -> bool {
    words(text).len() <= 4
        && matches!(words::read(text), Said::Approve | Said::Revise | Said::Block)
}

/// Whether the text is a verdict and nothing else.
fn is_plain_verdict(text: &str) -> bool {
    let few = words(text).len() <= 4;
    few && matches!(
        words::read(text),
        Said::Approve | Said::Revise | Said::Block | Said::Pending | Said::Pass | Said::Fail
    )
}
