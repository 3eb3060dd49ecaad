//! The tables and views for people. Nothing is decided by them.

use records::merge_queue::Mistake;
use records::{QueueEvent, TaskClaim, TaskId, TaskState};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;

use super::covered::Span;
use super::packed::Row;
use super::trouble::Trouble;
use crate::rules::definitions::Task;

/// That a file is an index of a queue: `swyq`.
const APPLICATION: i32 = i32::from_be_bytes(*b"swyq");

/// The form of the tables. Raise it with every change of one, and of what an event means for a task.
const FORM: i32 = 2;

/// What is in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Tables of this form.
    Ours,
    /// Nothing yet.
    Nothing,
    /// Tables of another form, older or newer.
    OtherForm,
    /// A database of somebody else.
    Foreign,
}

/// What is in the file.
pub(super) fn look(db: &Connection) -> Result<Found, Trouble> {
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, form) = (number("application_id")?, number("user_version")?);
    if application == APPLICATION {
        return Ok(if form == FORM { Found::Ours } else { Found::OtherForm });
    }
    let any: Option<i64> =
        db.query_row("SELECT 1 FROM sqlite_schema LIMIT 1", [], |row| row.get(0)).optional()?;
    Ok(if any.is_none() && application == 0 { Found::Nothing } else { Found::Foreign })
}

/// Drops everything and makes the tables, within the caller's transaction.
pub(super) fn make(db: &Connection) -> Result<(), Trouble> {
    let mut select = db.prepare(
        "SELECT type, name FROM sqlite_schema WHERE type IN ('view', 'table', 'trigger') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type DESC",
    )?;
    let names =
        select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let names = names.collect::<Result<Vec<_>, _>>()?;
    for (sort, name) in names {
        db.execute_batch(&format!("DROP {sort} IF EXISTS \"{}\"", name.replace('"', "\"\"")))?;
    }
    db.execute_batch(TABLES)?;
    db.pragma_update(None, "application_id", APPLICATION)?;
    db.pragma_update(None, "user_version", FORM)?;
    Ok(())
}

/// What is made once the rows of a new index are there.
pub(super) fn finish(db: &Connection) -> Result<(), Trouble> {
    Ok(db.execute_batch(INDEXES)?)
}

const TABLES: &str = include_str!("tables.sql");

const INDEXES: &str = "
CREATE INDEX IF NOT EXISTS events_of_task ON events (task, seq);
CREATE INDEX IF NOT EXISTS events_that_add ON events (seq) WHERE kind = 'added';
";

/// A value as its records write it: `pass`, `changes_requested`.
fn word<T: Serialize>(value: &T) -> Option<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Some(word),
        _ => None,
    }
}

fn list<T: Serialize>(values: &[T]) -> String {
    serde_json::to_string(values).unwrap_or_default()
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Adds the rows of one event.
pub(super) fn add_event(db: &Connection, event: &QueueEvent, span: Span) -> Result<(), Trouble> {
    let (seq, task) = (number(event.seq), event.task.as_ref().map(TaskId::as_str));
    db.prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute(
        params![
            seq,
            event.at.to_string(),
            event.actor,
            task,
            event.kind,
            number(span.offset),
            number(span.length)
        ],
    )?;
    if let Some(run) = &event.evidence {
        db.prepare_cached(
            "INSERT INTO evidence VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            seq,
            task,
            run.command,
            word(&run.result),
            run.exit_status,
            word(&run.source),
            run.commit,
            run.tree,
            run.started_at.to_string(),
            number(run.duration_ms),
            run.reason.as_ref().or(run.note.as_ref())
        ])?;
    }
    if let Some(handoff) = &event.handoff {
        db.prepare_cached("INSERT INTO handoffs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
            .execute(params![
                seq,
                task,
                handoff.owner,
                handoff.model,
                handoff.branch,
                handoff.commit,
                list(&handoff.changed_files),
                list(&handoff.risks),
                handoff.next_step
            ])?;
    }
    if let Some(review) = &event.review {
        db.prepare_cached("INSERT INTO reviews VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?
            .execute(params![
                seq,
                task,
                review.role,
                review.reviewer,
                review.model,
                word(&review.status),
                review.commit,
                review.diff_digest,
                review.note,
                review.exception
            ])?;
    }
    if let Some(landed) = &event.landed {
        db.prepare_cached("INSERT INTO landings VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?
            .execute(params![
                seq,
                task,
                event.kind,
                landed.commit,
                landed.branch,
                landed.base,
                landed.base_before,
                landed.base_after,
                landed.strategy,
                landed.remote
            ])?;
    }
    Ok(())
}

/// Brings the rows about where a task stands up to date.
pub(super) fn set_standing(db: &Connection, row: &Row) -> Result<(), Trouble> {
    let standing = &row.standing;
    let said = standing.said.as_ref();
    db.prepare_cached(
        "INSERT OR REPLACE INTO standings VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        row.key,
        said.map(|said| said.change.to.as_str()),
        said.filter(|said| said.change.to == TaskState::Blocked)
            .and_then(|said| said.change.reason.as_ref()),
        standing.worked,
        standing.in_review,
        standing.handed_over,
        row.done.event().map(number),
        number(row.events),
        standing.last.map(|(event, _)| number(event)),
        standing.last.map(|(_, at)| at.to_string())
    ])?;
    if let Some(held) = &standing.claim {
        return set_claim(db, &row.key, number(held.event), &held.claim);
    }
    db.prepare_cached("DELETE FROM claims WHERE task = ?1")?.execute([&row.key])?;
    Ok(())
}

fn set_claim(db: &Connection, task: &str, event: i64, claim: &TaskClaim) -> Result<(), Trouble> {
    db.prepare_cached("INSERT OR REPLACE INTO claims VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![
            task,
            claim.role,
            claim.owner,
            claim.since.to_string(),
            claim.until.to_string(),
            claim.preflight.as_ref().map(|preflight| &preflight.lane),
            event
        ])?;
    Ok(())
}

/// Brings the event that makes a task done up to date.
pub(super) fn set_done(db: &Connection, task: &str, done: Option<u64>) -> Result<(), Trouble> {
    db.prepare_cached("UPDATE standings SET done_event = ?2 WHERE task = ?1")?
        .execute(params![task, done.map(number)])?;
    Ok(())
}

/// Brings the definitions up to date, all of them.
pub(super) fn set_definitions(
    db: &Connection,
    tasks: &[Task],
    mistakes: &[Mistake],
) -> Result<(), Trouble> {
    db.execute_batch("DELETE FROM definitions; DELETE FROM mistakes;")?;
    let mut insert = db.prepare_cached(
        "INSERT INTO definitions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for (task, place) in tasks.iter().zip(1_i64..) {
        insert.execute(params![
            task.id.as_str(),
            place,
            task.title,
            task.issue.map(|issue| number(issue.0)),
            task.role,
            task.priority,
            task.sequence,
            list(&task.depends_on),
            list(&task.acceptance_checks),
            task.added_by.map(number)
        ])?;
    }
    let mut insert = db.prepare_cached("INSERT INTO mistakes VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for mistake in mistakes {
        let (line, column) = (number(mistake.line), number(mistake.column));
        insert.execute(params![mistake.file, line, column, mistake.code, mistake.message])?;
    }
    Ok(())
}
