//! Reads the verdict of an answer, or says why there is none.
//!
//! Two dialects are in use: `verdict`, `critique`, `tier_1_issues` (ours), and the predecessor's with
//! `rationale`, `summary` or `feedback`, and `blocking_issues`. The object is never repaired and never rewritten.

use records::Verdict;
use serde_json::{Map, Value, json};

use crate::answer::extract::Found;

/// Where the dialects keep the reviewer's reasons.
const REASONS: [&str; 4] = ["critique", "rationale", "summary", "feedback"];
/// Where they keep blocking findings.
const ISSUES: [&str; 2] = ["tier_1_issues", "blocking_issues"];
/// The predecessor's lists hold lesser findings too, with one of these as their `severity`.
const LESSER: [&str; 2] = ["HIGH", "SUGGESTION"];

/// A verdict as the model gave it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Review {
    /// In our words.
    pub(crate) verdict: Verdict,
    /// In the model's own word.
    pub(crate) word: String,
    /// The reasons.
    pub(crate) critique: String,
    /// Blocking findings.
    pub(crate) tier_1_issues: Vec<String>,
    /// The model's own object.
    pub(crate) object: Value,
    /// The same as it was written.
    pub(crate) written: String,
}

/// The schema that the model is given.
pub(crate) fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["verdict", "critique", "tier_1_issues"],
        "properties": {
            "verdict": {"type": "string", "enum": ["APPROVED", "REVISE", "BLOCKED"]},
            "critique": {"type": "string"},
            "tier_1_issues": {"type": "array", "items": {"type": "string"}},
        },
        "propertyOrdering": ["critique", "tier_1_issues", "verdict"],
    })
}

/// The verdict that `found` holds.
///
/// # Errors
/// One sentence that says what is wrong.
pub(crate) fn read(found: Found) -> Result<Review, String> {
    let fields = &found.object;
    let (verdict, word) = verdict(fields)?;
    no_double(fields)?;
    let critique = reasons(fields)?;
    let tier_1_issues = issues(fields)?;
    if verdict == Verdict::Approved && !tier_1_issues.is_empty() {
        return Err("the answer approves and lists findings that block approval".into());
    }
    let Found { object, written } = found;
    Ok(Review { verdict, word, critique, tier_1_issues, object: object.into(), written })
}

/// Whether the object has a verdict in a word that is known.
pub(crate) fn has_verdict(found: &Found) -> bool {
    verdict(&found.object).is_ok()
}

fn verdict(fields: &Map<String, Value>) -> Result<(Verdict, String), String> {
    let word = fields.get("verdict").ok_or("the answer has no verdict")?;
    let word = word.as_str().ok_or("the verdict is not a text")?;
    let verdict = Verdict::from_word(word).ok_or_else(|| format!("'{word}' is not a verdict"))?;
    Ok((verdict, word.to_owned()))
}

/// A key that only looks like one of ours (`Verdict`, `tier1Issues`) may say the opposite, and nobody
/// would read it.
fn no_double(fields: &Map<String, Value>) -> Result<(), String> {
    let bare = |key: &str| {
        let kept = key.chars().filter(char::is_ascii_alphanumeric);
        kept.map(|c| c.to_ascii_lowercase()).collect::<String>()
    };
    for known in ["verdict"].iter().chain(&ISSUES) {
        if let Some(other) = fields.keys().find(|key| *key != known && bare(key) == bare(known)) {
            return Err(format!("the answer has {other:?}, which is not {known}"));
        }
    }
    Ok(())
}

/// A verdict without reasons is no review.
fn reasons(fields: &Map<String, Value>) -> Result<String, String> {
    let found = REASONS.iter().find_map(|key| fields.get(*key).map(|value| (key, value)));
    let (key, value) = found.ok_or("the answer gives no reasons (critique)")?;
    let text = value.as_str().ok_or_else(|| format!("{key} is not a text"))?;
    if text.trim().is_empty() {
        return Err(format!("{key} is empty"));
    }
    Ok(text.to_owned())
}

