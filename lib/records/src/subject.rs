//! What a review is about, and how a prompt says so.
//!
//! A prompt that `lld-check prompt` writes names its subject on its first line and carries the
//! subject's bytes between two lines with an unguessable marker:
//!
//! ```text
//! Subject: {"path":"docs/LLDs/active/98-x.md","sha256":"…","marker":"…"}
//!
//! (instructions)
//! -----BEGIN SUBJECT <marker>-----
//! (the bytes)
//! -----END SUBJECT <marker>-----
//! (closing instruction)
//! ```
//!
//! `gemini-retry` takes the subject from there and refuses a prompt whose bytes do not have the
//! digest that the first line states, so that the audit entry proves which bytes were sent
//! (docs/decisions/0005). For a branch, the header says `"form":"diff"`: what stands between the lines
//! is the list of changes, and the digest is of the bytes that it stands for (docs/decisions/0008).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{is_sha256_hex, raw_diff_bytes, sha256_hex};

/// A reviewed thing: where it is and the digest of the exact bytes that were reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// Path from the root of the repository.
    pub path: String,
    /// SHA-256 of the reviewed bytes, 64 lower-case hexadecimal digits. For an LLD these are its
    /// bytes without its own review log, for an implementation the branch's diff against its base as
    /// `git diff-tree -r -z` prints it.
    pub sha256: String,
}

/// Why the subject of a prompt cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// The first line begins like a subject line and is none.
    #[error("line 1: the subject line is not valid: {0}")]
    Header(String),
    /// A marker line is missing or stands more than once.
    #[error("the prompt has {found} lines '{line}'; exactly one was expected")]
    Marker {
        /// The line that was looked for.
        line: String,
        /// How often it stands in the prompt.
        found: usize,
    },
    /// The bytes between the markers are not those that the first line names.
    #[error("the subject's bytes have the digest {actual}, but line 1 says {stated}")]
    Digest {
        /// The digest on the first line.
        stated: String,
        /// The digest of the bytes between the markers.
        actual: String,
    },
    /// The text of a subject holds the marker that was to enclose it.
    #[error("the subject contains its own marker; make the prompt again")]
    MarkerInSubject,
    /// The first line announces the changes of a branch, and something else stands there.
    #[error("the subject is not the list of changes that line 1 announces")]
    NoDiff,
}

/// The subject of a prompt together with the marker that encloses its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectBlock {
    /// Path from the root of the repository.
    pub path: String,
    /// SHA-256 of the bytes between the marker lines.
    pub sha256: String,
    /// 32 lower-case hexadecimal digits, chosen at random for each prompt.
    pub marker: String,
    /// What stands between the marker lines.
    #[serde(default, skip_serializing_if = "SubjectForm::is_bytes")]
    pub form: SubjectForm,
}

/// What stands between the marker lines of a prompt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectForm {
    /// The reviewed bytes themselves.
    #[default]
    Bytes,
    /// The changes of a branch as lines; the digest is of the bytes that [`raw_diff_bytes`] makes of
    /// them.
    Diff,
}

impl SubjectForm {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_bytes(&self) -> bool {
        *self == Self::Bytes
    }
}

const HEADER: &str = "Subject: ";

impl SubjectBlock {
    /// The block for `bytes` at `path`, enclosed by `marker` (32 hexadecimal digits).
    ///
    /// # Errors
    /// [`SubjectError::MarkerInSubject`] when `bytes` contain the marker; choose another one.
    pub fn new(path: &str, bytes: &[u8], marker: &str) -> Result<Self, SubjectError> {
        let contains = bytes.windows(marker.len().max(1)).any(|w| w == marker.as_bytes());
        if contains || marker.is_empty() {
            return Err(SubjectError::MarkerInSubject);
        }
        let form = SubjectForm::Bytes;
        Ok(Self { path: path.into(), sha256: sha256_hex(bytes), marker: marker.into(), form })
    }

    /// The block for the changes of a branch, given as the lines that [`crate::raw_diff_lines`] makes.
    ///
    /// # Errors
    /// [`SubjectError::MarkerInSubject`] as for [`SubjectBlock::new`]; [`SubjectError::NoDiff`] for lines
    /// that are no changes.
    pub fn of_diff(branch: &str, lines: &str, marker: &str) -> Result<Self, SubjectError> {
        let raw = raw_diff_bytes(lines).ok_or(SubjectError::NoDiff)?;
        let block = Self::new(branch, lines.as_bytes(), marker)?;
        Ok(Self { sha256: sha256_hex(&raw), form: SubjectForm::Diff, ..block })
    }

    /// The line that opens the subject's bytes, without its newline.
    pub fn begin_line(&self) -> String {
        format!("-----BEGIN SUBJECT {}-----", self.marker)
    }

    /// The line that closes the subject's bytes, without its newline.
    pub fn end_line(&self) -> String {
        format!("-----END SUBJECT {}-----", self.marker)
    }

    /// The first line of the prompt, without its newline.
    pub fn header_line(&self) -> String {
        // A struct of three strings always serialises.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{HEADER}{json}")
    }

