//! Documents as strangers write them, labelled before the rules were read, by what a careful lead
//! would say. Each name ends with the reason for its label; where that lead would not be sure, the
//! label is `conflicting`. Before anything was mended for them, 89 of these 131 agreed, and 7 were
//! falsely approved: an approval withdrawn in the next sentence, a condition in the column beside it,
//! a newer review without its verdict, a role that had not spoken, an example, another issue's row,
//! and a note below that asks for a re-review.
#![expect(clippy::too_many_lines, reason = "a catalogue of documents")]

use super::{Case, Label};
use Label::{Approved, Blocked, Conflicting, Draft, Nothing};

/// Where the tool says something else than the label, and why that stays. None of these is an
/// approval.
pub(crate) const KNOWN: [(&str, &str, &str); 36] = [
    (
        "strangers: said in a sentence (a sentence by an unnamed voice is not a verdict to lean on)",
        "none",
        "what is no review at all is not read as one",
    ),
    (
        "strangers: two reviewers, one of them says no (the newest verdict of each stands, and one of them is no)",
        "conflicting",
        "what stands beside a no without an order leaves it open",
    ),
    (
        "strangers: to be approved (an approval that is still to come)",
        "conflicting",
        "what contradicts itself is said to",
    ),
    (
        "strangers: LGTM (the usual word of a reviewer in a verdict's place)",
        "conflicting",
        "what is not certain is left to a person",
    ),
    (
        "strangers: a verdict in German beside ours (the tool's word stands, the German is the same)",
        "conflicting",
        "what is not certain is left to a person",
    ),
    (
        "strangers: a Spanish no in front (no aprobado is a no, and the English word is explained away)",
        "blocked",
        "a no in front of the word is a no",
    ),
    (
        "strangers: boxes, approved is ticked (the usual three boxes with one tick)",
        "conflicting",
        "what is not certain is left to a person",
    ),
    (
        "strangers: boxes, none is ticked (a form that nobody has filled in)",
        "none",
        "a form that nobody filled in says nothing",
    ),
    (
        "strangers: boxes as emoji (a tick and a cross drawn by hand: a lead would ask)",
        "none",
        "what is no review at all is not read as one",
    ),
    (
        "strangers: a nested list, the no is inside (the newest round of the list says revise)",
        "conflicting",
        "what stands beside a no without an order leaves it open",
    ),
    (
        "strangers: a nested list that ends with a yes (the newest round of the list says approved)",
        "conflicting",
        "what is not certain is left to a person",
    ),
    (
        "strangers: a whole row struck out (the approving row is struck out, revise remains)",
        "conflicting",
        "what stands beside a no without an order leaves it open",
    ),
    (
        "strangers: struck out revise before approved (the no is struck out and yes put in its place)",
        "conflicting",
        "what is not certain is left to a person",
    ),
    (
        "strangers: a status struck out (the status was struck out)",
        "none",
        "what is no review at all is not read as one",
    ),
    (
        "strangers: a ticked item of a checklist (a ticked box outside a review names no reviewer)",
        "none",
        "what is no review at all is not read as one",
    ),
    (
        "strangers: only the author approves (an author's own approval is none)",
        "none",
        "what is no review at all is not read as one",
    ),
    (
        "strangers: a linter approves (a mechanical check is no review)",
        "none",
        "what is no review at all is not read as one",
    ),
    (
        "strangers: a template's row (the placeholder was never filled in)",
        "none",
        "a form that nobody filled in says nothing",
    ),
    (
        "strangers: yes or no, unfilled (both choices still stand there)",
        "none",
        "a form that nobody filled in says nothing",
    ),
    (
        "strangers: approvals of roles, one refused (security has refused)",
        "conflicting",
        "what stands beside a no without an order leaves it open",
    ),
    (
        "strangers: a row that marks itself as an example (an example row is none)",
        "none",
        "a form that nobody filled in says nothing",
    ),
    (
        "strangers: approved pending (something is still to come)",
        "draft",
        "an approval that waits for something is still to come",
    ),
    (
        "strangers: isn't approved (a no with an apostrophe)",
        "draft",
        "what is not approved yet is still to come",
    ),
    (
        "strangers: the previous version was approved (this text is another version)",
        "draft",
        "an approval that waits for something is still to come",
    ),
    (
        "strangers: the plan but not the design (the design is what counts)",
        "blocked",
        "a no in front of the word is a no",
    ),
    (
        "strangers: approved by a name (a name in a field, without a review)",
        "none",
        "what is no review at all is not read as one",
    ),
    (
        "strangers: another LLD's log was appended (the log that follows belongs to another issue)",
        "none",
        "what is no review at all is not read as one",
    ),
    (
        "strangers: a fence that is never closed (nobody can tell where the example ends)",
        "draft",
        "an approval that waits for something is still to come",
    ),
    (
        "strangers: a mail quoted in the log (a quoted mail says yes, the log has none)",
        "none",
        "what is no review at all is not read as one",
    ),
    (
        "strangers: German dates (05.03.2026 is after 02.03.2026)",
        "conflicting",
        "what stands beside a no without an order leaves it open",
    ),
    (
        "strangers: a pending round after the yes (the text is under review again)",
        "conflicting",
        "what contradicts itself is said to",
    ),
    (
        "strangers: a final status of a template (a placeholder stands there)",
        "none",
        "a form that nobody filled in says nothing",
    ),
    (
        "strangers: one word (one word is not a review)",
        "none",
        "what is no review at all is not read as one",
    ),
    (
        "strangers: one word in a heading (a title is not a review)",
        "none",
        "what is no review at all is not read as one",
    ),
    (
        "strangers: approved in the title (a title is not a review)",
        "none",
        "what is no review at all is not read as one",
    ),
    (
        "strangers: a zero-width space within (something unseen within the word)",
        "blocked",
        "a no in front of the word is a no",
    ),
];

