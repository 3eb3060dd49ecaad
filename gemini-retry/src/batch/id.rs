//! The caller's name for a request, and which names were seen.

use std::collections::HashSet;

use records::sha256_hex;
use serde_json::{Number, Value};

/// The name of a request: a text or a number, as the caller wrote it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Id(Value);

/// From here on, a number in JSON is not exact in every reader.
const INEXACT: f64 = 9_007_199_254_740_992.0;

impl Id {
    /// The id that stands in a request.
    ///
    /// # Errors
    /// For anything that is no text and no exact number.
    pub(crate) fn read(value: &Value) -> Result<Self, &'static str> {
        match value {
            Value::String(_) => Ok(Self(value.clone())),
            // Whole numbers of more than 64 bits become floating point when they are read.
            Value::Number(number) if is_exact(number) => Ok(Self(value.clone())),
            Value::Number(_) => Err("a number as large as this is not exact; write it as a text"),
            _ => Err("expected a text or a number"),
        }
    }

    /// The id of a request that has none: the number of its line.
    pub(crate) fn of_line(line: u64) -> Self {
        Self(line.into())
    }

    /// As it was written.
    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    /// Equal for ids that are equal as JSON: `1` and `1.0` are, `1` and `"1"` are not.
    fn key(&self) -> u128 {
        let plain = match &self.0 {
            Value::Number(number) => match number.as_f64() {
                Some(float) if !number.is_i64() && !number.is_u64() && float.fract() == 0.0 => {
                    format!("{float:.0}")
                }
                _ => number.to_string(),
            },
            other => other.to_string(),
        };
        let digest = sha256_hex(plain.as_bytes());
        // Half of it: enough that no two differing ids were ever seen to share it.
        digest.get(..32).and_then(|half| u128::from_str_radix(half, 16).ok()).unwrap_or_default()
    }
}

fn is_exact(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|f| f.abs() < INEXACT)
}

/// A set of ids. It keeps a digest of each, so that a million of them need some 40 MB, however long
/// they are.
#[derive(Debug, Default)]
pub(crate) struct Ids(HashSet<u128>);

impl Ids {
    /// Adds one; false if it was there.
    pub(crate) fn add(&mut self, id: &Id) -> bool {
        self.0.insert(id.key())
    }

    /// Whether it is there.
    pub(crate) fn has(&self, id: &Id) -> bool {
        self.0.contains(&id.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn id(text: &str) -> Id {
        Id::read(&serde_json::from_str(text).unwrap()).unwrap()
    }

    #[test]
    fn ids_compare_as_json() {
        let mut ids = Ids::default();
        assert!(ids.add(&id("1")));
        for same in ["1", "1.0", "10e-1"] {
            assert!(!ids.add(&id(same)), "{same}");
        }
        for other in ["\"1\"", "-1", "1.5", "18446744073709551615", "\"\"", "0"] {
            assert!(ids.add(&id(other)), "{other}");
        }
        assert!(!ids.add(&id("\"\\u0031\"")), "an escape is only another way to write it");
        assert!(ids.has(&Id::of_line(1)));
        assert!(!ids.has(&Id::of_line(7)));
    }

    #[test]
    fn what_would_come_back_as_something_else_is_no_id() {
        for text in ["null", "true", "[1]", "{}", "18446744073709551616", "1e300"] {
            assert!(Id::read(&serde_json::from_str(text).unwrap()).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_id_is_found_and_no_other(a in "\\PC{0,12}", b in "\\PC{0,12}", n: i64) {
            let mut ids = Ids::default();
            prop_assert!(ids.add(&Id(json!(a))));
            prop_assert!(ids.add(&Id(json!(n))));
            prop_assert_eq!(ids.has(&Id(json!(b))), a == b);
            prop_assert!(ids.has(&Id(json!(n))) && !ids.has(&Id(json!(n.to_string()))) || a == n.to_string());
        }
    }
}
