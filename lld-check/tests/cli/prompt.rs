//! `lld-check prompt`.

use crate::world::{DESIGN, DOCUMENT, World};

#[test]
fn it_carries_the_design_alone_between_its_markers() {
    let world = World::with_document(format!(
        "{DESIGN}\n## Appendix: Review Log\n\n**Final Status:** PENDING\n"
    ));
    let ran = world.tool(["prompt", "98"]).run();
    let prompt = ran.code(0).out();
    let block = records::SubjectBlock::find(prompt).unwrap().unwrap();
    assert_eq!(block.path, DOCUMENT);
    assert_eq!(block.sha256, records::sha256_hex(DESIGN.trim_end().as_bytes()));
    assert!(prompt.contains("REVIEW THE FOLLOWING LLD ONLY. DO NOT SEARCH FOR OTHER FILES.\n"));
    assert!(prompt.ends_with("END OF LLD. Respond with JSON only.\n"));
    assert!(!prompt.contains("Final Status"));
    let other = world.tool(["prompt", "98"]).run();
    let other = records::SubjectBlock::find(other.out()).unwrap().unwrap();
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
