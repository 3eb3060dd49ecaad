//! Files made by hand: what real logs looked like at their worst, and what only looks like a log.
#![expect(clippy::too_many_lines, reason = "a catalogue of documents")]

use super::{Case, Label};
use Label::{Approved, Blocked, Conflicting, Draft, Nothing};

const HEAD: &str =
    "| Review | Date | Verdict | Key Issue |\n|--------|------|---------|-----------|\n";

/// The text with this before each line.
fn indented(by: &str, text: &str) -> String {
    text.lines().flat_map(|line| [by, line, "\n"]).collect()
}

/// A draft with this behind it.
fn draft(rest: &str) -> String {
    format!(
        "# 98 - Feature: Schemas\n\n## 1. Context & Goal\n* **Issue:** #98\n* **Status:** Draft\n\n## 2. Proposed Changes\nText.\n\n{rest}"
    )
}

/// A draft with a log that has these rows and this last line.
fn rows(rows: &[&str], last: &str) -> String {
    let last =
        if last.is_empty() { String::new() } else { format!("\n**Final Status:** {last}\n") };
    draft(&format!(
        "## Appendix: Review Log\n\n### Review Summary\n\n{HEAD}{}\n{last}",
        rows.join("\n")
    ))
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    all.extend(verdict_words());
    all.extend(orders());
    all.extend(tables());
    all.extend(sections());
    all.extend(quoted());
    all.extend(behind());
    all.extend(fields());
    all
}

fn verdict_words() -> Vec<Case> {
    let one = |word: &str| rows(&[&format!("| Gemini #1 | 2026-02-01 | {word} | x |")], "");
    [
        ("APPROVED", Approved),
        ("Approve", Approved),
        ("**APPROVED**", Approved),
        ("*Approved*", Approved),
        ("`APPROVED`", Approved),
        ("✅ APPROVED", Approved),
        ("APPROVED with suggestions", Approved),
        ("[x] APPROVED", Approved),
        ("<b>APPROVED</b>", Approved),
        ("REVISE", Blocked),
        ("REVISED", Blocked),
        ("BLOCK", Blocked),
        ("BLOCKED", Blocked),
        ("REJECTED", Blocked),
        ("DISCUSS", Blocked),
        ("FEEDBACK", Blocked),
        ("~~APPROVED~~ REVISE", Blocked),
        ("NOT APPROVED", Blocked),
        ("Not approved yet, REVISE", Draft),
        ("<!-- APPROVED --> REVISE", Blocked),
        ("Changes requested", Blocked),
        ("LGTM", Conflicting),
        ("APPROVED?", Conflicting),
        ("APPROVED if the tests pass", Conflicting),
        ("conditionally approved", Conflicting),
        ("~~REVISE~~ APPROVED", Conflicting),
        ("<del>APPROVED</del>", Conflicting),
        ("~~APPROVED~~", Conflicting),
        ("APPROVED → REVISE", Conflicting),
        ("PRE-APPROVED", Conflicting),
        ("PENDING", Draft),
        ("(pending)", Draft),
        ("-", Draft),
        ("—", Draft),
        ("{VERDICT}", Draft),
        ("APPROVED/REVISE", Draft),
        ("[ ] APPROVED [ ] REVISE", Draft),
        ("", Draft),
    ]
    .into_iter()
    .map(|(word, label)| Case::new(format!("the word {word}"), label, one(word)))
    .collect()
}

