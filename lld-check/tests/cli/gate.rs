//! `lld-check gate`: every reason, and what opens it.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{DESIGN, DOCUMENT, HISTORY, ISSUES, SHARD, World, entry};

const LATER: &str = "2026-01-25T00:00:00.000Z";
const EARLIER: &str = "2026-01-23T00:00:00.000Z";

#[test]
fn an_approval_of_these_bytes_opens_it_and_is_cited() {
    let world = World::approved();
    let gate = world.gate().code(0).json();
    assert_eq!(gate["schema"], "lld-check.gate/1");
    assert_eq!(gate["phase"], "code");
    assert_eq!(gate["reasons"], json!([]));
    let conditions: Vec<&str> = gate["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        conditions,
        ["issue_known", "lld_present", "lld_filled", "lld_approved", "lane_ready"]
    );
    assert_eq!(gate["proof"]["audit_id"], "e1");
    assert_eq!(gate["proof"]["sha256"], world.digest());
    assert_eq!(gate["proof"]["log"], SHARD);
    assert_eq!(gate["proof"]["line"], 1);
}

#[test]
fn one_changed_character_closes_it_and_changing_it_back_opens_it() {
    let world = World::approved();
    let before = world.digest();
    world.repo.write(DOCUMENT, DESIGN.replace("four", "five"));
    let gate = world.gate().code(1).json();
    let message = gate["reasons"][0]["message"].as_str().unwrap();
    assert_eq!(gate["reasons"][0]["code"], "approval_stale");
    for part in ["e1", &before, &world.digest()] {
        assert!(message.contains(part), "{message}");
    }
    world.repo.write(DOCUMENT, DESIGN);
    world.gate().code(0);
}

#[test]
fn each_lack_has_its_reason() {
    let world = World::without_list();
    assert_eq!(world.closed(), ["issue_list_missing", "lld_missing"]);
    let world = World::new();
    assert_eq!(world.closed(), ["lld_missing"]);
    world.repo.write(DOCUMENT, DESIGN);
    assert_eq!(world.closed(), ["lld_not_reviewed"]);
    world.repo.write(DOCUMENT, format!("{DESIGN}\n{{Checklist items}}\n"));
    let gate = world.gate().code(1).json();
    assert_eq!(gate["reasons"][0]["code"], "lld_unfilled");
    assert!(
        gate["reasons"][0]["message"].as_str().unwrap().contains("line 13: {Checklist items}"),
        "{gate}"
    );
    world.repo.write(DOCUMENT, "\n");
    assert_eq!(world.closed(), ["lld_unfilled", "lld_not_reviewed"]);
    world.repo.write("docs/llds/done/LLD-098.md", DESIGN);
    assert_eq!(world.closed(), ["lld_ambiguous"]);
    std::fs::remove_file(world.repo.file(DOCUMENT)).unwrap();
    assert_eq!(world.closed(), ["lld_done"]);
    std::fs::remove_file(world.repo.file("docs/llds/done/LLD-098.md")).unwrap();
    world.repo.write("docs/LLDs/active/LLD-98-a.md", DESIGN);
    world.repo.write("docs/LLDs/active/00098-b.md", DESIGN);
    assert_eq!(world.closed(), ["lld_ambiguous"]);
}

#[test]
fn an_issue_that_is_not_open_is_not_coded() {
    let world = World::approved();
    let list = ISSUES.replace("\"number\": 98", "\"number\": 97");
    world.tool(["coverage", "-"]).stdin(list).run().code(0);
    assert_eq!(world.closed(), ["issue_unknown"]);
    let list = ISSUES.replace("CRUD\", \"state\": \"OPEN\"", "CRUD\", \"state\": \"CLOSED\"");
    world.tool(["coverage", "-"]).stdin(list).run().code(0);
    assert_eq!(world.closed(), ["issue_closed"]);
}

