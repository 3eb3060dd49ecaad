//! An entry as today's tools write it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use testkit::{Rng, Words};

use crate::object::{Object, Style};
use crate::prose::Prose;
use crate::world::{Call, End};

/// Appends the entry of `call` to `line`.
pub(crate) fn write(line: &mut Vec<u8>, call: &Call, prose: &Prose, words: &mut Words) {
    let (verdict, failure) = match call.end {
        End::Verdict(verdict) => (Some(verdict), None),
        End::Failed(class) => (None, Some(class)),
    };
    let mut entry = Object::begin(line, Style::Compact);
    entry.text("id", Some(&words.uuid_v7(call.at_ms)));
    entry.text("timestamp", Some(&stamp(call.at_ms, "%Y-%m-%dT%H:%M:%S%.3fZ")));
    entry.text("session_id", Some(&call.session));
    entry.text("project", Some(call.project));
    entry.text("node", Some(call.node));
    entry.number("issue_id", call.issue);
    entry.text("verdict", verdict);
    entry.text("outcome", Some(if verdict.is_some() { "reviewed" } else { "failed" }));
    entry.text("failure_class", failure);
    let critique = prose.about(length(words.rng()), words.rng());
    match verdict {
        Some(_) => entry.prose("critique", &critique),
        None => entry.text("critique", None),
    }
    let findings = if verdict == Some("BLOCKED") { words.rng().usize(1..4) } else { 0 };
    let findings: Vec<_> = critique.iter().take(findings).copied().collect();
    entry.findings("tier_1_issues", &findings);
    let folder = if call.node == "review_lld" { "docs/LLDs/active" } else { "src" };
    entry.json(
        "subject",
        &format!(
            "{{\"path\":\"{folder}/{}-{}.md\",\"sha256\":\"{}\"}}",
            call.issue,
            call.slug,
            words.hex(64)
        ),
    );
    entry.text("model", Some(call.model));
    entry.text("model_verified", verdict.map(|_| call.model));
    entry.text("credential_used", Some(call.credential));
    entry.json("rotation_occurred", if call.attempts > 1 { "true" } else { "false" });
    entry.number("attempts", call.attempts);
    entry.number("duration_ms", call.duration_ms);
    let Some(verdict) = verdict else {
        entry.text("usage", None);
        entry.text("response_id", None);
        entry.text("raw_response", None);
        return entry.end();
    };
    let (prompt, output) = (words.rng().u32(2_000..60_000), words.rng().u32(200..4_000));
    let thought = words.rng().u32(..8_000);
    let total = prompt + output + thought;
    entry.json(
        "usage",
        &format!(
            "{{\"prompt_tokens\":{prompt},\"output_tokens\":{output},\"thought_tokens\":{thought},\
             \"cached_tokens\":null,\"total_tokens\":{total}}}"
        ),
    );
    entry.text("response_id", Some(&words.hex(22)));
    match words.rng().u8(..20) {
        0 => entry.answer_object("raw_response", verdict, &critique),
        _ => entry.answer("raw_response", verdict, &critique),
    }
    entry.end();
}

/// The bytes of a critique: 400 at least, 1,600 on average, 10,000 at most.
pub(crate) fn length(rng: &mut Rng) -> usize {
    400 + (rng.usize(..=100) * rng.usize(..=100) * rng.usize(..=100)) * 97 / 10_000
}

/// That instant in UTC, in this form.
pub(crate) fn stamp(unix_ms: i64, form: &str) -> String {
    // Sizes that reach beyond the year 9999 do not fit on any disk.
    let at = Timestamp::from_millisecond(unix_ms).unwrap_or(Timestamp::MAX);
    at.to_zoned(TimeZone::UTC).strftime(form).to_string()
}