fn orders() -> Vec<Case> {
    let case =
        |name: &str, label, lines: &[&str], last: &str| Case::new(name, label, rows(lines, last));
    vec![
        case(
            "numbers, newest last",
            Approved,
            &["| 1 | - | REVISE | x |", "| 2 | - | APPROVED | x |"],
            "APPROVED",
        ),
        case(
            "numbers, newest first",
            Approved,
            &["| 2 | - | APPROVED | x |", "| 1 | - | REVISE | x |"],
            "APPROVED",
        ),
        case(
            "numbers, newest first, a no",
            Blocked,
            &["| 2 | - | REVISE | x |", "| 1 | - | APPROVED | x |"],
            "PENDING",
        ),
        case(
            "ordinals",
            Approved,
            &["| First review | - | REVISE | x |", "| Second review | - | APPROVED | x |"],
            "",
        ),
        case(
            "rounds",
            Approved,
            &["| Round 1 | - | BLOCK | x |", "| Round 2 | - | APPROVED | x |"],
            "",
        ),
        case(
            "dates against the place",
            Approved,
            &["| Gemini | 2026-02-03 | APPROVED | x |", "| Gemini | 2026-02-01 | REVISE | x |"],
            "",
        ),
        case(
            "dates against the place, a no",
            Blocked,
            &["| Gemini | 2026-02-03 | REVISE | x |", "| Gemini | 2026-02-01 | APPROVED | x |"],
            "",
        ),
        case(
            "times on one day",
            Approved,
            &[
                "| Gemini | 2026-02-03 09:00 | REVISE | x |",
                "| Gemini | 2026-02-03 14:30 | APPROVED | x |",
            ],
            "",
        ),
        case(
            "dates against numbers",
            Conflicting,
            &[
                "| Gemini #2 | 2026-02-01 | REVISE | x |",
                "| Gemini #1 | 2026-02-03 | APPROVED | x |",
            ],
            "APPROVED",
        ),
        case(
            "neither dates nor numbers",
            Conflicting,
            &["| Gemini | - | REVISE | x |", "| Gemini | - | APPROVED | x |"],
            "APPROVED",
        ),
        case(
            "two reviewers agree",
            Approved,
            &["| Gemini | - | APPROVED | x |", "| Claude | - | APPROVED | x |"],
            "APPROVED",
        ),
        case(
            "two reviewers on one day",
            Conflicting,
            &[
                "| Gemini #1 | 2026-02-01 | APPROVED | x |",
                "| Claude #1 | 2026-02-01 | REVISE | x |",
            ],
            "",
        ),
        case(
            "two reviewers one after the other",
            Approved,
            &[
                "| Claude #1 | 2026-02-01 | REVISE | x |",
                "| Gemini #1 | 2026-02-02 | APPROVED | x |",
            ],
            "",
        ),
        case(
            "the tool's rows above a log by hand",
            Approved,
            &[
                "| 3 | 2026-02-02 | APPROVED | x |",
                "| 2 | 2026-02-02 | REVISE | x |",
                "| Gemini #1 | 2026-02-02 | REVISE | x |",
            ],
            "APPROVED",
        ),
        case(
            "the tool's row above invented dates",
            Approved,
            &["| 1 | 2026-02-02 | APPROVED | x |", "| Gemini #1 | 2025-01-XX | REVISE | x |"],
            "APPROVED",
        ),
        case(
            "an approval on a day that was never filled in",
            Conflicting,
            &["| Gemini #1 | 2025-01-XX | APPROVED | x |"],
            "APPROVED",
        ),
        case(
            "a new review is asked for",
            Conflicting,
            &["| Gemini #1 | 2026-02-01 | APPROVED | x |", "| Gemini #2 | (auto) | PENDING | x |"],
            "APPROVED",
        ),
        case(
            "the template's row is left below the tool's",
            Approved,
            &["| 1 | 2026-02-01 | APPROVED | x |", "| Gemini #1 | (auto) | PENDING | x |"],
            "APPROVED",
        ),
        case(
            "a later no with the old last line",
            Conflicting,
            &[
                "| Gemini #1 | 2026-02-01 | APPROVED | x |",
                "| Gemini #2 | 2026-02-03 | REVISE | x |",
            ],
            "APPROVED",
        ),
        case(
            "the same row twice",
            Approved,
            &["| 1 | 2026-02-01 | APPROVED | x |", "| 1 | 2026-02-01 | APPROVED | x |"],
            "APPROVED",
        ),
        case(
            "one number, two verdicts",
            Conflicting,
            &[
                "| Gemini #1 | 2026-02-01 | APPROVED | x |",
                "| Gemini #1 | 2026-02-01 | REVISE | x |",
            ],
            "",
        ),
        case(
            "the author approves",
            Draft,
            &["| Self-Review #1 | 2026-02-01 | APPROVED | x |"],
            "PENDING",
        ),
        case("nobody approves", Conflicting, &["| - | - | APPROVED | x |"], ""),
        case(
            "a program passes",
            Draft,
            &["| Mechanical Validation | 2026-02-01 | PASS | x |"],
            "PENDING",
        ),
        case(
            "three days of work",
            Approved,
            &[
                "| Gemini #1 | 2026-02-01 | REVISE | x |",
                "| Self-Revision #1 | 2026-02-01 | FIXED | x |",
                "| Gemini #2 | 2026-02-02 | REVISE | x |",
                "| Self-Revision #2 | 2026-02-02 | FIXED | x |",
                "| Gemini #3 | 2026-02-03 | APPROVED | x |",
            ],
            "APPROVED",
        ),
    ]
}

