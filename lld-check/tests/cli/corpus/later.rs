//! Documents that were written after the rules were, and as unlike the others as possible. Before
//! anything was mended for them, 78 of these 100 agreed, and 6 were falsely approved: a merge that
//! stopped half-way, a row that calls itself void, a designer's own approval, and three ways to take
//! the final status back in the line that follows.
#![expect(clippy::too_many_lines, reason = "a catalogue of documents")]

use super::{Case, Label};
use Label::{Approved, Blocked, Conflicting, Draft, Nothing};

/// Where the tool says something else than the label, and why that stays.
pub(crate) const KNOWN: [(&str, &str, &str); 2] = [
    (
        "later: turned on its side",
        "conflicting",
        "a table with reviews for columns is not understood",
    ),
    ("later: as HTML", "conflicting", "raw HTML is not read"),
];

/// A document that begins like those of the predecessor, with this at its end.
fn lld(status: &str, rest: &str) -> String {
    format!(
        "# 1143 - Fix: The hook says nothing\n\n<!-- Template Metadata\nLast Updated: 2026-02-02\nUpdated By: LLD creation\n-->\n\n## 1. Context & Goal\n* **Issue:** #143\n* **Objective:** The hook reports what it did.\n* **Status:** {status}\n* **Related Issues:** #57\n\n### Open Questions\n\n- [x] ~~Should it stop the commit?~~ **RESOLVED: No.**\n\n## 2. Proposed Changes\n\n*This section is the **source of truth** for implementation.*\n\n| File | Change Type | Description |\n|------|-------------|-------------|\n| `hooks/post-commit` | Modify | Report |\n\n## 5. Security\n\n| Concern | Mitigation | Status |\n|---|---|---|\n| Injection | Quoting | APPROVED |\n\n## 10. Verification\n\n| ID | Scenario | Pass Criteria |\n|---|---|---|\n| 010 | Gate rejects | Verdict is BLOCKED |\n\n---\n\n{rest}"
    )
}

const LOG: &str = "## Appendix: Review Log\n\n*Track all review feedback with timestamps and implementation status.*\n\n<!-- Note: This appendix is auto-populated by the workflow. -->\n\n### Review Summary\n\n<!-- Do not edit by hand. -->\n\n| Review | Date | Verdict | Key Issue |\n|--------|------|---------|-----------|\n";

fn row(verdict: &str) -> String {
    lld("Draft", &format!("{LOG}| Gemini #1 | 2026-02-02 | {verdict} | See above |\n"))
}

fn table(text: &str) -> String {
    lld("Draft", &format!("## Appendix: Review Log\n\n{text}\n"))
}

fn last(line: &str) -> String {
    lld("Draft", &format!("{LOG}| Gemini #1 | 2026-02-02 | APPROVED | None |\n\n{line}\n"))
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    all.extend(words());
    all.extend(headings());
    all.extend(tables());
    all.extend(lists());
    all.extend(fields());
    all.extend(files());
    all
}

fn words() -> Vec<Case> {
    [
        ("approved.", Approved),
        ("APPROVED ✔ (R2)", Approved),
        ("Approved w/ comments", Approved),
        ("APPROVED (v2)", Approved),
        ("Approved by Gemini on 2026-02-02", Approved),
        ("approved, minor nits", Approved),
        ("APPROVED - 0 blocking issues", Approved),
        ("APPROVED; no Tier 1 issues", Approved),
        ("[APPROVED](https://example.org/verdict)", Approved),
        ("APPROVED\u{a0}", Approved),
        ("**Verdict: APPROVED**", Approved),
        ("✅", Conflicting),
        ("yes", Conflicting),
        ("APPROVED<br>(see REVISE below)", Conflicting),
        ("APPROVED pending CI", Draft),
        ("Approved in principle", Conflicting),
        ("APPROVED for discussion only", Conflicting),
        ("almost APPROVED", Conflicting),
        ("APPROVED, then withdrawn", Conflicting),
        ("Withdrawn", Conflicting),
        ("Superseded", Conflicting),
        ("ERROR: API call failed", Conflicting),
        ("TIMEOUT", Conflicting),
        ("REVISE (2 blocking)", Blocked),
        ("BLOCKED by #12", Blocked),
        ("Rejected – see comments", Blocked),
        ("Request changes", Blocked),
        ("NEEDS REVISION", Blocked),
        ("❌ REJECTED", Blocked),
        ("🔴 BLOCK", Blocked),
        ("Minor revision", Blocked),
        ("Cannot be approved", Blocked),
        ("revise & resubmit", Blocked),
        ("![APPROVED](badge.svg)", Draft),
        ("under review", Draft),
        ("TBD", Draft),
        ("n/a", Draft),
    ]
    .into_iter()
    .map(|(word, label)| Case::new(format!("later: the word {word}"), label, row(word)))
    .collect()
}

