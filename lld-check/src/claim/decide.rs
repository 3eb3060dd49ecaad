//! What a document claims, from everything that it says about its review
//! (docs/decisions/0020-what-a-document-claims.md).
//!
//! Reviewers' verdicts come before the final status, and that before the status field. An approval
//! stands only when nothing beside it says otherwise.

use records::Reason;
use records::lld_check::{Claimed, RowKind};

use super::log::{Field, Log, Sources};
use super::order::Order;
use super::statement::Statement;
use super::words::{Said, words};

/// What is claimed, why, and the lines that it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    /// What is claimed.
    pub(crate) claimed: Claimed,
    /// Why.
    pub(crate) why: Vec<Reason>,
    /// The lines of the statements that it rests on.
    pub(crate) lines: Vec<usize>,
}

impl Decision {
    fn new(claimed: Claimed, code: &str, message: String, lines: Vec<usize>) -> Self {
        Self { claimed, why: vec![Reason::without_step(code, message)], lines }
    }

    fn also(mut self, code: &str, message: String) -> Self {
        self.why.push(Reason::without_step(code, message));
        self
    }

    /// The same as contradictory.
    fn conflicting(mut self, code: &str, message: String, lines: &[usize]) -> Self {
        self.claimed = Claimed::Conflicting;
        self.lines.extend(lines);
        self.also(code, message)
    }
}

/// Decides.
pub(crate) fn decide(sources: &Sources) -> Decision {
    if let Some(line) = sources.unmerged {
        let message = format!("a merge stopped in line {line}, and nobody knows which side holds");
        return Decision::new(Claimed::Conflicting, "unmerged", message, vec![line]);
    }
    let found = of_logs(sources);
    let stray =
        sources.strays.iter().find(|field| !matches!(field.said, Said::Approve | Said::Done));
    match stray {
        Some(field) if found.claimed == Claimed::Approved => {
            let message =
                format!("the final status in line {} says {}", field.line, shown(&field.text));
            found.conflicting("final_status_disagrees", message, &[field.line])
        }
        _ => found,
    }
}

fn of_logs(sources: &Sources) -> Decision {
    let by_name = sources.logs.iter().any(|log| log.by_name);
    let logs: Vec<&Log> = sources.logs.iter().filter(|log| log.by_name || !by_name).collect();
    // Verdicts elsewhere in the document: an approval there is none, and a no counts when it is dated
    // or stands behind the log.
    let begins = logs.iter().flat_map(|log| &log.statements).map(|s| s.line).min();
    let others: Vec<&Statement> = sources
        .logs
        .iter()
        .filter(|log| by_name && !log.by_name)
        .flat_map(|log| &log.statements)
        .filter(|s| s.is_no() && (s.when.is_some() || begins.is_some_and(|line| s.line > line)))
        .collect();
    let mut decisions: Vec<Decision> =
        logs.iter().map(|log| of_log(log, &others, sources.status.as_ref())).collect();
    // A log without anything in it says nothing beside another one.
    if decisions.len() > 1 {
        let empty =
            |log: &Log| log.finals.is_empty() && !log.statements.iter().any(Statement::is_verdict);
        let mut filled = logs.iter().map(|log| !empty(log));
        let any_filled = logs.iter().any(|log| !empty(log));
        decisions.retain(|_| filled.next().unwrap_or(true) || !any_filled);
    }
    let mut decisions = decisions.into_iter();
    let Some(mut first) = decisions.next() else {
        return of_log(&Log::default(), &[], sources.status.as_ref());
    };
    for other in decisions {
        if other.claimed != first.claimed {
            let both = "the document has several review logs, and they disagree".to_owned();
            first = first.conflicting("several_logs", both, &other.lines);
            first.why.extend(other.why);
        }
    }
    first
}

fn of_log(log: &Log, others: &[&Statement], status: Option<&Field>) -> Decision {
    let mut found = of_what_is_read(log, others, status);
    if let Some((line, before)) = log.taken_back
        && before == log.statements.len()
        && found.claimed == Claimed::Approved
    {
        let message = format!("line {line} of the log takes the approval back, or asks to wait");
        found = found.conflicting("taken_back", message, &[line]);
    }
    match log.unread.first() {
        Some(line) if found.claimed != Claimed::Blocked => {
            let message = format!("the log has a verdict in line {line} that cannot be told");
            found.conflicting("not_understood", message, &[*line])
        }
        _ => found,
    }
}

