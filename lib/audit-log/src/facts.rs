//! What filters, counts and an index need of an entry.

use std::borrow::Cow;

use jiff::Timestamp;
use records::{IssueNumber, Outcome, Verdict};

use crate::skim::{Member, Skimmed, skim};
use crate::{Head, instant, read_entry};

/// The small facts of one entry. They are those of [`read_entry`] and [`Head`], but most lines give
/// them without being decoded: one pass over the bytes, no allocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The instant of `timestamp`, as [`Head::timestamp`].
    pub at: Option<Timestamp>,
    /// `id`, when it is text.
    pub id: Option<Text<'a>>,
    /// `session_id`.
    pub session: Option<Text<'a>>,
    /// `project`; where it is `None`, the log's place says it.
    pub project: Option<Text<'a>>,
    /// `node`.
    pub node: Option<Text<'a>>,
    /// `issue_id`, written as a number or as text.
    pub issue: Option<IssueNumber>,
    /// `verdict`, the word as it was written. [`Facts::verdict`] says what it means.
    pub verdict_word: Option<Text<'a>>,
    /// `outcome`.
    pub outcome: Option<Outcome>,
    /// `model`: the one that was asked for.
    pub model_asked: Option<Text<'a>>,
    /// `model_verified`: the one that answered.
    pub model_verified: Option<Text<'a>>,
    /// `credential_used`.
    pub credential: Option<Text<'a>>,
    /// `rotation_occurred`.
    pub rotated: Option<bool>,
    /// `duration_ms`.
    pub duration_ms: Option<u64>,
}

/// A text of an entry: UTF-8, without the escapes of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text<'a>(Cow<'a, [u8]>);

impl Text<'_> {
    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // It was looked at before; this only says so.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text.into_bytes()))
    }
}

/// A value that only decoding can make something of.
struct Odd;

impl<'a> Facts<'a> {
    /// The facts of the entry in `line`, which is a line without its end (and without a byte order mark).
    /// `None` when the line is damaged, that is when it is no JSON object in UTF-8; decoding it as [`Head`]
    /// fails then and says why.
    pub fn of(line: &'a [u8]) -> Option<Self> {
        Self::skimmed(line).or_else(|| Self::decoded(line))
    }

    /// As [`Facts::of`], for the first line of `lines`, and how long that is without its newline. `None` when the
    /// line is odd in any way, or does not end with a newline; it may be an entry all the same.
    pub fn of_first(lines: &'a [u8]) -> Option<(Self, usize)> {
        let skimmed = skim(lines).filter(|skimmed| lines.get(skimmed.end) == Some(&b'\n'))?;
        Some((Self::picked(&skimmed).ok()?, skimmed.end))
    }

    /// The facts of a line that is not odd.
    fn skimmed(line: &'a [u8]) -> Option<Self> {
        Self::picked(&skim(line).filter(|skimmed| skimmed.end == line.len())?).ok()
    }

    /// The facts of any entry.
    fn decoded(line: &[u8]) -> Option<Self> {
        let head: Head = serde_json::from_str(str::from_utf8(line).ok()?).ok()?;
        let entry = read_entry(line);
        let text = |text: Option<String>| text.map(Text::from);
        Some(Self {
            at: head.timestamp,
            id: text(head.id),
            session: text(entry.session_id),
            project: text(entry.project),
            node: text(entry.node),
            issue: entry.issue_id,
            verdict_word: text(entry.verdict),
            outcome: entry.outcome,
            model_asked: text(entry.model),
            model_verified: text(entry.model_verified),
            credential: text(entry.credential_used),
            rotated: entry.rotation_occurred,
            duration_ms: entry.duration_ms,
        })
    }

    fn picked(skimmed: &Skimmed<'a>) -> Result<Self, Odd> {
        let text = |key| text(skimmed.value(key));
        Ok(Self {
            at: strict(skimmed.value(Member::Timestamp))?.and_then(|text| instant(text.as_bytes())),
            id: strict(skimmed.value(Member::Id))?,
            session: text(Member::SessionId),
            project: text(Member::Project),
            node: text(Member::Node),
            issue: issue(skimmed.value(Member::IssueId))?,
            verdict_word: text(Member::Verdict),
            outcome: outcome(skimmed.value(Member::Outcome))?,
            model_asked: text(Member::Model),
            model_verified: text(Member::ModelVerified),
            credential: text(Member::CredentialUsed),
            rotated: match skimmed.value(Member::RotationOccurred) {
                b"true" => Some(true),
                b"false" => Some(false),
                _ => None,
            },
            duration_ms: match skimmed.value(Member::DurationMs) {
                [] | b"null" => None,
                value => Some(whole(value)?),
            },
        })
    }

