//! Takes exactly one verdict out of an answer, or says why there is none.
//!
//! Two dialects are in use: `verdict`, `critique`, `tier_1_issues` (ours), and the predecessor's with
//! `rationale` or `summary` and `blocking_issues`. The object is never repaired and never rewritten.

use records::Verdict;
use serde_json::{Map, Value, json};

use crate::answer::strict_json;

/// Where the dialects keep the reviewer's reasons.
const REASONS: [&str; 3] = ["critique", "rationale", "summary"];
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

/// Finds the one verdict in `answer`, which came in reply to `prompt`.
///
/// The object may stand in prose or in a code fence, as long as there is no other brace around it: a
/// second object, or the rest of one that was cut, would leave open which of them counts.
///
/// # Errors
/// One sentence that says what is wrong.
pub(crate) fn extract(answer: &str, prompt: &str) -> Result<Review, String> {
    let answer = answer.trim_start_matches('\u{feff}').trim();
    if answer.starts_with('[') {
        return Err("the answer is a list, not one object".into());
    }
    let braces = answer.find('{').zip(answer.rfind('}'));
    let written = braces.and_then(|(first, last)| answer.get(first..=last));
    let written = written.ok_or("the answer holds no JSON object")?;
    let object = strict_json::read(written)
        .map_err(|e| format!("the answer is not exactly one JSON object: {e}"))?;
    let fields = object.as_object().ok_or("the answer is not an object")?;
    let (verdict, word) = verdict(fields)?;
    let critique = reasons(fields)?;
    let tier_1_issues = issues(fields)?;
    if verdict == Verdict::Approved && !tier_1_issues.is_empty() {
        return Err("the answer approves and lists findings that block approval".into());
    }
    if is_echo(written, prompt) {
        return Err("the answer repeats an object that stands in the prompt".into());
    }
    let written = written.to_owned();
    Ok(Review { verdict, word, critique, tier_1_issues, object, written })
}

fn verdict(fields: &Map<String, Value>) -> Result<(Verdict, String), String> {
    let word = fields.get("verdict").ok_or("the answer has no verdict")?;
    let word = word.as_str().ok_or("the verdict is not a text")?;
    let verdict = Verdict::from_word(word).ok_or_else(|| format!("'{word}' is not a verdict"))?;
    Ok((verdict, word.to_owned()))
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

/// Whether the object stands in the prompt, whatever the blanks: a model that repeats a sample from
/// the document has not reviewed it.
fn is_echo(written: &str, prompt: &str) -> bool {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    dense(prompt).contains(&dense(written))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(answer: &str) -> Result<Review, String> {
        extract(answer, "Review this.")
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
    fn prose_and_fences_around_it_do_no_harm() {
        let text = "My review:\n```json\n{\"verdict\": \"APPROVED\",\n \"critique\": \"a } b\"}\n```\nDone.";
        let review = read(text).unwrap();
        assert!(review.written.starts_with('{') && review.written.ends_with('}'));
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
            (r#"[{"verdict":"APPROVED","critique":"c"}]"#, "a list"),
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

    #[test]
    fn an_object_of_the_prompt_is_not_an_answer() {
        let sample = r#"{"verdict": "APPROVED", "critique": "looks good"}"#;
        let prompt = format!("Answer like this:\n{}", sample.replace(", ", ",\n   "));
        let fault = extract(sample, &prompt).unwrap_err();
        assert!(fault.contains("stands in the prompt"), "{fault}");
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
    }
}
