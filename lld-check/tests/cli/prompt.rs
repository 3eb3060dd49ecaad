//! `lld-check prompt`.

use gemini_stub::{Response, Rule, Script, Stub};
use records::{SubjectBlock, SubjectForm};
use serde_json::json;
use testkit::{Ran, Tool};

use crate::lane::{BRANCH, IMPLEMENTATION, TEST};
use crate::world::{DESIGN, DOCUMENT, SHARD, World, codes};

#[test]
fn it_carries_the_design_alone_between_its_markers() {
    let world = World::with_document(format!(
        "{DESIGN}\n## Appendix: Review Log\n\n**Final Status:** PENDING\n"
    ));
    let ran = world.tool(["prompt", "98"]).run();
    let prompt = ran.code(0).out();
    let block = SubjectBlock::find(prompt).unwrap().unwrap();
    assert_eq!(block.path, DOCUMENT);
    assert_eq!(block.sha256, records::sha256_hex(DESIGN.trim_end().as_bytes()));
    assert!(prompt.contains("REVIEW THE FOLLOWING LLD ONLY. DO NOT SEARCH FOR OTHER FILES.\n"));
    assert!(prompt.ends_with("END OF LLD. Respond with JSON only.\n"));
    assert!(!prompt.contains("Final Status"));
    let other = world.tool(["prompt", "98"]).run();
    let other = SubjectBlock::find(other.out()).unwrap().unwrap();
    assert_ne!(other.marker, block.marker);
}

#[test]
fn with_nothing_to_review_stdout_stays_empty() {
    let world = World::new();
    world
        .tool(["prompt", "98"])
        .run()
        .code(1)
        .stdout_is("")
        .stderr_has("there is no LLD")
        .stderr_has("lld-check new 98");
    world.tool(["new", "98", "--title", "Schema backend CRUD"]).run().code(0);
    world
        .tool(["prompt", "98"])
        .run()
        .code(1)
        .stdout_is("")
        .stderr_has("line 5: {What this achieves");
    world.repo.write("docs/LLDs/done/98-x.md", DESIGN);
    world.tool(["prompt", "98"]).run().code(1).stdout_is("").stderr_has("has 2 LLDs");
    world.repo.write("docs/LLDs/active/99-x.md", b"a\xff\n");
    world
        .tool(["prompt", "99"])
        .run()
        .code(65)
        .stdout_is("")
        .stderr_has("99-x.md:1: not UTF-8 at byte 1");
}

fn review_of_work(world: &World) -> Ran {
    world.tool(["prompt", "98", "--phase", "pr"]).run()
}

/// A branch with tests and reports that nobody has reviewed.
fn unreviewed() -> World {
    let world = World::proposed();
    std::fs::remove_file(world.repo.file(SHARD)).unwrap();
    world
}

