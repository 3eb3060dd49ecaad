//! `lld-check record`.

use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::crash;

use crate::world::{DESIGN, DOCUMENT, HISTORY, SHARD, World, codes, entry};

const ID: &str = "0199aabb-ccdd-7eee-8fff-001122334455";

#[test]
fn a_review_becomes_a_row_once_and_the_gate_opens() {
    let world = World::with_document(DESIGN);
    let approved = world.entry("APPROVED", ID);
    world.log(SHARD, std::slice::from_ref(&approved));
    let envelope = World::envelope(&approved);
    let recorded = world.record(&envelope).code(0).json();
    assert_eq!(recorded["schema"], "lld-check.recorded/1");
    assert_eq!(recorded["changed"], true);
    assert_eq!(
        recorded["row"],
        "| Gemini #1 (001122334455) | 2026-01-24 | APPROVED | The limit is not tested. |"
    );
    let expected = format!(
        "{DESIGN}\n## Appendix: Review Log\n\n### Review Summary\n\n| Review | Date | Verdict | Key Issue |\n\
         |--------|------|---------|-----------|\n{}\n\n**Final Status:** APPROVED\n",
        recorded["row"].as_str().unwrap()
    );
    assert_eq!(world.document(), expected);
    assert_eq!(world.gate().code(0).json()["proof"]["audit_id"], ID);

    let again = world.record(&envelope).code(0).json();
    assert_eq!(again["changed"], false);
    assert_eq!(again["row"], recorded["row"]);
    assert_eq!(world.document(), expected);
}

#[test]
fn rows_follow_the_order_of_the_log() {
    let head = "| Review | Date | Verdict | Key Issue | Model |\n|---|---|---|---|---|\n";
    let old = "| Gemini #1 | 2026-01-01 | REVISE | a \\| b | m |\n";
    let new = "| Gemini #2 | 2026-01-02 | REVISE | c | m |\n";
    for (rows, first) in [(format!("{old}{new}"), false), (format!("{new}{old}"), true)] {
        let before = format!("{DESIGN}\n## Review Log\n\n{head}");
        let world = World::with_document(format!("{before}{rows}\nAn afterword.\n"));
        let revise = world.entry("REVISE", ID);
        world.log(SHARD, std::slice::from_ref(&revise));
        let recorded = world.record(&World::envelope(&revise)).code(0).json();
        let row = recorded["row"].as_str().unwrap();
        assert_eq!(
            row,
            "| Gemini #3 (001122334455) | 2026-01-24 | REVISE | The limit is not tested. | gemini-3.1-pro-preview |"
        );
        let table = if first { format!("{row}\n{rows}") } else { format!("{rows}{row}\n") };
        assert_eq!(
            world.document(),
            format!("{before}{table}\n**Final Status:** REVISE\n\nAn afterword.\n")
        );
        assert_eq!(world.closed(), ["review_revise"]);
    }
}

#[test]
fn the_final_status_is_the_newest_verdict_on_this_text() {
    let world = World::with_document(format!(
        "{DESIGN}\n## Appendix: Review Log\r\n\r\n**Final Status:** APPROVED (all suggestions addressed)\r\n"
    ));
    let first = world.entry("APPROVED", ID);
    let later = entry("REVISE", "e2", "2026-01-25T00:00:00Z", &world.digest());
    world.log(SHARD, &[first.clone(), later]);
    world.record(&World::envelope(&first)).code(0);
    let text = world.document();
    assert!(text.contains("### Review Summary\r\n\r\n| Review |"), "{text}");
    assert!(
        text.ends_with("| The limit is not tested. |\r\n\r\n**Final Status:** REVISE\r\n"),
        "{text}"
    );
}

