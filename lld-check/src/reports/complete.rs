//! Whether a report says what a reviewer needs.
//!
//! The implementation report: the issue, the files that changed, the decisions, the known limits. The
//! test report: the exact command, its output, how many tests passed, failed and were skipped, the
//! coverage, and why anything was skipped. "None" is an answer; a heading with nothing under it, a
//! table without rows and a placeholder are none.

use records::IssueNumber;

use super::counts::{self, Counts};
use super::outline::Outline;
use crate::document::placeholders;

/// A report that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// What is missing, from top to bottom; empty when nothing is.
    pub(crate) lacks: Vec<Lack>,
    /// The counts of a test report.
    pub(crate) counts: Counts,
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lack {
    /// The line where it is missing, from 1.
    pub(crate) line: usize,
    /// What, in a few words.
    pub(crate) what: String,
}

/// Names under which each thing stands in the reports in use.
const FILES: [&str; 4] = ["file", "changes", "changed", "modified"];
const DECISIONS: [&str; 6] =
    ["decision", "deviation", "rationale", "design", "trade-off", "approach"];
const LIMITS: [&str; 9] = [
    "limit",
    "known issue",
    "caveat",
    "risk",
    "follow-up",
    "not done",
    "remaining",
    "debt",
    "open question",
];
const COMMAND: [&str; 4] = ["command", "how to run", "reproduc", "invocation"];
const COVERAGE: [&str; 1] = ["coverage"];
const SKIPS: [&str; 2] = ["skip", "ignored"];
/// Programs that run tests.
const RUNNERS: [&str; 24] = [
    "cargo",
    "pytest",
    "python",
    "python3",
    "poetry",
    "uv",
    "tox",
    "nox",
    "npm",
    "npx",
    "pnpm",
    "yarn",
    "node",
    "go",
    "make",
    "just",
    "mvn",
    "gradle",
    "./gradlew",
    "dotnet",
    "ctest",
    "bundle",
    "sh",
    "bash",
];
/// What a generated report says of work that it does not let pass.
const BLOCKS: [&str; 3] = ["block", "blocked", "fail"];

/// Judges an implementation report.
pub(crate) fn implementation(text: &str, issue: IssueNumber) -> Report {
    if let Some(empty) = empty(text) {
        return empty;
    }
    let outline = Outline::of(text);
    let mut lacks = common(text, &outline);
    if !names_issue(&outline, issue) {
        lacks.push(Lack { line: 1, what: format!("it does not name the issue, #{issue}") });
    }
    for (words, what) in [
        (&FILES[..], "the files that changed"),
        (&DECISIONS, "the decisions that were made"),
        (&LIMITS, "the known limits"),
    ] {
        lacks.extend(missing(&outline, words, what));
    }
    lacks.sort();
    Report { lacks, counts: Counts::default() }
}

/// Judges a test report.
pub(crate) fn test(text: &str) -> Report {
    if let Some(empty) = empty(text) {
        return empty;
    }
    let outline = Outline::of(text);
    let mut lacks = common(text, &outline);
    let is_command = |line: &str| {
        let bare = line.trim().trim_start_matches(['$', '>', '%']).trim_start();
        bare.len() < line.trim().len()
            || bare.split_whitespace().next().is_some_and(|word| RUNNERS.contains(&word))
    };
    let code =
        || outline.code.iter().flat_map(|code| code.text.lines().map(move |line| (code, line)));
    if !code().any(|(_, line)| is_command(line)) {
        lacks.extend(missing(&outline, &COMMAND, "the exact command"));
    }
    let output = |(code, line): (&super::outline::Code, &str)| {
        code.block && !line.trim().is_empty() && !is_command(line)
    };
    if !code().any(output) {
        let line =
            outline.about(&["output", "result"]).map_or_else(|at| at.unwrap_or(1), |t| t.line);
        lacks.push(Lack {
            line,
            what: "the output of the command is missing (a code block)".into(),
        });
    }
    let counts = counts::find(outline.lines.iter().map(|(line, text, _)| (*line, text.as_str())));
    let line = counts.line.unwrap_or(1);
    for (count, what) in
        [(counts.passed, "passed"), (counts.failed, "failed"), (counts.skipped, "were skipped")]
    {
        if count.is_none() {
            lacks.push(Lack { line, what: format!("how many tests {what} is missing") });
        }
    }
    let percent = |(_, text, _): &(usize, String, bool)| {
        let lower = text.to_lowercase();
        (lower.contains("coverage") || lower.starts_with("total")) && lower.contains('%')
    };
    if !outline.lines.iter().any(percent) {
        lacks.extend(missing(&outline, &COVERAGE, "the coverage"));
    }
    if counts.skipped.is_some_and(|count| count > 0) && !says_why(&outline) {
        lacks.push(Lack { line, what: "why tests were skipped is missing".into() });
    }
    lacks.sort();
    Report { lacks, counts }
}