#[test]
fn the_whole_path_from_the_branch_to_an_open_gate() {
    let world = unreviewed();
    let closed = world.phase("pr").code(1).json();
    assert_eq!(codes(&closed), ["implementation_not_reviewed"]);
    let next = closed["reasons"][0]["next"].as_str().unwrap();
    assert_eq!(
        next,
        "lld-check prompt 98 --phase pr | gemini-retry --issue 98 --node review_implementation -"
    );

    let ran = review_of_work(&world);
    let prompt = ran.code(0).out();
    let block = SubjectBlock::find(prompt).unwrap().unwrap();
    assert_eq!((block.form, block.path.as_str()), (SubjectForm::Diff, BRANCH));
    assert_eq!(block.sha256, world.diff_digest());
    for part in [
        "REVIEW THE FOLLOWING CHANGE ONLY. DO NOT SEARCH FOR OTHER FILES.\n",
        &format!("\n-----BEGIN LLD {}-----\n{DOCUMENT}\n\n{}", block.marker, DESIGN.trim_end()),
        &format!("\n-----BEGIN IMPLEMENTATION REPORT {}-----\n{IMPLEMENTATION}\n", block.marker),
        &format!("\n-----BEGIN TEST REPORT {}-----\n{TEST}\n", block.marker),
        "\n+++ b/src/a.rs\n@@ -0,0 +1 @@\n+pub fn create() {}\n",
        &format!(
            "\n-----END PATCH {}-----\n\nEND OF CHANGE. Respond with JSON only.\n",
            block.marker
        ),
    ] {
        assert!(prompt.contains(part), "{part}\n---\n{prompt}");
    }

    let answer = json!({"verdict": "APPROVED", "critique": "It does what the LLD asks for.", "tier_1_issues": []});
    let script = Script::new().key("alpha", "key-of-alpha");
    let stub = Stub::start(script.rule(Rule::new("alpha", "*").respond(Response::verdict(answer))));
    let review = Tool::new("gemini-retry")
        .args(["--issue", "98", "--node", "review_implementation", "-"])
        .dir(world.repo.path())
        .home(world.scratch.home())
        .env("GOOGLE_GEMINI_BASE_URL", stub.base_url())
        .env("GEMINI_API_KEY", "key-of-alpha")
        .stdin(prompt)
        .run();
    let review = review.code(0).json();
    let gate = world.phase("pr").code(0).json();
    assert_eq!(gate["proof"]["audit_id"], review["audit_id"]);
    assert_eq!(gate["proof"]["sha256"], block.sha256.as_str());
    // It is no review of the LLD.
    let ran = world.record(&format!("{review}\n"));
    assert!(codes(&ran.code(1).json()).contains(&"node_mismatch".into()));
    // One more commit, and the review is of something else.
    world.in_lane_commit("src/a.rs", "pub fn create() { }\n");
    let gate = world.phase("pr").code(1).json();
    assert!(codes(&gate).contains(&"approval_stale".into()));
}

#[test]
fn work_that_is_not_ready_is_not_sent() {
    let world = World::in_lane();
    review_of_work(&world).code(1).stdout_is("").stderr_has("changes nothing");
    world.in_lane_commit("src/a.rs", "x\n");
    world.in_lane_write("left.txt", "x\n");
    review_of_work(&world)
        .code(1)
        .stdout_is("")
        .stderr_has("the pull request would lack left.txt; ")
        .stderr_has("no implementation-report.md of issue 98; ")
        .stderr_has("no test-report.md of issue 98");
    World::new()
        .tool(["prompt", "98", "--phase", "pr"])
        .run()
        .code(1)
        .stderr_has("no branch holds");
    let world = unreviewed();
    world.in_lane_commit("big.txt", &"x".repeat(800_001));
    review_of_work(&world)
        .code(1)
        .stdout_is("")
        .stderr_has("the limit is 800000")
        .stderr_has("split");
}

#[test]
fn binary_files_are_named_and_nothing_else_is_hidden() {
    let world = unreviewed();
    world.scratch.write("talos-98/logo.bin", b"\x89PNG\0\x01\xff");
    world.scratch.write("talos-98/latin.txt", b"gr\xfc\xdfe\n");
    world.in_lane_write("src/tab\tname.rs", "odd\n");
    world.in_lane_commit(".gitattributes", "*.rs binary\n");
    // Git's own diff would hide the sources now.
    let shown = world.repo.git(["-C", "../talos-98", "diff", "main", "--", "src/a.rs"]);
    assert!(shown.contains("Binary files"), "{shown}");
    let ran = review_of_work(&world);
    let prompt = ran.code(0).out();
    let block = SubjectBlock::find(prompt).unwrap().unwrap();
    let gate = world.phase("pr").code(1).json();
    assert_eq!(gate["diff"]["diff_digest"], block.sha256.as_str());
    for part in [
        "\n+pub fn create() {}\n",
        "Binary files /dev/null and b/logo.bin differ\n",
        "\n+gr\u{fffd}\u{fffd}e\n",
        "\t\"src/tab\\011name.rs\"\n",
    ] {
        assert!(prompt.contains(part), "{part}\n---\n{prompt}");
    }
    assert!(!prompt.contains("PNG"));
}