#[test]
fn only_what_the_log_proves_is_recorded() {
    let with = |logged: &dyn Fn(&mut Value), sent: &dyn Fn(&mut Value)| {
        let world = World::with_document(DESIGN);
        let mut entry = world.entry("APPROVED", ID);
        let mut envelope: Value = serde_json::from_str(&World::envelope(&entry)).unwrap();
        logged(&mut entry);
        sent(&mut envelope);
        world.log(SHARD, &[entry]);
        let ran = world.record(&envelope.to_string());
        assert_eq!(world.document(), DESIGN);
        assert_eq!(ran.code(1).json()["schema"], "lld-check.refused/1");
        codes(&ran.json())
    };
    let same = |_: &mut Value| {};
    let zeros = || json!("0".repeat(64));
    assert_eq!(with(&same, &|e| e["issue_id"] = json!(99)), ["issue_mismatch"]);
    assert_eq!(with(&same, &|e| e["node"] = json!("review_implementation")), ["node_mismatch"]);
    assert_eq!(with(&same, &|e| e["subject"] = Value::Null), ["subject_missing"]);
    assert_eq!(
        with(&same, &|e| e["subject"]["path"] = json!("docs/LLDs/active/98-x.md")),
        ["subject_mismatch"]
    );
    assert_eq!(
        with(&same, &|e| e["subject"]["sha256"] = zeros()),
        ["subject_changed", "audit_not_found"]
    );
    assert_eq!(with(&same, &|e| e["verdict"] = Value::Null), ["verdict_missing"]);
    assert_eq!(with(&same, &|e| e["audit_id"] = Value::Null), ["audit_missing"]);
    assert_eq!(with(&same, &|e| e["audit_id"] = json!("forged")), ["audit_not_found"]);
    assert_eq!(with(&same, &|e| e["verdict"] = json!("REVISE")), ["audit_mismatch"]);
    assert_eq!(with(&|e| e["verdict"] = json!("REVISE"), &same), ["audit_mismatch"]);
    assert_eq!(with(&|e| e["subject"]["sha256"] = zeros(), &same), ["audit_not_found"]);
    assert_eq!(with(&|e| e["outcome"] = json!("failed"), &same), ["audit_not_found"]);
    assert_eq!(
        with(&same, &|e| {
            e["issue_id"] = Value::Null;
            e["node"] = Value::Null;
            e["audit_id"] = Value::Null;
        }),
        ["issue_mismatch", "node_mismatch", "audit_missing"]
    );
}

#[test]
fn a_document_that_changed_meanwhile_gets_no_row() {
    let world = World::approved();
    let envelope = World::envelope(&world.entry("APPROVED", "e1"));
    let changed = DESIGN.replace("four", "five");
    world.repo.write(DOCUMENT, &changed);
    let refused = world.record(&envelope).code(1).json();
    assert_eq!(codes(&refused), ["subject_changed"]);
    assert_eq!(world.document(), changed);
    std::fs::remove_file(world.repo.file(DOCUMENT)).unwrap();
    assert_eq!(codes(&world.record(&envelope).code(1).json()), ["lld_missing"]);
}

#[test]
fn without_a_review_nothing_happens() {
    let world = World::approved();
    world.record("").code(1).stdout_is("").stderr_has("no review arrived");
    world.record(" \n").code(1).stdout_is("").stderr_has("no review arrived");
    for bad in ["{", "[]", "{\"schema\":\"lld-check.gate/1\"}", "{}\n{}", "APPROVED"] {
        world.record(bad).code(65).stdout_is("").stderr_has("stdin");
    }
    world.tool(["record", "98"]).stdin(b"\xff".to_vec()).run().code(65).stderr_has("not UTF-8");
    world.tool(["record", "98", "file.json"]).run().code(2);
    assert_eq!(world.document(), DESIGN);
}

#[test]
fn a_log_cannot_stand_inside_an_open_code_block() {
    for open in ["```\ncode\n", "<!-- note\n", "~~~\n"] {
        let text = format!("{DESIGN}\n{open}");
        let world = World::with_document(&text);
        // Nobody pays for a review that could not be recorded.
        let ran = world.tool(["prompt", "98"]).run();
        ran.code(1).stdout_is("").stderr_has("no review can be recorded");
        let digest = records::sha256_hex(text.trim_end().as_bytes());
        let approved = entry("APPROVED", ID, "2026-01-24T18:30:45Z", &digest);
        world.log(SHARD, std::slice::from_ref(&approved));
        let refused = world.record(&World::envelope(&approved)).code(1).json();
        assert_eq!(codes(&refused), ["log_unplaceable"], "{open}");
        assert_eq!(world.document(), text);
    }
}

#[test]
fn a_table_without_a_column_for_the_review_is_left_alone() {
    let old = "| Date | Verdict |\n|---|---|\n| 2026-01-01 | REVISE |\n";
    let text = format!("{DESIGN}\n## Review Log\n\n{old}");
    let world = World::with_document(&text);
    let approved = world.entry("APPROVED", ID);
    world.log(SHARD, std::slice::from_ref(&approved));
    assert_eq!(world.record(&World::envelope(&approved)).code(0).json()["changed"], true);
    assert!(world.document().ends_with(old), "{}", world.document());
    world.gate().code(0);
}

#[test]
fn input_has_a_bound() {
    let world = World::with_document(DESIGN);
    world.record(&" ".repeat((64 << 20) + 1)).code(65).stderr_has("stdin: it is longer than");
}

#[test]
fn a_critique_cannot_write_into_the_document() {
    let world = World::with_document(DESIGN);
    let mut entry = world.entry("REVISE", ID);
    entry["critique"] =
        json!("x | APPROVED |\n\n**Final Status:** APPROVED\n<img src=x> [a](b) {Title}");
    world.log(SHARD, std::slice::from_ref(&entry));
    let row = world.record(&World::envelope(&entry)).code(0).json()["row"].clone();
    assert_eq!(
        row,
        "| Gemini #1 (001122334455) | 2026-01-24 | REVISE | x \\| APPROVED \\| \\*\\*Final Status:\\*\\* APPROVED &lt;img src=x&gt; \\[a\\](b) \\{Title\\} |"
    );
    assert_eq!(world.document().matches("\n**Final Status:**").count(), 1);
    assert_eq!(world.closed(), ["review_revise"]);
}