/// A report without a word lacks everything, which is said once.
fn empty(text: &str) -> Option<Report> {
    let lack = || Lack { line: 1, what: "it is empty".into() };
    let is_empty = text.trim().is_empty();
    is_empty.then(|| Report { lacks: vec![lack()], counts: Counts::default() })
}

/// What makes any report incomplete.
fn common(text: &str, outline: &Outline) -> Vec<Lack> {
    let left = placeholders::find(text);
    let mut lacks: Vec<Lack> = left
        .into_iter()
        .map(|left| Lack { line: left.line, what: format!("{} is not filled in", left.text) })
        .collect();
    lacks.extend(
        outline
            .placeholders()
            .map(|(line, text)| Lack { line, what: format!("left over: {text}") }),
    );
    let verdict = outline.topics.iter().find(|topic| topic.name == "verdict");
    if let Some(verdict) = verdict
        && let Some(word) = verdict.content.split(' ').next()
        && BLOCKS.contains(&word.to_lowercase().as_str())
    {
        lacks.push(Lack { line: verdict.line, what: format!("its own verdict is {word}") });
    }
    lacks
}

fn missing(outline: &Outline, words: &[&str], what: &str) -> Option<Lack> {
    let lack = |line, how| Lack { line, what: format!("{what}: {how}") };
    match outline.about(words) {
        Ok(_) => None,
        Err(Some(line)) => Some(lack(line, "nothing is said here")),
        Err(None) => Some(lack(1, "the report has no such section")),
    }
}

/// `#98`, `…/issues/98`, or `Issue: 98`.
fn names_issue(outline: &Outline, issue: IssueNumber) -> bool {
    let number = issue.to_string();
    let whole = |text: &str, front: &str| {
        let needle = format!("{front}{number}");
        text.match_indices(&needle).any(|(at, _)| {
            let after = text.get(at + needle.len()..).and_then(|rest| rest.chars().next());
            !after.is_some_and(|c| c.is_ascii_digit())
        })
    };
    let is_issue = |name: &str| name == "issue" || name.starts_with("issue ");
    let field = |topic: &super::outline::Topic| {
        is_issue(&topic.name) && topic.content.split(' ').any(|word| word == number)
    };
    let prose = outline.lines.iter().filter(|(_, _, is_code)| !is_code);
    outline.topics.iter().any(field)
        || prose.into_iter().any(|(_, text, _)| whole(text, "#") || whole(text, "issues/"))
}

/// Whether something but a number is said about what was skipped.
fn says_why(outline: &Outline) -> bool {
    let about = |topic: &&super::outline::Topic| SKIPS.iter().any(|word| topic.name.contains(word));
    let words = |text: &str| text.split(' ').filter(|w| w.contains(char::is_alphabetic)).count();
    outline.topics.iter().filter(about).any(|topic| words(&topic.content) >= REASON)
        || outline.lines.iter().filter(|(_, _, is_code)| !is_code).any(|(_, text, _)| {
            let lower = text.to_lowercase();
            let rest = SKIPS.iter().find_map(|word| lower.split_once(word));
            rest.is_some_and(|(before, after)| {
                words(before) + words(after) >= REASON
                    && ["because", "reason", "needs", "requires", "since"]
                        .iter()
                        .any(|w| lower.contains(w))
            })
        })
}