#[test]
fn the_newest_verdict_on_this_text_decides() {
    let world = World::approved();
    let digest = world.digest();
    for (verdict, code) in
        [("REVISE", "review_revise"), ("BLOCKED", "review_blocked"), ("BLOCK", "review_blocked")]
    {
        let world = World::approved();
        world.log(HISTORY, &[entry(verdict, "e2", LATER, &digest)]);
        assert_eq!(world.closed(), [code]);
        world.log(SHARD, &[entry("APPROVED", "e3", "2026-01-26T00:00:00+01:00", &digest)]);
        assert_eq!(world.gate().code(0).json()["proof"]["audit_id"], "e3");
    }
    // Older, or of the same instant but earlier in the log.
    world.log(HISTORY, &[entry("REVISE", "e0", EARLIER, &digest)]);
    world.log(HISTORY, &[entry("REVISE", "e0", "2026-01-24T18:30:45Z", &digest)]);
    world.gate().code(0);
    // Without a readable time it may be the newest.
    world.log(HISTORY, &[entry("REVISE", "e0", "yesterday", &digest)]);
    assert_eq!(world.closed(), ["review_revise"]);
}

#[test]
fn what_is_no_verdict_on_this_text_proves_nothing() {
    let with = |change: &dyn Fn(&mut Value)| {
        let world = World::with_document(DESIGN);
        let mut entry = world.entry("APPROVED", "e1");
        change(&mut entry);
        world.log(SHARD, &[entry]);
        world
    };
    for (name, change) in [
        ("no digest", (&|e: &mut Value| e["subject"] = Value::Null) as &dyn Fn(&mut Value)),
        ("digest in capitals", &|e| {
            e["subject"]["sha256"] = json!(e["subject"]["sha256"].as_str().unwrap().to_uppercase());
        }),
        ("failed call", &|e| e["outcome"] = json!("failed")),
        ("other issue", &|e| e["issue_id"] = json!(981)),
        ("other node", &|e| e["node"] = json!("review_implementation")),
        ("no verdict", &|e| e["verdict"] = Value::Null),
        ("no id", &|e| e["id"] = Value::Null),
    ] {
        let world = with(change);
        assert_eq!(world.closed(), ["lld_not_reviewed"], "{name}");
    }
    let near_miss = with(&|e| e["verdict"] = json!("APPROVED with suggestions"));
    assert_eq!(near_miss.closed(), ["verdict_unknown"]);
    // The text counts, not where it was when it was reviewed; and numbers may be written as text.
    with(&|e| e["subject"]["path"] = json!("docs/LLDs/active/98-old.md")).gate().code(0);
    with(&|e| e["issue_id"] = json!("#98")).gate().code(0);
}