#[test]
fn in_a_lane_the_lane_s_document_gets_the_row() {
    let world = World::with_document(DESIGN);
    let lane = world.repo.worktree(world.scratch.path("talos-98"), "98-schema");
    let approved = world.entry("APPROVED", ID);
    world.log(HISTORY, std::slice::from_ref(&approved));
    let tool = testkit::Tool::new("lld-check").args(["record", "98"]).dir(lane.path());
    tool.stdin(World::envelope(&approved)).run().code(0);
    assert!(lane.read(DOCUMENT).contains("001122334455"));
    assert_eq!(world.document(), DESIGN);
    world.gate().code(0);
}

#[test]
fn two_recordings_at_once_lose_no_row() {
    let world = World::with_document(DESIGN);
    let digest = world.digest();
    let entries: Vec<Value> = (0..8)
        .map(|n| {
            entry(
                "APPROVED",
                &format!("id-00000000000{n}"),
                &format!("2026-01-24T18:30:4{n}Z"),
                &digest,
            )
        })
        .collect();
    world.log(SHARD, &entries);
    let running: Vec<_> = entries
        .iter()
        .map(|entry| world.tool(["record", "98"]).stdin(World::envelope(entry)).spawn())
        .collect();
    for one in running {
        one.wait().code(0);
    }
    let text = world.document();
    for n in 0..8 {
        assert_eq!(text.matches(&format!("(00000000000{n})")).count(), 1, "{text}");
    }
}

#[test]
fn a_killed_recording_leaves_the_old_document_or_the_new_one() {
    let world = World::with_document(DESIGN);
    let approved = world.entry("APPROVED", ID);
    world.log(SHARD, std::slice::from_ref(&approved));
    let envelope = World::envelope(&approved);
    world.record(&envelope).code(0);
    let new = world.document();
    let mut rng = testkit::rng(98);
    let mut killed = 0;
    for _ in 0..40 {
        world.repo.write(DOCUMENT, DESIGN);
        let running = world.tool(["record", "98"]).stdin(envelope.clone()).spawn();
        killed += usize::from(crash::after_turns(running, &mut rng, 400).was_killed());
        let text = world.document();
        assert!(text == DESIGN || text == new, "{text}");
    }
    assert!(killed > 0, "no run was killed");
    world.record(&envelope).code(0);
    assert_eq!(world.document(), new);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// Taking the log out again gives the document as it was, and the approval still holds.
    #[test]
    fn recording_touches_nothing_but_the_log(
        seed in 0_u64..1_000_000, crlf in any::<bool>(), bom in any::<bool>(), tabs in any::<bool>(), end in 0_usize..4,
    ) {
        let mut text = testkit::Llds::seeded(seed).any(98).text;
        if tabs {
            text = text.replace("  ", "\t");
        }
        text.truncate(text.trim_end_matches('\n').len());
        text.push_str(&"\n".repeat(end));
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        if bom {
            text.insert(0, '\u{feff}');
        }
        // The generator's unfilled shape cannot be reviewed.
        let text = text.replace('{', "(").replace('}', ")");
        let world = World::with_document(&text);
        let approved = world.entry("APPROVED", ID);
        world.log(SHARD, std::slice::from_ref(&approved));
        let envelope = World::envelope(&approved);
        let row = world.record(&envelope).code(0).json()["row"].as_str().unwrap().to_owned();
        let after = world.document();
        world.gate().code(0);
        assert_eq!(world.record(&envelope).code(0).json()["changed"], false);

        // Every line of before is still there, in order; only a status line may have changed.
        let mut lines = after.split_inclusive('\n');
        for line in text.split_inclusive('\n') {
            let kept = |new: &str| {
                new == line
                    || new.trim_end() == line.trim_end() && !line.ends_with('\n')
                    || line.starts_with("**Final Status:**") && new.starts_with("**Final Status:** APPROVED")
            };
            prop_assert!(lines.by_ref().any(kept), "{line:?} is gone from {after:?}");
        }
        let added = after.lines().count() - text.lines().count();
        prop_assert!(added <= 12, "{added} lines more");
        prop_assert_eq!(after.matches(&row).count(), 1);
        prop_assert_eq!(after.contains('\r'), text.contains('\r'));
        if crlf {
            prop_assert!(after.replace("\r\n", "").find(['\r', '\n']).is_none(), "{:?}", after);
        }
        prop_assert_eq!(after.ends_with('\n'), text.ends_with('\n'));
    }
}
