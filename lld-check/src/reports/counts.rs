//! How many tests passed, failed and were skipped, as a report states it.
//!
//! Test runners print `12 passed; 0 failed; 1 ignored` or `12 passed in 0.31s`; people write
//! `Passed: 12`, `| Passed | 12 |` or `12/12 passed`. Of several numbers the largest counts, so that no
//! failure is lost.

/// What was counted; `None` for what the report does not state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Tests that passed.
    pub(crate) passed: Option<u64>,
    /// Tests that failed.
    pub(crate) failed: Option<u64>,
    /// Tests that were not run.
    pub(crate) skipped: Option<u64>,
    /// The line of the first count, from 1.
    pub(crate) line: Option<usize>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Passed,
    Failed,
    Skipped,
}

/// The counts in the numbered lines of a report.
pub(crate) fn find<'a>(lines: impl IntoIterator<Item = (usize, &'a str)>) -> Counts {
    let mut counts = Counts::default();
    let mut columns: Vec<Option<Sort>> = Vec::new();
    for (number, line) in lines {
        let mut here = Counts::default();
        for part in line.split([',', ';']) {
            pairs(&words(part), &mut here);
        }
        let cells: Vec<Vec<String>> = line.trim().trim_matches('|').split('|').map(words).collect();
        let one = |cell: &Vec<String>| cell.iter().find_map(|word| sort(word));
        if line.trim_start().starts_with('|') {
            for (column, cell) in columns.iter().zip(&cells) {
                if let (Some(sort), [word]) = (column, cell.as_slice())
                    && let Some((count, _)) = parse(word)
                {
                    here.take(*sort, count);
                }
            }
            let is_head = cells.iter().flatten().all(|word| parse(word).is_none());
            if is_head && cells.iter().any(|cell| one(cell).is_some()) {
                columns = cells.iter().map(one).collect();
            }
        } else {
            columns.clear();
        }
        if here.passed.is_some() && is_summary(&words(line)) {
            // A runner's own summary leaves out what did not happen.
            here.failed = here.failed.or(Some(0));
            here.skipped = here.skipped.or(Some(0));
        }
        counts.add(here, number);
    }
    counts
}

/// `12 passed` or `passed: 12`, whichever way the words begin.
fn pairs(words: &[String], counts: &mut Counts) {
    let name_first = words.first().is_some_and(|word| sort(word).is_some());
    for (at, word) in words.iter().enumerate() {
        let Some(sort) = sort(word) else { continue };
        let other = if name_first { Some(at + 1) } else { at.checked_sub(1) };
        let Some((count, of)) = other.and_then(|i| words.get(i)).and_then(|w| parse(w)) else {
            continue;
        };
        counts.take(sort, count);
        if let (Sort::Passed, Some(of)) = (sort, of) {
            counts.take(Sort::Failed, of.saturating_sub(count));
        }
    }
}

impl Counts {
    fn take(&mut self, sort: Sort, count: u64) {
        let held = match sort {
            Sort::Passed => &mut self.passed,
            Sort::Failed => &mut self.failed,
            Sort::Skipped => &mut self.skipped,
        };
        *held = (*held).max(Some(count));
    }

    fn add(&mut self, other: Self, line: usize) {
        self.passed = self.passed.max(other.passed);
        self.failed = self.failed.max(other.failed);
        self.skipped = self.skipped.max(other.skipped);
        if other != Self::default() {
            self.line = self.line.or(Some(line));
        }
    }

    /// Whether the report says that some tests passed and none failed.
    pub(crate) fn all_passed(&self) -> bool {
        self.passed.is_some_and(|count| count > 0) && self.failed == Some(0)
    }
}

fn words(line: &str) -> Vec<String> {
    let word = |c: char| c.is_alphanumeric() || c == '/' || c == '.';
    let words = line.split(|c: char| !word(c)).map(|w| w.trim_matches(['.', '/']).to_lowercase());
    words.filter(|w| !w.is_empty()).collect()
}

fn sort(word: &str) -> Option<Sort> {
    match word {
        "passed" | "pass" | "passes" | "passing" | "succeeded" => Some(Sort::Passed),
        "failed" | "fail" | "fails" | "failing" | "failure" | "failures" | "error" | "errors" => {
            Some(Sort::Failed)
        }
        "skipped" | "skip" | "skips" | "ignored" | "deselected" => Some(Sort::Skipped),
        _ => None,
    }
}

/// `12`, or `12/14` with how many there were.
fn parse(word: &str) -> Option<(u64, Option<u64>)> {
    match word.split_once('/') {
        Some((count, of)) => Some((count.parse().ok()?, Some(of.parse().ok()?))),
        None => Some((word.parse().ok()?, None)),
    }
}

/// `12 passed in 0.31s`, `12 passed, 12 total`.
fn is_summary(words: &[String]) -> bool {
    let seconds = |word: &str| word.strip_suffix('s').is_some_and(|n| n.parse::<f64>().is_ok());
    words.iter().any(|w| w == "total")
        || words.windows(2).any(|pair| matches!(pair, [a, b] if a == "in" && seconds(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> (Option<u64>, Option<u64>, Option<u64>) {
        let counts = find((1..).zip(text.lines()));
        (counts.passed, counts.failed, counts.skipped)
    }

    #[test]
    fn what_runners_print_and_people_write() {
        for (text, expected) in [
            (
                "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured",
                (Some(12), Some(0), Some(1)),
            ),
            ("=== 12 passed in 0.31s ===", (Some(12), Some(0), Some(0))),
            ("=== 1 failed, 11 passed, 2 skipped in 3.10s ===", (Some(11), Some(1), Some(2))),
            ("Tests: 12 passed, 12 total", (Some(12), Some(0), Some(0))),
            ("**Passed:** 12\n- Failed: 0\nskipped = 1", (Some(12), Some(0), Some(1))),
            ("| Passed | 12 |\n| Failed | 0 |\n| Skipped | 0 |", (Some(12), Some(0), Some(0))),
            ("11/12 passed", (Some(11), Some(1), None)),
            ("12 passed, 2 failed\n14 passed, 0 failed", (Some(14), Some(2), None)),
            ("All tests pass.", (None, None, None)),
            ("It passed on 3 machines", (None, None, None)),
            ("passed: many", (None, None, None)),
            ("all passed; 0 failed", (None, Some(0), None)),
            (
                "| Suite | Passed | Failed |\n|---|---|---|\n| a | 3 | 1 |\n| b | 4 | 0 |",
                (Some(4), Some(1), None),
            ),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_failure_is_never_lost(before in "\\PC{0,40}", after in "\\PC{0,40}", failed in 1_u64..50) {
            let text = format!("{before}\n3 passed, {failed} failed in 1.0s\n{after}");
            prop_assert!(!find((1..).zip(text.lines())).all_passed());
        }
    }
}