fn tables() -> Vec<Case> {
    let log =
        |table: &str| draft(&format!("## Appendix: Review Log\n\n### Review Summary\n\n{table}\n"));
    vec![
        Case::new(
            "fields and values",
            Approved,
            log(
                "| Field | Value |\n|---|---|\n| Reviewer | Gemini 3 Pro |\n| Date | 2026-02-02 |\n| Verdict | APPROVED |\n",
            ),
        ),
        Case::new(
            "fields and values, a no",
            Blocked,
            log(
                "| Field | Value |\n|---|---|\n| Reviewer | Gemini 3 Pro |\n| Verdict | REJECTED |\n",
            ),
        ),
        Case::new("no header", Approved, log("| 1 | 2026-02-02 | APPROVED | None |\n")),
        Case::new(
            "a line of dashes too short",
            Blocked,
            log(
                "| Review | Date | Verdict | Key Issue |\n|---|---|\n| 1 | 2026-02-02 | REVISE | x |\n",
            ),
        ),
        Case::new(
            "bars in cells",
            Approved,
            log(&format!(
                "{HEAD}| Gemini #1 | 2026-02-01 | REVISE | a \\| APPROVED \\| b |\n| Gemini #2 | 2026-02-02 | APPROVED | a \\| b |\n"
            )),
        ),
        Case::new(
            "a bar that splits a cell",
            Conflicting,
            log(&format!("{HEAD}| Gemini | Pro #1 | 2026-02-01 | APPROVED | x |\n")),
        ),
        Case::new("missing cells", Conflicting, log(&format!("{HEAD}| 2026-02-01 | APPROVED |\n"))),
        Case::new(
            "a row with fewer cells",
            Blocked,
            log(&format!("{HEAD}| 1 | 2026-02-01 | REVISE |\n")),
        ),
        Case::new(
            "no bars at the ends",
            Approved,
            log("Review | Date | Verdict\n---|---|---\n1 | 2026-02-01 | APPROVED\n"),
        ),
        Case::new(
            "other names of columns",
            Approved,
            log(
                "| When | By | Outcome | Notes |\n|---|---|---|---|\n| 2026-02-01 | Gemini | Revise | x |\n| 2026-02-02 | Gemini | Approved | x |\n",
            ),
        ),
        Case::new(
            "the verdict first",
            Blocked,
            log("| Verdict | Key Findings | Review |\n|---|---|---|\n| REVISE | x | Gemini #1 |\n"),
        ),
        Case::new(
            "a column that nobody knows",
            Approved,
            log("| Pass | Stand | Urteil |\n|---|---|---|\n| 1 | 2026-02-02 | APPROVED |\n"),
        ),
        Case::new(
            "a key issue that says approved",
            Blocked,
            log(&format!("{HEAD}| Gemini #1 | 2026-02-01 | REVISE | APPROVED |\n")),
        ),
        Case::new(
            "the author's name says approved",
            Blocked,
            log(&format!("{HEAD}| APPROVED | 2026-02-01 | REVISE | x |\n")),
        ),
        Case::new("no rows", Draft, log(HEAD)),
        Case::new(
            "dashes as a row",
            Draft,
            log(&format!("{HEAD}|--------|------|---------|-----------|\n")),
        ),
        Case::new(
            "the header twice",
            Approved,
            log(&format!(
                "{HEAD}| Review | Date | Verdict | Key Issue |\n| 1 | 2026-02-01 | APPROVED | x |\n"
            )),
        ),
        Case::new(
            "a table of comments is no log",
            Draft,
            log("| ID | Comment | Status |\n|---|---|---|\n| G1.1 | x | APPROVED |\n"),
        ),
        Case::new(
            "as a list",
            Approved,
            log(
                "* Gemini #1 (2026-02-01): REVISE - the limits are missing\n* Gemini #2 (2026-02-02): APPROVED\n",
            ),
        ),
        Case::new(
            "as a list that takes it back",
            Conflicting,
            log("* Gemini #1 (2026-02-01): APPROVED - once the limits are there\n"),
        ),
        Case::new(
            "a comment between heading and table",
            Approved,
            log(&format!(
                "<!-- filled in by the tool -->\n\n{HEAD}| 1 | 2026-02-01 | APPROVED | x |\n"
            )),
        ),
    ]
}

