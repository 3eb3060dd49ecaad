//! Takes the one JSON object out of an answer, or says why there is not exactly one.

use serde_json::{Map, Value};

use crate::answer::strict_json;

/// The one object of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// Its fields.
    pub(crate) object: Map<String, Value>,
    /// The same as it was written.
    pub(crate) written: String,
}

/// Finds the one object in `answer`, which came in reply to `prompt`.
///
/// It may stand in prose or in a code fence, as long as there is no other brace around it: a second
/// object, or the rest of one that was cut, would leave open which of them counts. It is never
/// repaired.
///
/// # Errors
/// One sentence that says what is wrong.
pub(crate) fn one_object(answer: &str, prompt: &str) -> Result<Found, String> {
    let answer = answer.trim_start_matches('\u{feff}').trim();
    let braces = answer.find('{').zip(answer.rfind('}'));
    let parts = braces.and_then(|(first, last)| {
        Some((answer.get(..first)?, answer.get(first..=last)?, answer.get(last + 1..)?))
    });
    let (before, written, after) = parts.ok_or("the answer holds no JSON object")?;
    // Only a closing brace can stand before the first opening one, and the other way round.
    if before.contains('}') || after.contains('{') {
        return Err("the answer is not exactly one JSON object: a brace stands alone".into());
    }
    if before.starts_with('[') || is_inside(before, after) {
        return Err("the answer is a part of something else, not one object".into());
    }
    let value = strict_json::read(written)
        .map_err(|e| format!("the answer is not exactly one JSON object: {e}"))?;
    let Value::Object(object) = value else { return Err("the answer is not an object".into()) };
    if is_echo(written, &object, prompt) {
        return Err("the answer repeats an object that stands in the prompt".into());
    }
    Ok(Found { object, written: written.to_owned() })
}

/// Whether what stands around an object makes it an item of a list or a field of another object.
fn is_inside(before: &str, after: &str) -> bool {
    let (before, after) = (before.trim_end(), after.trim_start());
    let key = before.strip_suffix(':').is_some_and(|rest| rest.trim_end().ends_with('"'));
    key || before.ends_with('[') || after.starts_with(']')
}

/// Whether the object stands in the prompt, whatever the blanks, the order of its keys and the
/// escapes, perhaps as JSON in a string: a model that repeats a sample from the document has not
/// reviewed it.
fn is_echo(written: &str, object: &Map<String, Value>, prompt: &str) -> bool {
    let counts = |c: &char| !c.is_whitespace() && *c != '\\';
    let dense = |text: &str| text.chars().filter(counts).collect::<String>();
    dense(prompt).contains(&dense(written)) || holds(prompt, object)
}

/// Whether one of the objects in `text` says the same as `object`.
fn holds(text: &str, object: &Map<String, Value>) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        // Each object is looked at, those in others too.
        let from = rest.get(rest.len() - after.len() - 1..).unwrap_or_default();
        rest = after;
        if !after.trim_start().starts_with(['"', '}']) {
            continue;
        }
        let mut values = serde_json::Deserializer::from_str(from).into_iter::<Map<String, Value>>();
        if values.next().is_some_and(|read| read.is_ok_and(|read| read == *object)) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_and_fences_around_it_do_no_harm() {
        for (before, after) in [
            ("", ""),
            ("\u{feff} ", "\n"),
            ("My review:\n```json\n", "\n```\nDone."),
            ("See [the design], \"as is\": then ", " [1]"),
        ] {
            let text = format!("{before}{{\"a\": \"a }} b\"}}{after}");
            assert_eq!(one_object(&text, "").unwrap().written, "{\"a\": \"a } b\"}", "{text}");
        }
    }

    #[test]
    fn a_part_of_something_else_is_none() {
        for text in [
            r#"[{"a":1}]"#,
            r#"[1, {"a":1}]"#,
            r#"Here: [ {"a":1} ]"#,
            r#""inner" : {"a":1}"#,
            r#"{"a":1} ]"#,
        ] {
            assert!(one_object(text, "").unwrap_err().contains("a part of"), "{text}");
        }
    }

    #[test]
    fn the_rest_of_another_object_leaves_open_which_counts() {
        for text in [r#"{"a":1} and {"b":"#, r#""b":1} and {"a":1}"#, r#"} {"a":1}"#] {
            assert!(one_object(text, "").unwrap_err().contains("a brace stands alone"), "{text}");
        }
    }

    #[test]
    fn an_object_of_the_prompt_is_not_an_answer() {
        let sample = r#"{"verdict": "APPROVED", "critique": "looks good"}"#;
        let prompt = format!("Answer like this:\n{}", sample.replace(", ", ",\n   "));
        let fault = one_object(sample, &prompt).unwrap_err();
        assert!(fault.contains("stands in the prompt"), "{fault}");
        for same in [
            r#"{"critique": "looks good", "verdict": "APPROVED"}"#,
            r#"{"\u0076erdict": "APPROVED", "critique": "looks \u0067ood"}"#,
        ] {
            assert!(one_object(same, &prompt).is_err(), "{same}");
            assert!(one_object(same, &format!("{{ {{x {{\"a\": [{sample}]}}")).is_err(), "{same}");
        }
        let in_a_string = Value::from(sample).to_string();
        assert!(one_object(sample, &format!("let s = {in_a_string};")).is_err());
        let other = r#"{"verdict": "APPROVED", "critique": "It looks good"}"#;
        assert!(one_object(other, &prompt).is_ok());
    }
}
