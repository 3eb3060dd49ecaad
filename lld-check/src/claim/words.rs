//! What the words of a verdict say.
//!
//! An approval is the word APPROVED (or APPROVE) and behind it nothing but words that are known to
//! take nothing back. Whatever else names an approval is unclear, and an unclear verdict is never
//! an approval. The words were counted in real documents.

use super::vocabulary::{
    APPROVE, BEFORE, BEHIND, BLOCK, DONE, FAIL, MARKS, NOT, PASS, PENDING, REVISE,
};

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Said {
    /// It is approved.
    Approve,
    /// Changes are asked for.
    Revise,
    /// It is blocked, rejected, or expressly not approved.
    Block,
    /// Nothing yet: the review is still to come.
    Pending,
    /// A program's check went well.
    Pass,
    /// A program's check did not go well.
    Fail,
    /// What somebody did, such as FIXED.
    Done,
    /// Nothing stands there.
    Nothing,
    /// What the template has there.
    Placeholder,
    /// Something that cannot be understood.
    Unclear,
}

/// Reads the words of a verdict.
pub(crate) fn read(text: &str) -> Said {
    let text = text.trim();
    if !text.chars().any(char::is_alphanumeric) {
        let empty = text.chars().all(|c| "-–—−_.…· /*()[]".contains(c));
        return if empty { Said::Nothing } else { Said::Unclear };
    }
    if text.contains(['{', '}', '<', '>']) {
        return Said::Placeholder;
    }
    if text.contains("[ ]") || text.contains("[x]") || text.contains("[X]") {
        return boxes(text);
    }
    let words = words(text);
    if is_choice(text, &words) {
        return Said::Placeholder;
    }
    if words.iter().any(|w| w.contains("approv")) {
        return about_approval(text, &words);
    }
    without_approval(&words)
}

/// The words in lower case.
pub(crate) fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Boxes, of which the checked ones say something.
fn boxes(text: &str) -> Said {
    let mut said = Vec::new();
    for (at, _) in text.match_indices('[') {
        let rest = text.get(at..).unwrap_or_default();
        let Some(after) = rest.strip_prefix("[x]").or_else(|| rest.strip_prefix("[X]")) else {
            continue;
        };
        let label = after.split('[').next().unwrap_or_default();
        said.push(read(label));
    }
    match said.as_slice() {
        [] => Said::Pending,
        [one] => *one,
        _ => Said::Unclear,
    }
}

/// Whether several verdicts are offered to choose from, as in `APPROVED/REVISE`.
fn is_choice(text: &str, words: &[String]) -> bool {
    let classes =
        [&APPROVE[..], &["revise"], &["block", "blocked", "reject", "rejected"], &["pending"]];
    let offered = classes.iter().filter(|c| words.iter().any(|w| c.contains(&w.as_str()))).count();
    let strokes = text.contains('/') || text.contains('|') || words.iter().any(|w| w == "or");
    // Nothing but the choice itself.
    offered >= 2 && strokes && words.len() <= 5
}

fn about_approval(text: &str, words: &[String]) -> Said {
    let has = |known: &[&str]| words.iter().any(|w| known.contains(&w.as_str()));
    let waits = has(&PENDING) || words.iter().any(|w| w == "yet");
    let mut rest = words.iter().skip_while(|w| BEFORE.contains(&w.as_str()) || is_number(w));
    let first = rest.next().map(String::as_str).unwrap_or_default();
    if APPROVE.contains(&first) {
        let tail = without_praise(&rest.map(String::as_str).collect::<Vec<_>>());
        let said = |wanted: &str| tail.iter().any(|w| w == wanted);
        let harmless = |w: &String| BEHIND.contains(&w.as_str()) || is_number(w) || is_month(w);
        let marks = text.chars().all(|c| c.is_alphanumeric() || MARKS.contains(c));
        let settled = ["addressed", "resolved", "incorporated"];
        let left_open = ["issues", "questions", "open"].iter().any(|w| said(w))
            && !settled.iter().any(|w| said(w));
        return if tail.iter().all(harmless) && marks && !left_open {
            Said::Approve
        } else if waits {
            Said::Pending
        } else {
            Said::Unclear
        };
    }
    if waits {
        return Said::Pending;
    }
    let refused = has(&NOT) || has(&["disapproved", "unapproved", "disapprove", "disapproves"]);
    match class(first) {
        Some(said @ (Said::Revise | Said::Block)) if refused || !has(&APPROVE) => said,
        _ if refused => Said::Block,
        _ => Said::Unclear,
    }
}