fn sections() -> Vec<Case> {
    let log = |rest: &str| draft(&format!("## Appendix: Review Log\n\n{rest}"));
    vec![
        Case::new(
            "sections alone",
            Approved,
            log(
                "### Gemini Review #1 (REVISE)\n\n**Verdict:** REVISE\n\n### Gemini Review #2 (APPROVED)\n\n**Verdict:** APPROVED\n",
            ),
        ),
        Case::new(
            "sections alone, newest first",
            Approved,
            log(
                "### Gemini Review #2 (APPROVED)\n\ntext\n\n### Gemini Review #1 (REVISE)\n\ntext\n",
            ),
        ),
        Case::new(
            "a section of a rejection",
            Blocked,
            log(
                "### Gemini Review #1 (REJECTED)\n\n**Verdict:** REJECTED - Pre-Flight Gate Failed\n",
            ),
        ),
        Case::new(
            "PASS inside and REVISE at the end",
            Blocked,
            log("### Gemini Review #1\n\n**Verdict:** PASS\n\ntext\n\n**Verdict:** REVISE\n"),
        ),
        Case::new("PASS inside alone", Draft, log("### Gemini Review #1\n\n**Verdict:** PASS\n")),
        Case::new(
            "heading and line disagree",
            Conflicting,
            log("### Gemini Review #1 (APPROVED)\n\n**Verdict:** REVISE\n"),
        ),
        Case::new(
            "a section that waits",
            Draft,
            log("### Gemini Review #1 (PENDING)\n\n### Orchestrator Review #1 (PENDING)\n"),
        ),
        Case::new(
            "the template's section",
            Draft,
            log("### {Reviewer} Review #{N} ({VERDICT})\n\n**Verdict:** {APPROVED/REJECTED}\n"),
        ),
        Case::new(
            "a program's section",
            Draft,
            log("### Mechanical Validation #1 (FEEDBACK)\n\n**Verdict:** FEEDBACK\n"),
        ),
        Case::new(
            "boxes",
            Approved,
            log(
                "### Gemini Review #1\n\n- [x] **APPROVED** - Ready for implementation\n- [ ] **REVISE** - Fix Tier 2 issues first\n- [ ] **DISCUSS**\n",
            ),
        ),
        Case::new(
            "boxes, a no",
            Blocked,
            log("### Gemini Review #1\n\n- [ ] APPROVED\n- [x] REVISE\n"),
        ),
        Case::new(
            "two boxes",
            Conflicting,
            log("### Gemini Review #1\n\n- [x] APPROVED\n- [x] REVISE\n"),
        ),
        Case::new(
            "fields alone",
            Approved,
            draft(
                "## Review Log\n\n**Reviewer:** Gemini 3 Pro\n**Date:** 2026-02-02\n**Verdict:** APPROVED\n",
            ),
        ),
        Case::new(
            "feedback in a section of its own",
            Blocked,
            draft("## Gemini Review Feedback\n\n**Verdict:** REVISE\n"),
        ),
        Case::new(
            "the summary in a section of its own",
            Approved,
            draft(&format!(
                "## Appendix: Review Log\n\n### Gemini Review #1 (REVISE)\n\ntext\n\n## Review Summary\n\n{HEAD}| 2 | 2026-02-02 | APPROVED | x |\n"
            )),
        ),
        Case::new(
            "a design of a log is no log",
            Draft,
            draft(&format!(
                "### 2.6 Review Log\n\n{HEAD}| 1 | 2026-02-02 | APPROVED | x |\n\n**Final Status:** APPROVED\n"
            )),
        ),
        Case::new(
            "an example in the log",
            Draft,
            log(&format!("### Example\n\n{HEAD}| 1 | 2026-02-02 | APPROVED | x |\n")),
        ),
        Case::new(
            "a row and a section of one review disagree",
            Conflicting,
            log(&format!(
                "### Gemini Review #1 (REVISE)\n\ntext\n\n### Review Summary\n\n{HEAD}| Gemini #1 | 2026-02-02 | APPROVED | x |\n"
            )),
        ),
    ]
}