fn headings() -> Vec<Case> {
    let body = "| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-02-01 | REVISE |\n| Gemini #2 | 2026-02-02 | APPROVED |\n";
    let under = |heading: &str| lld("Draft", &format!("{heading}\n\n{body}"));
    vec![
        Case::new("later: a numbered appendix", Approved, under("## 12. Appendix: Review Log")),
        Case::new(
            "later: an appendix with a letter",
            Approved,
            under("## Appendix A — Review Log"),
        ),
        Case::new("later: as a title", Approved, under("# Appendix: Review Log")),
        Case::new("later: one level lower", Approved, under("### Review Log")),
        Case::new("later: with a line below", Approved, under("Appendix: Review Log\n---")),
        Case::new("later: LLD review history", Approved, under("## LLD Review History")),
        Case::new("later: with a mark", Approved, under("## 📋 Review Log")),
        Case::new("later: another review", Draft, under("## Implementation Review")),
        Case::new(
            "later: two kinds of review",
            Blocked,
            lld(
                "Draft",
                &format!(
                    "## Implementation Review Log\n\n{body}\n{LOG}| Gemini #1 | 2026-02-02 | REVISE | x |\n"
                ),
            ),
        ),
        Case::new(
            "later: a log at the top",
            Approved,
            format!(
                "# 98 - X\n\n## Review Log\n\n{body}\n## 1. Context & Goal\n* **Status:** Draft\n\n## 2. Changes\n"
            ),
        ),
        Case::new(
            "later: sections are titles",
            Approved,
            format!(
                "# Context\n\n**Status:** Draft\n\n# Requirements\n\ntext\n\n# Review Log\n\n{body}"
            ),
        ),
        Case::new(
            "later: two titles at the top",
            Approved,
            format!("# LLD\n\n# 98 - X\n\n## 1. Context\n\ntext\n\n## Review Log\n\n{body}"),
        ),
        Case::new(
            "later: a spec behind it",
            Blocked,
            lld(
                "Draft",
                &format!(
                    "{LOG}| Gemini #1 | 2026-02-02 | REVISE | x |\n\n# Implementation Spec: 143\n\n**Status:** APPROVED\n\n## Review Log\n\n{body}"
                ),
            ),
        ),
    ]
}