    /// The subject that `prompt` states, checked against the bytes that it carries; `None` when its
    /// first line states none.
    pub fn find(prompt: &str) -> Result<Option<Self>, SubjectError> {
        let Some(line) = prompt.lines().next() else { return Ok(None) };
        let Some(json) = line.strip_prefix(HEADER) else { return Ok(None) };
        if !json.trim_start().starts_with('{') {
            // An ordinary sentence that happens to begin with the word.
            return Ok(None);
        }
        let block: Self =
            serde_json::from_str(json).map_err(|e| SubjectError::Header(e.to_string()))?;
        let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_sha256_hex(&block.sha256) || block.marker.len() != 32 || !hex(&block.marker) {
            return Err(SubjectError::Header("sha256 or marker has the wrong form".into()));
        }
        let enclosed = block.enclosed(prompt)?;
        let actual = match block.form {
            SubjectForm::Bytes => sha256_hex(enclosed.as_bytes()),
            SubjectForm::Diff => sha256_hex(&raw_diff_bytes(enclosed).ok_or(SubjectError::NoDiff)?),
        };
        if actual != block.sha256 {
            return Err(SubjectError::Digest { stated: block.sha256, actual });
        }
        Ok(Some(block))
    }

    /// The subject without the marker, as the audit entry holds it.
    pub fn subject(&self) -> Subject {
        Subject { path: self.path.clone(), sha256: self.sha256.clone() }
    }

    fn enclosed<'a>(&self, prompt: &'a str) -> Result<&'a str, SubjectError> {
        let begin = format!("\n{}\n", self.begin_line());
        let end = format!("\n{}\n", self.end_line());
        let once = |needle: &str| match prompt.matches(needle).count() {
            1 => Ok(()),
            found => Err(SubjectError::Marker { line: needle.trim().into(), found }),
        };
        once(&begin)?;
        once(&end)?;
        let missing = |line: &str| SubjectError::Marker { line: line.trim().into(), found: 0 };
        let (_, rest) = prompt.split_once(&begin).ok_or_else(|| missing(&begin))?;
        let (bytes, _) = rest.split_once(&end).ok_or_else(|| missing(&end))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MARKER: &str = "0123456789abcdef0123456789abcdef";

    fn prompt(block: &SubjectBlock, text: &str) -> String {
        format!(
            "{}\n\nReview.\n{}\n{text}\n{}\nJSON only.\n",
            block.header_line(),
            block.begin_line(),
            block.end_line()
        )
    }

    #[test]
    fn a_prompt_without_a_subject_line_has_none() {
        assert_eq!(SubjectBlock::find(""), Ok(None));
        assert_eq!(SubjectBlock::find("Review this."), Ok(None));
        assert_eq!(SubjectBlock::find("Subject: the schema\nReview this."), Ok(None));
    }

    #[test]
    fn a_stated_subject_without_its_bytes_is_refused() {
        let block = SubjectBlock::new("a.md", b"design", MARKER).unwrap();
        let header_only = format!("{}\nReview.\n", block.header_line());
        assert!(matches!(SubjectBlock::find(&header_only), Err(SubjectError::Marker { .. })));
        let twice = prompt(&block, "design") + &prompt(&block, "design");
        assert!(matches!(SubjectBlock::find(&twice), Err(SubjectError::Marker { found: 2, .. })));
        assert!(matches!(
            SubjectBlock::find("Subject: {\"path\":\"a\"}\n"),
            Err(SubjectError::Header(_))
        ));
    }

    proptest! {
        #[test]
        fn exactly_the_stated_bytes_are_accepted(text in "\\PC{0,60}(\n\\PC{0,60}){0,4}", extra in "\\PC{1,5}") {
            let block = SubjectBlock::new("docs/a.md", text.as_bytes(), MARKER).unwrap();
            prop_assert_eq!(SubjectBlock::find(&prompt(&block, &text)), Ok(Some(block.clone())));
            let changed = format!("{text}{extra}");
            let found = SubjectBlock::find(&prompt(&block, &changed));
            let refused = matches!(found, Err(SubjectError::Digest { .. }));
            prop_assert!(refused, "{:?}", found);
        }

        #[test]
        fn a_list_of_changes_is_bound_by_the_digest_of_what_it_stands_for(
            path in "[a-zä/\t\"]{1,12}", letter in "[b-f]",
        ) {
            let raw = format!(":100644 100644 aaaa {letter}{letter} M\0{path}\0");
            let lines = crate::raw_diff_lines(raw.as_bytes()).unwrap();
            let block = SubjectBlock::of_diff("98-x", lines.trim_end(), MARKER).unwrap();
            prop_assert_eq!(&block.sha256, &sha256_hex(raw.as_bytes()));
            let sent = prompt(&block, lines.trim_end());
            prop_assert_eq!(SubjectBlock::find(&sent), Ok(Some(block.clone())));
            let changed = sent.replace("aaaa", "aaab");
            let refused = matches!(SubjectBlock::find(&changed), Err(SubjectError::Digest { .. }));
            prop_assert!(refused);
            let no_list = sent.replace(":100644", "100644");
            prop_assert_eq!(SubjectBlock::find(&no_list), Err(SubjectError::NoDiff));
        }

        #[test]
        fn no_prompt_panics(text in "(Subject: )?\\PC{0,200}") {
            drop(SubjectBlock::find(&text));
        }
    }
}
