//! The texts of an entry, wherever in it they stand.

use std::borrow::Cow;

use audit_log::mended;

/// Every text of a line of JSON as a person reads it, that is without escapes, in their order; keys
/// are none. Half of a surrogate pair reads as U+FFFD.
pub(crate) fn texts(line: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut rest = line;
    std::iter::from_fn(move || {
        loop {
            let begin = rest.find('"')?;
            let token = rest.get(begin..)?;
            let length = quoted(token)?;
            let (token, after) = token.split_at(length);
            rest = after;
            if !after.trim_ascii_start().starts_with(':') {
                return Some(plain(token));
            }
        }
    })
}

/// The length of the text that `token` begins with, quotes included.
fn quoted(token: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in token.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn plain(token: &str) -> Cow<'_, str> {
    let inside = token.get(1..token.len() - 1).unwrap_or_default();
    if !inside.contains('\\') {
        return Cow::Borrowed(inside);
    }
    let read = serde_json::from_str(token).or_else(|_| serde_json::from_str(&mended(token)));
    Cow::Owned(read.unwrap_or_else(|_| inside.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn texts_are_read_and_keys_are_not() {
        let line = r#"{"a" : "x\ny","b":{"k":["\"q\"",1,"\ud800"]},"c":""}"#;
        assert_eq!(texts(line).collect::<Vec<_>>(), ["x\ny", "\"q\"", "\u{fffd}", ""]);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,6}[\"\\\\:\n]{0,3}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("[a:\"]{0,3}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn of(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| of(item, found)),
            Value::Object(members) => members.values().for_each(|item| of(item, found)),
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn they_are_those_of_the_value(value in any_value(), pretty in any::<bool>()) {
            let line = if pretty { format!("{value:#}") } else { value.to_string() };
            let mut expected = Vec::new();
            of(&value, &mut expected);
            prop_assert_eq!(texts(&line).collect::<Vec<_>>(), expected);
        }
    }
}
