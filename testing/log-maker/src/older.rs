//! Entries as older versions and other tools wrote them.

use testkit::Words;

use crate::current::{length, stamp};
use crate::object::{Object, Style};
use crate::prose::Prose;
use crate::world::{Call, End};

/// Appends an entry of `call` to `line`, in one of the shapes that are met in old logs.
pub(crate) fn write(line: &mut Vec<u8>, call: &Call, prose: &Prose, words: &mut Words) {
    match words.rng().u8(..100) {
        0..45 => predecessor(line, call, prose, words),
        45..60 => runbook(line, call, words),
        60..95 => odd(line, call, prose, words),
        _ => sparse(line, call, words),
    }
}

/// The fifteen fields of the predecessor, as Python's `json.dumps` writes them. A failed call is
/// written down as a rejection.
fn predecessor(line: &mut Vec<u8>, call: &Call, prose: &Prose, words: &mut Words) {
    let verdict = if call.end == End::Verdict("APPROVED") { "APPROVED" } else { "BLOCK" };
    let failed = matches!(call.end, End::Failed(_));
    let bytes = if failed { 0 } else { length(words.rng()) };
    let critique = prose.about(bytes, words.rng());
    let mut entry = Object::begin(line, Style::Python);
    entry.text("id", Some(&words.uuid_v4()));
    entry.number("sequence_id", words.rng().u32(..4));
    entry.text("timestamp", Some(&stamp(call.at_ms, "%Y-%m-%dT%H:%M:%S%.6f+00:00")));
    entry.text("node", Some(call.node));
    entry.text("model", Some(call.model));
    entry.text("model_verified", Some(if failed { "" } else { call.model }));
    entry.number("issue_id", call.issue);
    entry.text("verdict", Some(verdict));
    entry.prose("critique", &critique);
    if failed {
        entry.json("tier_1_issues", "[\"API call failed\"]");
        entry.text("raw_response", Some(""));
    } else {
        let findings: Vec<_> = critique.iter().take(usize::from(verdict == "BLOCK")).collect();
        entry.findings("tier_1_issues", &findings.into_iter().copied().collect::<Vec<_>>());
        entry.answer("raw_response", verdict, &critique);
    }
    entry.number("duration_ms", call.duration_ms);
    entry.text("credential_used", Some("credential-1"));
    entry.json("rotation_occurred", if call.attempts > 1 { "true" } else { "false" });
    entry.number("attempts", call.attempts);
    entry.end();
}

/// The short entry that runbook 0801 shows.
fn runbook(line: &mut Vec<u8>, call: &Call, words: &mut Words) {
    let mut entry = Object::begin(line, Style::Compact);
    entry.text("id", Some(&words.uuid_v4()));
    entry.text("timestamp", Some(&stamp(call.at_ms, "%Y-%m-%dT%H:%M:%S%.3fZ")));
    entry.text("node", Some(call.node));
    entry.number("issue_id", call.issue);
    entry.text("verdict", Some(word(call, words)));
    entry.text("model_verified", Some(call.model));
    entry.text("credential_used", Some("credential-2"));
    entry.number("duration_ms", call.duration_ms);
    entry.end();
}

/// One with an oddity: no id, an offset that is not UTC, the issue as text, a key that is spelt with
/// an escape, or keys that nobody knows.
fn odd(line: &mut Vec<u8>, call: &Call, prose: &Prose, words: &mut Words) {
    let oddity = words.rng().u8(..6);
    let critique = prose.about(length(words.rng()), words.rng());
    let mut entry = Object::begin(line, Style::Compact);
    if oddity != 0 {
        entry.text("id", Some(&words.uuid_v4()));
    }
    let (ahead, offset) = *words.pick(&[(120, "+02:00"), (-300, "-05:00"), (330, "+05:30")]);
    let at = match oddity {
        1 => stamp(call.at_ms + ahead * 60_000, &format!("%Y-%m-%dT%H:%M:%S%.3f{offset}")),
        _ => stamp(call.at_ms, "%Y-%m-%dT%H:%M:%S%.3f+00:00"),
    };
    let issue = call.issue.to_string();
    entry.text("timestamp", Some(&at));
    entry.text("session_id", Some(&call.session));
    entry.text("node", Some(call.node));
    match oddity {
        2 => entry.text("issue_id", Some(&issue)),
        3 => entry.number("issue\\u005fid", call.issue),
        _ => entry.number("issue_id", call.issue),
    }
    if oddity == 4 {
        entry.json("tags", &format!("{{\"verdict\":\"APPROVED\",\"issue_id\":[{issue},0]}}"));
        entry.number("pid", words.rng().u32(2..70_000));
        entry.text("host", Some("build-3"));
    }
    let key = if oddity == 5 { "verd\\u0069ct" } else { "verdict" };
    let verdict = word(call, words);
    entry.text(key, Some(verdict));
    entry.prose("critique", &critique);
    entry.text("model", Some(call.model));
    entry.number("duration_ms", call.duration_ms);
    entry.answer("raw_response", verdict, &critique);
    entry.end();
}

/// One of which little is known; one in ten of these not even the time.
fn sparse(line: &mut Vec<u8>, call: &Call, words: &mut Words) {
    let at = stamp(call.at_ms, "%Y-%m-%dT%H:%M:%S%.3fZ");
    let mut entry = Object::begin(line, Style::Compact);
    entry.text("id", Some(&words.uuid_v4()));
    entry.text("timestamp", (words.rng().u8(..10) > 0).then_some(&at));
    entry.text("node", Some("designer"));
    entry.text("issue_id", None);
    entry.text("verdict", None);
    entry.text("tier_1_issues", None);
    entry.text("duration_ms", None);
    entry.end();
}

/// One of the words that older tools had for the verdict.
fn word(call: &Call, words: &mut Words) -> &'static str {
    let known: &[&str] = match call.end {
        End::Verdict("APPROVED") => &["APPROVED", "APPROVE", "approved"],
        End::Verdict("REVISE") => &["REVISE", "DISCUSS", "FEEDBACK"],
        _ => &["BLOCK", "BLOCKED", "block"],
    };
    words.pick::<&str>(known)
}
