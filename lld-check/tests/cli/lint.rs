//! `lld-check lint`.

use testkit::{Llds, Scratch, Shape, Tool};

use crate::world::{DOCUMENT, World};

#[test]
fn it_names_file_line_code_and_message() {
    let scratch = Scratch::new();
    scratch.write("a.md", "# T\n\n## 1. Context\n\n## 2. Proposed Changes\n{What}\n");
    let lint = |files: &[&str]| Tool::new("lld-check").arg("lint").args(files).dir(scratch.root());
    let ran = lint(&["a.md", "--format", "table"]).run();
    ran.code(1)
        .stdout_has("a.md:3: heading_empty: nothing stands under 1. Context\n")
        .stdout_has("a.md:6: placeholder: {What} was never filled in\n")
        .stdout_has("a.md:1: section_missing: there is no section Requirements\n");
    let findings = lint(&["a.md"]).run().code(1).json_lines();
    assert_eq!(findings[0]["schema"], "lld-check.finding/1");
    let lines: Vec<u64> = findings.iter().map(|f| f["line"].as_u64().unwrap()).collect();
    assert!(lines.is_sorted() && lines.len() > 5, "{lines:?}");
}

#[test]
fn a_document_that_new_made_is_sound_once_it_is_filled_in() {
    let world = World::new();
    world.tool(["new", "98", "--title", "Schema backend CRUD"]).run().code(0);
    let made = world.tool(["lint", DOCUMENT]).run().code(1).json_lines();
    assert!(made.iter().all(|f| f["code"] == "placeholder"));
    let filled = world.document().replace(['{', '}'], "");
    world.repo.write(DOCUMENT, &filled);
    world.tool(["lint", DOCUMENT]).run().code(0).stdout_is("");
    // Its boxes have to be checked when its work is done.
    world.repo.write("docs/LLDs/done/98-x.md", &filled);
    let done = world.tool(["lint", "docs/LLDs/done/98-x.md"]).run().code(1).json_lines();
    assert_eq!((done.len(), &done[0]["code"]), (1, &"checklist_open".into()));
}

#[test]
fn real_logs_of_any_shape_are_nothing_to_mend() {
    let scratch = Scratch::new();
    for shape in Shape::ALL.into_iter().filter(|shape| *shape != Shape::Unfilled) {
        let text = Llds::seeded(3).lld(98, shape).text;
        let file = scratch.write("a.md", text);
        let ran = Tool::new("lld-check").arg("lint").arg(file).dir(scratch.root()).run();
        ran.code(0).stdout_is("");
    }
}

#[test]
fn one_file_that_cannot_be_read_does_not_hide_the_others() {
    let scratch = Scratch::new();
    scratch.write("bad.md", b"a\n\xff");
    scratch.write("good.md", "# T\n");
    let lint = |files: &[&str]| Tool::new("lld-check").arg("lint").args(files).dir(scratch.root());
    let ran = lint(&["bad.md", "good.md", "none.md"]).run();
    ran.code(65).stderr_has("bad.md:2: not UTF-8").stderr_has("none.md").stdout_has("good.md");
    lint(&["none.md"]).run().code(74).stdout_is("");
    lint(&[]).run().code(2);
}
