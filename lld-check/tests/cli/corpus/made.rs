//! Documents from stories. How often a shape comes follows the counts of 121 real documents.
#![expect(clippy::too_many_lines, reason = "a catalogue of documents")]

use testkit::Words;

use super::story::{DECOYS, Event, FILES, HEADERS, HEADINGS, Story, Style, Who};
use super::{Case, Label};

const SEED: u64 = 305;
const APPROVED: &str = "APPROVED";
const BY_MODEL: &str = "Approved (gemini-3-pro-preview, 2026-02-20)";

fn event(who: Who, number: u32, day: Option<u32>, word: &'static str) -> Event {
    Event { who, number, day, word }
}

fn named(number: u32, day: u32, word: &'static str) -> Event {
    event(Who::Named, number, Some(day), word)
}

fn tool(number: u32, day: u32, word: &'static str) -> Event {
    event(Who::Tool, number, Some(day), word)
}

fn story(
    label: Label,
    status: &'static str,
    last: &'static str,
    events: impl Into<Vec<Event>>,
) -> Story {
    let said = |text: &'static str| Some(text).filter(|text| !text.is_empty());
    Story { events: events.into(), status: said(status), last: said(last), label }
}

/// A name, how many of it there are, and what happened. `day` differs from document to document.
fn stories(day: u32) -> Vec<(&'static str, usize, Story)> {
    use Label::{Approved, Blocked, Conflicting, Draft, Nothing};
    let undated = |number, word| event(Who::Named, number, None, word);
    let auto = |number| event(Who::Named, number, None, "PENDING");
    vec![
        (
            "the tool approved at once",
            40,
            story(Approved, BY_MODEL, APPROVED, [tool(1, day, APPROVED)]),
        ),
        (
            "the tool approved after a revision that was written by hand",
            24,
            story(Approved, BY_MODEL, APPROVED, [named(1, day, "REVISE"), tool(2, day, APPROVED)]),
        ),
        (
            "the same over two days",
            8,
            story(
                Approved,
                BY_MODEL,
                APPROVED,
                [named(1, day, "REVISE"), tool(2, day + 1, APPROVED)],
            ),
        ),
        (
            "all by hand",
            8,
            story(
                Approved,
                "Approved",
                APPROVED,
                [named(1, day, "REVISE"), named(2, day + 1, APPROVED)],
            ),
        ),
        (
            "all by hand on one day",
            4,
            story(
                Approved,
                "APPROVED",
                APPROVED,
                [named(1, day, "REVISE"), named(2, day, APPROVED)],
            ),
        ),
        (
            "nobody noted a day",
            4,
            story(
                Approved,
                "Draft",
                APPROVED,
                [undated(1, "REVISE"), undated(2, "FEEDBACK"), undated(3, APPROVED)],
            ),
        ),
        (
            "still a draft by its field",
            5,
            story(Approved, "Draft", "", [named(1, day, "REVISE"), named(2, day + 2, APPROVED)]),
        ),
        (
            "with suggestions",
            2,
            story(
                Approved,
                "Approved (Gemini Review #1)",
                "APPROVED (all suggestions addressed)",
                [named(1, day, "APPROVED with suggestions")],
            ),
        ),
        (
            "the author wrote a note afterwards",
            4,
            story(
                Approved,
                "Approved (Gemini 3 Pro, 2026-02-20)",
                "APPROVED - READY FOR IMPLEMENTATION",
                [named(1, day, APPROVED), event(Who::Author, 1, Some(day + 1), "FIXED")],
            ),
        ),
        (
            "a program had its say, too",
            6,
            story(
                Approved,
                "Gemini Approved (2026-02-20)",
                "APPROVED — ready for implementation gate",
                [
                    event(Who::Program, 1, Some(day), "FEEDBACK"),
                    named(1, day, "REVISE"),
                    event(Who::Program, 2, Some(day), "PASS"),
                    named(2, day, APPROVED),
                ],
            ),
        ),
        (
            "coverage failed after the approval, which is no review",
            2,
            story(
                Approved,
                BY_MODEL,
                APPROVED,
                [named(1, day, APPROVED), event(Who::Program, 1, Some(day + 1), "FAILED (66.7%)")],
            ),
        ),
        ("the tool lost its row", 10, story(Approved, BY_MODEL, APPROVED, [])),
        (
            "asked for changes",
            12,
            story(Blocked, "Draft - Pending Gemini Review", "PENDING", [named(1, day, "REVISE")]),
        ),
        ("rejected", 5, story(Blocked, "Draft", "PENDING", [named(1, day, "REJECTED")])),
        (
            "blocked",
            3,
            story(Blocked, "Draft", "BLOCKED", [named(1, day, "REVISE"), named(2, day, "BLOCKED")]),
        ),
        (
            "approved once, and changes asked for later",
            6,
            story(
                Blocked,
                "Draft (Revision 2)",
                "REVISION 2 - PENDING RE-REVIEW",
                [named(1, day, APPROVED), named(2, day + 1, "REVISE")],
            ),
        ),
        (
            "the tool said no on the same day",
            3,
            story(
                Blocked,
                "Draft",
                "PENDING - All Tier 1/2 issues addressed. Awaiting re-review.",
                [named(1, day, APPROVED), tool(2, day, "REVISE")],
            ),
        ),
        ("not approved", 2, story(Blocked, "Draft", "PENDING", [named(1, day, "NOT APPROVED")])),
        ("disapproved", 1, story(Blocked, "Draft", "", [named(1, day, "DISAPPROVED")])),
        (
            "revised is a reviewer's word, too",
            3,
            story(Blocked, "Draft", "PENDING", [named(1, day, "REVISED")]),
        ),
        ("to be discussed", 2, story(Blocked, "Draft", "PENDING", [named(1, day, "DISCUSS")])),
        ("waits for its review", 12, story(Draft, "Draft", "PENDING", [auto(1)])),
        (
            "only the status field says draft",
            8,
            story(Draft, "Draft - awaiting operator ratification", "", []),
        ),
        (
            "the final status waits",
            3,
            story(Draft, "Draft", "APPROVED - PENDING REVIEW", [auto(1)]),
        ),
        (
            "a program alone",
            4,
            story(
                Draft,
                "Draft",
                "DRAFT - PENDING REVIEW",
                [event(Who::Program, 1, Some(day), "FEEDBACK")],
            ),
        ),
        (
            "the author alone",
            2,
            story(Draft, "Draft", "PENDING REVIEW", [event(Who::Author, 1, Some(day), APPROVED)]),
        ),
        ("nothing at all", 5, story(Nothing, "", "", [])),
        ("work in progress says nothing of reviews", 2, story(Nothing, "In Progress", "", [])),
        (
            "fast-tracked without a review",
            4,
            story(Conflicting, "APPROVED (Fast-tracked via Babysit Protocol)", "", []),
        ),
        ("approved by its last line alone", 3, story(Conflicting, "Draft", APPROVED, [])),
        (
            "a row is missing: the last line approves, the newest row does not",
            4,
            story(Conflicting, BY_MODEL, APPROVED, [named(1, day, "REVISE")]),
        ),
        (
            "the last line waits again",
            3,
            story(
                Conflicting,
                "Draft",
                "REVISION 2 - PENDING RE-REVIEW",
                [named(1, day, APPROVED)],
            ),
        ),
        (
            "two reviewers' rows without a day or an order",
            2,
            story(
                Conflicting,
                "Draft",
                APPROVED,
                [event(Who::Tool, 1, None, APPROVED), undated(2, "REVISE")],
            ),
        ),
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    let mut words = Words::seeded(SEED);
    let mut cases = Vec::new();
    let kinds = stories(1).len();
    for kind in 0..kinds {
        let (name, count, _) = stories(1).swap_remove(kind);
        for copy in 0..count {
            let day = words.rng().u32(1..18);
            let (_, _, story) = stories(day).swap_remove(kind);
            let tool_last = story.events.last().is_some_and(|event| event.who == Who::Tool);
            let rng = words.rng();
            let style = Style {
                // The tool inserts its row at the top; people add theirs below.
                newest_first: if tool_last { true } else { rng.u32(0..4) == 0 },
                header: rng.usize(..HEADERS),
                heading: rng.usize(..HEADINGS),
                sections: rng.u32(0..3) == 0,
                file: rng.usize(..FILES + 3),
                decoy: rng.usize(..DECOYS),
                bold: rng.u32(0..6) == 0,
            };
            let text = story.render(&mut words, 90 + u32::try_from(copy).unwrap(), style);
            let label = story.label;
            cases.push(Case::new(format!("{name} ({copy}, {style:?})"), label, text));
        }
    }
    cases
}