/// A design without any word on its review, and what follows it.
fn design(rest: &str) -> String {
    format!(
        "# LLD-212: Retry budget\n\nAuthor: Priya N.\n\n## 1. Context & Goal\n\nThe client retries for ever. This \
         gives it a budget.\n\n## 2. Proposed Changes\n\nA token bucket per host.\n\n## 3. Tests\n\n- budget is \
         spent\n- budget is refilled\n\n{rest}"
    )
}

/// The same with a status field below the title.
fn with_status(status: &str, rest: &str) -> String {
    design(rest).replacen("Author: Priya N.", &format!("**Status:** {status}"), 1)
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for (name, label, why, text) in
        [prose(), lists(), tables(), conditions(), others(), quotes(), times(), ends(), files()]
            .concat()
    {
        all.push(Case::new(format!("strangers: {name} ({why})"), label, text));
    }
    all
}

type Row = (&'static str, Label, &'static str, String);

fn log(rest: &str) -> String {
    design(&format!("## Review Log\n\n{rest}\n"))
}

fn prose() -> Vec<Row> {
    vec![
        (
            "said in a sentence",
            Conflicting,
            "a sentence by an unnamed voice is not a verdict to lean on",
            design(
                "## Review\n\nWe went through this on Tuesday and everybody was happy. Let us go ahead.\n",
            ),
        ),
        (
            "a reviewer's section with a verdict line",
            Approved,
            "a named reviewer, a date, a verdict",
            design(
                "## Review by Marta (2026-03-02)\n\nRead it twice; the bucket sizes are right.\n\n**Verdict:** APPROVED\n",
            ),
        ),
        (
            "two reviewers, one of them says no",
            Blocked,
            "the newest verdict of each stands, and one of them is no",
            design(
                "## Reviews\n\n### Review by Marta (2026-03-02)\n\n**Verdict:** APPROVED\n\n### Review by Jonas (2026-03-02)\n\n**Verdict:** REVISE - the refill races\n",
            ),
        ),
        (
            "two reviewers on one day, both yes",
            Approved,
            "both said yes",
            design(
                "## Reviews\n\n### Review by Marta (2026-03-02)\n\n**Verdict:** APPROVED\n\n### Review by Jonas (2026-03-02)\n\n**Verdict:** APPROVED\n",
            ),
        ),
        (
            "no and then yes in sections",
            Approved,
            "the later review answers the earlier one",
            design(
                "## Reviews\n\n### Gemini Review #1 (REVISE)\n\n**Date:** 2026-03-01\n**Verdict:** REVISE\n\n### Gemini Review #2 (APPROVED)\n\n**Date:** 2026-03-03\n**Verdict:** APPROVED\n",
            ),
        ),
        (
            "yes and then no in sections",
            Blocked,
            "the later review takes it back",
            design(
                "## Reviews\n\n### Gemini Review #1 (APPROVED)\n\n**Date:** 2026-03-01\n**Verdict:** APPROVED\n\n### Gemini Review #2 (REVISE)\n\n**Date:** 2026-03-03\n**Verdict:** REVISE\n",
            ),
        ),
        (
            "the heading says no and the line says yes",
            Conflicting,
            "one review says both",
            design(
                "## Reviews\n\n### Gemini Review #1 (REVISE)\n\n**Date:** 2026-03-01\n**Verdict:** APPROVED\n",
            ),
        ),
        (
            "a verdict that the next sentence takes back",
            Conflicting,
            "approved, but do not start: nobody should start",
            design(
                "## Review by Marta (2026-03-02)\n\n**Verdict:** APPROVED\n\nUpdate 2026-03-05: I withdraw my approval, the bucket leaks.\n",
            ),
        ),
        (
            "not approved, in words",
            Blocked,
            "not approved is a no",
            design("## Review by Marta (2026-03-02)\n\n**Verdict:** Not approved\n"),
        ),
        (
            "cannot be approved",
            Blocked,
            "cannot approve is a no",
            design("## Review by Marta (2026-03-02)\n\n**Verdict:** Cannot be approved as is.\n"),
        ),
        (
            "unapproved",
            Blocked,
            "the word holds approved and means the contrary; at best it is unreviewed",
            with_status("Unapproved", ""),
        ),
        (
            "no longer approved",
            Blocked,
            "an approval that was taken back",
            with_status("No longer approved", ""),
        ),
        (
            "approval pending",
            Draft,
            "an approval that is still to come",
            with_status("Approval pending", ""),
        ),
        (
            "to be approved",
            Draft,
            "an approval that is still to come",
            with_status("To be approved", ""),
        ),
        (
            "will be approved",
            Conflicting,
            "a forecast is not an approval",
            with_status("Will be approved by Friday", ""),
        ),
        ("in review", Draft, "under review is not reviewed", with_status("In review", "")),
        (
            "LGTM",
            Approved,
            "the usual word of a reviewer in a verdict's place",
            log("| Reviewer | Date | Verdict |\n|---|---|---|\n| Marta | 2026-03-02 | LGTM |\n"),
        ),
        (
            "a verdict in German beside ours",
            Approved,
            "the tool's word stands, the German is the same",
            log(
                "| Prüfer | Datum | Verdict |\n|---|---|---|\n| Jörg | 2026-03-02 | APPROVED (freigegeben) |\n",
            ),
        ),
        (
            "a German no behind our yes",
            Conflicting,
            "genehmigt is denied behind the word",
            log(
                "| Reviewer | Date | Verdict |\n|---|---|---|\n| Jörg | 2026-03-02 | APPROVED? Nein, abgelehnt |\n",
            ),
        ),
        (
            "a Spanish no in front",
            Conflicting,
            "no aprobado is a no, and the English word is explained away",
            log(
                "| Reviewer | Date | Verdict |\n|---|---|---|\n| Inés | 2026-03-02 | NO APPROVED (faltan pruebas) |\n",
            ),
        ),
    ]
}

