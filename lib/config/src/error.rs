//! What can be wrong with the file, in words that say where and what to write instead.

use std::path::{Path, PathBuf};

use records::{Exit, Fault};

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is there and cannot be read.
    #[error("cannot read {path}: {source}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not UTF-8.
    #[error("{path}:{line}: byte {offset} is not UTF-8", path = .path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
        /// Line of the first bad byte, from 1.
        line: u64,
        /// Its offset from the start of the file.
        offset: usize,
    },
    /// Not YAML, or a key or value that the section does not know.
    #[error("{path}:{line}:{column}: {why}", path = .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
        /// What is wrong there.
        why: String,
        /// The key that was probably meant.
        suggestion: Option<String>,
    },
}

impl Fault for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Read { .. } => Exit::World,
            Self::Encoding { .. } | Self::Content { .. } => Exit::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::Encoding { .. } => Some("save the file as UTF-8".into()),
            Self::Content { suggestion, .. } => {
                suggestion.as_ref().map(|key| format!("did you mean '{key}'?"))
            }
        }
    }
}

impl Error {
    /// A mistake that a tool finds in its own section after it was read, at a known line.
    pub fn at(path: &Path, line: u64, column: u64, why: impl Into<String>) -> Self {
        Self::Content { path: path.into(), line, column, why: why.into(), suggestion: None }
    }

    /// From the parser's error.
    pub(crate) fn parse(path: &Path, error: &serde_saphyr::Error) -> Self {
        let at = error.location();
        let (line, column) = at.map_or((1, 1), |at| (at.line(), at.column()));
        let text = error.without_snippet().to_string();
        // The parser repeats the position behind its message, and names options and functions of its own.
        let why = text.split(" at line ").next().unwrap_or(&text);
        let why = why.split(", set DuplicateKeyPolicy").next().unwrap_or(why);
        let why = why.split("; use ").next().unwrap_or(why).to_owned();
        let suggestion = suggest(&why);
        Self::Content { path: path.into(), line, column, why, suggestion }
    }
}

/// The expected key nearest to the unknown one, from a message such as
/// ``unknown field `taks`, expected one of base, tasks``.
fn suggest(why: &str) -> Option<String> {
    let rest = why.split_once("unknown field `")?.1;
    let (unknown, rest) = rest.split_once('`')?;
    let known = rest.split_once("expected ")?.1;
    let known = known.strip_prefix("one of ").unwrap_or(known);
    known
        .split(',')
        .map(|key| key.trim().trim_matches('`'))
        .map(|key| (strsim::damerau_levenshtein(unknown, key), key))
        .filter(|(distance, key)| *distance <= 1 + key.len() / 3)
        .min()
        .map(|(_, key)| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::suggest;

    #[test]
    fn a_near_key_is_suggested_and_a_far_one_is_not() {
        let expected = "expected one of base, tasks";
        let suggest = |key: &str| suggest(&format!("unknown field `{key}`, {expected}"));
        assert_eq!(suggest("taks").as_deref(), Some("tasks"));
        assert_eq!(suggest("bse").as_deref(), Some("base"));
        assert_eq!(suggest("anything"), None);
    }
}
