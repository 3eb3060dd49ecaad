//! `lld-check gate --trust file`: on the document's word, and never on less.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{DESIGN, DOCUMENT, HISTORY, SHARD, World, codes, entry};

const LATER: &str = "2026-01-25T00:00:00.000Z";

fn claims(verdict: &str) -> String {
    format!(
        "{DESIGN}\n## Appendix: Review Log\n\n### Review Summary\n\n| Review | Date | Verdict | Key Issue |\n\
         |---|---|---|---|\n| Gemini #1 | 2026-01-24 | {verdict} | The limit |\n\n**Final Status:** {verdict}\n"
    )
}

fn trusting(world: &World) -> testkit::Ran {
    world.tool(["gate", "98", "--trust", "file"]).run()
}

#[test]
fn the_claim_is_accepted_and_the_answer_says_so() {
    let world = World::with_document(claims("APPROVED"));
    assert_eq!(world.closed(), ["lld_not_reviewed"], "by default nobody takes its word");
    let gate = trusting(&world).code(0).json();
    assert_eq!(gate["trust"], "file");
    assert_eq!(gate["proof"], Value::Null);
    let approved = &gate["conditions"][3];
    assert_eq!(approved["code"], "lld_approved");
    let detail = approved["detail"].as_str().unwrap();
    for part in
        ["nothing but the document itself says so", &format!("{DOCUMENT}:19"), "no verdict on"]
    {
        assert!(detail.contains(part), "{part}: {detail}");
    }
    let table = world.tool(["gate", "98", "--trust=file", "--format=table"]).run();
    table.code(0).stdout_has("#98 may be coded, on the document's own word (--trust file)");
    // With a proof, nothing rests on its word.
    world.log(SHARD, &[world.entry("APPROVED", "e1")]);
    let proven = trusting(&world).code(0).json();
    assert_eq!(proven["proof"]["audit_id"], "e1");
    let plain = world.gate().code(0).json();
    assert_eq!((&plain["trust"], &plain["conditions"]), (&json!("audit"), &proven["conditions"]));
}

#[test]
fn a_line_of_the_log_that_nobody_can_read_may_be_a_no() {
    let world = World::with_document(claims("APPROVED"));
    trusting(&world).code(0);
    let no = world.entry("REVISE", "e1").to_string();
    world.log_raw(SHARD, &format!("{}\n", no.trim_end_matches('}')));
    assert_eq!(codes(&trusting(&world).code(1).json()), ["lld_not_reviewed", "log_damaged"]);
}

#[test]
fn what_is_no_claim_of_approval_opens_nothing() {
    for text in [
        DESIGN.to_owned(),
        claims("REVISE"),
        claims("PENDING"),
        format!("{DESIGN}\nThis was APPROVED by everybody.\n"),
        format!("{DESIGN}\n```\n{}\n```\n", claims("APPROVED")),
        format!(
            "{}| Gemini #2 | 2026-01-25 | REVISE | More |\n",
            claims("APPROVED").replace("\n**Final", "\n\n**Final")
        ),
        claims("APPROVED").replace("**Final Status:** APPROVED", "**Final Status:** REVISE"),
    ] {
        let world = World::with_document(&text);
        let ran = trusting(&world);
        assert!(codes(&ran.code(1).json()).contains(&"claim_not_approved".into()), "{text}");
    }
    // The other conditions are as they were.
    let world = World::with_document(format!("{}\n## 9. More\n\n{{What}}\n", claims("APPROVED")));
    assert!(codes(&trusting(&world).code(1).json()).contains(&"lld_unfilled".into()));
    assert_eq!(codes(&trusting(&World::new()).code(1).json()), ["lld_missing"]);
}

#[test]
fn a_no_in_the_log_outweighs_the_claim() {
    for verdict in ["REVISE", "BLOCKED"] {
        let world = World::with_document(claims("APPROVED"));
        world.log(HISTORY, &[entry(verdict, "e2", LATER, &world.digest())]);
        let gate = trusting(&world).code(1).json();
        let code = if verdict == "REVISE" { "review_revise" } else { "review_blocked" };
        assert_eq!(codes(&gate), [code]);
        // Of another text, it is not about this one.
        world.repo.write(DOCUMENT, claims("APPROVED").replace("four", "five"));
        trusting(&world).code(0);
    }
}

#[test]
fn the_default_may_be_set_and_other_gates_have_no_document_to_believe() {
    let world = World::with_document(claims("APPROVED"));
    world.repo.write("switchyard.yaml", "gates: {trust: file}\n");
    assert_eq!(world.gate().code(0).json()["trust"], "file");
    let strict = world.tool(["gate", "98", "--trust", "audit"]).run();
    assert_eq!(codes(&strict.code(1).json()), ["lld_not_reviewed"]);
    // The routine of the morning asks the log in any case.
    let ran = world.tool(["coverage", "-"]).stdin(crate::world::ISSUES).run();
    let standing = ran.code(0).json_lines().into_iter().find(|s| s["issue"] == 98).unwrap();
    assert_eq!(standing["standing"], "needs_review");
    world.repo.write("switchyard.yaml", "gates: {trust: nobody}\n");
    world.gate().code(2).stdout_is("").stderr_has("switchyard.yaml:1:16");
    let world = World::proposed();
    let ran = world.tool(["gate", "98", "--phase", "pr", "--trust", "file"]).run();
    assert_eq!(ran.code(0).stderr_has("--trust file is for the LLD").json()["trust"], "audit");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn trust_in_the_file_never_opens_what_the_document_does_not_claim(
        rows in prop::collection::vec("APPROVED|REVISE|BLOCKED|PENDING|maybe", 0..3), status in "APPROVED|PENDING|REVISE|-",
    ) {
        let table: String = rows.iter().fold(String::new(), |table, v| table + "| Gemini | 2026-01-24 | " + v + " | x |\n");
        let text = claims("APPROVED").replace("| Gemini #1 | 2026-01-24 | APPROVED | The limit |\n", &table)
            .replace("**Final Status:** APPROVED", &format!("**Final Status:** {status}"));
        let world = World::with_document(&text);
        let claimed = world.tool(["status", "98"]).run().code(0).json();
        let open = trusting(&world).exit_code() == Some(0);
        prop_assert_eq!(open, claimed["claimed"] == "approved", "{}", text);
    }
}