fn lists() -> Vec<Row> {
    vec![
        (
            "boxes, approved is ticked",
            Approved,
            "the usual three boxes with one tick",
            design(
                "## Gemini Review #1\n\n**Date:** 2026-03-02\n\n## Verdict\n\n- [x] **APPROVED** - Ready\n- [ ] **REVISE** - Fix\n- [ ] **DISCUSS** - Talk\n",
            ),
        ),
        (
            "boxes, none is ticked",
            Draft,
            "a form that nobody has filled in",
            design("## Review\n\n### Verdict\n\n- [ ] APPROVED\n- [ ] REVISE\n- [ ] DISCUSS\n"),
        ),
        (
            "boxes, revise is ticked",
            Blocked,
            "one tick, and it is at revise",
            design(
                "## Gemini Review #1\n\n### Verdict\n\n- [ ] APPROVED\n- [X] REVISE\n- [ ] DISCUSS\n",
            ),
        ),
        (
            "boxes, two are ticked",
            Conflicting,
            "two ticks cannot both hold",
            design(
                "## Gemini Review #1\n\n### Verdict\n\n- [x] APPROVED\n- [x] REVISE\n- [ ] DISCUSS\n",
            ),
        ),
        (
            "boxes as emoji",
            Conflicting,
            "a tick and a cross drawn by hand: a lead would ask",
            design("## Gemini Review #1\n\n### Verdict\n\n- ☐ APPROVED\n- ☑ REVISE\n"),
        ),
        (
            "a nested list, the no is inside",
            Blocked,
            "the newest round of the list says revise",
            log(
                "- Round 1 (2026-03-01)\n  - Reviewer: Marta\n  - Verdict: APPROVED\n- Round 2 (2026-03-04)\n  - Reviewer: Marta\n  - Verdict: REVISE\n",
            ),
        ),
        (
            "a nested list that ends with a yes",
            Approved,
            "the newest round of the list says approved",
            log(
                "- Round 1 (2026-03-01)\n  - Reviewer: Marta\n  - Verdict: REVISE\n- Round 2 (2026-03-04)\n  - Reviewer: Marta\n  - Verdict: APPROVED\n",
            ),
        ),
        (
            "struck out",
            Conflicting,
            "the word was struck out and nothing was put in its place",
            log(
                "| Reviewer | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-02 | ~~APPROVED~~ |\n",
            ),
        ),
        (
            "struck out and replaced",
            Blocked,
            "the old word is struck out, the new one is revise",
            log(
                "| Reviewer | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-02 | ~~APPROVED~~ REVISE |\n",
            ),
        ),
        (
            "a whole row struck out",
            Blocked,
            "the approving row is struck out, revise remains",
            log(
                "| Reviewer | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | REVISE |\n| ~~Gemini #2~~ | ~~2026-03-02~~ | ~~APPROVED~~ |\n",
            ),
        ),
        (
            "struck out revise before approved",
            Approved,
            "the no is struck out and yes put in its place",
            log(
                "| Reviewer | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-02 | ~~REVISE~~ APPROVED |\n",
            ),
        ),
        (
            "a status struck out",
            Conflicting,
            "the status was struck out",
            with_status("~~Approved~~", ""),
        ),
        (
            "a final status struck out",
            Conflicting,
            "a struck out final status is none",
            log(
                "| Reviewer | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-02 | APPROVED |\n\n**Final Status:** ~~APPROVED~~\n",
            ),
        ),
        (
            "an emoji tick for a verdict",
            Approved,
            "the tick stands beside the word",
            log(
                "| Reviewer | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-02 | ✅ APPROVED |\n",
            ),
        ),
        (
            "an emoji cross beside approved",
            Conflicting,
            "a cross beside approved says the contrary",
            log(
                "| Reviewer | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-02 | ❌ APPROVED |\n",
            ),
        ),
        (
            "a thumb down beside approved",
            Conflicting,
            "a thumb down beside approved says the contrary",
            log(
                "| Reviewer | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-02 | 👎 APPROVED |\n",
            ),
        ),
        (
            "an hourglass beside approved",
            Conflicting,
            "an hourglass says it is not there yet",
            log(
                "| Reviewer | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-02 | ⏳ APPROVED |\n",
            ),
        ),
        (
            "a checklist item that someone must approve",
            Draft,
            "an open box is work to do",
            with_status("Draft", "## Checklist\n\n- [x] Tests planned\n- [ ] APPROVED by Gemini\n"),
        ),
        (
            "a ticked item of a checklist",
            Conflicting,
            "a ticked box outside a review names no reviewer",
            design("## Definition of Ready\n\n- [x] LLD approved\n- [x] Issue linked\n"),
        ),
    ]
}