fn quoted() -> Vec<Case> {
    let approved = format!(
        "## Appendix: Review Log\n\n### Review Summary\n\n{HEAD}| 1 | 2026-02-02 | APPROVED | x |\n\n**Final Status:** APPROVED\n"
    );
    let quote = indented("> ", &approved);
    let listed = indented("  ", &approved);
    vec![
        Case::new("in a fence", Draft, draft(&format!("```\n{approved}```\n"))),
        Case::new(
            "in a fence that is never closed",
            Draft,
            draft(&format!("~~~markdown\n{approved}")),
        ),
        Case::new(
            "in a fence in a fence",
            Draft,
            draft(&format!("````\n```\n{approved}```\n````\n")),
        ),
        Case::new(
            "in a fence in a list",
            Draft,
            draft(&format!("- so:\n\n  ```\n{listed}  ```\n")),
        ),
        Case::new("in a quote", Draft, draft(&quote)),
        Case::new("in a comment", Draft, draft(&format!("<!--\n{approved}-->\n"))),
        Case::new("in a comment that is never closed", Draft, draft(&format!("<!--\n{approved}"))),
        Case::new("in a list", Draft, draft(&format!("- so:\n\n{listed}"))),
        Case::new(
            "a box in a fence",
            Draft,
            draft(
                "## Appendix: Review Log\n\n### Gemini Review #1\n\n```\n[x] **APPROVED**\n```\n",
            ),
        ),
        Case::new(
            "rows in a fence below a header",
            Draft,
            draft(&format!(
                "## Appendix: Review Log\n\n{HEAD}\n```\n| 1 | 2026-02-02 | APPROVED | x |\n```\n"
            )),
        ),
        Case::new(
            "in a pre element",
            Draft,
            draft(&format!("<pre>\n{}</pre>\n", approved.replace("\n\n", "\n"))),
        ),
        Case::new(
            "in a hidden element",
            Conflicting,
            draft(&format!("<div hidden>\n\n{approved}\n</div>\n")),
        ),
        Case::new(
            "in an element that folds",
            Approved,
            draft(&format!("<details>\n<summary>Reviews</summary>\n\n{approved}\n</details>\n")),
        ),
        Case::new(
            "the footer of the old tool",
            Draft,
            draft("<sub>**Gemini Review:** APPROVED | **Model:** gemini-3-pro-preview</sub>\n"),
        ),
        Case::new(
            "prose that says approved",
            Draft,
            draft("## Appendix: Review Log\n\nThis was APPROVED by everyone on 2026-02-02.\n"),
        ),
        Case::new(
            "a picture of an approval",
            Draft,
            draft("## Review Log\n\n![**Verdict:** APPROVED](x.png)\n"),
        ),
    ]
}