fn of_what_is_read(log: &Log, others: &[&Statement], status: Option<&Field>) -> Decision {
    let said = log.statements.iter().filter(|s| !s.behind);
    let ordered: Vec<&Statement> = said.chain(others.iter().copied()).collect();
    let order = Order::of(&ordered);
    let newest = order.newest(Statement::is_verdict);
    let last = Final::of(&log.finals);
    let behind = log
        .statements
        .iter()
        .find(|s| s.behind && (s.is_no() || s.said == Said::Unclear) && s.is_verdict());
    let judged = judge(&newest);
    match judged {
        Some(Judged::Approve) => {
            let pending = ordered.iter().find(|pending| {
                pending.kind == RowKind::Pending
                    && newest.iter().any(|n| {
                        order.is_newer(pending, n) || is_missing_beside(pending, n, &order)
                    })
            });
            let mut found = approved(&newest, last, status, pending.copied());
            if let Some(behind) = behind {
                let message = format!(
                    "line {} behind the log says {}",
                    behind.line,
                    shown(&behind.verdict_text)
                );
                found = found.conflicting("no_behind_log", message, &[behind.line]);
            }
            notes(found, &ordered, &order, &newest)
        }
        Some(Judged::No(word)) => not_approved(&newest, &word, last, status),
        Some(Judged::Unknown(decision)) => decision,
        None => without_verdict(log, last, status, behind),
    }
}

/// Whether somebody else's verdict is still missing in the same table, as in one of roles: two
/// people by name, of whom one has not spoken, and not because it was long ago.
fn is_missing_beside(pending: &Statement, verdict: &Statement, order: &Order<'_>) -> bool {
    let (one, other) = (&pending.author, &verdict.author);
    pending.list > 0
        && pending.list == verdict.list
        && !one.name.is_empty()
        && !other.name.is_empty()
        && one.name != other.name
        && !order.is_newer(verdict, pending)
}

/// What the verdicts that may be the newest say together.
enum Judged {
    Approve,
    /// The word of the newest no.
    No(String),
    Unknown(Decision),
}

fn judge(newest: &[&Statement]) -> Option<Judged> {
    let first = newest.first()?;
    let lines: Vec<usize> = newest.iter().map(|s| s.line).collect();
    if let Some(unclear) = newest.iter().find(|s| !matches!(s.said, Said::Approve) && !s.is_no()) {
        let message = format!(
            "the verdict in line {} cannot be told: {}",
            unclear.line,
            shown(&unclear.verdict_text)
        );
        let decision = Decision::new(Claimed::Conflicting, "verdict_unclear", message, lines);
        return Some(Judged::Unknown(decision));
    }
    let approving = newest.iter().filter(|s| s.said == Said::Approve).count();
    if approving == newest.len() {
        return Some(Judged::Approve);
    }
    if approving == 0 {
        return Some(Judged::No(first.verdict_text.clone()));
    }
    let named: Vec<String> =
        newest.iter().map(|s| format!("line {}: {}", s.line, shown(&s.verdict_text))).collect();
    let message = format!(
        "nothing tells which of these reviews is the newest, and they disagree: {}",
        named.join(", ")
    );
    Some(Judged::Unknown(Decision::new(Claimed::Conflicting, "order_unknown", message, lines)))
}

/// The final status, as far as it says one thing.
#[derive(Debug, Clone, Copy)]
enum Final<'a> {
    Missing,
    Says(&'a Field),
    Disagree(&'a Field, &'a Field),
}

impl<'a> Final<'a> {
    fn of(finals: &'a [Field]) -> Self {
        let mut told =
            finals.iter().filter(|f| !matches!(f.said, Said::Placeholder | Said::Nothing));
        let Some(last) = told.next_back() else { return Self::Missing };
        match told.find(|field| field.said != last.said) {
            Some(other) => Self::Disagree(other, last),
            None => Self::Says(last),
        }
    }
}

fn approved(
    newest: &[&Statement],
    last: Final<'_>,
    status: Option<&Field>,
    pending: Option<&Statement>,
) -> Decision {
    let lines: Vec<usize> = newest.iter().map(|s| s.line).collect();
    let named: Vec<String> = newest.iter().map(|s| cited(s)).collect();
    let message = format!("the newest review approves it: {}", named.join(", "));
    let mut found = Decision::new(Claimed::Approved, "newest_approves", message, lines);
    match last {
        Final::Missing => {}
        Final::Says(field) if matches!(field.said, Said::Approve | Said::Done) => {
            found.lines.push(field.line);
        }
        Final::Says(field) => {
            let message =
                format!("the final status in line {} says {}", field.line, shown(&field.text));
            found = found.conflicting("final_status_disagrees", message, &[field.line]);
        }
        Final::Disagree(one, other) => {
            let message = format!(
                "the final status is given twice, in line {} as {} and in line {} as {}",
                one.line,
                shown(&one.text),
                other.line,
                shown(&other.text)
            );
            found = found.conflicting("final_status_disagrees", message, &[one.line, other.line]);
        }
    }
    if let Some(field) = status.filter(|field| contradicts_approval(field)) {
        let message =
            format!("the status field in line {} says {}", field.line, shown(&field.text));
        found = found.conflicting("status_field_disagrees", message, &[field.line]);
    }
    if let Some(pending) = pending {
        let message = format!("a newer review is still to come: {}", cited(pending));
        found = found.conflicting("review_pending", message, &[pending.line]);
    }
    found
}