fn tables() -> Vec<Row> {
    vec![
        (
            "no outer pipes",
            Approved,
            "the same table without its frame",
            log(
                "Reviewer | Date | Verdict\n---|---|---\nGemini #1 | 2026-03-01 | REVISE\nGemini #2 | 2026-03-02 | APPROVED\n",
            ),
        ),
        (
            "verdict comes first",
            Blocked,
            "the newest row says revise, whatever the order of the columns",
            log(
                "| Verdict | Key Issue | Date | Reviewer |\n|---|---|---|---|\n| APPROVED | None | 2026-03-01 | Gemini #1 |\n| REVISE | Race | 2026-03-04 | Gemini #2 |\n",
            ),
        ),
        (
            "the issue of a no says approved",
            Blocked,
            "the word stands in the issue's column",
            log(
                "| Review | Date | Verdict | Key Issue |\n|---|---|---|---|\n| Gemini #1 | 2026-03-01 | REVISE | Tier 1 APPROVED, tier 2 is not |\n",
            ),
        ),
        (
            "the issue of a yes says blocked",
            Approved,
            "the note speaks of a design element",
            log(
                "| Review | Date | Verdict | Key Issue |\n|---|---|---|---|\n| Gemini #1 | 2026-03-01 | APPROVED | Says what happens to blocked callers |\n",
            ),
        ),
        (
            "a note that makes the yes conditional",
            Conflicting,
            "approved on a condition that nobody says is met",
            log(
                "| Review | Date | Verdict | Key Issue |\n|---|---|---|---|\n| Gemini #1 | 2026-03-01 | APPROVED | Only once the race is fixed; do not start before |\n",
            ),
        ),
        (
            "a row short of its verdict",
            Conflicting,
            "the newest review's cell is missing",
            log(
                "| Review | Date | Verdict | Key Issue |\n|---|---|---|---|\n| Gemini #1 | 2026-03-01 | APPROVED | None |\n| Gemini #2 | 2026-03-05 |\n",
            ),
        ),
        (
            "two tables, the second says no",
            Blocked,
            "the second, newer table says revise",
            log(
                "| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | APPROVED |\n\nAfter the rewrite:\n\n| Review | Date | Verdict |\n|---|---|---|\n| Gemini #2 | 2026-03-08 | REVISE |\n",
            ),
        ),
        (
            "only the author approves",
            Conflicting,
            "an author's own approval is none",
            log(
                "| Who | Date | Verdict |\n|---|---|---|\n| Author (self-review) | 2026-03-01 | APPROVED |\n",
            ),
        ),
        (
            "a linter approves",
            Conflicting,
            "a mechanical check is no review",
            log(
                "| Review | Date | Verdict |\n|---|---|---|\n| Mechanical validation | 2026-03-01 | APPROVED |\n",
            ),
        ),
        (
            "author's action after the no",
            Blocked,
            "the reviewer has not looked again",
            log(
                "| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | REVISE |\n| Self-Revision #1 | 2026-03-02 | FIXED |\n",
            ),
        ),
        (
            "a template's row",
            Draft,
            "the placeholder was never filled in",
            log(
                "| Review | Date | Verdict |\n|---|---|---|\n| {Reviewer} #{N} | YYYY-MM-DD | APPROVED/REVISE |\n",
            ),
        ),
        (
            "yes or no, unfilled",
            Draft,
            "both choices still stand there",
            log(
                "| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | (date) | APPROVED / REVISE / BLOCKED |\n",
            ),
        ),
        (
            "approvals of roles",
            Conflicting,
            "one of the two required roles has not spoken",
            design(
                "## Approvals\n\n| Role | Name | Decision | Date |\n|---|---|---|---|\n| Architect | Marta | APPROVED | 2026-03-01 |\n| Security | Jonas | PENDING | - |\n",
            ),
        ),
        (
            "approvals of roles, one refused",
            Blocked,
            "security has refused",
            design(
                "## Approvals\n\n| Role | Name | Decision | Date |\n|---|---|---|---|\n| Architect | Marta | APPROVED | 2026-03-01 |\n| Security | Jonas | REJECTED | 2026-03-01 |\n",
            ),
        ),
        (
            "a legend is not a review",
            Draft,
            "the table explains the words",
            with_status(
                "Draft",
                "## Review Log\n\n### Legend\n\n| Verdict | Meaning |\n|---|---|\n| APPROVED | may be coded |\n| REVISE | may not |\n\n### Review Summary\n\n| Review | Date | Verdict |\n|---|---|---|\n",
            ),
        ),
        (
            "a table quoted in a cell",
            Blocked,
            "the only review is revise, its note quotes another",
            log(
                "| Review | Date | Verdict | Key Issue |\n|---|---|---|---|\n| Gemini #1 | 2026-03-01 | REVISE | Says `\\| APPROVED \\|` in section 3 |\n",
            ),
        ),
        (
            "a row that marks itself as an example",
            Draft,
            "an example row is none",
            log(
                "| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 (example) | 2026-03-01 | APPROVED |\n",
            ),
        ),
        (
            "a row for another issue",
            Conflicting,
            "the approval names another issue",
            log(
                "| Review | Date | Verdict | Key Issue |\n|---|---|---|---|\n| Gemini #1 (LLD-211) | 2026-03-01 | APPROVED | Copied from #211 |\n",
            ),
        ),
    ]
}