    /// The verdict, by the rules of [`records::AuditEntry::verdict`]: an entry marked as failed has none.
    pub fn verdict(&self) -> Option<Verdict> {
        if self.is_failed() {
            return None;
        }
        Verdict::from_word(self.verdict_word.as_ref()?.as_str())
    }

    /// Whether the call obtained no verdict.
    pub fn is_failed(&self) -> bool {
        self.outcome == Some(Outcome::Failed)
    }

    /// The model that answered or, where that is not known, the one that was asked for.
    pub fn model(&self) -> Option<&Text<'a>> {
        self.model_verified.as_ref().or(self.model_asked.as_ref())
    }
}

/// The text of a JSON value without backslashes, when it is one.
fn text(value: &[u8]) -> Option<Text<'_>> {
    let inside = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    Some(Text(Cow::Borrowed(inside)))
}

/// As [`text`], where some other values make an entry unreadable.
fn strict(value: &[u8]) -> Result<Option<Text<'_>>, Odd> {
    if matches!(value, [] | [b'"' | b'n', ..]) { Ok(text(value)) } else { Err(Odd) }
}

fn issue(value: &[u8]) -> Result<Option<IssueNumber>, Odd> {
    Ok(match value {
        [] | [b'n' | b't' | b'f', ..] => None,
        [b'"', ..] => text(value).and_then(|text| text.as_str().parse().ok()),
        _ => Some(whole(value)?).filter(|number| *number > 0).map(IssueNumber),
    })
}

fn outcome(value: &[u8]) -> Result<Option<Outcome>, Odd> {
    match value {
        [] | b"null" => Ok(None),
        b"\"reviewed\"" => Ok(Some(Outcome::Reviewed)),
        b"\"failed\"" => Ok(Some(Outcome::Failed)),
        _ => Err(Odd),
    }
}

