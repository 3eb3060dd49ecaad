//! The three verdicts, and the words that reviewers use for them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a review said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// The subject may go on as it stands.
    Approved,
    /// The subject needs changes and another review.
    Revise,
    /// The subject must not go on.
    Blocked,
}

impl Verdict {
    /// Reads a reviewer's word, in any case and with surrounding blanks.
    ///
    /// The words in use were counted in the predecessor's files: APPROVE and APPROVED; REVISE,
    /// DISCUSS and FEEDBACK; BLOCK, BLOCKED and REJECTED. Anything else is `None`: an unknown word
    /// is never an approval.
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.trim();
        let is = |known: &[&str]| known.iter().any(|k| k.eq_ignore_ascii_case(word));
        if is(&["APPROVED", "APPROVE"]) {
            Some(Self::Approved)
        } else if is(&["REVISE", "DISCUSS", "FEEDBACK"]) {
            Some(Self::Revise)
        } else if is(&["BLOCKED", "BLOCK", "REJECTED"]) {
            Some(Self::Blocked)
        } else {
            None
        }
    }

    /// The word that is written to files: `APPROVED`, `REVISE` or `BLOCKED`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::Revise => "REVISE",
            Self::Blocked => "BLOCKED",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_word_in_use_has_one_meaning() {
        for (word, verdict) in [
            ("APPROVED", Verdict::Approved),
            ("approve", Verdict::Approved),
            (" Revise ", Verdict::Revise),
            ("DISCUSS", Verdict::Revise),
            ("FEEDBACK", Verdict::Revise),
            ("BLOCK", Verdict::Blocked),
            ("Blocked", Verdict::Blocked),
            ("REJECTED", Verdict::Blocked),
        ] {
            assert_eq!(Verdict::from_word(word), Some(verdict), "{word}");
        }
    }

    #[test]
    fn a_near_miss_is_no_verdict() {
        for word in
            ["", "NOT APPROVED", "DISAPPROVED", "APPROVED with suggestions", "PENDING", "OK"]
        {
            assert_eq!(Verdict::from_word(word), None, "{word}");
        }
    }

    proptest! {
        #[test]
        fn only_two_words_approve(word in "\\PC{0,24}") {
            let approves = Verdict::from_word(&word) == Some(Verdict::Approved);
            let lower = word.trim().to_ascii_lowercase();
            prop_assert_eq!(approves, lower == "approved" || lower == "approve");
        }
    }
}