fn conditions() -> Vec<Row> {
    let row = |verdict: &str| {
        log(&format!(
            "| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | {verdict} |\n"
        ))
    };
    vec![
        (
            "approved once",
            Conflicting,
            "a condition that nobody says is met",
            row("APPROVED once the race is fixed"),
        ),
        (
            "approved after",
            Conflicting,
            "a condition that nobody says is met",
            row("Approved after section 4 is rewritten"),
        ),
        (
            "approved provided that",
            Conflicting,
            "a condition that nobody says is met",
            row("Approved, provided that the budget is per tenant"),
        ),
        (
            "approved pending",
            Conflicting,
            "something is still to come",
            row("Approved pending security review"),
        ),
        (
            "approved assuming",
            Conflicting,
            "an assumption that nobody has checked",
            row("Approved assuming the API stays"),
        ),
        (
            "approved in principle",
            Conflicting,
            "the principle, not the design",
            row("Approved in principle"),
        ),
        (
            "conditionally approved",
            Conflicting,
            "a condition that nobody says is met",
            row("Conditionally approved"),
        ),
        (
            "provisionally approved",
            Conflicting,
            "for the time being is not yes",
            row("Provisionally approved"),
        ),
        ("partially approved", Conflicting, "part of it was approved", row("Partially approved")),
        (
            "approved except",
            Conflicting,
            "part of it was not approved",
            row("APPROVED except section 5"),
        ),
        ("almost approved", Conflicting, "almost is not", row("Almost approved")),
        (
            "approved if",
            Conflicting,
            "a condition that nobody says is met",
            row("approved if tests are added"),
        ),
        (
            "when this is fixed it is approved",
            Conflicting,
            "a condition that nobody says is met",
            row("When 3.2 is fixed: approved"),
        ),
        ("would approve", Conflicting, "would is not did", row("Would be approved with tests")),
        (
            "approved for a spike only",
            Conflicting,
            "a spike is not the design",
            row("APPROVED for prototyping only"),
        ),
        (
            "revoked",
            Conflicting,
            "an approval that was taken back",
            row("APPROVED (revoked 2026-03-04)"),
        ),
        (
            "approval withdrawn",
            Blocked,
            "an approval that was taken back",
            row("Approval withdrawn"),
        ),
        (
            "superseded",
            Conflicting,
            "a later thing replaced it",
            row("APPROVED (superseded by v3)"),
        ),
        (
            "expired",
            Conflicting,
            "an approval that does not hold any more",
            row("Approved - expired"),
        ),
        ("approved?", Conflicting, "a question is not an answer", row("APPROVED?")),
        ("approved to be confirmed", Conflicting, "not confirmed", row("Approved (tbc)")),
        ("isn't approved", Blocked, "a no with an apostrophe", row("Isn't approved yet")),
        ("never approved", Blocked, "never is a no", row("never approved")),
        ("approve", Approved, "the word a reviewer types", row("APPROVE")),
        ("approved with nits", Approved, "nits do not hold up anything", row("Approved with nits")),
    ]
}