/// A whole number of plain digits that is small enough for anybody.
fn whole(digits: &[u8]) -> Result<u64, Odd> {
    if !(1..=19).contains(&digits.len()) {
        return Err(Odd);
    }
    digits.iter().try_fold(0, |value, byte| {
        if byte.is_ascii_digit() { Ok(value * 10 + u64::from(byte - b'0')) } else { Err(Odd) }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use testkit::Logs;

    use super::*;

    #[test]
    fn what_the_tools_write_is_skimmed() {
        let mut logs = Logs::seeded(3);
        for _ in 0..300 {
            let line = logs.entry().to_string();
            let facts = Facts::skimmed(line.as_bytes());
            assert_eq!(facts, Facts::decoded(line.as_bytes()), "{line}");
            assert!(facts.is_some_and(|facts| facts.at.is_some() && facts.id.is_some()), "{line}");
        }
    }

    #[test]
    fn a_key_in_a_text_or_in_another_object_or_spelt_otherwise_fools_nobody() {
        for (line, verdict, issue) in [
            (r#"{"critique":"\",\"verdict\":\"BLOCKED\"","issue_id":7}"#, None, Some(7)),
            (r#"{"usage":{"verdict":"BLOCKED"},"issue_id":7}"#, None, Some(7)),
            (r#"{"list":[{"issue_id":8}],"verdict":"APPROVED"}"#, Some("APPROVED"), None),
            (r#"{"verdict":"REVISE","\u0076erdict":"BLOCKED"}"#, Some("BLOCKED"), None),
            (r#"{"verdict":"REVISE","verdict":"BLOCKED"}"#, Some("BLOCKED"), None),
            (r##"{"verdict":"BLOC\u004bED","issue_id":"#7"}"##, Some("BLOCKED"), Some(7)),
            (r#"{"verdict":["BLOCKED"],"issue_id":7.0}"#, None, None),
            (r#" { "verdict" : "REVISE" , "issue_id" : 7 } "#, Some("REVISE"), Some(7)),
        ] {
            let facts = Facts::of(line.as_bytes()).unwrap();
            assert_eq!(facts.verdict_word.as_ref().map(Text::as_str), verdict, "{line}");
            assert_eq!(facts.issue.map(|issue| issue.0), issue, "{line}");
        }
    }

    /// Pieces of JSON, whole and broken.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let key = prop::sample::select(vec![
            "id",
            "timestamp",
            "session_id",
            "project",
            "node",
            "issue_id",
            "verdict",
            "outcome",
            "model",
            "model_verified",
            "credential_used",
            "rotation_occurred",
            "duration_ms",
            "schema",
            "x",
            "",
        ]);
        let value = prop_oneof![
            Just(r#""failed""#.to_owned()),
            Just(r#""2026-01-24T18:30:45.123Z""#.to_owned()),
            Just("null".to_owned()),
            Just("true".to_owned()),
            r"-?[0-9]{1,22}(\.[0-9]{1,2})?([eE][+-]?[0-9]{1,3})?",
            r#""([a-zé ]|\\n|\\\\|\\"){0,9}""#,
            r#""\\u[0-9a-d]{4}""#,
            Just(r#"{"failed":null}"#.to_owned()),
            r"\[[0-9,\[\] ]{0,40}\]",
        ];
        prop_oneof![
            6 => (key.clone(), value).prop_map(|(key, value)| format!("\"{key}\":{value},").into_bytes()),
            1 => key.prop_map(|key| format!("\"\\u0069{key}\" : 1,").into_bytes()),
            1 => prop::sample::select(vec![",", "}", "{", "[", "\"", "\\", " ", "\t", "\u{feff}"])
                .prop_map(|text| text.as_bytes().to_vec()),
            1 => any::<u8>().prop_map(|byte| vec![byte]),
        ]
    }

    #[derive(Debug, Clone)]
    enum Change {
        Set(usize, u8),
        Cut(usize),
        Remove(usize, usize),
        Double(usize, usize),
        Glue(usize),
    }

    fn change() -> impl Strategy<Value = Change> {
        let byte =
            prop_oneof![any::<u8>(), prop::sample::select(b"\"\\{}[]:,0-u \t\r\0".as_slice()),];
        let at = 0..3000_usize;
        prop_oneof![
            4 => (at.clone(), byte).prop_map(|(at, byte)| Change::Set(at, byte)),
            1 => at.clone().prop_map(Change::Cut),
            1 => (at.clone(), 1..40_usize).prop_map(|(at, length)| Change::Remove(at, length)),
            2 => (at.clone(), 1..90_usize).prop_map(|(at, length)| Change::Double(at, length)),
            1 => at.prop_map(Change::Glue),
        ]
    }

    fn changed(line: &[u8], change: &Change) -> Vec<u8> {
        let mut line = line.to_vec();
        let length = line.len();
        let part = |at: usize, size: usize| at % length..(at % length + size).min(length);
        match *change {
            Change::Set(at, byte) => line[at % length] = byte,
            Change::Cut(at) => line.truncate(at % length),
            Change::Remove(at, size) => drop(line.drain(part(at, size))),
            Change::Double(at, size) => {
                let copy = line[part(at, size)].to_vec();
                line.splice(at % length..at % length, copy);
            }
            Change::Glue(at) => line = [&line[..at % length], &line].concat(),
        }
        line
    }

    #[test]
    fn of_several_lines_the_first_is_looked_at() {
        let lines = b"{\"id\":\"a\"} \r\n{\"id\":\"b\"}";
        let (facts, length) = Facts::of_first(lines).unwrap();
        assert_eq!((facts, length), (Facts::of(&lines[..12]).unwrap(), 12));
        for lines in [&lines[14..], b"{\"id\":\"a\"}x\n", b"{\"id\":\n\"a\"}\n", b"\n{}\n"] {
            assert_eq!(Facts::of_first(lines), None, "{}", String::from_utf8_lossy(lines));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

        /// Whatever is in a line, skimming says what decoding says, or leaves it to decoding.
        #[test]
        fn skimming_says_nothing_else_than_decoding(
            pieces in prop::collection::vec(piece(), 0..8),
            closed in prop::bool::weighted(0.9),
        ) {
            let mut line = [b"{".as_slice(), &pieces.concat()].concat();
            if closed {
                line.pop_if(|last| *last == b',');
                line.push(b'}');
            }
            if let Some(skimmed) = Facts::skimmed(&line) {
                prop_assert_eq!(Some(skimmed), Facts::decoded(&line));
            }
        }

        /// The same for entries that were damaged a little.
        #[test]
        fn damage_is_noticed_by_skimming_too(
            seed in 0..50_u64,
            changes in prop::collection::vec(change(), 1..3),
        ) {
            let whole = Logs::seeded(seed).entry().to_string().into_bytes();
            let line = changes.iter().filter(|_| !whole.is_empty()).fold(whole.clone(), |line, change| {
                if line.is_empty() { line } else { changed(&line, change) }
            });
            if let Some(skimmed) = Facts::skimmed(&line) {
                prop_assert_eq!(Some(skimmed), Facts::decoded(&line));
            }
        }
    }
}