fn tables() -> Vec<Case> {
    vec![
        Case::new(
            "later: marks in the header",
            Approved,
            table(
                "| 🔍 Review | 📅 Date | ✅ Verdict | Notes |\n|:--|:--|:--|:--|\n| Gemini #1 | 2026-02-02 | APPROVED | x |\n",
            ),
        ),
        Case::new(
            "later: days in words",
            Approved,
            table(
                "| Reviewer | Day | Verdict |\n|--|--|--|\n| Gemini | Tue 3 Feb 2026 | APPROVED |\n| Gemini | Mon 2 Feb 2026 | REVISE |\n",
            ),
        ),
        Case::new(
            "later: German days with numbers",
            Approved,
            table(
                "| Review | Datum | Verdict |\n|--|--|--|\n| 1 | 01.02.2026 | REVISE |\n| 2 | 02.02.2026 | APPROVED |\n",
            ),
        ),
        Case::new(
            "later: full stamps",
            Blocked,
            table(
                "| Review | Date | Verdict |\n|--|--|--|\n| Gemini | 2026-02-02T10:00:00.123456+00:00 | APPROVED |\n| Gemini | 2026-02-02T11:00:00.123456+00:00 | REVISE |\n",
            ),
        ),
        Case::new(
            "later: versions",
            Approved,
            table(
                "| Version | Reviewer | Verdict |\n|--|--|--|\n| v1 | Gemini | REVISE |\n| v2 | Gemini | APPROVED |\n",
            ),
        ),
        Case::new(
            "later: attempts",
            Approved,
            table("| Attempt | Verdict |\n|--|--|\n| 1 | REVISE |\n| 2 | APPROVED |\n"),
        ),
        Case::new(
            "later: results",
            Blocked,
            table(
                "| # | Reviewer | Result |\n|--|--|--|\n| 2 | Gemini | Rejected |\n| 1 | Gemini | Approved |\n",
            ),
        ),
        Case::new(
            "later: a model in its own column",
            Approved,
            table(
                "| Date | Reviewer | Model | Verdict | Summary |\n|--|--|--|--|--|\n| 2026-02-02 | Gemini | gemini-3-pro | APPROVED | fine |\n",
            ),
        ),
        Case::new(
            "later: approved? yes",
            Conflicting,
            table("| Reviewer | Approved? |\n|--|--|\n| Gemini | Yes |\n"),
        ),
        Case::new(
            "later: two tables",
            Approved,
            table(
                "| Check | Date | Verdict |\n|--|--|--|\n| Mechanical Validation | 2026-02-03 | FAIL |\n\n| Review | Date | Verdict |\n|--|--|--|\n| 1 | 2026-02-02 | APPROVED |\n",
            ),
        ),
        Case::new(
            "later: a designer approves",
            Draft,
            table(
                "| Review | Date | Verdict |\n|--|--|--|\n| LLD Designer | 2026-02-02 | APPROVED |\n",
            ),
        ),
        Case::new(
            "later: the author by a longer name",
            Draft,
            table(
                "| Review | Date | Verdict |\n|--|--|--|\n| Claude (author) | 2026-02-02 | APPROVED |\n",
            ),
        ),
        Case::new(
            "later: the workflow approves by itself",
            Draft,
            table(
                "| Review | Date | Verdict |\n|--|--|--|\n| Workflow (auto) | 2026-02-02 | APPROVED |\n",
            ),
        ),
        Case::new(
            "later: a person approves",
            Approved,
            table(
                "| Review | Date | Verdict |\n|--|--|--|\n| Human (orchestrator) | 2026-02-02 | APPROVED |\n",
            ),
        ),
        Case::new(
            "later: a review that never took place",
            Conflicting,
            table(
                "| Review | Date | Verdict | Key Issue |\n|--|--|--|--|\n| Gemini #1 | 2026-02-02 | APPROVED | VOID: fabricated by the drafter |\n",
            ),
        ),
        Case::new(
            "later: a call that failed behind it",
            Approved,
            table(
                "| Review | Date | Verdict | Key Issue |\n|--|--|--|--|\n| Gemini #1 | 2026-02-02 | APPROVED | - |\n| Gemini #2 | 2026-02-03 | - | quota exhausted |\n",
            ),
        ),
        Case::new(
            "later: ten reviews",
            Approved,
            table(
                "| Review | Date | Verdict |\n|--|--|--|\n| Gemini #10 | - | APPROVED |\n| Gemini #9 | - | REVISE |\n| Gemini #8 | - | REVISE |\n",
            ),
        ),
        Case::new(
            "later: counted from nought",
            Approved,
            table("| Review | Date | Verdict |\n|--|--|--|\n| 0 | 2026-02-02 | APPROVED |\n"),
        ),
        Case::new(
            "later: somebody without a day objects",
            Conflicting,
            table(
                "| Review | Date | Verdict |\n|--|--|--|\n| Gemini #1 | 2026-02-02 | APPROVED |\n| Human | - | REVISE |\n",
            ),
        ),
        Case::new(
            "later: a merge that stopped",
            Conflicting,
            table(
                "| Review | Date | Verdict |\n|--|--|--|\n<<<<<<< HEAD\n| Gemini #1 | 2026-02-01 | REVISE |\n=======\n| Gemini #2 | 2026-02-02 | APPROVED |\n>>>>>>> 143-fix\n",
            ),
        ),
        Case::new(
            "later: a diff behind the rows",
            Blocked,
            table(
                "| Review | Date | Verdict |\n|--|--|--|\n| Gemini #1 | 2026-02-01 | REVISE |\n\n+| Gemini #2 | 2026-02-02 | APPROVED |\n",
            ),
        ),
        Case::new(
            "later: rows indented with a tab",
            Draft,
            table("\t| Review | Date | Verdict |\n\t|--|--|--|\n\t| 1 | 2026-02-02 | APPROVED |\n"),
        ),
        Case::new(
            "later: turned on its side",
            Approved,
            table(
                "| Review | #1 | #2 |\n|--|--|--|\n| Date | 2026-02-01 | 2026-02-02 |\n| Verdict | REVISE | APPROVED |\n",
            ),
        ),
        Case::new(
            "later: as HTML",
            Approved,
            table(
                "<table>\n<tr><th>Review</th><th>Verdict</th></tr>\n<tr><td>1</td><td>APPROVED</td></tr>\n</table>\n",
            ),
        ),
    ]
}