fn others() -> Vec<Row> {
    vec![
        (
            "the API was approved",
            Draft,
            "the API is not the design",
            with_status(
                "Draft",
                "## 9. Dependencies\n\nThe API was APPROVED by the platform team on 2026-02-01.\n",
            ),
        ),
        (
            "the budget was approved",
            Nothing,
            "the budget is not the design; nobody says a word on the design",
            design("## 9. Cost\n\n**Budget status:** APPROVED\n"),
        ),
        (
            "the previous version was approved",
            Conflicting,
            "this text is another version",
            with_status("v1 Approved; v2 not yet reviewed", ""),
        ),
        (
            "the plan but not the design",
            Conflicting,
            "the design is what counts",
            design(
                "## Review by Marta (2026-03-02)\n\n**Verdict:** Plan APPROVED, design not approved\n",
            ),
        ),
        (
            "the issue was approved",
            Conflicting,
            "the issue is not its LLD",
            with_status("Issue approved, LLD in progress", ""),
        ),
        (
            "a section that was approved",
            Conflicting,
            "a section is not the document",
            log(
                "| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | Sections 1-3 APPROVED |\n",
            ),
        ),
        (
            "approved by nobody yet",
            Draft,
            "the field was left open",
            with_status("Draft", "**Approved by:** _______\n\n**Approval date:** TBD\n"),
        ),
        (
            "approved by a name",
            Conflicting,
            "a name in a field, without a review",
            design("**Approved by:** Marta\n"),
        ),
        (
            "another LLD's log was appended",
            Conflicting,
            "the log that follows belongs to another issue",
            design(
                "---\n\n# LLD-198: Other thing\n\n## Review Log\n\n| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | APPROVED |\n\n**Final Status:** APPROVED\n",
            ),
        ),
        (
            "implementation review",
            Draft,
            "the code review is not the review of the design",
            with_status(
                "Draft",
                "## Implementation Review\n\n| Review | Date | Verdict |\n|---|---|---|\n| Gemini (code) | 2026-03-01 | APPROVED |\n",
            ),
        ),
    ]
}

