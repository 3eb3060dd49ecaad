//! Takes keys out of every text before it leaves the program. The service itself echoes a key in
//! the message about a suspended consumer.

use cli::Failure;
use records::Noun;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

/// What stands in place of a key.
const GAP: &str = "[redacted]";
/// The form of keys before 2026: this, then 35 more characters.
const OLD_PREFIX: &str = "AIza";
/// The form of keys since 2026.
const NEW_PREFIX: &str = "AQ.";
/// What follows [`NEW_PREFIX`] has no fixed length; this much is no ordinary text.
const NEW_LENGTH: usize = 20;

/// Knows the keys of this run.
#[derive(Default)]
pub(crate) struct Redactor {
    keys: Vec<SecretString>,
}

impl Redactor {
    /// Knows these keys from now on.
    pub(crate) fn new(keys: impl IntoIterator<Item = SecretString>) -> Self {
        let mut redactor = Self::default();
        for key in keys {
            // Texts are redacted after they were written as JSON, too.
            let quoted = serde_json::Value::from(key.expose_secret()).to_string();
            let inner = quoted.trim_matches('"').to_owned();
            if inner != key.expose_secret() {
                redactor.keys.push(SecretString::from(inner));
            }
            redactor.keys.push(key);
        }
        redactor
    }

    /// `text` without any known key and without anything that has the form of one.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for key in &self.keys {
            if text.contains(key.expose_secret()) {
                text = text.replace(key.expose_secret(), GAP);
            }
        }
        let text = without_runs(&text, OLD_PREFIX, 35, false);
        without_runs(&text, NEW_PREFIX, NEW_LENGTH, true)
    }

    /// The same for an object that is to be printed.
    ///
    /// # Errors
    /// Exit 74 when it cannot be written as JSON.
    pub(crate) fn clean_noun<T: Noun + DeserializeOwned>(&self, noun: T) -> Result<T, Failure> {
        let fail = |e: serde_json::Error| Failure::world("cannot print the answer", e);
        let text = serde_json::to_string(&noun).map_err(fail)?;
        let cleaned = self.clean(&text);
        if cleaned == text { Ok(noun) } else { serde_json::from_str(&cleaned).map_err(fail) }
    }
}

/// `text` with each run gone that begins with `prefix` and goes on for at least `least` characters
/// of a key.
fn without_runs(text: &str, prefix: &str, least: usize, dots: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(prefix) {
        out.push_str(before);
        let of_key =
            |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || (dots && c == '.');
        let tail = after.trim_start_matches(of_key);
        if after.len() - tail.len() >= least {
            out.push_str(GAP);
            rest = tail;
        } else {
            out.push_str(prefix);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_has_the_form_of_a_key_goes_even_when_it_is_not_ours() {
        let redactor = Redactor::default();
        let old = format!("key AIza{} end", "a-_9".repeat(9));
        assert_eq!(redactor.clean(&old), "key [redacted] end");
        let new = format!("AQ.{}", "Ab8".repeat(12));
        assert_eq!(redactor.clean(&new), "[redacted]");
        for text in ["AIzaShort", "AQ. A question", "FAQ.md", ""] {
            assert_eq!(redactor.clean(text), text);
        }
    }

    #[test]
    fn a_key_that_json_escapes_is_found_in_json() {
        let key = r#"we"ird\key"#;
        let redactor = Redactor::new([SecretString::from(key)]);
        let json = serde_json::json!({ "m": format!("x {key} y") }).to_string();
        assert_eq!(redactor.clean(&json), r#"{"m":"x [redacted] y"}"#);
    }

    proptest! {
        #[test]
        fn no_text_keeps_a_known_key(
            before in "\\PC{0,40}", key in "[A-Za-z0-9_.-]{8,60}", after in "\\PC{0,40}",
        ) {
            let redactor = Redactor::new([SecretString::from(key.clone())]);
            let text = redactor.clean(&format!("{before}{key}{after}"));
            prop_assert!(!text.contains(&key) || GAP.contains(&key), "{}", text);
        }
    }
}