fn lists() -> Vec<Case> {
    vec![
        Case::new(
            "later: numbered rounds",
            Approved,
            table(
                "1. **REVISE** (2026-02-01, Gemini): limits\n2. **APPROVED** (2026-02-02, Gemini)\n",
            ),
        ),
        Case::new(
            "later: rounds with their verdicts below",
            Approved,
            table("- Round 1\n  - Verdict: REVISE\n- Round 2\n  - Verdict: APPROVED\n"),
        ),
        Case::new(
            "later: lines with dashes",
            Approved,
            table("- Gemini #1 — REVISE — 2026-02-01\n- Gemini #2 — APPROVED — 2026-02-02\n"),
        ),
        Case::new(
            "later: lines that begin with the day",
            Blocked,
            table(
                "- 2026-02-01 Gemini: APPROVED\n- 2026-02-02 Gemini: REVISE, the limits are gone\n",
            ),
        ),
        Case::new(
            "later: sections with days alone",
            Blocked,
            table(
                "### Review 2026-02-01\n\n**Verdict:** APPROVED\n\n### Review 2026-02-05\n\n**Verdict:** BLOCKED\n",
            ),
        ),
        Case::new(
            "later: a whole review pasted in",
            Blocked,
            table(
                "### Gemini Review #1\n\n**Identity:** I am Gemini 3 Pro.\n\n#### Pre-Flight Gate\n\nPASSED\n\n#### Tier 1: BLOCKING Issues\n\nNone.\n\n#### Requirement Coverage\n\n**Verdict:** PASS\n\n#### Verdict\n\n- [ ] **APPROVED** - Ready for implementation\n- [x] **REVISE** - Fix Tier 1/2 issues first\n- [ ] **DISCUSS** - Needs Orchestrator decision\n",
            ),
        ),
    ]
}

fn fields() -> Vec<Case> {
    vec![
        Case::new("later: colon outside", Approved, last("**Final Status**: APPROVED")),
        Case::new("later: bold value", Approved, last("Final Status: **APPROVED**")),
        Case::new(
            "later: a heading over the last word",
            Approved,
            last("### Final Status\n\nAPPROVED"),
        ),
        Case::new(
            "later: a heading over another last word",
            Conflicting,
            last("### Final Status\n\nBLOCKED"),
        ),
        Case::new(
            "later: the last word in the next line",
            Conflicting,
            last("**Final Status:**\n\nREVISE"),
        ),
        Case::new(
            "later: taken back in the next line",
            Conflicting,
            last("**Final Status:** APPROVED\n(until the re-review, which is pending)"),
        ),
        Case::new("later: struck out", Conflicting, last("**Final Status:** ~~APPROVED~~ REVISE")),
        Case::new(
            "later: a comment in the last line",
            Conflicting,
            last("**Final Status:** <!-- APPROVED --> PENDING"),
        ),
        Case::new(
            "later: the same twice",
            Approved,
            last("**Final Status:** APPROVED\n\n**Final Status:** APPROVED"),
        ),
        Case::new(
            "later: a title in front",
            Draft,
            "---\ntitle: X\nstatus: draft\n---\n\n# 98 - X\n\n## 1. Context\n\ntext\n".to_owned(),
        ),
        Case::new(
            "later: approved in front",
            Conflicting,
            "---\nstatus: approved\nissue: 98\n---\n\n# 98 - X\n\n## 1. Context\n\ntext\n"
                .to_owned(),
        ),
        Case::new(
            "later: a status under a heading",
            Conflicting,
            "# 98 - X\n\n## Status\n\nApproved\n\n## Context\n\ntext\n".to_owned(),
        ),
        Case::new(
            "later: a plain status",
            Draft,
            "# 98 - X\n\nStatus: Draft\n\n## Context\n\ntext\n".to_owned(),
        ),
        Case::new(
            "later: proposed",
            Nothing,
            "# 98 - X\n\nStatus: Implemented in #120\n\n## Context\n\ntext\n".to_owned(),
        ),
    ]
}

fn files() -> Vec<Case> {
    let approved = last("**Final Status:** APPROVED");
    vec![
        Case::new("later: carriage returns alone", Approved, approved.replace('\n', "\r")),
        Case::new("later: mixed line ends", Approved, approved.replace("|\n", "|\r\n")),
        Case::new("later: nul bytes", Approved, approved.replace("The hook", "The\0hook")),
        Case::new("later: blanks at the ends of lines", Approved, approved.replace('\n', "   \n")),
        Case::new("later: twice over", Approved, format!("{approved}\n\n{approved}")),
        Case::new(
            "later: a byte order mark in the middle",
            Approved,
            approved.replace("## Appendix", "\u{feff}\n## Appendix"),
        ),
    ]
}