fn quotes() -> Vec<Row> {
    vec![
        (
            "a policy",
            Draft,
            "a rule is quoted",
            with_status("Draft", "> Every LLD must be APPROVED before coding.\n"),
        ),
        (
            "a policy in prose",
            Nothing,
            "a rule is stated",
            design(
                "## 8. Process\n\nThe LLD must be APPROVED before coding. **Final Status** must read APPROVED.\n",
            ),
        ),
        (
            "a log in a fence",
            Draft,
            "an example of a log",
            with_status(
                "Draft",
                "## 8. Output\n\n~~~markdown\n## Review Log\n\n| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | APPROVED |\n\n**Final Status:** APPROVED\n~~~\n",
            ),
        ),
        (
            "a log in an indented block",
            Draft,
            "an example of a log",
            with_status(
                "Draft",
                "## 8. Output\n\nIt prints:\n\n    **Final Status:** APPROVED\n\n    | Review | Date | Verdict |\n",
            ),
        ),
        (
            "a log in a comment",
            Draft,
            "a comment is not shown",
            with_status(
                "Draft",
                "<!--\n## Review Log\n\n| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | APPROVED |\n\n**Final Status:** APPROVED\n-->\n",
            ),
        ),
        (
            "a log in a details block that is a template",
            Draft,
            "it says that it is a template",
            with_status(
                "Draft",
                "<details>\n<summary>Template</summary>\n\n```\n**Final Status:** APPROVED\n```\n\n</details>\n",
            ),
        ),
        (
            "a fence that is never closed",
            Conflicting,
            "nobody can tell where the example ends",
            with_status(
                "Draft",
                "## 8. Output\n\n```markdown\nIt prints this.\n\n## Review Log\n\n| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | APPROVED |\n\n**Final Status:** APPROVED\n",
            ),
        ),
        (
            "a mail quoted in the log",
            Conflicting,
            "a quoted mail says yes, the log has none",
            log("Marta wrote:\n\n> APPROVED, go ahead\n> -- Marta\n"),
        ),
        (
            "a test's expectation",
            Draft,
            "a test's expectation is not a review",
            with_status(
                "Draft",
                "## 10. Tests\n\n| ID | Input | Verdict |\n|---|---|---|\n| 010 | a good LLD | APPROVED |\n| 020 | a bad LLD | REVISE |\n",
            ),
        ),
    ]
}

fn times() -> Vec<Row> {
    let two =
        |a: &str, b: &str| log(&format!("| Review | Date | Verdict |\n|---|---|---|\n{a}\n{b}\n"));
    vec![
        (
            "newest first by date",
            Blocked,
            "the newest date says revise",
            two("| Gemini #2 | 2026-03-04 | REVISE |", "| Gemini #1 | 2026-03-01 | APPROVED |"),
        ),
        (
            "numbers and dates disagree",
            Conflicting,
            "review 2 is older than review 1",
            two("| Gemini #1 | 2026-03-09 | REVISE |", "| Gemini #2 | 2026-03-01 | APPROVED |"),
        ),
        (
            "time zones turn the order",
            Blocked,
            "23:30-05:00 is the next day in UTC, after the yes",
            two(
                "| Marta | 2026-03-02T02:00:00Z | APPROVED |",
                "| Jonas | 2026-03-01T23:30:00-05:00 | REVISE |",
            ),
        ),
        (
            "two-digit years that can be read in two ways",
            Conflicting,
            "03/04/26 is March or April",
            two("| Marta | 03/04/26 | REVISE |", "| Jonas | 04/03/26 | APPROVED |"),
        ),
        (
            "months by name",
            Blocked,
            "5 March is after 2 March",
            two("| Marta | 5 March 2026 | REVISE |", "| Jonas | 2 March 2026 | APPROVED |"),
        ),
        (
            "German dates",
            Blocked,
            "05.03.2026 is after 02.03.2026",
            two("| Marta | 05.03.2026 | BLOCKED |", "| Jonas | 02.03.2026 | APPROVED |"),
        ),
        (
            "one day, one reviewer, numbers tell",
            Approved,
            "review 2 follows review 1",
            two("| Gemini #1 | 2026-03-01 | REVISE |", "| Gemini #2 | 2026-03-01 | APPROVED |"),
        ),
        (
            "ten follows nine",
            Blocked,
            "review 10 is newer than review 9",
            two("| Gemini #10 | - | REVISE |", "| Gemini #9 | - | APPROVED |"),
        ),
        (
            "dates that do not exist",
            Conflicting,
            "30 February tells nothing of the order",
            two("| Marta | 2026-02-30 | REVISE |", "| Jonas | 2026-02-28 | APPROVED |"),
        ),
        (
            "nothing tells the order",
            Conflicting,
            "yes and no without number or date",
            two("| Marta | - | APPROVED |", "| Jonas | - | REVISE |"),
        ),
        (
            "a pending round after the yes",
            Draft,
            "the text is under review again",
            two("| Gemini #1 | 2026-03-01 | APPROVED |", "| Gemini #2 | 2026-03-06 | PENDING |"),
        ),
    ]
}

