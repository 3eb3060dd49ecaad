//! One entry for people, with everything that it holds.

use std::time::Duration;

use audit_log::{read_entry, read_members};
use cli::{Page, Tone};
use records::AuditEntry;
use serde_json::Value;

use crate::show::{text_of, verdict};

/// Members that have a place of their own on the page.
const PLACED: [&str; 6] =
    ["timestamp", "verdict", "tier_1_issues", "critique", "raw_response", "duration_ms"];

/// Every member that holds something, then the blocking findings, the critique, and the raw response.
pub(crate) fn show(line: &[u8], project: Option<&str>, page: &mut Page) {
    let entry = read_entry(line);
    let members = read_members(line);
    let (tone, word) = verdict(&entry);
    let id = entry.id.as_deref().unwrap_or("without an id");
    page.line(tone, format_args!("{id}  {}", word.as_deref().unwrap_or("no verdict")));
    if let Some(time) = time(&entry) {
        page.field("time", time);
    }
    if let Some(project) = project.filter(|_| entry.project.is_none()) {
        page.field("project", project);
    }
    for (key, value) in &members {
        let is_placed = PLACED.contains(&key.as_str()) || key == "id";
        if let Some(text) = text(value).filter(|_| !is_placed) {
            page.field(key, text);
        }
    }
    if let Some(duration) = entry.duration_ms {
        page.field("duration", cli::show_duration(Duration::from_millis(duration)));
    }
    findings(&entry, page);
    for (title, key) in [("critique", "critique"), ("raw response", "raw_response")] {
        if let Some(text) = members.get(key).and_then(text) {
            page.blank();
            page.line(Tone::Strong, title);
            for paragraph in text.lines() {
                page.paragraph(2, text_of(paragraph));
            }
        }
    }
}

/// By the clock of the reader, and as it was written.
fn time(entry: &AuditEntry) -> Option<String> {
    let written = entry.timestamp.clone()?;
    let local = entry.at().map(cli::clock::local);
    Some(local.map_or(written.clone(), |local| format!("{local} ({written})")))
}

fn findings(entry: &AuditEntry, page: &mut Page) {
    if entry.tier_1_issues.is_empty() {
        return;
    }
    page.blank();
    page.line(Tone::Strong, "blocking findings");
    for (number, finding) in (1..).zip(&entry.tier_1_issues) {
        page.field(&number.to_string(), finding.trim());
    }
}

/// A value as text; `None` for one that holds nothing.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => (!text.trim().is_empty()).then(|| text.clone()),
        Value::Array(items) if items.is_empty() => None,
        other => Some(other.to_string()),
    }
}
