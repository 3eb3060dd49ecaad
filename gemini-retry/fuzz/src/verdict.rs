//! Any answer to any prompt: what is accepted is one JSON object to every reader, and none that
//! stands in the prompt.

use serde_json::Value;

use crate::answer::extract::one_object;
use crate::answer::strict_json;
use crate::answer::verdict::read;

/// The first two bytes are the length of the prompt; the answer follows it.
pub fn check(input: &[u8]) {
    let [high, low, rest @ ..] = input else { return };
    let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
    let (prompt, answer) = rest.split_at(length);
    let (Ok(prompt), Ok(answer)) = (str::from_utf8(prompt), str::from_utf8(answer)) else { return };
    let Ok(found) = one_object(answer, prompt) else { return };

    let strict = strict_json::read(&found.written).expect("strict JSON");
    assert_eq!(strict, Value::Object(found.object.clone()));
    let usual: Value = serde_json::from_str(&found.written).expect("JSON");
    assert_eq!(strict, usual);
    let (before, after) = answer.split_once(&found.written).expect("a part of the answer");
    assert!(!before.contains(['{', '}']) && !after.contains(['{', '}']), "another brace");
    assert!(!prompt.contains(&found.written), "an echo");

    if let Ok(review) = read(found) {
        assert_eq!(usual["verdict"], review.word.as_str());
        assert_eq!(records::Verdict::from_word(&review.word), Some(review.verdict));
        assert!(!review.critique.trim().is_empty());
        let approved = review.verdict == records::Verdict::Approved;
        assert!(!approved || review.tier_1_issues.is_empty(), "approved with findings");
    }
}