/// Whether a status field takes an approval back. `Draft` and its like do not: the template has the
/// field for the work's progress, and real documents stayed drafts when their log approved them.
fn contradicts_approval(field: &Field) -> bool {
    const OVER: [&str; 12] = [
        "superseded",
        "withdrawn",
        "obsolete",
        "deprecated",
        "abandoned",
        "cancelled",
        "canceled",
        "rescinded",
        "revoked",
        "void",
        "expired",
        "invalidated",
    ];
    let all = words(&field.text);
    let again = all
        .windows(2)
        .any(|pair| matches!(pair, [re, review] if re == "re" && review.starts_with("review")));
    matches!(field.said, Said::Block)
        || (field.said == Said::Revise && !all.iter().any(|w| w.starts_with("revision")))
        || again
        || all.iter().any(|w| OVER.contains(&w.as_str()))
        || (field.said == Said::Unclear && all.iter().any(|w| w.contains("approv")))
}

fn not_approved(
    newest: &[&Statement],
    word: &str,
    last: Final<'_>,
    status: Option<&Field>,
) -> Decision {
    let lines: Vec<usize> = newest.iter().map(|s| s.line).collect();
    let named: Vec<String> = newest.iter().map(|s| cited(s)).collect();
    let message = format!("the newest review says {}: {}", shown(word), named.join(", "));
    let blocks = newest.iter().any(|s| s.said == Said::Block);
    let code = if blocks { "newest_blocks" } else { "newest_asks_for_changes" };
    let mut found = Decision::new(Claimed::Blocked, code, message, lines);
    let approving = match last {
        Final::Says(field) => Some(field).filter(|f| may_approve(f)),
        Final::Disagree(one, other) => [one, other].into_iter().find(|f| may_approve(f)),
        Final::Missing => None,
    };
    if let Some(field) = approving {
        let message =
            format!("the final status in line {} says {}", field.line, shown(&field.text));
        found = found.conflicting("final_status_disagrees", message, &[field.line]);
    }
    if let Some(field) = status.filter(|field| may_approve(field)) {
        let dated = super::date::read(&field.text);
        let older = newest
            .iter()
            .filter_map(|s| s.when)
            .any(|when| dated.is_some_and(|dated| when.is_after(dated)));
        if !older {
            let message =
                format!("the status field in line {} says {}", field.line, shown(&field.text));
            found = found.conflicting("status_field_disagrees", message, &[field.line]);
        }
    }
    found
}

/// Whether a field says that it is approved, or something like it.
fn may_approve(field: &Field) -> bool {
    field.said == Said::Approve
        || (field.said == Said::Unclear && words(&field.text).iter().any(|w| w.contains("approv")))
}

