//! Who speaks in a row of the review log.

use super::words::words;

/// Whose statement a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    /// What they are.
    pub(crate) role: Role,
    /// The name that numbers belong to, such as `gemini`; empty where only a number stands.
    pub(crate) name: String,
    /// Which of their reviews it is.
    pub(crate) number: Option<u32>,
}

/// What an author is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Somebody who judges the document.
    Reviewer,
    /// Who wrote it.
    Author,
    /// A program.
    Program,
    /// The template's words.
    Template,
    /// Nobody is named.
    Nobody,
}

/// First words of what authors call their own rows.
const AUTHORS: [&str; 22] = [
    "revision",
    "revisions",
    "revised",
    "self",
    "author",
    "drafter",
    "draft",
    "designer",
    "response",
    "reply",
    "rework",
    "fix",
    "fixes",
    "update",
    "updated",
    "edit",
    "edits",
    "amendment",
    "addressed",
    "implementer",
    "rewrite",
    "patch",
];
/// Words that name a program.
const PROGRAMS: [&str; 20] = [
    "mechanical",
    "validation",
    "validator",
    "lint",
    "linter",
    "automated",
    "automatic",
    "auto",
    "script",
    "checker",
    "precheck",
    "preflight",
    "ci",
    "pytest",
    "tests",
    "coverage",
    "static",
    "bot",
    "mypy",
    "schema",
];
/// Words that come before a review's number, or around it.
const AROUND: [&str; 18] = [
    "review",
    "reviews",
    "round",
    "iteration",
    "attempt",
    "cycle",
    "pass",
    "no",
    "nr",
    "the",
    "re",
    "lld",
    "design",
    "final",
    "reviewer",
    "verdict",
    "r",
    "v",
];
const ORDINALS: [(&str, u32); 10] = [
    ("first", 1),
    ("initial", 1),
    ("1st", 1),
    ("second", 2),
    ("2nd", 2),
    ("third", 3),
    ("3rd", 3),
    ("fourth", 4),
    ("4th", 4),
    ("fifth", 5),
];

/// Reads the name in a row or heading.
pub(crate) fn read(text: &str) -> Author {
    let of = |role| Author { role, name: String::new(), number: None };
    if text.contains(['{', '}', '<', '>']) {
        return of(Role::Template);
    }
    let all = words(text);
    if all.is_empty() {
        return of(Role::Nobody);
    }
    if ["example", "sample", "dummy", "placeholder"].iter().any(|w| all.iter().any(|a| a == w)) {
        return of(Role::Template);
    }
    if (text.contains("#N") && !text.contains("#No")) || text.contains("#X") {
        return of(Role::Template);
    }
    let has = |known: &[&str]| all.iter().any(|word| known.contains(&word.as_str()));
    let first = all.first().map(String::as_str).unwrap_or_default();
    let role = if AUTHORS.contains(&first)
        || has(&["self", "author", "designer", "drafter", "implementer", "writer"])
    {
        Role::Author
    } else if has(&PROGRAMS) || text.to_lowercase().contains("pre-check") {
        Role::Program
    } else {
        Role::Reviewer
    };
    let is_name = |word: &&String| {
        !AROUND.contains(&word.as_str())
            && !ORDINALS.iter().any(|(o, _)| o == word)
            && !word.starts_with(|c: char| c.is_ascii_digit())
            && version(word).is_none()
    };
    let name = all.iter().find(is_name).cloned().unwrap_or_default();
    let number = number(text, &all, name.is_empty());
    Author { role, name, number }
}

/// Whether the name says which document was reviewed, such as `Gemini #1 (LLD-211)`: nothing in the
/// text tells whether it is this one, for titles are numbered otherwise than files.
pub(crate) fn names_document(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["lld-", "lld_", "issue #", "issue-"].iter().any(|mark| {
        lower.match_indices(mark).any(|(at, _)| {
            let behind = lower.get(at + mark.len()..).unwrap_or_default();
            behind.starts_with(|c: char| c.is_ascii_digit())
        })
    })
}

/// The review's number: behind `#`, behind a word such as `round`, or where nothing else stands.
fn number(text: &str, all: &[String], nameless: bool) -> Option<u32> {
    if let Some((_, behind)) = text.split_once('#') {
        let behind = behind.trim_start();
        let digits = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        if let Some(number) = behind.get(..digits).and_then(|d| d.parse().ok()) {
            return Some(number);
        }
    }
    // The parts of a day are no numbers of reviews.
    if super::date::read(text).is_some() {
        return None;
    }
    let ordinal = |word: &String| ORDINALS.iter().find(|(o, _)| o == word).map(|(_, n)| *n);
    for (at, word) in all.iter().enumerate() {
        let after_word = at.checked_sub(1).and_then(|before| all.get(before));
        let counts = nameless || after_word.is_some_and(|w| AROUND.contains(&w.as_str()));
        if let Some(number) = word.parse().ok().filter(|_| counts) {
            return Some(number);
        }
        if let Some(number) = version(word).filter(|_| nameless).or_else(|| ordinal(word)) {
            return Some(number);
        }
    }
    None
}

/// The number of `r2` and `v2`.
fn version(word: &str) -> Option<u32> {
    word.strip_prefix(['r', 'v'])?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_use() {
        for (text, role, name, number) in [
            ("1", Role::Reviewer, "", Some(1)),
            ("#2", Role::Reviewer, "", Some(2)),
            ("Gemini #3", Role::Reviewer, "gemini", Some(3)),
            ("Gemini Review #1", Role::Reviewer, "gemini", Some(1)),
            ("Gemini #2 (001122334455)", Role::Reviewer, "gemini", Some(2)),
            ("Gemini 3 Pro", Role::Reviewer, "gemini", None),
            ("Review 2", Role::Reviewer, "", Some(2)),
            ("Round 2", Role::Reviewer, "", Some(2)),
            ("R2", Role::Reviewer, "", Some(2)),
            ("Second review", Role::Reviewer, "", Some(2)),
            ("Orchestrator Review #1", Role::Reviewer, "orchestrator", Some(1)),
            ("Mechanical Validation #1", Role::Program, "mechanical", Some(1)),
            ("Self-Revision #1", Role::Author, "self", Some(1)),
            ("Revision (Gemini #1)", Role::Author, "revision", Some(1)),
            ("Author", Role::Author, "author", None),
            ("{Reviewer} Review #{N}", Role::Template, "", None),
            ("Gemini #N", Role::Template, "", None),
            ("Gemini #1 (example)", Role::Template, "", None),
            ("—", Role::Nobody, "", None),
            ("", Role::Nobody, "", None),
        ] {
            let found = read(text);
            assert_eq!(
                (found.role, found.name.as_str(), found.number),
                (role, name, number),
                "{text}"
            );
        }
    }
}
