//! Which of a log's verdicts can be the newest.
//!
//! Tools write the newest row first and people the newest last, and a table may hold both. What
//! decides is what the rows say themselves: their dates, then their numbers. Where they stand
//! counts only in the direction that dates or numbers of the same table show. Where none of that
//! tells two verdicts apart, each of them may be the newest.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::statement::Statement;

/// A statement's place.
#[derive(Debug, Clone, Copy)]
struct Placed<'a> {
    statement: &'a Statement,
    /// The part of a table whose rows stand in one direction.
    part: (usize, bool),
    /// Position among all.
    at: usize,
}

/// The order of a log's statements, as far as it is known.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    placed: Vec<Placed<'a>>,
    /// By part: whether the newest stands first.
    newest_first: BTreeMap<(usize, bool), bool>,
}

impl<'a> Order<'a> {
    /// Of these statements, from top to bottom.
    pub(crate) fn of(statements: &[&'a Statement]) -> Self {
        let machine = machine_rows(statements);
        let placed: Vec<Placed<'a>> = statements
            .iter()
            .enumerate()
            .map(|(at, statement)| Placed {
                statement,
                part: (statement.list, machine.contains(&at)),
                at,
            })
            .collect();
        let mut found: BTreeMap<(usize, bool), Option<bool>> = BTreeMap::new();
        for (above, below) in pairs(&placed) {
            if above.part != below.part {
                continue;
            }
            let Some(order) = by_content(above.statement, below.statement) else { continue };
            let newest_first = order == Ordering::Greater;
            let known = found.entry(above.part).or_insert(Some(newest_first));
            // Rows in both directions show none.
            if *known != Some(newest_first) {
                *known = None;
            }
        }
        let newest_first = found.into_iter().filter_map(|(part, first)| Some((part, first?)));
        Self { newest_first: newest_first.collect(), placed }
    }

    /// The statements of which none is known to be older than another one.
    pub(crate) fn newest(&self, wanted: impl Fn(&Statement) -> bool) -> Vec<&'a Statement> {
        let all: Vec<&Placed<'a>> = self.placed.iter().filter(|p| wanted(p.statement)).collect();
        let beaten = |one: &Placed<'a>| {
            all.iter().any(|other| self.compare(other, one) == Some(Ordering::Greater))
        };
        let left: Vec<&'a Statement> =
            all.iter().filter(|one| !beaten(one)).map(|one| one.statement).collect();
        // Dates and numbers that go round in a circle say nothing.
        if left.is_empty() { all.iter().map(|one| one.statement).collect() } else { left }
    }

    /// Whether one is known to be newer than the other.
    pub(crate) fn is_newer(&self, one: &Statement, other: &Statement) -> bool {
        let find =
            |wanted: &Statement| self.placed.iter().find(|p| std::ptr::eq(p.statement, wanted));
        match (find(one), find(other)) {
            (Some(one), Some(other)) => self.compare(one, other) == Some(Ordering::Greater),
            _ => false,
        }
    }

    /// `Greater` when the first is newer; `None` when nobody knows.
    fn compare(&self, one: &Placed<'_>, other: &Placed<'_>) -> Option<Ordering> {
        let (a, b) = (one.statement, other.statement);
        if by_date(a, b).is_some() || a.author.name == b.author.name {
            if let Some(order) = by_content(a, b) {
                return Some(order);
            }
            if contradict(a, b) {
                return None;
            }
            return self.by_place(one, other);
        }
        // A tool's rows have only a number; who writes by hand gives a name.
        match (a.author.name.is_empty(), b.author.name.is_empty()) {
            (true, false) => self.tool_against_named(one, other),
            (false, true) => self.tool_against_named(other, one).map(Ordering::reverse),
            _ => self.by_place(one, other),
        }
    }

    /// A row with a number alone beside one with a name, on the same day or without a day.
    fn tool_against_named(&self, tool: &Placed<'_>, named: &Placed<'_>) -> Option<Ordering> {
        let numbers = tool.statement.author.number.zip(named.statement.author.number);
        let above = tool.part.1 && (tool.part.0 != named.part.0 || tool.at < named.at);
        match numbers.map(|(tool, named)| tool.cmp(&named)) {
            Some(Ordering::Greater) => Some(Ordering::Greater),
            // It counted less far than the name did: nobody knows.
            Some(Ordering::Less) => None,
            Some(Ordering::Equal) | None if above => Some(Ordering::Greater),
            Some(Ordering::Equal) | None => self.by_place(tool, named),
        }
    }

    fn by_place(&self, one: &Placed<'_>, other: &Placed<'_>) -> Option<Ordering> {
        if one.part != other.part {
            return None;
        }
        let newest_first = self.newest_first.get(&one.part)?;
        let order = one.at.cmp(&other.at);
        Some(if *newest_first { order.reverse() } else { order })
    }
}

/// The rows that a tool inserted at the top of a table: numbers and days alone, above rows of which
/// some have a name.
fn machine_rows(statements: &[&Statement]) -> Vec<usize> {
    let mut machine = Vec::new();
    let lists: std::collections::BTreeSet<usize> = statements.iter().map(|s| s.list).collect();
    for list in lists.into_iter().filter(|list| *list > 0) {
        let of_list = || statements.iter().enumerate().filter(|(_, s)| s.list == list);
        let by_tool = |s: &Statement| {
            s.author.name.is_empty() && s.author.number.is_some() && s.when.is_some()
        };
        let lead: Vec<usize> =
            of_list().take_while(|(_, s)| by_tool(s)).map(|(at, _)| at).collect();
        let others_named = of_list().skip(lead.len()).any(|(_, s)| !s.author.name.is_empty());
        let only = of_list().count() == lead.len();
        if others_named || only {
            machine.extend(lead);
        }
    }
    machine
}

fn pairs<'a, 'b>(
    placed: &'b [Placed<'a>],
) -> impl Iterator<Item = (&'b Placed<'a>, &'b Placed<'a>)> {
    placed.iter().enumerate().flat_map(|(at, above)| {
        placed.get(at + 1..).unwrap_or_default().iter().map(move |below| (above, below))
    })
}

/// By date, or by number where one name counts; `None` where neither tells, or both disagree.
fn by_content(a: &Statement, b: &Statement) -> Option<Ordering> {
    match (by_date(a, b), by_number(a, b)) {
        (Some(date), Some(number)) => (date == number).then_some(date),
        (date, number) => date.or(number),
    }
}

fn contradict(a: &Statement, b: &Statement) -> bool {
    matches!((by_date(a, b), by_number(a, b)), (Some(date), Some(number)) if date != number)
}

fn by_date(a: &Statement, b: &Statement) -> Option<Ordering> {
    let (ours, theirs) = a.when.zip(b.when)?;
    if ours.is_after(theirs) {
        Some(Ordering::Greater)
    } else if theirs.is_after(ours) {
        Some(Ordering::Less)
    } else {
        None
    }
}

fn by_number(a: &Statement, b: &Statement) -> Option<Ordering> {
    if a.author.name != b.author.name {
        return None;
    }
    let (ours, theirs) = a.author.number.zip(b.author.number)?;
    Some(ours.cmp(&theirs)).filter(|order| *order != Ordering::Equal)
}