fn behind() -> Vec<Case> {
    let own = format!(
        "## Appendix: Review Log\n\n### Review Summary\n\n{HEAD}| Gemini #1 | 2026-02-01 | REVISE | x |\n\n**Final Status:** PENDING\n"
    );
    let approved = format!(
        "## Appendix: Review Log\n\n### Review Summary\n\n{HEAD}| 1 | 2026-02-09 | APPROVED | x |\n\n**Final Status:** APPROVED\n"
    );
    let foreign = format!(
        "# 99 - Feature: Other\n\n## 1. Context & Goal\n* **Status:** Approved (gemini-3-pro-preview, 2026-02-09)\n\n{approved}"
    );
    let untitled = foreign.split_once("\n\n").unwrap().1;
    vec![
        Case::new("another document behind it", Blocked, draft(&format!("{own}\n{foreign}"))),
        Case::new(
            "another document without its title",
            Blocked,
            draft(&format!("{own}\n{untitled}")),
        ),
        Case::new("another document behind one without a log", Draft, draft(&foreign)),
        Case::new(
            "another document that was not approved",
            Approved,
            draft(&format!("{approved}\n{}", foreign.replace("APPROVED", "REVISE"))),
        ),
        Case::new("another log behind it", Conflicting, draft(&format!("{own}\n{approved}"))),
        Case::new("the same log twice", Approved, draft(&format!("{approved}\n{approved}"))),
        Case::new(
            "a row behind the last line",
            Blocked,
            draft(&format!("{own}\n{HEAD}| 2 | 2026-02-09 | APPROVED | x |\n")),
        ),
        Case::new(
            "a no behind the last line",
            Conflicting,
            draft(&format!("{approved}\n{HEAD}| 2 | 2026-02-10 | REVISE | x |\n")),
        ),
        Case::new(
            "prose behind the last line",
            Approved,
            draft(&format!("{approved}\nAnd one more REVISE for good measure.\n")),
        ),
        Case::new(
            "a section behind the log",
            Approved,
            draft(&format!("{approved}\n## Notes\n\n**Verdict:** REVISE\n")),
        ),
    ]
}

fn fields() -> Vec<Case> {
    let status = |status: &str, log: &str| {
        format!("# 98 - Feature: Schemas\n\n**Status:** {status}\n\n## 1. Context\n\ntext\n\n{log}")
    };
    let approved = format!("## Appendix: Review Log\n\n{HEAD}| 1 | 2026-02-02 | APPROVED | x |\n");
    let empty = format!("## Appendix: Review Log\n\n{HEAD}\n**Final Status:** APPROVED\n");
    vec![
        Case::new("a field says approved", Conflicting, status("Approved", "")),
        Case::new(
            "a field says approved by a model",
            Conflicting,
            status("Approved (gemini-3-pro-preview, 2026-02-02)", ""),
        ),
        Case::new(
            "a field says reviewed",
            Conflicting,
            status("Reviewed - Ready for Implementation", ""),
        ),
        Case::new("a field says blocked", Blocked, status("Blocked", "")),
        Case::new(
            "a field says superseded, the log approves",
            Conflicting,
            status("Superseded by #120", &approved),
        ),
        Case::new(
            "a field says rejected, the log approves",
            Conflicting,
            status("Rejected", &approved),
        ),
        Case::new(
            "a field says draft, the log approves",
            Approved,
            status("Draft - Pending Gemini Review", &approved),
        ),
        Case::new(
            "a field says complete, the log approves",
            Approved,
            status("Complete", &approved),
        ),
        Case::new(
            "both fields, no row",
            Approved,
            status("Approved (gemini-3.1-pro-preview, 2026-02-02)", &empty),
        ),
        Case::new(
            "both fields with a garbled tail",
            Approved,
            status("Approved (gemini-3.1-pro-preview, 2026-02-02) Progress", &empty),
        ),
        Case::new("both fields, nobody named", Conflicting, status("Approved", &empty)),
        Case::new(
            "the last line twice",
            Conflicting,
            status(
                "Draft",
                &format!("{approved}\n**Final Status:** APPROVED\n\n**Final Status:** PENDING\n"),
            ),
        ),
        Case::new(
            "the last line over dashes",
            Approved,
            status("Draft", &format!("{approved}\n**Final Status:** APPROVED\n---\n")),
        ),
        Case::new(
            "the last line says rejected",
            Conflicting,
            status("Draft", &format!("{approved}\n**Final Status:** REJECTED\n")),
        ),
        Case::new(
            "only the last line says rejected",
            Blocked,
            status("Draft", "## Review Log\n\n**Final Status:** REJECTED\n"),
        ),
        Case::new(
            "a status of something else",
            Nothing,
            "# 98\n\n## 1. Context\n\ntext\n\n## 5. Rollout\n\n**Status:** Approved\n",
        ),
        Case::new("empty", Nothing, ""),
        Case::new("one line", Nothing, "TODO"),
        Case::new(
            "a table of fields at the top",
            Draft,
            "# 98\n\n| Field | Value |\n|---|---|\n| Status | Draft |\n",
        ),
    ]
}