#[test]
fn older_entries_are_mentioned() {
    let world = World::with_document(DESIGN);
    let mut old = world.entry("APPROVED", "old-1");
    old["subject"] = Value::Null;
    let mut failed = world.entry("APPROVED", "f-1");
    failed["outcome"] = json!("failed");
    world.log("logs/review_history.jsonl", &[old, failed]);
    world.log(HISTORY, &[entry("REVISE", "e9", LATER, &"0".repeat(64))]);
    let gate = world.gate().code(1).json();
    let message = gate["reasons"][0]["message"].as_str().unwrap();
    for part in [
        "old-1",
        "logs/review_history.jsonl:1",
        "without a digest",
        "without a verdict: 1",
        "e9",
        "other text",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn a_verdict_on_other_text_neither_opens_nor_closes() {
    let world = World::approved();
    world.log(HISTORY, &[entry("BLOCKED", "e2", LATER, &"0".repeat(64))]);
    let gate = world.gate().code(0).json();
    assert!(gate["conditions"][3]["detail"].as_str().unwrap().contains("e2"), "{gate}");
}

#[test]
fn damage_that_could_hide_a_newer_verdict_closes_it() {
    let damage = "{\"id\":\"x\",\"node\":\"rev\n";
    // Behind the proof in its file, and in another live shard.
    for log in [SHARD, "logs/active/20260101T000000_00000000.jsonl"] {
        let world = World::approved();
        world.log_raw(log, damage);
        let gate = world.gate().code(1).json();
        assert_eq!(gate["reasons"][0]["code"], "log_damaged");
        assert!(
            gate["reasons"][0]["message"].as_str().unwrap().contains(&format!("{log}:")),
            "{gate}"
        );
    }
    // The history is older than a live shard.
    let world = World::approved();
    world.log_raw(HISTORY, damage);
    world.gate().code(0);
    // In the history itself: before the proof, then behind it.
    let world = World::with_document(DESIGN);
    world.log_raw(HISTORY, damage);
    world.log(HISTORY, &[world.entry("APPROVED", "e1")]);
    assert_eq!(world.gate().code(0).json()["proof"]["line"], 2);
    world.log_raw(HISTORY, "[1]\n");
    assert_eq!(world.closed(), ["log_damaged"]);
}

#[test]
fn a_damaged_line_that_names_the_issue_is_mentioned_when_nothing_is_proven() {
    let world = World::with_document(DESIGN);
    let line = world.entry("APPROVED", "e1").to_string();
    world.log_raw(SHARD, &format!("{}\n", line.strip_suffix('}').unwrap()));
    assert_eq!(world.closed(), ["lld_not_reviewed", "log_damaged"]);
}

#[test]
fn a_history_that_is_newer_than_the_shard_is_no_older_damage() {
    let world = World::approved();
    let mut other = entry("APPROVED", "o1", LATER, &"0".repeat(64));
    other["issue_id"] = json!(7);
    world.log(HISTORY, &[entry("REVISE", "o0", EARLIER, &"0".repeat(64))]);
    world.log_raw(HISTORY, "{\"id\":\n");
    world.log(HISTORY, &[other]);
    world.gate().code(0);
    // Behind an entry that is newer than the proof.
    world.log_raw(HISTORY, "{\"id\":\n\n");
    let gate = world.gate().code(1).json();
    assert_eq!(gate["reasons"][0]["code"], "log_damaged");
    assert!(
        gate["reasons"][0]["message"].as_str().unwrap().contains(&format!("{HISTORY}:4")),
        "{gate}"
    );
}

#[test]
fn of_a_history_that_a_killed_consolidate_left_half_written_the_old_end_counts() {
    let world = World::with_document(DESIGN);
    let proof = world.entry("APPROVED", "e1");
    let revise = entry("REVISE", "e2", LATER, &world.digest());
    let (kept, old) = (format!("{proof}\n"), format!("{revise}\n"));
    world.log_raw(HISTORY, &format!("{kept}{old}"));
    let taken = "logs/active/20260124T183045_a1b2c3d4.claim-1.jsonl";
    world.log_raw(taken, "{\"id\":\"n\"}\n");
    let inode = |path: &str| audit_log::inode(&std::fs::metadata(world.repo.file(path)).unwrap());
    let intent = |old: &str| {
        let from = kept.len() as u64;
        let old_len = from + old.len() as u64;
        let intent = audit_log::Intent {
            history: inode(HISTORY),
            region: audit_log::Region {
                from,
                old_len,
                new_len: old_len + 11,
                sum: audit_log::Sum::default(),
            },
            quarantine: audit_log::Region::default(),
            replacement: None,
            tail_len: old.len() as u64,
            tail_sha256: records::sha256_hex(old.as_bytes()),
            consumed: vec![audit_log::Consumed { inode: inode(taken), from: 0, to: 11 }],
        };
        intent.encode(old.as_bytes()).unwrap()
    };
    let path = ".git/switchyard/consolidate/logs.intent";
    // The new bytes overwrote what asked for changes, and the run was killed.
    world.repo.write(path, intent(&old));
    let half = |old: &str| format!("{kept}{{\"id\":\"n\"{}", old.get(9..).unwrap());
    world.repo.write(HISTORY, half(&old));
    assert_eq!(world.closed(), ["review_revise"]);
    // What is half written is no damage, whether lines are read from the first or from the last one.
    let other = format!("{}\n", json!({"id": "e3", "timestamp": LATER, "issue_id": 99})).repeat(2);
    world.repo.write(path, intent(&other));
    world.repo.write(HISTORY, half(&other));
    assert_eq!(world.gate().code(0).json()["proof"]["audit_id"], "e1");
    world.log_raw(SHARD, &format!("{proof}\n"));
    world.gate().code(0);
    std::fs::remove_file(world.repo.file(SHARD)).unwrap();
    // Once its shards are put away, the run is over, and what the file holds counts.
    let retired = "logs/active/.retired/20260124T183045_a1b2c3d4.claim-1.11";
    world.repo.write(retired, "");
    std::fs::rename(world.repo.file(taken), world.repo.file(retired)).unwrap();
    assert_eq!(world.closed(), ["log_damaged"]);
}

#[test]
fn a_shard_that_grew_after_it_was_folded_in_is_read() {
    let world = World::approved();
    let late = format!("{}\n", entry("BLOCKED", "e2", LATER, &world.digest()));
    let shard = "logs/active/.retired/20260124T183045_a1b2c3d4.claim-1";
    world.log_raw(&format!("{shard}.{}", late.len()), &late);
    world.gate().code(0);
    world.log_raw(&format!("{shard}.0"), &late);
    assert_eq!(world.closed(), ["review_blocked"]);
}

#[test]
fn a_torn_last_line_counts_as_not_written() {
    let world = World::approved();
    let revise = entry("REVISE", "e2", LATER, &world.digest()).to_string();
    world.log_raw(SHARD, revise.get(..60).unwrap());
    world.gate().code(0).stderr_has(&format!("{SHARD}:2")).stderr_has("torn");
    // Whole but for its newline, it is a record.
    world.log_raw(SHARD, revise.get(60..).unwrap());
    assert_eq!(world.closed(), ["review_revise"]);
}

#[test]
fn a_document_that_cannot_be_judged_is_an_error() {
    let world = World::approved();
    world.repo.write(DOCUMENT, b"# T\nx\n\xffy\n");
    let ran = world.gate();
    ran.code(65).stdout_is("").stderr_has(&format!("{DOCUMENT}:3")).stderr_has("byte 6");
    std::fs::remove_file(world.repo.file(DOCUMENT)).unwrap();
    world.repo.write("elsewhere.md", DESIGN);
    std::os::unix::fs::symlink("../../../elsewhere.md", world.repo.file(DOCUMENT)).unwrap();
    world.gate().code(65).stderr_has("symbolic link");
    world.tool(["prompt", "98"]).run().code(65).stdout_is("");
}

#[test]
fn a_lane_sees_the_same_log_and_its_own_document() {
    let world = World::approved();
    let lane = world.repo.worktree(world.scratch.path("talos-98"), "98-schema");
    let here = world.gate().code(0).json();
    let there = testkit::Tool::new("lld-check").args(["gate", "98"]).dir(lane.path()).run();
    assert_eq!(there.code(0).json(), here);
    lane.write(DOCUMENT, DESIGN.replace("four", "five"));
    testkit::Tool::new("lld-check")
        .args(["gate", "98"])
        .dir(lane.path())
        .run()
        .code(1)
        .stdout_has("approval_stale");
    world.gate().code(0);
}

#[test]
fn beside_a_bare_repository_there_is_no_log_and_the_message_says_so() {
    let world = World::approved();
    let bare = world.scratch.path("bare.git");
    world.repo.git([
        "clone".as_ref(),
        "--quiet".as_ref(),
        "--bare".as_ref(),
        ".".as_ref(),
        bare.as_os_str(),
    ]);
    let lane = world.scratch.path("lane");
    let git = [
        "-C".as_ref(),
        bare.as_os_str(),
        "worktree".as_ref(),
        "add".as_ref(),
        "--quiet".as_ref(),
        lane.as_os_str(),
    ];
    world.repo.git(git);
    let ran = testkit::Tool::new("lld-check").args(["gate", "98"]).dir(&lane).run();
    ran.code(2).stdout_is("").stderr_has("a bare repository has none").stderr_has("clone");
}

#[test]
fn asking_changes_nothing() {
    let world = World::approved();
    let before = (
        world.repo.git(["status", "--porcelain", "--ignored"]),
        world.document(),
        world.repo.read(SHARD),
    );
    world.gate().code(0);
    world.digest();
    world
        .tool(["gate", "98", "--format", "table"])
        .run()
        .code(0)
        .stdout_has("may be coded")
        .stdout_has(SHARD);
    let after = (
        world.repo.git(["status", "--porcelain", "--ignored"]),
        world.document(),
        world.repo.read(SHARD),
    );
    assert_eq!(before, after);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever single byte of the design is changed, removed or added, the approval is void.
    #[test]
    fn any_edit_of_the_design_closes_an_open_gate(at in 0..DESIGN.len() - 1, byte in 0x20_u8..0x7f, how in 0..3) {
        thread_local!(static WORLD: World = World::approved());
        WORLD.with(|world| {
            let mut bytes = DESIGN.as_bytes().to_vec();
            match how {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                _ => bytes.insert(at, byte),
            }
            world.repo.write(DOCUMENT, &bytes);
            let open = world.gate().exit_code() == Some(0);
            assert_eq!(open, bytes == DESIGN.as_bytes(), "{how} {at} {byte}");
        });
    }
}