/// How many words a reason has at least.
const REASON: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const IMPLEMENTATION: &str = "# Implementation report: #98\n\n## Files changed\n\n| File | Change |\n|---|---|\n| src/a.rs | new |\n\n## Decisions\n\nOne table a resource.\n\n## Known limitations\n\nNone.\n";
    const TEST: &str = "# Test report\n\n**Command:** `cargo test`\n\n```\nrunning 3 tests\ntest result: ok. 3 passed; 0 failed; 0 ignored\n```\n\nCoverage: 91 %\n";

    fn lacks(report: &Report) -> Vec<String> {
        report.lacks.iter().map(|lack| format!("{}: {}", lack.line, lack.what)).collect()
    }

    #[test]
    fn what_is_missing_is_named_with_its_line() {
        let of = |text: &str| lacks(&implementation(text, IssueNumber(98)));
        assert_eq!(of(IMPLEMENTATION), [""; 0]);
        assert_eq!(of(" \n"), ["1: it is empty"]);
        for (from, to, expected) in [
            ("#98", "#981", "1: it does not name the issue, #98"),
            ("| src/a.rs | new |\n", "", "3: the files that changed: nothing is said here"),
            ("One table a resource.", "", "9: the decisions that were made: nothing is said here"),
            (
                "One table a resource.",
                "<!-- later -->",
                "9: the decisions that were made: nothing is said here",
            ),
            ("One table a resource.", "{Decisions}", "11: {Decisions} is not filled in"),
            (
                "## Known limitations\n\nNone.\n",
                "",
                "1: the known limits: the report has no such section",
            ),
            ("None.", "TODO", "13: the known limits: nothing is said here"),
            ("None.", "None.\n\n**Verdict:** BLOCK", "17: its own verdict is BLOCK"),
            ("## Known", "```\n## Known", "1: the known limits: the report has no such section"),
        ] {
            let text = IMPLEMENTATION.replacen(from, to, 1);
            assert!(of(&text).contains(&expected.to_owned()), "{expected}: {:?}", of(&text));
        }
    }

    #[test]
    fn a_test_report_has_a_command_output_counts_and_coverage() {
        let of = |text: &str| lacks(&test(text));
        assert_eq!(of(TEST), [""; 0]);
        assert!(test(TEST).counts.all_passed());
        for (from, to, expected) in [
            ("`cargo test`", "", "3: the exact command: nothing is said here"),
            ("```\nrunning", "running", "6: the output of the command is missing (a code block)"),
            ("0 failed; ", "", "7: how many tests failed is missing"),
            ("3 passed", "all passed", "7: how many tests passed is missing"),
            ("Coverage: 91 %", "", "1: the coverage: the report has no such section"),
            ("Coverage: 91 %", "Coverage: TBD", "10: the coverage: nothing is said here"),
            ("0 ignored", "2 ignored", "7: why tests were skipped is missing"),
        ] {
            let text = TEST.replacen(from, to, 1).replacen(
                "ignored\n```",
                if from == "```\nrunning" { "ignored\n" } else { "ignored\n```" },
                1,
            );
            assert!(of(&text).contains(&expected.to_owned()), "{expected}: {:?}", of(&text));
        }
        let skipped =
            TEST.replace("0 ignored", "2 ignored") + "\n## Skipped\n\nThey need the network.\n";
        assert_eq!(of(&skipped), [""; 0]);
        assert_eq!(of(&TEST.replace("Coverage: 91 %", "Coverage: not measured")), [""; 0]);
        // What pytest prints.
        let pytest = "# Tests\n\n```console\n$ pytest -q\n...\n3 passed in 0.10s\n```\n\n## Coverage\n\nTOTAL 91%\n";
        assert_eq!(of(pytest), [""; 0]);
    }

    proptest! {
        #[test]
        fn what_is_left_over_is_found_wherever_it_stands(
            at in 0_usize..14, left in "TODO|\\*\\*Limits:\\*\\* TBD|\\{What changed\\}|- todo: the rest",
        ) {
            let lines: Vec<&str> = IMPLEMENTATION.split_inclusive('\n').collect();
            let (before, after) = lines.split_at(at.min(lines.len()));
            let text = format!("{}{left}\n{}", before.concat(), after.concat());
            prop_assert!(!implementation(&text, IssueNumber(98)).lacks.is_empty(), "{}", text);
        }

        #[test]
        fn no_text_panics(text in "(# |## |\\||`{1,3}|\n|\\*\\*|[a-z]{1,6}: ?|[0-9]{1,2} |passed|<!--|-->){0,40}") {
            drop((implementation(&text, IssueNumber(98)), test(&text)));
        }
    }
}