/// The words without `no issues`, `0 blocking issues`, `non-blocking` and the like.
fn without_praise(words: &[&str]) -> Vec<String> {
    const BETWEEN: [&str; 11] = [
        "tier",
        "blocking",
        "open",
        "remaining",
        "further",
        "major",
        "critical",
        "outstanding",
        "new",
        "known",
        "other",
    ];
    const PRAISED: [&str; 8] = [
        "issues",
        "concerns",
        "comments",
        "blockers",
        "findings",
        "changes",
        "suggestions",
        "problems",
    ];
    let mut left = Vec::new();
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        let between = rest.iter().take_while(|w| BETWEEN.contains(w) || is_number(w)).count();
        let praised = rest.get(between).is_some_and(|w| PRAISED.contains(w));
        if ["no", "zero", "0"].contains(word) && praised {
            rest = rest.get(between + 1..).unwrap_or_default();
        } else if *word == "non" && rest.first() == Some(&"blocking") {
            rest = rest.get(1..).unwrap_or_default();
        } else {
            left.push((*word).to_owned());
        }
    }
    left
}

fn without_approval(words: &[String]) -> Said {
    let mut rest = words.iter().skip_while(|w| BEFORE.contains(&w.as_str()) || is_number(w));
    let has = |known: &[&str]| words.iter().any(|w| known.contains(&w.as_str()));
    let Some(first) = rest.next() else {
        // Only words that say whose verdict it would be.
        return if has(&["review"]) { Said::Pending } else { Said::Unclear };
    };
    match class(first) {
        // "REVISION 2 - PENDING RE-REVIEW".
        Some(Said::Revise) if first.starts_with("revision") && has(&PENDING) => Said::Pending,
        Some(said) => said,
        None if matches!(words, [n, a] if n == "n" && a == "a") => Said::Nothing,
        None if has(&PENDING) => Said::Pending,
        None if has(&BLOCK) => Said::Block,
        None if has(&["revise", "rework", "changes", "needs", "revision", "revisions"]) => {
            Said::Revise
        }
        None if ["in", "under", "for", "ready"].contains(&first.as_str()) && has(&["review"]) => {
            Said::Pending
        }
        None => Said::Unclear,
    }
}

fn class(word: &str) -> Option<Said> {
    let all: [(&[&str], Said); 7] = [
        (&APPROVE, Said::Approve),
        (&REVISE, Said::Revise),
        (&BLOCK, Said::Block),
        (&PENDING, Said::Pending),
        (&PASS, Said::Pass),
        (&FAIL, Said::Fail),
        (&DONE, Said::Done),
    ];
    all.iter().find(|(known, _)| known.contains(&word)).map(|(_, said)| *said)
}

/// Whether a sentence beside an approval says that it does not hold, or not yet: a condition at its
/// beginning, an approval that is taken back, a review to repeat, a warning not to begin.
pub(crate) fn holds_up(text: &str) -> bool {
    const CONDITIONS: [&str; 14] = [
        "once",
        "after",
        "if",
        "when",
        "until",
        "unless",
        "provided",
        "subject",
        "conditional",
        "conditionally",
        "contingent",
        "except",
        "assuming",
        "pending",
    ];
    let all = words(text);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut begins = all.iter().skip_while(|w| ["only", "but", "valid", "approved"].contains(*w));
    let condition = begins.next().is_some_and(|w| CONDITIONS.contains(w));
    condition || takes_approval_back(&all)
}

/// Whether a sentence anywhere in a log takes an approval back.
pub(crate) fn takes_back_sentence(text: &str) -> bool {
    let all = words(text);
    takes_approval_back(&all.iter().map(String::as_str).collect::<Vec<_>>())
}

fn takes_approval_back(all: &[&str]) -> bool {
    const BACK: [&str; 10] = [
        "withdraw", "withdrew", "revok", "rescind", "retract", "invalid", "void", "supersed",
        "expire", "cancel",
    ];
    let starts = |starts: &[&str]| all.iter().any(|w| starts.iter().any(|s| w.starts_with(s)));
    let pair = |one: &[&str], two: &[&str]| {
        all.windows(2).any(|p| matches!(p, [a, b] if one.contains(a) && two.contains(b)))
    };
    let begin = ["start", "code", "implement", "proceed", "merge", "build", "begin", "use", "ship"];
    (starts(&BACK) && starts(&["approv", "verdict", "review"]))
        || pair(&["re"], &["review", "reviewed", "approval", "approved"])
        || pair(&["copied", "pasted"], &["from"])
        || (pair(&["no"], &["longer"]) && starts(&["approv"]))
        || pair(&["not", "never", "isn"], &["approved", "approve"])
        || pair(&["not", "don", "t"], &begin)
}

/// A number, a version, or a part of a date or time.
fn is_number(word: &str) -> bool {
    word.chars().any(|c| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_alphanumeric())
}

