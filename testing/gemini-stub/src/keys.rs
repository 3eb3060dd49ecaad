//! Credential names with their keys. Everything that is written down uses the names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

use crate::script::ScriptError;

/// Keys shorter than this are test data that nobody has to hide.
const SHORTEST_SECRET: usize = 8;

/// Prints as the names alone.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Keys(BTreeMap<String, String>);

impl Keys {
    pub(crate) fn insert(&mut self, name: &str, key: &str) {
        self.0.insert(name.to_owned(), key.to_owned());
    }

    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The name of the credential with this key.
    pub(crate) fn name_of(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(_, value)| *value == key).map(|(name, _)| name.as_str())
    }

    /// What a script must satisfy before it is played.
    pub(crate) fn check(&self) -> Result<(), ScriptError> {
        let mut values = BTreeSet::new();
        for (name, key) in &self.0 {
            let problem = if name == "*" || name.is_empty() {
                "a credential needs a name, and `*` means any of them"
            } else if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                "a key must be visible ASCII without spaces"
            } else if !values.insert(key) {
                "another credential has the same key"
            } else {
                continue;
            };
            let place = format!("keys.{name}");
            return Err(ScriptError::Meaning { place, problem: problem.to_owned() });
        }
        Ok(())
    }

    /// `text` with every key taken out, in any case: header names are kept in lower case. A key too
    /// short to be one would only garble what it happens to occur in.
    pub(crate) fn redact(&self, text: &str) -> String {
        let secrets = self.0.values().filter(|key| key.len() >= SHORTEST_SECRET);
        secrets.fold(text.to_owned(), |text, key| without(&text, key))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// `key` is ASCII, and lowering ASCII letters moves no byte.
fn without(text: &str, key: &str) -> String {
    let (lower, key) = (text.to_ascii_lowercase(), key.to_ascii_lowercase());
    let mut kept = String::new();
    let mut from = 0;
    for (at, found) in lower.match_indices(&key) {
        kept += text.get(from..at).unwrap_or_default();
        kept += "[key]";
        from = at + found.len();
    }
    kept + text.get(from..).unwrap_or_default()
}