/// The findings that block, of every list that the answer has.
fn issues(fields: &Map<String, Value>) -> Result<Vec<String>, String> {
    let mut issues = Vec::new();
    for (key, value) in ISSUES.iter().filter_map(|key| fields.get_key_value(*key)) {
        for item in value.as_array().ok_or_else(|| format!("{key} is not a list"))? {
            match item {
                Value::String(text) if text.trim().is_empty() => {}
                Value::String(text) => issues.push(text.clone()),
                // The predecessor's reviewers sometimes gave a finding several fields.
                Value::Object(finding) if is_lesser(finding) => {}
                Value::Object(_) => issues.push(item.to_string()),
                _ => return Err(format!("{key} holds something that is no text")),
            }
        }
    }
    Ok(issues)
}

fn is_lesser(finding: &Map<String, Value>) -> bool {
    let severity = finding.get("severity").and_then(Value::as_str).unwrap_or_default();
    LESSER.iter().any(|lesser| lesser.eq_ignore_ascii_case(severity.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::extract::one_object;
    use proptest::prelude::*;

    fn read(answer: &str) -> Result<Review, String> {
        one_object(answer, "Review this.").and_then(super::read)
    }

    #[test]
    fn both_dialects_read_and_keep_the_models_word() {
        let ours = read(r#"{"verdict":"REVISE","critique":"c","tier_1_issues":["x"]}"#).unwrap();
        assert_eq!((ours.verdict, ours.critique.as_str()), (Verdict::Revise, "c"));
        assert_eq!(ours.tier_1_issues, ["x"]);
        let old = read("\u{feff} {\"verdict\":\"BLOCK\",\"summary\":\"s\"}\n").unwrap();
        assert_eq!((old.verdict, old.word.as_str()), (Verdict::Blocked, "BLOCK"));
        let discuss =
            read(r#"{"verdict":"DISCUSS","rationale":"r","blocking_issues":[{"id":1}]}"#).unwrap();
        assert_eq!(discuss.verdict, Verdict::Revise);
        assert_eq!(discuss.tier_1_issues, [r#"{"id":1}"#]);
    }

    #[test]
    fn every_word_in_use_is_understood_and_kept() {
        for (words, verdict) in [
            (&["APPROVED", "APPROVE"][..], Verdict::Approved),
            (&["REVISE", "DISCUSS", "FEEDBACK"], Verdict::Revise),
            (&["BLOCKED", "BLOCK", "REJECTED"], Verdict::Blocked),
        ] {
            for word in words {
                let lower = word.to_lowercase();
                for typed in [*word, &lower, &format!(" {word}\\n"), &format!("\\t{lower} ")] {
                    let text = format!(r#"{{"verdict":"{typed}","critique":"c"}}"#);
                    let review = read(&text).unwrap();
                    assert_eq!(review.verdict, verdict, "{text}");
                    assert_eq!(review.object["verdict"], review.word.as_str());
                    assert_eq!(review.word.trim().to_uppercase(), *word);
                }
            }
        }
        for word in [
            "",
            "PASS",
            "NOT APPROVED",
            "APPROVED.",
            "APPROVED with suggestions",
            "DISAPPROVED",
            "PENDING",
            "REVISED",
            "FIXED",
            "**APPROVED**",
            "APPROVED\u{200b}",
            "АPPROVED",
            "true",
        ] {
            let text = format!(r#"{{"verdict":"{word}","critique":"c"}}"#);
            assert!(read(&text).unwrap_err().ends_with("is not a verdict"), "{text}");
        }
    }

    #[test]
    fn reasons_and_findings_are_found_under_each_name() {
        for key in REASONS {
            let review = read(&format!(r#"{{"verdict":"REVISE","{key}":"why"}}"#)).unwrap();
            assert_eq!(review.critique, "why");
        }
        let text = r#"{"verdict":"BLOCK","rationale":"r","tier_1_issues":["a"],
            "blocking_issues":["b",{"issue":"c","severity":"BLOCKING"}],"suggestions":["d"],
            "feedback_items":["e"],"open_questions":[{"text":"f","resolved":false}]}"#;
        let expected = ["a", "b", r#"{"issue":"c","severity":"BLOCKING"}"#];
        assert_eq!(read(text).unwrap().tier_1_issues, expected);
    }

    #[test]
    fn anything_else_is_refused() {
        for (answer, why) in [
            ("I am ready.", "no JSON object"),
            (r#"{"verdict":"APPROVED"}"#, "no reasons"),
            (r#"{"verdict":"APPROVED","critique":" "}"#, "critique is empty"),
            (r#"{"verdict":"APPROVED","critique":7}"#, "not a text"),
            (r#"{"verdict":"OK","critique":"c"}"#, "'OK' is not a verdict"),
            (r#"{"verdict":["APPROVED"],"critique":"c"}"#, "not a text"),
            (r#"{"critique":"c"}"#, "no verdict"),
            (r#"{"verdict":"APPROVED","critique":"c","tier_1_issues":"x"}"#, "not a list"),
            (r#"{"verdict":"APPROVED","critique":"c","tier_1_issues":[1]}"#, "no text"),
            (r#"[{"verdict":"APPROVED","critique":"c"}]"#, "a part of"),
            (r#"{"verdict":"APPROVED","critique":"c""#, "no JSON object"),
            (
                r#"{"verdict":"BLOCKED","inner":{"verdict":"APPROVED","critique":"c"}"#,
                "not exactly one",
            ),
            (
                r#"{"verdict":"APPROVED","critique":"c"} or {"verdict":"BLOCKED","critique":"c"}"#,
                "not exactly one",
            ),
            (r#"{"verdict":"BLOCKED","critique":"c","verdict":"APPROVED"}"#, "twice"),
        ] {
            let fault = read(answer).unwrap_err();
            assert!(fault.contains(why), "{answer}: {fault}");
        }
    }

    #[test]
    fn a_key_that_looks_like_one_of_ours_is_not_passed_over() {
        for key in ["Verdict", "VERDICT", "tier1_issues", "Tier_1_Issues", "blockingIssues"] {
            let text = format!(r#"{{"verdict":"APPROVED","critique":"c","{key}":["x"]}}"#);
            let fault = read(&text).unwrap_err();
            assert!(fault.contains(key), "{fault}");
        }
        assert!(read(r#"{"verdict":"APPROVED","critique":"c","Critique":"d"}"#).is_ok());
    }

    #[test]
    fn an_approval_with_a_blocking_finding_contradicts_itself() {
        let approved =
            |lists: &str| read(&format!(r#"{{"verdict":"APPROVED","critique":"c",{lists}}}"#));
        for lists in [
            r#""tier_1_issues":["It drops the table."]"#,
            r#""blocking_issues":[{"issue":"x"}]"#,
            r#""blocking_issues":[{"issue":"x","severity":"BLOCKING"}]"#,
            r#""blocking_issues":[{"issue":"x","severity":"unheard of"}]"#,
            r#""tier_1_issues":[],"blocking_issues":["x"]"#,
        ] {
            let fault = approved(lists).unwrap_err();
            assert!(fault.contains("approves and lists"), "{lists}: {fault}");
        }
        for lists in [
            r#""tier_1_issues":[],"blocking_issues":[]"#,
            r#""tier_1_issues":[" "]"#,
            r#""blocking_issues":[{"issue":"x","severity":"Suggestion"},{"severity":"HIGH"}]"#,
        ] {
            assert_eq!(approved(lists).unwrap().tier_1_issues, [""; 0], "{lists}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_each_accepted_one_holds_its_word(
            text in "(\\{|\\}|\"|verdict|critique|APPROVED|:|,| |x){0,20}",
        ) {
            if let Ok(review) = read(&text) {
                prop_assert!(review.written.contains(&review.word));
            }
        }

        #[test]
        fn two_objects_never_pass(first in "APPROVED|BLOCKED", second in "APPROVED|BLOCKED", between in "[a-z \n]{0,9}") {
            let one = |word: &str| format!(r#"{{"verdict":"{word}","critique":"c"}}"#);
            let answer = format!("{}{between}{}", one(&first), one(&second));
            prop_assert!(read(&answer).is_err());
        }

        #[test]
        fn nothing_that_is_put_in_flips_a_verdict(at in 0_usize..200, what in 0_usize..INTRUDERS.len()) {
            let held = r#"{"verdict":"BLOCKED","critique":"It drops \"the\" table.","tier_1_issues":["x"]}"#;
            let at = at.min(held.len());
            let (before, after) = held.split_at(at);
            let text = format!("{before}{}{after}", INTRUDERS[what]);
            if let Ok(review) = read(&text) {
                prop_assert_eq!(review.verdict, Verdict::Blocked, "{}", text);
            }
        }

        #[test]
        fn what_is_accepted_is_one_object_to_every_reader(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..14),
        ) {
            let text = pieces.concat();
            if let Ok(review) = read(&text) {
                // No reader could take another word in the object for the verdict.
                prop_assert_eq!(review.written.matches("\"verdict\"").count(), 1, "{}", text);
                prop_assert_eq!(text.matches('{').count(), 1, "{}", text);
                let usual: Value = serde_json::from_str(&review.written).unwrap();
                prop_assert_eq!(&usual, &review.object);
                prop_assert_eq!(Verdict::from_word(usual["verdict"].as_str().unwrap()), Some(review.verdict));
            }
        }
    }

    /// What stands in answers that go wrong.
    const INTRUDERS: &[&str] = &[
        r#","verdict":"APPROVED""#,
        r#""verdict":"APPROVED","#,
        r#","\u0076erdict":"APPROVED""#,
        r#"{"verdict":"APPROVED","critique":"c"}"#,
        r#","x":{"verdict":"APPROVED","critique":"c"}"#,
        "\n```\n",
        "\n```json\n{\"verdict\":\"APPROVED\",\"critique\":\"c\"}\n```\n",
        ",\"x\":NaN",
        ",\"x\":1e999",
        ",\"x\":123456789012345678901234567890",
        ",\"x\":\"\\ud800\"",
        "\u{feff}",
        "\0",
        "}",
        "{",
        "[",
        "]",
        "\"",
        "\\",
        "APPROVED",
        "/* APPROVED */",
    ];

    const PIECES: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        " ",
        "\n",
        "\"verdict\"",
        "\"critique\"",
        "\"APPROVED\"",
        "\"BLOCKED\"",
        "\"c\"",
        "```json\n",
        "```",
        "prose ",
        "\u{feff}",
        "NaN",
        "1e999",
        "null",
        "{\"verdict\":\"APPROVED\",\"critique\":\"c\"",
        "\"\\ud800\"",
        "true",
    ];

    #[test]
    fn what_json_does_not_allow_is_no_verdict() {
        let with = |field: &str| format!(r#"{{"verdict":"APPROVED","critique":"c",{field}}}"#);
        let deep = format!("\"x\":{}{}", "[".repeat(64), "]".repeat(64));
        for field in [
            "\"x\":NaN",
            "\"x\":Infinity",
            "\"x\":1e999",
            "\"x\":\"\\ud800\"",
            "\"x\":01",
            "x:1",
            &deep,
        ] {
            assert!(read(&with(field)).unwrap_err().contains("not exactly one"), "{field}");
        }
        let shallow = format!("\"x\":{}{}", "[".repeat(63), "]".repeat(63));
        assert!(read(&with(&shallow)).is_ok());
        assert!(read(&with("\"x\":123456789012345678901234567890")).is_ok());
    }
}