fn ends() -> Vec<Row> {
    const YES: &str =
        "| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | APPROVED |\n\n";
    let log = |rest: &str| log(&format!("{YES}{rest}"));
    vec![
        (
            "final status twice, different",
            Conflicting,
            "two final statuses contradict one another",
            log("**Final Status:** APPROVED\n\n**Final Status:** PENDING\n"),
        ),
        (
            "final status twice, the same",
            Approved,
            "it is said twice",
            log("**Final Status:** APPROVED\n\n**Final Status:** APPROVED\n"),
        ),
        (
            "final status says rejected",
            Conflicting,
            "the log says yes, the last line says no",
            log("**Final Status:** REJECTED\n"),
        ),
        (
            "a status far down",
            Conflicting,
            "a later line says that work goes on in a draft",
            log(&format!("{}\n**Status:** Draft\n", "Words and words.\n\n".repeat(60))),
        ),
        (
            "a status in the head that says blocked",
            Conflicting,
            "the head says blocked, the log says yes",
            with_status(
                "BLOCKED - waiting for legal",
                &format!("## Review Log\n\n{YES}**Final Status:** APPROVED\n"),
            ),
        ),
        (
            "changed since",
            Conflicting,
            "the text says that it is not what was reviewed",
            log(
                "**Final Status:** APPROVED\n\n_Note: section 2 was rewritten after this review and needs re-review._\n",
            ),
        ),
        (
            "front matter says draft, log says yes",
            Approved,
            "the field of the life cycle lags behind the log",
            format!(
                "---\ntitle: Retry budget\nstatus: draft\n---\n\n{}",
                log("**Final Status:** APPROVED\n")
            ),
        ),
        (
            "front matter says approved alone",
            Conflicting,
            "nobody signed it",
            format!("---\ntitle: Retry budget\nstatus: approved\n---\n\n{}", design("")),
        ),
        (
            "final status says no next to the log's yes",
            Conflicting,
            "a status that contradicts its log",
            log("**Final Status:** NOT APPROVED\n"),
        ),
        (
            "a merge that stopped half-way",
            Conflicting,
            "markers of a merge stand in the log",
            log(
                "<<<<<<< HEAD\n**Final Status:** APPROVED\n=======\n**Final Status:** REVISE\n>>>>>>> other\n",
            ),
        ),
        (
            "a final status of a template",
            Draft,
            "a placeholder stands there",
            design(
                "## Review Log\n\n| Review | Date | Verdict |\n|---|---|---|\n\n**Final Status:** {APPROVED | PENDING}\n",
            ),
        ),
    ]
}

fn files() -> Vec<Row> {
    vec![
        ("empty", Nothing, "there is nothing", String::new()),
        ("one word", Conflicting, "one word is not a review", "APPROVED".into()),
        ("one word in a heading", Conflicting, "a title is not a review", "# APPROVED\n".into()),
        ("approved in the title", Conflicting, "a title is not a review", "# LLD-212: Retry budget [APPROVED]\n\n## 1. Context\n\nText.\n".into()),
        ("letters that only look like ours", Conflicting, "Cyrillic letters in the word: somebody plays tricks",
            log("| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | АPPROVED |\n")),
        ("a zero-width space within", Conflicting, "something unseen within the word",
            log("| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | NOT\u{200b} APPROVED |\n")),
        ("CRLF", Approved, "line ends change nothing",
            log("| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | APPROVED |\n\n**Final Status:** APPROVED\n").replace('\n', "\r\n")),
        ("a text turned round", Conflicting, "a sign that turns the reading direction hides the no",
            log("| Review | Date | Verdict |\n|---|---|---|\n| Gemini #1 | 2026-03-01 | \u{202e}TON\u{202c} APPROVED |\n")),
    ]
}