/// No reviewer's verdict is shown anywhere.
fn without_verdict(
    log: &Log,
    last: Final<'_>,
    status: Option<&Field>,
    behind: Option<&Statement>,
) -> Decision {
    let told = status.map(|field| {
        format!("the status field in line {} says {}", field.line, shown(&field.text))
    });
    if let Some(behind) = behind.filter(|s| s.is_no()) {
        let message = format!("line {} says {}", behind.line, shown(&behind.verdict_text));
        return Decision::new(Claimed::Conflicting, "no_behind_log", message, vec![behind.line]);
    }
    match last {
        Final::Disagree(one, other) => {
            let message = format!(
                "no review is shown, and the final status says {} in line {} and {} in line {}",
                shown(&one.text),
                one.line,
                shown(&other.text),
                other.line
            );
            let lines = vec![one.line, other.line];
            return Decision::new(Claimed::Conflicting, "final_status_disagrees", message, lines);
        }
        Final::Says(field) => match field.said {
            Said::Approve => return approved_without_rows(log, field, status),
            Said::Revise | Said::Block => {
                let message =
                    format!("the final status in line {} says {}", field.line, shown(&field.text));
                let found = Decision::new(
                    Claimed::Blocked,
                    "final_status_blocks",
                    message,
                    vec![field.line],
                );
                return match status.filter(|field| may_approve(field)) {
                    Some(field) => found.conflicting(
                        "status_field_disagrees",
                        told.unwrap_or_default(),
                        &[field.line],
                    ),
                    None => found,
                };
            }
            Said::Unclear => {
                let message = format!(
                    "no review is shown, and the final status in line {} cannot be told: {}",
                    field.line,
                    shown(&field.text)
                );
                let lines = vec![field.line];
                return Decision::new(Claimed::Conflicting, "verdict_unclear", message, lines);
            }
            _ => {}
        },
        Final::Missing => {}
    }
    if let Some(field) = status {
        let message = told.unwrap_or_default();
        let lines = vec![field.line];
        if may_approve(field) || claims_review(field) {
            let message = format!("{message}, and no review is shown");
            return Decision::new(Claimed::Conflicting, "no_review_shown", message, lines);
        }
        if matches!(field.said, Said::Block) {
            return Decision::new(Claimed::Blocked, "status_field_blocks", message, lines);
        }
        if matches!(field.said, Said::Pending | Said::Revise) {
            return Decision::new(Claimed::Draft, "says_draft", message, lines);
        }
    }
    let waiting = log.statements.iter().find(|s| s.kind == RowKind::Pending);
    if let Some(row) = waiting {
        let message = format!("no review is shown, and one is to come: {}", cited(row));
        return Decision::new(Claimed::Draft, "review_pending", message, vec![row.line]);
    }
    if let Final::Says(field) = last {
        let message =
            format!("the final status in line {} says {}", field.line, shown(&field.text));
        return Decision::new(Claimed::Draft, "says_draft", message, vec![field.line]);
    }
    let message = "the document says nothing about a review of it".to_owned();
    Decision::new(Claimed::None, "nothing_claimed", message, Vec::new())
}

/// The final status approves and no row does. The predecessor's tool wrote the final status and the
/// status field with model and day in one go, and lost the row where the log looked unusual (10 of
/// 121 documents): only both together count.
fn approved_without_rows(log: &Log, last: &Field, status: Option<&Field>) -> Decision {
    let named = status.filter(|field| {
        field.said == Said::Approve
            && super::date::read(&field.text).is_some()
            && words(&field.text).iter().any(|w| MODELS.contains(&w.as_str()))
    });
    let waiting = log.statements.iter().find(|s| {
        s.kind == RowKind::Pending || (s.kind == RowKind::Reviewer && s.said == Said::Unclear)
    });
    if let (Some(field), None) = (named, waiting) {
        let message = format!(
            "the final status in line {} approves it and the status field in line {} says who and when, though no row does",
            last.line, field.line
        );
        let lines = vec![field.line, last.line];
        return Decision::new(Claimed::Approved, "approved_without_row", message, lines);
    }
    let message = format!(
        "the final status in line {} says {}, and no review is shown",
        last.line,
        shown(&last.text)
    );
    Decision::new(Claimed::Conflicting, "no_review_shown", message, vec![last.line])
}

/// Names of models that review.
const MODELS: [&str; 5] = ["gemini", "claude", "gpt", "opus", "sonnet"];

/// `Reviewed - Ready for Implementation`: something like an approval.
fn claims_review(field: &Field) -> bool {
    let all = words(&field.text);
    field.said == Said::Unclear
        && ["reviewed", "accepted", "lgtm", "ready", "ratified", "signed"]
            .iter()
            .any(|word| all.iter().any(|w| w == word))
}

/// What an approval rests on and yet does not change it.
fn notes(
    mut found: Decision,
    all: &[&Statement],
    order: &Order<'_>,
    newest: &[&Statement],
) -> Decision {
    let newer = |kind: RowKind| {
        all.iter().find(|s| s.kind == kind && newest.iter().all(|n| order.is_newer(s, n)))
    };
    if let Some(row) = newer(RowKind::Author) {
        let message = format!("the author noted a change after it: {}", cited(row));
        found = found.also("changed_after", message);
    }
    if let Some(row) = newer(RowKind::Mechanical) {
        let message = format!("a program's check after it is no review: {}", cited(row));
        found = found.also("checked_after", message);
    }
    found
}

fn cited(statement: &Statement) -> String {
    let mut text = format!("line {}: {}", statement.line, shown(&statement.verdict_text));
    if !statement.author_text.is_empty() {
        text = format!("{text} by {}", shown(&statement.author_text));
    }
    if statement.when.is_some() {
        text = format!("{text} on {}", shown(&statement.date_text));
    }
    text
}

/// How much of a text is quoted, in characters.
const QUOTED: usize = 80;

/// A text from the document, cut where it is long.
pub(crate) fn shown(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let mut short: String = text.chars().take(QUOTED).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    if short.is_empty() { "nothing".into() } else { short }
}
