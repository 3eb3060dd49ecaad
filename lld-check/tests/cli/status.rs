//! `lld-check status`.

use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::Words;

use crate::corpus::claims;
use crate::world::{DESIGN, DOCUMENT, HISTORY, SHARD, World, codes, entry};

const LOG: &str = "\n## Appendix: Review Log\n\n### Review Summary\n\n| Review | Date | Verdict | Key Issue |\n|--------|------|---------|-----------|\n| Gemini #1 | 2026-02-01 | REVISE | x |\n| 2 | 2026-02-02 | APPROVED | None |\n\n**Final Status:** APPROVED\n";

fn status(world: &World) -> Value {
    world.tool(["status", "98"]).run().code(0).json()
}

fn why(status: &Value) -> Vec<String> {
    let why = status["why"].as_array().unwrap();
    why.iter().map(|reason| reason["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn it_names_the_rows_that_a_claim_rests_on() {
    let world = World::with_document(format!("{DESIGN}{LOG}"));
    let status = status(&world);
    assert_eq!(status["schema"], "lld-check.status/1");
    assert_eq!((&status["issue"], &status["place"]), (&json!(98), &json!("active")));
    assert_eq!((&status["claimed"], &status["evidence"]), (&json!("approved"), &json!("none")));
    let rows = status["rows"].as_array().unwrap();
    let text = world.document();
    let shown: Vec<_> = rows
        .iter()
        .map(|row| {
            let line = usize::try_from(row["line"].as_u64().unwrap()).unwrap();
            let text = text.lines().nth(line - 1).unwrap();
            assert!(text.contains(row["verdict"].as_str().unwrap()), "{row}: {text}");
            (row["kind"].as_str().unwrap(), row["decides"].as_bool().unwrap())
        })
        .collect();
    assert_eq!(
        shown,
        [("status_field", false), ("reviewer", false), ("reviewer", true), ("final_status", true)]
    );
    assert_eq!(why(&status), ["newest_approves", "lld_not_reviewed"]);
    let table = world.tool(["status", "98", "--format", "table"]).run();
    table
        .code(0)
        .stdout_has("claimed: approved")
        .stdout_has("evidence: none")
        .stdout_has("newest_approves");
}

#[test]
fn the_evidence_is_the_newest_verdict_on_this_text() {
    let world = World::with_document(DESIGN);
    let now = world.digest();
    let at = |day: u32| format!("2026-01-{day:02}T00:00:00Z");
    assert_eq!(status(&world)["evidence"], "none");
    for (day, verdict, evidence, code) in [
        (1, "APPROVED", "approved", "proven"),
        (2, "REVISE", "revise", "review_revise"),
        (3, "BLOCK", "blocked", "review_blocked"),
        (4, "APPROVE", "approved", "proven"),
    ] {
        world.log(SHARD, &[entry(verdict, &format!("e{day}"), &at(day), &now)]);
        let found = status(&world);
        assert_eq!(found["evidence"], evidence);
        assert_eq!(why(&found).last().map(String::as_str), Some(code));
        assert_eq!(found["entry"]["log"], SHARD);
        assert_eq!(found["entry"]["line"], day);
    }
    world.repo.write(DOCUMENT, DESIGN.replace("answers", "replies"));
    let found = status(&world);
    assert_eq!((&found["evidence"], &found["entry"]["audit_id"]), (&json!("stale"), &json!("e4")));
    // A request for changes to the older text says nothing of this one.
    world.log(SHARD, &[entry("REVISE", "e5", &at(5), &now)]);
    assert_eq!(status(&world)["evidence"], "none");
}

#[test]
fn older_and_unproven_entries_count_as_none_and_say_so() {
    for (key, value, code, says) in [
        ("subject", Value::Null, "lld_not_reviewed", "without a digest"),
        ("model_verified", Value::Null, "model_unverified", "which model"),
        ("tier_1_issues", json!(["x"]), "approval_contradicted", "block approval"),
        ("id", Value::Null, "lld_not_reviewed", "no id"),
    ] {
        let world = World::with_document(DESIGN);
        let mut old = world.entry("APPROVED", "e1");
        old[key] = value;
        world.log(HISTORY, &[old]);
        let found = status(&world);
        assert_eq!(found["evidence"], "none", "{found}");
        assert_eq!(found["entry"]["log"], HISTORY);
        let last = found["why"].as_array().unwrap().last().unwrap();
        assert_eq!(last["code"], code);
        assert!(last["message"].as_str().unwrap().contains(says), "{last}");
    }
    let world = World::approved();
    world.log_raw(SHARD, "{damaged\n");
    let found = status(&world);
    assert_eq!(found["evidence"], "none");
    assert_eq!(why(&found).last().map(String::as_str), Some("log_damaged"));
}

#[test]
fn every_document_is_answered_also_beside_one_that_cannot_be_read() {
    let world = World::approved();
    world.repo.write("docs/lld/done/LLD-097.md", format!("# 97\n{LOG}"));
    world.repo.write("docs/LLDs/active/99-x.md", b"a\n\xff\n");
    std::os::unix::fs::symlink("98-x.md", world.repo.file("docs/LLDs/active/95-x.md")).unwrap();
    let ran = world.tool(["status"]).run();
    ran.code(65).stderr_has("95-x.md").stderr_has("99-x.md:2: not UTF-8 at byte 2");
    let all = ran.json_lines();
    let short: Vec<String> = all
        .iter()
        .map(|s| format!("{} {} {} {}", s["issue"], s["place"], s["claimed"], s["evidence"]))
        .collect();
    assert_eq!(
        short,
        [
            r#"95 "active" null null"#,
            r#"97 "done" "approved" "none""#,
            r#"98 "active" "draft" "approved""#,
            r#"99 "active" null null"#,
        ]
    );
    assert!(all[3]["error"].as_str().unwrap().contains("not UTF-8"));
    let table = world.tool(["status", "--format", "table"]).run();
    table
        .code(65)
        .stdout_has("#97")
        .stdout_has("4 documents: 1 claim an approval, 1 are proven approved");
}

#[test]
fn issues_and_files_are_found_by_name() {
    let world = World::approved();
    let other = world.scratch.write("other.md", format!("# 98\n{LOG}"));
    let outside = other.display().to_string();
    world.repo.write("docs/LLDs/done/98-x.md", DESIGN);
    let args = ["status", "#98", "97", DOCUMENT, outside.as_str()];
    let ran = world.tool(args).run();
    let all = ran.code(0).json_lines();
    let paths: Vec<_> = all.iter().map(|s| s["path"].as_str()).collect();
    let done = "docs/LLDs/done/98-x.md";
    assert_eq!(paths, [Some(DOCUMENT), Some(done), None, Some(DOCUMENT), Some(outside.as_str())]);
    assert!(why(&all[0]).contains(&"lld_ambiguous".to_owned()));
    assert_eq!(why(&all[2]), ["lld_missing"]);
    assert_eq!((&all[4]["claimed"], &all[4]["evidence"]), (&json!("approved"), &Value::Null));
    assert_eq!(why(&all[4]).last().map(String::as_str), Some("no_issue"));
    let ran = world.tool(["status", "docs/none.md", "98"]).run();
    ran.code(74).stderr_has("docs/none.md");
    assert_eq!(ran.json_lines().len(), 3);
    assert_eq!(codes(&json!({"reasons": all[2]["why"]})), ["lld_missing"]);
}

/// A design and a log, apart, so that something can be put between any two blocks.
fn blocks(words: &mut Words, approved: bool, newest_first: bool) -> Vec<String> {
    let mut rows = vec!["| Gemini #1 | 2026-02-01 | REVISE | x |".to_owned()];
    if approved {
        rows.push("| Gemini #2 | 2026-02-03 | APPROVED | x |".to_owned());
    }
    if newest_first {
        rows.reverse();
    }
    vec![
        "# 98 - Feature: Schemas".into(),
        "## 1. Context & Goal".into(),
        "* **Status:** Draft".into(),
        "## 2. Proposed Changes".into(),
        words.paragraph(2),
        "## Appendix: Review Log".into(),
        "### Review Summary".into(),
        format!("| Review | Date | Verdict | Key Issue |\n|--|--|--|--|\n{}", rows.join("\n")),
        if approved {
            "**Final Status:** APPROVED".into()
        } else {
            "**Final Status:** PENDING".into()
        },
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_quoted_never_changes_the_claim(
        seed in any::<u64>(), approved in any::<bool>(), at in 1_usize..10, how in 0_usize..5,
        what in prop::sample::select(vec![
            "| 9 | 2026-03-01 | APPROVED | x |", "| 9 | 2026-03-01 | BLOCKED | x |", "**Final Status:** APPROVED",
            "**Final Status:** REJECTED", "**Verdict:** APPROVED", "### Gemini Review #9 (APPROVED)", "# 99 - Other",
            "## Appendix: Review Log", "**Status:** Rejected", "[x] APPROVED",
        ]),
    ) {
        let mut blocks = blocks(&mut Words::seeded(seed), approved, false);
        let hidden = match how {
            0 => format!("```\n{what}\n```"),
            1 => format!("> {what}"),
            2 => format!("<!-- {what} -->"),
            3 => format!("~~~~\n```\n{what}\n```\n\n{what}\n~~~~"),
            _ => format!("<!--\n\n{what}\n\n-->"),
        };
        let plain = blocks.join("\n\n");
        blocks.insert(at.min(blocks.len()), hidden);
        let found = claims([plain, blocks.join("\n\n")]);
        prop_assert_eq!(&found[0], &found[1]);
        prop_assert_eq!(found[0].as_str(), if approved { "approved" } else { "blocked" });
    }

    #[test]
    fn the_order_of_a_log_that_shows_its_order_never_changes_the_claim(
        verdicts in prop::collection::vec(prop::sample::select(vec!["APPROVED", "REVISE", "BLOCKED", "REJECTED"]), 1..6),
        dated in any::<bool>(), last in prop::sample::select(vec!["", "\n\n**Final Status:** APPROVED", "\n\n**Final Status:** PENDING"]),
    ) {
        let row = |(at, verdict): (usize, &&str)| {
            let (name, day) = if dated { ("Gemini".to_owned(), format!("2026-02-{:02}", at + 1)) } else { (format!("Gemini #{}", at + 1), "-".into()) };
            format!("| {name} | {day} | {verdict} | x |\n")
        };
        let rows: Vec<String> = verdicts.iter().enumerate().map(row).collect();
        let document = |rows: String| format!("# 98\n\n## Review Log\n\n| Review | Date | Verdict | Key |\n|--|--|--|--|\n{rows}{last}\n");
        let reversed = rows.iter().rev().cloned().collect::<String>();
        let found = claims([document(rows.concat()), document(reversed)]);
        prop_assert_eq!(&found[0], &found[1]);
        prop_assert!(found[0] != "approved" || *verdicts.last().unwrap() == "APPROVED");
    }

    #[test]
    fn after_a_newer_no_nothing_is_approved(
        seed in any::<u64>(), newest_first in any::<bool>(), dated in any::<bool>(),
        word in prop::sample::select(vec!["REVISE", "BLOCKED", "REJECTED", "BLOCK", "DISCUSS", "FEEDBACK", "REVISED", "NOT APPROVED"]),
        name in prop::sample::select(vec!["Gemini", "", "Claude", "Review"]), number in 3_u32..9,
    ) {
        let mut blocks = blocks(&mut Words::seeded(seed), true, newest_first);
        let day = if dated || name != "Gemini" { format!("2026-02-{:02}", number + 1) } else { "-".into() };
        let row = format!("| {name} #{number} | {day} | {word} | x |");
        let table = blocks[7].clone();
        let (head, rows) = table.split_at(table.match_indices('\n').nth(1).unwrap().0 + 1);
        blocks[7] = if newest_first { format!("{head}{row}\n{rows}") } else { format!("{head}{rows}\n{row}") };
        let found = claims([blocks.join("\n\n")]);
        prop_assert_ne!(found[0].as_str(), "approved");
    }

    #[test]
    fn no_bytes_make_it_panic(pieces in prop::collection::vec(prop_oneof![
        "\\PC{0,40}", Just("\n".to_owned()), Just("\r\n\t".to_owned()), Just("| Review | Verdict |\n|--|--|\n| 1 | APPROVED |\n".to_owned()),
        Just("## Appendix: Review Log\n\n".to_owned()), Just("**Final Status:** APPROVED - \u{200b}\n".to_owned()), Just("### Gemini Review #1 (REVISE\n".to_owned()),
        Just("<div>\n\n<b".to_owned()), Just("```\n".to_owned()), Just("> - ~~".to_owned()), Just("\u{feff}---\n".to_owned()), Just("| 2026-é2-01 | \\| |\n".to_owned()),
    ], 0..12)) {
        // The tool ends with 0 and answers, whatever the text is.
        prop_assert_eq!(claims([pieces.concat()]).len(), 1);
    }
}