fn is_month(word: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    word.len() <= 9 && word.get(..3).is_some_and(|start| MONTHS.contains(&start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn all(said: Said, texts: &[&str]) {
        for text in texts {
            assert_eq!(read(text), said, "{text}");
        }
    }

    #[test]
    fn approvals_in_use() {
        all(
            Said::Approve,
            &[
                "APPROVED",
                "approve",
                "Approved",
                "APPROVED with suggestions",
                "Approved (gemini-3-pro-preview, 2026-02-02)",
                "Approved (claude-opus-4-6, 2026-02-02)",
                "Approved (Gemini 3 Pro, 2026-02-02)",
                "Approved (gemini-3-pro-preview, 2026-02-02) Progress",
                "APPROVED (Fast-tracked via Babysit Protocol)",
                "Approved (Security Review Passed 2026-01-24)",
                "Gemini Approved (2026-01-24)",
                "Approved (Gemini Review #1)",
                "APPROVED (all suggestions addressed)",
                "APPROVED — ready for implementation gate",
                "APPROVED - READY FOR IMPLEMENTATION",
                "APPROVED (Manually Patched)",
                "APPROVED (with resolved open questions)",
                "✅ APPROVED",
                "APPROVED - no issues",
                "[ ] REVISE [x] APPROVED",
            ],
        );
    }

    #[test]
    fn what_only_looks_like_an_approval() {
        all(
            Said::Block,
            &["NOT APPROVED", "DISAPPROVED", "Unapproved", "approval withdrawn", "No approval"],
        );
        all(
            Said::Pending,
            &[
                "APPROVED - PENDING REVIEW",
                "pending approval",
                "not yet approved",
                "Approved (awaiting re-review)",
                "[ ] APPROVED [ ] REVISE",
            ],
        );
        all(
            Said::Unclear,
            &[
                "APPROVED?",
                "❌ APPROVED",
                "conditionally approved",
                "APPROVED once the tests pass",
                "APPROVED with required changes",
                "APPROVED (2 open issues)",
                "APPROVED but see below",
                "self-approved",
                "auto-approved",
                "REVISE → APPROVED",
                "APPROVED (was REVISE)",
                "АPPROVED approval",
                "APPROVED no longer",
                "[x] APPROVED [x] REVISE",
            ],
        );
        all(
            Said::Placeholder,
            &[
                "{VERDICT}",
                "{APPROVED/REJECTED}",
                "APPROVED/REVISE",
                "APPROVED | REJECTED",
                "<verdict>",
            ],
        );
    }

    #[test]
    fn other_words_in_use() {
        all(
            Said::Revise,
            &[
                "REVISE",
                "REVISED",
                "DISCUSS",
                "FEEDBACK",
                "REVISE - Fix Tier 2 issues first",
                "Changes requested",
                "needs work",
                "REVISE (not approved)",
            ],
        );
        all(
            Said::Block,
            &[
                "BLOCK",
                "BLOCKED",
                "REJECTED",
                "REJECTED (Nuclear Winter Protocol)",
                "REJECTED - Pre-Flight Gate Failed",
                "BLOCKED - pending fix",
            ],
        );
        all(
            Said::Pending,
            &[
                "PENDING",
                "(pending)",
                "PENDING_REVIEW",
                "PENDING (awaiting review)",
                "REVISION 2 - PENDING RE-REVIEW",
                "DRAFT - PENDING REVIEW",
                "PENDING - All Tier 1/2 issues addressed. Awaiting re-review.",
                "Draft",
                "In review",
            ],
        );
        all(Said::Nothing, &["", "-", "—", " – ", "N/A", "..."]);
        all(Said::Fail, &["FAIL", "FAILED (0% coverage)", "FAILED (66.7%)", "WARNING"]);
        all(Said::Done, &["FIXED", "Addressed", "COMPLETE"]);
        all(Said::Unclear, &["LGTM", "OK", "Genehmigt", "✅", "yes"]);
    }

    proptest! {
        #[test]
        fn a_word_that_is_not_known_never_approves(
            front in "([a-z]{3,9} )?", behind in "( [a-z]{3,12}){0,3}",
        ) {
            let text = format!("{front}approved{behind}");
            let known = |w: &String| {
                BEFORE.contains(&w.as_str()) || BEHIND.contains(&w.as_str()) || is_month(w)
                    || APPROVE.contains(&w.as_str())
            };
            if !words(&text).iter().all(known) {
                prop_assert_ne!(read(&text), Said::Approve, "{}", text);
            }
        }

        #[test]
        fn every_text_is_read(text in "\\PC{0,60}") {
            let lower = text.to_lowercase();
            if read(&text) == Said::Approve {
                prop_assert!(lower.contains("approve") && !lower.contains("not "), "{}", text);
            }
        }
    }
}
