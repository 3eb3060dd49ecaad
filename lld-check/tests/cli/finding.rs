//! Which document is an issue's: `gate`, `status` and `coverage` must agree.

use serde_json::Value;

use crate::world::{DESIGN, DOCUMENT, ISSUES, World, codes};

/// What the three say about issue 98: the gate's reasons, those of `coverage`, and of `status` the exit code
/// and why.
fn all_three(world: &World) -> (Vec<String>, Value, Vec<Value>) {
    let gate = codes(&world.gate().code(1).json());
    let ran = world.tool(["coverage", "-"]).stdin(ISSUES).run();
    let found = ran.code(0).json_lines().into_iter().find(|one| one["issue"] == 98).unwrap();
    assert_eq!(codes(&found), gate, "coverage and gate");
    let status = world.tool(["status", "98"]).run();
    (gate, found, status.json_lines())
}

#[test]
fn several_documents_of_an_issue_are_told_alike_and_none_counts() {
    for others in [
        vec!["docs/LLDs/active/LLD-098.md"],
        vec!["docs/LLDs/done/98-schema-backend-crud.md"],
        vec!["docs/llds/active/98-schema-backend-crud.md"],
        vec!["docs/LLDs/Active/98-schema-backend-crud.md"],
        vec!["docs/LLDs/active/98-SCHEMA-backend-crud.md", "docs/lld/done/00098-x.MD"],
    ] {
        let world = World::approved();
        world.gate().code(0);
        for other in &others {
            world.repo.write(other, DESIGN);
        }
        let (gate, found, status) = all_three(&world);
        assert_eq!(gate, ["lld_ambiguous"], "{others:?}");
        assert_eq!(found["standing"], "needs_review");
        let message = found["reasons"][0]["message"].as_str().unwrap();
        assert!(others.iter().all(|other| message.contains(other)), "{message}");
        assert!(message.contains(DOCUMENT), "{message}");
        assert_eq!(status.len(), others.len() + 1);
        for one in status {
            assert!(one.to_string().contains("lld_ambiguous"), "{one}");
        }
    }
}

#[test]
fn a_link_is_no_document_and_the_number_comes_from_the_name() {
    // Another issue's number in the heading changes nothing.
    let world = World::with_document(DESIGN.replace("# 98 ", "# 198 ").replace("#98", "#198"));
    let (gate, _, _) = all_three(&world);
    assert_eq!(gate, ["lld_not_reviewed"]);

    let world = World::approved();
    let text = world.document();
    world.repo.write("elsewhere.md", text);
    std::fs::remove_file(world.repo.file(DOCUMENT)).unwrap();
    std::os::unix::fs::symlink("../../../elsewhere.md", world.repo.file(DOCUMENT)).unwrap();
    world.gate().code(65).stdout_is("").stderr_has("a symbolic link");
    world.tool(["status", "98"]).run().code(65).stderr_has("a symbolic link");
    let ran = world.tool(["coverage", "-"]).stdin(ISSUES).run();
    let found = ran.code(65).json_lines().into_iter().find(|one| one["issue"] == 98).unwrap();
    assert_eq!(
        (&found["standing"], codes(&found)),
        (&"needs_review".into(), vec!["lld_damaged".to_owned()])
    );
}

#[test]
fn a_folder_that_cannot_be_read_is_no_folder_without_documents() {
    let world = World::approved();
    let active = world.repo.file("docs/LLDs/active");
    std::fs::rename(&active, world.scratch.path("kept")).unwrap();
    // A link to itself cannot be read, whoever asks.
    std::os::unix::fs::symlink("active", &active).unwrap();
    for args in
        [["gate", "98"], ["status", "98"], ["coverage", "-"], ["prompt", "98"], ["archive", "98"]]
    {
        let ran = world.tool(args).stdin(ISSUES).run();
        ran.code(74).stdout_is("").stderr_has("docs/LLDs/active");
    }
    world.tool(["new", "98", "--title", "T"]).run().code(74).stdout_is("");
}
